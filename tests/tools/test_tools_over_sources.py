"""The tools of history over the house's own sources, asked directly: the same answers as over a plain client."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from domain.database import Pool
from tests.house import actor, door, tool_context
from tests.tools import application_history, incident_history, metrics_world, sources_world
from tests.tools.metrics_world import NOW, Plain
from tools import anomalies, health, impact, optimise, sift
from tools.resources import Resources
from tools.spec import Pillar, ToolContext

pytestmark = pytest.mark.slow

YESTERDAY = {"time_range": {"start": "2026-11-19T00:00:00Z", "end": "2026-11-20T00:00:00Z"}}
INCIDENT = {"service": "checkout", "time": "2026-11-20T10:15:00Z", "window_minutes": 30}
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("get_application_health", {"application": "abc-app", **YESTERDAY}),
    ("analyze_impact", INCIDENT),
    ("detect_anomalies", {"application": "abc-app", "measure": "error rate", **YESTERDAY}),
    ("recommend_optimizations", {"idle_days": 8}),
    ("investigate_sift", {"application": "abc-app", "investigation_type": "latency", **YESTERDAY}),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    told = [*application_history.history(), *incident_history.history()]
    with metrics_world.prometheus(told, tmp_path_factory.mktemp("history")) as started:
        yield started


@pytest.fixture
async def context(pool: Pool) -> ToolContext:
    await application_history.save_profile(pool)
    return await tool_context(pool, await actor(pool, "admin"), Pillar.INQUIRY, now=NOW)


@pytest.mark.parametrize(("name", "arguments"), ASKED)
async def test_the_answer_is_the_same_as_over_a_plain_client(
    context: ToolContext, url: str, name: str, arguments: dict[str, Any]
) -> None:
    specs = (*health.TOOLS, *impact.TOOLS, *anomalies.TOOLS, *optimise.TOOLS, *sift.TOOLS)
    entry = door(context.database, *specs)
    plain = await entry.call(replace(context, resources=Resources(metrics=Plain(url))), name, arguments)
    async with sources_world.opened(context.database, url) as sources:
        bound = sources.bound(Resources(), context.actor)
        ours = await entry.call(replace(context, resources=bound), name, arguments)
    assert plain.status == "ok"
    assert (ours.error, ours.data, ours.query) == (plain.error, plain.data, plain.query)
    assert "Prometheus" in ours.source
