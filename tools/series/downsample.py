"""Fewer points to draw, with every extreme still among them."""

import math
from dataclasses import dataclass, replace
from datetime import timedelta

from tools.series.series import Series

DRAWN = 500
LEAST_POINTS = 4


@dataclass(frozen=True, slots=True)
class Drawn:
    """`cut` says what was left out, None when nothing was."""

    series: Series
    cut: str | None = None


def downsampled(series: Series, points: int = DRAWN) -> Drawn:
    """At most `points` of the series: first and last, and of each stretch between them the least and the most.

    A stretch without any sample keeps one missing point, so a gap as long as it stays one.
    """
    size = len(series.times)
    points = max(points, LEAST_POINTS)
    if size <= points:
        return Drawn(series)
    stretches = (points - 2) // 2
    places = [0, *(place for number in range(stretches) for place in kept(series, number, stretches)), size - 1]
    length = timedelta(seconds=round((series.times[-1] - series.times[0]) / stretches))
    smaller = replace(
        series,
        times=tuple(series.times[place] for place in places),
        values=tuple(series.values[place] for place in places),
    )
    return Drawn(smaller, f"{len(places):,} of {size:,} points are drawn: the least and the most of every {length}")


def kept(series: Series, number: int, stretches: int) -> list[int]:
    """The places of the least and the most of one stretch, in order of time."""
    inner = len(series.times) - 2
    first, last = 1 + number * inner // stretches, 1 + (number + 1) * inner // stretches
    known = [place for place in range(first, last) if not math.isnan(series.values[place])]
    if not known:
        return [first] if last > first else []
    return sorted({min(known, key=series.values.__getitem__), max(known, key=series.values.__getitem__)})
