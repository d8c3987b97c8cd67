"""What one series was in one line of numbers; what is missing is left out and counted."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from tools.series.series import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All None when nothing was measured. `p95` is interpolated between neighbours, as Prometheus does."""

    least: float | None
    most: float | None
    mean: float | None
    median: float | None
    p95: float | None
    last: float | None
    samples: int
    missing: int

    def as_json(self) -> dict[str, float | int | None]:
        return asdict(self)


def summarised(series: Series) -> Summary:
    known = series.known
    if not known:
        return Summary(
            least=None, most=None, mean=None, median=None, p95=None, last=None, samples=0, missing=series.missing
        )
    return Summary(
        least=min(known),
        most=max(known),
        mean=math.fsum(known) / len(known),
        median=quantile(known, 0.5),
        p95=quantile(known, 0.95),
        last=known[-1],
        samples=len(known),
        missing=series.missing,
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Between its two neighbours in order. Raises ValueError of nothing."""
    if not values:
        raise ValueError("there is no quantile of no values")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def spread(values: Sequence[float]) -> float:
    """The robust standard deviation: 1.4826 times the median absolute deviation."""
    middle = quantile(values, 0.5)
    return 1.4826 * quantile([abs(value - middle) for value in values], 0.5)


def increase(series: Series) -> float | None:
    """How much a counter grew between its first and last sample; a fall is a restart that began at zero.

    Nothing is extrapolated to the edges of the window. None with fewer than two samples.
    """
    known = series.known
    if len(known) < 2:
        return None
    return math.fsum(after - before if after >= before else after for before, after in pairwise(known))
