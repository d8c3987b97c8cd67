"""Which tools a model is offered first: those that the rules read, then what lies beside them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.brain import Call, Offer, Question
from agents.model import cues
from agents.model.conversation import Case, as_read
from agents.model.named import named
from agents.rules.intents import inquiry
from agents.rules.revive import modes
from agents.rules.revive.brain import acts_of
from agents.rules.revive.intents import BY_NAME
from agents.rules.revive.modes import Detected
from tools import artifacts
from tools.spec import AnySpec, Pillar

LOOKED_UP: Mapping[str, str] = {
    "parameters": "get_runbook_details",
    "expression": "query_prometheus",
    "threshold": "get_alert_rule_by_uid",
}
MESSAGES_BEFORE = 3
PLANNED: Mapping[str, tuple[str, ...]] = {
    intent.name: tuple(dict.fromkeys(step.tool for step in intent.steps)) for intent in inquiry.INTENTS
}
ALWAYS = (
    "query_alerts_history", "query_incidents", "get_alert_trends", "query_metrics", "query_logs",
    "get_application_health", "search_knowledge",
)  # fmt: skip
OF_ARTIFACTS = tuple(spec.name for spec in artifacts.TOOLS)
ARTIFACT = re.compile(r"\bartifact\W{1,10}[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is known of a request that tools can be chosen by. `planned` are the tools of the rules' plan; `resources`
    the kinds of things that it or a call so far was about; `suggested` the tools that share a word with the message;
    `first_looks` the first tool that reads each kind; `changeable` the kinds that another tool changes."""

    planned: tuple[str, ...]
    resources: frozenset[str]
    suggested: tuple[str, ...]
    mode: str
    first_looks: frozenset[str]
    changeable: frozenset[str]


def chosen(case: Case, offer: Offer) -> Offer:
    """The offer with the likeliest tools first, of which a model is shown the first twelve.

    The same case gives the same order. In revive: only tools of the mode that the person chose, otherwise both modes'
    are in it. What was looked at opens the changes of its kind: after `list_alert_rules` come those of alert rules.
    Large results can be read by parts once there is one.
    """
    tools = [spec for spec in offer.tools if spec.name not in OF_ARTIFACTS or has_artifact(case)]
    if case.question.pillar is not Pillar.REVIVE:
        order = looks(case, tools)
        return Offer(tools=tuple(sorted(tools, key=lambda spec: order.get(spec.name, len(order)))))
    tools = [spec for spec in tools if case.question.mode in ("auto", spec.category.value)]
    known = reading(case, tools)
    return Offer(tools=tuple(sorted(tools, key=lambda spec: rank(spec, known))))


def looks(case: Case, tools: Sequence[AnySpec]) -> Mapping[str, int]:
    """Tool to place: what the rules would ask, what was asked already, the parts of large results, what the words call
    for, and what any question may need."""
    asked = (one.call.tool for one in case.gathered)
    names = (
        *PLANNED.get(case.understood.intent, ()),
        *asked,
        *OF_ARTIFACTS,
        *named(tools, spoken_texts(case.question)),
        *cues.said(spoken_texts(case.question)),
        *ALWAYS,
    )
    return {name: place for place, name in enumerate(dict.fromkeys(names))}


def has_artifact(case: Case) -> bool:
    """Whether a result of this run was too large to be shown, or the conversation speaks of one that was."""
    question = case.question
    is_kept = any(one.result.artifact_id for one in case.gathered) or any(each.artifacts for each in question.history)
    return is_kept or any(ARTIFACT.search(text) for text in spoken_texts(question))


def spoken_texts(question: Question) -> list[str]:
    """What the person said, the newest last."""
    before = [message.content for message in question.history if message.role == "user"]
    return [*before[-MESSAGES_BEFORE:], question.text]


def rank(spec: AnySpec, known: Reading) -> tuple[int, int]:
    """Smaller comes first; equals keep the order of the offer."""
    if spec.name in known.planned:
        return 0, known.planned.index(spec.name)
    if resource(spec) in known.resources:
        return 1, not spec.is_read
    if spec.name in known.suggested:
        return 2, known.suggested.index(spec.name)
    if known.mode == "auto":
        return 3, unguided(spec, known)
    return (3 if spec.category.value == known.mode else 4), 2 * (not spec.is_read) + is_shared(spec)


def unguided(spec: AnySpec, known: Reading) -> int:
    """Where nothing tells what is meant: one look at each kind of thing, those first that can be changed, those last
    that any pillar has."""
    if spec.name in known.first_looks:
        return 0 if resource(spec) in known.changeable else 1 + is_shared(spec)
    return 3 if spec.is_read else 4


def is_shared(spec: AnySpec) -> bool:
    return Pillar.INQUIRY in spec.pillars


def reading(case: Case, tools: Sequence[AnySpec]) -> Reading:
    planned = planned_tools(case)
    about = {*planned, *(one.call.tool for one in case.gathered)}
    found = spoken(case.question)
    looks = {resource(spec): spec.name for spec in reversed(tools) if spec.is_read}
    return Reading(
        planned=planned,
        resources=frozenset(resource(spec) for spec in tools if spec.name in about),
        suggested=(
            *(found.suggested_tools if found.detected_intent else ()),
            *named(tools, spoken_texts(case.question)),
            *cues.said(spoken_texts(case.question)),
        ),
        mode=as_read(case.understood).slots.get("mode") or found.mode,
        first_looks=frozenset(looks.values()),
        changeable=frozenset(resource(spec) for spec in tools if not spec.is_read),
    )


def planned_tools(case: Case) -> tuple[str, ...]:
    """The tools of the rules' plan: for each act its own, then those that it is looked up with."""
    intents = [BY_NAME[act.intent] for act in acts_of(as_read(case.understood))]
    names = ((each.tool, each.finds.tool if each.finds else "", LOOKED_UP.get(each.then, "")) for each in intents)
    return tuple(dict.fromkeys(name for each in names for name in each if name))


def spoken(question: Question) -> Detected:
    """What the message itself tells of the mode, else the message before it."""
    explicit = None if question.mode == "auto" else question.mode
    *before, newest = spoken_texts(question)
    found = modes.detect(newest, question.page, explicit)
    for text in reversed(before):
        if found.mode != "auto":
            break
        found = modes.detect(text)
    return found


def resource(spec: AnySpec) -> str:
    """The kind of thing a tool is about, as its permission names it: `ai:revive:grafana:dashboard`."""
    return spec.permission.rpartition(":")[0]


def asks_change(case: Case) -> bool:
    """Whether the rules read a change, and all that it needs: then its words are theirs too."""
    rules = as_read(case.understood)
    is_plan = case.question.pillar is Pillar.REVIVE and rules.kind == "query"
    return is_plan and any(BY_NAME[act.intent].is_change for act in acts_of(rules))


def is_closed(case: Case, calls: Sequence[Call], offer: Offer) -> bool:
    """Whether the rules' next calls need a tool that is closed to the person: the door refuses it and says who may."""
    names = {spec.name for spec in offer.tools}
    return case.question.pillar is Pillar.REVIVE and any(call.tool not in names for call in calls)


def is_change(calls: Sequence[Call], offer: Offer) -> bool:
    changing = {spec.name for spec in offer.tools if not spec.is_read}
    return any(call.tool in changing for call in calls)
