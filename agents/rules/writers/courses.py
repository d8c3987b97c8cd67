"""The course of a measure, read from the points of its chart."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from agents.parts import seconds
from agents.rules.measurements import Measured

Json: TypeAlias = dict[str, Any]
BESIDE = 600


def course(one: Measured) -> tuple[float, float] | None:
    """The means of the first and of the second half; None with fewer than two points in each."""
    known = [value for _, value in points(one)]
    half = len(known) // 2
    return (mean(known[:half]), mean(known[-half:])) if half > 1 else None


def value_at(one: Measured, moment: float) -> float | None:
    """The value nearest to a time in epoch seconds, at most ten minutes away."""
    near = min(points(one), key=lambda point: abs(point[0] - moment), default=None)
    return near[1] if near and abs(near[0] - moment) <= BESIDE else None


def points(one: Measured) -> list[tuple[float, float]]:
    """The points of the first line of the first chart, in order, without gaps."""
    drawn: list[Json] = one.charts[0]["series"] if one.charts else []
    return [(seconds(time), value) for line in drawn[:1] for time, value in line["points"] if value is not None]


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
