"""Questions about health, logs, impact, anomalies, savings and knowledge against a real Prometheus and a Loki.

Every number of an answer is that of the tool asked directly; the same question gives the same bytes.

Promises: IN-05, IN-07, HD-05, HD-07, HD-08, HD-09, HD-10, HD-11, HD-14, TS-18, QT-05, QT-10, WF-02, CX-14.
"""

import asyncio
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from agents.answer import Answer
from tests import databases
from tests.agents.rules_world import plainly
from tests.programs import free_port
from tests.scenarios import measured_estate
from tests.scenarios.measured_estate import Measured, without_ids
from tests.tools import metrics_world
from tests.tools.loki_world import Line, LokiServer, loki_server
from tests.tools.metrics_world import DAY, NOW

pytestmark = pytest.mark.slow

YESTERDAY = {"start": "2026-11-19T00:00:00Z", "end": "2026-11-20T00:00:00Z"}
MONTH = (
    {"start": "2026-11-01T00:00:00Z", "end": "2026-11-08T00:00:00Z"},
    {"start": "2026-11-08T00:00:00Z", "end": "2026-11-15T00:00:00Z"},
    {"start": "2026-11-15T00:00:00Z", "end": "2026-11-20T12:00:00Z"},
)
ASKED = (
    "Was abc-app healthy yesterday?",
    "Is checkout healthy right now?",
    "What's the uptime for abc-app this month?",
    "Show me SLO compliance",
    "Find all errors containing 'database timeout'",
    "What were the logs during the incident?",
    "what errors are new in checkout's logs today?",
    "what was the impact of HighCpuUsage?",
    "how many users were impacted?",
    "any anomalies in abc-app's error rate yesterday?",
    "what can we save?",
    "what do we know about connection pool exhaustion",
)


@dataclass(frozen=True, slots=True)
class World:
    """Where the record and the sources are."""

    database: str
    prometheus: str
    loki: LokiServer


