"""Troubleshooting: from a firing alert to its likely cause and a safe next step, with what could not be looked at."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal, TypeAlias

from langchain_core.messages import AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from typing_extensions import TypedDict  # Studio's schemas are pydantic's, which refuses typing's own before 3.12

from agents.brain import Call, Gathered, Understanding
from agents.rules.troubleshooting import opening as table
from graphs import carrying, opening, recall
from graphs.carrying import (
    NOTHING_PLANNED,
    after_answer,
    after_deed,
    after_proposal,
    confirm,
    execute,
    planned,
    propose,
    report,
)
from graphs.context import Context
from graphs.events import Context as Told
from graphs.gathering import run_calls
from graphs.nodes import Drawing, Node

MAX_ROUNDS = 3
Json: TypeAlias = dict[str, Any]


class State(carrying.State):
    """`diagnosis` is the rules' own, of all that was gathered, whichever brain writes the answer."""

    messages: Annotated[list[AnyMessage], add_messages]
    diagnosis: Json
    answer: Json


class Update(carrying.Update, total=False):
    understanding: Json
    evidence: list[Json]
    rounds: int
    notes: list[str]
    diagnosis: Json


class Input(TypedDict):
    messages: list[AnyMessage]


async def understand(state: State, runtime: Runtime[Context]) -> Update:  # noqa: ARG001 - LangGraph gives it by name
    context = runtime.context
    understood = await context.brain.understand(context.question)
    fresh = Update(evidence=[], rounds=0, step=1, deeds=[], calls=[], changes=[], diagnosis={})
    return {"understanding": asdict(understood), "notes": list(context.notes), **fresh}


async def open(state: State, runtime: Runtime[Context]) -> Update:  # noqa: A001 - the node's name, as the design has it
    """The alert first; then whatever bears on the question, at once. Without the alert there is no more to look at."""
    context = runtime.context
    understood = Understanding(**state["understanding"])
    alert = await opening.made(context, [table.first(context.question.alert, understood.slots)])
    rest: Sequence[table.Look] = ()
    if alert[0].result.supports_claims:
        wanted = context.brain.parts(context.question, understood)
        rest = table.looks(alert[0].result.data, context.question.now, wanted)
    evidence = [recall.made(item) for item in (*alert, *await opening.made(context, rest))]
    return {"evidence": evidence, **await next_calls(context, state, evidence)}


async def investigate(state: State, runtime: Runtime[Context]) -> Update:
    """One round of further reads, and what follows from them."""
    context = runtime.context
    found = await run_calls(context, [Call(**call) for call in state["calls"]])
    evidence, rounds = [*state["evidence"], *map(recall.made, found)], state["rounds"] + 1
    following = await next_calls(context, state, evidence) if rounds < MAX_ROUNDS else Update(calls=[])
    return {"evidence": evidence, "rounds": rounds, **following}


async def diagnose(state: State, runtime: Runtime[Context]) -> Update:
    """Causes in their order, made by rules alone: the same case gives the same diagnosis with any brain."""
    context = runtime.context
    found = context.brain.diagnose(context.question, await recall.gathered(context, state["evidence"]))
    if found:
        await context.emit(Told(part="diagnosis", title="Diagnosis", status="ok", data=found))
    return {"diagnosis": found}


async def suggest(state: State, runtime: Runtime[Context]) -> Update:
    """What to do next; what was asked to be run is put forward, and nothing else is ever."""
    context = runtime.context
    if state["rounds"] > MAX_ROUNDS or not state["diagnosis"]:
        return {"changes": []}
    found = await recall.gathered(context, state["evidence"])
    following = await planned(context, Understanding(**state["understanding"]), found)
    return {"changes": following["changes"], "calls": []}


async def next_calls(context: Context, state: State, evidence: list[Json]) -> Update:
    """Reads only: changes wait until there is a diagnosis."""
    found: list[Gathered] = await recall.gathered(context, evidence)
    following = NOTHING_PLANNED
    if any(item.call.label == "alert" and item.result.supports_claims for item in found):
        following = await planned(context, Understanding(**state["understanding"]), found)
    return {"calls": following["calls"]}


def after_understanding(state: State) -> Literal["open", "report"]:
    return "open" if state["understanding"]["kind"] == "query" else "report"


def after_looking(state: State) -> Literal["investigate", "diagnose"]:
    return "investigate" if state["calls"] else "diagnose"


def after_suggesting(state: State) -> Literal["propose", "report"]:
    return "propose" if state["changes"] else "report"


def after_making(state: State) -> Literal["propose", "report"]:
    """After the last change it is told what came of it."""
    return "propose" if after_deed(state) == "propose" else "report"


def after_proposing(state: State) -> Literal["confirm", "execute", "propose", "report"]:
    found = after_proposal(state)
    return "report" if found == "gather" else found


def build() -> StateGraph[State, Context, Input, State]:
    return draw(StateGraph(State, context_schema=Context, input_schema=Input))


def draw(graph: Drawing, adapt: Callable[[Node], Node] = lambda node: node) -> Drawing:
    """The graph with its nodes, each as `adapt` makes it, and its edges."""
    for node in (understand, open, investigate, diagnose, suggest, propose, confirm, execute, report):
        graph.add_node(node.__name__, adapt(node))
    graph.add_edge(START, "understand")
    graph.add_conditional_edges("understand", after_understanding)
    graph.add_conditional_edges("open", after_looking)
    graph.add_conditional_edges("investigate", after_looking)
    graph.add_edge("diagnose", "suggest")
    graph.add_conditional_edges("suggest", after_suggesting)
    graph.add_conditional_edges("propose", after_proposing)
    graph.add_conditional_edges("confirm", after_answer)
    graph.add_conditional_edges("execute", after_making)
    graph.add_edge("report", END)
    return graph
