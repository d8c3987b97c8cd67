import json
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.database import Pool
from domain.errors import SourceError
from tests.house import actor, tool_context
from tests.tools import metrics_world
from tests.tools.metrics_world import NOW, Plain, Told, Value, constant, counter
from tools.optimise import RECOMMEND_OPTIMIZATIONS
from tools.resources import Resources
from tools.spec import ToolContext, ToolResult

pytestmark = pytest.mark.slow

START = NOW - timedelta(days=8)
GIB = 1024**3
SERVER = """
insert into trivium.servers (name, hostname, username, host_key, service, environment)
values (%(name)s, %(hostname)s, 'ops', 'ssh-ed25519 AAAA', %(service)s, 'staging')
"""


def told(metric: str, value: Value, start: timedelta = timedelta(days=8), end: timedelta = timedelta()) -> Told:
    return Told(metric, NOW - start, NOW - end, 300, value)


def machine(name: str, cores: int, busy: float, memory: float) -> list[Told]:
    return [
        *(
            told(f'node_cpu_seconds_total{{instance="{name}:9100",cpu="{n}",mode="idle"}}', counter(rate, START))
            for n, rate in enumerate([constant(1 - busy)] * cores)
        ),
        told(f'node_memory_MemTotal_bytes{{instance="{name}:9100"}}', constant(16.0 * GIB)),
        told(f'node_memory_MemAvailable_bytes{{instance="{name}:9100"}}', constant(16.0 * GIB * (1 - memory))),
    ]


def traffic(service: str, until: timedelta, **life: timedelta) -> Told:
    last = (NOW - until).timestamp()
    return told(f'http_requests_total{{service="{service}"}}', counter(lambda at: float(at < last), START), **life)


def history() -> list[Told]:
    return [
        *machine("10.0.0.1", 4, 0.001, 0.1),
        *machine("10.0.0.2", 4, 0.12, 0.15),
        *machine("10.0.0.3", 2, 0.7, 0.6),
        traffic("dead", timedelta(days=7, hours=6)),
        traffic("just-alive", timedelta(days=6, hours=20)),
        traffic("alive", timedelta()),
        traffic("young", timedelta(days=8), start=timedelta(days=3)),
        traffic("gone", timedelta(days=8), end=timedelta(hours=12)),
    ]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with metrics_world.prometheus(history(), tmp_path_factory.mktemp("history")) as started:
        yield started


@pytest.fixture
async def context(pool: Pool) -> ToolContext:
    async with pool.connection() as db:
        await db.execute(SERVER, {"name": "batch-1", "hostname": "10.0.0.1", "service": "reports"})
        await db.execute(SERVER, {"name": "web-1", "hostname": "10.0.0.2", "service": "checkout"})
        await db.execute(SERVER, {"name": "quiet-1", "hostname": "10.0.0.9", "service": "checkout"})
    return await tool_context(pool, await actor(pool, "engineer"), now=NOW)


async def ask(context: ToolContext, source: Plain | None, **arguments: Any) -> ToolResult:
    wanted = RECOMMEND_OPTIMIZATIONS.args.model_validate(arguments)
    result = await RECOMMEND_OPTIMIZATIONS.handler(replace(context, resources=Resources(metrics=source)), wanted)
    assert json.loads(json.dumps(result.data, allow_nan=False)) == result.data
    return result


async def test_what_is_idle_or_too_large_is_told_with_what_it_saves(context: ToolContext, url: str) -> None:
    """WF-02, WF-03, WF-04."""
    data = (await ask(context, Plain(url))).data
    told = [(idea["resource"], idea["action"], idea["monthly_savings"], idea["priority"])
            for idea in data["recommendations"]]  # fmt: skip
    assert told == [
        ("batch-1", "remove", 4 * 22 + 16 * 3, "high"),
        ("web-1", "rightsize", 3 * 22 + 12 * 3, "high"),
        ("dead", "remove", None, "medium"),
    ]
    assert data["total_monthly_savings"] == 136 + 102
    assert data["cost_analysis"] == {
        "monthly_cost": 2 * 136 + 2 * 22 + 16 * 3,
        "resources": {"server": 3, "service": 4},
        "unpriced": 4,
    }


async def test_each_recommendation_carries_what_it_was_made_from(context: ToolContext, url: str) -> None:
    data = (await ask(context, Plain(url), service="checkout")).data
    (idea,) = data["recommendations"]
    assert idea["reason"] == "CPU 12% and memory 15% in use at the 95th percentile, under 30%"
    assert idea["proposal"] == "1 of 4 cores and 4 of 16 GiB are enough"
    assert (idea["cpu_p95"], idea["memory_p95"]) == (pytest.approx(0.12), pytest.approx(0.15))
    assert (idea["kind"], idea["service"], idea["environment"]) == ("server", "checkout", "staging")


async def test_a_server_without_metrics_is_named_and_not_called_idle(context: ToolContext, url: str) -> None:
    data = (await ask(context, Plain(url))).data
    assert data["not_judged"] == ["containers: no metrics of them", "server quiet-1: no metrics of it"]


async def test_the_limits_can_be_set(context: ToolContext, url: str) -> None:
    data = (await ask(context, Plain(url), idle_days=6, utilisation=0.1)).data
    assert [idea["resource"] for idea in data["recommendations"]] == ["batch-1", "dead", "just-alive"]


async def test_a_failing_source_is_no_idle_fleet(context: ToolContext, url: str) -> None:
    with pytest.raises(SourceError):
        await ask(context, Plain(url, broken=lambda _: True))
    partly = await ask(context, Plain(url, broken=lambda query: "node_memory" in query))
    assert partly.data["not_judged"][0] == "servers: Prometheus did not answer in time"
    assert {idea["kind"] for idea in partly.data["recommendations"]} == {"service"}
