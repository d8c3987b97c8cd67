"""Telling other workers: what the runs of this process say goes into Redis within a blink, while there is one."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import structlog

from domain.errors import SourceError
from graphs.events import LAST, Numbered, Relay
from graphs.live import Live
from tools.sources.streams import Entry, Streams

GATHER_SECONDS = 0.02
REST_SECONDS = 1.0
LARGEST_BYTES = 64_000
MOST_AT_ONCE = 500
log = structlog.get_logger("ai_ops")


@dataclass(slots=True)
class Telling:
    """Runs are not held up by it: it reads their relays as any other reader does, from a place of its own.

    What cannot be told is not: the record has it half a second later, and readers elsewhere look there meanwhile.
    """

    streams: Streams
    relays: dict[UUID, Relay] = field(default_factory=dict[UUID, Relay])
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    is_away: bool = False

    def add(self, live: Live) -> None:
        """From here on the run is told."""
        live.relay.bell = self.bell
        self.relays[live.run_id] = live.relay

    async def tell_for_ever(self) -> None:
        while True:
            await self.bell.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self.bell.clear()
            if not await self.told():
                await asyncio.sleep(REST_SECONDS)
                self.bell.set()

    async def told(self) -> bool:
        """Whether Redis has all there was to tell. Runs that have ended are let go in any case."""
        for relay in self.relays.values():  # what is older than this the record has
            relay.published = max(relay.published, len(relay.events) - MOST_AT_ONCE)
        places = [(run_id, relay, len(relay.events)) for run_id, relay in self.relays.items()]
        entries = [entry(run_id, event) for run_id, relay, _ in places for event in untold(relay)]
        is_told = not entries or await self.appended(entries)
        for run_id, relay, place in places:
            if is_told:
                relay.published = place
            is_done = relay.ended and (place == len(relay.events) or not is_told)
            if is_done and self.relays.get(run_id) is relay:
                del self.relays[run_id]
        return is_told

    async def appended(self, entries: list[Entry]) -> bool:
        try:
            await self.streams.append(entries)
        except SourceError as error:
            if not self.is_away:
                log.warning("redis is away, other workers read runs from the record", error=str(error))
            self.is_away = True
            return False
        if self.is_away:
            log.info("redis is back, other workers are told as it happens")
        self.is_away = False
        return True


def untold(relay: Relay) -> list[Numbered]:
    """What Redis does not have. Nothing of a run that began and ended within a blink: nobody follows it yet."""
    if relay.ended and relay.published == 0 and relay.first_number == 1:
        return []
    return relay.events[relay.published :]


def entry(run_id: UUID, event: Numbered) -> Entry:
    """A last event is told by its number alone, and so is a large one: the record has them."""
    body = packed(event.type, None if event.type in LAST else event.data)
    return Entry(key_of(run_id), event.number, body if len(body) <= LARGEST_BYTES else packed(event.type, None))


def packed(kind: str, data: dict[str, Any] | None) -> bytes:
    return orjson.dumps([kind, data])


def key_of(run_id: UUID) -> str:
    return f"run:{run_id}"


def run_of(key: str) -> UUID:
    return UUID(key.removeprefix("run:"))
