from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.database import Pool
from domain.windows import Window
from tests.tools.estate import NOW, Estate, at, between, open_estate
from tools.replies import OWN_ONLY, ROWS_HIDDEN
from tools.spec import Scope


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


@pytest.fixture
async def morning(estate: Estate) -> Estate:
    """Six incidents, titles A to F in the order in which they opened; F opened at 11:00, E weeks ago."""
    slow = await estate.alert(at("09:05"), "SlowRequests")
    await estate.incident(at("08:00"), 90, title="A", alert_count=5)
    await estate.incident(at("09:00"), 30, [slow], title="B", severity="warning", service="payments", team="money")
    both: dict[str, Any] = {"service": "payments", "services": ["checkout", "payments"]}
    await estate.incident(at("10:00"), None, title="C", severity="info", **both, alert_count=7, team="")
    await estate.incident(at("10:30"), 10, title="D", service="db", environment="staging", team="data")
    await estate.incident(at("10:00", day=2), None, title="E", severity="info", service="db", team="data")
    await estate.incident(at("11:00"), 0, title="F", severity="warning")
    return estate


async def test_incidents_are_told_with_counts_and_every_field(estate: Estate) -> None:
    """IQ-02."""
    made = await estate.incident(at("09:00"), 30, services=["checkout", "payments"], alert_count=4)
    result = await estate.ask("query_incidents")
    assert result.data == {
        "total": 1,
        "by_status": {"open": 0, "resolved": 1},
        "by_severity": {"critical": 1, "warning": 0, "info": 0},
        "by_service": [{"key": "checkout", "count": 1}],
        "by_title": [{"key": "HighErrorRate on checkout", "count": 1}],
        "incidents": [
            {
                "id": str(made),
                "number": "INC-1",
                "title": "HighErrorRate on checkout",
                "service": "checkout",
                "services": ["checkout", "payments"],
                "severity": "critical",
                "status": "resolved",
                "environment": "prod",
                "team": "shop",
                "opened_at": "2026-11-20T09:00:00Z",
                "resolved_at": "2026-11-20T09:30:00Z",
                "duration_seconds": 1800.0,
                "alert_count": 4,
                "root_cause": "",
                "resolution": "",
            }
        ],
        "limit": 50,
        "offset": 0,
    }
    assert (result.status, result.window, result.cut) == ("ok", Window(NOW - timedelta(days=1), NOW), None)


@pytest.mark.parametrize(
    ("arguments", "titles"),
    [
        ({}, "FDCBA"),
        ({"order": "oldest"}, "ABCDF"),
        ({"order": "longest"}, "CABDF"),
        ({"order": "most_alerts"}, "CAFDB"),
        ({"status": "open"}, "CE"),
        ({"status": "open", "order": "longest"}, "EC"),
        ({"status": "open", **between("09:00:00", "12:00:00")}, "C"),
        ({"status": "resolved"}, "FDBA"),
        ({"longer_than_seconds": 600}, "CBA"),
        ({"longer_than_seconds": 599}, "DCBA"),
        ({"longer_than_seconds": 1800, "order": "longest"}, "CA"),
        ({"longer_than_seconds": 7199, "status": "open"}, "CE"),
        ({"longer_than_seconds": 7200, "status": "open"}, "E"),
        ({"service": "checkout"}, "FCA"),
        ({"service": ["payments", "db"]}, "DCB"),
        ({"severity": ["warning", "info"]}, "FCB"),
        ({"alert_name": "SlowRequests"}, "B"),
        ({"alert_name": "DiskFull"}, ""),
        ({"environment": "staging"}, "D"),
        ({"team": ["money", "data"]}, "DB"),
        ({"team": "shop", "severity": "critical", "service": "checkout"}, "A"),
        (between("09:00:00", "11:00:00"), "DCB"),
        (between("09:00:00.000001", "11:00:00.000001"), "FDC"),
        ({"limit": 2, "offset": 1}, "DC"),
    ],
)
async def test_each_filter_and_order_lists_its_incidents(
    morning: Estate, arguments: dict[str, Any], titles: str
) -> None:
    result = await morning.ask("query_incidents", **arguments)
    assert "".join(incident["title"] for incident in result.data["incidents"]) == titles
    if "limit" not in arguments:
        assert result.data["total"] == len(titles) == sum(result.data["by_status"].values())
        assert result.data["total"] == sum(result.data["by_severity"].values())


