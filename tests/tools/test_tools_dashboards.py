import copy
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter, start_http_server

from domain.database import Pool
from domain.errors import Refused
from tests import house
from tests.grafana_server import Cut, Fault, Hang, Page, Status
from tests.mcp_grafana import Estate, estate
from tests.programs import free_port, pause, program, running
from tests.tools.grafana_changes import REFUSING, UNCLEAR, carried_out, context, done, read, shown
from tools import decisions
from tools.call import ApprovalNeeded
from tools.cleaning import validated
from tools.decisions import Verdict
from tools.grafana import board, dashboard_edits, dashboards
from tools.grafana.dashboard_edits import UPDATE_DASHBOARD
from tools.grafana.dashboards import DELETE_DASHBOARD, GET_DASHBOARD_BY_UID, SEARCH_DASHBOARDS
from tools.grafana.new_dashboards import CREATE_DASHBOARD
from tools.resources import Resources
from tools.spec import AnySpec, Json, Pillar, Risk, ToolContext

pytestmark = pytest.mark.slow

pytest_plugins = ("tests.grafana_fixtures",)

SAVE, ONE = "/api/dashboards/db", "/api/dashboards/uid/"
UP: Json = {"title": "Targets", "expr": "up", "type": "stat", "thresholds": [{"value": 1, "color": "green"}]}
GOROUTINES: Json = {
    "title": "Goroutines",
    "queries": [{"expr": "go_goroutines", "legend": "{{job}}"}, {"expr": "sum(go_threads)"}],
}
P99 = "histogram_quantile(0.99, sum by (le) (rate({}[5m])))"
CHECKOUT: Json = {"title": "Checkout", "folder": "Shop", "tags": ["shop"], "panels": [UP, GOROUTINES]}


async def checkout(given: ToolContext) -> str:
    """The uid of a dashboard that was created."""
    result = await carried_out(CREATE_DASHBOARD, given, CHECKOUT)
    assert result.status == "ok", result.error
    return str(result.data["resource"]["uid"])


def saved(opened: Estate, uid: str) -> Json:
    return opened.grafana.state.dashboards[uid][-1]["data"]


def edited_by_somebody(opened: Estate, uid: str) -> None:
    versions = opened.grafana.state.dashboards[uid]
    newest = copy.deepcopy(versions[-1])
    newest["data"] |= {"version": newest["data"]["version"] + 1, "title": "Checkout, by hand"}
    versions.append(newest)


async def test_without_a_grafana_every_tool_says_so(pool: Pool) -> None:
    given = await context(pool, None)
    for spec, arguments in ((SEARCH_DASHBOARDS, {}), (GET_DASHBOARD_BY_UID, {"uid": "x"})):
        with pytest.raises(Refused, match="No Grafana is configured"):
            await read(spec, given, arguments)
    for spec, arguments in ((CREATE_DASHBOARD, CHECKOUT), (DELETE_DASHBOARD, {"uid": "x"})):
        with pytest.raises(Refused, match="No Grafana is configured"):
            await shown(spec, given, arguments)


async def test_a_dashboard_is_shown_then_created_and_read_back(pool: Pool, grafana_estate: Estate) -> None:
    """RV-01."""
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        kept, seen = await shown(CREATE_DASHBOARD, given, CHECKOUT)
        assert grafana_estate.grafana.writes == []
        result = await done(CREATE_DASHBOARD, given, kept)
    assert seen.title == "Create the dashboard 'Checkout' in folder Shop"
    assert seen.details == {"title": "Checkout", "panels": ["Targets", "Goroutines"], "folder": "Shop"}
    assert seen.lines == (
        "2 panels on Prometheus:",
        "1. Targets (stat)",
        "   up → 1 series now",
        "   in words: up",
        "2. Goroutines (timeseries)",
        "   go_goroutines → 1 series now",
        "   in words: go_goroutines",
        "   sum(go_threads) → 1 series now",
        "   in words: total go_threads",
    )
    assert seen.warnings == ()
    uid = result.data["resource"]["uid"]
    assert result.status == "ok"
    assert result.data == {
        "resource": {
            "type": "dashboard",
            "uid": uid,
            "name": "Checkout",
            "url": f"{grafana_estate.grafana.url}/d/{uid}/checkout",
        },
        "version": 1,
        "folder": "Shop",
        "panels": ["Targets", "Goroutines"],
    }
    assert grafana_estate.grafana.state.dashboards[uid][-1]["folder"] == "shop"


