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
async def mixed(estate: Estate) -> Estate:
    """Eight alerts on the morning of the 20th: one per distinguishing property."""
    await estate.alert(at("09:00"), "HighErrorRate", service="checkout", severity="critical")
    await estate.alert(at("09:07"), "SlowRequests", service="checkout", severity="warning", ends_at=None)
    await estate.alert(at("09:40"), "HighErrorRate", service="payments", severity="critical", team="money")
    await estate.alert(at("10:00"), "DiskFull", service="db", severity="info", environment="staging", team="data")
    await estate.alert(at("10:15"), "DiskFull", service="db", severity="warning", team="", ends_at=None)
    await estate.alert(at("10:59:59.999999"), "DiskFull", service="db", severity="critical", team="data")
    await estate.alert(at("11:00"), "HighErrorRate", service="search", severity="critical", team="")
    await estate.alert(at("08:00", day=1), "DiskFull", service="archive", severity="info", ends_at=None, team="data")
    return estate


def counts(critical: int, warning: int, info: int) -> dict[str, Any]:
    severities = {"critical": critical, "warning": warning, "info": info}
    return {"total": critical + warning + info, "by_severity": severities}


async def test_the_history_tells_totals_and_every_field_of_an_alert(estate: Estate) -> None:
    """IQ-01."""
    made = await estate.alert(at("09:00:00.5"), "SlowRequests", severity="warning", summary="p95 over 2 s")
    result = await estate.ask("query_alerts_history", **between("09:00:00", "10:00:00"))
    assert result.data == {
        **counts(0, 1, 0),
        "by_status": {"firing": 0, "resolved": 1},
        "alerts": [
            {
                "id": str(made),
                "name": "SlowRequests",
                "service": "checkout",
                "severity": "warning",
                "status": "resolved",
                "starts_at": "2026-11-20T09:00:00.500000Z",
                "ends_at": "2026-11-20T09:10:00.500000Z",
                "duration_seconds": 600.0,
                "summary": "p95 over 2 s",
                "environment": "prod",
                "team": "shop",
                "instance": "",
            }
        ],
        "limit": 100,
        "offset": 0,
    }
    assert (result.status, result.source, result.cut) == ("ok", "trivium alerts database", None)
    assert (result.window, result.as_of) == (Window(at("09:00"), at("10:00")), NOW)


async def test_the_query_shown_is_the_statement_on_one_line_and_its_parameters(estate: Estate) -> None:
    result = await estate.ask("query_alerts_history", service="checkout", **between("09:07:00", "10:00:00"))
    totals, listed = result.query.split("; ")
    assert "\n" not in result.query
    assert "from trivium.alert_counts where bucket >= %(first)s" in totals
    assert totals.endswith(
        '-- {"services": ["checkout"], "start": "2026-11-20T09:07:00Z", "end": "2026-11-20T10:00:00Z",'
        ' "first": "2026-11-20T09:15:00Z", "last": "2026-11-20T10:00:00Z"}'
    )
    assert listed.endswith('"end": "2026-11-20T10:00:00Z", "limit": 100, "offset": 0}')


