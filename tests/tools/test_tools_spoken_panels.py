"""Panels wished for in plain words that the library has none for: translated on what Prometheus has, shown, made.

Promises: RV-19 (the expressions are real ones, and shown before anybody is asked).
"""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    enable_created_metrics,
    start_http_server,
)

from domain.database import Pool
from domain.errors import Refused
from tests import house
from tests.mcp_grafana import Estate, estate
from tests.programs import free_port, program, running
from tests.tools.sources_world import opened
from tests.tools.test_tools_dashboards import done, saved, shown, wait_for
from tools.grafana.dashboard_edits import UPDATE_DASHBOARD
from tools.grafana.new_alert_rules import CREATE_ALERT_RULE
from tools.grafana.new_dashboards import CREATE_DASHBOARD
from tools.resources import Resources
from tools.spec import Json, Pillar, ToolContext

pytestmark = pytest.mark.slow

SCRAPED = """
global: {{scrape_interval: 1s}}
scrape_configs:
- job_name: finder
  static_configs: [{{targets: ["127.0.0.1:{finder}"], labels: {{service: finder}}}}]
"""
P95 = "histogram_quantile(0.95, sum by (le, region) (rate(search_duration_seconds_bucket[5m])))"
ORDERS = "sum by (region) (rate(orders_placed_total[5m]))"


@contextmanager
def finder(folder: Path) -> Generator[str]:
    """The URL of a Prometheus that watches a search with its durations by region, and orders by region."""
    disable_created_metrics()
    registry = CollectorRegistry()
    spent = Histogram("search_duration_seconds", "How long a search took", ["region"], registry=registry)
    orders = Counter("orders_placed_total", "Orders placed", ["region"], registry=registry)
    Gauge("warehouse_parcels", "Parcels in the warehouse", ["hall"], registry=registry).labels("north").set(7)
    for region in ("north", "south"):
        spent.labels(region).observe(0.2)
        orders.labels(region).inc(5)
    port, prometheus = free_port(), free_port()
    server, thread = start_http_server(port, "127.0.0.1", registry)
    (folder / "prometheus.yml").write_text(SCRAPED.format(finder=port))
    command = [program("prometheus"), f"--config.file={folder / 'prometheus.yml'}",
               f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{prometheus}"]  # fmt: skip
    url = f"http://127.0.0.1:{prometheus}"
    try:
        with running(command, ready=f"{url}/-/ready", log=folder / "prometheus.log"):
            wait_for(url, "rate(orders_placed_total[5m])")
            yield url
    finally:
        enable_created_metrics()
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture(scope="module")
def searching(tmp_path_factory: pytest.TempPathFactory) -> Generator[Estate]:
    folder = tmp_path_factory.mktemp("finder")
    with finder(folder) as prometheus, estate(folder, prometheus) as made:
        yield made


@asynccontextmanager
async def working(pool: Pool, searching: Estate) -> AsyncGenerator[ToolContext]:
    """An admin with this Grafana, whose sources are reached through it."""
    async with searching.reach() as grafana, opened(pool, grafana=grafana) as sources:
        who = await house.actor(pool, "admin")
        given = await house.tool_context(pool, who, Pillar.REVIVE, now=datetime.now(UTC))
        resources = sources.bound(Resources(grafana=grafana, sources=sources), who)
        yield replace(given, resources=resources, confirmation_id=uuid4())


async def test_a_wish_by_region_becomes_the_query_on_the_metric_that_is_there(pool: Pool, searching: Estate) -> None:
    """RV-19: shown with its query, in plain words, with what was assumed, then made as shown."""
    asked = {"title": "Search", "panels": [{"wish": "95th percentile of search duration by region"}]}
    async with working(pool, searching) as given:
        kept, _ = await shown(CREATE_DASHBOARD, given, asked)
        result = await done(CREATE_DASHBOARD, given, kept)
    [panel] = kept.model_dump()["panels"]
    assert (panel["expr"], panel["wish"], panel["unit"]) == (P95, None, "s")
    [target] = saved(searching, result.data["resource"]["uid"])["panels"][0]["targets"]
    assert target["expr"] == P95


async def test_what_is_shown_says_the_query_in_words_and_what_was_assumed(pool: Pool, searching: Estate) -> None:
    asked = {"title": "Durations", "panels": [{"wish": "95th percentile of search duration by region"}]}
    async with working(pool, searching) as given:
        _, seen = await shown(CREATE_DASHBOARD, given, asked)
    assert [line.strip() for line in seen.lines[1:]] == [
        "1. 95th percentile of search duration by region (timeseries, s)",
        "95th percentile of search duration by region. The metric was found by its name alone.",
        f"{P95} → 2 series now",
        "in words: p95 of search_duration_seconds per region, 5-minute windows",
    ]


async def test_a_panel_is_added_by_its_words_to_a_dashboard_that_stands(pool: Pool, searching: Estate) -> None:
    board = {"title": "Orders", "panels": [{"title": "Targets", "expr": "up"}]}
    async with working(pool, searching) as given:
        kept, _ = await shown(CREATE_DASHBOARD, given, board)
        uid = (await done(CREATE_DASHBOARD, given, kept)).data["resource"]["uid"]
        change: Json = {"uid": uid, "add_panels": [{"wish": "orders placed by region"}]}
        kept, seen = await shown(UPDATE_DASHBOARD, given, change)
        result = await done(UPDATE_DASHBOARD, given, kept)
    assert result.status == "ok"
    [_, added] = saved(searching, uid)["panels"]
    assert (added["title"], added["targets"][0]["expr"]) == ("Orders placed by region", ORDERS)
    assert ORDERS in seen.diff


WHAT_IS_NOT = (
    ({"wish": "unicorns by forest"}, "unicorns by forest"),
    ({"wish": "95th percentile of checkout duration by colour"}, "checkout duration"),
)


@pytest.mark.parametrize(("panel", "said"), WHAT_IS_NOT)
async def test_what_nothing_measures_is_refused_with_what_there_is(
    pool: Pool, searching: Estate, panel: Json, said: str
) -> None:
    async with working(pool, searching) as given:
        with pytest.raises(Refused) as caught:
            await shown(CREATE_DASHBOARD, given, {"title": "X", "panels": [panel]})
    assert said in str(caught.value)
    assert caught.value.alternative


async def test_what_the_library_knows_is_still_the_librarys(pool: Pool, searching: Estate) -> None:
    asked = {"title": "Memory", "panels": [{"wish": "memory", "service": "finder"}]}
    async with working(pool, searching) as given:
        with pytest.raises(Refused) as caught:
            await shown(CREATE_DASHBOARD, given, asked)
    assert caught.value.code == "nothing_to_show"


async def test_an_alert_rule_says_its_query_in_words(pool: Pool, searching: Estate) -> None:
    rule = {
        "title": "Slow search", "expr": P95, "condition": {"op": "above", "value": 2}, "folder": "Shop",
    }  # fmt: skip
    async with working(pool, searching) as given:
        _, seen = await shown(CREATE_ALERT_RULE, given, rule)
    assert seen.lines[-1] == "In words: p95 of search_duration_seconds per region, 5-minute windows"
