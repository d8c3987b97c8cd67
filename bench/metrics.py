"""Questions about metrics: asked side by side, asked again, over a week, and as people in an incident ask them."""

import random
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from bench import measure
from bench.evaluated import loaded
from bench.measure import Row, in_turns, scratch
from domain.windows import stamp
from tests.house import actor, door, tool_context
from tests.programs import free_port, running
from tools.call import Door
from tools.grafana.queries import QUERY_PROMETHEUS
from tools.metrics.choosing import Addresses
from tools.metrics.sources import SourceSettings, open_sources
from tools.plain_words import QUERY_METRICS
from tools.resources import Resources
from tools.spec import Json, Pillar, ToolContext, ToolResult

LATENCY_MS, TURNS = 100, 5
HOUR, WEEK = timedelta(hours=1), timedelta(hours=168)
SERIES, WEEK_MINUTES = 10, 168 * 60
# What people look at while something is wrong: queries with how many hours back, and how they ask again.
LOOKED_AT = ((1, 3), (3, 3), (6, 2))
PEOPLE, REFRESHED_SECONDS, MINUTES = 3, 30, 10


@dataclass(slots=True)
class Tally:
    """How often an answer came from where."""

    statuses: Counter[str] = field(default_factory=Counter[str])

    def __call__(self, kind: str, status: str, seconds: float | None) -> None:  # noqa: ARG002 - a Measure
        self.statuses[status] += 1


@dataclass(slots=True)
class House:
    """A door with the tools that ask for metrics, and somebody who goes through it. `now` is the time there."""

    context: ToolContext
    entry: Door
    tally: Tally
    now: datetime

    async def call(self, tool: str, arguments: Json) -> ToolResult:
        result = await self.entry.call(replace(self.context, clock=lambda: self.now), tool, arguments)
        assert result.status == "ok", result.error
        return result


@asynccontextmanager
async def house(url: str, now: datetime) -> AsyncGenerator[House]:
    tally = Tally()
    settings = SourceSettings(addresses=Addresses(prometheus=url))
    async with scratch() as (pool, _), open_sources(settings, pool, Resources(), measure=tally) as sources:
        plain = await tool_context(pool, await actor(pool, "engineer"), Pillar.TROUBLESHOOTING)
        context = replace(plain, resources=Resources(sources=sources))
        yield House(context, door(pool, QUERY_PROMETHEUS, QUERY_METRICS), tally, now)


