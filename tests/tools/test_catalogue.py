import json
import re

import pytest

import tools
from domain.schemas import schema
from tools.spec import LEVELS, AnySpec, Category, Pillar, Risk

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
OTHER_ALIASES = {"get_annotations": "list_annotations", "view_audit_logs": "query_audit_logs"}
REVIVE = {
    Category.GRAFANA: {
        "search_dashboards", "get_dashboard_by_uid", "create_dashboard", "update_dashboard", "delete_dashboard",
        "list_alert_rules", "get_alert_rule_by_uid", "create_alert_rule", "update_alert_rule", "delete_alert_rule",
        "query_prometheus", "query_loki", "query_tempo", "get_oncall_schedule", "list_oncall_teams",
        "list_incidents", "create_incident", "update_incident", "create_annotation", "list_annotations",
    },
    Category.AIOPS: {
        "list_runbooks", "get_runbook_details", "execute_runbook", "create_runbook",
        "list_servers", "get_server_details", "add_server", "list_credentials", "create_credential",
        "list_auto_analyze_rules", "create_auto_analyze_rule", "query_audit_logs",
        "list_executions", "get_execution_details",
    },
}  # fmt: skip
SHARED = {"query_prometheus", "query_loki", "query_tempo", "create_annotation", "get_oncall_schedule"}
MODE = {Category.GRAFANA: "ai:revive:grafana", Category.AIOPS: "ai:revive:aiops"}
MOST_TOKENS = {Pillar.INQUIRY: 3000, Pillar.TROUBLESHOOTING: 1000, Pillar.REVIVE: 7000}
LONGEST_DESCRIPTION = 100
VERBS = {
    Risk.READ: ("query", "get", "list", "search", "correlate"),
    Risk.CREATE: ("create", "add"),
    Risk.UPDATE: ("update",),
    Risk.DELETE: ("delete",),
    Risk.EXECUTE: ("execute",),
}


def named(spec: AnySpec) -> str:
    return spec.name


every = pytest.mark.parametrize("spec", tools.ALL, ids=named)


def test_every_inquiry_tool_is_known_by_its_name_and_its_aliases() -> None:
    """IQ-03, IQ-05, IQ-06: names and aliases."""
    known = {name: spec.name for name, spec in tools.catalogue().items() if Pillar.INQUIRY in spec.pillars}
    assert known == INQUIRY


def test_the_tools_of_each_mode_are_those_of_the_seeds() -> None:
    """RV-01 to RV-13: twenty for Grafana, sift's two being still to come, and fourteen for AIOps."""
    for category, names in REVIVE.items():
        assert {spec.name for spec in tools.ALL if spec.category is category} == names
    assert len(tools.ALL) == len(set(INQUIRY.values())) + sum(map(len, REVIVE.values())) == 42
    known = {name: spec.name for name, spec in tools.catalogue().items() if name != spec.name}
    assert known == {name: tool for name, tool in (INQUIRY | OTHER_ALIASES).items() if name != tool}


def test_no_two_tools_share_a_name() -> None:
    names = [name for spec in tools.ALL for name in (spec.name, *spec.aliases)]
    assert sorted(names) == sorted(set(names))


@every
def test_each_tool_belongs_to_the_pillars_and_the_category_of_the_table(spec: AnySpec) -> None:
    """PM-01; create_annotation is the one write that troubleshooting has, so that no other slips through it."""
    match spec.category:
        case Category.INQUIRY | Category.TROUBLESHOOTING as category:
            assert spec.pillars == {Pillar(category)}
        case _:
            assert spec.pillars == ({Pillar.REVIVE, Pillar.TROUBLESHOOTING} if spec.name in SHARED else {Pillar.REVIVE})


def test_the_inquiry_tools_only_read() -> None:
    """IQ-16."""
    specs = [spec for spec in tools.ALL if Pillar.INQUIRY in spec.pillars]
    assert {(spec.category, spec.risk, spec.permission) for spec in specs} == {
        (Category.INQUIRY, Risk.READ, "ai:inquiry:read")
    }


@every
def test_each_permission_says_pillar_mode_resource_and_the_verb_of_its_risk(spec: AnySpec) -> None:
    """PM-17: ai:{pillar}[:{mode}:{resource}]:{verb}."""
    place, _, verb = spec.permission.rpartition(":")
    assert verb == spec.risk
    if spec.category is Category.INQUIRY:
        assert place == "ai:inquiry"
    else:
        assert re.fullmatch(rf"{MODE[spec.category]}:[a-z_]+", place)


@every
def test_each_name_begins_with_a_verb_of_its_risk(spec: AnySpec) -> None:
    """The patterns of the policy go by it: a change whose name reads `list_` would be let through as a look."""
    assert all(name.partition("_")[0] in (*VERBS[spec.risk], "view") for name in (spec.name, *spec.aliases))


@every
def test_a_tool_that_reads_may_be_tried_again_and_one_that_changes_is_shown_first(spec: AnySpec) -> None:
    """PM-03, CF-06: whatever changes something has a preview, a level above low, and is never repeated by itself."""
    if spec.is_read:
        assert (spec.idempotent, spec.preview, spec.settle, spec.secrets) == (True, None, None, ())
    else:
        assert (spec.idempotent, LEVELS[spec.risk] == "low", spec.preview is None) == (False, False, False)


def test_what_could_hold_a_secret_is_hidden_on_every_record() -> None:
    """RV-10: a value that is to be stored, and the names of credentials, in whose place somebody may type a value."""
    found = {spec.name: spec.secrets for spec in tools.ALL if spec.secrets}
    assert found == {"create_credential": ("secret",), "execute_runbook": ("credentials",)}
    for name, arguments in found.items():
        assert set(arguments) <= schema(tools.catalogue()[name].args)["properties"].keys()


def test_the_tools_of_each_pillar_cost_a_model_no_more_than_so_many_tokens() -> None:
    for pillar, most in MOST_TOKENS.items():
        specs = [spec for spec in tools.ALL if pillar in spec.pillars]
        offered = [[spec.name, spec.description, schema(spec.args)] for spec in specs]
        assert len(json.dumps(offered)) / 4 < most, pillar


@every
def test_each_description_is_one_short_line_that_ends(spec: AnySpec) -> None:
    assert len(spec.description) <= LONGEST_DESCRIPTION
    assert re.fullmatch(r"[A-Z][^\n]*\.", spec.description)
    assert re.fullmatch(r"[A-Z][^\n.]{3,39}", spec.title)


@every
def test_no_tool_takes_an_argument_that_it_does_not_know(spec: AnySpec) -> None:
    assert schema(spec.args)["additionalProperties"] is False


def test_every_argument_of_an_inquiry_tool_is_described_or_closed() -> None:
    for name in INQUIRY:
        for argument, described in schema(tools.catalogue()[name].args)["properties"].items():
            assert "description" in described or "enum" in described, f"{name}.{argument}"
