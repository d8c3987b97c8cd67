"""Says in words what slots narrow to: for the sentences of an answer, and read back in one line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from agents.brain import Gathered, Question
from agents.rules import asking, phrases, plan
from agents.rules.facts import Facts, Side
from agents.rules.intents.shape import Intent
from agents.rules.slots import Period, Slots

FEW = 3
NOTHING = Slots()
LAST = re.compile(r"(?:(?:in|over|for|during|within)\s+)?(?:the\s+)?((?:last|past)\s.*)", re.IGNORECASE)
GROUPINGS = {"alert_name": "alert"}
STATES = {"firing": "open ", "resolved": "resolved "}


@dataclass(frozen=True, slots=True)
class Said:
    """`kind` goes before a noun, `scope` after it, `when` ends the sentence; see `Facts`."""

    kind: str
    scope: str
    when: str


def facts(intent: Intent, slots: Slots, question: Question, gathered: Sequence[Gathered] = ()) -> Facts:
    """What a writer, or a plan, needs to know about a question."""
    between = plan.sides(slots, question.now, question.zone) if intent.compares else ()
    said = describe(held(intent, shared(slots, between)), question.zone)
    return Facts(
        slots=slots,
        sides=between,
        now=question.now,
        zone=question.zone,
        kind=said.kind,
        scope=said.scope,
        when=said.when,
        gathered=gathered,
        services=question.names.services,
        applications=question.names.applications,
    )


def shared(slots: Slots, sides: tuple[Side, ...]) -> Slots:
    """The slots without what the sides of a comparison differ in."""
    fields = ("periods", "services", "others", "environments", "severities", "alerts", "teams")
    differing = [field for field in fields if len({getattr(side.slots, field) for side in sides}) > 1]
    return replace(slots, **dict.fromkeys(differing, ()))


def held(intent: Intent, slots: Slots) -> Slots:
    """The slots without what the first tool cannot narrow by: no sentence may claim what was not asked for."""
    steps = [step for step in intent.steps if plan.applies(step, slots)]
    lost = [plan.NARROWING[name] for name in (plan.not_held(steps[0], slots) if steps else ())]
    return replace(slots, **{field: getattr(NOTHING, field) for field in lost})


def describe(slots: Slots, zone: ZoneInfo) -> Said:
    return Said(kind=kind(slots), scope=scope(slots), when=when(slots, zone))


def kind(slots: Slots) -> str:
    severities = f"{phrases.listing(slots.severities, 'or')} " if slots.severities else ""
    alerts = f"{phrases.some(slots.alerts, FEW, 'or')} " if slots.alerts else ""
    return f"{STATES.get(slots.status or '', '')}{severities}{alerts}"


def scope(slots: Slots) -> str:
    """ " on checkout and payment in production for team payments"."""
    named = (*slots.services, *slots.others)
    services = f" on {phrases.some(named, FEW)}" if named else ""
    environments = f" in {phrases.some(slots.environments, FEW)}" if slots.environments else ""
    teams = f" for team {phrases.some(slots.teams, FEW)}" if slots.teams else ""
    return f"{services}{environments}{teams}"


def when(slots: Slots, zone: ZoneInfo) -> str:
    """ ", 9–15 Nov 2026 UTC", " in the last 24 hours", "" for all time."""
    period = slots.period
    if period is None or period.window.start <= phrases.DAWN:
        return ""
    rolling = rolling_words(period, zone)
    if rolling:
        return f" in the {rolling}"
    return f"{' ' if period.is_cut else ', '}{dates(period, zone)}"


def rolling_words(period: Period, zone: ZoneInfo) -> str:
    """ "last 24 hours" of a time that ends where the question was asked, "" for one of the calendar."""
    match = LAST.fullmatch(period.words)
    is_calendar = period.is_cut or phrases.is_midnight(period.window.end.astimezone(zone))
    return match[1].lower() if match and not is_calendar else ""


def dates(period: Period, zone: ZoneInfo) -> str:
    """The window exactly; one that is not over begins and has no end."""
    return phrases.since(period.window, zone) if period.is_cut else phrases.window(period.window, zone)


def plain(intent: Intent, facts: Facts) -> str:
    """How the question was read, in one line: "alerts on payment-service, 9–15 Nov 2026 UTC, by day"."""
    slots = facts.slots
    scoped = f"{facts.scope}{incident(slots)}{topic(slots)}"
    pieces = [intent.about.format(kind=facts.kind, scope=scoped, measure=asking.said(slots))]
    if facts.sides:
        pieces.append(" and ".join(side_said(side, facts.zone) for side in facts.sides))
    if facts.when or not facts.sides:
        pieces.extend(periods(slots, facts.zone))
    grouping = grouped_by(intent, slots)
    if grouping:
        pieces.append(f"by {GROUPINGS.get(grouping, grouping)}")
    if slots.limit and takes(intent, "limit"):
        pieces.append(f"{slots.limit} at most")
    if slots.kind and takes(intent, "kind"):
        pieces.append(f"{slots.kind.replace('_', ' ')} only")
    if slots.longer_than and takes(intent, "longer_than_seconds"):
        pieces.append(f"longer than {phrases.duration(slots.longer_than)}")
    pieces.extend(f"“{words}” read as {name}" for words, name in slots.read_as)
    return ", ".join(pieces)


def grouped_by(intent: Intent, slots: Slots) -> str:
    """The grouping named, else the one its tool will use; "" for none."""
    if slots.grouping or not intent.groupings:
        return slots.grouping or ""
    sources = [source for source in ("bucket", "ranked") if takes(intent, "group_by", source)]
    return plan.SOURCES[sources[0]](slots) if sources else intent.groupings[0]


def takes(intent: Intent, name: str, source: str = "") -> bool:
    """Whether a call of the intent has this argument, and has it from this source where one is given."""
    entries = [entry.partition("=") for step in intent.steps for entry in step.takes]
    return any(argument == name and source in ("", taken) for argument, _, taken in entries)


def incident(slots: Slots) -> str:
    return f" {slots.incident}" if slots.incident else ""


def topic(slots: Slots) -> str:
    return f" about “{slots.topic}”" if slots.topic else ""


def periods(slots: Slots, zone: ZoneInfo) -> list[str]:
    """The window, and why it is this one when the question named none."""
    period = slots.period
    if period is None:
        return []
    if period.why:
        return [period.words, period.why]
    rolling = rolling_words(period, zone)
    return [f"{rolling} ({phrases.window(period.window, zone)})" if rolling else dates(period, zone)]


def side_said(side: Side, zone: ZoneInfo) -> str:
    """A side as it is called, with its dates when it is a time."""
    period = side.slots.period
    return f"{side.label} ({dates(period, zone)})" if side.is_time and period else side.label