@pytest.mark.parametrize(
    ("arguments", "starts"),
    [
        ({}, ["11:00", "10:59", "10:15", "10:00", "09:40", "09:07", "09:00"]),
        ({"service": "checkout"}, ["09:07", "09:00"]),
        ({"service": ["db", "checkout", "db", "nowhere"]}, ["10:59", "10:15", "10:00", "09:07", "09:00"]),
        ({"severity": "critical"}, ["11:00", "10:59", "09:40", "09:00"]),
        ({"severity": ["info", "warning"]}, ["10:15", "10:00", "09:07"]),
        ({"alert_name": "DiskFull"}, ["10:59", "10:15", "10:00"]),
        ({"alert_name": ["SlowRequests", "DiskFull"], "severity": "warning"}, ["10:15", "09:07"]),
        ({"environment": "staging"}, ["10:00"]),
        ({"team": ["money", "data"]}, ["10:59", "10:00", "09:40"]),
        ({"team": "data", "service": "db", "severity": "critical"}, ["10:59"]),
        ({"status": "resolved"}, ["11:00", "10:59", "10:00", "09:40", "09:00"]),
        ({"status": "resolved", "service": "checkout"}, ["09:00"]),
        ({"status": "firing", **between("09:00:00", "10:00:00")}, ["09:07"]),
        ({"status": "firing"}, ["10:15", "09:07", "08:00"]),
        ({"status": "firing", "service": ["db", "archive"]}, ["10:15", "08:00"]),
        ({"severity": None, "service": []}, ["11:00", "10:59", "10:15", "10:00", "09:40", "09:07", "09:00"]),
        (between("09:00:00", "11:00:00"), ["10:59", "10:15", "10:00", "09:40", "09:07", "09:00"]),
        (between("09:00:00.000001", "11:00:00.000001"), ["11:00", "10:59", "10:15", "10:00", "09:40", "09:07"]),
        (between("09:10:00", "09:40:00"), []),
    ],
)
async def test_each_filter_narrows_the_list_and_the_totals_alike(
    mixed: Estate, arguments: dict[str, Any], starts: list[str]
) -> None:
    result = await mixed.ask("query_alerts_history", **arguments)
    listed = result.data["alerts"]
    assert [alert["starts_at"][11:16] for alert in listed] == starts
    assert result.data["total"] == len(listed)
    assert result.data["by_severity"] == {
        severity: sum(alert["severity"] == severity for alert in listed) for severity in ("critical", "warning", "info")
    }
    assert result.data["by_status"] == {
        status: sum(alert["status"] == status for alert in listed) for status in ("firing", "resolved")
    }
    assert result.status == ("ok" if starts else "empty")


async def test_every_open_alert_is_asked_for_without_a_window(mixed: Estate) -> None:
    assert (await mixed.ask("query_alerts_history", status="firing")).window is None
    default = await mixed.ask("query_alerts_history")
    assert default.window == Window(NOW - timedelta(days=1), NOW)


async def test_of_101_alerts_the_newest_100_are_listed_and_the_cut_is_told(estate: Estate) -> None:
    starts = [at("09:00") + timedelta(seconds=second) for second in range(101)]
    await estate.alerts(*starts)
    first = await estate.ask("query_alerts_history")
    assert (first.data["total"], len(first.data["alerts"])) == (101, 100)
    assert (first.status, first.cut) == ("ok", "100 of 101 alerts are listed")
    assert first.data["alerts"][-1]["starts_at"] == "2026-11-20T09:00:01Z"
    last = await estate.ask("query_alerts_history", offset=100, limit=7, service="checkout")
    assert [alert["starts_at"] for alert in last.data["alerts"]] == ["2026-11-20T09:00:00Z"]
    assert (last.data["limit"], last.data["offset"], last.data["total"]) == (7, 100, 101)


async def test_an_offset_far_beyond_the_end_lists_nothing(mixed: Estate) -> None:
    for offset in (32_700, 1_000_000_000):
        result = await mixed.ask("query_alerts_history", service="checkout", offset=offset)
        assert (result.data["alerts"], result.data["total"], result.cut) == ([], 2, "0 of 2 alerts are listed")


async def test_a_viewer_sees_complete_counts_and_no_alert(mixed: Estate) -> None:
    everyone = await mixed.ask("query_alerts_history")
    viewer = await mixed.ask("query_alerts_history", Scope.AGGREGATED_ONLY)
    assert viewer.data == everyone.data | {"alerts": []}
    assert viewer.cut == ROWS_HIDDEN


