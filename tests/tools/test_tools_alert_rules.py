import copy
from typing import Any

import pytest

from domain.database import Pool
from domain.errors import Refused
from tests.grafana_server import Cut, Fault, Hang, Page, Status
from tests.mcp_grafana import Estate
from tests.tools.grafana_changes import REFUSING, UNCLEAR, carried_out, context, done, read, shown
from tools.cleaning import validated
from tools.grafana import alert_rule_edits, alert_rules, rule
from tools.grafana.alert_rule_edits import UPDATE_ALERT_RULE
from tools.grafana.alert_rules import DELETE_ALERT_RULE, GET_ALERT_RULE_BY_UID, LIST_ALERT_RULES
from tools.grafana.new_alert_rules import CREATE_ALERT_RULE
from tools.grafana.rule import Check
from tools.spec import AnySpec, Json, Risk, ToolContext, ToolResult

pytestmark = pytest.mark.slow

pytest_plugins = ("tests.grafana_fixtures",)

RULES, STATES = "/api/v1/provisioning/alert-rules", "/api/prometheus/grafana/api/v1/rules"
DOWN: Json = {
    "title": "Checkout is down",
    "expr": 'up{service="checkout"}',
    "condition": {"op": "below", "value": 1},
    "for_minutes": 5,
    "folder": "Shop",
    "group": "checkout",
    "severity": "critical",
    "labels": {"team": "shop"},
    "annotations": {"summary": "No target of checkout answers"},
}


async def down(given: ToolContext, **changes: Any) -> str:
    """The uid of a rule that was created."""
    result = await carried_out(CREATE_ALERT_RULE, given, DOWN | changes)
    assert result.status == "ok", result.error
    return str(result.data["resource"]["uid"])


def kept_by(opened: Estate, uid: str) -> Json:
    return opened.grafana.state.rules[uid]


async def test_a_rule_is_shown_then_created_and_read_back(pool: Pool, grafana_estate: Estate) -> None:
    """RV-02."""
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        kept, seen = await shown(CREATE_ALERT_RULE, given, DOWN)
        assert grafana_estate.grafana.writes == []
        result = await done(CREATE_ALERT_RULE, given, kept)
    assert seen.title == "Create the alert rule 'Checkout is down' in folder Shop"
    assert seen.lines == (
        'Fires when up{service="checkout"} below 1 for 5 minutes, with severity critical',
        "Evaluated now: 1 series, none below 1: it would not be firing",
        "Evaluated on Prometheus, in the group 'checkout', which is new",
        "Without data: NoData; on an error: Error",
        "label team: shop",
        "annotation summary: No target of checkout answers",
        "In words: up of checkout",
    )
    assert seen.warnings == ()
    assert (kept.model_dump()["folder"], kept.model_dump()["datasource"]) == ("shop", "prom")
    uid = result.data["resource"]["uid"]
    assert (result.status, result.data["resource"]) == (
        "ok",
        {
            "type": "alert_rule",
            "uid": uid,
            "name": "Checkout is down",
            "url": f"{grafana_estate.grafana.url}/alerting/grafana/{uid}/view",
        },
    )
    made = kept_by(grafana_estate, uid)
    assert (made["folderUID"], made["ruleGroup"], made["for"]) == ("shop", "checkout", "5m0s")
    assert made["labels"] == {"team": "shop", "severity": "critical"}
    assert made["provenance"] == ""
    query, threshold = made["data"]
    assert (query["model"]["expr"], query["datasourceUid"]) == ('up{service="checkout"}', "prom")
    assert (made["condition"], threshold["refId"]) == ("B", "B")
    assert threshold["model"]["conditions"] == [{"evaluator": {"type": "lt", "params": [1]}}]


