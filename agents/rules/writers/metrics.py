"""Answers about metrics: the number with its unit, its peak, what it was before, and every query in plain words."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agents.answer import Finding, Unknown
from agents.rules import measurements, metric_calls, phrases, units
from agents.rules.facts import Draft, Facts
from agents.rules.measurements import Line, Measured, Shown
from agents.rules.writers import drawn, sentences, stories, unmeasured
from agents.rules.writers.courses import course, value_at
from domain.windows import parse

FEW = 5
UNSURE = "This may not be what was asked"


def measured(facts: Facts) -> Draft:
    """Each name's number over the time: on average, at most, at the end."""
    wanted = metric_calls.sides(facts)
    found = [measurements.of(facts, metric_calls.labels(side), side.label) for side in wanted]
    read = [each for each in found if each]
    if not read:
        return unmeasured.draft(facts)
    if len(wanted) > 1:
        return side_by_side(facts, read, len(found))
    return of_one(facts, read[0], told(facts, read[0]))


def of_one(facts: Facts, one: Measured, summary: str) -> Draft:
    """The answer from one question: its verdict, then what each query gave."""
    if one.main is None:
        return unmeasured.nothing(facts, one, cut_short(one))
    return Draft(
        summary=sure(summary, one),
        findings=(*details(one), *others(one)),
        data=data(one),
        parts=(*drawn.stats(one), *drawn.charts((one,)), drawn.queries((one,))),
        unknown=cut_short(one),
        notes=(*spelt(facts), *notes(one)),
    )


def told(facts: Facts, one: Measured) -> str:
    """ "CPU on checkout in the last hour: 0.42 on average, at most 0.9 (20 Nov 11:32 UTC), 0.5 at the end."."""
    main = one.main
    if main is None:
        return ""
    first, *more = main.lines
    if more:
        return f"{sentences.headed(facts, main)}, highest first: {sentences.listed(main, main.lines)}."
    is_now = "now" in facts.slots.concepts
    return f"{sentences.headed(facts, main)}: {sentences.numbers(main, first, is_now=is_now)}."


def sure(summary: str, *found: Measured) -> str:
    """The verdict, and that it may be of something else when the translation is unsure."""
    least = min(found, key=lambda each: each.confidence)
    if least.sureness != "possible":
        return summary
    why = f": {phrases.listing(least.why)}" if least.why else ""
    return f"{summary} {UNSURE} (the translation is {phrases.share(least.confidence, 1)} sure{why})."


def details(one: Measured) -> Iterator[Finding]:
    """Each of the first few series of the main query: its value, or its span and its peak."""
    main = one.main
    if main is None:
        return
    for line in main.lines[:FEW]:
        name = sentences.called(line, main.lines) if len(main.lines) > 1 else main.title
        yield one.finding(f"{name}: {sentences.detail(main, line)}.")


def others(one: Measured) -> Iterator[Finding]:
    """What the other queries of the question gave."""
    for shown in one.shown:
        if shown is not one.main and shown.lines:
            is_one = len(shown.lines) == 1
            said = sentences.numbers(shown, shown.lines[0]) if is_one else sentences.listed(shown, shown.lines)
            yield one.finding(f"{shown.title}: {said}.")


def cut_short(*found: Measured) -> tuple[Unknown, ...]:
    """The queries that failed or gave nothing beside those that did, and the measures that there was none for."""
    return tuple(
        dict.fromkeys(
            item
            for one in found
            for item in (
                *(Unknown(what=what, why=why) for what, why in one.missing),
                *(untold(shown) for shown in one.shown if shown.error or (one.main and not shown.lines)),
            )
        )
    )


def untold(shown: Shown) -> Unknown:
    if shown.error:
        return Unknown(what=shown.title, why=shown.error, settle="Ask again when the source answers.")
    return Unknown(what=shown.title, why="The source has no series for it.")


