"""One question, several calls: one for each application, measure and stretch of time that a tool looks at at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from agents.rules import phrases
from agents.rules.facts import Facts, Side
from agents.rules.slots import Period
from agents.rules.times import Unit
from domain.windows import Window

HEALTH, ANOMALIES = "get_application_health", "detect_anomalies"
LONGEST = timedelta(hours=168)
HOUR = timedelta(hours=1)
MOST_APPLICATIONS, MOST_PROMISED, MOST_STRETCHES, MOST_WATCHED = 5, 10, 5, 3
USUAL_MEASURES = ("error rate", "latency p95", "request rate", "cpu")


def applications(facts: Facts) -> tuple[str, ...]:
    """The services named, else every application that has a profile."""
    return facts.slots.services or facts.applications


def watched(facts: Facts) -> tuple[str, ...]:
    """The same; where no application has a profile, the services that sent alerts."""
    return applications(facts) or facts.services


def by_application(facts: Facts) -> tuple[Side, ...]:
    """A side for each application, and each seven days of the time asked about; of the last hour when none is."""
    return opening(facts, sides(facts, applications(facts)[:MOST_APPLICATIONS], stretches(facts)))


def by_promise(facts: Facts) -> tuple[Side, ...]:
    """The same, of services where no application has a profile."""
    return opening(facts, sides(facts, watched(facts)[:MOST_PROMISED], stretches(facts)))


def by_measure(facts: Facts) -> tuple[Side, ...]:
    """A side for each application and measure, the usual ones when none is named; of the last seven days at most."""
    last = stretches(facts)[-1:]
    if facts.slots.measure:
        return opening(facts, sides(facts, watched(facts)[:MOST_APPLICATIONS], last))
    found = [
        Side(label=label(each.label, measure), slots=replace(each.slots, measure=measure))
        for each in sides(facts, watched(facts)[:MOST_WATCHED], last)
        for measure in USUAL_MEASURES
    ]
    return opening(facts, tuple(found))


def opening(facts: Facts, asked: tuple[Side, ...]) -> tuple[Side, ...]:
    """The first alone until it is answered: where there is no source, ten refusals say no more than one."""
    first = next((each.result for each in facts.gathered if each.call.tool in (HEALTH, ANOMALIES)), None)
    return asked if first and first.supports_claims else asked[:1]


def sides(facts: Facts, names: Sequence[str], windows: Sequence[Window]) -> tuple[Side, ...]:
    """A side for each name and window, called by what tells it from the others."""
    return tuple(
        Side(
            label=label(name if len(names) > 1 else "", said(window, facts) if len(windows) > 1 else ""),
            slots=replace(facts.slots, services=(name,), periods=(Period(window=window, unit=Unit.SPAN),)),
        )
        for name in names
        for window in windows
    )


def label(*words: str) -> str:
    return ", ".join(filter(None, words))


def said(window: Window, facts: Facts) -> str:
    return phrases.window(window, facts.zone)


def stretches(facts: Facts) -> tuple[Window, ...]:
    """The time asked about in parts of seven days at most, the last five of them."""
    whole = facts.slots.period.window if facts.slots.period else Window(facts.now - HOUR, facts.now)
    start, end = whole.start, min(whole.end, facts.now)
    if start >= end:
        return (whole,)
    found: list[Window] = []
    while start < end:
        found.append(Window(start, min(start + LONGEST, end)))
        start += LONGEST
    return tuple(found[-MOST_STRETCHES:])


def covered(facts: Facts) -> Window:
    """The part of the time asked about that is looked at."""
    parts = stretches(facts)
    return Window(parts[0].start, parts[-1].end)
