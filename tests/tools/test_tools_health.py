import json
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.database import Pool
from domain.errors import Refused, SourceError
from tests.house import actor, tool_context
from tests.tools import application_history, metrics_world
from tests.tools.metrics_world import DAY, NOW, Plain
from tools.grafana import panels
from tools.health import GET_APPLICATION_HEALTH
from tools.metrics.measuring import Measure
from tools.metrics.objectives import Vital, objectives
from tools.metrics.vitals import in_seconds
from tools.resources import Resources
from tools.series.series import Series
from tools.spec import ToolContext, ToolResult

pytestmark = pytest.mark.slow

YESTERDAY = {"time_range": {"start": "2026-11-19T00:00:00Z", "end": "2026-11-20T00:00:00Z"}}
END = DAY + timedelta(days=1)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with metrics_world.prometheus(application_history.history(), tmp_path_factory.mktemp("history")) as started:
        yield started


@pytest.fixture
async def context(pool: Pool) -> ToolContext:
    return await tool_context(pool, await actor(pool, "engineer"), now=NOW)


async def ask(context: ToolContext, source: Plain | None, **arguments: Any) -> ToolResult:
    wanted = GET_APPLICATION_HEALTH.args.model_validate(arguments)
    result = await GET_APPLICATION_HEALTH.handler(replace(context, resources=Resources(metrics=source)), wanted)
    assert json.loads(json.dumps(result.data, allow_nan=False)) == result.data
    return result


async def value(url: str, query: str, at: datetime) -> float:
    return (await Plain(url).instant(query, at))[0].values[0]


async def test_yesterday_of_the_seeds_is_found_as_they_tell_it(context: ToolContext, pool: Pool, url: str) -> None:
    """HD-05, HD-10, HD-11, HD-13: 14:30 to 14:45, 5.2 % above 2 %, 850 ms above 500 ms, over after 15 minutes."""
    await application_history.save_profile(pool)
    result = await ask(context, Plain(url), application="abc-app", **YESTERDAY)
    assert result.status == "ok"
    assert result.data["verdict"] == "unhealthy"
    outage, degraded = result.data["degradations"]
    assert outage["breaches"][0]["name"] == "availability"
    times = {"start": "2026-11-19T14:30:00Z", "end": "2026-11-19T14:45:00Z", "minutes": 15.0}
    assert {key: degraded[key] for key in times} == times
    assert [
        (item["name"], item["peak"], item["threshold"], item["unit"], item["ended"]) for item in degraded["breaches"]
    ] == [("error rate", 0.052, 0.02, "percentunit", "recovered"), ("p95 latency", 0.85, 0.5, "s", "recovered")]
    assert all({key: item[key] for key in times} == times for item in degraded["breaches"])
    assert degraded["self_resolved"]


async def test_each_number_is_that_of_a_query_written_by_hand(context: ToolContext, pool: Pool, url: str) -> None:
    """HD-05, HD-14, QT-18."""
    await application_history.save_profile(pool)
    data = (await ask(context, Plain(url), application="abc-app", **YESTERDAY)).data
    failed = 'sum(increase(abc_api_http_requests_total{status="500"}[1d]))'
    by_hand = {
        "uptime": 'avg_over_time(up{app="abc-api"}[1d:1m])',
        "error_rate": f"{failed} / sum(increase(abc_api_http_requests_total[1d]))",
        "p95_latency_ms": "1000 * histogram_quantile(0.95, "
        "sum by (le) (increase(abc_api_http_request_duration_seconds_bucket[1d])))",
        "total_requests": "sum(increase(abc_api_http_requests_total[1d])) + sum(increase(http_requests_total[1d]))",
    }
    for key, query in by_hand.items():
        assert data[key] == pytest.approx(await value(url, query, END), rel=2e-3 if key == "uptime" else 1e-5), key


async def test_a_part_without_a_prefix_is_found_by_its_label(context: ToolContext, pool: Pool, url: str) -> None:
    await application_history.save_profile(pool)
    data = (await ask(context, Plain(url), application="abc-app", **YESTERDAY)).data
    queries = {(item["part"], item["measure"]): item["query"] for item in data["measures"]}
    assert queries["web", "requests"] == 'sum(rate(http_requests_total{app="abc-web"}[60s]))'
    assert queries["api", "requests"] == "sum(rate(abc_api_http_requests_total[60s]))"


async def test_without_a_breach_and_with_every_objective_measured_it_is_healthy(
    context: ToolContext, pool: Pool, url: str
) -> None:
    await application_history.save_profile(pool, service_mappings={"web": application_history.WEB})
    result = await ask(context, Plain(url), application="ABC-app", **YESTERDAY)
    assert result.data["verdict"] == "healthy"
    assert result.data["degradations"] == []
    assert result.data["not_measured"] == []
    assert result.cut is None