@contextmanager
def slow(folder: Path) -> Generator[str]:
    """A Prometheus that answers after 100 ms."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "bench.slow", str(port), str(LATENCY_MS)]
    with running(command, ready=f"{url}/ready", log=folder / "slow.log"):
        yield url


async def rows() -> AsyncGenerator[Row]:
    now = datetime.now(UTC).replace(microsecond=0)
    with TemporaryDirectory() as name, slow(Path(name)) as url:
        for measured in (side_by_side, again, incident):
            async with house(url, now) as there:
                for row in await measured(there):
                    yield row
    with TemporaryDirectory() as name:
        async with loaded(week(now), Path(name)) as url, house(url, now) as there:
            for row in await of_a_week(there, url):
                yield row


async def side_by_side(there: House) -> list[Row]:
    """Three queries of one question over two times are six; beside one of them. What exists is known by then, as it
    is for five minutes: reading that is the first row."""
    turns = count()

    def asking(queries: int, *, is_compared: bool) -> Callable[[], Awaitable[ToolResult]]:
        async def ask() -> ToolResult:
            texts = [f"sum(rate(bench_{number}_requests_total[5m])) + {next(turns)}" for number in range(queries)]
            given: Json = {"question": "requests", "time_range": hour(there.now), "queries": texts}
            compared = {"against": hour(there.now - timedelta(minutes=2))} if is_compared else {}
            return await there.call(QUERY_METRICS.name, given | compared)

        return ask

    first = await measure.seconds(asking(1, is_compared=False))
    six, one = await in_turns(asking(3, is_compared=True), asking(1, is_compared=False), turns=TURNS)
    return [
        Row(
            what=f"the first question in plain words to a source {LATENCY_MS} ms away, which is read first",
            ours=first, floor=5, unit="s", goal="< 5 s", met=first < 5,
        ),
        Row(
            what="6 queries of one question to it; floor: one of them",
            ours=six * 1000, floor=one * 1000, unit="ms", goal="≤ 1.5×", met=six <= 1.5 * one,
        ),
    ]  # fmt: skip


def hour(end: datetime) -> Json:
    return {"start": stamp(end - HOUR), "end": stamp(end)}


async def again(there: House) -> list[Row]:
    turns = count()
    known: Json = {"query": "up", **hour(there.now)}

    async def ours() -> None:
        await there.call(QUERY_PROMETHEUS.name, known)

    async def floor() -> None:
        await there.call(QUERY_PROMETHEUS.name, {"query": f"up + {next(turns)}", **hour(there.now)})

    hit, miss = await in_turns(ours, floor, turns=TURNS)
    return [
        Row(
            what=f"a query asked again, from the cache; floor: its source asked, {LATENCY_MS} ms away",
            ours=hit * 1000, floor=miss * 1000, unit="ms", goal="≤ 0.25×", met=hit <= 0.25 * miss,
        )
    ]  # fmt: skip


async def incident(there: House) -> list[Row]:
    """Three people look at the same eight queries for ten minutes, each of them again every half minute."""
    began, took = there.now, list[float]()
    for at, query, hours in visits(random.Random(7)):  # noqa: S311 - a pattern, not a secret
        there.now = began + timedelta(seconds=at)
        asked = {"query": query, "start": stamp(there.now - hours * HOUR), "end": stamp(there.now)}
        took.append(await measure.seconds(lambda asked=asked: there.call(QUERY_PROMETHEUS.name, asked)))
    hits, slowest = 100 * there.tally.statuses["cached"] / len(took), sorted(took)[int(0.95 * len(took))]
    says = f"{PEOPLE} people, {sum(each for _, each in LOOKED_AT)} queries, {MINUTES} minutes, {len(took)} questions"
    return [
        Row(what=f"answers from the cache: {says}", ours=hits, floor=60, unit="%", goal="> 60 %", met=hits > 60),
        Row(
            what=f"the same: 95 of 100 answers within, at a source {LATENCY_MS} ms away; floor: the limit",
            ours=slowest, floor=5, unit="s", goal="< 5 s", met=slowest < 5,
        ),
    ]  # fmt: skip


def visits(chance: random.Random) -> list[tuple[float, str, int]]:
    """When, what and how many hours back, in the order of time."""
    queries = [(hours, number) for hours, each in LOOKED_AT for number in range(each)]
    found: list[tuple[float, str, int]] = []
    for _ in range(PEOPLE):
        first = chance.uniform(0, REFRESHED_SECONDS)
        for turn in range(MINUTES * 60 // REFRESHED_SECONDS):
            at = first + turn * REFRESHED_SECONDS + chance.uniform(0, 3)
            found += [(at, f"sum(rate(bench_{number}_requests_total[5m]))", hours) for hours, number in queries]
    return sorted(found)


def week(now: datetime) -> Generator[str]:
    """Ten series of a sample a minute, as OpenMetrics."""
    end = int(now.timestamp())
    for series in range(SERIES):
        head = f'bench_load{{instance="10.0.0.{series}:80"}}'
        yield from (
            f"{head} {series + minute % 60} {end - 60 * (WEEK_MINUTES - minute)}\n" for minute in range(WEEK_MINUTES)
        )


async def of_a_week(there: House, url: str) -> list[Row]:
    """What the door asks for is as wide as a screen shows; the floor is the same time at a sample a minute."""
    raw = {"query": "bench_load", "start": stamp(there.now - WEEK), "end": stamp(there.now), "step": "60"}
    minutes, samples = count(), list[int]()

    async with httpx.AsyncClient() as http:

        async def ours() -> None:
            end = there.now - timedelta(hours=1) * next(minutes)
            result = await there.call(
                QUERY_PROMETHEUS.name, {"query": "bench_load", "start": stamp(end - WEEK), "end": stamp(end)}
            )
            samples.append(size(result.data["series"]))

        async def floor() -> None:
            body: Json = (await http.post(f"{url}/api/v1/query_range", data=raw)).json()
            samples.insert(0, size(body["data"]["result"]))

        best, least = await in_turns(ours, floor, turns=TURNS)
    return [
        Row(
            what=f"samples of {SERIES} series over 168 h through the door; floor: at a sample a minute",
            ours=samples[-1], floor=samples[0], unit="samples", goal="≤ 10,000", met=samples[-1] <= 10_000,
        ),
        Row(
            what="the same, time for it; floor: raw HTTP at a sample a minute",
            ours=best * 1000, floor=least * 1000, unit="ms", goal="≤ 1×", met=best <= least,
        ),
    ]  # fmt: skip


def size(series: list[dict[str, Any]]) -> int:
    return sum(len(item["values"]) for item in series)
