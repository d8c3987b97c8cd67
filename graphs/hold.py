"""The hold: the runs that this process carries, their leases, and what others left behind."""

import asyncio
import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from domain import claims, confirmations, leases, run_events, runbook_executions
from domain.ending import ended
from domain.leases import Lease
from domain.runs import Run
from graphs import tally
from graphs.events import Relay
from graphs.live import Live, Parts, Walk, carry, conclude, lose, stopped, walk, walk_on
from graphs.reviving import revived, stored
from graphs.telling import Telling
from tools import ledger
from tools.sources.streams import Streams

LEASE_SECONDS = 30.0
TEND_SECONDS = 5.0
KEEP_SECONDS = 0.5
MOST_ATTEMPTS = 3
log = structlog.get_logger("ai_ops")


class Hold:
    """Once `leaving` is set it takes on no run that another worker could, and goes on with those it has."""

    def __init__(self, parts: Parts, streams: Streams | None) -> None:
        self._parts = parts
        self._telling = Telling(streams) if streams else None
        self.live: dict[UUID, Live] = {}
        self.lease = Lease(worker=f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:6]}", seconds=LEASE_SECONDS)
        self.leaving = asyncio.Event()

    def carry(self, live: Live, walk: Walk) -> Live:
        self.live[live.run_id] = live
        if self._telling:
            self._telling.add(live)
        live.task = asyncio.create_task(carry(self._parts, live, walk), name=f"run {live.run_id}")
        live.task.add_done_callback(lambda _: self._let_go(live))
        tally.follow(self._parts.door.counts, live)
        return live

    def _let_go(self, live: Live) -> None:
        if self.live.get(live.run_id) is live:
            del self.live[live.run_id]
        if not live.relay.ended:  # it was given up in the middle: whoever follows it looks elsewhere
            live.relay.pause()

    async def go_on(self, run_id: UUID) -> Live | None:
        """The run that waited, carried on by this worker; None when it does not wait, or is for another worker."""
        if self.leaving.is_set():
            return None
        async with self._parts.pool.connection() as db:
            found = await leases.resume(db, self.lease, run_id)
        return await self.carry_on(found[0]) if found else None

    async def carry_on(self, run: Run, walk: Walk = walk_on) -> Live:
        live = await revived(self._parts, run, self.lease.worker)
        async with self._parts.pool.connection() as db:
            number = await run_events.last_number(db, run.id)
        live.relay, live.is_continued = Relay(first_number=number + 1), True
        live.cancel_requested = run.cancel_requested
        return self.carry(live, walk)

    def work(self) -> list[asyncio.Task[None]]:
        """What keeps everything up, each by itself."""
        tasks = [
            asyncio.create_task(self._tend_for_ever(), name="tend runs"),
            asyncio.create_task(self._keep_for_ever(), name="keep runs"),
        ]
        if self._telling:
            tasks.append(asyncio.create_task(self._telling.tell_for_ever(), name="tell other workers"))
        return tasks

    async def _tend_for_ever(self) -> None:
        while True:
            await asyncio.sleep(TEND_SECONDS)
            with suppress(OperationalError, PoolTimeout):  # Postgres is away: leases run out, and that is right
                await self.tend()

    async def _keep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            with suppress(OperationalError, PoolTimeout):  # the next time will do
                await self.keep()

    async def keep(self) -> None:
        """What runs have told is on record, so that any worker can tell it on; cancellations and losses are heard.

        Twice a second, all runs in two statements, whether somebody follows elsewhere or not: to know would cost more.
        """
        if not self.live:
            return
        carried = list(self.live.values())
        fresh = [(live.relay, live.relay.stored, live.relay.unstored()) for live in carried]
        told = [stored(live, event) for live, (_, _, events) in zip(carried, fresh, strict=True) for event in events]
        async with self._parts.pool.connection() as db:
            if told:
                await run_events.tell(db, told)
            for relay, place, events in fresh:
                relay.stored = max(relay.stored, place + len(events))
            standing = await leases.standing(db, self.lease, [live.run_id for live in carried])
        for run in standing:
            if live := self.live.get(run.id):
                if run.is_lost:
                    lose(live)
                elif run.cancel_requested:
                    stop(live)

    async def tend(self) -> None:
        """Leases renewed, runs of dead workers begun anew, and those that wait for nobody any more gone on with."""
        await self.keep()
        async with self._parts.pool.connection() as db:
            if self.live:
                await leases.renew(db, self.lease, list(self.live))
            await claims.renew(db, self._parts.door.worker, lease_seconds=LEASE_SECONDS)
            if self.leaving.is_set():
                return
            left = await leases.take_over(db, self.lease)
            decided = await self._govern(db)
        for run in left:
            await self._begin_anew(run)
        for run in decided:
            await self.carry_on(run)

    async def _govern(self, db: Any) -> list[Run]:
        """What nobody decided expired, what a dead worker left in the middle called unknown. Returns the runs that
        wait for nobody any more."""
        await ledger.tidy(db)
        await runbook_executions.reconcile(db)
        return await leases.resume(db, self.lease)

    async def _begin_anew(self, run: Run) -> None:
        live = await revived(self._parts, run, self.lease.worker)
        if run.attempt > MOST_ATTEMPTS:
            message = f"Given up: {MOST_ATTEMPTS} workers died on this question."
            await conclude(self._parts, live, stopped(live, "failed", {"error": "gave_up", "message": message}), {})
            return
        log.info("run begins anew", run_id=str(run.id), attempt=run.attempt)
        async with self._parts.pool.connection() as db:
            has_proposed = bool(await confirmations.of_run(db, run.id))
        self.carry(live, walk_on if has_proposed else walk)

    async def drain(self, seconds: float) -> None:
        """Runs get this long to end; the rest is given up at once, so that no other worker waits for the lease."""
        self.leaving.set()
        tasks = [live.task for live in self.live.values() if live.task]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            await self._give_up(late)

    async def _give_up(self, late: Iterable[asyncio.Task[None]]) -> None:
        late = set(late)
        left = [run_id for run_id, live in self.live.items() if live.task in late]
        if not late:
            return
        with suppress(OperationalError, PoolTimeout):
            await self.keep()
        await ended(late)
        log.info("runs left to other workers", runs=len(left))
        with suppress(OperationalError, PoolTimeout):
            async with self._parts.pool.connection() as db:
                await leases.release(db, self.lease.worker, left)


def stop(live: Live) -> None:
    """Once: a second cancellation would hit the record of the first."""
    if live.is_stopping:
        return
    live.cancel_requested = live.is_stopping = True
    if live.task:
        live.task.cancel()