async def test_the_preview_says_how_the_rule_would_stand_now(pool: Pool, grafana_estate: Estate) -> None:
    firing = {"condition": {"op": "above", "value": 0}}
    silent = {"expr": 'up{service="nobody"}'}
    filtering = {"expr": "up == 1", **firing}
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        _, fires = await shown(CREATE_ALERT_RULE, given, DOWN | firing)
        _, quiet = await shown(CREATE_ALERT_RULE, given, DOWN | silent)
        _, twice = await shown(CREATE_ALERT_RULE, given, DOWN | filtering)
        _, counter = await shown(CREATE_ALERT_RULE, given, DOWN | {"expr": "prometheus_http_requests_total"})
    assert fires.lines[1] == (
        "Evaluated now: 1 series, 1 of them above 0: it would be firing for 1 series now,"
        " once that has lasted 5 minutes"
    )
    assert quiet.lines[1] == "Evaluated now: no data"
    assert quiet.warnings == ("returns no data now", "as long as there is no data the rule is in the state NoData")
    assert "compares already" in twice.warnings[0]
    assert "is a counter" in counter.warnings[0]


def test_what_is_no_number_never_fires() -> None:
    check = Check(datasource="prom", expr="x", op="above", value=0)
    assert [check.holds(value) for value in (1.0, 0.0, -1.0, float("nan"), float("inf"))] == [
        True,
        False,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"expr": "node_cpu_usage"}, "unknown_metric", "no metric node_cpu_usage"),
        ({"expr": "sum(up"}, "bad_expression", "not valid PromQL"),
        ({"expr": 'up{job="$job"}'}, "bad_expression", "no dashboard variables"),
        ({"folder": "Nowhere"}, "not_found", "no folder 'Nowhere'"),
        ({"folder": "General"}, "invalid_arguments", "General is none"),
        ({"datasource": "loki"}, "not_found", "no Prometheus datasource"),
    ],
)
async def test_a_rule_that_could_not_work_is_refused_before_anybody_is_asked(
    pool: Pool, grafana_estate: Estate, change: Json, code: str, said: str
) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        with pytest.raises(Refused, match=said) as caught:
            await shown(CREATE_ALERT_RULE, given, DOWN | change)
    assert caught.value.code == code
    assert grafana_estate.grafana.writes == []


@pytest.mark.parametrize(
    "change",
    [
        {"condition": {"op": "equal", "value": 1}},
        {"condition": {"op": "above", "value": "NaN"}},
        {"for_minutes": -1},
        {"severity": "page"},
        {"no_data": "whatever"},
    ],
)
def test_arguments_outside_their_range_are_refused(change: Json) -> None:
    with pytest.raises(Refused, match="cannot take these arguments"):
        validated(CREATE_ALERT_RULE, DOWN | change)


