"""How measured values are told: what they are of, each with its unit, and by how much one exceeds another."""

import re
from collections.abc import Sequence

from agents.rules import measurements, phrases, units
from agents.rules.facts import Facts
from agents.rules.measurements import Line, Measured, Shown

SAME, FEW = 0.02, 5
MOMENT = "-minute windows"
COUNTED_BACK = re.compile(r"(?:last|past) (?:\d|hour|minute|24)")


def headed(facts: Facts, shown: Shown) -> str:
    """What a sentence is about: "CPU on checkout in the last hour"; one value is of the end of the time."""
    if shown.kind != "instant" or MOMENT not in shown.plain:
        return f"{bare(facts, shown)}{facts.scope}{facts.when}"
    when = f"{facts.when} (at its end)" if facts.slots.named_period else " now"
    return f"{bare(facts, shown)}{facts.scope}{when}"


def bare(facts: Facts, shown: Shown) -> str:
    """The title of a query without the names that the sentence says itself."""
    slots = facts.slots
    names = {*slots.services, *slots.others, *slots.environments, *measurements.other_names(facts)}
    title, of, named = shown.title.rpartition(" of ")
    return title if of and set(named.split(", ")) <= names else shown.title


def called(line: Line, lines: Sequence[Line]) -> str:
    """A series by the values of the labels in which it differs: "payment" of "service=payment"."""
    every = [frozenset(each.name.split(", ")) for each in lines]
    shared = frozenset[str]() if len(every) < 2 else every[0].intersection(*every[1:])
    pairs = [pair for pair in line.name.split(", ") if pair not in shared] or line.name.split(", ")
    return " / ".join(pair.partition("=")[2] or pair for pair in pairs)


def numbers(shown: Shown, line: Line, *, is_now: bool = False) -> str:
    """A series in a sentence; the value of now first when that is asked for."""
    last = units.said(line.last, shown.unit)
    if shown.kind == "instant" or line.mean is None:
        return last
    if line.most == line.least:
        return f"{last} all the time"
    mean, most = units.said(line.mean, shown.unit), units.said(line.most, shown.unit)
    peak = f" ({phrases.moment(line.peak_at)})" if line.peak_at else ""
    if is_now:
        return f"{last} now, {mean} on average and at most {most}{peak}"
    return f"{mean} on average, at most {most}{peak}, {last} at the end"


def detail(shown: Shown, line: Line) -> str:
    last = units.said(line.last, shown.unit)
    if shown.kind == "instant" or line.mean is None or line.most == line.least:
        return last
    span = f"between {units.said(line.least, shown.unit)} and {units.said(line.most, shown.unit)}"
    peak = f", highest at {phrases.moment(line.peak_at)}" if line.peak_at else ""
    return f"{span}{peak}, {last} at the end"


def listed(shown: Shown, lines: Sequence[Line]) -> str:
    """The first few by name with their value, then how many more there are."""
    return phrases.some(
        [f"{called(line, shown.lines)} {units.said(value(shown, line), shown.unit)}" for line in lines], FEW
    )


def value(shown: Shown, line: Line) -> float | None:
    """What a series is judged by: the one value of an instant, the mean of a course."""
    return line.last if shown.kind == "instant" or line.mean is None else line.mean


def same(first: float, second: float) -> bool:
    return abs(second - first) <= SAME * max(abs(first), abs(second))


def by_how_much(before: float, now: float) -> str:
    """ " (22 % more)", " (18 % less)", " (3 times as much)", "" where nothing can be said."""
    if same(before, now) or before <= 0 or now < 0:
        return ""
    if now < before:
        return f" ({phrases.share(before - now, before)} less)"
    return (
        f" ({phrases.share(now - before, before)} more)" if now < 2 * before else f" ({now / before:.2g} times as much)"
    )


def in_full(time: str) -> str:
    """ "the last hour" for "last hour", but "last week" as it is: that one is named, not counted back."""
    return f"the {time}" if COUNTED_BACK.match(time) else time


def two_times(facts: Facts, one: Measured, before: str, now: str) -> str:
    """ "p95 latency on checkout was higher yesterday than the day before: 245 ms against 200 ms (22 % more)."."""
    main = one.main
    if main is None:
        return ""
    title = f"{bare(facts, main)}{facts.scope}"
    first = main.lines[0]
    before, now = in_full(before), in_full(now)
    if first.mean is None or first.before is None:
        return f"{title}: {numbers(main, first)} for {now}; nothing was measured for {before}, so nothing is compared."
    name = f" of {called(first, main.lines)}" if len(main.lines) > 1 else ""
    values = f"{units.said(first.mean, main.unit)} against {units.said(first.before, main.unit)}"
    if same(first.before, first.mean):
        return f"{title}{name} is about the same for {now} as for {before}: {values} on average."
    verdict = "higher" if first.mean > first.before else "lower"
    return f"{title}{name} is {verdict} for {now} than for {before}: {values}{by_how_much(first.before, first.mean)}."
