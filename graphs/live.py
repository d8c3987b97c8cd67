"""One run's life: from its opening, through its graph, to the record of its end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import structlog
from langchain_core.messages import HumanMessage
from langgraph.types import Command
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from agents.answer import from_json, text_of
from agents.brain import Brain, Message, Offer, Question
from domain import confirmations, runs
from domain.actors import Actor
from domain.confirmations import Confirmation
from domain.database import Pool
from domain.errors import SourceError
from domain.names import Directory
from domain.runs import Finish, RunStatus, Versions
from domain.tracing import span
from graphs.asking import Ask
from graphs.context import Context
from graphs.discretion import Discreet
from graphs.endings import ending_of, unavailable
from graphs.events import Complete, Failed, Relay, RunStarted, ToolUse
from graphs.outcomes import Outcome, last_event
from graphs.stopwatch import Stopwatch
from tools.call import Door
from tools.resources import NOTHING, Resources
from tools.spec import Pillar, ToolContext

Json: TypeAlias = dict[str, Any]
RECURSION_LIMIT = 40
WAKE = {"wake": True}
log = structlog.get_logger("ai_ops")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What runs are made of; one per process."""

    pool: Pool
    door: Door
    brain: Callable[[], Brain]
    graphs: Mapping[str, Any]
    directory: Directory
    clock: Callable[[], datetime]
    resources: Resources = NOTHING


@dataclass(slots=True, kw_only=True)
class Live:
    """A run that this process carries. `outcome` is set when it has ended, or waits for a person; `is_continued`
    when it waited before, so that its relay begins where its stored events end. `building` times its context."""

    run_id: UUID
    session_id: UUID
    actor: Actor
    ask: Ask
    versions: Versions
    worker: str
    message_id: UUID | None = None
    history: tuple[Message, ...] = ()
    attempt: int = 1
    notes: tuple[str, ...] = ()
    relay: Relay = field(default_factory=Relay)
    outcome: Outcome | None = None
    task: asyncio.Task[None] | None = None
    cancel_requested: bool = False
    is_continued: bool = False
    is_stopping: bool = False
    building: Stopwatch = field(default_factory=Stopwatch)

    async def tell(self, text: str) -> None:
        """A line of a tool's output, to whoever follows the run."""
        await self.relay.put(ToolUse(tool="", status="output", label=text))


Walk: TypeAlias = Callable[[Parts, Live], Awaitable[tuple[Outcome, Json]]]


async def carry(parts: Parts, live: Live, walk: Walk) -> None:
    """The run ends, whatever happens on the way: with its answer, an error in plain words, or its cancellation.

    A cancellation that nobody asked for is the process going down: the run is left for another worker.
    """
    structlog.contextvars.bind_contextvars(run_id=str(live.run_id), request_id=live.actor.request_id)
    await live.relay.put(RunStarted(run_id=str(live.run_id), session_id=str(live.session_id), attempt=live.attempt))
    try:
        with span(f"run {live.ask.graph}", run=str(live.run_id), entrance=live.actor.entrance.value):
            outcome, understanding = await walk(parts, live)
        await remember_mode(parts, live, understanding)
    except asyncio.CancelledError:
        if not live.cancel_requested:
            raise
        outcome, understanding = (
            stopped(live, "cancelled", {"error": "cancelled", "message": "The run was cancelled."}),
            {},
        )
    except (SourceError, OperationalError, PoolTimeout) as error:
        outcome, understanding = stopped(live, "failed", unavailable(error)), {}
    except Exception:
        incident = uuid4().hex[:12]
        log.exception("run failed", run_id=str(live.run_id), error_id=incident)
        message = f"Trivium failed on this question; its log has it as {incident}."
        outcome, understanding = stopped(live, "failed", {"error": "internal_error", "message": message}), {}
    await conclude(parts, live, outcome, understanding)


async def remember_mode(parts: Parts, live: Live, understanding: Json) -> None:
    mode = understanding.get("slots", {}).get("mode")
    if mode in ("grafana", "aiops"):
        async with parts.pool.connection() as db:
            await runs.set_mode(db, live.session_id, mode)


async def walk(parts: Parts, live: Live) -> tuple[Outcome, Json]:
    """Through our own graph to an outcome, with how the question was read."""
    context = await open_context(parts, live)
    graph, thread = parts.graphs[live.ask.graph], str(live.run_id)
    if live.attempt > 1:  # what a dead worker left in the state names results that died with it
        await graph.checkpointer.adelete_thread(thread)
    asked = {"messages": [HumanMessage(context.question.text)]}
    state = await graph.ainvoke(asked, config_of(live), context=context, durability="exit")
    return await arrived(live, context, state)


async def walk_on(parts: Parts, live: Live) -> tuple[Outcome, Json]:
    """On from where the run waited for a person; from its beginning when it never got so far."""
    graph = parts.graphs[live.ask.graph]
    if not (await graph.aget_state(config_of(live))).next:
        return await walk(parts, live)
    context = await open_context(parts, live)
    state = await graph.ainvoke(Command(resume=WAKE), config_of(live), context=context, durability="exit")
    return await arrived(live, context, state)


