"""Revive over HTTP on a real Prometheus through a real mcp-grafana: numbers, their query and their chart; new panels.

Promises: RV-03 (its answer is Prometheus' own), RV-19, RV-22.
"""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager

import pytest

from agents.rules.brain import RulesBrain
from domain.database import Pool
from tests.mcp_grafana import Estate, estate
from tests.scenarios.entrances import Opened, opened
from tests.scenarios.test_revive_integration import asked, at_work
from tests.tools import metrics_world
from tests.tools.plain_world import NOW, history, written_by_hand
from tests.tools.sources_world import opened as opened_sources
from tests.web.changes import decide
from tests.web.entrance import admin
from tools.resources import Resources

pytestmark = pytest.mark.slow
pytest_plugins = ("tests.grafana_fixtures",)

ASKED = "show me the error rate of payment"


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with metrics_world.prometheus(history(), tmp_path_factory.mktemp("reads")) as started:
        yield started


@pytest.fixture(scope="module")
def shop(prometheus: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Estate]:
    with estate(tmp_path_factory.mktemp("reads-grafana"), prometheus) as started:
        yield started


@asynccontextmanager
async def at_noon(pool: Pool, shop: Estate) -> AsyncGenerator[Opened]:
    """The app at the end of the planted history, with an admin signed in and the shop's metrics through Grafana."""
    async with shop.reach() as grafana, opened_sources(pool, grafana=grafana) as sources:
        resources = Resources(grafana=grafana, sources=sources)
        async with opened(pool, RulesBrain(), resources=resources, clock=lambda: NOW) as house:
            house.web.headers.update(admin())
            yield house


async def test_numbers_in_plain_words_come_with_their_query_and_their_chart(
    pool: Pool, shop: Estate, prometheus: str
) -> None:
    async with at_noon(pool, shop) as house:
        body = await asked(house.web, ASKED, mode="grafana")
    answer = body["response"]["answer"]
    assert (body["status"], body["response"]["mode_detected"]) == ("completed", "grafana")
    assert body["tools_used"] == ["query_metrics"]
    [shown] = [part["data"]["rows"] for part in answer["parts"] if part["title"] == "Queries"]
    [value] = written_by_hand(prometheus, shown[0]["query"], NOW).values()
    assert value == pytest.approx(0.1, rel=0.02)
    assert "10 % at the end" in answer["summary"].replace("\u202f", " ")
    [drawn] = [part["data"]["series"] for part in answer["parts"] if part["kind"] == "series"]
    assert drawn[0]["points"][-1][1] == pytest.approx(value, rel=0.02)
    assert [proof["status"] for proof in answer["evidence"]] == ["ok"]
    assert shop.grafana.writes == []


async def test_the_query_itself_is_shown_and_nothing_is_run(pool: Pool, shop: Estate) -> None:
    async with at_noon(pool, shop) as house:
        body = await asked(house.web, "what is the promql for the error rate of payment?")
    assert body["tools_used"] == ["translate_query"]
    assert 'http_requests_total{service="payment"' in body["response"]["answer"]["summary"]


async def test_what_cannot_be_read_is_said_and_never_made_up(pool: Pool) -> None:
    async with at_work(pool) as house:
        body = await asked(house.web, ASKED)
    answer = body["response"]["answer"]
    assert answer["summary"].startswith("No metrics source is connected, so this cannot be measured")
    assert answer["findings"] == []


async def test_a_panel_by_a_label_is_shown_as_its_query_then_made(pool: Pool, grafana_estate: Estate) -> None:
    """RV-19: by handler is more than the library hears, so it is translated, shown, approved and made as shown."""
    async with (
        grafana_estate.reach() as grafana,
        opened_sources(pool, grafana=grafana) as sources,
        at_work(pool, Resources(grafana=grafana, sources=sources)) as house,
    ):
        body = await asked(house.web, "Create a dashboard for checkout with request rate by handler")
        assert body["status"] == "awaiting_confirmation", body
        shown = body["response"]["action_required"]
        done = (await decide(house.web, shown)).json()
    expr = 'sum by (handler) (rate(prometheus_http_requests_total{service="checkout"}[5m]))'
    assert expr in str(shown)
    made = done["result"]["resource"]
    (stored,) = grafana_estate.grafana.state.dashboards[made["uid"]]
    assert [target["expr"] for panel in stored["data"]["panels"] for target in panel["targets"]] == [expr]
