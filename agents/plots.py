"""What a series part says, ready to be drawn: lines, limits and bands on two scales with round ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from agents.answer import Part
from agents.parts import seconds

Json: TypeAlias = dict[str, Any]
Points: TypeAlias = tuple[tuple[float, float | None], ...]
MINUTE, HOUR, DAY = 60, 3600, 86400
TIME_STEPS = (
    1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR,
    3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 364 * DAY,
)  # fmt: skip
BINARY = frozenset({"bytes", "Bps"})
RISING = {"s": "s", "ms": "ms", "reqps": "req/s", "short": ""}


@dataclass(frozen=True, slots=True)
class Line:
    """Points in order of time; None where nothing was measured."""

    name: str
    points: Points

    @property
    def known(self) -> list[tuple[float, float]]:
        return [(time, value) for time, value in self.points if value is not None]


@dataclass(frozen=True, slots=True)
class Limit:
    name: str
    value: float
    side: str


@dataclass(frozen=True, slots=True)
class Band:
    kind: str
    name: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Plot:
    """`low` to `high` holds every value and limit, `start` to `end` every time."""

    title: str
    unit: str
    lines: tuple[Line, ...]
    limits: tuple[Limit, ...]
    bands: tuple[Band, ...]
    low: float
    high: float
    start: float
    end: float

    @property
    def is_empty(self) -> bool:
        return not any(line.known for line in self.lines)

    def across(self, time: float) -> float:
        """0 at the first time, 1 at the last."""
        return (time - self.start) / (self.end - self.start)

    def up(self, value: float) -> float:
        """0 at the lowest value, 1 at the highest."""
        return (value - self.low) / (self.high - self.low)


def plot_of(part: Part) -> Plot:
    data = part.data
    unit = data.get("unit") or ""
    drawn: list[Json] = data["series"] if "series" in data else [{"name": part.title, "points": data["points"]}]
    lines = tuple(
        Line(item.get("name") or part.title, tuple((seconds(time), value) for time, value in item["points"]))
        for item in drawn
    )
    limits = tuple(Limit(item["name"], item["value"], item["side"]) for item in data.get("thresholds", ()))
    bands = tuple(
        Band(item["kind"], item["name"], seconds(item["start"]), seconds(item["end"])) for item in data.get("bands", ())
    )
    values = [value for line in lines for _, value in line.known] + [limit.value for limit in limits]
    times = [time for line in lines for time, _ in line.points]
    low, high = span(values, floor=min(values, default=0) >= 0)
    start, end = span(times or [0], floor=False)
    return Plot(part.title, unit, lines, limits, bands, low, high, start, end)


def span(values: Sequence[float], *, floor: bool) -> tuple[float, float]:
    """From the least (or 0) to the most, never empty."""
    low, high = (0.0 if floor else min(values, default=0)), max(values, default=0)
    return (low, high) if high > low else (low, low + 1)


def rounded(plot: Plot, count: int) -> tuple[Plot, list[float]]:
    """The plot from one round value to another, and the ticks between them: about `count`."""
    step = nice_step((plot.high - plot.low) / max(count, 1), 1024 if plot.unit in BINARY else 10)
    first, last = math.floor(plot.low / step + 1e-9), math.ceil(plot.high / step - 1e-9)
    ticks = [place * step for place in range(first, max(last, first + 1) + 1)]
    return Plot(
        plot.title, plot.unit, plot.lines, plot.limits, plot.bands, ticks[0], ticks[-1], plot.start, plot.end
    ), ticks


def nice_step(rough: float, base: int = 10) -> float:
    """The least of 1, 2, 5, 10 times a power (of 1024: 1, 2, 4, 8, …) that is not below `rough`."""
    if base == 1024:
        return 2.0 ** math.ceil(math.log2(rough))
    power = 10.0 ** math.floor(math.log10(rough))
    return next(times * power for times in (1, 2, 5, 10, 20) if times * power >= rough * (1 - 1e-9))


def time_ticks(start: float, end: float, count: int) -> list[float]:
    """Round times of the UTC calendar, at most `count` and one."""
    step = next((step for step in TIME_STEPS if (end - start) / step <= count), TIME_STEPS[-1])
    first = math.ceil(start / step) * step
    return [float(time) for time in range(first, math.floor(end) + 1, step)][: count + 1]


def time_text(time: float, step: float) -> str:
    """`14:30`; the day at midnight, and for steps of days; seconds for steps below a minute."""
    at = datetime.fromtimestamp(time, UTC)
    if step >= DAY or (at.hour, at.minute, at.second) == (0, 0, 0):
        return f"{at.day} {at:%b}"
    return f"{at:%H:%M:%S}" if step < MINUTE else f"{at:%H:%M}"


def value_text(value: float, unit: str) -> str:
    """A number as a person writes it in this unit (Grafana's names): 5.2 %, 250 ms, 1.5 GiB, 12 req/s."""
    match unit:
        case "percentunit":
            return f"{plain(value * 100)} %"
        case "percent":
            return f"{plain(value)} %"
        case "bytes" | "Bps":
            return scaled(value, 1024, ("B", "KiB", "MiB", "GiB", "TiB", "PiB")) + ("/s" if unit == "Bps" else "")
        case "s":
            return duration(value)
        case "ms":
            return duration(value / 1000)
        case _:
            return f"{scaled(value, 1000, ('', 'k', 'M', 'G', 'T'))} {RISING.get(unit, unit)}".strip()


def scaled(value: float, base: int, names: Sequence[str]) -> str:
    power = 0
    while abs(value) >= base * 0.9999 and power < len(names) - 1:
        value, power = value / base, power + 1
    space = " " if base == 1024 else ""
    return f"{plain(value)}{space}{names[power]}"


def duration(value: float) -> str:
    size = abs(value)
    for least, length, name in ((2 * DAY, DAY, "d"), (2 * HOUR, HOUR, "h"), (2 * MINUTE, MINUTE, "min"), (1, 1, "s")):
        if size >= least:
            return f"{plain(value / length)} {name}"
    if size == 0:
        return "0"
    return f"{plain(value * 1000)} ms" if size >= 0.001 else f"{plain(value * 1e6)} µs"


def plain(value: float) -> str:
    """Four digits that count, none behind the point that do not."""
    return f"{float(f'{value:.4g}'):.10g}" if abs(value) < 1e15 else f"{value:.3g}"


def sentences(plot: Plot) -> list[str]:
    """The same in words, for who cannot see it: every line, every limit, every band."""
    told = [sentence(line, plot.unit) for line in plot.lines]
    told += [
        f"Limit {limit.name}: {limit.side} {value_text(limit.value, plot.unit)} is broken." for limit in plot.limits
    ]
    return told + [
        f"{band.kind.capitalize()} of {band.name}: {moment(band.start)} to {moment(band.end)}." for band in plot.bands
    ]


def sentence(line: Line, unit: str) -> str:
    if not line.known:
        return f"{line.name}: nothing was measured."
    lowest, highest = min(line.known, key=lambda at: at[1]), max(line.known, key=lambda at: at[1])
    last = line.known[-1]
    return (
        f"{line.name}: lowest {value_text(lowest[1], unit)}, highest {value_text(highest[1], unit)}"
        f" at {moment(highest[0])}, last {value_text(last[1], unit)}."
    )


def moment(time: float) -> str:
    at = datetime.fromtimestamp(time, UTC)
    return f"{at.day} {at:%b %H:%M}"