def config_of(live: Live) -> Json:
    return {"configurable": {"thread_id": str(live.run_id)}, "recursion_limit": RECURSION_LIMIT}


async def arrived(live: Live, context: Context, state: Json) -> tuple[Outcome, Json]:
    """What the graph's last state means for the run, with how the question was read."""
    understanding = state.get("understanding", {})
    outcome = Outcome(
        run_id=live.run_id, session_id=live.session_id, status="awaiting_confirmation", understanding=understanding
    )
    if "answer" not in state:
        return replace(outcome, waiting=await open_confirmation(context, state["step"])), understanding
    status, error = ending_of(list(context.results.values()), state.get("deeds", []))
    answer = from_json(state["answer"])
    return replace(outcome, status=status, answer=answer, error=error), understanding


async def open_confirmation(context: Context, step: int) -> Confirmation | None:
    """What the run waits for; None when it was decided in the meantime."""
    assert context.tools.run_id is not None  # noqa: S101 - graphs walk inside a run
    async with context.tools.database.connection() as db:
        return await confirmations.of_step(db, context.tools.run_id, step)


async def open_context(parts: Parts, live: Live) -> Context:
    """What the run's nodes are given."""
    ask, pillar = live.ask, Pillar(live.ask.graph)
    tools = ToolContext(
        actor=live.actor,
        pillar=pillar,
        session_id=live.session_id,
        run_id=live.run_id,
        message_id=live.message_id,
        database=parts.pool,
        clock=parts.clock,
        resources=parts.resources,
        progress=live.tell,
    )
    with live.building.running():
        names = await parts.directory.at(live.versions.names)
        offer = Offer(tools=await parts.door.offer(tools, live.versions.policy))
    question = Question(
        text=ask.text,
        now=parts.clock(),
        zone=ask.zone,
        names=names,
        history=live.history,
        window=ask.window,
        services=ask.services,
        severities=ask.severities,
        response_format=ask.response_format,
        pillar=pillar,
        mode=ask.mode,
        page=ask.page,
        selected=ask.selected,
        alert=ask.alert,
        left_out=ask.left_out,
    )
    return Context(
        question=question,
        brain=Discreet(parts.brain()),
        door=parts.door,
        tools=tools,
        offer=offer,
        emit=live.relay.put,
        preview=ask.preview,
        notes=live.notes,
    )


async def conclude(parts: Parts, live: Live, outcome: Outcome, understanding: Json) -> None:
    """The end is on record, then told: whoever has seen the last event finds the run ended."""
    await live.relay.settle()
    if outcome.status == "awaiting_confirmation":
        await wait_for_person(parts, live, outcome)
        return
    last = last_event(outcome)
    try:
        async with parts.pool.connection() as db:
            if not await runs.finish(db, ending(live, outcome, last, understanding)):
                lose(live)
                return
    except (OperationalError, PoolTimeout):
        log.exception("run could not be recorded", run_id=str(live.run_id))
    live.outcome = outcome
    await live.relay.put(last)


async def wait_for_person(parts: Parts, live: Live, outcome: Outcome) -> None:
    """The run waits, on record and with nobody's lease; any worker may go on with it once it is decided."""
    try:
        async with parts.pool.connection() as db:
            if not await runs.pause(db, live.run_id, live.worker, untold(live)):
                lose(live)
                return
    except (OperationalError, PoolTimeout):
        log.exception("run could not be recorded", run_id=str(live.run_id))
    live.outcome = outcome
    live.relay.pause()


def lose(live: Live) -> None:
    """Another worker has the run: what it says counts, and readers are let go to hear it."""
    if not live.relay.is_paused:
        log.warning("run was taken over by another worker", run_id=str(live.run_id))
    live.relay.pause()


def untold(live: Live) -> list[Json]:
    """The events that are not stored yet."""
    return [{"number": event.number, "type": event.type, "data": event.data} for event in live.relay.unstored()]


def ending(live: Live, outcome: Outcome, last: Complete | Failed, understanding: Json) -> Finish:
    """The record of the end; the last event is kept by its number alone, since the run's own columns tell the rest."""
    answer = outcome.answer
    told = untold(live)
    return Finish(
        run_id=live.run_id,
        worker=live.worker,
        status=outcome.status,
        answer=last.answer if isinstance(last, Complete) else answer and answer.as_json(),
        error=outcome.error,
        tokens=answer.tokens_used if answer else 0,
        content=text_of(answer) if answer else "",
        metadata={"understanding": understanding, "tools_used": list(answer.tools_used) if answer else []},
        events=[*told, {"number": live.relay.next_number, "type": last.type, "data": {}}],
    )


def stopped(live: Live, status: RunStatus, error: Json) -> Outcome:
    return Outcome(run_id=live.run_id, session_id=live.session_id, status=status, error=error)
