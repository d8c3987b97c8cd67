"""Anomalies of one series: what lies far from the median of the same time in other days, measured in robust z.

A sample's baseline is the median of the other seasons at the same time (of all samples, when there is no season); its
scale is 1.4826 times the median absolute deviation, widened where a tenth of the ordinary residuals is far out. Where a
series often leaves its baseline, only what stands out among those excursions is reported: a habit is no anomaly.
What is not there is no anomaly: a gap belongs to no window and ends none that goes on behind it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tools.series.series import Season, Series, moment

Floats: TypeAlias = NDArray[np.float64]
Direction: TypeAlias = Literal["above", "below"]

SECONDS: dict[Season, int] = {"daily": 86_400, "weekly": 604_800}
LEAST_SAMPLES = 30
LEAST_SEASONS = 3
TELLING = 0.7
NEIGHBOURHOOD_SECONDS = 1800
NORMAL = 1.4826
MEAN_OF_NORMAL = 1.2533
TAIL, TAIL_OF_NORMAL = 0.9, 1.645
LEAST_SCALE = 0.005
THRESHOLD = 5.0
JOINED_SECONDS = 3600
WEEK_SECONDS = 604_800
HABIT_PER_WEEK, HABIT_AT_LEAST = 2, 3
OUTSTANDING, OUTSTANDING_RATIO = 3.0, 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """A window of samples beyond the threshold, short pauses included.

    It begins with its first sample and ends with its last. `score` is the z of the peak, negative below.
    """

    start: datetime
    end: datetime
    peak_at: datetime
    peak: float
    baseline: float
    score: float
    direction: Direction
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The anomalies in order of time, and all that a reader needs to doubt them.

    `recurring` counts the excursions that were left out because the series has many like them; `expected` is the
    baseline at each sample. `too_little` says why nothing could be judged: no anomalies prove nothing then.
    """

    anomalies: tuple[Anomaly, ...]
    season: Season
    seasons: float
    method: str
    threshold: float
    samples: int
    missing: int
    recurring: int = 0
    expected: Series | None = None
    scale: float | None = None
    too_little: str | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """What is ordinary at each sample."""

    season: Season
    baseline: Floats
    scale: float

    def scores(self, values: Floats) -> Floats:
        return (values - self.baseline) / self.scale if self.scale else np.zeros_like(values)


def judge(series: Series, *, season: Season | None = None, threshold: float = THRESHOLD) -> Judged:
    """The anomalies of the whole series; the season is found when none is given."""
    values = np.array(series.values, dtype=np.float64)
    known = int(np.isfinite(values).sum())
    why = lacking(series, known, season)
    if why:
        return Judged(
            anomalies=(), season=season or "none", seasons=seasons(series, "daily"), method=method("none"),
            threshold=threshold, samples=known, missing=series.missing, too_little=why,
        )  # fmt: skip
    fit = fitted(series, values, season)
    found = windows(series, values, fit, threshold)
    rare = outstanding(series, found)
    return Judged(
        anomalies=rare,
        recurring=len(found) - len(rare),
        season=fit.season,
        seasons=round(seasons(series, fit.season), 1),
        method=method(fit.season),
        threshold=threshold,
        samples=known,
        missing=series.missing,
        expected=replace(series, values=tuple(fit.baseline.tolist())),
        scale=fit.scale,
    )


def lacking(series: Series, known: int, season: Season | None) -> str | None:
    """Why there is too little to judge by, None when there is enough."""
    if known < LEAST_SAMPLES:
        return f"{known} samples; at least {LEAST_SAMPLES} are needed"
    if season in SECONDS and seasons(series, season) < LEAST_SEASONS:
        return f"{seasons(series, season):.1f} {season} seasons; at least {LEAST_SEASONS} are needed"
    return None


def seasons(series: Series, season: Season) -> float:
    """How many whole turns of the season the series has, 0 without one."""
    return len(series.times) * series.step_seconds / SECONDS[season] if season in SECONDS else 0.0


def method(season: Season) -> str:
    median = {"daily": "of the time of day", "weekly": "of the time of week", "none": "of all samples"}[season]
    return f"median {median} and median absolute deviation"


def fitted(series: Series, values: Floats, season: Season | None) -> Fit:
    """The season asked for, or the one whose medians explain clearly more than one median for all does."""
    if season:
        return fit_of(series, values, season)
    plain = fit_of(series, values, "none")
    enough: list[Season] = [name for name in SECONDS if seasons(series, name) >= LEAST_SEASONS]
    fits = [fit_of(series, values, name) for name in enough]
    best = min(fits, key=lambda fit: size_of(values - fit.baseline), default=plain)
    left, whole = values - best.baseline, values - plain.baseline
    is_telling = size_of(left) < TELLING * size_of(whole) or size_of(left, 1) < TELLING * size_of(whole, 1)
    return best if is_telling else plain