async def test_a_new_dashboard_is_what_grafana_draws(pool: Pool, grafana_estate: Estate) -> None:
    """RV-19: schema, places two in a row, datasource, letters, thresholds."""
    three = {**CHECKOUT, "panels": [UP, GOROUTINES, {"title": "T", "expr": "up", "type": "table", "unit": "short"}]}
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = (await carried_out(CREATE_DASHBOARD, given, three)).data["resource"]["uid"]
    made = saved(grafana_estate, uid)
    stat, series, table = made["panels"]
    assert made["schemaVersion"] == board.SCHEMA
    assert made["tags"] == ["shop"]
    assert [panel["id"] for panel in made["panels"]] == [1, 2, 3]
    assert [panel["gridPos"] for panel in made["panels"]] == [
        {"h": 8, "w": 12, "x": 0, "y": 0},
        {"h": 8, "w": 12, "x": 12, "y": 0},
        {"h": 8, "w": 12, "x": 0, "y": 8},
    ]
    assert {panel["datasource"]["uid"] for panel in made["panels"]} == {"prom"}
    assert {panel["datasource"]["type"] for panel in made["panels"]} == {"prometheus"}
    assert [(query["refId"], query["expr"], query["legendFormat"]) for query in series["targets"]] == [
        ("A", "go_goroutines", "{{job}}"),
        ("B", "sum(go_threads)", "__auto"),
    ]
    assert stat["fieldConfig"]["defaults"]["thresholds"]["steps"] == [
        {"color": "green", "value": None},
        {"color": "green", "value": 1.0},
    ]
    assert (table["targets"][0]["instant"], table["targets"][0]["format"]) == (True, "table")
    assert table["fieldConfig"]["defaults"]["unit"] == "short"


async def test_wishes_become_the_expressions_that_have_data(pool: Pool, grafana_estate: Estate) -> None:
    """RV-19, before approval: what is approved is concrete, and the same at every reading."""
    wishes = [{"wish": name, "service": "checkout"} for name in ("cpu", "memory", "request_rate", "latency_p99")]
    asked = {"title": "Checkout", "panels": wishes}
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        kept, seen = await shown(CREATE_DASHBOARD, given, asked)
        again, _ = await shown(CREATE_DASHBOARD, given, asked)
        result = await done(CREATE_DASHBOARD, given, kept)
    assert again == kept
    assert kept.model_dump()["datasource"] == "prom"
    expressions = [panel["expr"] for panel in kept.model_dump()["panels"]]
    assert expressions == [
        'sum by (instance) (rate(process_cpu_seconds_total{service="checkout"}[5m]))',
        'sum by (instance) (process_resident_memory_bytes{service="checkout"})',
        'sum(rate(prometheus_http_requests_total{service="checkout"}[5m]))',
        P99.format('prometheus_http_request_duration_seconds_bucket{service="checkout"}'),
    ]
    assert all(expr in "\n".join(seen.lines) for expr in expressions)
    assert [panel["wish"] for panel in kept.model_dump()["panels"]] == [None] * 4
    made = saved(grafana_estate, result.data["resource"]["uid"])
    assert [panel["targets"][0]["expr"] for panel in made["panels"]] == expressions
    assert [panel["fieldConfig"]["defaults"]["unit"] for panel in made["panels"]] == ["short", "bytes", "reqps", "s"]


@pytest.mark.parametrize(
    ("panel", "code", "said"),
    [
        ({"wish": "queue", "service": "checkout"}, "nothing_to_show", "kafka_consumergroup_lag"),
        (
            {"wish": "cpu", "service": "paymints"},
            "nothing_to_show",
            "no series of theirs has a label that names paymints",
        ),
        ({"wish": "happiness", "service": "checkout"}, "unknown_wish", "no panel for 'happiness'"),
        ({"title": "CPU", "expr": "rate(node_cpu_usage[5m])"}, "unknown_metric", "no metric node_cpu_usage"),
        ({"title": "CPU", "expr": "sum(rate(up[5m])"}, "bad_expression", "Panel 'CPU'"),
        ({"title": "CPU", "expr": "up down"}, "bad_expression", 'unexpected identifier "down"'),
        ({"title": "CPU", "expr": "up[5m]"}, "bad_expression", "a range of samples"),
    ],
)
async def test_what_nothing_can_show_is_refused_before_anybody_is_asked(
    pool: Pool, grafana_estate: Estate, panel: Json, code: str, said: str
) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        with pytest.raises(Refused) as caught:
            await shown(CREATE_DASHBOARD, given, {"title": "X", "panels": [UP, panel]})
    assert caught.value.code == code
    assert said in str(caught.value)
    assert grafana_estate.grafana.writes == []


