"""Redis streams: numbered entries by key, kept for some minutes and up to a length; every wait is short."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.errors import SourceError
from tools.masking import mask_text

if TYPE_CHECKING:
    from redis.asyncio import Redis

REDIS_SECONDS = 1.0
LISTEN_SECONDS = 1.0
KEPT_SECONDS = 300
MOST_ENTRIES = 2000
ENTRIES_AT_ONCE = 200
MOST_CONNECTIONS = 8
FIELD = b"e"
STANDS = "equal or smaller"  # what Redis says of a number that is not above the newest


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a stream. Numbers go up by any step; one that is not above the newest is not taken."""

    key: str
    number: int
    body: bytes


class Streams:
    """Every method raises SourceError when Redis does not answer in time. Nothing is opened before the first use.

    An entry's number is its id in Redis, so appending twice does nothing, and a writer whose place another one has
    taken with higher numbers is no longer heard.
    """

    def __init__(self, url: str, prefix: str = "trivium:") -> None:
        self._url = url
        self._prefix = prefix
        self._clients: tuple[Redis, Redis] | None = None
        self._making = asyncio.Lock()

    async def ping(self) -> None:
        quick, _ = await self._opened()
        await answered(quick.ping())

    async def append(self, entries: Sequence[Entry]) -> None:
        """All stand, in one round trip; what stood before still does."""
        quick, _ = await self._opened()
        batch = quick.pipeline(transaction=False)
        for entry in entries:
            name = self._prefix + entry.key
            batch.xadd(name, {FIELD: entry.body}, id=f"{entry.number}-0", maxlen=MOST_ENTRIES, approximate=True)
        for key in {entry.key for entry in entries}:
            batch.expire(self._prefix + key, KEPT_SECONDS)
        for said in await answered(batch.execute(raise_on_error=False)):
            if isinstance(said, Exception) and STANDS not in str(said):
                raise away(said)

    async def read(self, after: Mapping[str, int]) -> list[Entry]:
        """Entries above these numbers by key, in order; as soon as there is one, [] when none came for a second."""
        _, patient = await self._opened()
        places: Any = {self._prefix + key: f"{number}-0" for key, number in after.items()}
        found = await answered(patient.xread(places, count=ENTRIES_AT_ONCE, block=int(LISTEN_SECONDS * 1000)))
        return [
            Entry(name.decode().removeprefix(self._prefix), int(at.partition(b"-")[0]), fields.get(FIELD, b""))
            for name, entries in found
            for at, fields in entries
        ]

    async def close(self) -> None:
        for client in self._clients or ():
            await client.aclose()

    async def _opened(self) -> tuple["Redis", "Redis"]:
        async with self._making:
            if self._clients is None:
                self._clients = await asyncio.to_thread(clients, self._url)
            return self._clients


async def answered(asked: Any) -> Any:
    """What Redis says. Raises SourceError."""
    from redis.exceptions import RedisError  # noqa: PLC0415

    try:
        return await asked
    except (RedisError, OSError, TimeoutError) as error:
        raise away(error) from error


def away(error: Exception) -> SourceError:
    message = f"Redis did not do its part: {type(error).__name__}: {mask_text(str(error))}"
    return SourceError(message, source="redis", retryable=True)


def clients(url: str) -> tuple["Redis", "Redis"]:
    """One for quick words, one that waits for entries. Nothing is connected yet."""
    from redis.asyncio import Redis  # noqa: PLC0415 - a tenth of a second that a start does not pay
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    def made(seconds: float) -> Redis:
        return Redis.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=seconds,
            socket_connect_timeout=REDIS_SECONDS,
            max_connections=MOST_CONNECTIONS,
        )

    return made(REDIS_SECONDS), made(LISTEN_SECONDS + REDIS_SECONDS)


@asynccontextmanager
async def open_streams(url: str | None, prefix: str) -> AsyncGenerator[Streams | None]:
    """None without a Redis."""
    streams = Streams(url, prefix) if url else None
    try:
        yield streams
    finally:
        if streams:
            await streams.close()
