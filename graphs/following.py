"""Following a run: what it told before, what it tells now, to its last event, whichever worker carries it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from domain import runs
from domain.database import Pool
from domain.runs import FINAL, Run
from graphs.events import Numbered
from graphs.live import Live
from graphs.reviving import as_told

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Follower:
    """One reader of one run: `live` is the run when this process carries it, `fetch` its record."""

    pool: Pool
    run_id: UUID
    live: Callable[[], Live | None]
    fetch: Callable[[], Awaitable[Run]]

    async def read(self, after: int) -> AsyncGenerator[Numbered]:
        """Events numbered above `after`, in order. A run that waits for a person is waited for."""
        run = await self.fetch()
        while True:
            live = self.live()
            told = self.carried(run, live, after) if live else self.stored(run, after)
            async for event in told:
                after = event.number
                yield event
                if event.is_last:
                    return
            if live is None:
                if run.status in FINAL:
                    return
                await asyncio.sleep(POLL_SECONDS)
            run = await self.fetch()

    async def carried(self, run: Run, live: Live, after: int) -> AsyncGenerator[Numbered]:
        """Of a run that went on after a pause first what it told before it, then what this process has it tell."""
        if live.is_continued and after + 1 < live.relay.first_number:
            async for event in self.stored(run, after):
                if event.number < live.relay.first_number:
                    after = event.number
                    yield event
        async for event in live.relay.read(after):
            yield event

    async def stored(self, run: Run, after: int) -> AsyncGenerator[Numbered]:
        async with self.pool.connection() as db:
            found = await runs.events(db, self.run_id, after=after)
        for told in found:
            yield as_told(run, told)
