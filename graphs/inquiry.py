"""Inquiry: answer a question from evidence, or say plainly what could not be established."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal, TypeAlias

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from typing_extensions import TypedDict  # Studio's schemas are pydantic's, which refuses typing's own before 3.12

from agents.answer import text_of
from agents.brain import Call, Gathered, Understanding
from graphs.context import Context
from graphs.events import Chunk, Data
from graphs.gathering import run_calls
from graphs.nodes import Drawing, Node

MAX_ROUNDS = 4
SAMPLE_NOTE = "The record holds the sample estate; `trivium sample remove` takes it out."
Json: TypeAlias = dict[str, Any]


class State(TypedDict):
    """`messages` for Studio and chat pages; `evidence` are ids of this question's tool executions; the rest is JSON."""

    messages: Annotated[list[AnyMessage], add_messages]
    understanding: Json
    calls: list[Json]
    evidence: list[str]
    rounds: int
    answer: Json


class Update(TypedDict, total=False):
    messages: list[AnyMessage]
    understanding: Json
    calls: list[Json]
    evidence: list[str]
    rounds: int
    answer: Json


class Input(TypedDict):
    messages: list[AnyMessage]


async def understand(state: State, runtime: Runtime[Context]) -> Update:  # noqa: ARG001 - LangGraph gives it by name
    context = runtime.context
    understood = await context.brain.understand(context.question)
    calls = await planned(context, understood, []) if understood.kind == "query" else []
    return {"understanding": asdict(understood), "calls": calls, "evidence": [], "rounds": 0}


async def gather(state: State, runtime: Runtime[Context]) -> Update:
    """One round of calls, and the plan of the next: a round only to learn that none is left would cost a superstep."""
    context = runtime.context
    found = await run_calls(context, [Call(**call) for call in state["calls"]])
    rounds = state["rounds"] + 1
    so_far = [*gathered(state, context), *found]
    calls = await planned(context, Understanding(**state["understanding"]), so_far) if rounds < MAX_ROUNDS else []
    evidence = [*state["evidence"], *(str(item.result.execution_id) for item in found)]
    return {"evidence": evidence, "calls": calls, "rounds": rounds}


async def answer(state: State, runtime: Runtime[Context]) -> Update:
    context = runtime.context

    async def emit(text: str) -> None:
        await context.emit(Chunk(content=text))

    understood = Understanding(**state["understanding"])
    found = gathered(state, context)
    written = await context.brain.write(context.question, understood, found, emit)
    if found and context.question.names.has_sample:
        written = replace(written, notes=(*written.notes, SAMPLE_NOTE))
    for part in written.parts:
        await context.emit(Data(part=asdict(part)))
    return {"answer": written.as_json(), "messages": [AIMessage(text_of(written))]}


def way(state: State) -> Literal["gather", "answer"]:
    return "gather" if state["calls"] else "answer"


def gathered(state: State, context: Context) -> list[Gathered]:
    return [context.results[execution] for execution in state["evidence"]]


async def planned(context: Context, understood: Understanding, found: list[Gathered]) -> list[Json]:
    calls = await context.brain.plan(context.question, understood, found, context.offer)
    return [asdict(call) for call in calls]


def build() -> StateGraph[State, Context, Input, State]:
    return draw(StateGraph(State, context_schema=Context, input_schema=Input))


def draw(graph: Drawing, adapt: Callable[[Node], Node] = lambda node: node) -> Drawing:
    """The graph with its nodes, each as `adapt` makes it, and its edges."""
    for node in (understand, gather, answer):
        graph.add_node(node.__name__, adapt(node))
    graph.add_edge(START, "understand")
    graph.add_conditional_edges("understand", way)
    graph.add_conditional_edges("gather", way)
    graph.add_edge("answer", END)
    return graph
