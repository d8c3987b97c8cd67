"""Annotations, incidents, on-call and traces on the real mcp-grafana: each to success, and to every fault."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
from pydantic import ValidationError

from domain.actors import Actor, Entrance
from domain.database import Pool
from domain.errors import NotFound, Refused, SourceError
from tests.grafana_server import Cut, Fault, GrafanaServer, Hang, Huge, Page, Status
from tests.mcp_grafana import Estate
from tools.grafana import annotations, incidents, oncall
from tools.grafana.queries import QUERY_TEMPO
from tools.resources import NOTHING, Resources
from tools.sources.grafana import Grafana
from tools.spec import AnySpec, Json, Pillar, Risk, ToolContext, ToolResult

pytestmark = pytest.mark.slow

pytest_plugins = ("tests.grafana_fixtures",)

NOW = datetime.now(UTC).replace(microsecond=0)
TOOLS: dict[str, AnySpec] = {
    spec.name: spec for spec in (*annotations.TOOLS, *incidents.TOOLS, *oncall.TOOLS, QUERY_TEMPO)
}
IRM = "/api/plugins/grafana-irm-app/resources/api/v1"
# the shortest good call of each reading tool, and where the request that matters goes
READS: dict[str, tuple[Json, str | tuple[str, ...]]] = {
    "list_annotations": ({}, "/api/annotations"),
    "list_incidents": ({}, IRM),
    "list_oncall_teams": ({}, "/oncall/api/v1/teams"),
    "get_oncall_schedule": ({}, "/oncall/api/v1/schedules"),
    "query_tempo": ({"query": "{}"}, "/api/datasources/proxy/uid/tempo"),
}
WRITES: dict[str, tuple[Json, str]] = {
    "create_annotation": ({"text": "Deployed 1.2"}, "/api/annotations"),
    "create_incident": ({"title": "Checkout down", "severity": "major"}, f"{IRM}/IncidentsService.CreateIncident"),
    "update_incident": ({"incident_id": "incident-7", "status": "resolved"}, f"{IRM}/IncidentsService.UpdateStatus"),
}
LOST: tuple[Fault, ...] = (Status(500), Page(), Cut(), Hang())
REFUSED: tuple[Fault, ...] = tuple(Status(status) for status in (400, 401, 403, 404, 409, 412, 429))
FAULTS = (*REFUSED, *LOST)


def context(grafana: Grafana | None) -> ToolContext:
    who = Actor(
        user_id=uuid4(), name="ann", roles=frozenset({"admin"}), teams=frozenset(), ceiling=frozenset({"admin"}),
        scopes=frozenset(), entrance=Entrance.SCRIPT, request_id="r1",
    )  # fmt: skip
    return ToolContext(
        actor=who, pillar=Pillar.REVIVE, session_id=uuid4(), run_id=None, message_id=None,
        database=cast("Pool", None), clock=lambda: datetime.now(UTC), resources=Resources(grafana=grafana),
    )  # fmt: skip


async def use(grafana: Grafana | None, name: str, arguments: Json) -> ToolResult:
    spec = TOOLS[name]
    return await spec.handler(context(grafana), spec.args.model_validate(arguments))


async def preview(grafana: Grafana | None, name: str, arguments: Json) -> Any:
    spec = TOOLS[name]
    assert spec.preview
    return await spec.preview(context(grafana), spec.args.model_validate(arguments))


def fill(server: GrafanaServer) -> None:
    """One of everything, so that no tool answers empty."""
    state = server.state
    state.teams = [{"id": "T1", "name": "SRE"}, {"id": "T2", "name": "Shop"}]
    state.users = {"U1": {"id": "U1", "username": "ann", "email": "ann@example.org", "name": "Ann"}}
    state.schedules = [
        {"id": "S1", "name": "Primary", "team_id": "T1", "time_zone": "UTC", "shifts": [], "on_call_now": ["U1"]},
        {"id": "S2", "name": "Shop", "team_id": "T2", "time_zone": "Europe/Berlin", "shifts": [], "on_call_now": []},
    ]
    nanoseconds = int(NOW.timestamp()) * 10**9
    state.streams = [{"stream": {"app": "checkout"}, "values": [[str(nanoseconds - n), f"line {n}"] for n in range(5)]}]
    state.traces = [{"traceID": "4bf92f", "rootServiceName": "checkout", "rootTraceName": "GET /", "durationMs": 12}]
    state.incidents = {
        "incident-7": {"incidentID": "incident-7", "title": "Slow checkout", "status": "active", "severity": "minor",
                       "createdTime": "2026-11-20T10:00:00Z", "modifiedTime": "2026-11-20T10:00:00Z", "labels": []}
    }  # fmt: skip
    milliseconds = int(NOW.timestamp() * 1000)
    state.annotations = [
        {"id": 5, "text": "Restart", "tags": ["ops"], "time": milliseconds, "timeEnd": milliseconds,
         "dashboardUID": "abc", "panelId": 2, "login": "ann"}
    ]  # fmt: skip


@pytest.fixture
def server(grafana_estate: Estate) -> GrafanaServer:
    fill(grafana_estate.grafana)
    return grafana_estate.grafana


Outcome = tuple[ToolResult | None, SourceError | None]


async def outcome(doing: Awaitable[ToolResult]) -> Outcome:
    try:
        return await doing, None
    except SourceError as error:
        return None, error


def patience(name: str, fault: Fault) -> float:
    """Seconds of a call. mcp-grafana repeats to OnCall what was answered with 429 or 5xx, for longer than we wait."""
    return 0.5 if isinstance(fault, Hang) or "oncall" in name else 10


@pytest.mark.parametrize("name", TOOLS)
async def test_without_a_grafana_a_tool_says_what_to_set(name: str) -> None:
    arguments = (READS | WRITES)[name][0]
    result = await use(None, name, arguments)
    assert (result.status, result.is_uncertain) == ("error", False)
    assert "MCP_GRAFANA_URL" in (result.error or "")
    if TOOLS[name].preview:
        with pytest.raises(Refused) as caught:
            await preview(None, name, arguments)
        assert caught.value.code == "not_configured"


@pytest.mark.parametrize("name", READS)
async def test_a_read_answers_with_what_is_there_and_the_exact_query(
    grafana_estate: Estate, server: GrafanaServer, name: str
) -> None:
    arguments, _ = READS[name]
    async with grafana_estate.reach() as grafana:
        result = await use(grafana, name, arguments)
    assert (result.status, result.source, result.cut) == ("ok", "grafana", None)
    assert result.as_of
    assert " {" in result.query
    assert server.writes == []


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("fault", [*FAULTS, Huge()], ids=repr)
async def test_no_failed_read_looks_like_an_answer(
    grafana_estate: Estate, server: GrafanaServer, name: str, fault: Fault
) -> None:
    arguments, prefix = READS[name]
    with server.failing(prefix, fault):
        async with grafana_estate.reach(request_seconds=patience(name, fault)) as grafana:
            result, error = await outcome(use(grafana, name, arguments))
    assert error or (result and result.status == "error")
    assert error is None or not error.is_uncertain


def was_done(name: str, server: GrafanaServer) -> bool:
    state = server.state
    match name:
        case "create_annotation":
            return any(item["text"] == "Deployed 1.2" for item in state.annotations)
        case "create_incident":
            return any(item["title"] == "Checkout down" for item in state.incidents.values())
        case _:
            return state.incidents["incident-7"]["status"] == "resolved"


@pytest.mark.parametrize("name", WRITES)
async def test_a_change_is_made_once_and_names_what_it_made(
    grafana_estate: Estate, server: GrafanaServer, name: str
) -> None:
    arguments, _ = WRITES[name]
    async with grafana_estate.reach() as grafana:
        shown = await preview(grafana, name, arguments)
        assert server.writes == []
        result = await use(grafana, name, arguments)
    assert shown.title
    assert result.status == "ok"
    assert result.data["resource"]["id"]
    assert len(server.writes) == 1
    assert was_done(name, server)


CASES = [(fault, False) for fault in FAULTS] + [(fault, True) for fault in LOST]


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(("fault", "done"), CASES, ids=repr)
async def test_what_is_said_of_a_failed_change_is_never_untrue(
    grafana_estate: Estate, server: GrafanaServer, name: str, fault: Fault, done: bool
) -> None:
    arguments, prefix = WRITES[name]
    with server.failing(prefix, fault, done=done, method="POST"):
        async with grafana_estate.reach(request_seconds=patience(name, fault)) as grafana:
            result, error = await outcome(use(grafana, name, arguments))
    is_uncertain = error.is_uncertain if error else bool(result and result.is_uncertain)
    said_done = bool(result and result.status == "ok")
    assert said_done <= was_done(name, server), "a fault was reported as a success"
    assert was_done(name, server) <= (said_done or is_uncertain), "a change was reported as not made"
    if name == "create_annotation":
        assert is_uncertain == (fault in LOST)


@pytest.mark.parametrize("name", WRITES)
async def test_a_success_that_names_nothing_made_is_uncertain(
    grafana_estate: Estate, server: GrafanaServer, name: str
) -> None:
    arguments, _ = WRITES[name]
    with server.failing(("/api/annotations", IRM), Status(200, "ok"), method="POST"):
        async with grafana_estate.reach() as grafana:
            result = await use(grafana, name, arguments)
    assert (result.status, result.is_uncertain) == ("error", True)


@pytest.mark.parametrize("fault", [Page(), Cut(), Hang()], ids=repr)
async def test_an_incident_still_unchanged_after_a_lost_answer_may_yet_change(
    grafana_estate: Estate, server: GrafanaServer, fault: Fault
) -> None:
    arguments, prefix = WRITES["update_incident"]
    with server.failing(prefix, fault):
        async with grafana_estate.reach(request_seconds=patience("update_incident", fault)) as grafana:
            result = await use(grafana, "update_incident", arguments)
    assert "status is still 'active'" in (result.error or "")
    assert (result.status, result.is_uncertain) == ("error", True)


@pytest.mark.parametrize("name", WRITES)
async def test_a_token_that_may_only_look_changes_nothing_and_nobody_says_it_did(
    viewer_estate: Estate, name: str
) -> None:
    fill(viewer_estate.grafana)
    async with viewer_estate.reach() as grafana:
        result, error = await outcome(use(grafana, name, WRITES[name][0]))
    assert error or (result and result.status == "error")
    assert not was_done(name, viewer_estate.grafana)


@pytest.mark.parametrize("name", ["create_incident", "update_incident"])
@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
async def test_nothing_is_proposed_while_the_incident_plugin_fails_in_silence(
    grafana_estate: Estate, server: GrafanaServer, name: str, status: int
) -> None:
    with server.failing(IRM, Status(status)):
        async with grafana_estate.reach() as grafana:
            with pytest.raises(SourceError) as caught:
                await preview(grafana, name, WRITES[name][0])
    assert caught.value.status == status


async def test_no_incidents_is_said_only_after_grafana_itself_was_asked(
    grafana_estate: Estate, server: GrafanaServer
) -> None:
    server.state.incidents.clear()
    async with grafana_estate.reach() as grafana:
        result = await use(grafana, "list_incidents", {})
    assert (result.status, result.cut) == ("empty", None)
    asked = [seen for seen in server.requests if seen.path.endswith("QueryIncidentPreviews")]
    assert [seen.headers["user-agent"].startswith("python-httpx") for seen in asked] == [False, True]


async def test_an_empty_list_of_incidents_that_cannot_be_checked_says_so(
    grafana_estate: Estate, server: GrafanaServer
) -> None:
    server.state.incidents.clear()
    async with grafana_estate.reach(token=None) as grafana:
        result = await use(grafana, "list_incidents", {})
        assert result.status == "truncated"
        assert "could not be checked" in (result.cut or "")
        with server.failing("/api/plugins/grafana-irm-app", Status(403)), pytest.raises(SourceError):
            await use(grafana, "list_incidents", {})


async def test_incidents_are_listed_by_status_with_links(grafana_estate: Estate, server: GrafanaServer) -> None:
    async with grafana_estate.reach() as grafana:
        active = await use(grafana, "list_incidents", {"status": "active"})
        resolved = await use(grafana, "list_incidents", {"status": "resolved"})
    assert active.data["incidents"] == [
        {
            "id": "incident-7",
            "title": "Slow checkout",
            "status": "active",
            "severity": "minor",
            "created_at": "2026-11-20T10:00:00Z",
            "modified_at": "2026-11-20T10:00:00Z",
            "url": f"{server.url}/a/grafana-irm-app/incidents/incident-7",
        }
    ]
    assert resolved.status == "empty"


async def test_a_second_incident_of_the_same_name_is_pointed_out(grafana_estate: Estate, server: GrafanaServer) -> None:
    async with grafana_estate.reach() as grafana:
        shown = await preview(grafana, "create_incident", {"title": "slow CHECKOUT", "severity": "major"})
    assert any("incident-7" in warning for warning in shown.warnings)
    assert any("page people" in warning for warning in shown.warnings)
    assert server.writes == []


async def test_the_change_of_an_incident_is_shown_as_a_difference(
    grafana_estate: Estate,
    server: GrafanaServer,  # noqa: ARG001
) -> None:
    async with grafana_estate.reach() as grafana:
        arguments = {"incident_id": "incident-7", "severity": "major", "status": "resolved"}
        shown = await preview(grafana, "update_incident", arguments)
        with pytest.raises(NotFound):
            await preview(grafana, "update_incident", {"incident_id": "incident-8", "status": "resolved"})
    assert shown.lines == ("severity: minor becomes major", "status: active becomes resolved")
    assert {"-severity: minor", "+severity: major", "-status: active", "+status: resolved"} <= set(
        shown.diff.splitlines()
    )


async def test_an_incident_changed_by_half_is_reported_as_it_is(grafana_estate: Estate, server: GrafanaServer) -> None:
    arguments = {"incident_id": "incident-7", "severity": "major", "status": "resolved"}
    with server.failing(f"{IRM}/IncidentsService.UpdateSeverity", Status(403)):
        async with grafana_estate.reach() as grafana:
            result = await use(grafana, "update_incident", arguments)
    assert server.state.incidents["incident-7"]["status"] == "resolved"
    assert (result.status, result.is_uncertain) == ("error", False)
    assert "severity is still 'minor'" in (result.error or "")
    assert "status" not in (result.error or "")


async def test_an_annotation_on_a_panel_is_made_as_shown(grafana_estate: Estate, server: GrafanaServer) -> None:
    async with grafana_estate.reach() as grafana:
        panels = [{"id": 4, "title": "CPU", "type": "timeseries"}]
        board = await grafana.change("update_dashboard", {"dashboard": {"title": "Checkout", "panels": panels}})
        start = NOW - timedelta(hours=1)
        arguments = {
            "text": "Failover",
            "tags": ["ops", "db"],
            "time": start.isoformat(),
            "time_end": NOW.isoformat(),
            "dashboard_uid": board["uid"],
            "panel_id": 4,
        }
        shown = await preview(grafana, "create_annotation", arguments)
        assert shown.title == "Annotate panel CPU of dashboard Checkout"
        result = await use(grafana, "create_annotation", arguments)
        listed = await use(grafana, "list_annotations", {"tags": "db", "from": start.isoformat()})
    assert result.data["resource"]["url"] == f"{server.url}/d/{board['uid']}"
    assert listed.data["annotations"] == [
        {
            "id": result.data["resource"]["id"],
            "text": "Failover",
            "tags": ["ops", "db"],
            "time": start.isoformat().replace("+00:00", "Z"),
            "time_end": NOW.isoformat().replace("+00:00", "Z"),
            "dashboard_uid": board["uid"],
            "panel_id": 4,
            "author": "sa-trivium",
            "url": f"{server.url}/d/{board['uid']}",
        }
    ]


async def test_an_annotation_where_there_is_no_dashboard_or_panel_is_refused_beforehand(
    grafana_estate: Estate, server: GrafanaServer
) -> None:
    async with grafana_estate.reach() as grafana:
        board = await grafana.change("update_dashboard", {"dashboard": {"title": "Checkout", "panels": []}})
        for uid, panel in (("nobody", None), (board["uid"], 9)):
            with pytest.raises(Refused) as caught:
                await preview(grafana, "create_annotation", {"text": "x", "dashboard_uid": uid, "panel_id": panel})
            assert caught.value.code == "not_found"
    assert [seen.path for seen in server.writes] == ["/api/dashboards/db"]


@pytest.mark.parametrize("name", TOOLS)
def test_arguments_survive_being_written_down_and_read_again(name: str) -> None:
    times = {"from": "2026-11-20T11:00:00Z", "to": "2026-11-20T12:00:00Z"} if name == "list_annotations" else {}
    read = TOOLS[name].args.model_validate((READS | WRITES)[name][0] | times)
    assert TOOLS[name].args.model_validate(read.model_dump(mode="json")) == read
    assert set(times) <= set(TOOLS[name].args.model_json_schema()["properties"])


@pytest.mark.parametrize(
    "arguments",
    [
        {"text": ""},
        {"text": "x", "panel_id": 3},
        {"text": "x", "time_end": "2026-11-20T12:00:00Z"},
        {"text": "x", "time": "2026-11-20T12:00:00Z", "time_end": "2026-11-20T11:00:00Z"},
    ],
)
def test_an_annotation_that_makes_no_sense_is_no_argument(arguments: Json) -> None:
    with pytest.raises(ValidationError):
        annotations.CreateAnnotation.model_validate(arguments)


async def test_more_annotations_than_asked_for_are_said_to_be_left_out(
    grafana_estate: Estate, server: GrafanaServer
) -> None:
    server.state.annotations *= 3
    async with grafana_estate.reach() as grafana:
        result = await use(grafana, "list_annotations", {"limit": 2})
    assert len(result.data["annotations"]) == 2
    assert result.cut == "only the newest 2 annotations are listed"


async def test_who_is_on_call_is_found_by_the_name_of_the_team(
    grafana_estate: Estate,
    server: GrafanaServer,  # noqa: ARG001
) -> None:
    async with grafana_estate.reach() as grafana:
        result = await use(grafana, "get_oncall_schedule", {"team": "sre"})
        everyone = await use(grafana, "get_oncall_schedule", {})
        with pytest.raises(Refused) as caught:
            await use(grafana, "get_oncall_schedule", {"team": "nobody"})
    assert result.data["schedules"] == [
        {
            "id": "S1",
            "name": "Primary",
            "team": "SRE",
            "timezone": "UTC",
            "on_call": [{"username": "ann", "email": "ann@example.org"}],
        }
    ]
    assert [item["on_call"] for item in everyone.data["schedules"]] == [
        [{"username": "ann", "email": "ann@example.org"}],
        [],
    ]
    assert caught.value.alternative == "Teams: SRE, Shop."


def test_each_tool_says_what_it_may_do() -> None:
    assert {name: (spec.risk, spec.permission) for name, spec in TOOLS.items()} == {
        "create_annotation": (Risk.CREATE, "ai:revive:grafana:annotation:create"),
        "list_annotations": (Risk.READ, "ai:revive:grafana:annotation:read"),
        "list_incidents": (Risk.READ, "ai:revive:grafana:incident:read"),
        "create_incident": (Risk.CREATE, "ai:revive:grafana:incident:create"),
        "update_incident": (Risk.UPDATE, "ai:revive:grafana:incident:update"),
        "get_oncall_schedule": (Risk.READ, "ai:revive:grafana:oncall:read"),
        "list_oncall_teams": (Risk.READ, "ai:revive:grafana:oncall:read"),
        "query_tempo": (Risk.READ, "ai:revive:grafana:tempo:read"),
    }
    assert NOTHING.grafana is None
