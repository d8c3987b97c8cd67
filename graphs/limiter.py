"""How many questions one user may ask a minute, over all entrances of this process."""

import time
from uuid import UUID

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from domain.errors import Refused


class RateLimited(Refused):
    """Too many questions; `retry_after_seconds` says when the next one is taken."""

    def __init__(self, limit: int, retry_after_seconds: int) -> None:
        message = f"More than {limit} questions in a minute; ask again in {retry_after_seconds} s."
        super().__init__(message, code="rate_limited")
        self.retry_after_seconds = retry_after_seconds


class Limiter:
    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def admit(self, user_id: UUID) -> None:
        """Counts one question of the user. Raises RateLimited when it is one too many."""
        if await self._limiter.hit(self._item, str(user_id)):
            return
        window = await self._limiter.get_window_stats(self._item, str(user_id))
        raise RateLimited(self._item.amount, max(1, round(window.reset_time - time.time())))
