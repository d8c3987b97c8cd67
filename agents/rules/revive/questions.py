"""What revive reads by inquiry's own table: a clause that asks for numbers, lines or health becomes one act of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeAlias, cast

from agents.answer import Answer
from agents.brain import Call, Gathered, Message, Question, Understanding
from agents.rules import describe, lexicon, plan, reading, write
from agents.rules.facts import Draft, Facts
from agents.rules.index import NameIndex
from agents.rules.intents import choose, inquiry
from agents.rules.intents.choose import Chooser
from agents.rules.intents.shape import Intent
from agents.rules.lexicon import Lexicon
from agents.rules.revive.said import Act
from agents.rules.slots import Slots, from_json
from agents.rules.understand import Mind, understand, which_one
from agents.rules.writers import health, vitals

Json: TypeAlias = dict[str, Any]
METRICS, LOGS, HEALTH = "query_metrics", "query_logs", "get_application_health"
TOOLS: Mapping[str, str] = {
    "metrics": METRICS,
    "metrics_response": METRICS,
    "metrics_trend": METRICS,
    "metrics_top": METRICS,
    "metrics_compare": METRICS,
    "logs": LOGS,
    "health_now": HEALTH,
    "health_past": HEALTH,
    "objectives": HEALTH,
    "anomalies": "detect_anomalies",
    "savings": "recommend_optimizations",
    "knowledge": "search_knowledge",
}
ABOUT = {"health_now": "health now by metrics{scope}", "health_past": "health by metrics{scope}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An act that is one of inquiry's questions: its intent as it holds here, and the slots it was read as."""

    intent: Intent
    slots: Slots


def act(text: str, question: Question, names: Lexicon, index: NameIndex) -> Act | None:
    """The words as a question that revive answers by reading; None when they are none."""
    mind = Mind(lexicon=names, intents=inquiry.INTENTS, chooser=chooser(), index=index)
    read = understand(replace(question, text=text, history=history(question.history)), mind)
    slots = from_json(read.slots) if read.kind == "query" and read.intent in TOOLS else None
    if slots is None or (TOOLS[read.intent] == METRICS and not (slots.measure or slots.percentile)):
        return None
    intent = intents()[read.intent]
    known = describe.facts(intent, slots, question)
    told = {"asked": describe.plain(intent, known), "question": read.intent, "read": slots.as_json()}
    is_whole = bool(plan.wished(intent, known))
    return Act(intent=TOOLS[read.intent], slots=told | ({"is_whole": True} if is_whole else {}))


def which(question: Question, names: Lexicon, index: NameIndex) -> Understanding | None:
    """The question which of several names was meant, where numbers, lines or the like are asked for."""
    read = reading.read(question, names, index)
    intent = chooser().choose(read.slots)
    several = [doubt for doubt in read.doubts if doubt.fits_several]
    return which_one(several[0], question) if intent and intent.name in TOOLS and several else None


@cache
def chooser() -> Chooser:
    """That of every question, so that what is about alerts or incidents is told from what is not."""
    return choose.chooser(inquiry.INTENTS, lexicon.load().concepts)


@cache
def intents() -> Mapping[str, Intent]:
    """Inquiry's intents as they hold here: without the steps whose tools belong to inquiry alone."""
    return {intent.name: held(intent) for intent in inquiry.INTENTS if intent.name in TOOLS}


def held(intent: Intent) -> Intent:
    steps = tuple(step for step in intent.steps if step.tool == TOOLS[intent.name])
    writes = measured if intent.name in ABOUT else intent.write
    return replace(intent, steps=steps, write=writes, about=ABOUT.get(intent.name, intent.about))


def measured(facts: Facts) -> Draft:
    """Healthy by what is measured alone; alerts and incidents are inquiry's."""
    found = vitals.measured(facts)
    draft = health.measured_alone(facts, "")
    if not found:
        why = facts.why_not(HEALTH)
        return replace(draft, summary=f"Whether it is healthy{facts.scope} is not known. {why}".strip())
    verdicts = {each.verdict for each in found}
    worst = next((said for said in VERDICTS if said in verdicts), "")
    judged = VERDICTS.get(worst, "Measured, without objectives to judge it by")
    return replace(draft, summary=f"{judged}{facts.scope}{facts.when}{health.in_short(found, facts)}.")


VERDICTS = {
    "unhealthy": "Unhealthy by its metrics",
    "degraded": "Not quite healthy by its metrics",
    "healthy": "Healthy by its metrics",
}


def history(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The conversation with each answered question as inquiry would have kept it, so that a follow-up goes on."""
    return tuple(replace(message, understanding=kept(message.understanding)) for message in messages)


def kept(understanding: Json | None) -> Json | None:
    acts = cast("list[Json]", ((understanding or {}).get("slots") or {}).get("acts") or [])
    if understanding is None or len(acts) != 1 or "read" not in acts[0]:
        return understanding
    return {**understanding, "slots": acts[0]["read"]}


def asked(act: Act) -> Asked | None:
    """The question that the act is; None when it is none, or one of an older version."""
    intent = intents().get(str(act.slots.get("question")))
    slots = from_json(act.slots["read"]) if intent and "read" in act.slots else None
    return Asked(intent=intent, slots=slots) if intent and slots else None


def facts(one: Asked, question: Question, gathered: Sequence[Gathered]) -> Facts:
    return describe.facts(one.intent, one.slots, question, gathered)


def calls(
    one: Asked, question: Question, gathered: Sequence[Gathered], offered: frozenset[str] | None
) -> Sequence[Call]:
    """The calls that the question still wants. The first are made though they are closed: the door says who may."""
    made = {plan.key(each.call) for each in gathered}
    wanted = [call for call in plan.wished(one.intent, facts(one, question, gathered)) if plan.key(call) not in made]
    return [call for call in wanted if not gathered or offered is None or call.tool in offered]


def answer(one: Asked, question: Question, understood: Understanding, gathered: Sequence[Gathered]) -> Answer:
    """The answer as inquiry writes it: the numbers, the charts, the queries in view and what is not known."""
    found = write.answer_of(one.intent, facts(one, question, gathered), understood)
    return write.trimmed(found, question.response_format)
