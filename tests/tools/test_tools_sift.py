import json
from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.database import Pool
from domain.errors import NotFound, Refused, SourceError
from tests.house import actor, door, tool_context
from tests.tools import metrics_world
from tests.tools.estate import open_estate
from tests.tools.kept_logs import Kept
from tests.tools.metrics_world import NOW, Plain, Told, counter, during
from tools import sift
from tools.metrics.asking import Line
from tools.resources import Resources
from tools.sift import GET_SIFT_ANALYSIS, INVESTIGATE_SIFT, LIST_SIFT_INVESTIGATIONS
from tools.spec import Pillar, Scope, ToolContext, ToolResult

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
LAST_HOUR = {"time_range": {"start": (NOW - HOUR).isoformat(), "end": NOW.isoformat()}}
LABELS = {"app": "shop"}
SLOW = ("11:00", "12:00")


def said(text: str, count: int, start: datetime, **labels: str) -> list[Line]:
    """The line `count` times within the hour after `start`, evenly."""
    return [Line(start + n * HOUR / count, text.replace("#", str(n)), labels or LABELS) for n in range(count)]


def logs() -> Kept:
    before, now = NOW - 2 * HOUR, NOW - HOUR
    return Kept(
        [
            *said("error: timeout after #ms", 10, before),
            *said("error: timeout after #ms", 40, now),
            *said("error: cannot write order # to disk", 12, now),
            *said("error: cache # was not found there", 6, before),
            *said("error: cache # was not found there", 6, now),
            *said("all is well", 500, now),
            *said("error: elsewhere", 90, now, app="other"),
        ]
    )


@pytest.fixture
async def context(pool: Pool) -> ToolContext:
    return await tool_context(pool, await actor(pool, "engineer"), Pillar.TROUBLESHOOTING, now=NOW)


async def ask(context: ToolContext, resources: Resources, **arguments: Any) -> ToolResult:
    wanted = INVESTIGATE_SIFT.args.model_validate(arguments)
    result = await INVESTIGATE_SIFT.handler(replace(context, resources=resources), wanted)
    assert json.loads(json.dumps(result.data, allow_nan=False)) == result.data
    return result


async def test_error_patterns_are_held_against_the_window_before(context: ToolContext) -> None:
    """TS-05, TS-10."""
    result = await ask(context, Resources(logs=logs()), application="shop", **LAST_HOUR)
    told = [(item["pattern"], item["state"], item["count"], item["count_before"]) for item in result.data["patterns"]]
    assert told == [
        ("error: cannot write order <*> to disk", "new", 12, 0),
        ("error: timeout after <*>", "more", 40, 10),
        ("error: cache <*> was not found there", "same", 6, 6),
    ]
    assert (result.data["errors"], result.data["errors_before"], result.data["new_patterns"]) == (58, 16, 1)
    assert result.data["patterns"][0]["first_at"] == "2026-11-20T11:00:00Z"
    assert (result.status, result.cut) == ("ok", None)
    assert result.query.count('{app="shop"} |~') == 2


async def test_of_too_many_lines_a_thousand_are_read_from_all_of_the_window_and_counts_are_estimates(
    context: ToolContext,
) -> None:
    """LIM-05."""
    source = Kept([*said("error: early #", 3000, NOW - HOUR), *said("error: late but odd #", 1000, NOW - HOUR / 2)])
    source.kept = [line for line in source.kept if line.at < NOW]
    result = await ask(context, Resources(logs=source), application="shop", **LAST_HOUR)
    assert source.asked == [250] * 8
    assert result.cut == "1,000 of 3,500 error lines in the window were read, counts are estimates"
    counts = {item["pattern"]: item["count"] for item in result.data["patterns"]}
    assert sum(counts.values()) == pytest.approx(3500, abs=2)
    assert counts["error: early <*>"] > 2000


async def test_the_label_of_the_profile_is_the_only_one_that_is_asked(context: ToolContext, pool: Pool) -> None:
    profile = """insert into trivium.application_profiles (name, service_mappings)
        values ('shop', '{"web": {"log_label": "app=other"}}')"""
    async with pool.connection() as db:
        await db.execute(profile)
    result = await ask(context, Resources(logs=logs()), application="shop", **LAST_HOUR)
    assert [item["pattern"] for item in result.data["patterns"]] == ["error: elsewhere"]


async def test_no_errors_is_an_answer_and_no_such_stream_is_not(context: ToolContext) -> None:
    """An application whose logs are elsewhere has no "no errors"."""
    calm = Kept(said("all is well", 20, NOW - HOUR))
    result = await ask(context, Resources(logs=calm), application="shop", **LAST_HOUR)
    assert (result.status, result.data["errors"], result.data["patterns"]) == ("empty", 0, [])
    with pytest.raises(Refused, match="No log stream of that time is named nobody"):
        await ask(context, Resources(logs=calm), application="nobody", **LAST_HOUR)
    with pytest.raises(SourceError):
        await ask(context, Resources(logs=Kept([], is_down=True)), application="shop", **LAST_HOUR)
    assert "LOKI_URL" in str((await ask(context, Resources(), application="shop")).error)


