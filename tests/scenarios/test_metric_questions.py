"""Questions about metrics over a real Prometheus and a real record: the whole house, asked in plain words.

Promises: IN-05, IN-06 (a time anchored to an alert), IN-07, IN-09, QT-03, SC-01, LIM-03.
"""

import re
from collections.abc import AsyncGenerator, Generator
from typing import Any

import orjson
import pytest

from agents.answer import Answer
from domain.windows import parse
from tests.agents.rules_world import plainly
from tests.scenarios.sample_estate import Desk, desk, filled
from tests.tools import metrics_world
from tests.tools.plain_world import NOW, history, written_by_hand

pytestmark = pytest.mark.slow
IDENTIFIER = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|INC-\d+")
CALLED = """
select tool_name from trivium.ai_tool_executions
where session_id = %(session)s order by created_at
"""
NEWEST = """
select starts_at from trivium.alerts where name = 'HighErrorRate' and service = 'payment-service'
order by starts_at desc limit 1
"""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with metrics_world.prometheus(history(), tmp_path_factory.mktemp("asked")) as url:
        yield url


@pytest.fixture(scope="module")
def record(postgres: str, template: str) -> Generator[str]:
    with filled(postgres, template, NOW) as url:
        yield url


@pytest.fixture
async def asked(record: str, prometheus: str) -> AsyncGenerator[Desk]:
    async with desk(record, NOW, prometheus) as opened:
        yield opened


REQUESTS = 'sum(rate(http_requests_total{{service="{0}"}}[5m]))'
SHARE = 'sum(rate(http_requests_total{{service="{0}",status="500"}}[5m])) / ' + REQUESTS
USED = 'sum(rate(container_cpu_usage_seconds_total{container="payment"}[5m]))'


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("CPU of payment in the last hour", USED),
        ("how much cpu did payment use over the last hour?", USED),
        ("error rate of payment-service now", SHARE.format("payment")),
        ("error rate of checkout yesterday", SHARE.format("checkout")),
        ("requests per second of checkout today", REQUESTS.format("checkout")),
    ],
)  # fmt: skip
async def test_the_last_value_is_what_prometheus_itself_says(
    text: str, query: str, asked: Desk, prometheus: str
) -> None:
    """SC-01, IN-06, IN-07."""
    answer, _ = await asked.ask(text)
    [line] = answer.data["series"]
    [window] = {orjson.dumps(source.window) for source in answer.sources if source.status == "ok"}
    [truth] = written_by_hand(prometheus, query, parse(orjson.loads(window)["end"])).values()
    assert line["last"] == pytest.approx(truth, rel=0.01)
    assert answer.findings
    assert all(finding.executions for finding in answer.findings)
    assert {part.kind for part in answer.parts} == {"stat", "series", "table"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("which service has the highest error rate now?", "Share of failed requests now is highest for payment: 10 %."),
        (
            "top 5 services by request rate",
            "Requests per second now, highest first: checkout 20 req/s and payment 10 req/s.",
        ),
        (
            "compare error rate of payment-service and checkout",
            "Share of failed requests in the last hour is higher for payment-service than for checkout: 9.57 % against",
        ),
        (
            "is the error rate of payment-service going up?",
            "Rising: Share of failed requests on payment-service in the last 24 h was 1.1 % in the first half",
        ),
        (
            "p95 latency of payment today vs yesterday",
            "Latency, p95 on payment-service is about the same for today as for yesterday: 750 ms against 750 ms",
        ),
        ("how many requests did checkout get today", "Requests on checkout since Fri 20 Nov 2026 UTC: 864,000."),
        ("cpu of parcels", "Not known: CPU on parcels in the last hour."),
    ],
)
async def test_a_question_about_metrics_is_answered_in_a_sentence(text: str, said: str, asked: Desk) -> None:
    """IN-06, IN-07, IN-09."""
    answer, _ = await asked.ask(text)
    assert plainly(answer.summary).startswith(said)


async def test_a_name_that_only_metrics_know_is_asked_about_and_the_nearest_are_said(asked: Desk) -> None:
    answer, session = await asked.ask("cpu of parcels")
    assert "There is: checkout" in answer.unknown[0].why
    assert [row["tool_name"] for row in await asked.rows(CALLED, {"session": session})] == ["query_metrics"]


async def test_the_time_of_an_alert_is_found_first_and_then_measured(asked: Desk) -> None:
    """IN-06: an hour around the newest alert of that name, as the record has it."""
    answer, session = await asked.ask("error rate of payment-service when HighErrorRate fired")
    [newest] = await asked.rows(NEWEST)
    tools = [row["tool_name"] for row in await asked.rows(CALLED, {"session": session})]
    assert tools[:2] == ["query_alerts_history", "query_metrics"]
    assert parse(answer.data["alert"]["starts_at"]) == newest["starts_at"]
    window = next(item.window for item in answer.sources if item.tool == "query_metrics" and item.status == "ok")
    assert window
    assert parse(window["start"]) < newest["starts_at"] < parse(window["end"])
    assert "when HighErrorRate fired" in answer.summary


async def test_a_follow_up_asks_the_same_of_another_service_and_of_another_time(asked: Desk) -> None:
    answer, _ = await asked.ask("error rate of payment in the last hour", "and for checkout?", "yesterday?")
    assert plainly(answer.summary) == ("Share of failed requests on checkout, Thu 19 Nov 2026 UTC: 1 % all the time.")


async def test_nine_days_are_asked_about_in_two_calls_and_told_as_one(asked: Desk) -> None:
    """LIM-03."""
    answer, session = await asked.ask("requests per second of checkout in the last 9 days")
    assert len(await asked.rows(CALLED, {"session": session})) == 2
    assert plainly(answer.summary).startswith("Requests per second on checkout in the last 9 days: 20 req/s")
    [drawn] = [part for part in answer.parts if part.kind == "series"]
    times = [time for time, _ in drawn.data["series"][0]["points"]]
    assert times == sorted(times)


async def test_three_runs_give_the_same_bytes(asked: Desk) -> None:
    runs = [(await asked.ask("CPU of payment in the last hour"))[0] for _ in range(3)]
    assert len({without_ids(answer) for answer in runs}) == 1


def without_ids(answer: Answer) -> bytes:
    """The answer but for ids, and for when the source was asked: a cache may have known."""
    told: dict[str, Any] = answer.as_json()
    told["sources"] = [source | {"as_of": None} for source in told["sources"]]
    return IDENTIFIER.sub(b"id", orjson.dumps(told))


@pytest.mark.parametrize(
    "text", ["CPU of payment in the last hour", "compare error rate of payment-service and checkout"]
)
async def test_without_a_source_the_answer_says_what_to_set_and_claims_nothing(text: str, record: str) -> None:
    async with desk(record, NOW) as bare:
        answer, _ = await bare.ask(text)
    assert "set MCP_GRAFANA_URL" in answer.summary
    assert (answer.findings, answer.data, answer.parts) == ((), {}, ())
    assert answer.suggestions