def notes(*found: Measured) -> tuple[str, ...]:
    """What was assumed or repaired, and what kept the translation from being sure."""
    doubts = [f"Less sure: {why}." for one in found if one.sureness != "certain" for why in one.why]
    return tuple(dict.fromkeys((*(note for one in found for note in one.notes), *doubts)))


def spelt(facts: Facts) -> tuple[str, ...]:
    """The names that were not found as they are spelt here."""
    return tuple(f"The metrics call it {name}." for name in measurements.other_names(facts))


def data(one: Measured) -> dict[str, object]:
    """The numbers of the main query by name, and the confidence."""
    main = one.main
    if main is None:
        return {"confidence": one.confidence}
    return {"title": main.title, "unit": main.unit, "confidence": one.confidence,
            "series": [series_data(line) for line in main.lines]}  # fmt: skip


def series_data(line: Line) -> dict[str, object]:
    return {"name": line.name, "mean": line.mean, "max": line.most, "min": line.least, "last": line.last,
            "peak_at": line.peak_at, "before": line.before}  # fmt: skip


def ranked(facts: Facts) -> Draft:
    """The first of a ranking, and those after it."""
    one = measurements.of(facts, metric_calls.labels(metric_calls.sides(facts)[0]))
    if one is None:
        return unmeasured.draft(facts)
    main = one.main
    if main is None:
        return of_one(facts, one, "")
    is_bottom = facts.slots.rank.startswith("bottom")
    lines = main.lines[::-1] if is_bottom else main.lines
    count = int(facts.slots.rank.split()[-1]) if facts.slots.rank else FEW
    end = "lowest" if is_bottom else "highest"
    if count == 1 or len(lines) == 1:
        first = units.said(sentences.value(main, lines[0]), main.unit)
        return of_one(
            facts, one, f"{sentences.headed(facts, main)} is {end} for {sentences.called(lines[0], lines)}: {first}."
        )
    return of_one(facts, one, f"{sentences.headed(facts, main)}, {end} first: {sentences.listed(main, lines[:count])}.")


def trend(facts: Facts) -> Draft:
    """Whether the course rises or falls: the mean of its second half against that of its first."""
    one = measurements.of(facts, metric_calls.labels(metric_calls.sides(facts)[0]))
    if one is None or len(metric_calls.sides(facts)) > 1:
        return measured(facts)
    main = one.main
    halves = course(one)
    if main is None or halves is None or len(main.lines) > 1:
        return of_one(facts, one, told(facts, one))
    first, second = halves
    direction = "Level" if sentences.same(first, second) else "Rising" if second > first else "Falling"
    moved = f"{units.said(first, main.unit)} in the first half, {units.said(second, main.unit)} in the second"
    summary = f"{direction}: {sentences.headed(facts, main)} was {moved}{sentences.by_how_much(first, second)}."
    draft = of_one(facts, one, summary)
    return replace(draft, data=draft.data | {"direction": direction.lower(), "halves": [first, second]})


def compared(facts: Facts) -> Draft:
    """Two times from one call, or sides that were asked about one by one."""
    if not metric_calls.is_one_call(facts):
        wanted = facts.sides[: metric_calls.MOST_NAMES]
        found = [measurements.of(facts, metric_calls.labels(side), side.label) for side in wanted]
        read = [each for each in found if each]
        return side_by_side(facts, read, len(found)) if read else unmeasured.draft(facts)
    one = measurements.of(facts, ("",))
    if one is None:
        return unmeasured.draft(facts)
    before, now = (side.label for side in facts.sides)
    return of_one(facts, one, sentences.two_times(facts, one, before, now))


