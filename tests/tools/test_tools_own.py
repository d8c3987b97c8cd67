"""The troubleshooting tools through the door, as an engineer who may look at the alerts of the own team."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any

import pytest

import tools
from domain.actors import Actor
from domain.database import Pool
from domain.errors import NotFound, Refused
from tests.house import actor, door, tool_context
from tests.source_server import source_server
from tests.tools import plain_world
from tests.tools.estate import NOW, Estate, at, between, open_estate
from tools import own
from tools.replies import OWN_ONLY
from tools.spec import Pillar, ToolContext, ToolResult

NAME = "insert into trivium.names (kind, name) values ('service', %(name)s) returning name as id"
PROFILE = """insert into trivium.application_profiles (name, architecture_info, service_mappings)
values (%(name)s, %(info)s, %(mappings)s) returning id"""
AT = "2026-11-20T10:00:00Z"


@dataclass(frozen=True, slots=True)
class World:
    estate: Estate
    context: ToolContext

    async def call(self, name: str, **arguments: Any) -> ToolResult:
        return await door(self.estate.pool, *tools.ALL).call(self.context, name, arguments)


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await actor(pool, "engineer", teams=["shop"])


@pytest.fixture
async def world(pool: Pool, ann: Actor) -> AsyncGenerator[World]:
    """Checkout is the team's and stands on db; payments is somebody else's. A source of metrics that has no series."""
    estate = await open_estate(pool)
    await estate.alert(at("10:00"), service="checkout")
    for service in ("db", "payments"):
        await estate.alert(at("10:05"), service=service, team="money")
    for name in ("checkout", "db", "payments"):
        await estate.write(NAME, {"name": name})
    info = json.dumps({"dependencies": {"checkout": ["db"], "payments": ["ledger"]}})
    await estate.write(PROFILE, {"name": "shop", "info": info, "mappings": json.dumps({"checkout": {}})})
    with source_server() as source:
        async with plain_world.asking(pool, source.url, source.url, who=ann) as opened:
            context = await tool_context(pool, ann, Pillar.TROUBLESHOOTING, now=NOW)
            yield World(estate, replace(context, resources=opened.resources))


ABOUT: list[tuple[str, dict[str, Any]]] = [
    ("investigate_sift", {"application": "{}"}),
    ("get_application_health", {"application": "{}"}),
    ("detect_anomalies", {"application": "{}", "measure": "cpu"}),
    ("detect_anomalies", {"query": 'up{{service="{}"}}'}),
    ("analyze_impact", {"service": "{}", "time": AT}),
    ("query_metrics", {"question": "is it up", "queries": ['up{{service="{}"}}']}),
    ("query_prometheus", {"query": 'rate(http_requests_total{{pod=~"{}-.*"}}[5m])'}),
    ("query_loki", {"query": '{{app="{}"}} |= "error"'}),
]


def about(arguments: dict[str, Any], service: str) -> dict[str, Any]:
    """The same arguments about this service."""
    return {
        key: [value[0].format(service)] if key == "queries" else value.format(service)
        for key, value in arguments.items()
    }


@pytest.mark.parametrize(("tool", "arguments"), ABOUT, ids=lambda value: value if isinstance(value, str) else "")
async def test_a_foreign_service_is_not_there_and_ones_own_and_what_it_stands_on_are(
    world: World, tool: str, arguments: dict[str, Any]
) -> None:
    """TS-17: an engineer looks at what belongs to the own teams; the reason may lie in what it stands on."""
    with pytest.raises(NotFound, match="payments has no alert of your teams or assigned to you"):
        await world.call(tool, **about(arguments, "payments"))
    for service in ("checkout", "db"):
        try:
            await world.call(tool, **about(arguments, service))
        except Refused as refused:
            assert not isinstance(refused, NotFound), refused  # noqa: PT017 - the source was asked, and has nothing


async def test_changes_are_told_of_ones_own_services_and_of_what_they_stand_on(world: World) -> None:
    """TS-17."""
    for service in ("checkout", "db", "payments", "ledger"):
        await world.estate.change(service, at("09:50"), service=service)
    for arguments in ({}, {"service": ["checkout", "db"]}, {"service": "payments"}):
        result = await world.call("correlate_alerts_changes", **arguments, **between("09:00:00", "11:00:00"))
        assert {change["id"] for change in result.data["changes"]} == {"checkout", "db"}, arguments
        assert result.data["alerts_total"] == (0 if arguments.get("service") == "payments" else 1)
        assert result.cut == OWN_ONLY


async def test_only_ones_own_alerts_and_incidents_are_there(world: World) -> None:
    """TS-17."""
    result = await world.call("query_alerts_history", **between("09:00:00", "11:00:00"))
    assert [alert["service"] for alert in result.data["alerts"]] == ["checkout"]
    await world.estate.incident(at("10:00"), service="payments", team="money")
    foreign = await world.call("get_incident_timeline", incident="INC-1")
    assert (foreign.status, foreign.data["incident"]) == ("empty", None)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("get_alert_details", {"alert": "x"}),
        ("get_similar_incidents", {"text": "x"}),
        ("get_runbook", {"query": "x"}),
        ("correlate_alerts_changes", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_viewer_has_no_part_in_troubleshooting(pool: Pool, name: str, arguments: dict[str, Any]) -> None:
    """PM-14."""
    context = await tool_context(pool, await actor(pool, "viewer"), Pillar.TROUBLESHOOTING, now=NOW)
    with pytest.raises(Refused) as refused:
        await door(pool, *tools.ALL).call(context, name, arguments)
    assert refused.value.code == "permission_denied"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('up{service="checkout"}', {"checkout"}),
        ('rate(x{pod=~"checkout-.*|cart-[0-9]+"}[5m])', {"checkout", "cart", "0-9"}),
        ('{app=`payment-service`} |= "checkout"', {"payment-service"}),
        ('{ resource.service.name = "web.shop" && status = error }', {"web.shop"}),
        ('up{service!="checkout",job!~"cart"}', set[str]()),
        ('sum(x{le="+Inf"})', {"Inf"}),
    ],
)
def test_the_names_in_label_matchers_are_read_and_line_filters_are_not(query: str, words: set[str]) -> None:
    assert own.words_in([query]) == words
