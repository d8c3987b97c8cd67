"""The runner: starts runs, tells them to any reader, renews their leases, and takes over what others left behind."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self, TypeAlias
from uuid import UUID, uuid4

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from agents.brain import Message
from domain import claims, confirmations, leases, runbook_executions, runs, sessions
from domain.actors import Actor, Entrance
from domain.errors import NotFound, Refused
from domain.leases import Lease
from domain.runs import Opening, Run, Versions
from graphs import discretion
from graphs.asking import LONGEST_QUESTION, Ask
from graphs.events import Numbered, Relay
from graphs.following import Follower
from graphs.limiter import Limiter
from graphs.live import Live, Outcome, Parts, Walk, carry, conclude, stopped, walk, walk_on
from graphs.reviving import revived, stored
from tools import ledger
from tools.cleaning import strip_text

Json: TypeAlias = dict[str, Any]
LEASE_SECONDS = 30.0
TEND_SECONDS = 5.0
DRAIN_SECONDS = 20.0
MOST_ATTEMPTS = 3
NOT_READ = Versions(policy=-1, names=-1)
SET_ASIDE = "The change that waited for approval in this conversation was set aside: nothing of it was done."
log = structlog.get_logger("ai_ops")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one process grants: messages of history a run is given, and questions of a user."""

    history_messages: int
    limiter: Limiter


