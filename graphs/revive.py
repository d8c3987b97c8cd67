"""Revive: change Grafana and the platform, each change only after a person has approved exactly that change."""

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
MOST_CHANGES = 5
Json: TypeAlias = dict[str, Any]
Way: TypeAlias = Literal["gather", "propose", "report"]


class State(TypedDict):
    """`calls` are the reads of the next round, `evidence` those made {execution, call}; `changes` all that is wanted,
    `step` the one in hand from 1, `asked` what a person is shown, `deeds` what came of the changes so far, `notes` what
    has to be said with the answer whichever worker writes it."""

    messages: Annotated[list[AnyMessage], add_messages]
    understanding: Json
    calls: list[Json]
    evidence: list[Json]
    rounds: int
    changes: list[Json]
    step: int
    asked: Json
    standing: str
    deeds: list[Json]
    notes: list[str]
    answer: Json


class Update(TypedDict, total=False):
    messages: list[AnyMessage]
    understanding: Json
    calls: list[Json]
    evidence: list[Json]
    rounds: int
    changes: list[Json]
    step: int
    asked: Json
    standing: str
    deeds: list[Json]
    notes: list[str]
    answer: Json


class Input(TypedDict):
    messages: list[AnyMessage]


async def understand(state: State, runtime: Runtime[Context]) -> Update:  # noqa: ARG001 - LangGraph gives it by name
    context = runtime.context
    understood = await context.brain.understand(context.question)
    first = await planned(context, understood, []) if understood.kind == "query" else Update(calls=[], changes=[])
    fresh = Update(evidence=[], rounds=0, step=1, deeds=[], notes=list(context.notes))
    return {"understanding": asdict(understood), **fresh, **first}


async def gather(state: State, runtime: Runtime[Context]) -> Update:
    """One round of reads, and what follows from them: more reads, or the changes."""
    context = runtime.context
    found = await run_calls(context, [Call(**call) for call in state["calls"]])
    evidence = [*state["evidence"], *({"execution": str(i.result.execution_id), "call": asdict(i.call)} for i in found)]
    rounds = state["rounds"] + 1
    following = Update(calls=[], changes=[])
    if rounds < MAX_ROUNDS and not state["deeds"]:
        understood = Understanding(**state["understanding"])
        following = await planned(context, understood, await recall.gathered(context, evidence))
    return {"evidence": evidence, "rounds": rounds, **following}


async def propose(state: State, runtime: Runtime[Context]) -> Update:
    """The change in hand is put before whoever has to approve it; a step that was proposed before stays proposed."""
    context, step = runtime.context, state["step"]
    so_far = await recall.gathered(context, state["evidence"])
    outcome = await acting.proposed(context, Call(**state["changes"][step - 1]), step, so_far)
    if isinstance(outcome, Gathered):
        return await done(context, state, outcome)
    if outcome.is_open:
        await acting.ask(context, outcome)
        return {"asked": cards.request(outcome), "standing": "open"}
    return decided(state, outcome)


async def confirm(state: State, runtime: Runtime[Context]) -> Update:
    """The run waits here. What it is woken with decides nothing by itself: the ledger does."""
    answer = interrupt(state["asked"])
    found = await acting.hear(runtime.context, state["step"], answer)
    return decided(state, found)


async def execute(state: State, runtime: Runtime[Context]) -> Update:
    """The change in hand is carried out under its approval, at most once, whoever walks here and how often."""
    call = Call(**state["changes"][state["step"] - 1])
    return await done(runtime.context, state, await acting.carried_out(runtime.context, call, state["step"]))


async def report(state: State, runtime: Runtime[Context]) -> Update:
    context = runtime.context

    async def emit(text: str) -> None:
        await context.emit(Chunk(content=text))

    left = await acting.left_open(context, state["changes"])
    deeds = [*state["deeds"], *map(acting.deed, left)]
    found = [*await recall.gathered(context, state["evidence"]), *map(acting.from_deed, deeds)]
    understood = Understanding(**state["understanding"])
    written = await context.brain.write(context.question, understood, found, emit)
    written = replace(written, notes=(*state["notes"], *written.notes))
    for part in written.parts:
        await context.emit(Data(part=asdict(part)))
    return {"answer": written.as_json(), "messages": [AIMessage(text_of(written))], "deeds": deeds}


async def done(context: Context, state: State, item: Gathered) -> Update:
    """What came of the change in hand, and where it leads: on in the row, or to its end when it was not made."""
    is_well = item.result.status in ("ok", "empty")
    deeds = [*state["deeds"], acting.deed(item)]
    is_last = is_well and state["step"] == len(state["changes"])
    return {
        "deeds": deeds,
        "step": state["step"] + 1,
        "standing": "done" if is_well else "refused",
        "calls": await afterwards(context, state, deeds) if is_last else [],
    }


def decided(state: State, found: Confirmation | None) -> Update:
    """How the step stands now; one that nobody may carry out any more is told as it is."""
    where = acting.way(found)
    if where == "report" and found is not None:
        ended = Gathered(Call(**state["changes"][state["step"] - 1]), acting.known(found))
        return {"deeds": [*state["deeds"], acting.deed(ended)], "standing": "refused"}
    return {"standing": {"execute": "approved", "propose": "again", "report": "refused"}[where]}


def way(state: State) -> Way:
    if state["calls"]:
        return "gather"
    return "propose" if state["changes"] else "report"


def after_proposal(state: State) -> Literal["confirm", "execute", "propose", "gather", "report"]:
    match state["standing"]:
        case "open":
            return "confirm"
        case "approved":
            return "execute"
        case _:
            return after_deed(state)


def after_answer(state: State) -> Literal["execute", "propose", "report"]:
    match state["standing"]:
        case "approved":
            return "execute"
        case "again":
            return "propose"
        case _:
            return "report"


def after_deed(state: State) -> Literal["propose", "gather", "report"]:
    """The next change, in order; after the last what was to be looked at then. One that was not made ends the row."""
    if state["standing"] == "done" and state["step"] <= len(state["changes"]):
        return "propose"
    return "gather" if state["calls"] else "report"


async def afterwards(context: Context, state: State, deeds: list[Json]) -> list[Json]:
    """The reads that were asked for after the changes; no change is ever planned from what a change brought."""
    found = [*await recall.gathered(context, state["evidence"]), *map(acting.from_deed, deeds)]
    following = await planned(context, Understanding(**state["understanding"]), found)
    return following.get("calls", [])


async def planned(context: Context, understood: Understanding, found: list[Gathered]) -> Update:
    """The next reads, or when none is left to make, the changes."""
    calls = await context.brain.plan(context.question, understood, found, context.offer)
    changing = {spec.name for spec in context.door.catalogue.values() if not spec.is_read}
    reads = [asdict(call) for call in calls if call.tool not in changing]
    changes = [asdict(call) for call in calls if call.tool in changing]
    return {"calls": reads, "changes": [] if reads else changes[:MOST_CHANGES]}


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
