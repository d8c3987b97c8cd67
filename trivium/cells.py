"""Values as a person reads them in a table: times without what repeats, lengths of time in their own unit."""

import re
from datetime import UTC, datetime
from typing import Any, TypeAlias

from agents.plots import value_text

Json: TypeAlias = dict[str, Any]
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NOTHING = "–"
MEASURED = frozenset({"percentunit", "percent", "bytes", "Bps", "reqps"})
BESIDE = frozenset({"min", "ms", "%"})
SPOKEN = MEASURED | BESIDE | {"s", ""}
MINUTE, HOUR, DAY = 60, 3600, 86400


def text_of(value: object, unit: str = "") -> str:
    """`value`, with its unit when that is one of SPOKEN; – for nothing. Times are UTC, which the table's head says."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, str):
        return moment(value) if STAMP.fullmatch(value) else value
    if unit == "s" and is_number(value):
        return length(float(str(value)))
    if unit in MEASURED and is_number(value):
        return value_text(float(str(value)), unit)
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{shown} {unit}" if unit in BESIDE else shown


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def moment(stamp: str) -> str:
    """`14 Nov 14:36`, with the seconds when there are any; `14 Nov` at midnight."""
    time = datetime.fromisoformat(stamp).astimezone(UTC)
    day = f"{time.day} {time:%b}"
    if (time.hour, time.minute, time.second) == (0, 0, 0):
        return day
    return f"{day} {time:%H:%M}"


def length(seconds: float) -> str:
    """Two neighbouring units at most: `2 d 3 h`, `1 h 12 min`, `43 min`, `9 s`."""
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{round(whole / MINUTE)} min"
    large, small = ((DAY, "d"), (HOUR, "h")) if whole >= DAY else ((HOUR, "h"), (MINUTE, "min"))
    first, rest = divmod(whole, large[0])
    second = rest // small[0]
    return f"{first} {large[1]} {second} {small[1]}" if second else f"{first} {large[1]}"
