"""One series: values on an even grid of times, and its labels; where there is no sample, the value is NaN."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

Season: TypeAlias = Literal["daily", "weekly", "none"]

MISSING = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """`times` are epoch seconds, ascending; `values` stand beside them, `MISSING` where nothing was measured.

    A value is a finite number or `MISSING`: a division by nothing measured nothing. Equal series compare equal,
    gaps included, because every gap is the same NaN object.
    """

    times: tuple[float, ...]
    values: tuple[float, ...]
    labels: Mapping[str, str]
    unit: str = ""

    @property
    def name(self) -> str:
        """Its labels as people read them: `instance=web-1, mode=idle`; empty for a series without labels."""
        return ", ".join(f"{label}={value}" for label, value in sorted(self.labels.items()))

    @property
    def known(self) -> tuple[float, ...]:
        """The values that were measured, in order."""
        return tuple(value for value in self.values if not math.isnan(value))

    @property
    def samples(self) -> tuple[tuple[float, float], ...]:
        """(time, value) of what was measured."""
        pairs = zip(self.times, self.values, strict=True)
        return tuple((time, value) for time, value in pairs if not math.isnan(value))

    @property
    def missing(self) -> int:
        return len(self.values) - len(self.known)

    @property
    def step_seconds(self) -> float:
        """The distance of two neighbours, 0 when there are none."""
        return self.times[1] - self.times[0] if len(self.times) > 1 else 0.0

    def between(self, start: datetime, end: datetime) -> "Series":
        """What lies in start < t <= end: a sample speaks for the time before it."""
        first, last = start.timestamp(), end.timestamp()
        kept = [place for place, time in enumerate(self.times) if first < time <= last]
        return replace(
            self, times=tuple(self.times[place] for place in kept), values=tuple(self.values[place] for place in kept)
        )

    def in_unit(self, unit: str) -> "Series":
        return replace(self, unit=unit)


def matrix(found: Iterable[Mapping[str, Any]], start: datetime, end: datetime, step_seconds: int) -> list[Series]:
    """Prometheus's `{metric, values: [[time, "value"], …]}` on the whole grid that was asked for."""
    grid = times(start, end, step_seconds)
    return [on_grid(item.get("values") or (), item.get("metric") or {}, grid) for item in found]


def vector(found: Iterable[Mapping[str, Any]]) -> list[Series]:
    """Prometheus's `{metric, value: [time, "value"]}` as series of one sample."""
    return [
        Series(times=(float(time),), values=(number(value),), labels=dict(item.get("metric") or {}))
        for item in found
        for time, value in [item["value"]]
    ]


def times(start: datetime, end: datetime, step_seconds: int) -> tuple[float, ...]:
    """start, start + step, … while not after `end`, as Prometheus evaluates a range."""
    first = start.timestamp()
    steps = math.floor((end.timestamp() - first) / step_seconds + 1e-9)
    return tuple(first + place * step_seconds for place in range(steps + 1))


def on_grid(values: Iterable[Sequence[Any]], labels: Mapping[str, str], grid: Sequence[float]) -> Series:
    """The samples at the times of `grid` (to the millisecond, as Prometheus keeps them); elsewhere a gap."""
    sampled = {round(float(time) * 1000): number(value) for time, value in values}
    return Series(
        times=tuple(grid),
        values=tuple(sampled.get(round(time * 1000), MISSING) for time in grid),
        labels=dict(labels),
    )


def number(value: Any) -> float:
    """The number that Prometheus wrote; `MISSING` for NaN, an infinity, or what is no number."""
    try:
        read = float(value)
    except (TypeError, ValueError):
        return MISSING
    return read if math.isfinite(read) else MISSING


def moment(seconds: float) -> datetime:
    """Epoch seconds as aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)