async def test_an_engineer_sees_what_belongs_to_the_team_or_is_assigned(mixed: Estate) -> None:
    me = mixed.context.actor.user_id
    await mixed.alert(at("11:30"), service="payments", team="money", assigned_to=me)
    result = await mixed.ask("query_alerts_history", Scope.OWN_ALERTS)
    assert [alert["starts_at"][11:16] for alert in result.data["alerts"]] == ["11:30", "09:07", "09:00"]
    assert result.data["by_severity"] == {"critical": 2, "warning": 1, "info": 0}
    assert result.cut == OWN_ONLY


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"severity": "fatal"}, "critical"),
        ({"status": "open"}, "firing"),
        ({"limit": 0}, "greater than or equal to 1"),
        ({"limit": 1001}, "less than or equal to 1000"),
        ({"offset": -1}, "greater than or equal to 0"),
        ({"servce": "checkout"}, "Extra inputs are not permitted"),
        ({"time_range": {"start": "2026-11-20T09:00:00", "end": "2026-11-20T10:00:00Z"}}, "timezone"),
        (between("10:00:00", "10:00:00"), "must end after it starts"),
        ({"time_range": {"start": "0001-01-01T00:00:00+14:00", "end": "2026-01-01T00:00:00Z"}}, "1970 and 2199"),
        ({"time_range": {"start": "2026-01-01T00:00:00Z", "end": "9999-12-31T23:59:59-12:00"}}, "1970 and 2199"),
    ],
)
async def test_wrong_arguments_are_refused_with_what_is_right(
    estate: Estate, arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        await estate.ask("query_alerts_history", **arguments)


async def test_events_are_counted_by_level_with_the_busiest_two_hours(estate: Estate) -> None:
    for clock, severity in [("02:10", "critical"), ("03:50", "warning"), ("05:00", "info"), ("05:59", "info")]:
        await estate.alert(at(clock), severity=severity)
    await estate.alert(at("06:59"), severity="critical")
    await estate.alerts(at("05:10"), at("05:20"), service="payments")
    result = await estate.ask("get_event_count", app_id="checkout")
    assert result.data == {
        "total": 5,
        "by_level": {"critical": 2, "warning": 1, "info": 2},
        "busiest": {"start": "2026-11-20T05:00:00Z", "end": "2026-11-20T07:00:00Z", "count": 3},
    }
    assert (result.status, result.window) == ("ok", Window(NOW - timedelta(days=1), NOW))


async def test_of_equally_busy_hours_the_first_is_told_cut_to_the_window(estate: Estate) -> None:
    await estate.alerts(at("05:40"), at("06:10"), at("09:20"), at("10:10"))
    result = await estate.ask("get_event_count", **between("05:30:00", "10:30:00"))
    assert result.data["busiest"] == {"start": "2026-11-20T05:30:00Z", "end": "2026-11-20T07:00:00Z", "count": 2}
    late = await estate.ask("get_event_count", **between("09:00:00", "10:30:00"))
    assert late.data["busiest"] == {"start": "2026-11-20T09:00:00Z", "end": "2026-11-20T10:30:00Z", "count": 2}


@pytest.mark.parametrize(
    ("filters", "total"),
    [
        ({"severity": "warning"}, 2),
        ({"alert_name": ["DiskFull"]}, 3),
        ({"environment": "staging"}, 1),
        ({"environment": "prod", "alert_name": "DiskFull", "severity": ["critical", "info"]}, 1),
    ],
)
async def test_event_filters_narrow_the_count(mixed: Estate, filters: dict[str, Any], total: int) -> None:
    assert (await mixed.ask("get_event_count", filters=filters)).data["total"] == total


async def test_no_event_is_an_empty_answer_and_not_an_error(estate: Estate) -> None:
    result = await estate.ask("get_event_count", service="nowhere")
    nothing = {"critical": 0, "warning": 0, "info": 0}
    assert (result.status, result.error) == ("empty", None)
    assert result.data == {"total": 0, "by_level": nothing, "busiest": None}


async def test_events_of_other_teams_do_not_count_for_an_engineer(mixed: Estate) -> None:
    result = await mixed.ask("get_event_count", Scope.OWN_ALERTS)
    assert (result.data["total"], result.cut) == (2, OWN_ONLY)
