"""The mode of a message in revive: what was chosen, its words, the page.

Promises: IN-10, IN-11 (the exact keywords), IN-12 (the order, and what is given back), IN-13 (the three modes).
"""

import tomllib
from typing import Any

import pytest

from agents.rules.revive import modes
from agents.rules.revive.modes import detect
from tests.agents.revive_world import SPECS

GRAFANA = (
    "dashboard", "panel", "query", "promql", "logql", "alert rule", "datasource", "annotation", "grafana", "prometheus",
    "loki", "tempo", "oncall", "sift", "visualization",
)  # fmt: skip
AIOPS = (
    "runbook", "server", "credential", "execute", "ssh", "terminal", "remediation", "auto-analyze", "rule", "setting",
    "configuration",
)  # fmt: skip
RAW = tomllib.loads(modes.FILE.read_text(encoding="utf-8"))


def test_the_keywords_are_those_of_the_seed_and_no_others() -> None:
    assert (tuple(RAW["grafana"]["keywords"]), tuple(RAW["aiops"]["keywords"])) == (GRAFANA, AIOPS)


@pytest.mark.parametrize(
    ("word", "mode"), [*((word, "grafana") for word in GRAFANA), *((word, "aiops") for word in AIOPS)]
)
def test_each_keyword_alone_tells_its_mode_in_either_number_and_case(word: str, mode: str) -> None:
    for written in (
        word,
        f"the {word.upper()}, please",
        f"{word.removesuffix('y')}{'ies' if word[-1] == 'y' else 's'}",
    ):
        assert (detect(written).mode, detect(written).confidence) == (mode, 0.9)


LONGEST: tuple[tuple[str, str], ...] = (
    ("create an alert rule", "grafana"),
    ("list the alert rules", "grafana"),
    ("list the rules", "aiops"),
    ("query audit logs", "aiops"),
    ("please query audit logs of today", "aiops"),
    ("query the latency", "grafana"),
    ("query_audit_logs", "aiops"),
    ("auto-analyze rule", "aiops"),
    ("auto analyze rules", "aiops"),
    ("execute the restart", "aiops"),
    ("edit the dashboard of a server", "grafana"),
    ("the observer says hello", "auto"),
    ("rulers and panelists", "auto"),
)


@pytest.mark.parametrize(("message", "mode"), LONGEST)
def test_the_longest_word_wins_and_parts_of_words_are_none(message: str, mode: str) -> None:
    assert detect(message).mode == mode


ORDER: tuple[tuple[dict[str, Any], tuple[str, float]], ...] = (
    ({"message": "list runbooks", "current_page": "/dashboards", "explicit_mode": "grafana"}, ("grafana", 1.0)),
    ({"message": "list runbooks", "current_page": "/dashboards"}, ("aiops", 0.9)),
    ({"message": "what is here", "current_page": "/dashboards"}, ("grafana", 0.6)),
    ({"message": "what is here", "current_page": "/d/abc/checkout?orgId=1"}, ("grafana", 0.6)),
    ({"message": "what is here", "current_page": "https://aiops.example/runbooks/7"}, ("aiops", 0.6)),
    ({"message": "what is here", "current_page": "/home"}, ("auto", 0.0)),
    ({"message": "list runbooks", "explicit_mode": "auto"}, ("aiops", 0.9)),
    ({"message": "", "current_page": None, "explicit_mode": None}, ("auto", 0.0)),
)


@pytest.mark.parametrize(("given", "expected"), ORDER)
def test_a_choice_goes_before_words_and_words_before_the_page(
    given: dict[str, Any], expected: tuple[str, float]
) -> None:
    found = detect(**given)
    assert (found.mode, found.confidence) == expected


def test_words_of_both_modes_leave_doubt() -> None:
    assert detect("a dashboard of the server").confidence < 0.9


SUGGESTED = (
    ("create a dashboard for checkout", "create_dashboard"),
    ("delete the dashboard", "delete_dashboard"),
    ("show the alert rules", "list_alert_rules"),
    ("run the runbook restart-api", "execute_runbook"),
    ("list servers", "list_servers"),
    ("add a server", "add_server"),
    ("query prometheus", "query_prometheus"),
    ("query audit logs", "query_audit_logs"),
)


@pytest.mark.parametrize(("message", "intent"), SUGGESTED)
def test_the_intent_is_the_tool_that_fits_best_and_is_suggested_first(message: str, intent: str) -> None:
    found = detect(message)
    assert (found.detected_intent, found.suggested_tools[0]) == (intent, intent)


def test_tools_are_suggested_even_where_no_single_one_fits() -> None:
    found = detect("something in grafana")
    assert (found.detected_intent, len(found.suggested_tools)) == ("", 6)


def test_every_tool_of_revive_belongs_to_the_mode_of_its_category() -> None:
    declared = {(spec.name, str(spec.category)) for spec in SPECS.values()}
    listed = {(tool, mode) for mode in modes.MODES for tool in RAW[mode]["tools"]}
    assert declared <= listed