def side_by_side(facts: Facts, found: Sequence[Measured], count: int) -> Draft:
    """Sides that were each asked about, the highest first."""
    shown = [(one, one.main) for one in found if one.main]
    if not shown:
        return unmeasured.nothing(facts, found[0], cut_short(*found))
    pairs = [(one, main, sentences.value(main, main.lines[0]) or 0.0) for one, main in shown]
    ordered = sorted(pairs, key=lambda pair: -pair[2])
    title = sentences.headed(facts, ordered[0][1])
    each = [f"{one.label} {units.said(number, main.unit)}" for one, main, number in ordered]
    summary = f"{title}, highest first: {phrases.listing(each)}."
    if len(ordered) == 2 and len(found) == count == 2:
        (high, main, top), (low, _, bottom) = ordered
        values = f"{units.said(top, main.unit)} against {units.said(bottom, main.unit)}"
        verdict = f"is about the same for {high.label} and {low.label}" if sentences.same(bottom, top) else (
            f"is higher for {high.label} than for {low.label}")  # fmt: skip
        summary = f"{title} {verdict}: {values}{sentences.by_how_much(bottom, top)}."
    if len(ordered) == 1 and facts.sides:
        summary = f"{title}: {each[0]}. The rest could not be measured, so nothing is compared."
    empty = [one.label for one in found if one.main is None]
    return Draft(
        summary=sure(summary, *found),
        findings=tuple(
            one.finding(f"For {one.label}: {sentences.numbers(main, main.lines[0])}.") for one, main in shown
        ),
        data={"sides": [data(one) | {"label": one.label} for one, _ in shown]},
        parts=(*drawn.charts([one for one, _ in shown]), drawn.queries(found)),
        unknown=(*cut_short(*found), *unmeasured.empty(facts, empty), *unmeasured.left(facts)),
        notes=(*spelt(facts), *notes(*found)),
    )


def at_alert(facts: Facts) -> Draft:
    """The value when the alert began, what it was before and what it reached."""
    alert = metric_calls.alert_of(facts)
    if alert is None:
        return unmeasured.no_alert(facts)
    row, found = alert
    named = f"{row['name']} on {row['service']} ({row['severity']}) fired {phrases.moment(row['starts_at'])}"
    one = measurements.of(facts, ("",))
    if one is None or one.main is None:
        draft = unmeasured.draft(facts) if one is None else of_one(facts, one, "")
        return replace(draft, findings=(found.finding(f"{named}."), *draft.findings))
    main = one.main
    began = value_at(one, parse(row["starts_at"]).timestamp())
    rest = sentences.numbers(main, main.lines[0])
    about = f"{sentences.bare(facts, main)}{facts.scope or ' on ' + row['service']}"
    fired = f"{row['name']} fired ({phrases.moment(row['starts_at'])})"
    summary = f"{about} around when {fired}: {rest}."
    if began is not None:
        summary = f"{about} was {units.said(began, main.unit)} when {fired}; around it {rest}."
    draft = of_one(facts, one, summary)
    marked = tuple(drawn.with_mark(part, row["name"], row["starts_at"]) for part in draft.parts)
    return replace(
        draft,
        findings=(found.finding(f"{named}."), *draft.findings),
        data=draft.data | {"alert": row, "at_alert": began},
        parts=marked,
    )


def during_incident(facts: Facts) -> Draft:
    """The numbers while the main incident lasted."""
    main = stories.main_incident(facts)
    if main is None:
        return unmeasured.no_incident(facts)
    incident, found = main
    named = found.finding(f"{incident['number']} was opened {phrases.moment(incident['opened_at'])}.")
    one = measurements.of(facts, ("",))
    if one is None:
        draft = unmeasured.draft(facts)
        return replace(draft, findings=(named, *draft.findings))
    draft = of_one(facts, one, while_it_lasted(facts, one, incident["number"]))
    return replace(draft, findings=(named, *draft.findings), data=draft.data | {"incident": incident})


def while_it_lasted(facts: Facts, one: Measured, number: str) -> str:
    shown = one.main
    if shown is None:
        return ""
    return f"{sentences.bare(facts, shown)}{facts.scope} during {number}: {sentences.numbers(shown, shown.lines[0])}."
