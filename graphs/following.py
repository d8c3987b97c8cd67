"""Following a run: what it told before, what it tells now, to its last event, whichever worker carries it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import UUID

from domain import run_events
from domain.database import Pool
from domain.runs import FINAL, Run
from graphs.events import LAST, Numbered
from graphs.hearing import Heard, Hearing, Mirror
from graphs.live import Live
from graphs.reviving import as_told

PAGE = 32
BEHIND_SECONDS = 0.1
LOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Follower:
    """One reader of one run: `carrying` is the run while this process carries it, `fetch` its record.

    A reader holds a position and at most one page of the record, however slow it is.
    """

    pool: Pool
    run_id: UUID
    carrying: Callable[[], Live | None]
    fetch: Callable[[], Awaitable[Run]]
    hearing: Hearing

    async def read(self, after: int) -> AsyncGenerator[Numbered]:
        """Events numbered above `after`, in order. A run that waits for a person is waited for."""
        mirror: Mirror | None = None
        with ExitStack() as listening:
            while True:
                live, run = self.carrying(), None
                if live:
                    told = self.carried(live, after)
                else:
                    mirror = mirror or listening.enter_context(self.hearing.following(self.run_id, after))
                    run = await self.fetch()
                    told = self.elsewhere(mirror, run, after)
                async for event in told:
                    after = event.number
                    yield event
                    if event.is_last:
                        return
                if run and run.status in FINAL:
                    return

    async def carried(self, live: Live, after: int) -> AsyncGenerator[Numbered]:
        """Of a run that went on after a pause first what it told before it, then what this process has it tell."""
        if live.is_continued and after + 1 < live.relay.first_number:
            async for event in self.stored(await self.fetch(), after):
                if event.number >= live.relay.first_number:
                    break
                after = event.number
                yield event
        async for event in live.relay.read(after):
            yield event

    async def elsewhere(self, mirror: Mirror, run: Run, after: int) -> AsyncGenerator[Numbered]:
        """What the record has, then what is heard, until the record has to be looked at again: for what is kept
        there alone, or since it is time."""
        async for event in self.stored(run, after):
            after = event.number
            yield event
        if run.status in FINAL:
            return
        mirror.reach(after)
        if after < mirror.dropped or is_kept_in_record(mirror.after(after)):
            await asyncio.sleep(BEHIND_SECONDS)
            return
        end = asyncio.get_running_loop().time() + LOOK_SECONDS
        while after >= mirror.dropped:
            moved, event = mirror.moved, mirror.after(after)
            if event is None:
                if not await happened(moved, end):
                    return
            elif is_kept_in_record(event):
                return
            else:
                after = event.number
                yield Numbered(event.number, event.type, event.data or {})

    async def stored(self, run: Run, after: int) -> AsyncGenerator[Numbered]:
        while True:
            async with self.hearing.turns, self.pool.connection() as db:
                found = await run_events.after(db, self.run_id, number=after, limit=PAGE)
            for told in found:
                after = told.number
                if told.type in LAST and run.status not in FINAL:
                    run = await self.fetch()  # it has ended since
                yield as_told(run, told)
            if len(found) < PAGE:
                return


def is_kept_in_record(event: Heard | None) -> bool:
    return event is not None and (event.data is None or event.type in LAST)


async def happened(moved: asyncio.Event, end: float) -> bool:
    """Whether it moved by then, of the loop's clock."""
    try:
        async with asyncio.timeout_at(end):
            await moved.wait()
    except TimeoutError:
        return False
    return True
