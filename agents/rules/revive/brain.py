"""The three things the rules brain does for revive: understand, plan, write."""

from collections.abc import Sequence
from typing import Any, cast

from agents.answer import Answer
from agents.brain import Call, Emit, Gathered, Offer, Question, Understanding
from agents.rules.index import NameIndex
from agents.rules.lexicon import Lexicon
from agents.rules.revive import plan as planning
from agents.rules.revive import report
from agents.rules.revive.intents import BY_NAME
from agents.rules.revive.plan import Case
from agents.rules.revive.said import Act, act_from
from agents.rules.revive.understand import Mind
from agents.rules.revive.understand import understand as read


def understand(question: Question, lexicon: Lexicon, index: NameIndex) -> Understanding:
    return read(question, Mind(lexicon=lexicon, index=index))


def plan(question: Question, understood: Understanding, gathered: Sequence[Gathered], offer: Offer) -> Sequence[Call]:
    """The next round. A tool that is not offered is planned all the same: the door refuses it and says who may."""
    if understood.kind != "query":
        return ()
    offered = frozenset(tool.name for tool in offer.tools)
    return planning.calls(Case(question=question, acts=acts_of(understood), gathered=gathered, offered=offered))


async def write(question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit) -> Answer:
    """The answer; its summary and then each finding go out through `emit` as they stand."""
    answer = report.answer(Case(question=question, acts=acts_of(understood), gathered=gathered), understood)
    await emit(answer.summary)
    for finding in answer.findings:
        await emit(f"\n{finding.text}")
    return answer


def acts_of(understood: Understanding) -> tuple[Act, ...]:
    """The acts as they were read; none of another shape (an older version, another brain)."""
    kept = cast("list[dict[str, Any]]", understood.slots.get("acts") or [])
    return tuple(act_from(act) for act in kept if act.get("intent") in BY_NAME)
