"""QT-12, QT-19: how far a query looks, how much it returns, and the step that keeps it within bounds."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import Refused
from tests.tools.translate.world import METRICS, SHOP
from tools.grafana.promql import parse
from tools.translate.catalogue import MetricCatalogue
from tools.translate.promql.bounds import Bounds, bounded, estimated, step_for
from tools.translate.situation import Limits, Situation

END = datetime(2026, 11, 20, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
CROWD = MetricCatalogue(
    types={"x": "gauge"},
    labels={"x": {"pod": frozenset(f"pod-{n}" for n in range(8000)), "job": frozenset({"a", "b"})}},
    series={"x": 20_000},
)


@pytest.mark.parametrize(
    ("query", "over", "code"),
    [
        ("up", timedelta(hours=169), "range_too_long"),
        ("max_over_time(up[30d])", None, "range_too_long"),
        ("max_over_time(rate(http_requests_total[1d])[7d:1h])", None, "range_too_long"),
        ("max_over_time(max_over_time(up[4d])[4d:1h])", None, "range_too_long"),
        ("up offset 30d", None, "range_too_long"),
        ("max_over_time((up offset 4d)[1h:] offset 4d)", None, "range_too_long"),
        ("up offset -30d", None, "range_too_long"),
        ("up @ 0", None, "range_too_long"),
        ("sum(up) + sum(max_over_time(up[30d]))", timedelta(hours=1), "range_too_long"),
        ("max_over_time(up[7d:1s])", None, "too_many_results"),
        ("x", None, "too_many_results"),
        ("sum by (pod, job) (x)", None, "too_many_results"),
    ],
)
def test_what_asks_for_too_much_is_refused(query: str, over: timedelta | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        bounded(parse(query), over, END, Situation(metrics=CROWD))
    assert refused.value.code == code
    assert refused.value.alternative


@pytest.mark.parametrize(
    ("query", "over"),
    [
        ("up", WEEK),
        ("rate(http_requests_total[5m])", WEEK),
        ("up offset 1w", timedelta(days=1)),
        ("max_over_time(up[7d:1m])", None),
        ("up @ 1795000000", timedelta(days=1)),
        ("up @ end()", WEEK),
        ("sum(x)", WEEK),
        ("topk(10, x)", None),
        ('x{job="a",pod="pod-1"}', WEEK),
    ],
)
def test_what_asks_for_enough_is_let_through(query: str, over: timedelta | None) -> None:
    end = datetime.fromtimestamp(1_795_010_000, UTC)
    assert bounded(parse(query), over, end, Situation(metrics=CROWD)).points <= 10_000


@pytest.mark.parametrize("hours", [0.1, 1, 6, 24, 100, 168])
@pytest.mark.parametrize("series", [1, 7, 100, 3333, 10_000])
def test_the_step_keeps_all_series_within_the_limit(hours: float, series: int) -> None:
    """QT-19: 168 hours are at most 10,000 samples."""
    length = timedelta(hours=hours)
    step = step_for(length, series, Limits())
    assert step >= 15
    assert series * (length.total_seconds() // step) <= 10_000


def test_a_week_of_one_series_is_asked_in_steps_of_two_minutes() -> None:
    assert bounded(parse("sum(up)"), WEEK, END, SHOP) == Bounds(step_seconds=120, series=1, points=5041)


@pytest.mark.parametrize(
    ("query", "series"),
    [
        ("sum(x)", 1),
        ("sum by (job) (x)", 2),
        ("sum by (pod) (x)", 8000),
        ('sum by (pod) (x{pod="pod-1"})', 1),
        ("topk(5, x)", 5),
        ("x / on (pod) x", 20_000),
        ("x or x", 40_000),
        ("scalar(x)", 1),
        ("count(x) > 3", 1),
        ("vector(1)", 1),
        ("absent(x)", 1),
    ],
)
def test_the_number_of_series_is_estimated_from_the_catalogue(query: str, series: int) -> None:
    assert estimated(parse(query), CROWD) == series


def test_a_quantile_has_no_series_per_bucket() -> None:
    query = "histogram_quantile(0.9, sum by (le, service) (rate(http_request_duration_seconds_bucket[5m])))"
    assert estimated(parse(query), METRICS) == 2


def test_the_limits_are_those_that_are_given() -> None:
    narrow = Situation(metrics=METRICS, limits=Limits(range_hours=1))
    with pytest.raises(Refused, match="1 hours are the longest"):
        bounded(parse("up"), timedelta(hours=2), END, narrow)
