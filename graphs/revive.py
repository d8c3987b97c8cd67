"""Revive: change Grafana and the platform, each change only after a person has approved exactly that change."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Literal, TypeAlias

from langchain_core.messages import AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from typing_extensions import TypedDict  # Studio's schemas are pydantic's, which refuses typing's own before 3.12

from agents.brain import Call, Understanding
from graphs import carrying, recall
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
from graphs.gathering import run_calls
from graphs.nodes import Drawing, Node

MAX_ROUNDS = 4
Json: TypeAlias = dict[str, Any]
Way: TypeAlias = Literal["gather", "propose", "report"]


class State(carrying.State):
    messages: Annotated[list[AnyMessage], add_messages]
    answer: Json


class Update(carrying.Update, total=False):
    understanding: Json
    evidence: list[Json]
    rounds: int
    notes: list[str]


class Input(TypedDict):
    messages: list[AnyMessage]


async def understand(state: State, runtime: Runtime[Context]) -> Update:  # noqa: ARG001 - LangGraph gives it by name
    context = runtime.context
    understood = await context.brain.understand(context.question)
    first = await planned(context, understood, []) if understood.kind == "query" else NOTHING_PLANNED
    return Update(
        understanding=asdict(understood),
        calls=first["calls"],
        changes=first["changes"],
        evidence=[],
        rounds=0,
        step=1,
        deeds=[],
        notes=list(context.notes),
    )


async def gather(state: State, runtime: Runtime[Context]) -> Update:
    """One round of reads, and what follows from them: more reads, or the changes."""
    context = runtime.context
    found = await run_calls(context, [Call(**call) for call in state["calls"]])
    evidence = [*state["evidence"], *map(recall.made, found)]
    rounds = state["rounds"] + 1
    following = NOTHING_PLANNED
    if rounds < MAX_ROUNDS and not state["deeds"]:
        understood = Understanding(**state["understanding"])
        following = await planned(context, understood, await recall.gathered(context, evidence))
    return Update(evidence=evidence, rounds=rounds, calls=following["calls"], changes=following["changes"])


def way(state: State) -> Way:
    if state["calls"]:
        return "gather"
    return "propose" if state["changes"] else "report"


def build() -> StateGraph[State, Context, Input, State]:
    return draw(StateGraph(State, context_schema=Context, input_schema=Input))


def draw(graph: Drawing, adapt: Callable[[Node], Node] = lambda node: node) -> Drawing:
    """The graph with its nodes, each as `adapt` makes it, and its edges."""
    for node in (understand, gather, propose, confirm, execute, report):
        graph.add_node(node.__name__, adapt(node))
    graph.add_edge(START, "understand")
    graph.add_conditional_edges("understand", way)
    graph.add_conditional_edges("gather", way)
    graph.add_conditional_edges("propose", after_proposal)
    graph.add_conditional_edges("confirm", after_answer)
    graph.add_conditional_edges("execute", after_deed)
    graph.add_edge("report", END)
    return graph
