"""What is asked of a source of metrics: the question in the translator's words, made from slots."""

import re
from dataclasses import replace

from agents.rules import phrases
from agents.rules.slots import Slots
from tools.translate.lexicon import lexicon as translator

USUAL = "latency"
ACRONYMS = re.compile(r"\b(?:cpu|grpc|io)\b")


def question(slots: Slots) -> str:
    """The whole question but for its time: "p95 latency by pod of checkout in production"."""
    ranked = f"{slots.rank} {phrases.listing(map(plural, slots.by))} by" if slots.rank and slots.by else slots.rank
    grouped = f"by {phrases.listing(slots.by)}" if slots.by and not slots.rank else ""
    named = phrases.listing((*slots.services, *slots.others, *(f"team {name}" for name in slots.teams)))
    of = f"of {named}" if named else ""
    where = f"in {phrases.listing(slots.environments)}" if slots.environments else ""
    return " ".join(filter(None, (ranked, what(slots), slots.condition, grouped, of, where)))


def said(slots: Slots) -> str:
    """What is asked for, as it is read back: "p95 latency by pod", "top 5 services by CPU"."""
    measure = ACRONYMS.sub(lambda match: match[0].upper(), what(slots))
    if slots.rank and slots.by:
        return f"{slots.rank} {things(slots)} by {measure}{limited(slots)}"
    grouped = f" by {phrases.listing(slots.by)}" if slots.by else ""
    return f"{slots.rank} {measure}{limited(slots)}{grouped}".strip()


def limited(slots: Slots) -> str:
    return f" {slots.condition}" if slots.condition else ""


def what(slots: Slots) -> str:
    """What is measured: "p95 latency"; a percentile of nothing is one of latency."""
    if slots.percentile:
        return f"p{slots.percentile} {slots.measure or USUAL}"
    return slots.measure


def things(slots: Slots) -> str:
    """What is ranked, one or several of them."""
    return phrases.listing(slots.by if slots.rank.endswith(" 1") else map(plural, slots.by))


def plural(thing: str) -> str:
    return next((word for word, single in translator().plurals.items() if single == thing), f"{thing}s")


def by_name(slots: Slots) -> tuple[tuple[str, Slots], ...]:
    """Each service or other name with the question of it alone."""
    known = [(name, replace(slots, services=(name,), others=())) for name in slots.services]
    return (*known, *((name, replace(slots, services=(), others=(name,))) for name in slots.others))


def completed(slots: Slots, measure: str) -> Slots:
    """The slots of a question of metrics: what is measured where no words say it, and one rank in place of a limit."""
    return replace(slots, measure=slots.measure or measure, limit=None, kind=None, longer_than=None)


def without(slots: Slots) -> Slots:
    """The slots of any other question."""
    return replace(slots, measure="", percentile="", by=(), rank="", condition="", others=())
