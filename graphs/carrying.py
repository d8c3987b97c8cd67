"""Carrying out: the nodes that every graph with changes shares, each change proposed, decided and made in its order."""

from dataclasses import asdict, replace
from typing import Any, Literal, TypeAlias

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.runtime import Runtime
from langgraph.types import interrupt
from typing_extensions import TypedDict  # Studio's schemas are pydantic's, which refuses typing's own before 3.12

from agents.answer import text_of
from agents.brain import Call, Gathered, Understanding
from domain.confirmations import Confirmation
from graphs import acting, cards, recall
from graphs.context import Context
from graphs.events import Chunk, Data

MOST_CHANGES = 5
Json: TypeAlias = dict[str, Any]


class State(TypedDict):
    """What these nodes read: `calls` are the reads of the next round, `evidence` those made {execution, call};
    `changes` all that is wanted, `step` the one in hand from 1, `asked` what a person is shown, `standing` how it
    stands, `deeds` what came of the changes so far, `notes` what has to be said whichever worker writes the answer."""

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


class Planned(TypedDict):
    """The reads to make next; else, when none is left, the changes."""

    calls: list[Json]
    changes: list[Json]


NOTHING_PLANNED = Planned(calls=[], changes=[])


class Update(TypedDict, total=False):
    messages: list[AnyMessage]
    calls: list[Json]
    changes: list[Json]
    step: int
    asked: Json
    standing: str
    deeds: list[Json]
    answer: Json


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
    return following["calls"]


async def planned(context: Context, understood: Understanding, found: list[Gathered]) -> Planned:
    """The next reads, or when none is left to make, the changes."""
    calls = await context.brain.plan(context.question, understood, found, context.offer)
    reads = [asdict(call) for call in calls if not is_change(context, call)]
    changes = [asdict(call) for call in calls if is_change(context, call)]
    return {"calls": reads, "changes": [] if reads else changes[:MOST_CHANGES]}


def is_change(context: Context, call: Call) -> bool:
    """Asked by name, so that a remote tool whose server has gone away meanwhile stays the change that it is."""
    spec = context.door.catalogue.get(call.tool)
    return spec is not None and spec.name == call.tool and not spec.is_read
