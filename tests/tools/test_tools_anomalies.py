import json
import math
import random
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.database import Pool
from domain.errors import Refused
from tests.house import actor, tool_context
from tests.tools import metrics_world
from tests.tools.metrics_world import NOW, Plain, Told
from tools.anomalies import DETECT_ANOMALIES
from tools.resources import Resources
from tools.spec import ToolContext, ToolResult

pytestmark = pytest.mark.slow

WEEK = NOW - timedelta(hours=168)
SPIKE = NOW - timedelta(hours=6)
MOVED = NOW - timedelta(hours=10)


def waiting(at: float) -> float:
    """Messages by the time of day; for half an hour this morning three times as many."""
    usual = 100 + 60 * math.sin(2 * math.pi * at / 86_400) + random.Random(at).gauss(0, 2)  # noqa: S311
    return usual * 3 if SPIKE.timestamp() <= at < SPIKE.timestamp() + 1800 else usual


def moved(at: float) -> float:
    level = 30 if at >= MOVED.timestamp() else 20
    return level + random.Random(at).gauss(0, 0.5)  # noqa: S311


def history() -> list[Told]:
    return [
        Told('rabbitmq_queue_messages_ready{service="orders",queue="mail"}', WEEK, NOW, 300, waiting),
        Told('pool_size{service="orders"}', WEEK, NOW, 300, moved),
        Told('young{service="orders"}', NOW - timedelta(hours=2), NOW, 300, moved),
        *(Told(f'many{{number="{n:02}"}}', WEEK, NOW, 300, moved) for n in range(12)),
    ]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with metrics_world.prometheus(history(), tmp_path_factory.mktemp("history")) as started:
        yield started


@pytest.fixture
async def context(pool: Pool) -> ToolContext:
    return await tool_context(pool, await actor(pool, "engineer"), now=NOW)


async def ask(context: ToolContext, source: Plain | None, **arguments: Any) -> ToolResult:
    wanted = DETECT_ANOMALIES.args.model_validate(arguments)
    result = await DETECT_ANOMALIES.handler(replace(context, resources=Resources(metrics=source)), wanted)
    assert json.loads(json.dumps(result.data, allow_nan=False)) == result.data
    return result


async def test_what_is_unlike_the_same_time_of_other_days_is_found_with_its_proof(
    context: ToolContext, url: str
) -> None:
    """HD-08: method, baseline, score and sample count stand beside the finding."""
    (found,) = (await ask(context, Plain(url), application="orders", measure="queue")).data["series"]
    (spike,) = found["anomalies"]
    assert (spike["start"], spike["end"]) == ("2026-11-20T06:00:00Z", "2026-11-20T06:25:00Z")
    assert (spike["direction"], spike["samples"]) == ("above", 6)
    assert spike["score"] > 20
    assert spike["baseline"] == pytest.approx(160, rel=0.03)
    assert (found["season"], found["seasons"], found["samples"]) == ("daily", 7, 2016)
    assert found["method"] == "median of the time of day and median absolute deviation"


async def test_what_lies_before_the_window_only_says_what_is_usual(context: ToolContext, url: str) -> None:
    asked = {"start": (NOW - timedelta(hours=3)).isoformat(), "end": NOW.isoformat()}
    result = await ask(context, Plain(url), application="orders", measure="queue", time_range=asked)
    assert result.status == "ok"
    assert result.data["anomaly_count"] == 0
    assert result.data["history"]["start"] == "2026-11-13T12:00:00Z"


async def test_a_lasting_move_is_a_change_with_its_medians(context: ToolContext, url: str) -> None:
    """HD-09."""
    (found,) = (await ask(context, Plain(url), query='pool_size{service="orders"}')).data["series"]
    (change,) = found["changes"]
    assert change["at"] == "2026-11-20T02:00:00Z"
    assert (change["before"], change["after"]) == (pytest.approx(20, abs=0.2), pytest.approx(30, abs=0.2))


async def test_too_little_data_is_told_and_nothing_else(context: ToolContext, url: str) -> None:
    (found,) = (await ask(context, Plain(url), query="young")).data["series"]
    assert found["too_little"] == "25 samples; at least 30 are needed"
    assert found["anomalies"] == []
    nothing = await ask(context, Plain(url), query="absent_metric")
    assert (nothing.status, nothing.data["series"]) == ("empty", [])


async def test_the_weekly_season_is_asked_for_in_parts_of_168_hours(context: ToolContext, url: str) -> None:
    """LIM-03: Plain refuses more at once."""
    source = Plain(url)
    result = await ask(context, source, query="pool_size", season="weekly")
    assert len(source.asked) == 4
    (found,) = result.data["series"]
    assert found["samples"] == pytest.approx(336, abs=1)
    assert found["missing"] == pytest.approx(3 * 336, abs=1)


async def test_ten_series_are_judged_and_the_rest_is_told(context: ToolContext, url: str) -> None:
    """LIM-04: twelve series of 2,016 samples are too many, so they are asked for at a wider step."""
    result = await ask(context, Plain(url), query="many")
    assert {item["samples"] for item in result.data["series"]} == {336}
    assert result.query == "many from 2026-11-13T12:30:00Z to 2026-11-20T12:00:00Z step 1800s"
    assert [item["name"] for item in result.data["series"]] == [f"__name__=many, number={n:02}" for n in range(10)]
    assert result.cut == "10 of 12 series are judged"
    assert len(json.dumps(result.data)) < 40_000


@pytest.mark.parametrize("query", ["sum(", "up[5m]", '"text"'])
async def test_what_gives_no_numbers_is_refused_before_it_is_sent(context: ToolContext, url: str, query: str) -> None:
    source = Plain(url)
    with pytest.raises(Refused):
        await ask(context, source, query=query)
    assert source.asked == []


async def test_an_unknown_measure_is_refused(context: ToolContext, url: str) -> None:
    with pytest.raises(Refused):
        await ask(context, Plain(url), application="orders", measure="cpu")


def test_a_query_or_an_application_with_a_measure_is_given() -> None:
    for wrong in ({}, {"application": "a"}, {"measure": "cpu"}, {"query": "up", "measure": "cpu"}):
        with pytest.raises(ValidationError):
            DETECT_ANOMALIES.args.model_validate(wrong)


async def test_without_a_source_the_tool_says_what_to_set(context: ToolContext) -> None:
    result = await ask(context, None, query="up")
    assert result.status == "error"
    assert "PROMETHEUS_URL" in str(result.error)
