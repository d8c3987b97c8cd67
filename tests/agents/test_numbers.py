from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.numbers import has_numbers, unsupported
from domain.windows import Window
from tools.spec import Status, ToolResult

START = datetime(2026, 11, 9, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=7))
AS_OF = datetime(2026, 11, 16, 8, 15, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")

WEEK: dict[str, Any] = {
    "total": 1204,
    "by_severity": {"critical": 120, "warning": 300},
    "error_ratio": 0.0734,
    "p95_seconds": 4.32,
    "uptime": 3600,
    "rows": [
        {"service": "checkout", "alerts": 47, "started_at": "2026-11-12T14:05:30Z", "ended_at": "2026-11-12T14:49:10Z"},
        {"service": "payment", "alerts": 31, "started_at": "2026-11-13T02:00:00Z", "ended_at": "2026-11-13T03:12:00Z"},
        {"service": "basket-2", "alerts": 9, "started_at": "2026-11-14T02:00:00Z", "ended_at": None},
    ],
    "memory_bytes": 3_435_973_836,
    "logs": ["connection reset after 35 s, 99 % of the pool used", "v1.2.3 deployed"],
    "series": {"unit": "minutes", "points": [["2026-11-12T14:00:00Z", 2.5], ["2026-11-12T15:00:00Z", 10]]},
}


def result(data: dict[str, Any], status: Status = "ok", **changes: Any) -> ToolResult:
    return ToolResult(status=status, source="test", tool="query", data=data, window=WINDOW, as_of=AS_OF, **changes)


SHOWN = """
    47 alerts, 1,204 in all
    about 1,200 alerts; roughly 50 of them on checkout
    1.2k alerts
    three rows, or 3 services
    87 alerts in these 3 services
    420 by severity, 120 of them critical
    120 of 420, so 29 %
    16 more than payment, 1.5 times as many
    checkout is up 52 % on payment
    29 alerts per service on average
    an error ratio of 7.34 %, about 7 %, 0.07
    p95 was 4.3 s, that is 4320 ms
    up for 1 hour, 60 min
    checkout burned for 43 min (43 minutes 40 seconds)
    payment burned for 1 h 12 min, or 1h12m, or 1 hour and 12 minutes, or 72 minutes
    it fired at 14:05 on 12 Nov 2026 and at 2026-11-13T02:00:00Z
    on Nov 12 and on 2026-11-14
    within 9-15 Nov, over 7 days
    3.2 GiB, 3.4 GB
    the log speaks of 35 s and 99 %
    the series grew from 2.5 min to 10 minutes, by 450 s
    INC-12, p95, HTTP 500, port 443, 10.0.0.1, v9.9.9, 5xx, the 2nd one, step 4, #17
    1. first
    2) second [e1, e2]
    basket-2 asked `rate(errors[31m])` at https://grafana.example/d/99
    commit 8f14e45fceea167a5a36dedd4bea2543
"""
INVENTED = {
    "48 alerts": ("48",),
    "1,205 in all": ("1,205",),
    "13 % of the errors": ("13 %",),
    "7.4 % errors": ("7.4 %",),
    "p95 was 5.1 s": ("5.1 s",),
    "it took 44 min 59 s": ("44 min 59 s",),
    "it fired at 14:07 on 17 Nov": ("14:07", "17 Nov"),
    "at 2026-11-12T14:06:30Z": ("2026-11-12T14:06:30Z",),
    "2.7 times as many": ("2.7 times",),
    "4.5 GiB": ("4.5 GiB",),
    "16 here, 17 there, 17 again": ("17",),
    "total:4711, count=4712, `4713`": ("4711", "4712", "4713"),
    "about 1,500": ("1,500",),
}


@pytest.mark.parametrize("sentence", [line.strip() for line in SHOWN.strip().splitlines()])
def test_what_stands_in_the_data_or_follows_from_it_is_supported(sentence: str) -> None:
    assert unsupported(sentence, [result(WEEK)]) == ()


@pytest.mark.parametrize("sentence", INVENTED)
def test_an_invented_number_is_named_as_it_was_written(sentence: str) -> None:
    assert unsupported(sentence, [result(WEEK)]) == INVENTED[sentence]


def test_every_listed_number_needs_the_data() -> None:
    numbers = "47 alerts, 12 %, 1 h 12 min, 43 min, 3.5 s, 14:05, 12 Nov, 3.2 GiB, 2.5×"
    assert unsupported(numbers, []) == (
        "47", "12 %", "1 h 12 min", "43 min", "3.5 s", "14:05", "12 Nov", "3.2 GiB", "2.5×",
    )  # fmt: skip


def test_two_periods_are_compared_across_results_of_one_tool() -> None:
    weeks = [result({"total": 47}), result({"total": 35})]
    assert unsupported("47 against 35 the week before: 12 more, up 34 %.", weeks) == ()
    assert unsupported("47 against 35: 13 more.", weeks) == ("13",)


@pytest.mark.parametrize("status", ["error", "forbidden", "truncated"])
def test_a_result_that_failed_shows_nothing(status: Status) -> None:
    assert unsupported("47 alerts", [result({"total": 47}, status)]) == ("47",)


def test_an_empty_result_shows_zero() -> None:
    assert unsupported("0 alerts in 7 days", [result({}, "empty")]) == ()
    assert unsupported("0 alerts", [result({"total": 5})]) == ("0",)


def test_a_count_that_only_somebodys_words_show_has_to_be_quoted_with_them() -> None:
    alerts = result(
        {"total": 47, "alerts": [{"title": "Queue and 2 more", "summary": "900 alerts fired, 99 % failed"}]}
    )
    assert unsupported("checkout fired 900 alerts", [alerts]) == ("900",)
    assert unsupported('the alert says "900 alerts fired", and 47 did', [alerts]) == ()
    assert unsupported("the alert says “901 alerts fired”", [alerts]) == ("901",)
    assert unsupported("it says 99 % failed; Queue and 2 more fired", [alerts]) == ()


def test_times_may_be_told_in_the_zone_of_the_person() -> None:
    night = result({"at": "2026-11-12T23:30:00Z"})
    assert unsupported("at 00:30 on 13 Nov", [night], BERLIN) == ()
    assert unsupported("at 00:30", [night]) == ("00:30",)


def test_times_the_person_named_need_no_proof_but_their_counts_do() -> None:
    asked = "Were there 99 alerts in the last 36 hours, since 17:40 on 3 Nov?"
    assert unsupported("In the last 36 hours, since 17:40 on 3 Nov", [], UTC, asked) == ()
    assert unsupported("99 alerts", [], UTC, asked) == ("99",)


def test_what_was_left_out_and_the_window_of_the_query_may_be_told() -> None:
    cut = result({"rows": [1]}, cut="the first 100 of 1,204 rows", query="rate(errors[5m]) > 0.9")
    assert unsupported("100 of 1,204 rows, in windows of 5 minutes", [cut]) == ()
    assert unsupported("above 0.9", [cut]) == ("0.9",)


def test_a_long_column_does_not_make_every_number_true() -> None:
    squares = result({"rows": [{"alerts": number**2} for number in range(1, 101)]})
    assert unsupported("10,000 at most, 9,999 more than the least, 338350 in all", [squares]) == ()
    assert unsupported("5 more than the next", [squares]) == ("5",)


def test_values_of_one_object_are_compared_but_only_counts_by_a_label_add_up() -> None:
    assert unsupported("38 more", [result({"alerts": 40, "hosts": 2})]) == ()
    assert unsupported("42 in all", [result({"alerts": 40, "hosts": 2})]) == ("42",)
    assert unsupported("42 in all", [result({"by_service": {"checkout": 40, "basket": 2}})]) == ()


def test_the_year_of_the_results_may_be_told() -> None:
    assert unsupported("since the start of 2026", [result({})]) == ()
    assert unsupported("since the start of 2025", [result({})]) == ("2025",)


def test_days_that_are_keys_are_times() -> None:
    by_day = result({"by_day": {"2026-11-12": 47, "2026-11-13": 31}})
    assert unsupported("47 on 12 Nov and 31 on 13 Nov, 78 in all", [by_day]) == ()
    assert unsupported("47 on 14 Nov", [by_day]) == ("14 Nov",)


def test_values_beyond_every_calendar_and_float_are_left_out() -> None:
    odd = {
        "nan": float("nan"),
        "inf": float("inf"),
        "huge": 10**400,
        "never": "0001-01-01T00:00:00Z",
        "ends": "9999-12-31",
    }
    assert unsupported("48 alerts at 10:05 on 12 Jan", [result({**odd, "n": 47})], BERLIN) == ("48", "10:05", "12 Jan")


def test_a_sentence_without_numbers_has_none() -> None:
    assert not has_numbers("checkout-2 and p95 of INC-12 are fine [e1].")
    assert has_numbers("It took 3 s.")


@pytest.mark.parametrize(
    "piece", ["x", "1", "x-", "`a", "\n", " ", "1,", "1m ", "1:", "[e1", "1 and ", "1-", "abcdef0"]
)
def test_hostile_text_of_any_kind_is_read_to_its_end(piece: str) -> None:
    """Where reading cost the square of the length, this would not end before the limit on every test's time."""
    assert unsupported("47 alerts", [result({"log": piece * (200_000 // len(piece))})]) == ("47",)


def measured(unit: str, **numbers: Any) -> ToolResult:
    """A series as `query_metrics` tells it."""
    series = {"name": "checkout", "labels": {"pod": "checkout-7"}, "peak_at": "2026-11-12T14:05:00Z", **numbers}
    return result({"queries": [{"title": "Checkout", "unit": unit, "series_count": 3, "series": [series]}]})


LATENCY = measured("s", last=0.245, mean=0.2, max=1.5, min=0.0008, against={"mean": 0.1, "max": 1.2}, change=1.0)
ERRORS = measured("percentunit", last=0.123, mean=0.0514, against={"mean": 0.0257}, change=1.0)
MEMORY = measured("bytes", last=536_870_912, mean=3_435_973_836, max=1_500_000)
TRAFFIC = measured("Bps", last=1_500_000)
REQUESTS = measured("reqps", last=120.4, mean=1204.0)
UNITS: dict[str, tuple[ToolResult, str, str]] = {
    "seconds": (LATENCY, "245 ms, that is 0.245 s or 0.25 s; at most 1.5 s, at least 0.8 ms or 800 µs", "0.245 ms"),
    "seconds are not milliseconds": (LATENCY, "1,500 ms", "1.5 ms"),
    "a rounded time": (LATENCY, "about 250 ms, 0.2 s", "240 ms"),
    "a time is no share": (LATENCY, "twice as slow: 2 times, 100 % more", "0.2 %"),
    "a time is no size": (LATENCY, "1.5 seconds", "1.5 MB"),
    "against": (LATENCY, "100 ms slower on average, the peak 300 ms higher", "150 ms slower"),
    "share": (ERRORS, "12.3 % or 0.123, on average 5.1 %, 5.14 percent", "0.123 %"),
    "a rounded share": (ERRORS, "about 12 %, 12 %, 5 %", "13 %"),
    "percentage points": (ERRORS, "2.57 percentage points more, doubled from 2.6 %, 100 % more, 2×", "5.2 %"),
    "a share is no time": (ERRORS, "12.3 percent", "123 ms"),
    "memory": (MEMORY, "512 MiB, 3.2 GiB, 3.44 GB, 0.5 GiB, 536,870,912 bytes", "537 MiB"),
    "binary is not decimal": (MEMORY, "1.5 MB", "1.5 MiB"),
    "another prefix": (MEMORY, "524,288 KiB", "512 KiB"),
    "a size is no time": (MEMORY, "1,500 kB", "1500000 s"),
    "bytes per second": (TRAFFIC, "1.5 MB/s, 12 Mbps, 12 Mbit/s", "1.5 Mbps"),
    "requests per second": (REQUESTS, "120.4 requests per second, about 120 req/s, 1.2k rps", "121 req/s"),
    "how many": (REQUESTS, "3 series", "3 ms"),
    "how many, and no share of anything": (REQUESTS, "3 of them", "3 %"),
    "a change": (measured("s", change=1.5), "150 % more, 2.5 times as much", "1.5 s"),
    "a fall": (measured("s", change=-0.25), "25 % less", "0.25 s"),
    "percent": (measured("percent", last=12.3), "12.3 %, 12 %", "1.23 %"),
    "milliseconds": (measured("ms", last=245), "245 ms, 0.245 s", "245 s"),
    "a unit that is not known": (measured("short", last=0.123), "0.123, 12.3 %, 123 ms", "0.124"),
}


@pytest.mark.parametrize("name", UNITS)
def test_a_number_of_a_metric_is_told_in_any_unit_of_its_kind_and_in_no_other(name: str) -> None:
    found, right, wrong = UNITS[name]
    assert unsupported(right, [found]) == ()
    assert len(unsupported(wrong, [found])) == 1, wrong


def test_of_many_points_only_what_the_series_was_in_all_proves_a_number() -> None:
    """CX-07: among hundreds of values nearly every number is somewhere."""
    points = [[1_794_700_800 + 60 * minute, round(0.001 * (minute * 7919 % 600), 3)] for minute in range(600)]
    chart = result(
        {"charts": [{"title": "Errors", "unit": "percentunit", "series": [{"name": "a", "points": points}]}]}
    )
    assert unsupported("at most 59.9 %, on average 30 %, first 0 %, last 48.1 %, of 600 samples", [chart]) == ()
    assert unsupported("at 16:00 it was at its highest, 59.9 %", [chart]) == ("16:00",)
    for wrong in ("12.3 %", "45 %", "7.9 %"):
        assert unsupported(wrong, [chart]) == (wrong,)


def test_what_prometheus_writes_as_text_is_a_number_all_the_same() -> None:
    values = [[1_794_700_800 + 60 * minute, f"{minute}.5"] for minute in range(20)]
    raw = result(
        {"series": [{"metric": {"pod": "a-1"}, "values": values}, {"metric": {}, "value": [1_794_700_800, "7.25"]}]}
    )
    assert unsupported("from 0.5 to 19.5, and 7.25 elsewhere", [raw]) == ()
    assert unsupported("3.5 in between", [raw]) == ("3.5",)
    broken = result({"series": [{"values": [[1_794_700_800 + at, "NaN"] for at in range(20)]}]})
    assert unsupported("20 samples, of which 20 are missing", [broken]) == ()
