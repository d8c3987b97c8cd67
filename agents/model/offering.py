"""Which of revive's tools a model is offered first: those that the rules read, then what lies beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.brain import Call, Offer, Question
from agents.model.conversation import Case, as_read
from agents.rules.revive import modes
from agents.rules.revive.brain import acts_of
from agents.rules.revive.intents import BY_NAME
from agents.rules.revive.modes import Detected
from tools.spec import AnySpec, Pillar

LOOKED_UP: Mapping[str, str] = {
    "parameters": "get_runbook_details",
    "expression": "query_prometheus",
    "threshold": "get_alert_rule_by_uid",
}
MESSAGES_BEFORE = 3


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
    """The offer with the likeliest tools first, of which a model is shown the first twelve; inquiry's as it is.

    Only tools of the mode that the person chose; otherwise both modes' tools are in it. The same case gives the same
    order. What was looked at opens the changes of its kind: after `list_alert_rules` come those of alert rules.
    """
    if case.question.pillar is not Pillar.REVIVE:
        return offer
    tools = [spec for spec in offer.tools if case.question.mode in ("auto", spec.category.value)]
    known = reading(case, tools)
    return Offer(tools=tuple(sorted(tools, key=lambda spec: rank(spec, known))))


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
    return (3 if spec.category.value == known.mode else 4), not spec.is_read


def unguided(spec: AnySpec, known: Reading) -> int:
    """Where nothing tells what is meant: one look at each kind of thing, those first that can be changed."""
    if spec.name in known.first_looks:
        return 0 if resource(spec) in known.changeable else 1
    return 2 if spec.is_read else 3


def reading(case: Case, tools: Sequence[AnySpec]) -> Reading:
    planned = planned_tools(case)
    about = {*planned, *(one.call.tool for one in case.gathered)}
    found = spoken(case.question)
    looks = {resource(spec): spec.name for spec in reversed(tools) if spec.is_read}
    return Reading(
        planned=planned,
        resources=frozenset(resource(spec) for spec in tools if spec.name in about),
        suggested=found.suggested_tools if found.detected_intent else (),
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
    before = [message.content for message in question.history if message.role == "user"][-MESSAGES_BEFORE:]
    found = modes.detect(question.text, question.page, explicit)
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
