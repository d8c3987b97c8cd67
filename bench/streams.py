"""Streams past one process: over Redis to another worker, two hundred readers who do not read, more servers."""

import asyncio
import os
import socket
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import httpx

from bench.measure import Row, at_once, in_turns, scratch
from bench.relay import CHUNKS, TEXT
from bench.startup import resident
from checkpoints.saver import open_saver
from domain import jobs, run_events
from domain.database import Pool
from domain.tokens import PILLARS, Claims, Key, mint
from graphs.asking import Ask
from graphs.events import Chunk, Numbered, Relay
from graphs.hearing import Hearing
from graphs.live import Live
from graphs.runner import NOT_READ
from graphs.telling import Telling
from tests.house import actor, runner
from tests.programs import free_port, running
from tests.scenarios.attack_world import SECRET
from tests.tools.test_query_cache import Redis
from tools.sources.streams import open_streams
from web.events import frame

READERS = 200
EVENTS, EVENT_BYTES = 1500, 10_000
WORDS = 40
RUNS, WIDTH = 200, 16
SETTLE_SECONDS = 5
METRICS, IDLE = "/api/v1/metrics", 'connections{state="used"} 0.0'
READY = "/api/v1/health/ready"
KEY = Key(secret=SECRET, issuer="trivium", audience="trivium")


async def rows() -> AsyncGenerator[Row]:
    with TemporaryDirectory(prefix="trivium-bench-") as name:
        folder = Path(name)
        redis = Redis(folder / "redis.log")
        redis.begin()
        try:
            async with scratch() as (pool, url):
                await open_saver(pool)
                async with pool.connection() as db:
                    await jobs.install(db)
                async for row in across(pool, redis.url):
                    yield row
                async for row in served(pool, url, redis.url, folder):
                    yield row
        finally:
            redis.end()


async def across(pool: Pool, redis_url: str) -> AsyncGenerator[Row]:
    """The same chunks to a reader here and to one who hears them over Redis, all on one loop."""
    who = await actor(pool, "engineer")
    live = Live(
        run_id=uuid4(), session_id=uuid4(), actor=who, ask=Ask(text="bench"), versions=NOT_READ, worker="bench"
    )  # fmt: skip
    async with open_streams(redis_url, "bench:") as streams:
        assert streams
        telling, hearing = Telling(streams), Hearing(pool, streams)
        tasks = [asyncio.create_task(telling.tell_for_ever()), *hearing.work()]

        async def elsewhere() -> None:
            await relayed(renewed(live, telling), lambda relay: heard(hearing, live.run_id, relay))

        async def here() -> None:
            await relayed(Relay(), lambda relay: relay.read())

        ours, floor = await in_turns(elsewhere, here, turns=3)
        yield Row(
            what="chunks a second to a reader on another worker, over Redis, both on one loop; floor: one process",
            ours=CHUNKS / ours, floor=CHUNKS / floor, unit="chunks/s", goal="≥ 0.5×", met=floor / ours >= 0.5,
        )  # fmt: skip
        far = [await late(renewed(live, telling), lambda r: heard(hearing, live.run_id, r)) for _ in range(WORDS)]
        near = [await late(Relay(), lambda relay: relay.read()) for _ in range(WORDS)]
        far_ms, near_ms = statistics.median(far) * 1000, statistics.median(near) * 1000
        yield Row(
            what="from a word to its reader on another worker, over Redis (median); floor: in one process",
            ours=far_ms, floor=near_ms, unit="ms", goal="≤ 100 ms", met=far_ms <= 100,
        )  # fmt: skip
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def renewed(live: Live, telling: Telling) -> Relay:
    live.run_id, live.relay = uuid4(), Relay(first_number=2)
    telling.add(live)
    return live.relay


async def heard(hearing: Hearing, run_id: UUID, relay: Relay) -> AsyncGenerator[Numbered]:
    """What another worker is told of the run; it ends with the relay's last."""
    after = 1
    with hearing.following(run_id, after) as mirror:
        while True:
            moved, event = mirror.moved, mirror.after(after)
            if event is None:
                await moved.wait()
                continue
            after = event.number
            yield Numbered(event.number, event.type, event.data or {})
            if relay.is_paused and after + 1 == relay.next_number:
                return


async def relayed(relay: Relay, read: Callable[[Relay], AsyncGenerator[Numbered]]) -> None:
    async def write() -> None:
        for number in range(CHUNKS):
            await relay.put(Chunk(content=TEXT))
            if number % 100 == 0:
                await asyncio.sleep(0)
        await relay.settle()
        relay.pause()

    writing = asyncio.create_task(write())
    async for event in read(relay):
        frame(event)
    await writing


async def late(relay: Relay, read: Callable[[Relay], AsyncGenerator[Numbered]]) -> float:
    """Seconds from a word to its reader, who listens already."""
    told = asyncio.ensure_future(anext(read(relay)))
    await asyncio.sleep(0.05)
    began = time.perf_counter()
    await relay.put(Chunk(content=TEXT))
    await relay.settle()
    await told
    return time.perf_counter() - began


