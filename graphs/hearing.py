"""Hearing other workers: what their runs tell, heard once per process for all who follow them here."""

import asyncio
from bisect import bisect_right
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast
from uuid import UUID

import orjson
import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from domain import run_events
from domain.database import Pool
from domain.errors import SourceError
from graphs.events import NUMBERS_PER_ATTEMPT, EventType
from graphs.telling import LARGEST_BYTES, key_of, run_of
from tools.sources.streams import Entry, Streams

Json: TypeAlias = dict[str, Any]
POLL_SECONDS = 0.4
CALM_SECONDS = 2.0
REST_SECONDS = 1.0
JOIN_SECONDS = 0.01
MOST_KEPT = 256
PAGES_AT_ONCE = 4
MOST_BYTES = 1_000_000
log = structlog.get_logger("ai_ops")


@dataclass(frozen=True, slots=True)
class Heard:
    """An event of another worker's run; without data when it has to be read in the record."""

    number: int
    type: EventType
    data: Json | None
    size: int


@dataclass(slots=True)
class Mirror:
    """The newest events of one run, in order and without a gap; bounded, for older ones are in the record.

    `top` is the newest number in the line, `dropped` the newest that was let go, `early` what came before its turn.
    """

    top: int
    cursor: int
    dropped: int = 0
    line: list[Heard] = field(default_factory=list[Heard])
    size: int = 0
    early: dict[int, Heard] = field(default_factory=dict[int, Heard])
    followers: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def reach(self, number: int) -> None:
        """Everything up to this number has been read in the record."""
        if not self.line and number > self.top:
            self.top = self.dropped = number
            self.catch_up()

    def take(self, event: Heard, *, of_record: bool) -> None:
        """The event has its place in the line. The record has no gaps; Redis may, for it may have been away."""
        if event.number <= self.top:
            return
        if of_record or event.number == self.top + 1 or begins_attempt(event.number):
            self.append(event)
            self.catch_up()
        elif len(self.early) < MOST_KEPT:
            self.early[event.number] = event

    def catch_up(self) -> None:
        for number in sorted(self.early):
            event = self.early[number]
            if number == self.top + 1 or (number > self.top and begins_attempt(number)):
                self.append(event)
            if number <= self.top:
                del self.early[number]

    def append(self, event: Heard) -> None:
        self.line.append(event)
        self.top, self.size = event.number, self.size + event.size
        while len(self.line) > MOST_KEPT or (self.size > MOST_BYTES and len(self.line) > 1):
            gone = self.line.pop(0)
            self.dropped, self.size = gone.number, self.size - gone.size
        self.moved.set()
        self.moved = asyncio.Event()

    def after(self, number: int) -> Heard | None:
        """The event that follows this one, if it has been heard and not let go."""
        place = bisect_right(self.line, number, key=lambda event: event.number)
        return self.line[place] if place < len(self.line) else None


class Hearing:
    """Redis tells as it happens; the record is looked at besides, seldom while Redis is well, else all the time.

    Readers take `turns` at the record, so that however many come at once, there are connections for everybody else.
    """

    def __init__(self, pool: Pool, streams: Streams | None) -> None:
        self._pool = pool
        self._streams = streams
        self._mirrors: dict[UUID, Mirror] = {}
        self._wanted, self._joined, self._hurry = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.is_away = streams is None
        self.turns = asyncio.Semaphore(PAGES_AT_ONCE)

    @contextmanager
    def following(self, run_id: UUID, after: int) -> Generator[Mirror]:
        """The run is listened to from this number on, until nobody follows it any more."""
        mirror = self._mirrors.get(run_id)
        if mirror is None:
            mirror = self._mirrors[run_id] = Mirror(top=after, cursor=after, dropped=after)
            self._wanted.set()
            self._joined.set()
        mirror.followers += 1
        try:
            yield mirror
        finally:
            mirror.followers -= 1
            if not mirror.followers:
                del self._mirrors[run_id]
                if not self._mirrors:
                    self._wanted.clear()

    def work(self) -> list[asyncio.Task[None]]:
        """What listens, each by itself."""
        tasks = [asyncio.create_task(self._read_record(), name="hear the record")]
        if self._streams:
            tasks.append(asyncio.create_task(self._read_streams(self._streams), name="hear redis"))
        return tasks

    async def _read_record(self) -> None:
        while True:
            await self._wanted.wait()
            with suppress(OperationalError, PoolTimeout):  # Postgres is away: the next time will do
                await self.look()
            is_behind = self.is_away or any(mirror.early for mirror in self._mirrors.values())
            self._hurry.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS if is_behind else CALM_SECONDS):
                    await self._hurry.wait()

    async def look(self) -> None:
        """What the record has is heard, in one question for all runs."""
        above = {run_id: mirror.top for run_id, mirror in self._mirrors.items()}
        async with self._pool.connection() as db:
            found = await run_events.heard(db, above, largest=LARGEST_BYTES)
        for event in found:
            if mirror := self._mirrors.get(event.run_id):
                size = len(orjson.dumps(event.data))
                kind = cast("EventType", event.type)
                mirror.take(Heard(event.number, kind, event.data, size), of_record=True)

    async def _read_streams(self, streams: Streams) -> None:
        while True:
            await self._wanted.wait()
            try:
                if self.is_away:
                    await streams.ping()
                self._take(await self._next(streams))
            except SourceError as error:
                self._gone(error)
                await asyncio.sleep(REST_SECONDS)
            else:
                self._back()

    async def _next(self, streams: Streams) -> list[Entry]:
        """The next entries; [] after a second, or when another run has to be listened to as well."""
        await asyncio.sleep(JOIN_SECONDS)  # those who come at the same time are listened to together
        self._joined.clear()
        places = {key_of(run_id): mirror.cursor for run_id, mirror in self._mirrors.items()}
        if not places:
            return []
        reading = asyncio.create_task(streams.read(places), name="read streams")
        joining = asyncio.create_task(self._joined.wait(), name="wait for another follower")
        try:
            await asyncio.wait((reading, joining), return_when=asyncio.FIRST_COMPLETED)
            return await reading if reading.done() else []
        finally:
            for task in (reading, joining):
                task.cancel()
            await asyncio.gather(reading, joining, return_exceptions=True)

    def _take(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            mirror = self._mirrors.get(run_of(entry.key))
            if mirror is None:
                continue
            mirror.cursor = max(mirror.cursor, entry.number)
            kind, data = orjson.loads(entry.body)
            mirror.take(Heard(entry.number, kind, data, len(entry.body)), of_record=False)
            if mirror.early:
                self._hurry.set()

    def _gone(self, error: SourceError) -> None:
        if not self.is_away:
            log.warning("redis is away, runs of other workers are read from the record", error=str(error))
        self.is_away = True
        self._hurry.set()

    def _back(self) -> None:
        if self.is_away:
            log.info("redis is back, runs of other workers are heard as they go")
        self.is_away = False


def begins_attempt(number: int) -> bool:
    """Whether it is the first event of a later attempt: what is missing before it is void."""
    return number > NUMBERS_PER_ATTEMPT and number % NUMBERS_PER_ATTEMPT == 1
