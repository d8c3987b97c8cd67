import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from tools.series import breaches, changes, parts, series, summary
from tools.series.anomalies import judge
from tools.series.breaches import Threshold
from tools.series.compare import compared
from tools.series.downsample import downsampled
from tools.series.series import MISSING, Series
from tools.series.unusual import unusual

START = datetime(2026, 11, 1, tzinfo=UTC)
FIVE_MINUTES = 300
DAY = 86_400 // FIVE_MINUTES
ERRORS = Threshold(name="error rate", value=0.02, side="above", unit="percentunit")


def made(values: list[float], step: int = FIVE_MINUTES, start: datetime = START) -> Series:
    times = tuple(start.timestamp() + place * step for place in range(len(values)))
    return Series(times=times, values=tuple(values), labels={})


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a series, not a secret


def noisy(size: int, seed: int, level: float = 100, share: float = 0.03) -> list[float]:
    rng = chance(seed)
    return [level * (1 + rng.gauss(0, share)) for _ in range(size)]


def daily(days: int, seed: int) -> list[float]:
    rng = chance(seed)
    return [100 + 60 * math.sin(2 * math.pi * place / DAY) + rng.gauss(0, 3) for place in range(days * DAY)]


def at(place: int, step: int = FIVE_MINUTES) -> datetime:
    return START + timedelta(seconds=place * step)


def test_a_matrix_is_read_onto_the_whole_grid_and_its_gaps_stay_gaps() -> None:
    found = [{"metric": {"job": "a"}, "values": [[1000, "1"], [1120, "NaN"], [1180.0004, "+Inf"], [1240, "4.5"]]}]
    read = series.matrix(found, datetime.fromtimestamp(1000, UTC), datetime.fromtimestamp(1290, UTC), 60)
    assert read == [
        Series(
            times=(1000, 1060, 1120, 1180, 1240),
            values=(1.0, MISSING, MISSING, MISSING, 4.5),
            labels={"job": "a"},
        )
    ]
    assert read[0].known == (1.0, 4.5)
    assert read[0].missing == 3


def test_a_vector_is_read_as_series_of_one_sample() -> None:
    found = [{"metric": {"job": "a"}, "value": [7, "0.5"]}]
    assert series.vector(found) == [Series(times=(7.0,), values=(0.5,), labels={"job": "a"})]


def test_a_summary_counts_what_is_missing_and_makes_nothing_up() -> None:
    found = summary.summarised(made([3, MISSING, 1, 2]))
    assert (found.least, found.most, found.median, found.mean, found.last) == (1, 3, 2, 2, 2)
    assert (found.samples, found.missing) == (3, 1)
    assert found.p95 == pytest.approx(2.9)
    nothing = summary.summarised(made([MISSING, MISSING]))
    assert (nothing.median, nothing.samples, nothing.missing) == (None, 0, 2)


