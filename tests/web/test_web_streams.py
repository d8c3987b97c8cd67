import asyncio
from collections.abc import AsyncGenerator

import pytest
from psycopg import OperationalError

from domain.database import Pool
from graphs.asking import Ask
from graphs.events import Numbered
from tests.house import actor, runner, spec
from tests.web.entrance import QUERY, app, frames, listening
from tools.spec import ToolContext, ToolResult
from web import events

STREAM = {"Accept": "text/event-stream"}
CHUNK = Numbered(1, "chunk", {"content": "a"})


class Gate:
    """A tool that waits until it is opened, and says when it was reached."""

    def __init__(self) -> None:
        self.reached, self.opened = asyncio.Event(), asyncio.Event()

    async def pass_through(self, _context: ToolContext, _args: object) -> ToolResult:
        self.reached.set()
        await self.opened.wait()
        return ToolResult(status="ok", source="gate")


async def test_events_come_while_the_run_goes_on(pool: Pool) -> None:
    gate = Gate()
    async with (
        runner(pool, spec(handler=gate.pass_through)) as running,
        listening(app(pool, running)) as web,
        web.stream("POST", QUERY, json={"query": "one"}, headers=STREAM) as response,
    ):
        lines = response.aiter_lines()
        early = [await anext(lines) for _ in range(2)]
        gate.opened.set()
        late = [line async for line in lines]
    assert early == ["id: 1", "event: run"]
    assert [line for line in late if line.startswith("event")][-1] == "event: complete"


async def test_a_reader_who_leaves_does_not_stop_the_run_and_can_come_back(pool: Pool) -> None:
    gate = Gate()
    async with runner(pool, spec(handler=gate.pass_through)) as running, listening(app(pool, running)) as web:
        async with web.stream("POST", QUERY, json={"query": "one"}, headers=STREAM):
            await gate.reached.wait()
        run_id = (await web.get("/api/v1/runs")).json()["runs"][0]["id"]
        gate.opened.set()
        told = frames((await web.get(f"/api/v1/runs/{run_id}/events", headers={"Last-Event-ID": "1"})).text)
        run = (await web.get(f"/api/v1/runs/{run_id}")).json()
    assert [kind for _, kind, _ in told] == ["tool_use", "tool_use", "chunk", "complete"]
    assert run["status"] == "completed"


async def test_a_caller_who_does_not_wait_for_the_answer_does_not_stop_the_run(pool: Pool) -> None:
    gate = Gate()
    async with runner(pool, spec(handler=gate.pass_through)) as running, listening(app(pool, running)) as web:
        asking = asyncio.create_task(web.post(QUERY, json={"query": "one"}))
        await gate.reached.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        run_id = (await web.get("/api/v1/runs")).json()["runs"][0]["id"]
        active = (await web.get("/api/v1/metrics")).text
        gate.opened.set()
        await web.get(f"/api/v1/runs/{run_id}/events")
        run = (await web.get(f"/api/v1/runs/{run_id}")).json()
    assert "trivium_runs_active 1.0\n" in active
    assert run["status"] == "completed"


async def test_a_run_of_another_worker_is_read_from_the_record(pool: Pool) -> None:
    gate, ann = Gate(), await actor(pool, "engineer", name="ann")
    async with (
        runner(pool, spec(handler=gate.pass_through)) as carrying,
        runner(pool) as other,
        listening(app(pool, other)) as web,
    ):
        live = await carrying.start(ann, Ask(text="one"))
        path = f"/api/v1/runs/{live.run_id}/events"
        async with web.stream("GET", path):
            await gate.reached.wait()
        gate.opened.set()
        told = frames((await web.get(path)).text)
    assert [kind for _, kind, _ in told] == ["run", "tool_use", "tool_use", "chunk", "complete"]


async def test_a_run_without_news_is_pinged_and_loses_no_event() -> None:
    opened = asyncio.Event()

    async def told() -> AsyncGenerator[Numbered]:
        yield CHUNK
        await opened.wait()
        yield CHUNK

    seen: list[bytes] = []
    async with asyncio.timeout(5):
        async for frame in events.frames(told(), 0.01):
            seen.append(frame)
            if seen.count(events.PING) == 2:
                opened.set()
    whole = b'id: 1\nevent: chunk\ndata: {"content":"a"}\n\n'
    assert [seen[0], seen[-1]] == [whole, whole]
    assert set(seen[1:-1]) == {events.PING}


async def test_leaving_a_stream_closes_what_was_being_read() -> None:
    closed = asyncio.Event()

    async def told() -> AsyncGenerator[Numbered]:
        try:
            yield CHUNK
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def read() -> None:
        async for _ in events.frames(told(), 60):
            reading.set()

    reading = asyncio.Event()
    reader = asyncio.create_task(read())
    await reading.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    async with asyncio.timeout(5):
        await closed.wait()


async def test_a_stream_whose_source_fails_ends_without_a_last_event() -> None:
    async def told() -> AsyncGenerator[Numbered]:
        yield CHUNK
        raise OperationalError("gone")

    assert [frame async for frame in events.frames(told(), 60)] == [events.frame(CHUNK)]
