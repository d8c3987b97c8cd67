"""PromQL, LogQL and TraceQL as somebody wrote them, through the real mcp-grafana to a real Prometheus."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.actors import Actor
from domain.database import Pool
from domain.errors import Refused
from tests import house
from tests.mcp_grafana import Estate
from tests.tools.sources_world import opened
from tools.grafana.queries import QUERY_LOKI, QUERY_PROMETHEUS, QUERY_TEMPO
from tools.resources import NOTHING, Resources
from tools.spec import AnySpec, Json, Pillar, Risk, ToolContext, ToolResult

pytestmark = pytest.mark.slow

pytest_plugins = ("tests.grafana_fixtures",)

NOW = datetime.now(UTC).replace(microsecond=0)
TOOLS: dict[str, AnySpec] = {spec.name: spec for spec in (QUERY_PROMETHEUS, QUERY_LOKI, QUERY_TEMPO)}
CHECKOUT = '{app="checkout"}'
SHORTEST: dict[str, Json] = {
    "query_prometheus": {"query": "up"},
    "query_loki": {"query": CHECKOUT},
    "query_tempo": {"query": "{}"},
}


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await house.actor(pool, "engineer")


@asynccontextmanager
async def asking(pool: Pool, who: Actor, estate: Estate) -> AsyncGenerator[ToolContext]:
    """A call's context of somebody who reaches metrics and logs through this estate alone."""
    made = await house.tool_context(pool, who, Pillar.REVIVE, now=datetime.now(UTC) + timedelta(seconds=1))
    async with estate.reach() as grafana, opened(pool, grafana=grafana) as sources:
        given = Resources(grafana=grafana, sources=sources)
        yield replace(made, resources=sources.bound(given, who))


async def use(given: ToolContext, name: str, arguments: Json) -> ToolResult:
    return await TOOLS[name].handler(given, TOOLS[name].args.model_validate(arguments))


def fill(estate: Estate) -> None:
    nanoseconds = int(NOW.timestamp()) * 10**9
    state = estate.grafana.state
    state.streams = [{"stream": {"app": "checkout"}, "values": [[str(nanoseconds - n), f"line {n}"] for n in range(5)]}]
    state.traces = [{"traceID": "4bf92f", "rootServiceName": "checkout", "rootTraceName": "GET /", "durationMs": 12}]


@pytest.mark.parametrize("name", TOOLS)
async def test_where_nothing_is_connected_a_query_says_what_to_set(pool: Pool, ann: Actor, name: str) -> None:
    result = await use(await house.tool_context(pool, ann, Pillar.REVIVE), name, SHORTEST[name])
    assert result.status == "error"
    assert "MCP_GRAFANA_URL" in (result.error or "")


Check = Callable[[ToolResult], bool]
MATRIX: list[tuple[Json, Check]] = [
    ({"query": "up"}, lambda found: found.data["series"][0]["metric"]["service"] == "checkout"),
    ({"query": "up", "instant": True}, lambda found: found.data["series"][0]["value"][1] == "1"),
    ({"query": "1 + 1", "instant": True}, lambda found: found.data["series"][0]["value"][1] == "2"),
    ({"query": "up", "datasource": "Prometheus"}, lambda found: found.data["datasource"].endswith("(Prometheus)")),
    ({"query": "up"}, lambda found: found.data["url"].startswith("http")),
]


@pytest.mark.parametrize(("arguments", "holds"), MATRIX)
async def test_promql_is_answered_by_the_real_prometheus(
    pool: Pool, ann: Actor, grafana_estate: Estate, arguments: Json, holds: Check
) -> None:
    async with asking(pool, ann, grafana_estate) as given:
        result = await use(given, "query_prometheus", arguments)
    assert result.status == "ok"
    assert holds(result)


async def test_a_metric_that_is_not_there_is_an_empty_answer(pool: Pool, ann: Actor, grafana_estate: Estate) -> None:
    async with asking(pool, ann, grafana_estate) as given:
        result = await use(given, "query_prometheus", {"query": "no_such_metric_anywhere"})
    assert (result.status, result.data["series"]) == ("empty", [])
    assert result.window


@pytest.mark.parametrize("query", ["up{", "sum by (x) (foo", "how many requests", "rate(up[5m]"])
async def test_what_is_no_promql_never_leaves(pool: Pool, ann: Actor, grafana_estate: Estate, query: str) -> None:
    async with asking(pool, ann, grafana_estate) as given:
        with pytest.raises(Refused) as caught:
            await use(given, "query_prometheus", {"query": query})
    assert caught.value.code == "bad_expression"
    assert [seen.path for seen in grafana_estate.grafana.requests if "prom" in seen.path] == []