def fit_of(series: Series, values: Floats, season: Season) -> Fit:
    if season == "none":
        baseline = np.full_like(values, np.nanmedian(values))
    else:
        baseline = seasonal(series, values, SECONDS[season])
    return Fit(season, baseline, scale_of(values - baseline, values))


def seasonal(series: Series, values: Floats, seconds: int) -> Floats:
    """For each sample the median of the other seasons within half an hour of its time; where none is, of all."""
    step = series.step_seconds
    phases = max(1, round(seconds / step))
    rows = -(-len(values) // phases)
    padded = np.full(rows * phases, np.nan)
    padded[: len(values)] = values
    near = min(round(NEIGHBOURHOOD_SECONDS / 2 / step), phases // 4)
    table = padded.reshape(rows, phases)
    around = np.stack([np.roll(table, shift, axis=1) for shift in range(-near, near + 1)])
    whole = np.nanmedian(values)
    baseline = np.empty_like(table)
    for row in range(rows):
        others = np.delete(around, row, axis=1).reshape(-1, phases)
        some = np.isfinite(others).any(axis=0)
        baseline[row] = whole
        baseline[row, some] = np.nanmedian(others[:, some], axis=0)
    return baseline.reshape(-1)[: len(values)]


def size_of(residuals: Floats, share: float = 0.95) -> float:
    """The mean size of the smallest `share` of them: without the rest a few anomalies weigh nothing, and with it a
    season counts that is there for an hour a day."""
    size = np.sort(np.abs(residuals[np.isfinite(residuals)]))
    return float(size[: max(1, int(len(size) * share))].mean())


def scale_of(residuals: Floats, values: Floats) -> float:
    """The robust standard deviation of what is ordinary; where more than half is exactly alike, the mean deviation.

    Never under half a percent of the level: what differs by less is no news, however calm the rest is.
    """
    size = np.abs(residuals[np.isfinite(residuals)])
    tail = float(np.quantile(size, TAIL)) / TAIL_OF_NORMAL
    middle = float(np.median(size)) * NORMAL or float(np.mean(size)) * MEAN_OF_NORMAL
    return max(middle, tail, LEAST_SCALE * abs(float(np.nanmedian(values))))


def windows(series: Series, values: Floats, fit: Fit, threshold: float) -> tuple[Anomaly, ...]:
    scores = np.nan_to_num(fit.scores(values))
    flagged = [int(place) for place in np.flatnonzero(np.abs(scores) >= threshold)]
    return tuple(anomaly(series, fit, scores, group) for group in grouped(series, scores, flagged))


def grouped(series: Series, scores: Floats, flagged: list[int]) -> list[list[int]]:
    """Neighbours to the same side; a pause is bridged when it is under an hour and no longer than what came before.

    So an outage with a breath in it is one anomaly, and a spike every half hour is many.
    """
    hour = JOINED_SECONDS / series.step_seconds
    groups: list[list[int]] = []
    for place in flagged:
        last = groups[-1] if groups else []
        pause = place - last[-1] - 1 if last else 0
        is_near = bool(last) and pause <= min(hour, len(last))
        if is_near and (scores[place] > 0) == (scores[last[-1]] > 0):
            last.append(place)
        else:
            groups.append([place])
    return groups


def outstanding(series: Series, found: tuple[Anomaly, ...]) -> tuple[Anomaly, ...]:
    """All of them where they are few; where more than two a week come, those far above the usual one of them."""
    weeks = len(series.times) * series.step_seconds / WEEK_SECONDS
    if len(found) <= max(HABIT_AT_LEAST, HABIT_PER_WEEK * weeks):
        return found
    sizes = np.log(np.abs([item.score for item in found]))
    usual = float(np.median(sizes))
    far = max(OUTSTANDING * NORMAL * float(np.median(np.abs(sizes - usual))), float(np.log(OUTSTANDING_RATIO)))
    return tuple(item for item, size in zip(found, sizes, strict=True) if size > usual + far)


def anomaly(series: Series, fit: Fit, scores: Floats, places: list[int]) -> Anomaly:
    peak = max(places, key=lambda place: abs(scores[place]))
    return Anomaly(
        start=moment(series.times[places[0]]),
        end=moment(series.times[places[-1]]),
        peak_at=moment(series.times[peak]),
        peak=series.values[peak],
        baseline=float(fit.baseline[peak]),
        score=round(float(scores[peak]), 2),
        direction="above" if scores[peak] > 0 else "below",
        samples=len(places),
    )
