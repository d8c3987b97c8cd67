"""The shop that questions in plain words are asked about: a history known to the sample, and whoever asks."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response

from domain.actors import Actor
from domain.database import Pool
from tests.house import actor, door, tool_context
from tests.tools.metrics_world import Told, Value, constant, counter
from tests.tools.sources_world import opened
from tools import plain_words
from tools.metrics.making import Patience
from tools.resources import Resources
from tools.spec import Pillar, ToolContext, ToolResult

START = datetime.fromisoformat("2026-11-12T00:00:00+00:00")
NOW = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
BEFORE, HOUR = NOW - timedelta(hours=24), timedelta(hours=1)
EVERY = 60
PATIENT = Patience(direct_seconds=20, grafana_seconds=20, pauses=())
BUCKETS = {"0.1": 0.5, "0.5": 0.9, "1": 1.0, "+Inf": 1.0}


def history() -> list[Told]:
    """Eight days; in the last hour payment uses twice the CPU and fails ten times as often."""
    late = NOW - HOUR

    def last_hour(inside: float, outside: float) -> Value:
        return lambda at: inside if at >= late.timestamp() else outside

    def told(metric: str, rate: Value, start: datetime = START) -> Told:
        return Told(metric, start, NOW, EVERY, counter(rate, start))

    cpu = 'container_cpu_usage_seconds_total{{namespace="shop",container="{0}",pod="{0}-{1}"}}'
    requests = 'http_requests_total{{service="{0}",env="production",status="{1}"}}'
    return [
        told(cpu.format("payment", "5c4b-klmno"), last_hour(0.5, 0.25)),
        told(cpu.format("checkout", "7d9f-abcde"), constant(0.1)),
        told(requests.format("payment", 500), last_hour(1.0, 0.1)),
        told(requests.format("payment", 200), constant(9.0)),
        told(requests.format("checkout", 500), constant(0.2)),
        told(requests.format("checkout", 200), constant(19.8)),
        *(
            told(
                f'http_request_duration_seconds_bucket{{service="payment",env="production",le="{le}"}}', constant(share)
            )
            for le, share in BUCKETS.items()
        ),
        *(
            Told(f'up{{job="{job}",instance="{job}:8080"}}', START, NOW, EVERY, constant(1.0))
            for job in ("payment", "checkout")
        ),
        Told('up{job="parcels",instance="parcels:8080"}', START, NOW - timedelta(minutes=30), EVERY, constant(1.0)),
        *(
            Told(f'queue_depth{{service="payment",queue="q{number:02}"}}', late, NOW, EVERY, constant(float(number)))
            for number in range(25)
        ),
    ]


async def ask(context: ToolContext, name: str, **arguments: Any) -> ToolResult:
    entry = door(context.database, *plain_words.TOOLS)
    return await entry.call(context, name, {"question": "CPU of payment", **arguments})


@asynccontextmanager
async def asking(
    pool: Pool, prometheus: str | None = None, loki: str | None = None, *, who: Actor | None = None, **more: Any
) -> AsyncGenerator[ToolContext]:
    """A context of an admin, or of `who`, at NOW, with these sources, opened as the front hall does."""
    asker = who or await actor(pool, "admin")
    async with opened(pool, prometheus, loki, patience=PATIENT, **more) as sources:
        given = await tool_context(pool, asker, Pillar.INQUIRY, now=NOW)
        yield replace(given, resources=Resources(sources=sources))


def written_by_hand(url: str, query: str, at: datetime) -> dict[str, float]:
    """What Prometheus itself says to the query at that time: the labels as text -> the value."""
    answer = httpx.post(f"{url}/api/v1/query", data={"query": query, "time": at.timestamp()}).json()
    assert answer["status"] == "success", answer
    return {
        ", ".join(f"{name}={value}" for name, value in sorted(item["metric"].items())): float(item["value"][1])
        for item in answer["data"]["result"]
    }


def course_by_hand(url: str, query: str, start: datetime, end: datetime) -> list[float]:
    """The values of the one series that the query gives, minute by minute."""
    form = {"query": query, "start": start.timestamp(), "end": end.timestamp(), "step": 60}
    answer = httpx.post(f"{url}/api/v1/query_range", data=form).json()
    assert answer["status"] == "success", answer
    [series] = answer["data"]["result"]
    return [float(value) for _, value in series["values"]]


@dataclass(slots=True)
class Together:
    """A Prometheus that answers courses only when `at_least` of them wait for it; `most` is how many ever did."""

    url: str
    at_least: int
    waiting: int = 0
    most: int = 0
    met: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: Request) -> Response:
        is_course = request.url.path.endswith("query_range")
        if is_course:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            if self.waiting >= self.at_least:
                self.met.set()
            await asyncio.wait_for(self.met.wait(), 5)
        async with httpx.AsyncClient() as client:
            found = await client.request(
                request.method,
                f"{self.url}{request.url.path}?{request.url.query}",
                content=await request.body(),
                headers={"content-type": request.headers.get("content-type", "")},
            )
        self.waiting -= is_course
        return Response(found.content, found.status_code, media_type="application/json")
