import asyncio
from collections.abc import AsyncGenerator

import httpx
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
    assert [seen[0], *seen[-2:]] == [whole, whole, events.AGAIN]
    assert set(seen[1:-2]) == {events.PING}


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


async def test_a_reader_who_does_not_read_has_a_few_events_wait_and_no_more() -> None:
    """What is sent to a slow reader is read for it when it reads, so it costs the same however long the run is."""
    made = 0

    async def told() -> AsyncGenerator[Numbered]:
        nonlocal made
        for number in range(1, 1000):
            made = number
            yield Numbered(number, "chunk", {"content": "a"})

    reading = events.frames(told(), 60)
    await anext(reading)
    await asyncio.sleep(0.05)
    assert made <= events.MOST_WAITING + 2
    rest = [frame async for frame in reading]
    assert (made, len(rest), rest[-1]) == (999, 999, events.AGAIN)


async def test_a_stream_that_this_process_leaves_ends_with_a_hint_to_come_back() -> None:
    left = asyncio.Event()

    async def told() -> AsyncGenerator[Numbered]:
        yield CHUNK
        await asyncio.Event().wait()

    reading = events.frames(told(), 60, left)
    assert await anext(reading) == events.frame(CHUNK)
    left.set()
    assert [frame async for frame in reading] == [events.AGAIN]


async def test_a_process_that_goes_down_is_not_ready_begins_nothing_and_lets_its_runs_end(pool: Pool) -> None:
    """DP-05, EP-21: readiness first; what is under way is told to its end, and streams of others end with a hint."""
    gate, ann = Gate(), await actor(pool, "engineer", name="ann")
    async with (
        runner(pool, spec(handler=gate.pass_through)) as running,
        runner(pool, spec(handler=Gate().pass_through)) as other,
        listening(app(pool, running)) as web,
    ):
        elsewhere = await other.start(ann, Ask(text="elsewhere"))
        foreign = asyncio.create_task(web.get(f"/api/v1/runs/{elsewhere.run_id}/events", timeout=20))
        own = asyncio.create_task(web.post(QUERY, json={"query": "one"}, headers=STREAM, timeout=20))
        await gate.reached.wait()
        draining = asyncio.create_task(running.drain())
        await running.leaving.wait()
        ready = await web.get("/api/v1/health/ready")
        refused = await web.post(QUERY, json={"query": "two"})
        assert not draining.done()
        gate.opened.set()
        told = frames((await own).text)
        await draining
        ended = (await foreign).text
        await other.cancel(ann, elsewhere.run_id)
    assert (ready.status_code, ready.json()["status"]) == (503, "draining")
    assert (refused.status_code, refused.headers["Retry-After"], refused.json()["error"]) == (503, "5", "stopped")
    assert told[-1][1] == "complete"
    assert ended.encode().endswith(events.AGAIN)


async def test_two_hundred_streams_of_one_run_are_told_the_same(pool: Pool) -> None:
    gate, ann = Gate(), await actor(pool, "engineer", name="ann")
    async with runner(pool, spec(handler=gate.pass_through)) as running, listening(app(pool, running)) as web:
        live = await running.start(ann, Ask(text="one"))
        path, limits = f"/api/v1/runs/{live.run_id}/events", httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(
            base_url=web.base_url, headers=web.headers, limits=limits, timeout=60, trust_env=False
        ) as many:
            opened: list[httpx.Response] = []
            for _ in range(10):
                asked = (many.send(many.build_request("GET", path), stream=True) for _ in range(20))
                opened += await asyncio.gather(*asked)
            gate.opened.set()
            told = {(await each.aread()).decode() for each in opened}
    assert [kind for _, kind, _ in frames(told.pop())] == ["run", "tool_use", "tool_use", "chunk", "complete"]
    assert not told
