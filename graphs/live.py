"""One run's life: from its opening, through its graph, to the record of its end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import structlog
from langchain_core.messages import HumanMessage
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from agents.answer import Answer, from_json, text_of
from agents.brain import Brain, Gathered, Message, Offer, Question
from domain import runs
from domain.actors import Actor
from domain.database import Pool
from domain.errors import SourceError
from domain.names import Directory
from domain.runs import Finish, RunStatus, Versions
from graphs.asking import Ask
from graphs.context import Context
from graphs.events import Complete, Failed, Relay, RunStarted
from tools.call import Door
from tools.masking import mask_text
from tools.spec import Pillar, ToolContext

Json: TypeAlias = dict[str, Any]
RECURSION_LIMIT = 25
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run stands: an `answer` when it completed, else an `error` {error, message, required_permission?, ...};
    both when all that the question needs is closed to the actor, and the answer says so."""

    run_id: UUID
    session_id: UUID
    status: RunStatus
    answer: Answer | None = None
    error: Json | None = None


@dataclass(slots=True, kw_only=True)
class Live:
    """A run that this process carries. `outcome` is set when it has ended."""

    run_id: UUID
    session_id: UUID
    actor: Actor
    ask: Ask
    versions: Versions
    worker: str
    message_id: UUID | None = None
    history: tuple[Message, ...] = ()
    attempt: int = 1
    relay: Relay = field(default_factory=Relay)
    outcome: Outcome | None = None
    task: asyncio.Task[None] | None = None
    cancel_requested: bool = False


Walk: TypeAlias = Callable[[Parts, Live], Awaitable[tuple[Outcome, Json]]]


async def carry(parts: Parts, live: Live, walk: Walk) -> None:
    """The run ends, whatever happens on the way: with its answer, an error in plain words, or its cancellation.

    A cancellation that nobody asked for is the process going down: the run is left for another worker.
    """
    await live.relay.put(RunStarted(run_id=str(live.run_id), session_id=str(live.session_id), attempt=live.attempt))
    try:
        outcome, understanding = await walk(parts, live)
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


async def walk(parts: Parts, live: Live) -> tuple[Outcome, Json]:
    """Through our own graph to an outcome, with how the question was read."""
    context = await open_context(parts, live)
    graph, thread = parts.graphs[live.ask.graph], str(live.run_id)
    if live.attempt > 1:  # what a dead worker left in the state names results that died with it
        await graph.checkpointer.adelete_thread(thread)
    config = {"configurable": {"thread_id": thread}, "recursion_limit": RECURSION_LIMIT}
    asked = {"messages": [HumanMessage(context.question.text)]}
    state = await graph.ainvoke(asked, config, context=context, durability="exit")
    return arrived(live, context, state)


def arrived(live: Live, context: Context, state: Json) -> tuple[Outcome, Json]:
    """What the graph's last state means for the run, with how the question was read."""
    answer = from_json(state["answer"])
    error = refusal(list(context.results.values()))
    status: RunStatus = "failed" if error else "completed"
    outcome = Outcome(run_id=live.run_id, session_id=live.session_id, status=status, answer=answer, error=error)
    return outcome, state["understanding"]


async def open_context(parts: Parts, live: Live) -> Context:
    """What the run's nodes are given. No brain reads a secret that somebody typed, so none can repeat it."""
    ask, pillar = live.ask, Pillar(live.ask.graph)
    tools = ToolContext(
        actor=live.actor,
        pillar=pillar,
        session_id=live.session_id,
        run_id=live.run_id,
        message_id=live.message_id,
        database=parts.pool,
        clock=parts.clock,
    )
    question = Question(
        text=mask_text(ask.text),
        now=parts.clock(),
        zone=ask.zone,
        names=await parts.directory.at(live.versions.names),
        history=live.history,
        window=ask.window,
        services=ask.services,
        severities=ask.severities,
        response_format=ask.response_format,
    )
    offer = Offer(tools=await parts.door.offer(tools, live.versions.policy))
    return Context(
        question=question, brain=parts.brain(), door=parts.door, tools=tools, offer=offer, emit=live.relay.put
    )


async def conclude(parts: Parts, live: Live, outcome: Outcome, understanding: Json) -> None:
    """The end is on record, then told: whoever has seen the last event finds the run ended."""
    await live.relay.settle()
    last = last_event(outcome)
    try:
        async with parts.pool.connection() as db:
            if not await runs.finish(db, ending(live, outcome, last, understanding)):
                log.warning("run was taken over by another worker", run_id=str(live.run_id))
    except (OperationalError, PoolTimeout):
        log.exception("run could not be recorded", run_id=str(live.run_id))
    live.outcome = outcome
    await live.relay.put(last)


def ending(live: Live, outcome: Outcome, last: Complete | Failed, understanding: Json) -> Finish:
    """The record of the end; the last event is kept by its number alone, since the run's own columns tell the rest."""
    answer = outcome.answer
    told = [{"number": event.number, "type": event.type, "data": event.data} for event in live.relay.unstored()]
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


def last_event(outcome: Outcome) -> Complete | Failed:
    """The event that ends a stream; made from the record again when the stream is read later."""
    if outcome.answer is None or outcome.error:
        return failure(outcome)
    return Complete(
        run_id=str(outcome.run_id),
        session_id=str(outcome.session_id),
        answer=outcome.answer.as_json(),
        tools_used=outcome.answer.tools_used,
        tokens_used=outcome.answer.tokens_used,
    )


def failure(outcome: Outcome) -> Failed:
    error = outcome.error or {"error": outcome.status, "message": f"The run is {outcome.status}."}
    return Failed(
        run_id=str(outcome.run_id),
        status=outcome.status,
        error=error["error"],
        message=error["message"],
        required_permission=error.get("required_permission"),
        alternative=error.get("alternative"),
    )


def stopped(live: Live, status: RunStatus, error: Json) -> Outcome:
    return Outcome(run_id=live.run_id, session_id=live.session_id, status=status, error=error)


def unavailable(error: Exception) -> Json:
    message = f"The database could not be reached, so nothing was answered: {mask_text(str(error))}"
    return {"error": "database_unavailable", "message": message}


def refusal(gathered: list[Gathered]) -> Json | None:
    """Why nothing was answered, when everything that was asked for is closed to the actor."""
    if not gathered or any(item.result.status != "forbidden" for item in gathered):
        return None
    first = gathered[0].result
    return {"error": "insufficient_permissions", "message": first.error, **first.data}
