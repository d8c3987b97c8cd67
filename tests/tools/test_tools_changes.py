from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.database import Pool
from tests.tools.estate import Estate, at, between, open_estate
from tools.replies import OWN_ONLY, ROWS_HIDDEN
from tools.spec import Scope

MORNING = between("09:00:00", "11:00:00")


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


def scores(data: dict[str, Any]) -> dict[str, float]:
    return {change["id"]: change["score"] for change in data["changes"]}


async def test_a_deployment_right_before_a_burst_is_told_with_its_evidence(estate: Estate) -> None:
    """IQ-05."""
    await estate.alerts(*(at("10:06") + timedelta(minutes=n) for n in range(9)), at("09:30"))
    await estate.change("d1", at("10:00"))
    result = await estate.ask("correlate_alerts_changes", **MORNING)
    assert result.data == {
        "alerts_total": 10,
        "changes_total": 1,
        "correlated_alerts": 9,
        "changes": [
            {
                "id": "d1",
                "occurred_at": "2026-11-20T10:00:00Z",
                "kind": "deployment",
                "service": "checkout",
                "environment": "prod",
                "summary": "release d1",
                "author": "",
                "version": "",
                "url": "",
                "alerts_after": 9,
                "alerts_before": 1,
                "first_alert_at": "2026-11-20T10:06:00Z",
                "minutes_to_first_alert": 6.0,
                "same_service": True,
                "score": 0.8,  # 0.6 * (9 - 1) / (9 + 1 + 1) + 0.4 * (1 - 6 / 60)
            }
        ],
    }
    assert (result.status, result.cut) == ("ok", None)


async def test_same_service_soon_and_a_jump_each_raise_the_score(estate: Estate) -> None:
    await estate.alerts(*(at("10:00") + timedelta(minutes=n) for n in range(5)))
    await estate.alerts(at("09:30"), at("09:31"), at("10:03"), at("10:04"), service="steady")
    await estate.change("soon", at("09:59"))
    await estate.change("late", at("09:10"))
    await estate.change("steady", at("10:02"), service="steady")
    await estate.change("elsewhere", at("09:59"), service="payments")
    await estate.change("after", at("10:30"))
    named = await estate.ask("correlate_changes", service=["checkout", "steady"], **MORNING)
    ranked = scores(named.data)
    assert list(ranked) == ["soon", "late", "steady", "elsewhere", "after"]
    assert ranked["soon"] == round(0.6 * 5 / 6 + 0.4 * (1 - 1 / 60), 2)
    assert ranked["late"] == round(0.6 * 5 / 6 + 0.4 * (1 - 50 / 60), 2)
    assert ranked["steady"] == round(0.4 * (1 - 1 / 60), 2)
    assert ranked["elsewhere"] == round(0.5 * (0.6 * (7 - 2) / (7 + 2 + 1) + 0.4 * (1 - 1 / 60)), 2)
    assert ranked["after"] == 0


async def test_without_services_a_change_is_judged_by_its_own_service_alone(estate: Estate) -> None:
    await estate.alerts(at("10:00"), at("10:01"))
    await estate.change("elsewhere", at("09:59"), service="payments")
    result = await estate.ask("correlate_alerts_changes", **MORNING)
    (change,) = result.data["changes"]
    assert (change["score"], change["alerts_after"], change["first_alert_at"]) == (0.0, 0, None)
    assert (change["same_service"], change["minutes_to_first_alert"]) == (True, None)
    assert result.data["correlated_alerts"] == 0


async def test_the_edges_are_half_open(estate: Estate) -> None:
    await estate.alerts(at("08:59:59"), at("09:00"), at("10:00"), at("11:00"))
    for name, moment in [("at-reach", "08:00"), ("too-early", "07:59:59"), ("last", "10:59:59"), ("at-end", "11:00")]:
        await estate.change(name, at(moment))
    await estate.change("with-alert", at("10:00"))
    result = await estate.ask("correlate_alerts_changes", **MORNING)
    after = {change["id"]: change["alerts_after"] for change in result.data["changes"]}
    assert after == {"with-alert": 1, "last": 0, "at-reach": 0}
    assert (result.data["alerts_total"], result.data["changes_total"]) == (2, 3)


async def test_before_is_as_long_as_after_when_the_window_cuts_it(estate: Estate) -> None:
    await estate.alerts(at("10:55"), at("10:40"), at("10:20"))
    await estate.change("d1", at("10:50"))
    result = await estate.ask("correlate_alerts_changes", **MORNING)
    (change,) = result.data["changes"]
    assert (change["alerts_after"], change["alerts_before"]) == (1, 1)