async def test_services_and_titles_are_counted_most_first_and_at_most_20(estate: Estate) -> None:
    for number in range(22):
        await estate.incident(at("09:00"), title=f"T{number:02}", service="db" if number < 2 else "checkout")
    await estate.incident(at("09:00"), title="T21")
    result = await estate.ask("query_incidents", limit=1)
    assert result.data["by_service"] == [{"key": "checkout", "count": 21}, {"key": "db", "count": 2}]
    titles = [(title["key"], title["count"]) for title in result.data["by_title"]]
    assert titles == [("T21", 2), *((f"T{number:02}", 1) for number in range(19))]
    assert (result.data["total"], result.cut) == (23, "1 of 23 incidents are listed")


async def test_a_viewer_sees_counts_of_incidents_and_no_incident(morning: Estate) -> None:
    everyone = await morning.ask("query_incidents")
    viewer = await morning.ask("query_incidents", Scope.AGGREGATED_ONLY)
    assert viewer.data == everyone.data | {"incidents": []}
    assert viewer.cut == ROWS_HIDDEN


async def test_an_engineer_sees_incidents_of_the_team_or_with_an_alert_assigned(morning: Estate) -> None:
    mine = await morning.alert(at("10:00"), assigned_to=morning.context.actor.user_id)
    await morning.incident(at("10:00"), 20, [mine], title="G", team="other")
    await morning.incident(at("10:01"), 20, [mine], title="H, opened after my alert", team="other")
    result = await morning.ask("query_incidents", Scope.OWN_ALERTS)
    assert [incident["title"] for incident in result.data["incidents"]] == ["F", "G", "A"]
    assert (result.data["total"], result.cut) == (3, OWN_ONLY)


async def test_no_incident_is_an_empty_answer(estate: Estate) -> None:
    result = await estate.ask("query_incidents", service="nowhere")
    assert result.status == "empty"
    assert result.data == {
        "total": 0,
        "by_status": {"open": 0, "resolved": 0},
        "by_severity": {"critical": 0, "warning": 0, "info": 0},
        "by_service": [],
        "by_title": [],
        "incidents": [],
        "limit": 50,
        "offset": 0,
    }


def times(count: int, still_open: int, *seconds: float | None) -> dict[str, Any]:
    mean, p50, p90 = seconds or (None, None, None)
    return {"count": count, "open": still_open, "mean_seconds": mean, "p50_seconds": p50, "p90_seconds": p90}


async def test_times_to_resolve_are_computed_over_resolved_incidents_only(estate: Estate) -> None:
    for minutes in (10, 20, 60, None):
        await estate.incident(at("09:00"), minutes)
    result = await estate.ask("get_mttr_stats")
    assert result.data == {
        **times(3, 1, 1800.0, 1200.0, pytest.approx(3120.0)),  # pyright: ignore[reportArgumentType] - compares as float
        "min_seconds": 600.0,
        "max_seconds": 3600.0,
        "periods": [],
        "groups": [],
    }
    assert (result.status, result.window) == ("ok", Window(NOW - timedelta(days=30), NOW))


async def test_only_open_incidents_give_a_count_and_no_time(estate: Estate) -> None:
    await estate.incident(at("09:00"), None)
    result = await estate.ask("get_mttr_statistics", group_by="team")
    nothing = times(0, 1)
    assert result.data == nothing | {
        "min_seconds": None,
        "max_seconds": None,
        "periods": [],
        "groups": [{"key": "shop"} | nothing],
    }
    assert result.status == "ok"