async def test_a_metric_that_is_not_there_is_answered_with_the_nearest(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        panel = {"title": "CPU", "expr": "rate(process_cpu_second_total[5m])"}
        with pytest.raises(Refused) as caught:
            await shown(CREATE_DASHBOARD, given, {"title": "X", "panels": [panel]})
    assert caught.value.alternative
    assert "process_cpu_seconds_total" in caught.value.alternative


async def test_what_looks_wrong_is_shown_as_a_warning(pool: Pool, grafana_estate: Estate) -> None:
    panels = [
        {"title": "Raw", "expr": "prometheus_http_requests_total"},
        {"title": "Silent", "expr": 'up{job="nobody"}'},
        {"title": "Open", "expr": 'up{job="$job"}'},
    ]
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        _, seen = await shown(CREATE_DASHBOARD, given, {"title": "X", "panels": panels})
    raw, silent, open_ = seen.warnings
    assert raw.startswith("Raw: prometheus_http_requests_total is a counter")
    assert silent == "Silent: returns no data now"
    assert open_ == "Open: uses the variable $job, so it was not tried"


@pytest.mark.parametrize(
    ("panel", "said"),
    [
        ({"title": "A"}, "give one of expr, queries and wish"),
        ({"title": "A", "expr": "up", "wish": "cpu"}, "give one of expr, queries and wish"),
        ({"expr": "up"}, "a panel needs a title"),
    ],
)
def test_a_panel_says_what_it_shows_in_one_way(panel: Json, said: str) -> None:
    with pytest.raises(Refused, match=said):
        validated(CREATE_DASHBOARD, {"title": "X", "panels": [panel]})


async def test_a_title_that_stands_in_the_folder_is_refused_with_its_link(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        with pytest.raises(Refused) as caught:
            await shown(CREATE_DASHBOARD, given, {**CHECKOUT, "title": "CHECKOUT"})
        _, elsewhere = await shown(CREATE_DASHBOARD, given, {**CHECKOUT, "folder": "Operations"})
    assert caught.value.code == "already_exists"
    assert f"{grafana_estate.grafana.url}/d/{uid}/checkout" in str(caught.value)
    assert caught.value.alternative
    assert caught.value.alternative.startswith(f"Update it (update_dashboard, uid {uid})")
    assert elsewhere.details["folder"] == "Operations"


async def test_a_title_taken_after_the_approval_is_no_second_dashboard(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        kept, _ = await shown(CREATE_DASHBOARD, given, CHECKOUT)
        await checkout(given)
        result = await done(CREATE_DASHBOARD, given, kept)
    assert (result.status, result.is_uncertain) == ("error", False)
    assert "Nothing was created" in str(result.error)
    assert len(grafana_estate.grafana.state.dashboards) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"folder": "Nowhere"}, "no folder 'Nowhere'"),
        ({"datasource": "Loki"}, "no Prometheus datasource 'Loki'"),
    ],
)
async def test_what_grafana_does_not_have_is_refused_by_name(
    pool: Pool, grafana_estate: Estate, change: Json, said: str
) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        with pytest.raises(Refused, match=said) as caught:
            await shown(CREATE_DASHBOARD, given, CHECKOUT | change)
    assert caught.value.alternative