async def test_a_title_that_stands_in_the_folder_is_refused_with_its_link(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        early, _ = await shown(CREATE_ALERT_RULE, given, DOWN)
        uid = await down(given)
        with pytest.raises(Refused) as caught:
            await shown(CREATE_ALERT_RULE, given, DOWN)
        _, beside = await shown(CREATE_ALERT_RULE, given, DOWN | {"title": "Another"})
        late = await done(CREATE_ALERT_RULE, given, early)
    assert caught.value.code == "already_exists"
    assert f"/alerting/grafana/{uid}/view" in str(caught.value)
    assert beside.lines[2] == "Evaluated on Prometheus, in the group 'checkout', beside 1 other rule"
    assert (late.status, late.is_uncertain) == ("error", False)
    assert "Nothing was created" in str(late.error)
    assert len(grafana_estate.grafana.state.rules) == 1


async def test_rules_are_listed_with_their_state_and_narrowed(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        nothing = await read(LIST_ALERT_RULES, given, {})
        uid = await down(given)
        await down(given, title="Payments is down", folder="Operations")
        everything = await read(LIST_ALERT_RULES, given, {})
        named = await read(LIST_ALERT_RULES, given, {"search": "checkout"})
        placed = await read(LIST_ALERT_RULES, given, {"folder": "Shop"})
        firing = await read(LIST_ALERT_RULES, given, {"state": "firing"})
        first = await read(LIST_ALERT_RULES, given, {"limit": 1})
    assert (nothing.status, nothing.data["rules"]) == ("empty", [])
    assert (everything.data["total"], everything.data["by_state"]) == (2, {"normal": 2})
    assert named.data["rules"] == placed.data["rules"]
    assert [(row["uid"], row["folder"], row["group"], row["state"]) for row in named.data["rules"]] == [
        (uid, "Shop", "checkout", "normal")
    ]
    assert (firing.status, firing.data["total"]) == ("empty", 0)
    assert first.cut == "1 of 2 rules are listed"


async def test_a_rule_is_told_in_plain_fields(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await down(given)
        found = await read(GET_ALERT_RULE_BY_UID, given, {"uid": uid})
    told = {name: found.data[name] for name in ("title", "folder", "group", "expr", "condition", "for_minutes")}
    assert told == {
        "title": "Checkout is down",
        "folder": "Shop",
        "group": "checkout",
        "expr": 'up{service="checkout"}',
        "condition": {"op": "below", "value": 1},
        "for_minutes": 5,
    }
    assert found.data["labels"] == {"team": "shop", "severity": "critical"}


async def test_a_rule_that_is_not_there_is_not_found(pool: Pool, grafana_estate: Estate) -> None:
    """The notes: deleting an unknown rule is a success for Grafana."""
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        with pytest.raises(Refused, match="no alert rule with the uid 'nope'"):
            await read(GET_ALERT_RULE_BY_UID, given, {"uid": "nope"})
        for spec in (UPDATE_ALERT_RULE, DELETE_ALERT_RULE):
            with pytest.raises(Refused, match="no alert rule with the uid 'nope'"):
                await shown(spec, given, {"uid": "nope"})
    assert grafana_estate.grafana.writes == []


async def test_a_change_is_shown_as_a_diff_and_keeps_all_else(pool: Pool, grafana_estate: Estate) -> None:
    change = {
        "condition": {"op": "below", "value": 2},
        "for_minutes": 10,
        "severity": "warning",
        "labels": {"team": "", "area": "money"},
    }
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await down(given)
        settings = {"receiver": "pager", "group_by": ["alertname"], "mute_time_intervals": ["nights"]}
        kept_by(grafana_estate, uid).update(notification_settings=settings, isPaused=True, keep_firing_for="2m0s")
        before = copy.deepcopy(kept_by(grafana_estate, uid))
        kept, seen = await shown(UPDATE_ALERT_RULE, given, {"uid": uid, **change})
        result = await done(UPDATE_ALERT_RULE, given, kept)
    assert seen.title == "Change the alert rule 'Checkout is down' in folder Shop"
    assert seen.lines[1].startswith("Evaluated now: 1 series, 1 of them below 2: it would be firing for 1 series now")
    assert [line for line in seen.diff.splitlines()[3:] if line[0] in "+-"] == [
        '-fires when: up{service="checkout"} below 1',
        "-for: 5 minutes",
        '+fires when: up{service="checkout"} below 2',
        "+for: 10 minutes",
        "-label severity: critical",
        "-label team: shop",
        "+label area: money",
        "+label severity: warning",
    ]
    assert result.status == "ok", result.error
    after = kept_by(grafana_estate, uid)
    assert after["labels"] == {"area": "money", "severity": "warning"}
    assert after["data"][1]["model"]["conditions"] == [{"evaluator": {"type": "lt", "params": [2]}}]
    assert after["notification_settings"] | settings == after["notification_settings"]
    same = ("title", "folderUID", "ruleGroup", "isPaused", "annotations", "condition", "noDataState")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["data"][0] == before["data"][0]
    assert rule.seconds(after["keep_firing_for"]) == 120


async def test_a_rule_changed_after_it_was_shown_is_not_overwritten(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await down(given)
        change, _ = await shown(UPDATE_ALERT_RULE, given, {"uid": uid, "for_minutes": 1})
        deletion, _ = await shown(DELETE_ALERT_RULE, given, {"uid": uid})
        kept_by(grafana_estate, uid)["labels"] = {"severity": "info"}
        before = len(grafana_estate.grafana.writes)
        results = [await done(UPDATE_ALERT_RULE, given, change), await done(DELETE_ALERT_RULE, given, deletion)]
        with pytest.raises(Refused, match="was changed since"):
            await shown(UPDATE_ALERT_RULE, given, change.model_dump(mode="json"))
    for result in results:
        assert (result.status, result.is_uncertain) == ("error", False)
        assert "was changed since" in str(result.error)
    assert len(grafana_estate.grafana.writes) == before
    assert kept_by(grafana_estate, uid)["for"] == "5m0s"


async def test_a_rule_nobody_has_read_is_not_changed(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await down(given)
        found = await read(GET_ALERT_RULE_BY_UID, given, {"uid": uid})
        unread = alert_rule_edits.UpdateAlertRule.model_validate({"uid": uid, "for_minutes": 1})
        with pytest.raises(Refused, match="Read the alert rule") as caught:
            await alert_rule_edits.preview(given, unread)
    assert caught.value.alternative == f"Send seen={found.data['fingerprint']} with the change."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Nothing to change was given"),
        ({"for_minutes": 5}, "already is as asked"),
        ({"expr": "nope_total"}, "no metric nope_total"),
        ({"title": "Payments is down"}, "already is an alert rule 'Payments is down'"),
        ({"folder": "Nowhere"}, "no folder 'Nowhere'"),
    ],
)
async def test_a_change_that_cannot_be_made_is_refused_beforehand(
    pool: Pool, grafana_estate: Estate, change: Json, said: str
) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await down(given)
        await down(given, title="Payments is down")
        with pytest.raises(Refused, match=said):
            await shown(UPDATE_ALERT_RULE, given, {"uid": uid, **change})
    assert len(grafana_estate.grafana.writes) == 2


async def test_a_rule_of_several_expressions_changes_only_around_them(pool: Pool, grafana_estate: Estate) -> None:
    math = {"refId": "B", "datasourceUid": "__expr__", "model": {"type": "math", "expression": "$A > 3"}}
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await down(given)
        kept_by(grafana_estate, uid)["data"][1] = math
        with pytest.raises(Refused, match="made of several expressions"):
            await shown(UPDATE_ALERT_RULE, given, {"uid": uid, "condition": {"op": "above", "value": 1}})
        told = await read(GET_ALERT_RULE_BY_UID, given, {"uid": uid})
        result = await carried_out(UPDATE_ALERT_RULE, given, {"uid": uid, "for_minutes": 1})
    assert told.data["expr"] is None
    assert any("$A > 3" in line for line in told.data["queries"])
    assert result.status == "ok", result.error
    assert kept_by(grafana_estate, uid)["data"][1]["model"]["expression"] == "$A > 3"


LOSING: list[tuple[Json, str | None]] = [
    ({"record": {"metric": "x", "from": "A"}, "data": [{"refId": "A"}]}, "it is a recording rule"),
    ({}, "does not tell its queries"),
    (
        {"data": [{"model": {"conditions": [{"evaluator": {}, "unloadEvaluator": {"type": "lt"}}]}}]},
        "unloadEvaluator, which would get lost",
    ),
    ({"data": [{"model": {"conditions": [{"evaluator": {}, "type": "query"}]}}]}, None),
]


@pytest.mark.parametrize(("config", "said"), LOSING)
def test_a_rule_that_would_lose_something_is_not_written_back(config: Json, said: str | None) -> None:
    """mcp-grafana 2.1.1 drops what it does not know of a condition."""
    why = rule.not_changeable(config)
    assert (why is None) if said is None else (said in str(why))


async def test_a_rule_is_shown_then_deleted_and_gone(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await down(given)
        kept, seen = await shown(DELETE_ALERT_RULE, given, {"uid": uid})
        result = await done(DELETE_ALERT_RULE, given, kept)
        again = await done(DELETE_ALERT_RULE, given, kept)
    assert seen.title == "Delete the alert rule 'Checkout is down' from folder Shop"
    assert 'fires when: up{service="checkout"} below 1' in seen.lines
    resource = {"type": "alert_rule", "uid": uid, "name": "Checkout is down"}
    assert (result.status, result.data) == ("ok", {"resource": resource, "deleted": True})
    assert grafana_estate.grafana.state.rules == {}
    assert (again.status, again.is_uncertain) == ("error", False)


@pytest.mark.parametrize("fault", REFUSING, ids=repr)
async def test_a_change_that_grafana_refuses_is_an_error_and_surely_not_made(
    pool: Pool, grafana_estate: Estate, fault: Fault
) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await down(given)
        creation, _ = await shown(CREATE_ALERT_RULE, given, DOWN | {"title": "Another"})
        change, _ = await shown(UPDATE_ALERT_RULE, given, {"uid": uid, "for_minutes": 1})
        deletion, _ = await shown(DELETE_ALERT_RULE, given, {"uid": uid})
        before = copy.deepcopy(grafana_estate.grafana.state.rules)
        results: list[ToolResult] = []
        for spec, kept, method in (
            (CREATE_ALERT_RULE, creation, "POST"),
            (UPDATE_ALERT_RULE, change, "PUT"),
            (DELETE_ALERT_RULE, deletion, "DELETE"),
        ):
            with grafana_estate.grafana.failing(RULES, fault, method=method):
                results.append(await done(spec, given, kept))
    assert [(result.status, result.is_uncertain) for result in results] == [("error", False)] * 3, results
    assert grafana_estate.grafana.state.rules == before


@pytest.mark.parametrize(("fault", "was_done"), UNCLEAR)
async def test_a_change_without_a_clear_answer_is_uncertain(
    pool: Pool, grafana_estate: Estate, fault: Fault, was_done: bool
) -> None:
    async with grafana_estate.reach(request_seconds=1) as grafana:
        given = await context(pool, grafana)
        uid = await down(given)
        creation, _ = await shown(CREATE_ALERT_RULE, given, DOWN | {"title": "Another"})
        change, _ = await shown(UPDATE_ALERT_RULE, given, {"uid": uid, "for_minutes": 1})
        results: list[ToolResult] = []
        for spec, kept, method in ((CREATE_ALERT_RULE, creation, "POST"), (UPDATE_ALERT_RULE, change, "PUT")):
            with grafana_estate.grafana.failing(RULES, fault, done=was_done, method=method):
                results.append(await done(spec, given, kept))
        deletion, _ = await shown(DELETE_ALERT_RULE, given, {"uid": uid})
        with grafana_estate.grafana.failing(RULES, fault, done=was_done, method="DELETE"):
            results.append(await done(DELETE_ALERT_RULE, given, deletion))
    assert [(result.status, result.is_uncertain) for result in results] == [("error", True)] * 3, results


async def test_a_creation_answered_with_another_status_is_no_success(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        kept, _ = await shown(CREATE_ALERT_RULE, given, DOWN)
        with grafana_estate.grafana.failing(RULES, Status(200), done=True, method="POST"):
            result = await done(CREATE_ALERT_RULE, given, kept)
    assert (result.status, result.is_uncertain) == ("error", True)


async def test_a_rule_that_cannot_be_read_back_is_uncertain(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        kept, _ = await shown(CREATE_ALERT_RULE, given, DOWN)
        with grafana_estate.grafana.failing(RULES, Status(500), method="GET"):
            unread = await done(CREATE_ALERT_RULE, given, kept)
        grafana_estate.grafana.state.rules.clear()
        invented = Status(201, body={"uid": "invented", "title": "Checkout is down"})
        with grafana_estate.grafana.failing(RULES, invented, method="POST"):
            absent = await done(CREATE_ALERT_RULE, given, kept)
    for result in (unread, absent):
        assert (result.status, result.is_uncertain) == ("error", True)
        assert "could not be read back" in str(result.error)


async def test_a_write_that_grafana_kept_otherwise_is_no_success(pool: Pool, grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        uid = await down(given)
        change, _ = await shown(UPDATE_ALERT_RULE, given, {"uid": uid, "for_minutes": 1})
        with grafana_estate.grafana.failing(RULES, Status(200, body={"uid": uid}), method="PUT"):
            ignored = await done(UPDATE_ALERT_RULE, given, change)
        deletion, _ = await shown(DELETE_ALERT_RULE, given, {"uid": uid})
        with grafana_estate.grafana.failing(RULES, Page(204, ""), method="DELETE"):
            kept = await done(DELETE_ALERT_RULE, given, deletion)
    assert (ignored.status, ignored.is_uncertain) == ("error", True)
    assert "differs from what was approved" in str(ignored.error)
    assert (kept.status, kept.is_uncertain) == ("error", True)
    assert "it is still there" in str(kept.error)


@pytest.mark.parametrize("fault", [*REFUSING, Status(500), Page(), Cut()], ids=repr)
async def test_a_list_that_fails_is_an_error_and_never_empty(pool: Pool, grafana_estate: Estate, fault: Fault) -> None:
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana)
        with grafana_estate.grafana.failing(STATES, fault):
            result = await done(LIST_ALERT_RULES, given, validated(LIST_ALERT_RULES, {}))
    assert (result.status, result.is_uncertain) == ("error", False)
    assert result.error


@pytest.mark.parametrize("fault", [*REFUSING, Status(429), Status(500), Page(), Cut(), Hang()], ids=repr)
async def test_a_look_at_one_rule_that_fails_is_never_an_answer(
    pool: Pool, grafana_estate: Estate, fault: Fault
) -> None:
    async with grafana_estate.reach(request_seconds=1 if isinstance(fault, Hang) else 30) as grafana:
        given = await context(pool, grafana)
        made = await done(CREATE_ALERT_RULE, given, (await shown(CREATE_ALERT_RULE, given, DOWN))[0])
        uid = made.data["resource"]["uid"]
        with grafana_estate.grafana.failing((RULES, STATES), fault):
            looked = [
                await told(GET_ALERT_RULE_BY_UID, given, {"uid": uid}),
                await told(LIST_ALERT_RULES, given, {}),
            ]
    assert looked == ["error"] * 2


async def told(spec: AnySpec, given: ToolContext, arguments: dict[str, Any]) -> str:
    """How the call ended; a refusal that says what is not there is an error too."""
    try:
        result = await done(spec, given, validated(spec, arguments))
    except Refused:
        return "error"
    return result.status


async def test_what_a_policy_lets_pass_unasked_is_checked_all_the_same(pool: Pool, grafana_estate: Estate) -> None:
    """ACCEPTANCE 3: an admin creates and updates alert rules without being asked."""
    async with grafana_estate.reach() as grafana:
        given = await context(pool, grafana, approved=False)
        made = await done(CREATE_ALERT_RULE, given, validated(CREATE_ALERT_RULE, DOWN))
        uid = made.data["resource"]["uid"]
        change = validated(UPDATE_ALERT_RULE, {"uid": uid, "for_minutes": 1})
        changed = await done(UPDATE_ALERT_RULE, given, change)
        with pytest.raises(Refused, match="already is an alert rule"):
            await done(CREATE_ALERT_RULE, given, validated(CREATE_ALERT_RULE, DOWN))
    assert (made.status, changed.status) == ("ok", "ok")
    assert kept_by(grafana_estate, uid)["folderUID"] == "shop"


async def test_without_a_grafana_the_tools_say_so(pool: Pool) -> None:
    given = await context(pool, None)
    with pytest.raises(Refused, match="No Grafana is configured"):
        await read(LIST_ALERT_RULES, given, {})
    with pytest.raises(Refused, match="No Grafana is configured"):
        await shown(CREATE_ALERT_RULE, given, DOWN)


@pytest.mark.parametrize(
    ("span", "seconds"),
    [("5m0s", 300), ("0s", 0), ("1h30m0s", 5400), ("24h0m0s", 86400), ("1d", 86400), ("500ms", 0.5)],
)
def test_a_span_of_time_is_read_as_seconds(span: str, seconds: float) -> None:
    assert rule.seconds(span) == seconds


@pytest.mark.parametrize("minutes", [0, 1, 59, 60, 90, 10080])
def test_minutes_are_written_as_they_are_read_back(minutes: int) -> None:
    assert rule.seconds(rule.span(minutes)) == minutes * 60


def test_each_tool_says_its_risk_and_its_permission() -> None:
    """RV-02: one remote tool is three risks here."""
    assert {spec.name: (spec.risk, spec.permission) for spec in alert_rules.TOOLS} == {
        "list_alert_rules": (Risk.READ, "ai:revive:grafana:alert_rule:read"),
        "get_alert_rule_by_uid": (Risk.READ, "ai:revive:grafana:alert_rule:read"),
        "create_alert_rule": (Risk.CREATE, "ai:revive:grafana:alert_rule:create"),
        "update_alert_rule": (Risk.UPDATE, "ai:revive:grafana:alert_rule:update"),
        "delete_alert_rule": (Risk.DELETE, "ai:revive:grafana:alert_rule:delete"),
    }
    changing = [spec for spec in alert_rules.TOOLS if not spec.is_read]
    assert all(spec.preview and spec.settle and not spec.idempotent for spec in changing)
