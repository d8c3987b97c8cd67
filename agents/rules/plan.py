"""From an intent and its slots to tool calls: arguments from slots, a call for each side of a comparison."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from agents.brain import Call, Gathered, Offer
from agents.rules import asking, phrases, times
from agents.rules.facts import Facts, Side
from agents.rules.index import parts
from agents.rules.intents.choose import TIME_GROUPINGS
from agents.rules.intents.shape import Intent, Step
from agents.rules.slots import Period, Slots
from agents.rules.times import Unit
from domain.windows import Window

Json: TypeAlias = dict[str, Any]
MAX_ROUNDS = 4
MOST_IDLE_DAYS, MOST_KNOWN, DAY_SECONDS = 30, 5, 86_400
TWO_DAYS = timedelta(days=2)
BUCKETS = (("hour", TWO_DAYS), ("day", timedelta(days=100)), ("week", timedelta(days=1000)))
LEVEL_WORDS = {
    "critical": "Critical", "error": "Errors", "warning": "Warnings", "info": "Info", "debug": "Debug lines",
}  # fmt: skip
RUNNING = {Unit.DAY: "today", Unit.WEEK: "this week", Unit.MONTH: "this month", Unit.QUARTER: "this quarter"}


def one_or_many(values: tuple[str, ...]) -> str | list[str] | None:
    if not values:
        return None
    return values[0] if len(values) == 1 else list(values)


def on_record(slots: Slots) -> tuple[str, ...]:
    """The services named, and those that an application among them is made of: alerts are of these."""
    return tuple(dict.fromkeys((*slots.services, *(name for whole, name in slots.members if whole in slots.services))))


def time_range(slots: Slots) -> Json | None:
    return slots.period.window.as_json() if slots.period else None


def event_filters(slots: Slots) -> Json | None:
    """The filters that `get_event_count` takes in one argument."""
    return {name: SOURCES[name](slots) for name in EVENT_FILTERS if SOURCES[name](slots)} or None


def bucket(slots: Slots) -> str:
    """Hours up to two days, days up to a hundred, then weeks: as many as can be drawn and read."""
    length = slots.period.window.length if slots.period else TWO_DAYS
    return next((unit for unit, most in BUCKETS if length <= most), "month")


def order(slots: Slots) -> str | None:
    """The newest first when no time is named or the last one is asked for; in "how long did it last" it is a verb."""
    is_of_last = "newest" in slots.concepts and "length" not in slots.concepts
    return "newest" if slots.named_period is None or is_of_last else None


def looked_up(slots: Slots) -> str:
    """What to search what is known for: names as they are spelt and as words, and the words that name nothing."""
    spelt = [word for name in slots.alerts for word in (name, " ".join(parts(name)))]
    return " ".join(filter(None, (*spelt, *slots.services, slots.topic)))


def wish(slots: Slots) -> str | None:
    """What is measured, with its percentile: "latency p99"."""
    percentile = f"p{slots.percentile}" if slots.percentile else ""
    return " ".join(filter(None, (slots.measure, percentile))) or None


def log_words(slots: Slots, of: str = "") -> str:
    """The question about log lines in the words that its translation reads; `of` names whose, unless the slots do."""
    whose = phrases.listing(slots.services) or of
    named = f" of {phrases.listing(slots.others)}" if slots.others else f" for service {whose}" if whose else ""
    where = f" in {phrases.listing(slots.environments)}" if slots.environments else ""
    quote = "'" if '"' in slots.topic else '"'
    about = f" containing {quote}{slots.topic}{quote}" if slots.topic else ""
    level = next(iter(slots.severities), slots.level)
    first = LEVEL_WORDS.get(level, "Logs")
    return f"{first}{'' if first == 'Logs' else ' in logs'}{named}{where}{about}"


def idle_days(slots: Slots) -> int | None:
    """The days that something must have been idle for, within what can be asked."""
    return min(max(1, slots.longer_than // DAY_SECONDS), MOST_IDLE_DAYS) if slots.longer_than else None


INCIDENT_STATUS = {"firing": "open", "resolved": "resolved"}
EVENT_FILTERS = ("severity", "alert_name", "environment")
SOURCES: Mapping[str, Callable[[Slots], Any]] = {
    "service": lambda slots: one_or_many(on_record(slots)),
    "severity": lambda slots: one_or_many(slots.severities),
    "alert_name": lambda slots: one_or_many(slots.alerts),
    "environment": lambda slots: one_or_many(slots.environments),
    "team": lambda slots: one_or_many(slots.teams),
    "status": lambda slots: slots.status,
    "incident_status": lambda slots: INCIDENT_STATUS.get(slots.status or ""),
    "order": order,
    "time_range": time_range,
    "limit": lambda slots: slots.limit,
    "query": lambda slots: slots.topic,
    "incident": lambda slots: slots.incident,
    "longer_than_seconds": lambda slots: slots.longer_than,
    "kind": lambda slots: slots.kind,
    "group_by": lambda slots: slots.grouping,
    "bucket": lambda slots: slots.grouping or bucket(slots),
    "ranked": lambda slots: slots.grouping or ("alert_name" if len(slots.services) == 1 else "service"),
    "period": lambda slots: slots.grouping if slots.grouping in TIME_GROUPINGS else None,
    "filters": event_filters,
    "one_service": lambda slots: slots.services[0] if slots.services else None,
    "wish": wish,
    "looked_up": looked_up,
    "few": lambda slots: min(slots.limit, MOST_KNOWN) if slots.limit else None,
    "idle_days": idle_days,
    "log_words": log_words,
}
NARROWING = {
    "service": "services",
    "severity": "severities",
    "alert_name": "alerts",
    "environment": "environments",
    "team": "teams",
    "status": "status",
    "longer_than_seconds": "longer_than",
}


def calls(intent: Intent, facts: Facts, offer: Offer) -> Sequence[Call]:
    """The calls of the next round: those that the intent wants, that were not made yet and that are offered.

    When all of the first round is closed to the actor it is asked for all the same: the door then says who could.
    """
    gathered = facts.gathered
    past = latest_round(gathered)
    if past >= MAX_ROUNDS:
        return ()
    made = {key(each.call) for each in gathered}
    offered = {tool.name for tool in offer.tools}
    wanted = [call for call in wished(intent, facts) if key(call) not in made]
    open_to_actor = [call for call in wanted if call.tool in offered]
    chosen = open_to_actor if open_to_actor or gathered else wanted
    return tuple(replace(call, id=f"{past + 1}.{number}") for number, call in enumerate(chosen, 1))


def key(call: Call) -> tuple[str, str]:
    """What makes a call the same: no tool is asked twice for one purpose."""
    return call.tool, call.label


def wished(intent: Intent, facts: Facts) -> tuple[Call, ...]:
    """Every call the intent would make, knowing what is gathered."""
    opening = tuple(call for step in intent.steps for call in step_calls(step, facts))
    beside_steps = intent.opening(facts) if intent.opening else ()
    return (*opening, *beside_steps, *(intent.follow(facts) if intent.follow and facts.gathered else ()))


def step_calls(step: Step, facts: Facts) -> list[Call]:
    if not applies(step, facts.slots):
        return []
    if not (step.by_side or step.split):
        return [Call(tool=step.tool, arguments=arguments(step, facts.slots, facts.zone), label=step.label)]
    return [
        Call(tool=step.tool, arguments=arguments(step, side.slots, facts.zone), label=side.label)
        for side in (step.split(facts) if step.split else facts.sides)
    ]


def applies(step: Step, slots: Slots) -> bool:
    """Whether the slots are as the step wants them."""
    needed = not step.needs or bool(getattr(slots, step.needs))
    return needed and not (step.lacks and getattr(slots, step.lacks))


def arguments(step: Step, slots: Slots, zone: ZoneInfo) -> Json:
    """What is fixed, over it what the slots say; the zone where days are counted."""
    taken: Json = {}
    for entry in step.takes:
        name, _, source = entry.partition("=")
        value = zone.key if name == "timezone" else SOURCES[source or name](slots)
        if value is not None:
            taken[name] = value
    return {**step.fixed, **taken}


def not_held(step: Step, slots: Slots) -> tuple[str, ...]:
    """The narrowings that were asked for and that the step's tool cannot do."""
    taken = {entry.partition("=")[0] for entry in step.takes}
    held = {*taken, *step.holds, *(EVENT_FILTERS if "filters" in taken else ())}
    if slots.incident and "incident" in held:
        return ()
    return tuple(name for name in NARROWING if name not in held and SOURCES[name](slots))


