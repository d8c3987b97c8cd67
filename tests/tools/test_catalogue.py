import json

import tools
from domain.schemas import schema
from tools.spec import Category, Pillar, Risk

INQUIRY = {
    "query_alerts_history": "query_alerts_history",
    "get_alert_trends": "get_alert_trends",
    "get_event_count": "get_event_count",
    "query_incidents": "query_incidents",
    "get_mttr_statistics": "get_mttr_statistics",
    "get_mttr_stats": "get_mttr_statistics",
    "correlate_alerts_changes": "correlate_alerts_changes",
    "correlate_changes": "correlate_alerts_changes",
    "get_incident_timeline": "get_incident_timeline",
    "get_timeline": "get_incident_timeline",
    "search_postmortems": "search_postmortems",
}


def test_every_inquiry_tool_is_known_by_its_name_and_its_aliases() -> None:
    """IQ-03, IQ-05, IQ-06: names and aliases."""
    named = {name: spec.name for name, spec in tools.catalogue().items() if Pillar.INQUIRY in spec.pillars}
    assert INQUIRY.items() <= named.items()


def test_no_two_tools_share_a_name() -> None:
    names = [name for spec in tools.ALL for name in (spec.name, *spec.aliases)]
    assert sorted(names) == sorted(set(names))


def test_the_inquiry_tools_only_read() -> None:
    """IQ-16."""
    specs = [spec for spec in tools.ALL if spec.category is Category.INQUIRY]
    assert {(spec.risk, spec.permission, spec.pillars) for spec in specs} == {
        (Risk.READ, "ai:inquiry:read", frozenset({Pillar.INQUIRY}))
    }


def test_the_inquiry_tools_cost_a_model_less_than_3000_tokens() -> None:
    specs = [spec for spec in tools.ALL if spec.category is Category.INQUIRY]
    offered = [[spec.name, spec.description, schema(spec.args)] for spec in specs]
    assert len(json.dumps(offered)) / 4 < 3000


def test_every_argument_of_an_inquiry_tool_is_described_or_closed() -> None:
    for name in INQUIRY:
        for argument, described in schema(tools.catalogue()[name].args)["properties"].items():
            assert "description" in described or "enum" in described, f"{name}.{argument}"
