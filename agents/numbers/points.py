"""Points of a series in a few numbers: what a model is shown of them, and what its numbers are checked against."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, TypeGuard, cast

Json: TypeAlias = dict[str, Any]
Sample: TypeAlias = Sequence[Any]

FEW = 12  # as many may be read one by one
EPOCH = 1e8  # a pair that begins with a smaller number is no sample


def is_points(value: Any) -> TypeGuard[Sequence[Sample]]:
    """Whether it is [[time, value], ...]: times in epoch seconds or RFC 3339, values numbers (also as text) or null."""
    return isinstance(value, list) and bool(cast("list[Any]", value)) and all(map(is_sample, cast("list[Any]", value)))


def is_sample(value: Any) -> TypeGuard[Sample]:
    if not isinstance(value, list | tuple):
        return False
    pair = cast("Sequence[Any]", value)
    return len(pair) == 2 and is_time(pair[0]) and (pair[1] is None or as_number(pair[1]) is not None)


def is_time(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) >= 10 and value[4] == value[7] == "-"
    return isinstance(value, int | float) and value > EPOCH


def as_number(value: Any) -> float | None:
    """The number, NaN too; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def measured(points: Sequence[Sample]) -> Iterator[tuple[Any, float]]:
    for time, value in points:
        number = as_number(value)
        if number is not None and math.isfinite(number):
            yield time, number


def summary(points: Sequence[Sample]) -> Json:
    """First, last, mean and extremes with their times, of what was measured; how many samples there are and miss."""
    known = list(measured(points))
    told: Json = {
        "samples": len(points),
        "missing": len(points) - len(known),
        "from": points[0][0],
        "to": points[-1][0],
    }
    if not known:
        return told
    values = [value for _, value in known]
    least, most = known[values.index(min(values))], known[values.index(max(values))]
    return told | {
        "first": values[0],
        "last": values[-1],
        "mean": float(f"{math.fsum(values) / len(values):.6g}"),
        "min": least[1],
        "min_at": least[0],
        "max": most[1],
        "max_at": most[0],
    }
