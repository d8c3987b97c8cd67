import json
import re

import pytest

import tools
from domain.schemas import schema
from tools.spec import LEVELS, AnySpec, Category, Pillar, Risk

OF_INQUIRY = {
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
SEEDED = {
    Category.GRAFANA: {
        "search_dashboards", "get_dashboard_by_uid", "create_dashboard", "update_dashboard", "delete_dashboard",
        "list_alert_rules", "get_alert_rule_by_uid", "create_alert_rule", "update_alert_rule", "delete_alert_rule",
        "query_prometheus", "query_loki", "query_tempo", "get_oncall_schedule", "list_oncall_teams",
        "list_incidents", "create_incident", "update_incident", "create_annotation", "list_annotations",
        "list_sift_investigations", "get_sift_analysis",
    },
    Category.AIOPS: {
        "list_runbooks", "get_runbook_details", "execute_runbook", "create_runbook",
        "list_servers", "get_server_details", "add_server", "list_credentials", "create_credential",
        "list_auto_analyze_rules", "create_auto_analyze_rule", "query_audit_logs",
        "list_executions", "get_execution_details",
    },
}  # fmt: skip
OUR_OWN = {
    Category.GRAFANA: {"query_metrics", "query_logs", "translate_query"},
    Category.AIOPS: {
        "get_application_health", "analyze_impact", "detect_anomalies", "recommend_optimizations", "search_knowledge",
        "read_artifact", "grep_artifact", "aggregate_artifact",
    },
    Category.TROUBLESHOOTING: {
        "investigate_sift", "get_alert_details", "get_similar_incidents", "get_runbook", "suggest_ssh_command",
    },
}  # fmt: skip
EVERYWHERE = {
    "query_prometheus", "query_loki", "query_tempo", "get_oncall_schedule", "query_metrics", "query_logs",
    "translate_query", "get_application_health", "analyze_impact", "detect_anomalies", "search_knowledge",
    "list_annotations", "read_artifact", "grep_artifact", "aggregate_artifact",
}  # fmt: skip
SHARED: dict[str, frozenset[Pillar]] = {
    **dict.fromkeys(EVERYWHERE, frozenset(Pillar)),
    "recommend_optimizations": frozenset({Pillar.INQUIRY, Pillar.REVIVE}),
    **dict.fromkeys(
        ("list_sift_investigations", "get_sift_analysis", "create_annotation", "execute_runbook"),
        frozenset({Pillar.TROUBLESHOOTING, Pillar.REVIVE}),
    ),
    **dict.fromkeys(
        (
            "investigate_sift",
            "get_similar_incidents",
            "query_alerts_history",
            "get_incident_timeline",
            "correlate_alerts_changes",
        ),
        frozenset({Pillar.INQUIRY, Pillar.TROUBLESHOOTING}),
    ),
}
PILLAR_OF = {
    Category.INQUIRY: Pillar.INQUIRY, Category.TROUBLESHOOTING: Pillar.TROUBLESHOOTING,
    Category.GRAFANA: Pillar.REVIVE, Category.AIOPS: Pillar.REVIVE,
}  # fmt: skip
PLACE = {
    Category.INQUIRY: "ai:inquiry", Category.TROUBLESHOOTING: "ai:troubleshooting",
    Category.GRAFANA: "ai:revive:grafana:[a-z_]+", Category.AIOPS: "ai:revive:aiops:[a-z_]+",
}  # fmt: skip
MOST_TOKENS = {Pillar.INQUIRY: 6400, Pillar.TROUBLESHOOTING: 5200, Pillar.REVIVE: 9000}
LONGEST_DESCRIPTION = 100
VERBS = {
    Risk.READ: (
        "query", "get", "list", "search", "correlate", "analyze", "detect", "recommend", "investigate", "translate",
        "read", "grep", "aggregate", "suggest",
    ),
    Risk.CREATE: ("create", "add"),
    Risk.UPDATE: ("update",),
    Risk.DELETE: ("delete",),
    Risk.EXECUTE: ("execute",),
}  # fmt: skip


def named(spec: AnySpec) -> str:
    return spec.name


every = pytest.mark.parametrize("spec", tools.ALL, ids=named)


def test_every_tool_that_is_inquirys_alone_is_known_by_its_name_and_its_aliases() -> None:
    """IQ-03, IQ-05, IQ-06: names and aliases."""
    known = {name: spec.name for name, spec in tools.catalogue().items() if spec.category is Category.INQUIRY}
    assert known == OF_INQUIRY


def test_the_tools_of_each_mode_are_those_of_the_seeds_and_our_own() -> None:
    """RV-01 to RV-13, RV-07, SC-05: twenty-two for Grafana, sift's two among them, and fourteen for AIOps."""
    assert [len(names) for names in SEEDED.values()] == [22, 14]
    for category, names in OUR_OWN.items():
        assert {spec.name for spec in tools.ALL if spec.category is category} == SEEDED.get(category, set()) | names
    assert len(tools.ALL) == 8 + 22 + 14 + 16
    known = {name: spec.name for name, spec in tools.catalogue().items() if name != spec.name}
    assert known == {name: tool for name, tool in (OF_INQUIRY | OTHER_ALIASES).items() if name != tool}


def test_no_two_tools_share_a_name() -> None:
    names = [name for spec in tools.ALL for name in (spec.name, *spec.aliases)]
    assert sorted(names) == sorted(set(names))


@every
def test_each_tool_belongs_to_the_pillars_of_the_table(spec: AnySpec) -> None:
    """PM-01, IQ-17: what reads telemetry serves every pillar; the one write that two have is create_annotation."""
    assert spec.pillars == SHARED.get(spec.name, {PILLAR_OF[spec.category]})
    assert spec.is_read or len(spec.pillars) == 1 or spec.name in ("create_annotation", "execute_runbook")


def test_inquiry_has_no_tool_that_writes() -> None:
    """IQ-16."""
    assert {spec.risk for spec in tools.ALL if Pillar.INQUIRY in spec.pillars} == {Risk.READ}


@every
def test_each_permission_says_pillar_mode_resource_and_the_verb_of_its_risk(spec: AnySpec) -> None:
    """PM-17: ai:{pillar}[:{mode}:{resource}]:{verb}; of a tool that several pillars share, where its category is."""
    place, _, verb = spec.permission.rpartition(":")
    assert verb == spec.risk
    assert re.fullmatch(PLACE[spec.category], place)


@every
def test_each_name_begins_with_a_verb_of_its_risk(spec: AnySpec) -> None:
    """The patterns of the policy go by it: a change whose name reads `list_` would be let through as a look."""
    assert all(name.partition("_")[0] in (*VERBS[spec.risk], "view") for name in (spec.name, *spec.aliases))


@every
def test_a_tool_that_reads_may_be_tried_again_and_one_that_changes_is_shown_first(spec: AnySpec) -> None:
    """PM-03, CF-06: whatever changes something has a preview, a level above low, and is never repeated by itself."""
    if spec.is_read:
        assert (spec.idempotent, spec.secrets) == (True, ())
        assert bool(spec.preview) == bool(spec.settle) == (spec.name in ("query_metrics", "query_logs"))
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
    for name in OF_INQUIRY:
        for argument, described in schema(tools.catalogue()[name].args)["properties"].items():
            assert "description" in described or "enum" in described, f"{name}.{argument}"
