"""Two stretches of the same measure beside each other: how much it moved, and whether that is more than noise."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tools.series.series import Series
from tools.series.summary import quantile, spread

Verdict: TypeAlias = Literal["higher", "lower", "peaked", "same", "not enough data"]

LEAST_SAMPLES = 5
CLEAR = 0.8
LEAST_RELATIVE = 0.05
PEAK_SCORE = 5.0
PEAK_RATIO = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """None for what needs a sample, when there is none."""

    median: float | None
    p95: float | None
    most: float | None
    least: float | None
    samples: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`verdict` says how `after` stands to `before`.

    `superiority` is the chance that a sample of `after` is greater than one of `before` (0.5: no difference);
    `effect` the difference of the medians in robust standard deviations, None when nothing varies; `relative` the
    difference of the medians as a share of the one before, None from zero. "peaked": the medians are alike, but
    `after` has a peak that `before` did not.
    """

    before: Side
    after: Side
    verdict: Verdict
    relative: float | None = None
    effect: float | None = None
    superiority: float | None = None

    @property
    def is_real(self) -> bool:
        return self.verdict in ("higher", "lower", "peaked")


def compared(before: Series, after: Series) -> Comparison:
    one, other = before.known, after.known
    if min(len(one), len(other)) < LEAST_SAMPLES:
        return Comparison(before=side(before), after=side(after), verdict="not enough data")
    middle, moved = quantile(one, 0.5), quantile(other, 0.5)
    noise = max(spread(one), spread(other))
    ordered = superiority(one, other)
    return Comparison(
        before=side(before),
        after=side(after),
        verdict=verdict(one, other, ordered),
        relative=(moved - middle) / abs(middle) if middle else None,
        effect=(moved - middle) / noise if noise else None,
        superiority=ordered,
    )


def side(series: Series) -> Side:
    known = series.known
    if not known:
        return Side(median=None, p95=None, most=None, least=None, samples=0, missing=series.missing)
    return Side(
        median=quantile(known, 0.5), p95=quantile(known, 0.95), most=max(known), least=min(known),
        samples=len(known), missing=series.missing,
    )  # fmt: skip


def superiority(before: Sequence[float], after: Sequence[float]) -> float:
    """The chance that a value of `after` is greater than one of `before`; equals count half (Vargha and Delaney)."""
    ordered = sorted(before)
    wins = sum(bisect_left(ordered, value) + bisect_right(ordered, value) for value in after) / 2
    return wins / (len(before) * len(after))


def verdict(before: Sequence[float], after: Sequence[float], ordered: float) -> Verdict:
    middle, moved = quantile(before, 0.5), quantile(after, 0.5)
    is_large = abs(moved - middle) > LEAST_RELATIVE * abs(middle)
    if is_large and ordered >= CLEAR:
        return "higher"
    if is_large and ordered <= 1 - CLEAR:
        return "lower"
    return "peaked" if peaked(before, after) else "same"


def peaked(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether the highest of `after` is far above what `before` varied by, and half again its highest."""
    middle = quantile(before, 0.5)
    room = max(PEAK_SCORE * spread(before), LEAST_RELATIVE * abs(middle), 0.0)
    top = max(after) - middle
    return top > room and top > PEAK_RATIO * (max(before) - middle)
