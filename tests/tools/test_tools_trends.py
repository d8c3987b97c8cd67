from typing import Any

import pytest
from pydantic import ValidationError

from domain.database import Pool
from domain.errors import Refused
from tests.tools.estate import Estate, at, between, open_estate
from tools.replies import OWN_ONLY, ROWS_HIDDEN
from tools.spec import Scope

NOTHING = {"critical": 0, "warning": 0, "info": 0}


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


@pytest.fixture
async def week(estate: Estate) -> Estate:
    """Tuesday to Friday: three alerts of checkout, two of payments, one of db."""
    await estate.alert(at("22:59:59", day=17), "SlowRequests", severity="warning")
    await estate.alert(at("23:00", day=17), "HighErrorRate")
    await estate.alert(at("10:00", day=20), "HighErrorRate")
    await estate.alert(at("09:00", day=19), "DiskFull", service="payments", severity="info", team="money")
    await estate.alert(at("09:01", day=19), "DiskFull", service="payments", environment="staging", team="money")
    await estate.alert(at("00:00", day=20), "DiskFull", service="db", severity="info", team="data")
    return estate


def days(start: str, end: str) -> dict[str, Any]:
    return {"time_range": {"start": f"2026-11-{start}Z", "end": f"2026-11-{end}Z"}}


async def test_every_local_day_of_the_window_is_a_bucket_zeros_included(week: Estate) -> None:
    """IQ-04."""
    asked = {"timezone": "Europe/Berlin", "service": "checkout", **days("16T23:00:00", "20T12:00:00")}
    result = await week.ask("get_alert_trends", **asked)
    assert result.data == {
        "total": 3,
        "by_severity": {"critical": 2, "warning": 1, "info": 0},
        "group_by": "day",
        "groups": [
            bucket("2026-11-17", "16T23:00:00", "17T23:00:00", warning=1),
            bucket("2026-11-18", "17T23:00:00", "18T23:00:00", critical=1),
            bucket("2026-11-19", "18T23:00:00", "19T23:00:00"),
            bucket("2026-11-20", "19T23:00:00", "20T12:00:00", critical=1),
        ],
        "peak": {"key": "2026-11-17", "count": 1},
        "group_count": 4,
    }
    assert result.status == "ok"


def bucket(key: str, start: str, end: str, **severities: int) -> dict[str, Any]:
    times = {"start": f"2026-11-{start}Z", "end": f"2026-11-{end}Z"}
    return {"key": key, "count": sum(severities.values()), "by_severity": NOTHING | severities, **times}


@pytest.mark.parametrize(
    ("group_by", "keys"),
    [
        ("week", {"2026-W47": 6}),
        ("month", {"2026-11": 6}),
        ("quarter", {"2026-Q4": 6}),
        ("service", {"checkout": 3, "payments": 2, "db": 1}),
        ("severity", {"critical": 3, "info": 2, "warning": 1}),
        ("alert_name", {"DiskFull": 3, "HighErrorRate": 2, "SlowRequests": 1}),
        ("environment", {"prod": 5, "staging": 1}),
    ],
)
async def test_groups_have_the_most_alerts_first(week: Estate, group_by: str, keys: dict[str, int]) -> None:
    result = await week.ask("get_alert_trends", group_by=group_by, **days("16T00:00:00", "21T00:00:00"))
    assert [(group["key"], group["count"]) for group in result.data["groups"]] == list(keys.items())
    assert result.data["peak"] == {"key": next(iter(keys)), "count": max(keys.values())}
    assert (result.data["total"], result.data["group_count"]) == (6, len(keys))


async def test_hours_are_local_and_an_alert_at_the_edge_counts_in_the_hour_it_begins(week: Estate) -> None:
    asked = {"group_by": "hour", "timezone": "Asia/Kolkata", **days("19T23:30:00", "20T01:30:00")}
    result = await week.ask("get_alert_trends", **asked)
    assert [(group["key"], group["count"]) for group in result.data["groups"]] == [
        ("2026-11-20 05:00", 1),
        ("2026-11-20 06:00", 0),
    ]


