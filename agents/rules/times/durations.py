"""Lengths of time in words: "24 hours", "1h30m", "a couple of weeks", "an hour and a half"."""

import re
from datetime import datetime, tzinfo

from agents.rules.times.almanac import move
from agents.rules.times.reads import Unit
from agents.rules.times.words import LONG_UNITS, NUMBERS, ONE_UNIT, UNITS, any_of

DIGITS = r"\d{1,5}(?:\.\d{1,3})?"
END = r"(?![a-z])"
WRITTEN = rf"(?:{DIGITS}[\s-]{{0,3}}{any_of(UNITS)}{END}|{any_of(NUMBERS)}\s+{any_of(LONG_UNITS)}{END})"
DURATION = rf"{WRITTEN}(?:,?\s*(?:and\s+)?{WRITTEN}){{0,2}}(?:\s+and\s+a\s+half)?"

# After "last", the first count may be left out: "last hour and a half".
UNCOUNTED = rf"(?:{ONE_UNIT})\s+and\s+(?:a\s+half|{WRITTEN})"

TERM = re.compile(
    rf"(?:(?P<count>{DIGITS}|{any_of(NUMBERS)}\b)[\s-]*|(?<![a-z]))(?P<unit>{any_of(UNITS)}){END}(?P<half>\s+and\s+a\s+half)?",
    re.IGNORECASE,
)


def terms(words: str) -> list[tuple[float, Unit]]:
    """The counts and units of a duration, in reading order: "1h30m" is [(1.0, HOUR), (30.0, MINUTE)]."""
    return [term(match) for match in TERM.finditer(words)]


def term(match: re.Match[str]) -> tuple[float, Unit]:
    unit, scale = UNITS[match["unit"].lower()]
    return (number(match["count"] or "one") + (0.5 if match["half"] else 0)) * scale, unit


def number(words: str) -> float:
    """A count in digits or words."""
    return float(words) if words[0].isdigit() else NUMBERS[" ".join(words.lower().split())]


def unit_of(words: str) -> Unit:
    """The unit when the duration is exactly one of it, else SPAN."""
    match terms(words):
        case [(1.0, unit)]:
            return unit
        case _:
            return Unit.SPAN


def moved(moment: datetime, words: str, sign: int, zone: tzinfo) -> datetime:
    """`moment` moved by the duration, back when `sign` is -1. Raises TimeError, see `almanac.shift`."""
    for count, unit in terms(words):
        moment = move(moment, sign * count, unit, zone)
    return moment
