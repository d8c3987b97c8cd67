"""Answers kept for some minutes: in this process, or in Redis where there is one, which may come and go."""

import asyncio
import warnings
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, cast

import orjson
import structlog

Json: TypeAlias = dict[str, Any]

MOST_KEPT = 128
LARGEST = 500_000
REST_SECONDS = 10.0
REDIS_SECONDS = 0.2
SWEEP_SECONDS = 30.0
log = structlog.get_logger("ai_ops")


class Store(Protocol):
    """What is used of a cashews cache."""

    async def init(self) -> None: ...

    async def get(self, key: str) -> Any: ...

    async def set(self, key: str, value: str, expire: float) -> Any: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSettings:
    """`url` None: this process alone. Several houses share a Redis by `prefix`, or by the database that `url` names."""

    url: str | None = field(default=None, repr=False)
    prefix: str = "trivium:"
    live_seconds: int = 300


class AnswerCache:
    """JSON by key. It never raises: what cannot be had is not there, and what cannot be kept is not kept.

    The stores are made at the first use, for importing them takes longer than a start should.
    """

    def __init__(self, settings: CacheSettings) -> None:
        self._settings = settings
        self.stores: tuple[Store, Store | None] | None = None
        self._making = asyncio.Lock()
        self.away_until = 0.0
        self.is_away = False

    async def get(self, key: str) -> Json | None:
        local, shared = await self._opened()
        body = await self._from_shared(shared, key) if shared and self._may_try() else None
        return read(body or await local.get(self._named(key)))

    async def keep(self, key: str, value: Json) -> bool:
        """Whether it was kept: an answer over 500 KB is not."""
        body = orjson.dumps(value).decode()
        if len(body) > LARGEST:
            return False
        local, shared = await self._opened()
        is_shared = shared is not None and self._may_try() and await self._to_shared(shared, key, body)
        if not is_shared:
            await local.set(self._named(key), body, self._settings.live_seconds)
        return True

    async def close(self) -> None:
        for store in filter(None, self.stores or ()):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # cashews calls what redis-py has renamed
                await store.close()

    def _named(self, key: str) -> str:
        return f"{self._settings.prefix}answer:{key}"

    def _may_try(self) -> bool:
        return asyncio.get_running_loop().time() >= self.away_until

    async def _from_shared(self, shared: Store, key: str) -> str | None:
        from cashews.exceptions import CacheError  # noqa: PLC0415

        try:
            body = await shared.get(self._named(key))
        except (CacheError, ValueError) as error:
            self._gone(error)
            return None
        self._back()
        return body

    async def _to_shared(self, shared: Store, key: str, body: str) -> bool:
        from cashews.exceptions import CacheError  # noqa: PLC0415

        try:
            await shared.set(self._named(key), body, self._settings.live_seconds)
        except CacheError as error:
            self._gone(error)
            return False
        self._back()
        return True

    def _gone(self, error: Exception) -> None:
        """Redis is left alone for ten seconds; the first time of an outage is on the log."""
        self.away_until = asyncio.get_running_loop().time() + REST_SECONDS
        if not self.is_away:
            cause = error.__cause__ or error
            log.warning("redis is away, answers are kept in this process", error=f"{type(cause).__name__}: {cause}")
        self.is_away = True

    def _back(self) -> None:
        if self.is_away:
            log.info("redis is back")
        self.is_away = False

    async def _opened(self) -> tuple[Store, Store | None]:
        if self.stores:
            return self.stores
        async with self._making:
            if self.stores is None:
                local, shared = await asyncio.to_thread(stores, self._settings.url)
                for store in filter(None, (local, shared)):
                    await store.init()
                self.stores = local, shared
            return self.stores


def read(body: str | None) -> Json | None:
    """What is no JSON object was not kept by us, and is not there."""
    try:
        value = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return None
    return cast("Json", value) if isinstance(value, dict) else None


def stores(url: str | None) -> tuple[Store, Store | None]:
    """The one in this process, and Redis. Nothing is connected yet."""
    from cashews import Cache  # noqa: PLC0415 - half a second that a start does not pay
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    local = Cache()
    local.setup("mem://", size=MOST_KEPT, check_interval=SWEEP_SECONDS)
    if url is None:
        return cast("Store", local), None
    shared = Cache()
    shared.setup(
        url,
        pickle_type="json",
        suppress=False,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        wait_for_connection_timeout=REDIS_SECONDS,
    )
    return cast("Store", local), cast("Store", shared)


@asynccontextmanager
async def open_cache(settings: CacheSettings) -> AsyncGenerator[AnswerCache]:
    cache = AnswerCache(settings)
    try:
        yield cache
    finally:
        await cache.close()
