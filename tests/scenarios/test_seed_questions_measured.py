"""The seeds' own questions over a shop under real load, through a real mcp-grafana and without it.

Every number of an answer is that of a query written by hand here, evaluated at the same instant.

Promises: IN-05, IN-06, IN-07, IN-08, IN-09, HD-13, SC-01.
"""

import asyncio
import re
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import orjson
import pytest

from agents.answer import Answer
from domain.windows import Window, parse
from tests.agents.rules_world import plainly
from tests.scenarios import shop_world
from tests.scenarios.shop_truths import STEP, Truth, assert_same, same, seconds_in
from tests.scenarios.shop_world import TROUBLE, World
from tests.tools import application_history

pytestmark = [pytest.mark.slow, pytest.mark.long]

Heard: TypeAlias = dict[str, tuple[Answer, ...]]
IDENTIFIER = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
RUNS = 3
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SAMPLE: dict[str, Any] = dict(application_history.PROFILE)
SLOS: dict[str, float] = SAMPLE["slos"]
PARTS = {"api": "shop-api", "web": "shop-web"}
QUESTIONS = {
    "events": "How many events were created for shop-api app in last 24 hours?",
    "healthy": "Was shop healthy in the last hour?",
    "impact": "what was the impact of HighErrorRate?",
    "cpu": "Show me the CPU trend for service shop-api",
    "fired": "error rate of shop-api when HighErrorRate fired",
    "response": "What's the average response time for service shop-api?",
    "memory": "memory of shop-api in the last hour vs the hour before",
    "environments": "Compare error rates between production and staging",
    "timeouts": "Find all errors containing 'database timeout'",
    "entries": "Show me the last 10 log entries for pod shop-api-1",
    "incident": "What were the logs during the incident?",
    "now": "Is service shop-api healthy right now?",
    "uptime": "What's the uptime for app shop this month?",
    "compliance": "Show me SLO compliance",
    "affected": "What services were affected by the outage?",
    "users": "How many users were impacted?",
    "alerts": "Show me all alerts for shop-api",
    "golden": "golden signals of shop-mail",
    "busy": "CPU of node in the last 5 minutes",
    "load": "requests per second of shop-api in the last 10 minutes",
}
MEASURED = tuple(key for key in QUESTIONS if key not in ("events", "alerts"))
FAILED = 'sum(rate(http_requests_total{{{0},status="500"}}[{1}])) / sum(rate(http_requests_total{{{0}}}[{1}]))'
REQUESTS = "sum(rate(http_requests_total{{{0}}}[{1}]))"
P95 = "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{{{0}}}[{1}])))"
FIRED = """
select count(*) from trivium.alerts where service = %s and starts_at >= %s and starts_at < %s and severity = %s
"""
SERVICES = "select services from trivium.incidents"


@dataclass(frozen=True, slots=True)
class Told:
    """The answers of one way, three of each question; `truth` is what the sources themselves say."""

    heard: Heard
    truth: Truth

    def __getitem__(self, key: str) -> Answer:
        return self.heard[key][0]

    @property
    def now(self) -> datetime:
        return self.truth.world.now

    @property
    def trouble(self) -> datetime:
        return self.now - TROUBLE


