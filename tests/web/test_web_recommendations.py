"""What could be cheaper, over HTTP: a real Prometheus is asked, and the sum is the sum of what is listed."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from domain.database import Pool
from tests.house import worker
from tests.tools import metrics_world
from tests.tools.metrics_world import NOW, Plain
from tests.tools.test_tools_optimise import SERVER, history
from tests.web.entrance import client, parts_of, person, signed
from tools.optimise import RECOMMEND_OPTIMIZATIONS
from tools.resources import Resources
from web.app import build
from web.models.recommendations import RecommendationsReply

PATH = "/api/v1/recommendations"
ROWS = "select tool_name, arguments, result_status from trivium.ai_tool_executions order by created_at"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with metrics_world.prometheus(history(), tmp_path_factory.mktemp("history")) as started:
        yield started


@asynccontextmanager
async def desk(pool: Pool, source: Plain | None) -> AsyncGenerator[httpx.AsyncClient]:
    async with worker(pool, RECOMMEND_OPTIMIZATIONS) as house:
        given = parts_of(pool, house.runner, house=house)
        parts = replace(given, resources=Resources(metrics=source), clock=lambda: NOW)
        async with client(build(parts)) as web:
            yield web


async def stocked(pool: Pool) -> None:
    async with pool.connection() as db:
        await db.execute(SERVER, {"name": "batch-1", "hostname": "10.0.0.1", "service": "reports"})
        await db.execute(SERVER, {"name": "web-1", "hostname": "10.0.0.2", "service": "checkout"})


@pytest.mark.slow
async def test_recommendations_come_with_costs_and_their_sum(pool: Pool, url: str) -> None:
    """EP-20, WF-04."""
    await stocked(pool)
    async with desk(pool, Plain(url)) as web:
        got = await web.get(PATH)
        asked = await web.post(PATH, json={"service": "checkout", "utilisation": 0.1})
        viewer = await web.get(PATH, headers=person("vic", "viewer"))
    body = got.json()
    told = RecommendationsReply.model_validate(body)
    assert [(idea.resource, idea.action, idea.monthly_savings, idea.priority) for idea in told.recommendations] == [
        ("batch-1", "remove", 136.0, "high"), ("web-1", "rightsize", 102.0, "high"), ("dead", "remove", None, "medium"),
    ]  # fmt: skip
    assert told.total_potential_savings == sum(idea.monthly_savings or 0 for idea in told.recommendations) == 238
    assert told.recommendation_count == len(told.recommendations)
    assert body["cost_analysis"] == {
        "monthly_cost": 364.0, "currency": "USD", "resources": {"server": 3, "service": 4}, "unpriced": 4,
    }  # fmt: skip
    assert (told.status, told.execution_id is not None, told.end) == ("ok", True, NOW)
    assert "node_cpu_seconds_total" in told.query
    assert (asked.status_code, asked.json()["recommendations"], asked.json()["total_potential_savings"]) == (200, [], 0)
    assert (viewer.status_code, viewer.json()["error"]) == (403, "permission_denied")
    async with pool.connection() as db:
        rows = await (await db.execute(ROWS)).fetchall()
    assert [row["arguments"] for row in rows][:2] == [
        {"service": None, "idle_days": 7, "utilisation": 0.3},
        {"service": "checkout", "idle_days": 7, "utilisation": 0.1},
    ]


async def test_without_a_source_nothing_is_called_cheap(pool: Pool) -> None:
    """EP-20."""
    async with desk(pool, None) as web:
        answer = await web.get(PATH)
    assert (answer.status_code, answer.json()["error"]) == (502, "source_unavailable")
    assert "PROMETHEUS_URL" in answer.json()["message"]


@pytest.mark.parametrize(
    "parameters", [{"idle_days": 0}, {"idle_days": 31}, {"utilisation": 1}, {"utilisation": 0}, {"servcie": "x"}]
)
async def test_what_cannot_be_asked_is_named(pool: Pool, parameters: dict[str, Any]) -> None:
    async with desk(pool, None) as web:
        got, sent = await web.get(PATH, params=parameters), await web.post(PATH, json=parameters)
        async with pool.connection() as db:
            rows = await (await db.execute(ROWS)).fetchall()
    for answer in (got, sent):
        assert (answer.status_code, answer.json()["details"][0]["field"]) == (422, next(iter(parameters)))
    assert rows == []


async def test_who_may_not_read_gets_no_recommendation(pool: Pool) -> None:
    async with desk(pool, None) as web:
        nobody = await web.get(PATH, headers={"Authorization": ""})
        ingest = await web.get(PATH, headers=signed("am", roles=(), scopes=("ingest",)))
        elsewhere = await web.get(PATH, headers=signed("ann", scopes=("troubleshooting",)))
    assert [(answer.status_code, answer.json()["error"]) for answer in (nobody, ingest, elsewhere)] == [
        (401, "unauthorized"), (403, "insufficient_permissions"), (403, "insufficient_permissions"),
    ]  # fmt: skip
