"""The runner: starts runs, tells them to any reader on any worker, and stops them."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self, TypeAlias
from uuid import UUID, uuid4

from agents.brain import Message
from domain import confirmations, leases, runs, sessions
from domain.actors import Actor, Entrance
from domain.ending import ended
from domain.errors import NotFound, Refused
from domain.runs import Opening, Run, Versions
from graphs import discretion
from graphs.asking import LONGEST_QUESTION, Ask
from graphs.events import Numbered
from graphs.following import Follower
from graphs.hearing import Hearing
from graphs.hold import Hold, stop
from graphs.limiter import Limiter
from graphs.live import Live, Outcome, Parts, Walk, stopped, walk
from tools.cleaning import strip_text
from tools.counts import Counts
from tools.sources.streams import Streams

Json: TypeAlias = dict[str, Any]
NOT_READ = Versions(policy=-1, names=-1)
SET_ASIDE = "The change that waited for approval in this conversation was set aside: nothing of it was done."


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one process grants: messages of history a run is given, questions of a user, and the time that runs get
    to end when it goes down."""

    history_messages: int
    limiter: Limiter
    drain_seconds: float = 20.0


class Leaving(Refused):
    """This process is going down: what it is asked to begin, another one can."""

    def __init__(self) -> None:
        message = "This worker is going down and begins nothing new."
        super().__init__(message, code="stopped", alternative="Ask again: another worker answers.")


class Runner:
    """Use as `async with`: leaving it lets runs finish for a while, then leaves the rest to other workers."""

    def __init__(self, parts: Parts, limits: Limits, streams: Streams | None = None) -> None:
        self._parts = parts
        self._limits = limits
        self._hold = Hold(parts, streams)
        self._hearing = Hearing(parts.pool, streams)
        self._upkeep: list[asyncio.Task[None]] = []
        self.left = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._upkeep = [*self._hold.work(), *self._hearing.work()]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.drain()
        await ended(self._upkeep)

    @property
    def leaving(self) -> asyncio.Event:
        """Set when this process goes down: it then begins nothing new."""
        return self._hold.leaving

    async def drain(self) -> None:
        """Nothing new is begun; what is under way gets time to end, once, and the rest is left to other workers.

        `left` is set when that is done: nothing is to be followed here any more.
        """
        seconds = 0.0 if self.left.is_set() else self._limits.drain_seconds
        await self._hold.drain(seconds)
        self.left.set()

    @property
    def parts(self) -> Parts:
        """What its runs are made of."""
        return self._parts

    @property
    def counts(self) -> Counts:
        """What this process has done."""
        return self._parts.door.counts

    async def start(self, actor: Actor, ask: Ask, walk: Walk = walk) -> Live:
        """A run that has begun, with its record standing; `walk` takes it through its graph.

        Raises Refused (empty or too long a question), RateLimited, Leaving, and NotFound for a session that is not the
        actor's.
        """
        ask = discretion.asked(replace(ask, text=readable(ask.text)))
        if ask.graph not in actor.scopes:
            raise Refused(
                f"This token does not reach {ask.graph}.", code="permission_denied", permission=f"scope {ask.graph}"
            )
        if actor.entrance is not Entrance.RULE:  # nobody asked, so it is nobody's question too many
            if self.leaving.is_set():
                raise Leaving
            await self._limits.limiter.admit(actor.user_id)
        live = Live(
            run_id=uuid4(),
            session_id=ask.session_id or uuid4(),
            message_id=uuid4(),
            actor=actor,
            ask=ask,
            versions=NOT_READ,
            worker=self._hold.lease.worker,
        )
        await self._open(live)
        return self._hold.carry(live, walk)

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
            worker=self._hold.lease.worker,
            lease_seconds=self._hold.lease.seconds,
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
            carrying=lambda: self._carried(actor, run_id),
            fetch=lambda: self.fetch(actor, run_id),
            hearing=self._hearing,
        )
        async for event in follower.read(after):
            yield event

    def _carried(self, actor: Actor, run_id: UUID) -> Live | None:
        live = self._hold.live.get(run_id)
        return live if live and live.actor.user_id == actor.user_id and not live.relay.ended else None

    async def cancel(self, actor: Actor, run_id: UUID) -> None:
        """The run stops, here or on the worker that carries it; one that has ended stays. Raises NotFound."""
        run = await self.fetch(actor, run_id)
        async with self._parts.pool.connection() as db:
            await runs.request_cancel(db, run_id, user_id=actor.user_id)
            await confirmations.set_aside(db, run.session_id, actor.user_id, reason="the run was cancelled")
        if live := self._hold.live.get(run_id):
            stop(live)
        else:
            await self.go_on(run_id)

    async def go_on(self, run_id: UUID) -> Live | None:
        """The run that waited, carried on by this worker; None when it does not wait, or is for another worker."""
        return await self._hold.go_on(run_id)

    async def adopt(self, actor: Actor, run_id: UUID, walk: Walk) -> Live:
        """The actor's waiting run, taken on by `walk` from where it waits. Raises NotFound when it does not wait."""
        async with self._parts.pool.connection() as db:
            found = await leases.adopt(db, self._hold.lease, run_id, actor.user_id)
        if found is None:
            raise NotFound(f"There is no run {run_id} of yours that waits.")
        return await self._hold.carry_on(found, walk)

    async def tend(self) -> None:
        """Once, now: everything that is otherwise kept up every few seconds."""
        await self._hold.tend()


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