@pytest.fixture(scope="module")
def world(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    told, lines = measured_estate.metrics(), measured_estate.log_lines()
    with (
        databases.made(postgres, template) as name,
        metrics_world.prometheus(told, tmp_path_factory.mktemp("history")) as prometheus,
        loki_server(lines) as loki,
    ):
        url = f"{postgres.rsplit('/', 1)[0]}/{name}"
        asyncio.run(measured_estate.record(url))
        yield World(url, prometheus, loki)


@pytest.fixture
async def desk(world: World) -> AsyncGenerator[Measured]:
    async with measured_estate.desk(world.database, world.prometheus, world.loki.url) as opened:
        yield opened


async def ask(desk: Measured, text: str) -> Answer:
    answer, _ = await desk.ask(text)
    return answer


def texts(answer: Answer) -> list[str]:
    return [plainly(finding.text) for finding in answer.findings]


async def test_yesterday_is_told_with_its_numbers_its_breaches_and_its_alerts(desk: Measured) -> None:
    """IN-05 flow 2, HD-05, HD-10, HD-11, HD-14."""
    answer = await ask(desk, "Was abc-app healthy yesterday?")
    truth = (await desk.call("get_application_health", application="abc-app", time_range=YESTERDAY)).data
    for key in ("uptime", "error_rate", "total_requests", "degradations", "verdict"):
        assert answer.data[key] == truth[key], key
    assert answer.data["p95_latency_ms"] == pytest.approx(truth["p95_latency_ms"], rel=1e-5)
    assert answer.data["total_alerts"] == 0
    assert plainly(answer.summary).startswith("Unhealthy, by its alerts and its metrics: no alerts fired on abc-app")
    assert (
        "19 Nov, 14:30–14:45 UTC: error rate 5.2 % > 2 %, p95 latency 850 ms > 500 ms, self-resolved after 15 min."
        in texts(answer)
    )
    charts = [part for part in answer.parts if part.kind == "series"]
    assert any(part.data["thresholds"] and part.data["bands"] for part in charts)
    assert answer.unknown == ()


async def test_without_numbers_health_stands_on_alerts_and_says_what_is_missing(world: World) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    async with measured_estate.desk(world.database, nowhere, None) as desk:
        answer = await ask(desk, "Was checkout healthy yesterday?")
    assert answer.summary.startswith("Healthy, by its alerts: no alerts fired on checkout")
    (unknown,) = answer.unknown
    assert unknown.what == "Uptime, error rate, p95 latency and requests"
    assert "uptime" not in answer.data


async def test_the_uptime_of_a_month_is_put_together_from_stretches_that_may_be_asked_for(desk: Measured) -> None:
    answer = await ask(desk, "What's the uptime for abc-app this month?")
    stretches = [
        (await desk.call("get_application_health", application="abc-app", time_range=each)).data for each in MONTH
    ]
    known = [each for each in stretches if each["uptime"] is not None]
    assert len(known) == 1
    assert answer.data["uptime"] == known[0]["uptime"]
    assert answer.data["total_requests"] == known[0]["total_requests"]
    assert [unknown.what for unknown in answer.unknown] == [
        "Uptime, error rate, p95 latency and requests of api and web in 1–7 Nov 2026\u00a0UTC",
        "Uptime, error rate, p95 latency and requests of api and web in 8–14 Nov 2026\u00a0UTC",
    ]


async def test_the_budget_is_what_the_objective_allows_less_what_was_used(desk: Measured) -> None:
    answer = await ask(desk, "error budget of abc-app yesterday")
    truth = (await desk.call("get_application_health", application="abc-app", time_range=YESTERDAY)).data
    values = {(row["part"], row["measure"]): (row["value"], row["objective"]) for row in truth["measures"]}
    for row in answer.data["error_budgets"]:
        value, objective = values[row["part"], row["measure"]]
        allowed, used = (1 - objective, 1 - value) if row["measure"] == "uptime" else (objective, value)
        assert row["left"] == pytest.approx(1 - used / allowed, abs=1e-6)
    assert len(answer.data["error_budgets"]) == 4


def between(lines: list[Line], start: datetime, end: datetime) -> list[Line]:
    return [line for line in lines if start.timestamp() <= line.seconds < end.timestamp()]


async def test_lines_are_those_that_hold_the_words(desk: Measured) -> None:
    """QT-05, QT-10."""
    lines = between(measured_estate.log_lines(), NOW - timedelta(days=1), NOW)
    timeouts = [line for line in lines if "database timeout" in line.text]
    answer = await ask(desk, "Find all errors containing 'database timeout'")
    assert answer.data["total_lines"] == len(timeouts) > 20
    assert answer.data["by_level"] == {"error": len(timeouts)}
    rows = next(part for part in answer.parts if part.kind == "logs").data["rows"]
    assert [row["text"] for row in rows] == [line.text for line in reversed(timeouts)]


async def test_lines_are_counted_by_level_and_the_rest_is_told(desk: Measured) -> None:
    answer = await ask(desk, "how many log lines did checkout write by level yesterday")
    lines = between(measured_estate.log_lines(), DAY, DAY + timedelta(days=1))
    counts = {level: sum(line.labels["level"] == level for line in lines) for level in ("error", "warn", "info")}
    assert (answer.data["total_lines"], answer.data["by_level"]) == (len(lines), counts)
    assert "the newest 100 are listed, there are more lines" in answer.summary


async def test_the_logs_of_an_incident_are_those_of_its_service_while_it_lasted(desk: Measured) -> None:
    answer = await ask(desk, "What were the logs during the incident?")
    near = timedelta(minutes=5)
    begun, ended = (datetime.fromisoformat(f"2026-11-20T{clock}+00:00") for clock in ("10:15", "10:45"))
    expected = between(measured_estate.log_lines(), begun - near, ended + near)
    assert answer.data["total_lines"] == len(expected) > 0
    assert answer.tools_used == ("query_incidents", "query_logs")


async def test_an_error_that_yesterday_did_not_have_is_new(desk: Measured) -> None:
    answer = await ask(desk, "what errors are new in checkout's logs today?")
    window = {"start": "2026-11-20T00:00:00Z", "end": "2026-11-20T12:00:00Z"}
    truth = (await desk.call("investigate_sift", application="checkout", time_range=window)).data
    assert answer.data["new_patterns"] == truth["new_patterns"] == 1
    assert plainly(answer.summary).startswith("1 new pattern of errors in the logs of checkout")
    assert any("the certificate has expired" in text for text in texts(answer))


async def test_the_impact_of_an_alert_is_told_against_the_time_before(desk: Measured) -> None:
    """IN-05 flow 3, HD-07, HD-09, TS-18: CPU 45 % to 95 %, memory 65 % to 92 %, three times the traffic."""
    answer = await ask(desk, "what was the impact of HighCpuUsage?")
    changed = {effect["measure"]: effect for effect in answer.data["changed"]}
    assert set(changed) == {"cpu", "memory", "network"}
    assert changed["cpu"]["before"]["median"] == pytest.approx(0.45, abs=0.001)
    assert changed["cpu"]["after"]["median"] == pytest.approx(0.95, abs=0.001)
    assert any(text.startswith("CPU busy") and "against the 1 h before" in text for text in texts(answer))
    assert any(text.startswith("Not clearly changed:") for text in texts(answer))


async def test_requests_that_failed_are_counted_and_users_are_not(desk: Measured) -> None:
    answer = await ask(desk, "how many users were impacted?")
    window = {"start": "2026-11-20T10:15:00Z", "end": "2026-11-20T10:45:00Z"}
    truth = (await desk.call("get_application_health", application="checkout", time_range=window)).data
    values = {row["measure"]: row["value"] for row in truth["measures"]}
    assert answer.summary.startswith("Users are not counted by any source.")
    assert answer.data["failed_requests"] == round(values["error_rate"] * values["requests"]) > 0
    assert answer.data["users"] is None
    (users,) = (unknown for unknown in answer.unknown if unknown.what == "How many users were affected")
    assert users.why == "Requests are counted; who sent them is not."


async def test_an_anomaly_is_told_with_the_numbers_it_was_judged_by(desk: Measured) -> None:
    """HD-08."""
    answer = await ask(desk, "any anomalies in abc-app's error rate yesterday?")
    asked: dict[str, Any] = {"application": "abc-app", "measure": "error rate", "time_range": YESTERDAY}
    truth = (await desk.call("detect_anomalies", **asked)).data
    assert answer.data["anomaly_count"] == truth["anomaly_count"] == 1
    (item,) = (item for series in truth["series"] for item in series["anomalies"])
    (told,) = answer.data["anomalies"]
    assert {key: told[key] for key in ("peak", "baseline", "score", "start")} == {
        key: item[key] for key in ("peak", "baseline", "score", "start")
    }
    assert any("median absolute deviation, threshold" in text for text in texts(answer))


async def test_nothing_is_called_ordinary_that_was_not_measured_then(desk: Measured) -> None:
    answer = await ask(desk, "is abc-app's error rate unusual today?")
    assert answer.summary.startswith("Not known: whether anything was unusual on abc-app")


async def test_savings_are_those_of_the_tool(desk: Measured) -> None:
    answer = await ask(desk, "what can we save?")
    truth = (await desk.call("recommend_optimizations")).data
    for key in ("recommendations", "total_monthly_savings", "cost_analysis", "currency"):
        assert answer.data[key] == truth[key]


async def test_what_is_written_down_comes_best_first_with_its_link(desk: Measured) -> None:
    """CX-14."""
    answer = await ask(desk, "what do we know about connection pool exhaustion")
    truth = (await desk.call("search_knowledge", query="connection pool exhaustion", limit=3)).data
    assert answer.data["documents"] == truth["documents"]
    assert truth["documents"][0]["title"] == "Connection pool exhaustion"
    assert texts(answer)[0].endswith(" http://wiki/pool.md")


@pytest.mark.parametrize("text", ASKED)
async def test_three_runs_give_the_same_bytes_and_every_claim_is_proved(desk: Measured, text: str) -> None:
    runs = [await ask(desk, text) for _ in range(3)]
    assert len({without_ids(answer) for answer in runs}) == 1
    assert all(finding.executions for finding in runs[0].findings)
    known = {source.execution for source in runs[0].sources}
    assert {execution for finding in runs[0].findings for execution in finding.executions} <= known