async def served(pool: Pool, url: str, redis_url: str, folder: Path) -> AsyncGenerator[Row]:
    async with AsyncExitStack() as stack:
        ports: list[int] = []

        async def one_more() -> int:
            ports.append(free_port())
            return await stack.enter_async_context(server(url, redis_url, folder, ports[-1]))

        pid = await one_more()
        async for row in many_readers(pool, ports[0], pid):
            yield row
        one = await throughput(ports)
        for count in (2, 3):
            await one_more()
            yield more_servers(count, await throughput(ports), one)


def more_servers(count: int, ours: float, one: float) -> Row:
    """Two cores for each server, its Postgres and its askers: with fewer, more servers share what one had."""
    cores = os.cpu_count() or 1
    least = 0.75 * count if cores >= 2 * count else 0.0
    goal = f"≥ {least:.2g}×" if least else f"told: {cores} cores are too few"
    what = f"answers a second of {count} `serve` on {cores} cores, beside Postgres and the askers; floor: 1 `serve`"
    return Row(what=what, ours=ours, floor=one, unit="/s", goal=goal, met=ours >= least * one)


@asynccontextmanager
async def server(url: str, redis_url: str, folder: Path, port: int) -> AsyncGenerator[int]:
    """A `serve` of its own; gives its process id."""
    given = {
        "DATABASE_URL": url, "REDIS_URL": redis_url, "TRIVIUM_JWT_SECRET": SECRET, "PORT": str(port),
        "TRIVIUM_HOME": str(folder), "RATE_LIMIT_PER_MINUTE": "1000000", "AUTO_ANALYSIS_IN_SERVE": "false",
    }  # fmt: skip
    program = running(
        [sys.executable, "-m", "trivium", "serve"], ready=f"http://127.0.0.1:{port}{READY}",
        log=folder / f"serve-{port}.log", environment=given,
    )  # fmt: skip
    process = await asyncio.to_thread(program.__enter__)
    try:
        yield process.pid
    finally:
        await asyncio.to_thread(program.__exit__, None, None, None)


async def many_readers(pool: Pool, port: int, pid: int) -> AsyncGenerator[Row]:
    """A run with 15 MB of events on record, opened two hundred times by readers who do not read."""
    who = await actor(pool, "engineer", name="bench")
    async with runner(pool) as opened:
        run_id = (await opened.ask(who, Ask(text="echo"))).run_id
    text = "x" * EVENT_BYTES
    async with pool.connection() as db:
        await db.execute("delete from trivium.run_events")
    for first in range(1, EVENTS, 100):
        told = [
            {"run_id": str(run_id), "number": number, "type": "chunk", "data": {"content": text}}
            for number in range(first, first + 100)
        ]
        async with pool.connection() as db:
            await run_events.tell(db, told)
    before = await asyncio.to_thread(resident, pid)
    sockets = [silent_reader(port, run_id) for _ in range(READERS)]
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=signed(), trust_env=False, timeout=60
    ) as web:
        await asyncio.sleep(SETTLE_SECONDS)  # each is sent what it can hold
        while IDLE not in (await web.get(METRICS)).text:  # noqa: ASYNC110 - another process's state
            await asyncio.sleep(0.5)
        began = time.perf_counter()
        (await web.get(READY, timeout=10)).raise_for_status()
        ready_ms = (time.perf_counter() - began) * 1000
    grown = await asyncio.to_thread(resident, pid) - before
    for each in sockets:
        each.close()
    whole = READERS * EVENTS * EVENT_BYTES / 1e6
    yield Row(
        what=f"memory for {READERS} streams of a 15 MB run that nobody reads; floor: what they have not read "
        f"(ready answers in {ready_ms:.0f} ms meanwhile)",
        ours=grown, floor=whole, unit="MB", goal="≤ 200 MB", met=grown <= 200,
    )  # fmt: skip


def signed() -> dict[str, str]:
    claims = Claims(name="bench", roles=frozenset({"engineer"}), scopes=frozenset(PILLARS))
    return {"Authorization": f"Bearer {mint(KEY, claims, ttl=timedelta(hours=1))}"}


def silent_reader(port: int, run_id: UUID) -> socket.socket:
    """A connection that asks for the events and reads none of them."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", port))
    lines = [f"GET /api/v1/runs/{run_id}/events HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream"]
    lines += [f"{name}: {value}" for name, value in signed().items()]
    made.sendall("\r\n".join([*lines, "", ""]).encode())
    return made


async def throughput(ports: list[int]) -> float:
    """Answers a second of rules, asked at all of these in turn."""
    async with AsyncExitStack() as stack:
        webs = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=f"http://127.0.0.1:{port}", headers=signed(), trust_env=False, timeout=60
                )
            )
            for port in ports
        ]  # fmt: skip
        turn = iter(range(1_000_000))

        async def ask() -> None:
            web = webs[next(turn) % len(webs)]
            asked = {"query": "How many alerts fired yesterday?"}
            (await web.post("/api/v1/inquiry/query", json=asked)).raise_for_status()

        await at_once(ask, count=WIDTH * len(ports), width=WIDTH)
        return RUNS / min([await timed(lambda: at_once(ask, count=RUNS, width=WIDTH)) for _ in range(2)])


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began
