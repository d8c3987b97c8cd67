"""Breaches of a threshold: from when to when, how far at worst, and whether the value came back."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, TypeAlias

from tools.series.series import Series, moment

Side: TypeAlias = Literal["above", "below"]
Ending: TypeAlias = Literal["recovered", "ongoing", "no data"]

JOINED_STEPS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """What a value must not be `side` of; the threshold itself is still good."""

    name: str
    value: float
    side: Side
    unit: str = ""

    def is_broken_by(self, value: float) -> bool:
        return value > self.value if self.side == "above" else value < self.value

    def worse(self, one: float, other: float) -> bool:
        """Whether `one` is further on the wrong side than `other`."""
        return one > other if self.side == "above" else one < other


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """`start` is when the first bad sample's time began, `end` when the last one's ended.

    `ended`: `recovered` when a good sample follows, `ongoing` when the series ends with it, `no data` when what
    follows was not measured.
    """

    threshold: Threshold
    start: datetime
    end: datetime
    peak: float
    peak_at: datetime
    ended: Ending

    @property
    def duration(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Degradation:
    """Breaches that overlap or touch, in order of time."""

    breaches: tuple[Breach, ...]

    @property
    def start(self) -> datetime:
        return min(item.start for item in self.breaches)

    @property
    def end(self) -> datetime:
        return max(item.end for item in self.breaches)

    @property
    def has_recovered(self) -> bool:
        return all(item.ended == "recovered" for item in self.breaches)


@dataclass(frozen=True, slots=True)
class Run:
    """Places of consecutive bad samples, first and last included."""

    first: int
    last: int


def found(series: Series, threshold: Threshold, *, at_least: timedelta = timedelta()) -> tuple[Breach, ...]:
    """The breaches that lasted `at_least` so long, in order of time.

    A sample at t speaks for the step before it, so a rate over one step finds the true edges. A gap of at most two
    steps between bad samples belongs to the breach; a longer one ends it, and nobody knows what happened in it.
    """
    breaches = (breach(series, threshold, run) for run in joined(series, runs(series, threshold)))
    return tuple(item for item in breaches if item.duration >= at_least)


def runs(series: Series, threshold: Threshold) -> list[Run]:
    bad = [place for place, value in enumerate(series.values) if threshold.is_broken_by(value)]
    starts = [place for place, (before, here) in enumerate(pairwise(bad), start=1) if here - before > 1]
    edges = [0, *starts, len(bad)]
    return [Run(bad[first], bad[last - 1]) for first, last in pairwise(edges) if last > first]


def joined(series: Series, parts: list[Run]) -> list[Run]:
    """Runs that only a short gap separates, as one."""
    whole: list[Run] = []
    for run in parts:
        if whole and is_gap(series, whole[-1].last, run.first):
            whole[-1] = Run(whole[-1].first, run.last)
        else:
            whole.append(run)
    return whole


def is_gap(series: Series, last: int, first: int) -> bool:
    """Whether nothing but at most two missing samples lies between two places."""
    between = series.values[last + 1 : first]
    return len(between) <= JOINED_STEPS and all(map(math.isnan, between))


def breach(series: Series, threshold: Threshold, run: Run) -> Breach:
    peak = run.first
    for place in range(run.first, run.last + 1):
        if threshold.worse(series.values[place], series.values[peak]):
            peak = place
    return Breach(
        threshold=threshold,
        start=moment(series.times[run.first] - series.step_seconds),
        end=moment(series.times[run.last]),
        peak=series.values[peak],
        peak_at=moment(series.times[peak]),
        ended=ending(series, run.last),
    )


def ending(series: Series, last: int) -> Ending:
    following = series.values[last + 1 : last + 2]
    if not following:
        return "ongoing"
    return "no data" if math.isnan(following[0]) else "recovered"


def together(breaches: Iterable[Breach]) -> tuple[Degradation, ...]:
    """Breaches of several measures as stretches of time in which something was bad."""
    groups: list[tuple[Breach, ...]] = []
    end: datetime | None = None
    for item in sorted(breaches, key=lambda item: (item.start, item.end)):
        if end is not None and item.start <= end:
            groups[-1] += (item,)
            end = max(end, item.end)
        else:
            groups.append((item,))
            end = item.end
    return tuple(Degradation(group) for group in groups)
