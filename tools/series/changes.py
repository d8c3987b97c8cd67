"""Change points of one series: where its level moved and stayed, found by binary segmentation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tools.series.compare import superiority
from tools.series.series import Series, moment

Floats: TypeAlias = NDArray[np.float64]

LEAST_SAMPLES = 5
MOST_CUTS = 20
WORTH_A_LOOK = 3.0
CLIPPED_AT = 4.0
NORMAL = 1.4826
LEAST_STATISTIC = 5.0
LEAST_EFFECT = 1.0
LEAST_CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`at` is the first sample of the new level; the medians are those of the stretches on both sides.

    `confidence` is the chance that a sample after lies on the side of the change of a sample before: 0.5 is none.
    """

    at: datetime
    before: float
    after: float
    confidence: float
    samples_before: int
    samples_after: int

    @property
    def relative(self) -> float | None:
        """0.5 is half as much again; None from zero."""
        return (self.after - self.before) / abs(self.before) if self.before else None


def found(series: Series) -> tuple[Change, ...]:
    """The level changes in order of time; none where each side would have fewer than five samples.

    A trend or a daily wave is a row of changes to this: take the season away first.
    """
    samples = series.samples
    values = np.array([value for _, value in samples], dtype=np.float64)
    calm = clipped(values)
    cuts = pruned(calm, segmented(calm))
    edges = [0, *cuts, len(values)]
    changes = [change(samples, values, *edges[place : place + 3]) for place in range(len(cuts))]
    return tuple(item for item in changes if item.confidence >= LEAST_CONFIDENCE)


def near(series: Series, at: datetime, reach: timedelta) -> Change | None:
    """The clearest change not further than `reach` from `at`; the nearest of equals. None without one."""
    close = [item for item in found(series) if abs(item.at - at) <= reach]
    return max(close, key=lambda item: (item.confidence, -abs(item.at - at)), default=None)


def clipped(values: Floats) -> Floats:
    """Without what single spikes would weigh; a level that is there for a quarter of the time is kept as it is."""
    if values.size < 2:
        return values
    low, high = np.quantile(values, [0.05, 0.95])
    room = CLIPPED_AT * noise(values)
    return np.clip(values, low - room, high + room)


def noise(values: Floats) -> float:
    """The robust standard deviation of one sample, from the differences of neighbours, which a level does not touch."""
    return float(np.median(np.abs(np.diff(values)))) * NORMAL / np.sqrt(2) if values.size > 1 else 0.0


def segmented(values: Floats) -> list[int]:
    """The places that split the values best, one after the other, at most 20: more than are kept, in order."""
    cuts: list[int] = []
    least = WORTH_A_LOOK * noise(values)
    parts = [(0, len(values))]
    while parts and len(cuts) < MOST_CUTS:
        splits = [(*split(values[first:last]), first, last) for first, last in parts]
        gain, cut, first, last = max(splits)
        if gain <= least:
            break
        cuts.append(first + cut)
        parts.remove((first, last))
        parts += [(first, first + cut), (first + cut, last)]
    return sorted(cuts)


def split(values: Floats) -> tuple[float, int]:
    """How much the best split explains, and where it is; nothing of fewer than ten samples."""
    size = len(values)
    if size < 2 * LEAST_SAMPLES:
        return 0.0, 0
    before = np.arange(LEAST_SAMPLES, size - LEAST_SAMPLES + 1)
    sums = np.cumsum(values)
    difference = (sums[-1] - sums[before - 1]) / (size - before) - sums[before - 1] / before
    gain = np.abs(difference) * np.sqrt(before * (size - before) / size)
    best = int(np.argmax(gain))
    return float(gain[best]), int(before[best])


def pruned(values: Floats, cuts: list[int]) -> list[int]:
    """Without the cuts that are no more than noise between their neighbours, the least clear taken out first."""
    while cuts:
        edges = [0, *cuts, len(values)]
        clear = [
            clarity(values[edges[n] : edges[n + 1]], values[edges[n + 1] : edges[n + 2]]) for n in range(len(cuts))
        ]
        least = int(np.argmin(clear))
        if clear[least] >= LEAST_STATISTIC:
            return cuts
        cuts = cuts[:least] + cuts[least + 1 :]
    return []


def clarity(before: Floats, after: Floats) -> float:
    """The difference of the sides in its own standard error, as far as memory leaves samples that tell something new.

    0 when the medians differ by less than the samples of each side do.
    """
    residuals = np.concatenate([before - np.median(before), after - np.median(after)])
    step = abs(float(np.median(after) - np.median(before)))
    sigma = max(float(np.median(np.abs(residuals))) * NORMAL, noise(residuals), 1e-3 * step)
    if step <= LEAST_EFFECT * sigma:
        return 0.0
    samples = len(before) * len(after) / len(residuals)
    return step / max(float(residuals.std()), sigma) * float(np.sqrt(samples * independence(residuals)))


def independence(residuals: Floats) -> float:
    """Which share of the samples is news: 1 when they do not remember each other, little when each is like the last."""
    spread = float((residuals**2).sum())
    memory = float((residuals[1:] * residuals[:-1]).sum()) / spread if spread else 0.0
    memory = min(max(memory, 0.0), 0.95)
    return (1 - memory) / (1 + memory)


def change(samples: Sequence[tuple[float, float]], values: Floats, first: int, cut: int, last: int) -> Change:
    before, after = values[first:cut], values[cut:last]
    ordered = superiority(before.tolist(), after.tolist())
    return Change(
        at=moment(samples[cut][0]),
        before=float(np.median(before)),
        after=float(np.median(after)),
        confidence=round(max(ordered, 1 - ordered), 3),
        samples_before=len(before),
        samples_after=len(after),
    )
