"""How shares that are held against objectives are said, to the digit that decides, and stretches of time."""

from datetime import datetime

from agents.rules import units
from agents.rules.phrases import HARD, NARROW
from domain.windows import parse

NEARLY_ALL = 99.999


def quantity(value: float | None, unit: str) -> str:
    """A number with its unit: "99.953 %", "850 ms"; shares with more digits than `units` gives them."""
    if value is None:
        return "not measured"
    return percent(value) if unit == "percentunit" else units.said(value, unit)


def percent(share: float) -> str:
    """Three decimals at most; what is not all of it is never said to be."""
    value = 100 * share
    if NEARLY_ALL < value < 100:
        return f">{HARD}{NEARLY_ALL}{NARROW}%"
    if 0 < value < 0.001:
        return f"<{HARD}0.001{NARROW}%"
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{text}{NARROW}%"


def span(start: str, end: str) -> str:
    """ "19 Nov, 14:30–14:45 UTC", over midnight "19 Nov 23:50 – 20 Nov 00:10 UTC"."""
    first, last = parse(start), parse(end)
    if first.date() == last.date():
        return f"{day(first)}, {first:%H:%M}–{last:%H:%M}{HARD}UTC"
    return f"{day(first)} {first:%H:%M} – {day(last)} {last:%H:%M}{HARD}UTC"


def day(time: datetime) -> str:
    return f"{time.day} {time:%b}"
