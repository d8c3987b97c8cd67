"""How many questions one user may ask a minute, over all entrances: of every process where they share a Redis."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from domain.errors import Refused

REDIS_SECONDS = 0.2
REST_SECONDS = 10.0
log = structlog.get_logger("ai_ops")


class RateLimited(Refused):
    """Too many questions; `retry_after_seconds` says when the next one is taken."""

    def __init__(self, limit: int, retry_after_seconds: int) -> None:
        message = f"More than {limit} questions in a minute; ask again in {retry_after_seconds} s."
        super().__init__(message, code="rate_limited")
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Shared:
    """The Redis in which processes count together."""

    url: str = field(repr=False)
    prefix: str = "trivium:"


class Limiter:
    """Redis counts for all processes; each counts what it admits besides, and goes by that while Redis is away."""

    def __init__(self, per_minute: int, shared: Shared | None = None) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = shared
        self._others: SlidingWindowCounterRateLimiter | None = None
        self._making = asyncio.Lock()
        self._away_until = 0.0

    async def admit(self, user_id: UUID) -> None:
        """Counts one question of the user. Raises RateLimited when it is one too many."""
        refused = await self._by_all(self._shared, user_id) if self._shared else None
        if refused:
            raise refused
        if not await self._own.hit(self._item, str(user_id)):
            raise await self._too_many(self._own, user_id)

    async def _by_all(self, shared: Shared, user_id: UUID) -> RateLimited | None:
        """Why all processes together refuse it; None when they do not, or when Redis is away."""
        if asyncio.get_running_loop().time() < self._away_until:
            return None
        others = await self._opened(shared)
        try:
            admitted = await others.hit(self._item, str(user_id))
            return None if admitted else await self._too_many(others, user_id)
        except faults() as error:
            self._away_until = asyncio.get_running_loop().time() + REST_SECONDS
            log.warning("redis is away, questions are counted in this process", error=type(error).__name__)
            return None

    async def _too_many(self, limiter: SlidingWindowCounterRateLimiter, user_id: UUID) -> RateLimited:
        window = await limiter.get_window_stats(self._item, str(user_id))
        return RateLimited(self._item.amount, max(1, round(window.reset_time - time.time())))

    async def _opened(self, shared: Shared) -> SlidingWindowCounterRateLimiter:
        async with self._making:
            if self._others is None:
                self._others = SlidingWindowCounterRateLimiter(await asyncio.to_thread(storage, shared))
            return self._others

    async def close(self) -> None:
        if self._others:
            client: Any = self._others.storage
            await client.bridge.get_connection().aclose()


def faults() -> tuple[type[Exception], ...]:
    from redis.exceptions import RedisError  # noqa: PLC0415 - only where there is a Redis

    return (RedisError, OSError, TimeoutError)


def storage(shared: Shared) -> Storage:
    """Redis through redis-py. Nothing is connected yet."""
    from limits.aio.storage import RedisStorage  # noqa: PLC0415 - a tenth of a second that a start does not pay
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    options: dict[str, Any] = {
        "retry": Retry(NoBackoff(), 0),
        "socket_timeout": REDIS_SECONDS,
        "socket_connect_timeout": REDIS_SECONDS,
    }
    return RedisStorage(
        f"async+{shared.url}", implementation="redispy", key_prefix=f"{shared.prefix}questions", **options
    )