async def test_a_folder_is_found_by_its_title_and_by_its_uid(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        by_title, _ = await shown(CREATE_DASHBOARD, given, {**CHECKOUT, "folder": "operations"})
        by_uid, _ = await shown(CREATE_DASHBOARD, given, {**CHECKOUT, "folder": "ops"})
        general, seen = await shown(CREATE_DASHBOARD, given, {**CHECKOUT, "folder": "General"})
    assert by_title == by_uid
    assert general.model_dump()["folder"] is None
    assert seen.details["folder"] == "General"


async def test_two_folders_of_one_name_have_to_be_told_apart(pool: Pool, grafana_estate: Estate) -> None:
    grafana_estate.grafana.state.folders["shop2"] = "Shop"
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        with pytest.raises(Refused, match="2 folders named 'Shop'") as caught:
            await shown(CREATE_DASHBOARD, given, CHECKOUT)
    assert caught.value.alternative == "Say which by its uid: shop, shop2."


async def test_dashboards_are_found_by_title_and_tag(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        await carried_out(CREATE_DASHBOARD, given, {"title": "Other", "panels": [UP]})
        by_title = await read(SEARCH_DASHBOARDS, given, {"query": "check"})
        by_tag = await read(SEARCH_DASHBOARDS, given, {"tags": ["shop"]})
        first = await read(SEARCH_DASHBOARDS, given, {"limit": 1})
        nothing = await read(SEARCH_DASHBOARDS, given, {"query": "zzz"})
    url = f"{grafana_estate.grafana.url}/d/{uid}/checkout"
    hit = {"uid": uid, "title": "Checkout", "folder": "Shop", "tags": ["shop"], "url": url}
    assert by_title.data["dashboards"] == by_tag.data["dashboards"] == [hit]
    assert first.cut == "only the first 1 are listed"
    assert (nothing.status, nothing.data["dashboards"]) == ("empty", [])


async def test_a_dashboard_is_summed_up_and_given_whole_on_request(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        body = saved(grafana_estate, uid)
        body["templating"] = {"list": [{"name": "job", "type": "query", "query": {"query": "label_values(job)"}}]}
        body["panels"].append({"type": "row", "panels": [{"id": 9, "title": "Inside", "type": "text"}]})
        brief = await read(GET_DASHBOARD_BY_UID, given, {"uid": uid})
        whole = await read(GET_DASHBOARD_BY_UID, given, {"uid": uid, "full": True})
    assert [panel["title"] for panel in brief.data["panels"]] == ["Targets", "Goroutines", "Inside"]
    assert brief.data["panels"][1]["expressions"] == ["go_goroutines", "sum(go_threads)"]
    assert brief.data["variables"] == [{"name": "job", "type": "query", "query": "label_values(job)"}]
    assert (brief.data["version"], brief.data["folder"]) == (1, "Shop")
    assert "json" not in brief.data
    assert whole.data["json"]["title"] == "Checkout"


def test_a_dashboard_of_the_second_schema_is_summed_up_too() -> None:
    query = {"kind": "PanelQuery", "spec": {"query": {"kind": "DataQuery", "spec": {"expr": "up"}}}}
    data = {"kind": "QueryGroup", "spec": {"queries": [query]}}
    panel = {"id": 1, "title": "Up", "vizConfig": {"kind": "VizConfig", "group": "stat"}, "data": data}
    assert board.summaries({"elements": {"p1": {"kind": "Panel", "spec": panel}}}) == [
        {"id": 1, "title": "Up", "type": "stat", "expressions": ["up"]}
    ]


async def test_a_dashboard_that_is_not_there_is_not_found(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        with pytest.raises(Refused, match="no dashboard with the uid 'nope'") as caught:
            await read(GET_DASHBOARD_BY_UID, given, {"uid": "nope"})
        for spec in (UPDATE_DASHBOARD, DELETE_DASHBOARD):
            with pytest.raises(Refused, match="no dashboard with the uid 'nope'"):
                await shown(spec, given, {"uid": "nope"})
    assert caught.value.code == "not_found"


async def test_a_change_is_shown_as_a_diff_then_made(pool: Pool, grafana_estate: Estate) -> None:
    change: Json = {
        "title": "Checkout overview",
        "add_panels": [{"wish": "cpu", "service": "checkout"}],
        "remove_panels": ["goroutines"],
        "replace_panels": [{"panel": "1", "new": {"title": "Up", "expr": "sum(up)"}}],
    }
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        kept, seen = await shown(UPDATE_DASHBOARD, given, {"uid": uid, **change})
        result = await done(UPDATE_DASHBOARD, given, kept)
    assert kept.model_dump()["version"] == 1
    assert seen.diff.splitlines() == [
        "--- Checkout (now)",
        "+++ Checkout (then)",
        "@@ -1,10 +1,9 @@",
        "-title: Checkout",
        "+title: Checkout overview",
        " tags: shop",
        " panels:",
        "-- Targets (stat)",
        "-    query: up",
        "-    thresholds: green from 1",
        "-- Goroutines (timeseries)",
        "-    query: go_goroutines",
        "-      legend: {{job}}",
        "-    query: sum(go_threads)",
        "+- Up (timeseries)",
        "+    query: sum(up)",
        "+- CPU cores used (timeseries)",
        '+    query: sum by (instance) (rate(process_cpu_seconds_total{service="checkout"}[5m]))',
        "+    unit: short",
        "+    description: cpu of checkout",
    ]
    assert (result.status, result.data["version"], result.data["panels"]) == ("ok", 2, ["Up", "CPU cores used"])
    made = saved(grafana_estate, uid)
    assert [(panel["id"], panel["gridPos"]["y"]) for panel in made["panels"]] == [(1, 0), (4, 8)]
    assert grafana_estate.grafana.state.dashboards[uid][-1]["folder"] == "shop"


async def test_what_a_change_does_not_name_stays_as_it_is(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        saved(grafana_estate, uid)["templating"] = {"list": [{"name": "job", "type": "query"}]}
        saved(grafana_estate, uid)["links"] = [{"title": "Runbook", "url": "https://example.test"}]
        before = copy.deepcopy(saved(grafana_estate, uid))
        result = await carried_out(UPDATE_DASHBOARD, given, {"uid": uid, "tags": ["a", "b"]})
    assert result.status == "ok"
    assert saved(grafana_estate, uid) == before | {"tags": ["a", "b"], "version": 2}


async def test_a_concurrent_edit_is_an_error_and_never_overwritten(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        change, _ = await shown(UPDATE_DASHBOARD, given, {"uid": uid, "tags": ["a"]})
        deletion, _ = await shown(DELETE_DASHBOARD, given, {"uid": uid})
        edited_by_somebody(grafana_estate, uid)
        changed = await done(UPDATE_DASHBOARD, given, change)
        deleted = await done(DELETE_DASHBOARD, given, deletion)
    for result in (changed, deleted):
        assert (result.status, result.is_uncertain) == ("error", False)
        assert "version 1 is now 2" in str(result.error)
    assert saved(grafana_estate, uid)["title"] == "Checkout, by hand"
    assert saved(grafana_estate, uid)["tags"] == ["shop"]


async def test_an_edit_between_reading_and_saving_is_caught_by_grafana(pool: Pool, grafana_estate: Estate) -> None:
    mismatch = Status(412, "The dashboard has been changed by someone else", {"status": "version-mismatch"})
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        change, _ = await shown(UPDATE_DASHBOARD, given, {"uid": uid, "tags": ["a"]})
        with grafana_estate.grafana.failing(SAVE, mismatch):
            result = await done(UPDATE_DASHBOARD, given, change)
    assert (result.status, result.is_uncertain) == ("error", False)
    assert "nothing was changed" in str(result.error)


async def test_what_is_sent_never_overwrites(pool: Pool, grafana_estate: Estate) -> None:
    """Grafana itself compares the version, so nobody can slip in between our reading and our saving."""
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        await carried_out(UPDATE_DASHBOARD, given, {"uid": uid, "title": "Renamed"})
    created, changed = [seen.json for seen in grafana_estate.grafana.writes]
    assert not created.get("overwrite")
    assert not changed.get("overwrite")
    assert (changed["dashboard"]["uid"], changed["dashboard"]["version"]) == (uid, 1)


async def test_an_approved_wish_goes_through_the_door_once(pool: Pool, grafana_estate: Estate) -> None:
    """RV-19, RV-20: what is approved is the expression that was shown."""
    asked = {"title": "Checkout", "panels": [{"wish": "cpu", "service": "checkout"}]}
    who, entry = await house.actor(pool, "operator"), house.door(pool, *dashboards.TOOLS)
    async with grafana_estate.reach() as grafana:
        given = replace(await house.tool_context(pool, who, Pillar.REVIVE), resources=Resources(grafana=grafana))
        with pytest.raises(ApprovalNeeded) as needed:
            await entry.call(given, "create_dashboard", asked)
        put = needed.value.confirmation
        assert grafana_estate.grafana.writes == []
        await decisions.decide(entry, pool, who, put.id, Verdict(action="approve", sha256=put.arguments_sha256))
        result = await entry.call(given, "create_dashboard", put.arguments, put.id)
        with pytest.raises(Refused):
            await entry.call(given, "create_dashboard", put.arguments, put.id)
    assert put.arguments["panels"][0]["expr"] in "\n".join(put.details["lines"])
    assert result.status == "ok", result.error
    [(made,)] = grafana_estate.grafana.state.dashboards.values()
    assert made["data"]["panels"][0]["targets"][0]["expr"] == put.arguments["panels"][0]["expr"]


async def test_a_version_that_was_sent_has_to_be_the_newest(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        with pytest.raises(Refused, match="version 7 is now 1"):
            await shown(UPDATE_DASHBOARD, given, {"uid": uid, "version": 7, "tags": []})
        unread = dashboard_edits.UpdateDashboard.model_validate({"uid": uid, "tags": []})
        with pytest.raises(Refused, match="it is at version 1") as caught:
            await dashboard_edits.preview(given, unread)
    assert caught.value.alternative == "Send version=1 with the change."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Nothing to change was given"),
        ({"remove_panels": ["CPU"]}, "no panel 'CPU'"),
        ({"replace_panels": [{"panel": "CPU", "new": UP}]}, "no panel 'CPU'"),
        ({"add_panels": [{"title": "X", "expr": "nope_total"}]}, "no metric nope_total"),
        ({"tags": ["shop"]}, "already is as asked"),
        ({"title": "Other"}, "already is a dashboard 'Other'"),
    ],
)
async def test_a_change_that_cannot_be_made_is_refused_beforehand(
    pool: Pool, grafana_estate: Estate, change: Json, said: str
) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        await carried_out(CREATE_DASHBOARD, given, {**CHECKOUT, "title": "Other"})
        with pytest.raises(Refused, match=said):
            await shown(UPDATE_DASHBOARD, given, {"uid": uid, **change})
    assert len(grafana_estate.grafana.writes) == 2


async def test_one_of_two_panels_of_a_name_is_named_by_its_id(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        twice = {**CHECKOUT, "panels": [UP, UP]}
        uid = (await carried_out(CREATE_DASHBOARD, given, twice)).data["resource"]["uid"]
        with pytest.raises(Refused, match="2 panels 'Targets'") as caught:
            await shown(UPDATE_DASHBOARD, given, {"uid": uid, "remove_panels": ["Targets"]})
        await carried_out(UPDATE_DASHBOARD, given, {"uid": uid, "remove_panels": [2]})
    assert caught.value.alternative == "Its panels are Targets (id 1), Targets (id 2)."
    assert [panel["id"] for panel in saved(grafana_estate, uid)["panels"]] == [1]


async def test_a_provisioned_dashboard_is_not_changed_from_here(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        grafana_estate.grafana.state.provisioned.add(uid)
        for spec, change in ((UPDATE_DASHBOARD, {"title": "Mine"}), (DELETE_DASHBOARD, {})):
            with pytest.raises(Refused, match="provisioned from a file"):
                await shown(spec, given, {"uid": uid, **change})


async def test_what_a_replaced_panel_loses_is_said(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        saved(grafana_estate, uid)["panels"][0]["fieldConfig"]["overrides"] = [{"matcher": {}, "properties": []}]
        replacement = {"panel": "Targets", "new": {"title": "Up", "expr": "up"}}
        _, seen = await shown(UPDATE_DASHBOARD, given, {"uid": uid, "replace_panels": [replacement]})
    assert seen.warnings == ("Targets: the new panel does not take over its overrides",)


async def test_a_dashboard_is_shown_then_deleted_and_gone(pool: Pool, grafana_estate: Estate) -> None:
    """RV-01: the one DELETE that mcp-grafana has no tool for."""
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        kept, seen = await shown(DELETE_DASHBOARD, given, {"uid": uid})
        result = await done(DELETE_DASHBOARD, given, kept)
        again = await done(DELETE_DASHBOARD, given, kept)
    url = f"{grafana_estate.grafana.url}/d/{uid}/checkout"
    assert seen.title == "Delete the dashboard 'Checkout' from folder Shop"
    assert seen.lines[0] == "It has 2 panels: Targets, Goroutines"
    assert seen.lines[1].startswith("It stands at version 1, last changed ")
    assert seen.lines[2] == url
    assert result.data == {
        "resource": {"type": "dashboard", "uid": uid, "name": "Checkout"},
        "deleted": True,
        "folder": "Shop",
    }
    assert uid not in grafana_estate.grafana.state.dashboards
    assert (again.status, again.is_uncertain) == ("error", False)


@pytest.mark.parametrize("fault", REFUSING, ids=repr)
async def test_a_change_that_grafana_refuses_is_an_error_and_surely_not_made(
    pool: Pool, grafana_estate: Estate, fault: Fault
) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        creation, _ = await shown(CREATE_DASHBOARD, given, {**CHECKOUT, "title": "Another"})
        change, _ = await shown(UPDATE_DASHBOARD, given, {"uid": uid, "tags": []})
        deletion, _ = await shown(DELETE_DASHBOARD, given, {"uid": uid})
        with grafana_estate.grafana.failing(SAVE, fault):
            results = [await done(CREATE_DASHBOARD, given, creation), await done(UPDATE_DASHBOARD, given, change)]
        with grafana_estate.grafana.failing(ONE, fault, method="DELETE"):
            results.append(await done(DELETE_DASHBOARD, given, deletion))
    assert [(result.status, result.is_uncertain) for result in results] == [("error", False)] * 3
    assert all(result.error for result in results)
    assert list(grafana_estate.grafana.state.dashboards) == [uid]
    assert saved(grafana_estate, uid)["version"] == 1


@pytest.mark.parametrize(("fault", "was_done"), UNCLEAR)
async def test_a_change_without_a_clear_answer_is_uncertain(
    pool: Pool, grafana_estate: Estate, fault: Fault, was_done: bool
) -> None:
    async with grafana_estate.reach(request_seconds=1) as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        creation, _ = await shown(CREATE_DASHBOARD, given, {**CHECKOUT, "title": "Another"})
        change, _ = await shown(UPDATE_DASHBOARD, given, {"uid": uid, "tags": []})
        with grafana_estate.grafana.failing(SAVE, fault, done=was_done):
            results = [await done(CREATE_DASHBOARD, given, creation), await done(UPDATE_DASHBOARD, given, change)]
    assert [(result.status, result.is_uncertain) for result in results] == [("error", True)] * 2


@pytest.mark.parametrize(("fault", "was_done"), [item for item in UNCLEAR if not isinstance(item[0], Hang)])
async def test_a_deletion_without_a_clear_answer_is_uncertain(
    pool: Pool, grafana_estate: Estate, fault: Fault, was_done: bool
) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        kept, _ = await shown(DELETE_DASHBOARD, given, {"uid": await checkout(given)})
        with grafana_estate.grafana.failing(ONE, fault, done=was_done, method="DELETE"):
            result = await done(DELETE_DASHBOARD, given, kept)
    assert (result.status, result.is_uncertain) == ("error", True)


async def test_a_save_that_cannot_be_read_back_is_uncertain(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        kept, _ = await shown(CREATE_DASHBOARD, given, CHECKOUT)
        with grafana_estate.grafana.failing(ONE, Status(500)):
            unread = await done(CREATE_DASHBOARD, given, kept)
        grafana_estate.grafana.state.dashboards.clear()
        invented = Status(200, body={"uid": "invented", "url": "/d/invented", "version": 1, "status": "success"})
        with grafana_estate.grafana.failing(SAVE, invented):
            absent = await done(CREATE_DASHBOARD, given, kept)
    for result in (unread, absent):
        assert (result.status, result.is_uncertain) == ("error", True)
        assert "could not be read back" in str(result.error)
        assert result.data["resource"]["url"]


async def test_a_save_that_holds_something_else_is_no_success(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        kept, _ = await shown(UPDATE_DASHBOARD, given, {"uid": uid, "title": "Renamed"})
        ignored = Status(200, body={"uid": uid, "url": f"/d/{uid}", "version": 1, "status": "success"})
        with grafana_estate.grafana.failing(SAVE, ignored):
            result = await done(UPDATE_DASHBOARD, given, kept)
    assert (result.status, result.is_uncertain) == ("error", True)
    assert "differs from what was approved" in str(result.error)


async def test_a_deletion_that_left_it_there_is_no_success(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        kept, _ = await shown(DELETE_DASHBOARD, given, {"uid": await checkout(given)})
        with grafana_estate.grafana.failing(ONE, Status(200, "deleted", {"title": "Checkout"}), method="DELETE"):
            result = await done(DELETE_DASHBOARD, given, kept)
    assert (result.status, result.is_uncertain) == ("error", True)
    assert "it is still there" in str(result.error)


@pytest.mark.parametrize("fault", [*REFUSING, Status(500), Page(), Cut()], ids=repr)
async def test_a_search_that_fails_is_an_error_and_never_empty(
    pool: Pool, grafana_estate: Estate, fault: Fault
) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        with grafana_estate.grafana.failing("/api/search", fault):
            result = await done(SEARCH_DASHBOARDS, given, validated(SEARCH_DASHBOARDS, {}))
    assert (result.status, result.is_uncertain) == ("error", False)
    assert result.error


@pytest.mark.parametrize("fault", [*REFUSING, Status(429), Status(500), Page(), Cut(), Hang()], ids=repr)
async def test_a_look_at_one_dashboard_that_fails_is_never_an_answer(
    pool: Pool, grafana_estate: Estate, fault: Fault
) -> None:
    async with grafana_estate.reach(request_seconds=1 if isinstance(fault, Hang) else 30) as grafana:
        given = await context(pool, grafana)
        uid = await checkout(given)
        with grafana_estate.grafana.failing((ONE, "/api/search"), fault):
            looked = [
                await told(GET_DASHBOARD_BY_UID, given, {"uid": uid}),
                await told(SEARCH_DASHBOARDS, given, {}),
            ]
    assert looked == ["error"] * 2


async def told(spec: AnySpec, given: ToolContext, arguments: dict[str, Any]) -> str:
    """How the call ended; a refusal that says what is not there is an error too."""
    try:
        result = await done(spec, given, validated(spec, arguments))
    except Refused:
        return "error"
    return result.status


async def test_a_deletion_that_hangs_is_uncertain(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        kept, _ = await shown(DELETE_DASHBOARD, given, {"uid": await checkout(given)})
        with grafana_estate.grafana.failing(ONE, Hang(seconds=20), method="DELETE"):
            result = await done(DELETE_DASHBOARD, given, kept)
    assert (result.status, result.is_uncertain) == ("error", True)


async def test_what_a_policy_lets_pass_unasked_is_checked_all_the_same(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana, approved=False)
        wish = {"title": "Checkout", "folder": "Shop", "panels": [{"wish": "cpu", "service": "checkout"}]}
        made = await done(CREATE_DASHBOARD, given, validated(CREATE_DASHBOARD, wish))
        with pytest.raises(Refused, match="already is a dashboard"):
            await done(CREATE_DASHBOARD, given, validated(CREATE_DASHBOARD, wish))
        bad = {"title": "X", "panels": [{"title": "A", "expr": "nope"}]}
        with pytest.raises(Refused, match="no metric"):
            await done(CREATE_DASHBOARD, given, validated(CREATE_DASHBOARD, bad))
    assert (made.status, made.data["folder"]) == ("ok", "Shop")


async def test_an_approved_wish_is_never_made_an_expression_after_the_approval(
    pool: Pool, grafana_estate: Estate
) -> None:
    wish = validated(CREATE_DASHBOARD, {"title": "X", "panels": [{"wish": "cpu", "service": "checkout"}]})
    async with grafana_estate.reach() as grafana:
        with pytest.raises(Refused, match="not made an expression yet"):
            await done(CREATE_DASHBOARD, await context(pool, grafana), wish)
    assert grafana_estate.grafana.writes == []


def test_each_tool_says_its_risk_and_its_permission() -> None:
    assert {spec.name: (spec.risk, spec.permission) for spec in dashboards.TOOLS} == {
        "search_dashboards": (Risk.READ, "ai:revive:grafana:dashboard:read"),
        "get_dashboard_by_uid": (Risk.READ, "ai:revive:grafana:dashboard:read"),
        "create_dashboard": (Risk.CREATE, "ai:revive:grafana:dashboard:create"),
        "update_dashboard": (Risk.UPDATE, "ai:revive:grafana:dashboard:update"),
        "delete_dashboard": (Risk.DELETE, "ai:revive:grafana:dashboard:delete"),
    }
    changing = [spec for spec in dashboards.TOOLS if not spec.is_read]
    assert all(spec.preview and spec.settle and not spec.idempotent for spec in changing)


EXPECTED = """
1. CPU busy (timeseries, percentunit)
CPU of checkout
1 - avg by (instance) (rate(node_cpu_seconds_total{service="checkout",mode="idle"}[5m])) → 1 series now
in words: 1 minus average node_cpu_seconds_total with mode idle per second per instance of checkout, 5-minute windows
2. Memory in use (timeseries, percentunit)
memory of checkout
1 - node_memory_MemAvailable_bytes{service="checkout"} / node_memory_MemTotal_bytes{service="checkout"} → 1 series now
in words: 1 minus node_memory_MemAvailable_bytes divided by node_memory_MemTotal_bytes of checkout
3. Requests per second (timeseries, reqps)
request rate of checkout
sum(rate(http_requests_total{job="checkout"}[5m])) → 1 series now
in words: http_requests_total per second of checkout, 5-minute windows
4. Share of failed requests (timeseries, percentunit)
error rate of checkout
(sum(rate(http_requests_total{job="checkout",code=~"5.."}[5m])) or vector(0)) / \
sum(rate(http_requests_total{job="checkout"}[5m])) → 1 series now
in words: error ratio of checkout, 5-minute windows
""".strip().splitlines()
SHOP = """
global: {{scrape_interval: 1s}}
scrape_configs:
- job_name: node
  static_configs: [{{targets: ["127.0.0.1:{node}"], labels: {{service: checkout}}}}]
- job_name: checkout
  static_configs: [{{targets: ["127.0.0.1:{shop}"]}}]
"""


@contextmanager
def shop(folder: Path) -> Generator[str]:
    """The URL of a Prometheus that watches a host with the real node exporter, and a shop on it."""
    registry = CollectorRegistry()
    requests = Counter("http_requests_total", "Requests", ["code"], registry=registry)
    requests.labels("200").inc(5)
    node, port, prometheus = free_port(), free_port(), free_port()
    server, thread = start_http_server(port, "127.0.0.1", registry)
    (folder / "prometheus.yml").write_text(SHOP.format(node=node, shop=port))
    exporter = [program("prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{node}"]
    command = [program("prometheus"), f"--config.file={folder / 'prometheus.yml'}",
               f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{prometheus}"]  # fmt: skip
    url = f"http://127.0.0.1:{prometheus}"
    try:
        with (
            running(exporter, ready=f"http://127.0.0.1:{node}/", log=folder / "node.log"),
            running(command, ready=f"{url}/-/ready", log=folder / "prometheus.log"),
        ):
            wait_for(url, "rate(http_requests_total[5m]) and on () rate(node_cpu_seconds_total[5m])")
            yield url
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def wait_for(url: str, expr: str) -> None:
    for _ in range(150):
        found: Any = httpx.get(f"{url}/api/v1/query", params={"query": expr}).json()
        if found["data"]["result"]:
            return
        pause(0.2)
    pytest.fail(f"{expr} gave nothing")


async def test_a_dashboard_for_a_service_has_panels_on_its_real_metrics(pool: Pool, tmp_path: Path) -> None:
    """RV-19: CPU, memory and request rate of checkout, on node exporter and an application of its own."""
    wishes = [{"wish": name, "service": "checkout"} for name in ("CPU", "memory", "request rate", "error rate")]
    with shop(tmp_path) as prometheus, estate(tmp_path, prometheus) as opened:
        async with opened.reach() as grafana:
            given = await context(pool, grafana)
            _, seen = await shown(CREATE_DASHBOARD, given, {"title": "Checkout", "panels": wishes})
    assert seen.warnings == ()
    assert [line.strip() for line in seen.lines[1:]] == EXPECTED