@pytest.fixture(scope="module")
def world(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    with shop_world.world(postgres, template, tmp_path_factory.mktemp("shop")) as opened:
        yield opened


@pytest.fixture(scope="module")
def ways(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Heard]:
    """Every question three times by each way, every time of a house that knows nothing yet."""
    with shop_world.read_only_grafana(world, tmp_path_factory.mktemp("grafana")) as addresses:

        async def by_grafana() -> list[dict[str, Answer]]:
            runs: list[dict[str, Answer]] = []
            for _ in range(RUNS):
                async with shop_world.through(addresses) as grafana, shop_world.desk(world, grafana=grafana) as desk:
                    runs.append({key: (await desk.ask(text))[0] for key, text in QUESTIONS.items()})
            return runs

        async def directly() -> list[dict[str, Answer]]:
            runs: list[dict[str, Answer]] = []
            for _ in range(RUNS):
                async with shop_world.desk(world, is_direct=True) as desk:
                    runs.append({key: (await desk.ask(text))[0] for key, text in QUESTIONS.items()})
            return runs

        heard = {"mcp-grafana": asyncio.run(by_grafana()), "direct": asyncio.run(directly())}
    return {way: {key: tuple(run[key] for run in runs) for key in QUESTIONS} for way, runs in heard.items()}


@pytest.fixture(params=["mcp-grafana", "direct"])
def told(request: pytest.FixtureRequest, world: World, ways: dict[str, Heard]) -> Told:
    return Told(ways[request.param], Truth(world))


def test_prometheus_has_counted_every_request_of_the_load(world: World) -> None:
    truth = Truth(world)
    assert sum(world.sent.values()) > 1500
    for (app, status), count in world.sent.items():
        name, env = app.split()
        assert truth.at(f'http_requests_total{{app="{name}",env="{env}",status="{status}"}}') == count


def test_events_are_those_on_record(told: Told) -> None:
    """IN-05."""
    levels = ("critical", "warning", "info")
    found = {level: told.truth.rows(FIRED, "shop-api", told.now - DAY, told.now, level)[0][0] for level in levels}
    assert told["events"].data["by_level"] == found
    assert told["events"].data["total_events"] == sum(found.values()) == 3


@pytest.mark.parametrize(("key", "parts"), [("healthy", PARTS), ("now", {"shop-api": "shop-api"})])
def test_health_is_told_with_the_numbers_of_each_part(key: str, parts: dict[str, str], told: Told) -> None:
    """IN-05, IN-07, HD-13: the sample profile's objectives, by the labels of its parts."""
    data = told[key].data
    vitals = {part: vitals_of(told.truth, value, told.now - HOUR, told.now) for part, value in parts.items()}
    assert same(data["uptime"], min(each["uptime"] for each in vitals.values()))
    assert same(data["error_rate"], max(each["error_rate"] for each in vitals.values()))
    assert same(data["p95_latency_ms"], 1000 * max(each["p95_latency"] for each in vitals.values()))
    assert data["total_requests"] == round(sum(each["requests"] for each in vitals.values()))
    is_broken = any(each["error_rate"] > SLOS["error_rate"] for each in vitals.values())
    assert is_broken
    assert data["verdict"] == ("unhealthy" if key == "healthy" else "no objectives")


def test_the_alerts_of_an_application_are_those_of_its_services(told: Told) -> None:
    """IN-05, HD-13: both services of the shop have an alert, and the incident is theirs."""
    query = "select count(*) from trivium.alerts where service in ('shop-api', 'shop-web') and starts_at >= %s"
    [(count,)] = told.truth.rows(query, told.now - HOUR)
    assert told["healthy"].data["total_alerts"] == count == 2
    assert told["healthy"].data["total_incidents"] == 1
    assert told["healthy"].summary.startswith("Unhealthy, by its alerts and its metrics: 2 alerts fired on shop")


def vitals_of(truth: Truth, app: str, start: datetime, end: datetime, step: int = STEP) -> dict[str, float]:
    """The four signs of an application; of uptime the mean, step by step."""
    label, seconds = f'app="{app}"', f"{int((end - start).total_seconds())}s"
    return {
        "uptime": truth.course(f"avg(up{{{label}}})", start + timedelta(seconds=step), end, step).numbers["mean"],
        "error_rate": truth.at(FAILED.format(label, seconds), end),
        "p95_latency": truth.at(P95.format(label, seconds), end),
        "requests": truth.at(REQUESTS.format(label, seconds), end) * (end - start).total_seconds(),
    }


@pytest.mark.parametrize("key", ["impact", "affected", "users"])
def test_what_an_alert_did_is_the_time_before_beside_the_time_since(key: str, told: Told) -> None:
    """IN-05, IN-07."""
    data = told[key].data
    [services] = told.truth.rows(SERVICES)[0]
    assert data["services"] == sorted(services) == ["shop-api", "shop-web"]
    changed = {(item["measure"], item["series"]): item for item in data["changed"]}
    for measure, query in {"error rate": FAILED, "latency p95": P95, "request rate": REQUESTS}.items():
        found = changed[measure, ""]
        step = seconds_in(found["query"])
        asked, later = query.format('app="shop-api"', f"{step}s"), timedelta(seconds=step)
        before = told.truth.course(asked, told.trouble - HOUR + later, told.trouble, step)
        since = told.truth.course(asked, told.trouble + later, told.now, step)
        assert_same(found["before"], before.side)
        assert_same(found["after"], since.side)


def test_requests_that_failed_in_the_incident_are_counted(told: Told) -> None:
    """IN-07: nobody counts users, and that is said."""
    found = vitals_of(told.truth, "shop-api", told.trouble, told.now)
    assert told["users"].data["users"] is None
    assert told["users"].data["failed_requests"] == round(found["error_rate"] * found["requests"])


def test_a_trend_is_the_course_of_a_day(told: Told) -> None:
    """IN-06."""
    query = 'sum by (instance) (rate(process_cpu_seconds_total{app="shop-api"}[5m]))'
    courses = told.truth.courses(query, told.now - DAY, told.now)
    assert len(courses) == 2
    assert_lines(told["cpu"], {instance: course.numbers for instance, course in courses.items()})


def assert_lines(answer: Answer, truth: dict[str, dict[str, float]]) -> None:
    lines = {line["name"].removeprefix("instance="): line for line in answer.data["series"]}
    assert set(lines) == set(truth)
    for name, numbers in truth.items():
        assert_same(lines[name], numbers)


def test_the_value_when_an_alert_fired_is_that_of_its_start(told: Told) -> None:
    """IN-06."""
    query = FAILED.format('app="shop-api"', "5m")
    answer = told["fired"]
    assert parse(answer.data["alert"]["starts_at"]) == told.trouble
    assert same(answer.data["at_alert"], told.truth.at(query, told.trouble))
    around = told.truth.course(query, told.trouble - timedelta(minutes=30), told.now)
    assert_same(answer.data["series"][0], around.numbers)


def test_the_average_response_time_is_seconds_by_requests(told: Told) -> None:
    """IN-07."""
    label = '{app="shop-api"}[5m]'
    query = (
        f"sum(rate(http_request_duration_seconds_sum{label})) / sum(rate(http_request_duration_seconds_count{label}))"
    )
    [line] = told["response"].data["series"]
    assert_same(line, told.truth.hour(query).numbers)
    assert same(line["last"], told.truth.at(query))


def test_memory_is_told_beside_that_of_the_hour_before(told: Told) -> None:
    """IN-07."""
    query, begun = 'process_resident_memory_bytes{app="shop-api"}', told.now - HOUR
    now = told.truth.courses(query, begun, told.now)
    before = told.truth.courses(query, begun - HOUR, begun)
    truth = {name: course.numbers | {"before": before[name].numbers["mean"]} for name, course in now.items()}
    assert_lines(told["memory"], truth)


def test_production_and_staging_are_compared(told: Told) -> None:
    """IN-07."""
    sides = {side["label"]: side["series"] for side in told["environments"].data["sides"]}
    assert set(sides) == {"prod", "staging"}
    for env, [line] in sides.items():
        assert_same(line, told.truth.hour(FAILED.format(f'env="{env}"', "5m")).numbers)


def rows_of(answer: Answer) -> list[str]:
    [part] = [part for part in answer.parts if part.kind == "logs"]
    return [row["text"] for row in part.data["rows"]]


def test_errors_that_hold_the_words_are_found_and_counted(told: Told) -> None:
    """IN-07."""
    query = '{level="error"} |= "database timeout"'
    [total] = told.truth.counts(f"sum(count_over_time({query}[1d]))").values()
    assert told["timeouts"].data["total_lines"] == total == 12
    assert rows_of(told["timeouts"]) == told.truth.lines(query, told.now - DAY, 100)


def test_the_last_entries_of_a_pod_are_the_newest(told: Told) -> None:
    """IN-07."""
    query = '{pod="shop-api-1"}'
    assert rows_of(told["entries"]) == told.truth.lines(query, told.now - DAY, 10)
    assert len(rows_of(told["entries"])) == 10
    [total] = told.truth.counts(f"sum(count_over_time({query}[1d]))").values()
    assert told["entries"].data["total_lines"] == total
    assert told["entries"].data["by_level"] == told.truth.counts(
        f"sum by (level) (count_over_time({query}[1d]))", "level"
    )


def test_the_logs_of_the_incident_are_those_since_it_began(told: Told) -> None:
    """IN-07: from five minutes before."""
    begun = told.trouble - timedelta(minutes=5)
    assert rows_of(told["incident"]) == told.truth.lines('{app="shop-api"}', begun, 100)
    query = 'sum by (level) (count_over_time({app="shop-api"}[25m]))'
    assert told["incident"].data["by_level"] == told.truth.counts(query, "level")


def looked_at(answer: Answer) -> list[tuple[Window, int]]:
    """The stretches in which uptime was measured, and the seconds between its samples, as the answer tells them."""
    found: list[tuple[Window, int]] = []
    for source in answer.sources:
        step = re.search(r"avg\(up\S+ from \S+ to \S+ step (\d+)s", source.query)
        if source.status == "ok" and step and source.window:
            found.append((Window(parse(source.window["start"]), parse(source.window["end"])), int(step[1])))
    assert found
    return found


@pytest.mark.parametrize("key", ["uptime", "compliance"])
def test_uptime_and_budgets_are_those_of_all_that_was_measured(key: str, told: Told) -> None:
    """IN-07, HD-13."""
    answer, stretches = told[key], looked_at(told[key])
    if len(stretches) > 1:
        pytest.skip("the shop's three hours lie on both sides of a midnight at which a stretch ends")
    [(window, step)] = stretches
    vitals = {part: vitals_of(told.truth, app, window.start, window.end, step) for part, app in PARTS.items()}
    assert same(answer.data["uptime"], min(each["uptime"] for each in vitals.values()))
    assert answer.data["uptime"] < 1
    allowed = {"uptime": 1 - SLOS["availability"], "error_rate": SLOS["error_rate"]}
    assert len(answer.data["error_budgets"]) == 4
    for row in answer.data["error_budgets"]:
        value = float(f"{vitals[row['part']][row['measure']]:.6g}")
        used = 1 - value if row["measure"] == "uptime" else value
        assert row["left"] == pytest.approx(1 - used / allowed[row["measure"]], abs=1e-5)


def test_the_alerts_of_a_service_are_those_of_a_day_unless_a_time_is_named(told: Told) -> None:
    """IN-09."""
    query = "select count(*) from trivium.alerts where service = 'shop-api' and starts_at >= %s"
    [(count,)] = told.truth.rows(query, told.now - DAY)
    assert told["alerts"].data["total_alerts"] == count == 3


def test_of_the_golden_signals_those_are_told_that_there_are_and_the_missing_one_is_named(told: Told) -> None:
    """IN-07."""
    answer, label = told["golden"], 'app="shop-mail"'
    assert_same(answer.data["series"][0], told.truth.hour(REQUESTS.format(label, "5m")).numbers)
    titles = [plainly(finding.text).split(" of shop-mail")[0] for finding in answer.findings]
    assert titles == ["Requests per second", "Share of failed requests", "CPU cores used"]
    [missing] = answer.unknown
    assert missing.what == "Latency"
    assert "no series of 'shop-mail'" in missing.why
    drawn = {part.title: part.data["series"][0]["summary"] for part in answer.parts if part.kind == "series"}
    assert same(
        drawn["Share of failed requests of shop-mail"]["mean"],
        told.truth.hour(FAILED.format(label, "5m")).numbers["mean"],
    )


def test_a_node_and_the_load_are_measured_as_they_are(told: Told) -> None:
    """SC-01."""
    busy = told.truth.at('1 - avg(rate(node_cpu_seconds_total{mode="idle"}[5m]))')
    assert same(told["busy"].data["series"][0]["last"], busy)
    query, begun = REQUESTS.format('app="shop-api"', "5m"), told.now - timedelta(minutes=10)
    assert_same(told["load"].data["series"][0], told.truth.course(query, begun, told.now).numbers)


@pytest.mark.parametrize("key", QUESTIONS)
def test_three_runs_give_the_same_bytes_and_every_claim_is_proved(key: str, told: Told) -> None:
    assert len({without_ids(answer) for answer in told.heard[key]}) == 1
    known = {source.execution for source in told[key].sources}
    for finding in told[key].findings:
        assert finding.executions
        assert set(finding.executions) <= known


@pytest.mark.parametrize("key", QUESTIONS)
def test_both_ways_tell_the_same(key: str, ways: dict[str, Heard]) -> None:
    through, direct = ways["mcp-grafana"][key][0], ways["direct"][key][0]
    assert without_sources(through) == without_sources(direct)


@pytest.mark.parametrize("key", MEASURED)
def test_each_way_is_named_as_the_source(key: str, ways: dict[str, Heard]) -> None:
    assert all("through Grafana" in name for name in measuring(ways["mcp-grafana"][key][0]))
    assert all("127.0.0.1" in name for name in measuring(ways["direct"][key][0]))


RECORD = "trivium alerts database"
# What metrics there are was asked before, and is remembered.
KEPT = "Prometheus through Grafana (Prometheus); "


def measuring(answer: Answer) -> list[str]:
    """Who gave the numbers, beside the record."""
    found = [source.source for source in answer.sources if source.status == "ok" and source.source != RECORD]
    assert found
    return found


def without_ids(answer: Answer) -> bytes:
    """The answer but for ids, and for when the source was asked."""
    told: dict[str, Any] = answer.as_json()
    told["sources"] = [source | {"as_of": None} for source in told["sources"]]
    return IDENTIFIER.sub(b"id", orjson.dumps(told))


def without_sources(answer: Answer) -> bytes:
    """All that is claimed and drawn."""
    told: dict[str, Any] = answer.as_json()
    return IDENTIFIER.sub(b"id", orjson.dumps({name: value for name, value in told.items() if name != "sources"}))


def test_when_mcp_grafana_goes_away_the_sources_are_asked_directly_and_named(
    world: World, ways: dict[str, Heard], tmp_path: Path
) -> None:
    """IN-07, SC-01: the first question went through it, the rest do not."""

    async def ask_before_and_after() -> dict[str, Answer]:
        with ExitStack() as mcp_grafana:
            addresses = mcp_grafana.enter_context(shop_world.read_only_grafana(world, tmp_path))
            async with (
                shop_world.through(addresses) as grafana,
                shop_world.desk(world, is_direct=True, grafana=grafana) as desk,
            ):
                heard = {"load": (await desk.ask(QUESTIONS["load"]))[0]}
                await asyncio.to_thread(mcp_grafana.close)
                for key in (key for key in MEASURED if key != "load"):
                    heard[key] = (await desk.ask(QUESTIONS[key]))[0]
        return heard

    heard = asyncio.run(ask_before_and_after())
    assert all("through Grafana" in name for name in measuring(heard.pop("load")))
    for key, answer in heard.items():
        assert without_sources(answer) == without_sources(ways["direct"][key][0]), key
        for name, directly in zip(measuring(answer), measuring(ways["direct"][key][0]), strict=True):
            assert name.removeprefix(KEPT) == directly, key