def sides(slots: Slots, now: datetime, zone: ZoneInfo) -> tuple[Side, ...]:
    """What is compared: two or more times, services, environments, severities or alerts; else a time and the one
    before it."""
    if len(slots.periods) > 1:
        return time_sides(slots, slots.periods)
    named = asking.by_name(slots)
    if len(named) > 1:
        return tuple(Side(label=name, slots=each) for name, each in named)
    for field in ("environments", "severities", "alerts", "teams"):
        values: tuple[str, ...] = getattr(slots, field)
        if len(values) > 1:
            return tuple(Side(label=value, slots=replace(slots, **{field: (value,)})) for value in values)
    if slots.period is None:
        return ()
    return time_sides(slots, (slots.period, beside(slots.period, now, zone)))


def time_sides(slots: Slots, periods: Sequence[Period]) -> tuple[Side, ...]:
    """A side for each time, the earliest first."""
    ordered = sorted(periods, key=lambda period: period.window.start)
    return tuple(
        Side(label=called(period), slots=replace(slots, periods=(period,)), is_time=True) for period in ordered
    )


def called(period: Period) -> str:
    return f"the {period.words}" if period.why else period.words


def beside(period: Period, now: datetime, zone: ZoneInfo) -> Period:
    """What a single time is compared with: the one running now when it was named as the measure ("more than last
    week"), else the one before."""
    window = period.window
    if period.is_measure and window.end < now <= window.end + window.length:
        words = RUNNING.get(period.unit, "since then")
        return Period(window=Window(window.end, now), unit=period.unit, words=words, is_cut=True)
    unit = "period" if period.unit is Unit.SPAN else period.unit.value
    before = times.before(window, period.unit, zone)
    return Period(window=before, unit=period.unit, words=f"the {unit} before")


def latest_round(gathered: Sequence[Gathered]) -> int:
    """How many rounds were made: a call's id is its round and its number in it."""
    return max((int(each.call.id.partition(".")[0] or 1) for each in gathered), default=0)
