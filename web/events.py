"""A run's events as a server-sent event stream. Source: html.spec.whatwg.org, section 9.2."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog
from psycopg import OperationalError
from starlette.requests import Request
from starlette.responses import StreamingResponse

from agents.answer import from_json
from domain.errors import Refused
from graphs.events import Numbered
from tools.masking import mask_text
from web.replies import as_bytes, told

MEDIA_TYPE = "text/event-stream"
PING_SECONDS = 15.0
PING = b": ping\n\n"
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


def streamed(events: AsyncGenerator[Numbered]) -> StreamingResponse:
    """The response ends after the last event; a reader who leaves ends nothing but the reading."""
    return StreamingResponse(frames(events, PING_SECONDS), headers=HEADERS, media_type=MEDIA_TYPE)


async def frames(events: AsyncGenerator[Numbered], ping_seconds: float) -> AsyncGenerator[bytes]:
    """Each event as a frame, and a comment whenever none came for `ping_seconds`, so that no proxy hangs up.

    What stops the reading half way ends the stream without a last event: the reader comes back with
    `Last-Event-ID` and is told in plain.
    """
    arrived: asyncio.Queue[Numbered | None] = asyncio.Queue()
    reading = asyncio.create_task(pour(events, arrived), name="read events")
    reading.add_done_callback(lambda _: arrived.put_nowait(None))
    try:
        while (sent := await following(arrived, ping_seconds)) is not None:
            yield sent
        await reading
    except (OperationalError, Refused) as error:
        log.warning("event stream broke off", error=mask_text(str(error)))
    finally:
        reading.cancel()


async def pour(events: AsyncGenerator[Numbered], arrived: asyncio.Queue[Numbered | None]) -> None:
    """Every event has arrived and the source is closed.

    In a task of its own: a timeout around the generator would end it, and the server takes down a departed
    reader's response at once, which leaves the generator no time to close.
    """
    async with aclosing(events):
        async for event in events:
            arrived.put_nowait(event)


async def following(arrived: asyncio.Queue[Numbered | None], seconds: float) -> bytes | None:
    """What to send next: an event, a ping when none came in time, None after the last."""
    try:
        async with asyncio.timeout(seconds):
            event = await arrived.get()
    except TimeoutError:
        return PING
    return frame(event) if event else None


def frame(event: Numbered) -> bytes:
    data = event.data
    if event.type == "complete":
        data = data | {"answer": told(from_json(data["answer"]))}
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.number, event.type.encode(), as_bytes(data))