@pytest.mark.parametrize("name", ["query_prometheus", "query_loki", "query_tempo"])
async def test_a_query_over_more_than_a_week_is_refused_and_one_over_a_week_is_not(
    pool: Pool,
    ann: Actor,
    grafana_estate: Estate,
    name: str,
) -> None:
    fill(grafana_estate)
    week = timedelta(hours=168)
    query = SHORTEST[name]
    async with asking(pool, ann, grafana_estate) as given:
        now = datetime.now(UTC)
        result = await use(given, name, {**query, "start": (now - week).isoformat(), "end": now.isoformat()})
        assert result.status == "ok"
        longer = {**query, "start": (now - week - timedelta(seconds=1)).isoformat(), "end": now.isoformat()}
        with pytest.raises(Refused) as caught:
            await use(given, name, longer)
        assert caught.value.code == "range_too_long"
        with pytest.raises(Refused):
            await use(given, name, {**query, "start": NOW.isoformat(), "end": NOW.isoformat()})


async def test_a_week_at_one_minute_is_asked_for_with_a_wider_step(
    pool: Pool, ann: Actor, grafana_estate: Estate
) -> None:
    now = datetime.now(UTC)
    week = {"start": (now - timedelta(hours=168)).isoformat(), "end": now.isoformat()}
    async with asking(pool, ann, grafana_estate) as given:
        result = await use(given, "query_prometheus", {"query": "up", "step": 60, **week})
    assert result.data["step_seconds"] == 120
    assert result.cut == "step raised from 60 to 120 s to stay within 10,000 samples"
    assert result.query.endswith(" step 120s")


def matrix(series: int, points: int) -> list[Json]:
    start = int(NOW.timestamp()) - points * 60
    values = [[start + 60 * point, "1"] for point in range(points)]
    return [{"metric": {"pod": str(number)}, "values": values} for number in range(series)]


async def test_too_many_samples_are_asked_for_again_in_wider_steps_and_what_stays_out_is_said(
    pool: Pool,
    ann: Actor,
    viewer_estate: Estate,
) -> None:
    viewer_estate.grafana.forget()
    viewer_estate.grafana.state.samples = matrix(200, 61)
    async with asking(pool, ann, viewer_estate) as given:
        result = await use(given, "query_prometheus", {"query": "up", "step": 60})
    posts = [seen.body.decode() for seen in viewer_estate.grafana.requests if seen.path.endswith("query_range")]
    assert len(posts) == 2
    assert "step=60" in posts[0]
    assert "step=120" in posts[1]
    assert result.status == "truncated"
    assert len(result.data["series"]) == 163
    assert "163 of 200 series" in (result.cut or "")


async def test_a_metric_query_of_logs_gives_series(pool: Pool, ann: Actor, viewer_estate: Estate) -> None:
    viewer_estate.grafana.forget()
    viewer_estate.grafana.state.samples = matrix(1, 3)
    async with asking(pool, ann, viewer_estate) as given:
        result = await use(given, "query_loki", {"query": 'sum(count_over_time({app="x"}[5m]))'})
    assert result.status == "ok"
    assert len(result.data["series"]) >= 1


async def test_more_lines_than_asked_for_are_said_to_be_left_out(
    pool: Pool,
    ann: Actor,
    grafana_estate: Estate,
) -> None:
    fill(grafana_estate)
    async with asking(pool, ann, grafana_estate) as given:
        result = await use(given, "query_loki", {"query": CHECKOUT, "limit": 2})
    assert [line["line"] for line in result.data["lines"]] == ["line 0", "line 1"]
    assert result.cut == "only the newest 2 lines are shown"


async def test_a_datasource_that_is_not_there_is_refused_with_those_that_are(
    pool: Pool, ann: Actor, grafana_estate: Estate
) -> None:
    async with asking(pool, ann, grafana_estate) as given:
        for name, there in (("query_loki", "Loki"), ("query_tempo", "Tempo"), ("query_prometheus", "Prometheus")):
            with pytest.raises(Refused) as caught:
                await use(given, name, {**SHORTEST[name], "datasource": "elsewhere"})
            assert there in (caught.value.alternative or "")


def test_each_query_says_what_it_may_do() -> None:
    assert {name: (spec.risk, spec.permission, spec.source) for name, spec in TOOLS.items()} == {
        "query_prometheus": (Risk.READ, "ai:revive:grafana:prometheus:read", "metrics"),
        "query_loki": (Risk.READ, "ai:revive:grafana:loki:read", "logs"),
        "query_tempo": (Risk.READ, "ai:revive:grafana:tempo:read", "traces"),
    }
    assert NOTHING.metrics is None