async def test_a_change_made_while_it_lasted_is_named_and_nothing_resolved_itself(
    context: ToolContext, pool: Pool, url: str
) -> None:
    await application_history.save_profile(pool)
    change = """insert into trivium.changes (id, occurred_at, kind, service, summary)
        values ('1', '2026-11-19T14:40:00Z', 'deployment', 'abc-api', 'roll back')"""
    async with pool.connection() as db:
        await db.execute(change)
    degraded = (await ask(context, Plain(url), application="abc-app", **YESTERDAY)).data["degradations"][1]
    assert not degraded["self_resolved"]
    assert degraded["interventions"] == ["2026-11-19T14:40:00Z deployment: roll back"]


async def test_without_a_profile_there_are_numbers_but_no_verdict_and_it_says_what_it_took_for_granted(
    context: ToolContext, url: str
) -> None:
    data = (await ask(context, Plain(url), application="abc-web", **YESTERDAY)).data
    assert data["verdict"] == "no objectives"
    assert data["error_rate"] == pytest.approx(0.004)
    assert data["assumed"] == ["there is no application profile of abc-web: metrics are found by labels of that value"]


async def test_what_fails_hides_nothing_else_and_is_never_healthy(context: ToolContext, pool: Pool, url: str) -> None:
    await application_history.save_profile(pool, service_mappings={"web": application_history.WEB})
    source = Plain(url, broken=lambda query: "status" in query)
    data = (await ask(context, source, application="abc-app", **YESTERDAY)).data
    assert data["verdict"] == "incomplete"
    assert data["not_measured"] == [
        {"part": "web", "measure": "error_rate", "why": "Prometheus did not answer in time"}
    ]
    assert {item["measure"] for item in data["measures"]} == {"uptime", "p95_latency", "requests"}


async def test_a_source_that_is_down_is_an_error_and_an_unknown_name_is_empty(context: ToolContext, url: str) -> None:
    with pytest.raises(SourceError):
        await ask(context, Plain(url, broken=lambda _: True), application="abc-web", **YESTERDAY)
    nothing = await ask(context, Plain(url), application="nobody", **YESTERDAY)
    assert nothing.status == "empty"
    assert len(nothing.data["not_measured"]) == 4
    assert (await ask(context, None, application="abc-web")).status == "error"


@pytest.mark.parametrize(("hours", "is_refused"), [(168, False), (168.01, True)])
async def test_168_hours_are_asked_for_at_most(
    context: ToolContext, url: str, hours: float, *, is_refused: bool
) -> None:
    """LIM-03."""
    start = (NOW - timedelta(hours=hours)).astimezone(UTC).isoformat()
    asked = ask(context, Plain(url), application="abc-web", time_range={"start": start, "end": NOW.isoformat()})
    if not is_refused:
        assert (await asked).window
        return
    with pytest.raises(Refused) as refused:
        await asked
    assert refused.value.code == "range_too_long"


async def test_a_week_is_asked_in_few_samples_and_drawn_in_fewer(context: ToolContext, url: str) -> None:
    """QT-19, LIM-06."""
    asked = {"start": (NOW - timedelta(hours=168)).isoformat(), "end": NOW.isoformat()}
    result = await ask(context, Plain(url), application="abc-web", time_range=asked)
    assert {item["step_seconds"] for item in result.data["measures"]} == {600}
    assert all(len(line["points"]) <= 150 for chart in result.data["charts"] for line in chart["series"])
    assert len(json.dumps(result.data)) < 32_000


def test_latency_in_milliseconds_is_told_in_seconds_as_objectives_are() -> None:
    way = panels.candidates("latency p95", "checkout")
    istio = next(Measure("latency p95", one, "") for one in way if one.unit == "ms")
    assert in_seconds(Series(times=(0,), values=(850,), labels={}), istio) == Series(
        times=(0,), values=(0.85,), labels={}, unit="s"
    )


@pytest.mark.parametrize(
    ("slos", "name", "value"),
    [
        ({"availability": 0.999}, "uptime", 0.999),
        ({"availability": 99.9}, "uptime", pytest.approx(0.999)),
        ({"error_rate": 0.02}, "error_rate", 0.02),
        ({"error_rate_max": 2}, "error_rate", 0.02),
        ({"p95_latency_ms": 500}, "p95_latency", 0.5),
        ({"latency_p95_ms": 500}, "p95_latency", 0.5),
    ],
)
def test_objectives_are_read_under_all_their_names(slos: dict[str, float], name: Vital, value: float) -> None:
    """HD-13."""
    assert objectives(slos).thresholds[name].value == value


def test_what_is_no_number_is_no_objective() -> None:
    assert objectives({"availability": "high", "error_rate": True, "p95_latency_ms": None}).thresholds == {}


async def test_the_default_window_is_the_last_day(context: ToolContext, url: str) -> None:
    """LIM-07."""
    result = await ask(context, Plain(url), application="abc-web")
    assert result.window
    assert (result.window.start, result.window.end) == (NOW - timedelta(days=1), NOW)
    assert result.cut
    assert "samples of abc-web's uptime are missing" in result.cut
