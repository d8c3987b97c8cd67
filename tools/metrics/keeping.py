"""Durable copies of answers, written behind their backs: many at once, a second later, for no answer waits for one."""

import asyncio

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from domain import query_cache
from domain.database import Pool
from domain.query_cache import Cached
from tools.masking import mask_text

PAUSE_SECONDS = 1.0
MOST_WAITING = 32
log = structlog.get_logger("ai_ops")


class Keeper:
    """What is kept within a second of one another is one commit. When too many wait, the newest are not kept."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: dict[str, Cached] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    def keep(self, answer: Cached) -> None:
        if len(self._waiting) >= MOST_WAITING and answer.key not in self._waiting:
            return
        self._waiting[answer.key] = answer
        if len(self._waiting) >= MOST_WAITING:
            self._begin()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._begin)

    async def flush(self) -> None:
        """What waits to be written is written."""
        while self._waiting or self._writing:
            self._begin()
            if self._writing:
                await self._writing

    def _begin(self) -> None:
        """One batch is written at a time; what comes meanwhile is the next one."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._writing is None and self._waiting:
            batch, self._waiting = list(self._waiting.values()), {}
            self._writing = asyncio.create_task(self._write(batch))

    async def _write(self, batch: list[Cached]) -> None:
        try:
            async with self._pool.connection() as db:
                await query_cache.keep(db, batch)
        except (OperationalError, PoolTimeout) as error:
            log.warning("answers were not kept", answers=len(batch), error=mask_text(str(error)))
        finally:
            self._writing = None
            if self._waiting and self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._begin)
