"""Inquiry: answer a question from evidence, or say plainly what could not be established."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal, TypeAlias

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from langgraph.types import interrupt
from typing_extensions import TypedDict  # Studio's schemas are pydantic's, which refuses typing's own before 3.12

from agents.answer import text_of
from agents.brain import Call, Gathered, Understanding
from domain.confirmations import Confirmation
from graphs import acting, cards, recall
from graphs.context import Context
from graphs.events import Chunk, Data
from graphs.gathering import run_calls
from graphs.nodes import Drawing, Node

MAX_ROUNDS = 4
SAMPLE_NOTE = "The record holds the sample estate; `trivium sample remove` takes it out."
Json: TypeAlias = dict[str, Any]
Way: TypeAlias = Literal["gather", "preview", "answer"]


class State(TypedDict):
    """`calls` are those of the next round, `evidence` those made {execution, call}. `shown` are the queries that a
    person wants to see before they run, the first of them in hand: `step` counts them from 1, `asked` is what the
    person is shown, `standing` how that one stands, `deeds` those that were not run. `messages` are for Studio."""

    messages: Annotated[list[AnyMessage], add_messages]
    understanding: Json
    calls: list[Json]
    evidence: list[Json]
    rounds: int
    shown: list[Json]
    step: int
    asked: Json
    standing: str
    deeds: list[Json]
    answer: Json


class Update(TypedDict, total=False):
    messages: list[AnyMessage]
    understanding: Json
    calls: list[Json]
    evidence: list[Json]
    rounds: int
    shown: list[Json]
    step: int
    asked: Json
    standing: str
    deeds: list[Json]
    answer: Json


class Input(TypedDict):
    messages: list[AnyMessage]


async def understand(state: State, runtime: Runtime[Context]) -> Update:  # noqa: ARG001 - LangGraph gives it by name
    context = runtime.context
    understood = await context.brain.understand(context.question)
    first = await planned(context, understood, []) if understood.kind == "query" else Update(calls=[], shown=[])
    return {"understanding": asdict(understood), "evidence": [], "rounds": 0, "step": 1, "deeds": [], **first}


async def gather(state: State, runtime: Runtime[Context]) -> Update:
    """One round of calls, and the plan of the next: a round only to learn that none is left would cost a superstep."""
    context = runtime.context
    found = await run_calls(context, [Call(**call) for call in state["calls"]])
    made = Update(evidence=[*state["evidence"], *map(recall.made, found)], rounds=state["rounds"] + 1, calls=[])
    return made if state["shown"] else {**made, **await following(context, {**state, **made})}


async def preview(state: State, runtime: Runtime[Context]) -> Update:
    """The query in hand is put before the person who asked; one that was put before stays as it is."""
    context, step = runtime.context, state["step"]
    outcome = await acting.shown(context, Call(**state["shown"][0]), step)
    if isinstance(outcome, Gathered):
        return await done(context, state, outcome)
    if outcome.is_open:
        await acting.ask(context, outcome)
        return {"asked": cards.request(outcome), "standing": "open"}
    return decided(outcome)


async def confirm(state: State, runtime: Runtime[Context]) -> Update:
    """The run waits here. What it is woken with decides nothing by itself: the ledger does."""
    answer = interrupt(state["asked"])
    return decided(await acting.hear(runtime.context, state["step"], answer))


async def execute(state: State, runtime: Runtime[Context]) -> Update:
    """The query in hand runs as it was approved, or edited; one that was not is left out."""
    call = Call(**state["shown"][0])
    return await done(runtime.context, state, await acting.carried_out(runtime.context, call, state["step"]))


async def answer(state: State, runtime: Runtime[Context]) -> Update:
    context = runtime.context

    async def emit(text: str) -> None:
        await context.emit(Chunk(content=text))

    understood = Understanding(**state["understanding"])
    found = await gathered(context, state)
    written = await context.brain.write(context.question, understood, found, emit)
    if found and context.question.names.has_sample:
        written = replace(written, notes=(*written.notes, SAMPLE_NOTE))
    for part in written.parts:
        await context.emit(Data(part=asdict(part)))
    return {"answer": written.as_json(), "messages": [AIMessage(text_of(written))]}


async def done(context: Context, state: State, item: Gathered) -> Update:
    """What came of the query in hand; after the last of the round, the plan of the next one."""
    is_made = item.result.status != "forbidden" and item.result.execution_id is not None
    if is_made:
        context.results[str(item.result.execution_id)] = item
    left = state["shown"][1:]
    update = Update(
        evidence=[*state["evidence"], recall.made(item)] if is_made else state["evidence"],
        deeds=state["deeds"] if is_made else [*state["deeds"], acting.deed(item)],
        shown=left,
        step=state["step"] + 1,
        standing="done",
    )
    return update if left else {**update, **await following(context, {**state, **update})}


def decided(found: Confirmation | None) -> Update:
    """Whatever was not approved goes on to `execute` all the same, which tells why it does not run."""
    return {"standing": "again" if acting.way(found) == "propose" else "decided"}


def way(state: State) -> Way:
    if state["calls"]:
        return "gather"
    return "preview" if state["shown"] else "answer"


def after_preview(state: State) -> Literal["confirm", "execute", "preview", "gather", "answer"]:
    match state["standing"]:
        case "open":
            return "confirm"
        case "decided":
            return "execute"
        case _:
            return way(state)


def after_answer(state: State) -> Literal["execute", "preview"]:
    return "execute" if state["standing"] == "decided" else "preview"


async def gathered(context: Context, state: State) -> list[Gathered]:
    return [*await recall.gathered(context, state["evidence"]), *map(acting.from_deed, state["deeds"])]


async def following(context: Context, state: State) -> Update:
    """The next round, as long as there may be one."""
    if state["rounds"] >= MAX_ROUNDS:
        return {"calls": []}
    return await planned(context, Understanding(**state["understanding"]), await gathered(context, state))


async def planned(context: Context, understood: Understanding, found: list[Gathered]) -> Update:
    """The calls to make at once, and the queries that are shown before they run."""
    calls = await context.brain.plan(context.question, understood, found, context.offer)
    shown = [call for call in calls if context.preview and is_shown(context, call)]
    return {"calls": [asdict(call) for call in calls if call not in shown], "shown": [asdict(call) for call in shown]}


def is_shown(context: Context, call: Call) -> bool:
    """Whether there is a query to look at: what only reads our own records has none."""
    spec = context.door.catalogue.get(call.tool)
    return spec is not None and spec.is_read and spec.preview is not None


def build() -> StateGraph[State, Context, Input, State]:
    return draw(StateGraph(State, context_schema=Context, input_schema=Input))


def draw(graph: Drawing, adapt: Callable[[Node], Node] = lambda node: node) -> Drawing:
    """The graph with its nodes, each as `adapt` makes it, and its edges."""
    for node in (understand, gather, preview, confirm, execute, answer):
        graph.add_node(node.__name__, adapt(node))
    graph.add_edge(START, "understand")
    graph.add_conditional_edges("understand", way)
    graph.add_conditional_edges("gather", way)
    graph.add_conditional_edges("preview", after_preview)
    graph.add_conditional_edges("confirm", after_answer)
    graph.add_conditional_edges("execute", way)
    graph.add_edge("answer", END)
    return graph