async def test_an_alert_after_two_changes_is_correlated_once(estate: Estate) -> None:
    await estate.alerts(at("10:00"), at("10:45"), at("09:05"))
    await estate.change("d1", at("09:40"))
    await estate.change("d2", at("09:50"))
    result = await estate.ask("correlate_alerts_changes", **MORNING)
    assert result.data["correlated_alerts"] == 2


@pytest.mark.parametrize(
    ("narrowed", "ids"),
    [
        ({}, ["d1", "d2", "d3", "flag"]),
        ({"kind": "feature_flag"}, ["flag"]),
        ({"kind": ["config", "deployment"]}, ["d1", "d2", "d3"]),
        ({"environment": "staging"}, ["d2", "d3"]),
        ({"window_minutes": 15}, ["d1", "d2", "flag"]),
        ({"limit": 1}, ["d1"]),
    ],
)
async def test_arguments_narrow_the_changes(estate: Estate, narrowed: dict[str, Any], ids: list[str]) -> None:
    await estate.change("d1", at("09:40"))
    await estate.change("d2", at("09:30"), environment="staging")
    await estate.change("d3", at("08:40"), environment="", kind="config")
    await estate.change("flag", at("09:00"), kind="feature_flag")
    await estate.alerts(at("09:41"), at("09:42"))
    result = await estate.ask("correlate_alerts_changes", **MORNING, **narrowed)
    assert sorted(scores(result.data)) == ids
    if "limit" in narrowed:
        assert (result.data["changes_total"], result.cut) == (4, "1 of 4 changes are listed")


@pytest.mark.parametrize(
    ("narrowed", "alerts"),
    [
        ({}, 4),
        ({"severity": "warning"}, 1),
        ({"alert_name": "DiskFull"}, 1),
        ({"environment": ["staging"]}, 1),
        ({"service": "checkout"}, 3),
    ],
)
async def test_arguments_narrow_the_alerts(estate: Estate, narrowed: dict[str, Any], alerts: int) -> None:
    await estate.alert(at("10:00"), severity="warning")
    await estate.alert(at("10:00"), "DiskFull")
    await estate.alert(at("10:00"), environment="staging")
    await estate.alert(at("10:00"), service="payments")
    await estate.change("d1", at("09:50"), environment="")
    await estate.change("d2", at("09:50"), environment="", service="payments")
    result = await estate.ask("correlate_alerts_changes", **MORNING, **narrowed)
    assert (result.data["alerts_total"], result.data["correlated_alerts"]) == (alerts, alerts)


async def test_equal_scores_have_the_newest_change_first(estate: Estate) -> None:
    for name, moment in [("b", "09:10"), ("a", "09:10"), ("c", "09:20")]:
        await estate.change(name, at(moment))
    result = await estate.ask("correlate_alerts_changes", **MORNING)
    assert list(scores(result.data)) == ["c", "a", "b"]
    assert result.status == "ok"


async def test_no_alert_and_no_change_is_an_empty_answer(estate: Estate) -> None:
    result = await estate.ask("correlate_alerts_changes")
    assert result.status == "empty"
    assert result.data == {"alerts_total": 0, "changes_total": 0, "correlated_alerts": 0, "changes": []}


async def test_scopes_keep_the_changes_and_narrow_the_alerts(estate: Estate) -> None:
    await estate.alert(at("10:00"))
    await estate.alert(at("10:01"), team="money")
    await estate.change("d1", at("09:50"))
    own = await estate.ask("correlate_alerts_changes", Scope.OWN_ALERTS, **MORNING)
    (change,) = own.data["changes"]
    assert (own.data["alerts_total"], own.data["correlated_alerts"], change["alerts_after"]) == (1, 1, 1)
    assert own.cut == OWN_ONLY
    viewer = await estate.ask("correlate_alerts_changes", Scope.AGGREGATED_ONLY, **MORNING)
    assert (viewer.data["alerts_total"], list(scores(viewer.data)), viewer.cut) == (2, ["d1"], ROWS_HIDDEN)


@pytest.mark.parametrize(
    "wrong", [{"window_minutes": 0}, {"window_minutes": 1441}, {"kind": "rollback"}, {"team": "a"}]
)
async def test_arguments_out_of_bounds_are_refused(estate: Estate, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        await estate.ask("correlate_alerts_changes", **wrong)