async def test_two_quarters_can_be_compared(estate: Estate) -> None:
    """IQ-03."""
    await estate.incident(at("09:00") - timedelta(days=60), 120)
    await estate.incident(at("09:00"), 30)
    await estate.incident(at("10:00"), 60)
    half = {"start": "2026-07-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}
    result = await estate.ask("get_mttr_statistics", period="quarter", time_range=half)
    assert result.data["periods"] == [
        {"key": "2026-Q3", "start": "2026-07-01T00:00:00Z", "end": "2026-10-01T00:00:00Z"}
        | times(1, 0, 7200.0, 7200.0, 7200.0),
        {"key": "2026-Q4", "start": "2026-10-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}
        | times(2, 0, 2700.0, 2700.0, 3420.0),
    ]


async def test_every_day_of_a_zone_is_a_period_even_without_incidents(estate: Estate) -> None:
    await estate.incident(at("23:30", day=18), 10)
    span = {"start": "2026-11-17T23:00:00Z", "end": "2026-11-20T12:00:00Z"}
    result = await estate.ask("get_mttr_statistics", period="day", timezone="Europe/Berlin", time_range=span)
    assert [(period["key"], period["count"]) for period in result.data["periods"]] == [
        ("2026-11-18", 0),
        ("2026-11-19", 1),
        ("2026-11-20", 0),
    ]
    assert result.data["periods"][0]["p50_seconds"] is None


@pytest.mark.parametrize(
    ("group_by", "keys"),
    [
        ("service", ["checkout", "payments", "db"]),
        ("severity", ["critical", "warning", "info"]),
        ("team", ["shop", "money", "data", ""]),
    ],
)
async def test_groups_have_the_slowest_median_first_and_the_unresolved_last(
    morning: Estate, group_by: str, keys: list[str]
) -> None:
    result = await morning.ask("get_mttr_statistics", group_by=group_by, **between("00:00:00", "12:00:00"))
    assert [group["key"] for group in result.data["groups"]] == keys
    cut = await morning.ask("get_mttr_statistics", group_by=group_by, limit=1, **between("00:00:00", "12:00:00"))
    assert [group["key"] for group in cut.data["groups"]] == keys[:1]
    assert cut.cut == f"1 of {len(keys)} groups are listed"


@pytest.mark.parametrize(
    ("narrowed", "count", "still_open"),
    [
        ({"service": "payments"}, 1, 1),
        ({"severity": "warning"}, 2, 0),
        ({"environment": "staging"}, 1, 0),
        ({"team": ["data", "money"]}, 2, 1),
        (between("08:00:00", "09:00:00"), 1, 0),
    ],
)
async def test_filters_narrow_the_times(morning: Estate, narrowed: dict[str, Any], count: int, still_open: int) -> None:
    result = await morning.ask("get_mttr_statistics", **narrowed)
    assert (result.data["count"], result.data["open"]) == (count, still_open)


async def test_without_incidents_the_times_are_an_empty_answer(estate: Estate) -> None:
    result = await estate.ask("get_mttr_statistics", group_by="service")
    assert result.status == "empty"
    assert result.data == times(0, 0) | {"min_seconds": None, "max_seconds": None, "periods": [], "groups": []}


async def test_times_of_other_teams_do_not_count_for_an_engineer(morning: Estate) -> None:
    result = await morning.ask("get_mttr_statistics", Scope.OWN_ALERTS)
    assert (result.data["count"], result.data["open"], result.cut) == (2, 0, OWN_ONLY)


async def test_an_hourly_period_is_refused(estate: Estate) -> None:
    with pytest.raises(ValidationError, match="'day', 'week', 'month' or 'quarter'"):
        await estate.ask("get_mttr_statistics", period="hour")