def test_the_increase_of_a_counter_survives_restarts_and_gaps() -> None:
    assert summary.increase(made([10, 15, MISSING, 20, 3, 4])) == 5 + 5 + 3 + 1
    assert summary.increase(made([10])) is None


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("size", "points"), [(10_000, 200), (501, 500), (77, 10), (5, 500)])
def test_drawing_fewer_points_never_loses_an_extreme_nor_a_long_gap(size: int, points: int, seed: int) -> None:
    """QT-19."""
    rng = chance(seed)
    values = [rng.expovariate(1) for _ in range(size)]
    gap = slice(size // 3, size // 3 + 2 * math.ceil(size / points * 2))
    values[gap] = [MISSING] * len(values[gap])
    whole = made(values)
    drawn = downsampled(whole, points).series
    assert len(drawn.times) <= max(points, 4)
    assert (max(drawn.known), min(drawn.known)) == (max(whole.known), min(whole.known))
    assert drawn.missing
    assert set(zip(drawn.times, drawn.values, strict=True)) <= set(zip(whole.times, whole.values, strict=True))
    assert list(drawn.times) == sorted(set(drawn.times))
    assert (downsampled(whole, points).cut is None) == (size <= points)


def test_a_breach_has_its_true_edges_peak_and_ending() -> None:
    """HD-11: each sample speaks for the minute before it."""
    values = [0.004] * 60
    values[31:46] = [0.03] * 15
    values[40] = 0.052
    (found,) = breaches.found(made(values, 60), ERRORS)
    assert (found.start, found.end) == (START + timedelta(minutes=30), START + timedelta(minutes=45))
    assert found.duration == timedelta(minutes=15)
    assert (found.peak, found.peak_at, found.ended) == (0.052, START + timedelta(minutes=40), "recovered")


def test_the_threshold_itself_is_still_good() -> None:
    assert breaches.found(made([0.02, 0.02, 0.02], 60), ERRORS) == ()
    below = Threshold(name="availability", value=0.999, side="below")
    assert [item.peak for item in breaches.found(made([1, 0.999, 0.5, 0.7, 1], 60), below)] == [0.5]


def test_a_short_gap_belongs_to_the_breach_and_a_long_one_ends_it_unknown() -> None:
    bad = 0.5
    joined = breaches.found(made([0, bad, MISSING, MISSING, bad, 0], 60), ERRORS)
    assert [(item.duration.total_seconds() / 60, item.ended) for item in joined] == [(4, "recovered")]
    apart = breaches.found(made([0, bad, MISSING, MISSING, MISSING, bad], 60), ERRORS)
    assert [(item.duration.total_seconds() / 60, item.ended) for item in apart] == [(1, "no data"), (1, "ongoing")]
    split = breaches.found(made([bad, 0, bad, 0], 60), ERRORS)
    assert len(split) == 2


def test_a_breach_shorter_than_asked_for_is_left_out_and_one_exactly_as_long_is_not() -> None:
    values = made([0, 0.5, 0, 0.5, 0.5, 0], 60)
    found = breaches.found(values, ERRORS, at_least=timedelta(minutes=2))
    assert [item.duration for item in found] == [timedelta(minutes=2)]


def test_breaches_of_several_measures_that_touch_are_one_degradation() -> None:
    first = breaches.found(made([0, 1, 1, 0, 0, 0, 1], 60), ERRORS)
    other = breaches.found(made([0, 0, 0, 1, 1, 0, 0], 60), ERRORS)
    together = breaches.together([*first, *other])
    assert [(item.start, item.end, item.has_recovered) for item in together] == [
        (START, START + timedelta(minutes=4), True),
        (START + timedelta(minutes=5), START + timedelta(minutes=6), False),
    ]


@pytest.mark.parametrize("seed", range(10))
def test_one_planted_excursion_is_found_where_it_is_and_nothing_else(seed: int) -> None:
    """HD-08."""
    values = daily(7, seed)
    place = chance(seed).randrange(DAY, 6 * DAY)
    height = 60 if seed % 2 else -60
    for number in range(place, place + 6):
        values[number] += height
    found = judge(made(values))
    assert [(item.start, item.end, item.direction) for item in found.anomalies] == [
        (at(place), at(place + 5), "above" if seed % 2 else "below")
    ]
    assert (found.season, found.seasons, found.threshold) == ("daily", 7, 5)
    assert found.method == "median of the time of day and median absolute deviation"


@pytest.mark.parametrize("seed", range(10))
def test_nothing_planted_nothing_found(seed: int) -> None:
    for values in (daily(7, seed), noisy(7 * DAY, seed)):
        assert judge(made(values)).anomalies == ()
        assert unusual(made(values)).changes == ()


def test_what_is_high_every_day_is_no_anomaly_but_the_day_it_is_missing_is() -> None:
    values = [500.0 if place % DAY < 12 else 100 + chance(place).gauss(0, 2) for place in range(10 * DAY)]
    assert judge(made(values)).anomalies == ()
    values[5 * DAY : 5 * DAY + 12] = [100.0] * 12
    (found,) = judge(made(values)).anomalies
    assert (found.start, found.direction) == (at(5 * DAY), "below")
    assert found.baseline == pytest.approx(500, rel=0.01)


@pytest.mark.parametrize("seed", range(10))
def test_three_days_of_noise_have_no_season(seed: int) -> None:
    """A day is held against the other days only: its own samples would explain themselves."""
    assert judge(made(noisy(72, seed), step=3600)).season == "none"


def test_an_outage_with_a_breath_in_it_is_one_anomaly_and_three_spikes_are_three() -> None:
    outage = noisy(600, 1)
    outage[300:310] = [300.0] * 4 + [100.0] * 2 + [300.0] * 4
    assert [(item.start, item.end, item.samples) for item in judge(made(outage)).anomalies] == [(at(300), at(309), 8)]
    spikes = noisy(600, 1)
    spikes[300] = spikes[306] = spikes[312] = 300.0
    assert [item.start for item in judge(made(spikes)).anomalies] == [at(300), at(306), at(312)]


def test_a_week_that_repeats_needs_the_weekly_season() -> None:
    values = [10.0 if (place // DAY) % 7 < 5 else 1.0 for place in range(28 * DAY)]
    values = [value + chance(place).gauss(0, 0.1) for place, value in enumerate(values)]
    weekly = judge(made(values), season="weekly")
    assert weekly.anomalies == ()
    values[13 * DAY + 100] = 10.0
    found = judge(made(values), season="weekly")
    assert [item.start for item in found.anomalies] == [at(13 * DAY + 100)]
    assert judge(made(values)).season == "weekly"


@pytest.mark.parametrize("seed", range(5))
def test_missing_data_is_no_anomaly_and_hides_none_beside_it(seed: int) -> None:
    values = daily(7, seed)
    values[2 * DAY : 2 * DAY + 150] = [MISSING] * 150
    assert judge(made(values)).anomalies == ()
    values[4 * DAY] += 80
    values[4 * DAY + 1] = MISSING
    found = judge(made(values))
    assert [item.start for item in found.anomalies] == [at(4 * DAY)]
    assert found.missing == 151


def test_too_little_data_is_said_and_nothing_is_claimed() -> None:
    short = judge(made([1.0] * 28 + [900.0]))
    assert (short.anomalies, short.too_little) == ((), "29 samples; at least 30 are needed")
    wrong = judge(made(noisy(2 * DAY, 1)), season="daily")
    assert wrong.too_little == "2.0 daily seasons; at least 3 are needed"
    empty = judge(made([MISSING] * 100))
    assert (empty.samples, empty.missing) == (0, 100)
    assert empty.too_little


def test_a_flat_line_has_no_anomaly_until_it_moves() -> None:
    assert judge(made([5.0] * 500)).anomalies == ()
    assert judge(made([0.0] * 500)).anomalies == ()
    (found,) = judge(made([5.0] * 300 + [6.0] + [5.0] * 199)).anomalies
    assert (found.start, found.peak, found.baseline) == (at(300), 6, 5)


def test_spikes_that_come_all_the_time_are_a_habit_and_the_far_greater_one_is_not() -> None:
    values = noisy(7 * DAY, 3)
    for place in range(20, 7 * DAY, 60):
        values[place] *= 3
    found = judge(made(values))
    assert found.anomalies == ()
    assert found.recurring == 34
    values[80] *= 10
    (far,) = judge(made(values)).anomalies
    assert far.start == at(80)


@pytest.mark.parametrize("seed", range(10))
def test_a_move_of_the_level_is_found_to_within_a_few_samples(seed: int) -> None:
    """HD-09."""
    place = chance(seed).randrange(50, 350)
    values = noisy(place, seed, 100) + noisy(400 - place, seed + 100, 130)
    (found,) = changes.found(made(values))
    assert abs(found.at - at(place)) <= timedelta(seconds=2 * FIVE_MINUTES)
    assert (found.before, found.after) == (pytest.approx(100, rel=0.02), pytest.approx(130, rel=0.02))
    assert found.confidence > 0.99
    assert found.relative == pytest.approx(0.3, abs=0.03)


def test_several_moves_are_found_in_order_and_single_spikes_are_none() -> None:
    values = noisy(100, 1, 10) + noisy(100, 2, 20) + noisy(100, 3, 5)
    values[50] = values[150] = 1000
    assert [round((item.at - START).total_seconds() / FIVE_MINUTES) for item in changes.found(made(values))] == [
        100,
        200,
    ]
    assert changes.found(made([1.0, 2.0, 1.0])) == ()
    assert changes.found(made([5.0] * 100)) == ()


def test_a_slow_wander_is_no_move_of_the_level() -> None:
    rng, value, values = chance(11), 100.0, list[float]()
    for _ in range(600):
        value = 100 + 0.97 * (value - 100) + rng.gauss(0, 1)
        values.append(value)
    assert changes.found(made(values)) == ()


def test_the_change_near_a_time_is_the_one_in_reach() -> None:
    """HD-09."""
    values = made(noisy(100, 1, 10) + noisy(100, 2, 20) + noisy(100, 3, 5))
    near = changes.near(values, at(203), timedelta(minutes=30))
    assert near
    assert near.at == at(200)
    assert changes.near(values, at(150), timedelta(minutes=30)) is None


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (noisy(60, 1, 45), noisy(30, 2, 95), "higher"),
        (noisy(60, 1, 45), noisy(30, 2, 20), "lower"),
        (noisy(60, 1, 45), noisy(60, 2, 45), "same"),
        (noisy(60, 1, 45, 0.3), noisy(60, 2, 48, 0.3), "same"),
        ([0.0] * 60, [0.0] * 60, "same"),
        ([0.0] * 60, [3.0] * 60, "higher"),
        (noisy(60, 1, 45), [*noisy(50, 2, 45), *[95.0] * 4], "peaked"),
        (noisy(60, 1, 45), noisy(4, 2, 95), "not enough data"),
        ([MISSING] * 60, noisy(60, 2, 95), "not enough data"),
    ],
)
def test_two_windows_are_told_apart_only_when_it_is_more_than_noise(
    before: list[float], after: list[float], verdict: str
) -> None:
    """HD-07."""
    found = compared(made(before), made(after))
    assert found.verdict == verdict
    assert found.is_real == (verdict in ("higher", "lower", "peaked"))


def test_a_comparison_has_medians_quantiles_and_the_relative_change() -> None:
    found = compared(made([45.0] * 30), made([95.0] * 30))
    assert (found.before.median, found.after.median, found.after.p95) == (45, 95, 95)
    assert found.relative == pytest.approx(50 / 45)
    assert (found.superiority, found.effect) == (1, None)
    assert compared(made([0.0] * 30), made([1.0] * 30)).relative is None


def test_what_is_drawn_is_json_with_nulls_for_gaps() -> None:
    line = parts.line(made([1.0, MISSING, 2.123456789]), "cpu")
    assert line["points"] == [[1793491200, 1.0], [1793491500, None], [1793491800, 2.12346]]
    assert line["summary"]["missing"] == 1
    assert line["cut"] is None
