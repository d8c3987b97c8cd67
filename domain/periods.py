"""Calendar periods of a window in a time zone: hours, days, weeks, months, quarters of a year."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from domain.errors import Refused
from domain.windows import Window

Unit: TypeAlias = Literal["hour", "day", "week", "month", "quarter"]

MOST = 2000
HOUR = timedelta(hours=1)
INTO_THE_NEXT: dict[Unit, timedelta] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=32),
    "quarter": timedelta(days=100),
}


@dataclass(frozen=True, slots=True)
class Period:
    """`start <= t < end` in UTC, cut to the window; `key` names the whole period in local time."""

    key: str
    start: datetime
    end: datetime


def periods(window: Window, unit: Unit, zone: ZoneInfo) -> list[Period]:
    """Every period that the window touches, in order and without gaps.

    A day of a clock change has 23 or 25 hours; the hour that the clock repeats appears twice with one key.
    Raises Refused (`too_many_buckets`) when there are more than 2,000.
    """
    starts = list(islice(beginnings(window, unit, zone), MOST + 1))
    if len(starts) > MOST:
        raise Refused(
            f"The time range has more than {MOST:,} buckets by {unit}: group by something longer or ask for less.",
            code="too_many_buckets",
            alternative=f"group_by {coarser(window, unit)}",
        )
    ends = [*starts[1:], window.end]
    return [
        Period(key(start.astimezone(zone), unit), max(start, window.start), end)
        for start, end in zip(starts, ends, strict=True)
    ]


def beginnings(window: Window, unit: Unit, zone: ZoneInfo) -> Iterator[datetime]:
    start = beginning(window.start, unit, zone)
    while start < window.end:
        yield start
        start = following(start, unit, zone)


def beginning(time: datetime, unit: Unit, zone: ZoneInfo) -> datetime:
    """When the period around `time` began, UTC."""
    local = time.astimezone(zone)
    if unit == "hour":
        return time - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return first_day(local, unit).astimezone(UTC)


def following(start: datetime, unit: Unit, zone: ZoneInfo) -> datetime:
    """When the next period begins: hours pass in real time, all others on the wall calendar."""
    if unit == "hour":
        return beginning(start + HOUR, unit, zone)
    return first_day(start.astimezone(zone) + INTO_THE_NEXT[unit], unit).astimezone(UTC)


def first_day(local: datetime, unit: Unit) -> datetime:
    """Midnight of the first day of the period around `local`, in its zone."""
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    match unit:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "hour" | "day":
            return day


def key(local: datetime, unit: Unit) -> str:
    """`2026-11-09 14:00`, `2026-11-09`, `2026-W46`, `2026-11` or `2026-Q4`."""
    match unit:
        case "hour":
            return f"{local:%Y-%m-%d %H:%M}"
        case "day":
            return f"{local:%Y-%m-%d}"
        case "week":
            return f"{local:%G-W%V}"
        case "month":
            return f"{local:%Y-%m}"
        case "quarter":
            return f"{local:%Y}-Q{(local.month + 2) // 3}"


def coarser(window: Window, unit: Unit) -> Unit:
    """The finest unit above `unit` that surely stays within the limit."""
    for longer, length in INTO_THE_NEXT.items():
        if longer != unit and window.length / length < MOST - 1:
            return longer
    return "quarter"
