"""Follow-ups: the question before with one thing changed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agents.brain import Message, Question
from agents.rules import asking, times
from agents.rules.lexicon import Concept
from agents.rules.reading import Reading
from agents.rules.slots import Period, Slots, from_json

FRAGMENT = 3
NUMBER = re.compile(r"\bINC-\d+\b")
OF_ONE_INCIDENT = frozenset(("cause", "impact", "timeline"))
FIELDS = (
    "services",
    "alerts",
    "teams",
    "environments",
    "severities",
    "status",
    "grouping",
    "kind",
    "limit",
    "topic",
    "longer_than",
    "level",
    "percentile",
    "by",
    "rank",
    "condition",
)


@dataclass(frozen=True, slots=True)
class Before:
    """The question before as it was read, and the first incident its answer named."""

    slots: Slots
    incident: str | None


def previous(history: Sequence[Message]) -> Before | None:
    """What the assistant had last read, small talk aside; None when nothing was asked that can be gone on from."""
    for message in reversed(history):
        if message.role == "assistant" and message.understanding and message.understanding.get("kind") != "converse":
            read = from_json(message.understanding.get("slots") or {})
            named = NUMBER.search(message.content)
            return Before(read, named[0] if named else None) if read and read != Slots() else None
    return None


def goes_on(reading: Reading, concepts: Mapping[str, Concept]) -> bool:
    """Whether the question is one only together with the one before: it leans on it, or it says too little alone."""
    return reading.leans or is_incomplete(reading.slots, concepts) or is_bare(reading, concepts)


def is_incomplete(slots: Slots, concepts: Mapping[str, Concept]) -> bool:
    """Whether it names neither what it is about nor what is wanted of it: "for staging", "yesterday?"."""
    return not any(concepts[name].group or name in STANDING for name in slots.concepts) and not slots.incident


def is_bare(reading: Reading, concepts: Mapping[str, Concept]) -> bool:
    """Whether it says what is wanted but not of what: "why?", "show them", "by hour"."""
    slots = reading.slots
    about = any(concepts[name].group == "subject" or name in STANDING for name in slots.concepts)
    is_told = narrows(slots) or slots.topic or slots.incident
    return not (about or is_told or (slots.grouping and reading.length > FRAGMENT))


def narrows(slots: Slots) -> bool:
    """Whether a name or a time was named."""
    return any((slots.services, slots.alerts, slots.teams, slots.environments, slots.periods))


METRICS = frozenset(("metric", "measured", "faint"))
STANDING = frozenset(("now", "firing", "greeting", "thanks", "help", "deed", "health", "frequency", "fired", "error"))
# With nothing before, these are of the last incident, or of every service: "blast radius?", "noisiest service?".
WHOLE = (frozenset(("impact",)), frozenset(("rank", "service")))


def is_fragment(reading: Reading, concepts: Mapping[str, Concept]) -> bool:
    """Whether it is too short to be a question of its own."""
    if not reading.leans and any(concept <= frozenset(reading.slots.concepts) for concept in WHOLE):
        return False
    says_something = bool(reading.slots.concepts or reading.slots.grouping or reading.slots.severities)
    return is_bare(reading, concepts) and (reading.leans or reading.points or (says_something and reading.length <= 2))


def merged(last: Before, reading: Reading, question: Question, concepts: Mapping[str, Concept]) -> Slots:
    """The slots before with those that were read now in their place. Raises TimeError, see `times.read_relative`."""
    before, now = last.slots, reading.slots
    changed = {field: getattr(now, field) for field in FIELDS if getattr(now, field)}
    together = united(before.concepts, now.concepts, concepts)
    incident = now.incident or pointed_at(last, reading, concepts) or (None if narrows(now) else before.incident)
    slots = replace(before, concepts=together, **changed, read_as=now.read_as, incident=incident)
    slots = named_anew(measured_anew(slots, now, concepts), now)
    if asks_anew(before, now, concepts):
        slots = replace(slots, grouping=now.grouping, limit=now.limit)
    if "compare" in now.concepts:
        slots = beside(before, slots)
    return replace(slots, periods=periods(before, reading, question))


def named_anew(slots: Slots, now: Slots) -> Slots:
    """A name that the record knows stands in place of one it does not know, and the other way round."""
    if not (now.services or now.others) or "compare" in now.concepts:
        return replace(slots, others=tuple(dict.fromkeys((*slots.others, *now.others))))
    return replace(slots, services=now.services, others=now.others)


def measured_anew(slots: Slots, now: Slots, concepts: Mapping[str, Concept]) -> Slots:
    """Another measure stands in place of the one before, and of all that was said of it; another subject ends it."""
    if now.measure or now.percentile:
        measure = now.measure or asking.USUAL
        return replace(slots, measure=measure, percentile=now.percentile, condition=now.condition)
    is_other = any(concepts[name].group == "subject" and name not in METRICS for name in now.concepts)
    if is_other or OF_ONE_INCIDENT & set(now.concepts):
        kept = tuple(name for name in slots.concepts if name not in METRICS)
        return replace(slots, concepts=kept, measure="", percentile="", by=(), rank="", condition="")
    return slots


def pointed_at(last: Before, reading: Reading, concepts: Mapping[str, Concept]) -> str | None:
    """The incident of the last answer, when the question is of it: "what caused it?", "why?"."""
    if not OF_ONE_INCIDENT & set(reading.slots.concepts):
        return None
    return last.incident if reading.points or is_bare(reading, concepts) else None


def asks_anew(before: Slots, now: Slots, concepts: Mapping[str, Concept]) -> bool:
    """Whether something else is wanted than before, for which the old grouping and limit were not meant."""
    return any(concepts[name].group == "ask" and name not in before.concepts for name in now.concepts)


def united(before: Sequence[str], now: Sequence[str], concepts: Mapping[str, Concept]) -> tuple[str, ...]:
    """What was asked before, with each group of concepts that is spoken of now in place of its like."""
    replaced = {concepts[name].group for name in now} - {""}
    kept = [name for name in before if concepts[name].group and concepts[name].group not in replaced]
    return tuple(dict.fromkeys((*kept, *now)))


def beside(before: Slots, slots: Slots) -> Slots:
    """In "compare with checkout" the name of the question before is the other side."""
    for field in ("services", "environments", "alerts"):
        old, new = getattr(before, field), getattr(slots, field)
        if old and new and old != new:
            return replace(slots, **{field: tuple(dict.fromkeys((*old, *new)))})
    return slots


def periods(before: Slots, reading: Reading, question: Question) -> tuple[Period, ...]:
    """The times named now, else those told from the one before ("the week before"), else those before, if named."""
    named = tuple(period for period in before.periods if not period.why)
    found = reading.slots.periods or relative(before, reading.raw, question)
    if "compare" in reading.slots.concepts and len(found) == 1 and len(before.periods) == 1:
        return (*before.periods, *found)
    return found or named


def relative(before: Slots, raw: str, question: Question) -> tuple[Period, ...]:
    """A time told from the one before."""
    if before.period is None:
        return ()
    read = times.read_relative(raw, before.period, question.now, question.zone)
    if read is None:
        return ()
    return (Period(window=read.window, unit=read.unit, words=read.words, is_cut=read.cut_at_now),)
