"""The calls that measure: one for each name and each seven days, with the window it is compared with where one is."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from agents.brain import Call, Gathered
from agents.rules import asking
from agents.rules.facts import AGAIN, Facts, Found, Side, again
from agents.rules.slots import Slots
from agents.rules.writers import stories
from domain.windows import Window, parse

Json: TypeAlias = dict[str, Any]
QUERY, HISTORY = "query_metrics", "query_alerts_history"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LONGEST = timedelta(hours=168)
MOST_STRETCHES, MOST_NAMES = 5, 5
UNKNOWN_NAME = "unknown_name"
GENERIC = re.compile(r"[-_.]?(?:service|svc|app|application|server|microservice)$", re.IGNORECASE)
NEAR = timedelta(minutes=30)
LEAD = timedelta(minutes=15)


def measured(facts: Facts) -> tuple[Call, ...]:
    """A call for each name and stretch of time; none for a time too long to be asked about."""
    return () if is_too_long(facts) else tuple(call for side in sides(facts) for call in of_side(side))


def compared(facts: Facts) -> tuple[Call, ...]:
    """Two times in one call where both are short enough, else a call for each side and stretch."""
    if is_too_long(facts):
        return ()
    if is_one_call(facts):
        before, now = (side.slots for side in facts.sides)
        arguments = {"question": asking.question(now), "time_range": range_of(now), "against": range_of(before)}
        return (Call(tool=QUERY, arguments=arguments),)
    return tuple(call for side in facts.sides[:MOST_NAMES] for call in of_side(side))


def is_one_call(facts: Facts) -> bool:
    """Whether the two sides are two times that the tool itself compares."""
    are_times = len(facts.sides) == 2 and all(side.is_time for side in facts.sides)
    return are_times and all(window_of(side.slots).length <= LONGEST for side in facts.sides)


def is_too_long(facts: Facts) -> bool:
    """Whether a time asked about is longer than some calls of seven days can cover."""
    windows = [period.window for side in facts.sides or sides(facts) for period in side.slots.periods]
    return any(window.length > LONGEST * MOST_STRETCHES for window in windows)


def sides(facts: Facts) -> tuple[Side, ...]:
    """A side for each name where several are named, else the question as it is."""
    named = asking.by_name(facts.slots)
    places = facts.slots.environments
    if len(named) < 2 and len(places) > 1:
        named = tuple((name, replace(facts.slots, environments=(name,))) for name in places)
    return (
        tuple(Side(label=name, slots=slots) for name, slots in named[:MOST_NAMES])
        if len(named) > 1
        else (Side(label="", slots=facts.slots),)
    )


def left_out(facts: Facts) -> tuple[str, ...]:
    """The names that no call is made for."""
    return (*facts.slots.services, *facts.slots.others)[MOST_NAMES:]


def of_side(side: Side) -> tuple[Call, ...]:
    """The calls of one side, a stretch of seven days each."""
    windows = stretches(window_of(side.slots))
    question = asking.question(side.slots)
    return tuple(
        Call(
            tool=QUERY,
            arguments={"question": question, "time_range": window.as_json()},
            label=label(side.label, at, len(windows)),
        )
        for at, window in enumerate(windows, 1)
    )


def label(name: str, at: int, count: int) -> str:
    """ "checkout, part 2 of 5"; the name alone when there is one part."""
    return ", ".join(filter(None, (name, f"part {at} of {count}" if count > 1 else "")))


def stretches(window: Window) -> tuple[Window, ...]:
    """The window in pieces that can be asked about at once, the earliest first."""
    pieces: list[Window] = []
    start = window.start
    while start < window.end:
        pieces.append(Window(start, min(start + LONGEST, window.end)))
        start += LONGEST
    return tuple(pieces)


def labels(side: Side) -> Sequence[str]:
    """What the calls of a side are called, in order."""
    return [call.label for call in of_side(side)]


def range_of(slots: Slots) -> Json:
    return window_of(slots).as_json()


def window_of(slots: Slots) -> Window:
    """The window of a question of metrics, which always has one."""
    assert slots.period  # noqa: S101 - every intent of metrics has a default
    return slots.period.window


def called_otherwise(facts: Facts) -> tuple[Call, ...]:
    """The calls that failed for want of a name, again with the shorter one that a source may know: payment-service is
    payment there."""
    return tuple(call for each in facts.gathered if (call := retold(each, facts.slots)))


def retold(each: Gathered, slots: Slots) -> Call | None:
    if each.call.tool != QUERY or each.result.data.get("code") != UNKNOWN_NAME or AGAIN in each.call.label:
        return None
    question: str = each.call.arguments["question"]
    said = {name: words for words, name in slots.read_as}
    for name in slots.services or named_in(question):
        short = said.get(name) or GENERIC.sub("", name)
        if short != name and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", question):
            asked = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", short, question)
            arguments = {**each.call.arguments, "question": asked}
            return Call(tool=QUERY, arguments=arguments, label=again(each.call.label, short))
    return None


def named_in(question: str) -> tuple[str, ...]:
    """The name a question ends with: of an alert's or an incident's service, which is no slot."""
    return tuple(question.rpartition(" of ")[2].split(" in ")[:1])


def around_alert(facts: Facts) -> tuple[Call, ...]:
    """The half hours before and after the alert began, of its service when none is named."""
    found = alert_of(facts)
    if found is None:
        return ()
    alert = found[0]
    began = parse(alert["starts_at"])
    window = Window(began - NEAR, max(min(began + NEAR, facts.now), began + MINUTE))
    return (about(facts, alert["service"], window), *called_otherwise(facts))


def alert_of(facts: Facts) -> tuple[Json, Found] | None:
    """The newest alert that fits, and what shows it."""
    found = facts.of(HISTORY)
    return (found.rows("alerts")[0], found) if found and found.rows("alerts") else None


def during_incident(facts: Facts) -> tuple[Call, ...]:
    """The main incident with a quarter of an hour before it, seven days at most."""
    main = stories.main_incident(facts)
    if main is None:
        return ()
    opened, ended = lasting(main[0], facts.now)
    start = opened - LEAD
    window = Window(start, min(max(ended, opened + MINUTE), start + LONGEST))
    return (about(facts, main[0]["service"], window), *called_otherwise(facts))


def lasting(incident: Json, now: datetime) -> tuple[datetime, datetime]:
    """When it was opened and resolved; now for one that is open."""
    return parse(incident["opened_at"]), parse(incident["resolved_at"]) if incident["resolved_at"] else now


def about(facts: Facts, service: str, window: Window) -> Call:
    """The question in this window; of this service when it names nothing itself."""
    slots = facts.slots
    named = slots if slots.services or slots.others else replace(slots, services=(service,))
    return Call(tool=QUERY, arguments={"question": asking.question(named), "time_range": window.as_json()})