async def test_a_limit_cuts_the_groups_and_not_the_totals(week: Estate) -> None:
    result = await week.ask("get_alert_trends", group_by="service", limit=1, **days("16T00:00:00", "21T00:00:00"))
    assert [group["key"] for group in result.data["groups"]] == ["checkout"]
    assert (result.data["total"], result.data["group_count"]) == (6, 3)
    assert (result.status, result.cut) == ("ok", "1 of 3 groups are listed")


async def test_equal_groups_are_ordered_by_name(estate: Estate) -> None:
    for service in ("b", "c", "a"):
        await estate.alert(at("11:00"), service=service)
    result = await estate.ask("get_alert_trends", group_by="service")
    assert [group["key"] for group in result.data["groups"]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("narrowed", "total"),
    [
        ({"team": "money"}, 2),
        ({"environment": "staging"}, 1),
        ({"severity": ["info", "warning"]}, 3),
        ({"alert_name": "DiskFull", "service": ["db", "checkout"]}, 1),
    ],
)
async def test_filters_narrow_buckets_and_groups_alike(week: Estate, narrowed: dict[str, Any], total: int) -> None:
    for group_by in ("day", "environment", "alert_name"):
        asked = {"group_by": group_by, **narrowed, **days("16T00:00:00", "21T00:00:00")}
        result = await week.ask("get_alert_trends", **asked)
        assert result.data["total"] == total == sum(group["count"] for group in result.data["groups"])


async def test_nothing_is_an_empty_answer_with_every_bucket_and_no_peak(estate: Estate) -> None:
    by_hour = await estate.ask("get_alert_trends", group_by="hour", **between("09:00:00", "10:00:00"))
    nothing = {"total": 0, "by_severity": NOTHING, "peak": None}
    only = {"key": "2026-11-20 09:00", "count": 0, "by_severity": NOTHING}
    times = {"start": "2026-11-20T09:00:00Z", "end": "2026-11-20T10:00:00Z"}
    assert by_hour.data == nothing | {"group_by": "hour", "groups": [only | times], "group_count": 1}
    by_service = await estate.ask("get_alert_trends", group_by="service")
    assert by_service.data == nothing | {"group_by": "service", "groups": [], "group_count": 0}
    assert (by_hour.status, by_service.status) == ("empty", "empty")


async def test_scopes_leave_counts_to_a_viewer_and_own_alerts_to_an_engineer(week: Estate) -> None:
    asked = {"group_by": "service", **days("16T00:00:00", "21T00:00:00")}
    viewer = await week.ask("get_alert_trends", Scope.AGGREGATED_ONLY, **asked)
    assert (viewer.data["total"], viewer.cut) == (6, ROWS_HIDDEN)
    engineer = await week.ask("get_alert_trends", Scope.OWN_ALERTS, **asked)
    assert [(group["key"], group["count"]) for group in engineer.data["groups"]] == [("checkout", 3)]
    assert engineer.cut == OWN_ONLY


async def test_too_many_buckets_are_refused_with_a_coarser_unit(estate: Estate) -> None:
    year = {"start": "2025-11-20T00:00:00Z", "end": "2026-11-20T00:00:00Z"}
    with pytest.raises(Refused, match="more than 2,000 buckets by hour") as refusal:
        await estate.ask("get_alert_trends", group_by="hour", time_range=year)
    assert (refusal.value.code, refusal.value.alternative) == ("too_many_buckets", "group_by day")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
async def test_an_unknown_time_zone_is_refused(estate: Estate, zone: str) -> None:
    with pytest.raises(ValidationError, match="write an IANA name like Europe/Berlin"):
        await estate.ask("get_alert_trends", timezone=zone)
