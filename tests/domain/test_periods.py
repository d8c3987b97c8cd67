from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from domain.errors import Refused
from domain.periods import Unit, periods
from domain.windows import Window, parse, stamp

BERLIN = ZoneInfo("Europe/Berlin")


def listed(start: str, end: str, unit: Unit, zone: str = "Europe/Berlin") -> list[tuple[str, str, str]]:
    window = Window(parse(start), parse(end))
    return [(period.key, stamp(period.start), stamp(period.end)) for period in periods(window, unit, ZoneInfo(zone))]


@pytest.mark.parametrize(
    ("date", "after", "hours"), [("2026-03-29", "2026-03-30", 23), ("2026-10-25", "2026-10-26", 25)]
)
def test_a_day_of_a_clock_change_has_23_or_25_hours(date: str, after: str, hours: int) -> None:
    start = datetime.fromisoformat(f"{date}T00:00").replace(tzinfo=BERLIN)
    end = datetime.fromisoformat(f"{after}T00:00").replace(tzinfo=BERLIN)
    (day,) = periods(Window(start, end), "day", BERLIN)
    assert (day.key, day.end - day.start) == (date, timedelta(hours=hours))
    by_hour = periods(Window(start, end), "hour", BERLIN)
    assert {period.end - period.start for period in by_hour} == {timedelta(hours=1)}
    assert len(by_hour) == hours


def test_the_repeated_hour_is_listed_twice_and_the_skipped_hour_not_at_all() -> None:
    assert listed("2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z", "hour") == [
        ("2026-10-25 02:00", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"),
        ("2026-10-25 02:00", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"),
    ]
    assert listed("2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z", "hour") == [
        ("2026-03-29 01:00", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"),
        ("2026-03-29 03:00", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"),
    ]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (
            "day",
            [
                ("2025-12-31", "2025-12-31T12:00:00Z", "2025-12-31T23:00:00Z"),
                ("2026-01-01", "2025-12-31T23:00:00Z", "2026-01-01T06:00:00Z"),
            ],
        ),
        ("week", [("2026-W01", "2025-12-31T12:00:00Z", "2026-01-01T06:00:00Z")]),
        (
            "month",
            [
                ("2025-12", "2025-12-31T12:00:00Z", "2025-12-31T23:00:00Z"),
                ("2026-01", "2025-12-31T23:00:00Z", "2026-01-01T06:00:00Z"),
            ],
        ),
        (
            "quarter",
            [
                ("2025-Q4", "2025-12-31T12:00:00Z", "2025-12-31T23:00:00Z"),
                ("2026-Q1", "2025-12-31T23:00:00Z", "2026-01-01T06:00:00Z"),
            ],
        ),
    ],
)
def test_periods_follow_the_local_calendar_and_are_cut_to_the_window(
    unit: Unit, expected: list[tuple[str, str, str]]
) -> None:
    assert listed("2025-12-31T12:00:00Z", "2026-01-01T06:00:00Z", unit) == expected


def test_months_and_quarters_of_every_length_follow_each_other() -> None:
    months = [key for key, _, _ in listed("2024-01-31T12:00:00Z", "2025-03-01T00:00:00Z", "month", "UTC")]
    assert months == [*(f"2024-{month:02}" for month in range(1, 13)), "2025-01", "2025-02"]
    quarters = [key for key, _, _ in listed("2023-12-31T00:00:00Z", "2025-01-01T00:00:00Z", "quarter", "UTC")]
    assert quarters == ["2023-Q4", "2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"]


def test_a_week_begins_on_monday() -> None:
    assert listed("2026-11-15T22:30:00Z", "2026-11-16T00:00:00Z", "week") == [
        ("2026-W46", "2026-11-15T22:30:00Z", "2026-11-15T23:00:00Z"),
        ("2026-W47", "2026-11-15T23:00:00Z", "2026-11-16T00:00:00Z"),
    ]


def test_hours_of_a_half_hour_zone_begin_on_its_own_clock() -> None:
    assert listed("2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z", "hour", "Asia/Kolkata") == [
        ("2026-11-20 14:00", "2026-11-20T09:00:00Z", "2026-11-20T09:30:00Z"),
        ("2026-11-20 15:00", "2026-11-20T09:30:00Z", "2026-11-20T10:00:00Z"),
    ]


@pytest.mark.parametrize("zone", ["Australia/Lord_Howe", "America/Havana", "Africa/Cairo", "Asia/Beirut", "UTC"])
@pytest.mark.parametrize("unit", ["hour", "day", "week", "month", "quarter"])
def test_periods_tile_the_window_in_zones_with_odd_clock_changes(zone: str, unit: Unit) -> None:
    for first in range(0, 366, 61):
        start = datetime(2026, 1, 1, 7, 13, tzinfo=UTC) + timedelta(days=first)
        window = Window(start, start + timedelta(days=70))
        spans = periods(window, unit, ZoneInfo(zone))
        assert (spans[0].start, spans[-1].end) == (window.start, window.end)
        assert all(left.end == right.start and left.start < left.end for left, right in pairwise(spans))


def test_2000_buckets_are_listed_and_one_more_is_refused_with_a_coarser_unit() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert len(periods(Window(start, start + timedelta(hours=2000)), "hour", ZoneInfo("UTC"))) == 2000
    with pytest.raises(Refused, match="more than 2,000 buckets by hour") as refusal:
        periods(Window(start, start + timedelta(hours=2001)), "hour", ZoneInfo("UTC"))
    assert (refusal.value.code, refusal.value.alternative) == ("too_many_buckets", "group_by day")
    with pytest.raises(Refused) as refusal:
        periods(Window(start, start + timedelta(days=20_000)), "day", ZoneInfo("UTC"))
    assert refusal.value.alternative == "group_by month"
