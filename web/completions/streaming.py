"""An answer as chat programs read a stream: frames of `data:`, the last of them `[DONE]`."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any
from uuid import UUID

import orjson
import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.responses import StreamingResponse

from domain import completions
from domain.masking import mask_text
from graphs.live import Live, Outcome
from web import events
from web.completions import telling, writing
from web.completions.problems import error_of
from web.completions.telling import Telling
from web.desk import Visit
from web.refusals import STATUSES

DONE = b"data: [DONE]\n\n"
log = structlog.get_logger("ai_ops")


def streamed(visit: Visit, of: Telling, begun: UUID) -> StreamingResponse:
    headers = events.HEADERS | of.headers
    return StreamingResponse(Stream(visit, of, begun).frames(), headers=headers, media_type=events.MEDIA_TYPE)


class Stream:
    """One answer on its way out. What was sent is put on record at the end, also when the program has left by then."""

    def __init__(self, visit: Visit, of: Telling, begun: UUID) -> None:
        self._visit = visit
        self._of = of
        self._begun = begun
        self._sent: list[str] = []
        self._spoken = ""
        self._shown: dict[str, str] = {}
        self._is_saved = False

    async def frames(self) -> AsyncGenerator[bytes]:
        """A failure is a frame with `error` in it, for the response has begun: clients raise it all the same."""
        try:
            yield self._frame({"role": "assistant", "content": ""})
            if live := self._of.heard.live:
                async with aclosing(self._spoken_by(live)) as spoken:
                    async for frame in spoken:
                        yield frame
            ending = self._ending(self._of.heard.live.outcome if self._of.heard.live else None)
            for frame in ending:
                yield frame
            await self._save()  # before the end: what comes next may be a word on what was shown
            yield DONE
        finally:
            if not self._is_saved:
                saving = asyncio.create_task(self._save(), name="keep what was said")
                self._visit.desk.late.add(saving)
                saving.add_done_callback(self._visit.desk.late.discard)

    async def _spoken_by(self, live: Live) -> AsyncGenerator[bytes]:
        """The pieces of the answer as the run tells them, and a comment whenever none came for long."""
        arrived: asyncio.Queue[events.Numbered | None] = asyncio.Queue()
        reading = asyncio.create_task(events.pour(live.relay.read(), arrived), name="read events")
        reading.add_done_callback(lambda _: arrived.put_nowait(None))
        try:
            while True:
                try:
                    async with asyncio.timeout(events.PING_SECONDS):
                        event = await arrived.get()
                except TimeoutError:
                    yield events.PING
                    continue
                if event is None:
                    return
                if event.type == "chunk":
                    self._spoken += event.data["content"]
                    yield self._said(writing.piece(event.data["content"]))
        finally:
            reading.cancel()

    def _ending(self, outcome: Outcome | None) -> list[bytes]:
        live = self._of.heard.live
        if live and (why := telling.failure(live, outcome)):
            error = error_of(STATUSES.get(why.error, 500), why.model_dump())
            return [b"data: " + orjson.dumps(error.model_dump()) + b"\n\n"]
        text, self._shown = telling.told(self._of, outcome, self._spoken)
        frames = [self._said(f"\n\n{text}" if self._sent else text), self._frame({}, finish="stop")]
        options = self._of.asked.stream_options
        if options and options.include_usage:
            frames.append(self._frame(None, usage=telling.usage(outcome).model_dump()))
        return frames

    def _said(self, text: str) -> bytes:
        self._sent.append(text)
        return self._frame({"content": text})

    def _frame(self, delta: Mapping[str, str] | None, *, finish: str | None = None, usage: Any = None) -> bytes:
        """One chunk; that of the usage has no choice in it."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        body = {
            "id": self._of.id,
            "object": "chat.completion.chunk",
            "created": self._of.created,
            "model": self._of.asked.model,
            "choices": [] if delta is None else [choice],
            **({"usage": usage} if usage else {}),
        }
        return b"data: " + orjson.dumps(body) + b"\n\n"

    async def _save(self) -> None:
        """A conversation that cannot be put on record is told all the same; the next message of it begins anew."""
        self._is_saved = True
        try:
            async with self._visit.desk.parts.pool.connection() as db:
                await completions.say(db, self._begun, "".join(self._sent), self._shown)
        except (OperationalError, PoolTimeout) as error:
            log.warning("what was said could not be kept", error=mask_text(str(error)))
