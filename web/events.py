"""A run's events as a server-sent event stream. Source: html.spec.whatwg.org, section 9.2."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog
from psycopg import OperationalError
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from agents.answer import from_json
from domain.errors import Refused
from graphs.events import Numbered
from tools.masking import mask_text
from web.replies import as_bytes, told

MEDIA_TYPE = "text/event-stream"
PING_SECONDS = 15.0
PING = b": ping\n\n"
AGAIN = b": this stream ends here, the run does not: come back with Last-Event-ID\nretry: 1000\n\n"
MOST_WAITING = 16
HEADERS = {"X-Accel-Buffering": "no"}
DIGITS_OF_A_NUMBER = 9
log = structlog.get_logger("ai_ops")


def are_wanted(request: Request) -> bool:
    """Whether the caller takes an event stream rather than one JSON body."""
    kinds = request.headers.get("accept", "").split(",")
    return any(kind.partition(";")[0].strip().lower() == MEDIA_TYPE for kind in kinds)


def last_seen(request: Request) -> int:
    """The number of the last event the reader has, from `Last-Event-ID`; 0 when it has none."""
    number = request.headers.get("last-event-id", "")
    return int(number) if number.isdecimal() and len(number) <= DIGITS_OF_A_NUMBER else 0


class EventStream(StreamingResponse):
    """Ends after the last event, or when this process goes down; a reader who leaves ends nothing but the reading."""

    def __init__(self, events: AsyncGenerator[Numbered]) -> None:
        super().__init__((), headers=HEADERS, media_type=MEDIA_TYPE)
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.body_iterator = frames(self._events, PING_SECONDS, scope["app"].state.left)
        await super().__call__(scope, receive, send)


def streamed(events: AsyncGenerator[Numbered]) -> StreamingResponse:
    """The events as they come."""
    return EventStream(events)


async def frames(
    events: AsyncGenerator[Numbered], ping_seconds: float, left: asyncio.Event | None = None
) -> AsyncGenerator[bytes]:
    """Each event as a frame, and a comment whenever none came for `ping_seconds`, so that no proxy hangs up.

    What stops the reading half way ends the stream without a last event: the reader comes back with
    `Last-Event-ID` and is told in plain. So does one who is still there when this process has `left` its runs.
    A reader who does not read has a few events wait for it, no more.
    """
    arrived: asyncio.Queue[Numbered | None] = asyncio.Queue()
    room = asyncio.Semaphore(MOST_WAITING)
    reading = asyncio.create_task(pour(events, arrived, room), name="read events")
    tasks = [reading, asyncio.create_task(left.wait(), name="wait for the end")] if left else [reading]
    for task in tasks:
        task.add_done_callback(lambda _: arrived.put_nowait(None))
    is_told_out = True
    try:
        while (event := await following(arrived, ping_seconds)) is not None:
            if isinstance(event, bytes):
                yield event
                continue
            room.release()
            is_told_out = event.is_last or event.type == "confirmation_required"
            yield frame(event)
        if reading.done():
            await reading
        if not is_told_out or not reading.done():
            yield AGAIN
    except (OperationalError, Refused) as error:
        log.warning("event stream broke off", error=mask_text(str(error)))
    finally:
        for task in tasks:
            task.cancel()


async def pour(
    events: AsyncGenerator[Numbered], arrived: asyncio.Queue[Numbered | None], room: asyncio.Semaphore | None = None
) -> None:
    """Every event has arrived, as there was room for it, and the source is closed.

    In a task of its own: a timeout around the generator would end it, and the server takes down a departed
    reader's response at once, which leaves the generator no time to close.
    """
    async with aclosing(events):
        async for event in events:
            if room:
                await room.acquire()
            arrived.put_nowait(event)


async def following(arrived: asyncio.Queue[Numbered | None], seconds: float) -> Numbered | bytes | None:
    """What is next: an event, a ping when none came in time, None after the last."""
    try:
        async with asyncio.timeout(seconds):
            return await arrived.get()
    except TimeoutError:
        return PING


def frame(event: Numbered) -> bytes:
    data = event.data
    if event.type == "complete":
        data = data | {"answer": told(from_json(data["answer"]))}
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.number, event.type.encode(), as_bytes(data))