class Runner:
    """Use as `async with`: leaving it lets runs finish for a while, then leaves the rest to other workers."""

    def __init__(self, parts: Parts, limits: Limits) -> None:
        self._parts = parts
        self._limits = limits
        self._live: dict[UUID, Live] = {}
        self._lease = Lease(worker=f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:6]}", seconds=LEASE_SECONDS)
        self._tending: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._tending = asyncio.create_task(self._tend_for_ever(), name="tend runs")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tending:
            self._tending.cancel()
        tasks = [live.task for live in self._live.values() if live.task]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
            await self._leave(late)

    @property
    def active(self) -> int:
        """How many runs this process carries."""
        return len(self._live)

    async def start(self, actor: Actor, ask: Ask, walk: Walk = walk) -> Live:
        """A run that has begun, with its record standing; `walk` takes it through its graph.

        Raises Refused (empty or too long a question), RateLimited, and NotFound for a session that is not the actor's.
        """
        ask = discretion.asked(replace(ask, text=readable(ask.text)))
        if ask.graph not in actor.scopes:
            raise Refused(
                f"This token does not reach {ask.graph}.", code="permission_denied", permission=f"scope {ask.graph}"
            )
        if actor.entrance is not Entrance.RULE:  # nobody asked, so it is nobody's question too many
            await self._limits.limiter.admit(actor.user_id)
        live = Live(
            run_id=uuid4(),
            session_id=ask.session_id or uuid4(),
            message_id=uuid4(),
            actor=actor,
            ask=ask,
            versions=NOT_READ,
            worker=self._lease.worker,
        )
        await self._open(live)
        return self._carry(live, walk)

    async def _open(self, live: Live) -> None:
        opening = Opening(
            run_id=live.run_id,
            session_id=live.session_id,
            message_id=live.message_id or uuid4(),
            continues=live.ask.session_id is not None,
            user_id=live.actor.user_id,
            graph=live.ask.graph,
            entrance=live.actor.entrance.value,
            request_id=live.actor.request_id,
            question=live.ask.text,
            options={**live.ask.options(), "ceiling": sorted(live.actor.ceiling)},
            worker=self._lease.worker,
            lease_seconds=self._lease.seconds,
        )
        async with self._parts.pool.connection() as db:
            if live.ask.session_id:
                if live.ask.graph == "troubleshooting" and live.ask.alert is None:
                    alert = await sessions.alert_of(db, live.ask.session_id, live.actor.user_id)
                    live.ask = replace(live.ask, alert=alert)
                    opening = replace(opening, options=opening.options | live.ask.options())
                with live.building.running():
                    live.history = await self._history(db, live)
                live.notes = await self._set_aside(db, live)
            versions = await runs.open_run(db, opening)
        if versions is None:
            raise NotFound(f"There is no session {live.session_id} of yours to continue.")
        live.versions = versions

    async def _history(self, db: Any, live: Live) -> tuple[Message, ...]:
        limit = self._limits.history_messages
        messages = await sessions.history(db, live.session_id, user_id=live.actor.user_id, limit=limit)
        return tuple(
            Message(
                role=item.role, content=item.content, understanding=item.understanding, artifacts=tuple(item.artifacts)
            )
            for item in messages
        )

    async def _set_aside(self, db: Any, live: Live) -> tuple[str, ...]:
        """What waited in this conversation no longer does: an approval of it would come as a surprise now."""
        reason = "a new message came"
        gone = await confirmations.set_aside(db, live.session_id, live.actor.user_id, reason=reason)
        return (SET_ASIDE,) if gone else ()

    def _carry(self, live: Live, walk: Walk) -> Live:
        self._live[live.run_id] = live
        live.task = asyncio.create_task(carry(self._parts, live, walk), name=f"run {live.run_id}")
        live.task.add_done_callback(lambda _: self._live.pop(live.run_id, None))
        return live

    async def finished(self, live: Live, *, seconds: float | None = None) -> Outcome | None:
        """The outcome, or None when the run still goes on after `seconds`. A reader who leaves does not stop it."""
        if live.task:
            await asyncio.wait([live.task], timeout=seconds)
        return live.outcome

    async def ask(self, actor: Actor, ask: Ask) -> Outcome:
        """One question from beginning to end."""
        live = await self.start(actor, ask)
        return await self.finished(live) or stopped(
            live, "failed", {"error": "stopped", "message": "The worker stopped."}
        )

    async def fetch(self, actor: Actor, run_id: UUID) -> Run:
        """The actor's own run as it stands. Raises NotFound."""
        async with self._parts.pool.connection() as db:
            run = await runs.fetch(db, run_id, user_id=actor.user_id)
        if run is None:
            raise NotFound(f"There is no run {run_id} of yours.")
        return run

    async def newest(self, actor: Actor, *, session_id: UUID | None = None, limit: int = 20) -> list[Run]:
        async with self._parts.pool.connection() as db:
            return await runs.newest(db, user_id=actor.user_id, session_id=session_id, limit=limit)

    async def events(self, actor: Actor, run_id: UUID, *, after: int = 0) -> AsyncGenerator[Numbered]:
        """The events of the actor's own run numbered above `after`, to its last, whichever worker carries it."""
        follower = Follower(
            self._parts.pool,
            run_id,
            live=lambda: live if (live := self._live.get(run_id)) and live.actor.user_id == actor.user_id else None,
            fetch=lambda: self.fetch(actor, run_id),
        )
        async for event in follower.read(after):
            yield event

    async def cancel(self, actor: Actor, run_id: UUID) -> None:
        """The run stops, here or on the worker that carries it; one that has ended stays. Raises NotFound."""
        run = await self.fetch(actor, run_id)
        async with self._parts.pool.connection() as db:
            await runs.request_cancel(db, run_id, user_id=actor.user_id)
            await confirmations.set_aside(db, run.session_id, actor.user_id, reason="the run was cancelled")
        if live := self._live.get(run_id):
            stop(live)
        else:
            await self.go_on(run_id)

    async def go_on(self, run_id: UUID) -> Live | None:
        """The run that waited, carried on by this worker; None when it does not wait, or another worker has it."""
        async with self._parts.pool.connection() as db:
            found = await leases.resume(db, self._lease, run_id)
        return await self._carry_on(found[0]) if found else None

    async def adopt(self, actor: Actor, run_id: UUID, walk: Walk) -> Live:
        """The actor's waiting run, taken on by `walk` from where it waits. Raises NotFound when it does not wait."""
        async with self._parts.pool.connection() as db:
            found = await leases.adopt(db, self._lease, run_id, actor.user_id)
        if found is None:
            raise NotFound(f"There is no run {run_id} of yours that waits.")
        return await self._carry_on(found, walk)

    async def _carry_on(self, run: Run, walk: Walk = walk_on) -> Live:
        live = await revived(self._parts, run, self._lease.worker)
        async with self._parts.pool.connection() as db:
            number = await runs.last_number(db, run.id)
        live.relay, live.is_continued = Relay(first_number=number + 1), True
        live.cancel_requested = run.cancel_requested
        return self._carry(live, walk)

    async def _tend_for_ever(self) -> None:
        while True:
            await asyncio.sleep(TEND_SECONDS)
            with suppress(OperationalError, PoolTimeout):  # Postgres is away: leases run out, and that is right
                await self.tend()

    async def tend(self) -> None:
        """Leases renewed, long runs' events stored, cancellations heard, runs of dead workers begun anew."""
        async with self._parts.pool.connection() as db:
            if self._live:
                held = await leases.renew(db, self._lease, list(self._live))
                await runs.tell(
                    db, [stored(live, event) for live in self._live.values() for event in live.relay.unstored()]
                )
                for run_id in (run_id for run_id, cancelled in held.items() if cancelled):
                    stop(self._live[run_id])
            left = await leases.take_over(db, self._lease)
            decided = await self._govern(db)
        for run in left:
            await self._begin_anew(run)
        for run in decided:
            await self._carry_on(run)

    async def _govern(self, db: Any) -> list[Run]:
        """Approvals kept in order: own deeds' leases renewed, what nobody decided expired, what a dead worker
        left in the middle called unknown. Returns the runs that wait for nobody any more."""
        await claims.renew(db, self._parts.door.worker, lease_seconds=LEASE_SECONDS)
        await ledger.tidy(db)
        await runbook_executions.reconcile(db)
        return await leases.resume(db, self._lease)

    async def _begin_anew(self, run: Run) -> None:
        live = await revived(self._parts, run, self._lease.worker)
        if run.attempt > MOST_ATTEMPTS:
            message = f"Given up: {MOST_ATTEMPTS} workers died on this question."
            await conclude(self._parts, live, stopped(live, "failed", {"error": "gave_up", "message": message}), {})
            return
        log.info("run begins anew", run_id=str(run.id), attempt=run.attempt)
        async with self._parts.pool.connection() as db:
            has_proposed = bool(await confirmations.of_run(db, run.id))
        self._carry(live, walk_on if has_proposed else walk)

    async def _leave(self, late: set[asyncio.Task[None]]) -> None:
        """What does not finish in time is given up at once, so that another worker need not wait for the lease."""
        left = [run_id for run_id, live in self._live.items() if live.task in late]
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
            with suppress(OperationalError, PoolTimeout):
                async with self._parts.pool.connection() as db:
                    await leases.release(db, self._lease.worker, left)


def stop(live: Live) -> None:
    live.cancel_requested = True
    if live.task:
        live.task.cancel()


def readable(text: str) -> str:
    """The question without control characters. Raises Refused when nothing is left or it is too long."""
    text = strip_text(text).strip()
    if not text:
        raise Refused(
            "The question is empty.", code="invalid_question", alternative="Ask for example: what is firing now?"
        )
    if len(text) > LONGEST_QUESTION:
        raise Refused(
            f"The question has {len(text)} characters; at most {LONGEST_QUESTION} are read.", code="invalid_question"
        )
    return text