async def test_an_application_of_another_team_is_not_there_for_who_sees_only_their_own(pool: Pool) -> None:
    estate = await open_estate(pool)
    await estate.alert(NOW - HOUR, service="shop", team="money")
    narrowed = replace(estate.context, scopes=frozenset({Scope.OWN_ALERTS}))
    with pytest.raises(NotFound):
        await ask(narrowed, Resources(logs=logs()), application="shop", **LAST_HOUR)
    await estate.alert(NOW - HOUR, service="shop", team="shop")
    assert (await ask(narrowed, Resources(logs=logs()), application="shop", **LAST_HOUR)).status == "ok"


def requests(handler: str, slow: tuple[str, str] | None) -> list[Told]:
    """20 requests a second; p95 is 0.5 + 0.5 * 0.75 s while it is slow, else 0.475 s."""

    def told(le: str, good: float, poor: float) -> Told:
        share = during(*slow, poor, good, NOW) if slow else during("00:00", "00:00", good, good)
        grown = counter(lambda at: 20 * share(at), NOW - 2 * HOUR)
        name = f'http_request_duration_seconds_bucket{{app="shop",handler="{handler}",le="{le}"}}'
        return Told(name, NOW - 2 * HOUR, NOW, 15, grown)

    return [told("0.5", 1.0, 0.8), told("1", 1.0, 1.0), told("+Inf", 1.0, 1.0)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    told = [*requests("/pay", SLOW), *requests("/list", None)]
    with metrics_world.prometheus(told, tmp_path_factory.mktemp("history")) as started:
        yield started


async def test_slow_requests_are_told_by_percentile_and_endpoint(context: ToolContext, url: str) -> None:
    """TS-10: latency."""
    asked = {"application": "shop", "investigation_type": "latency", **LAST_HOUR}
    result = await ask(context, Resources(metrics=Plain(url)), **asked)
    percentiles = {item["measure"]: item for item in result.data["percentiles"]}
    assert percentiles["latency p95"]["verdict"] == "higher"
    assert percentiles["latency p95"]["before"]["median"] == pytest.approx(0.475)
    assert percentiles["latency p95"]["change"]["at"] == "2026-11-20T11:01:00Z"
    assert result.data["endpoints"] == [
        {"label": "handler", "endpoint": "/pay", "p95": 0.875, "p95_before": 0.475},
        {"label": "handler", "endpoint": "/list", "p95": 0.475, "p95_before": 0.475},
    ]
    assert result.cut == sift.NO_TRACES


async def test_an_application_without_latency_is_refused(context: ToolContext, url: str) -> None:
    with pytest.raises(Refused, match="Nothing shows the latency of nobody"):
        await ask(
            context, Resources(metrics=Plain(url)), application="nobody", investigation_type="latency", **LAST_HOUR
        )


async def test_investigations_are_listed_and_read_by_who_made_them_and_by_nobody_else(pool: Pool) -> None:
    """RV-07."""
    entry = door(pool, *sift.TOOLS)
    mine = replace(
        await tool_context(pool, await actor(pool, "admin"), Pillar.TROUBLESHOOTING), resources=Resources(logs=logs())
    )
    other = await tool_context(pool, await actor(pool, "admin"), Pillar.REVIVE)
    made = await entry.call(mine, "investigate_sift", {"application": "shop", **LAST_HOUR})
    failed = await entry.call(
        replace(mine, resources=Resources()), "investigate_sift", {"application": "shop", **LAST_HOUR}
    )
    assert failed.status == "error"
    listed = await entry.call(mine, "list_sift_investigations", {})
    assert [item["id"] for item in listed.data["investigations"]] == [str(made.execution_id)]
    assert listed.data["investigations"][0] | {"at": ""} == {
        "id": str(made.execution_id),
        "application": "shop",
        "type": "errors",
        "time_range": LAST_HOUR["time_range"],
        "at": "",
    }
    read = await entry.call(mine, "get_sift_analysis", {"investigation_id": str(made.execution_id)})
    assert read.data["analysis"] == made.data
    assert read.window == made.window
    assert (await entry.call(other, "list_sift_investigations", {})).status == "empty"
    for foreign in (made.execution_id, uuid4()):
        with pytest.raises(NotFound):
            await entry.call(other, "get_sift_analysis", {"investigation_id": str(foreign)})
    with pytest.raises(NotFound):
        await entry.call(mine, "get_sift_analysis", {"investigation_id": str(listed.execution_id)})


def test_what_is_listed_and_read_belongs_to_revive_and_troubleshooting() -> None:
    for spec in (LIST_SIFT_INVESTIGATIONS, GET_SIFT_ANALYSIS):
        assert spec.pillars == {Pillar.TROUBLESHOOTING, Pillar.REVIVE}
