"""Quantities as people write them in a sentence: 1,204 · 12 % · 1 h 12 min · 3.2 GiB · 2.5× · 14:05 · 12 Nov."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["number", "percent", "bytes", "factor", "duration", "date", "clock", "instant"]

SECONDS = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "millisecond": 1e-3, "s": 1, "sec": 1, "second": 1,
    "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600, "hour": 3600, "d": 86400, "day": 86400,
    "w": 604800, "week": 604800,
}  # fmt: skip
MULTIPLES = {"k": 1e3, "thousand": 1e3, "M": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
DAY = 86400

# Every repetition is bounded: telemetry may be 32 KB of one letter, and reading it must stay linear.
NUMBER = r"\d{1,3}(?:[,\u202f\u00a0]\d{3}){1,6}(?:\.\d{1,18})?|\d{1,20}(?:\.\d{1,18})?(?:e[+-]?\d{1,3})?"
MONTH = rf"\b(?:{'|'.join(f'{name}|{name[:3]}' for name in MONTHS)}|Sept)\b\.?"
DAYS = r"\d{1,2}(?:st|nd|rd|th)?(?:\s{0,2}(?:-|–|to|and)\s{0,2}\d{1,2}(?:st|nd|rd|th)?)?"


def amount(units: str) -> str:
    """A pattern of one number with one of `units`, in one piece or with a space or hyphen between."""
    return rf"(?:{NUMBER})[\s\u202f\u00a0-]?(?:{units})(?![A-Za-z_])"


def chain(*units: str) -> str:
    """A pattern of amounts from a larger unit down: `1 h 12 min`, `1 hour and 12 minutes`."""
    first, *rest = (amount(unit) for unit in units)
    return first + "".join(rf"(?:\s?(?:and\s)?{following})?" for following in rest)


DAY_UNIT, HOUR_UNIT, MINUTE_UNIT, SECOND_UNIT = "d|days?", "h|hrs?|hours?", "m|mins?|minutes?", "s|secs?|seconds?"
SINGLE_UNIT = "w|weeks?|ns|us|µs|ms|milliseconds?"
DURATION = "|".join(
    chain(*units)
    for units in (
        (DAY_UNIT, HOUR_UNIT, MINUTE_UNIT, SECOND_UNIT), (HOUR_UNIT, MINUTE_UNIT, SECOND_UNIT),
        (MINUTE_UNIT, SECOND_UNIT), (SECOND_UNIT,), (SINGLE_UNIT,),
    )
)  # fmt: skip

READ = re.compile(
    rf"""
      (?P<name> `[^`\n]{{0,200}}?[_({{=/\[][^`\n]{{0,200}}` | https?://\S+ | \[e\d{{1,3}}[^\]\n]{{0,80}}\]
              | \b[A-Za-z_](?=[\w.-]{{0,60}}\d)[\w.-]{{1,200}} | \b\d{{1,9}}(?:\.\d{{1,9}}){{2,9}}
              | \b[0-9a-f]{{8}}-[0-9a-f-]{{27}}\b | \b(?=\d{{0,40}}[a-f])[0-9a-f]{{7,40}}\b )
    | (?P<instant> \d{{4}}-\d\d-\d\d (?: [T\s]\d\d:\d\d (?: :\d\d(?:\.\d+)? )? (?:\s?(?:Z|UTC)|[+-]\d\d:\d\d)? )? )
    | (?P<clock> \b\d{{1,2}}:\d\d(?::\d\d)?\b )
    | (?P<date> \b(?:{DAYS})\s+{MONTH}(?:,?\s+\d{{4}})? | {MONTH}\s+(?:{DAYS}|\d{{4}})\b(?:,?\s+\d{{4}})? )
    | (?P<label> ^[ \t]{{0,20}}\d{{1,3}}[.)]\s | \d{{1,20}}(?:st|nd|rd|th)\b
              | (?: \# | (?i:\b(?:step|port|line|version|http|status|code|rfc|ticket|incident)\s+\#?) )\d[\d.]{{0,20}} )
    | (?P<duration> {DURATION} )
    | (?P<percent> (?:{NUMBER})\s?(?:%|(?i:percent|per\scent|percentage\spoints?|pp)\b) )
    | (?P<bytes> (?:{NUMBER})\s?(?:[KkMGT]i?B|B|bytes|[KkMGT]?(?:bps|bits?))\b )
    | (?P<factor> (?:{NUMBER})\s?(?:×|(?:x|times|-?fold)\b) )
    | (?P<mixed> \b\d[\d.]{{0,20}}(?!(?:k|M|bn)\b)[A-Za-z_][\w-]{{0,200}} )
    | (?P<number> (?:{NUMBER})(?:\s?(?:k|M|thousand|million|bn|billion)\b)? )
    """,
    re.VERBOSE | re.MULTILINE,
)
PIECE = re.compile(rf"({NUMBER})[\s\u202f\u00a0-]?([a-zµ]+)")
ABOUT_CHARS = 16
ABOUT = re.compile(r"(?:\b(?:about|around|roughly|approximately|nearly|almost|over|some)|~|≈)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value a quantity may mean and the size of its last written digit, both in the kind's own unit."""

    value: float
    step: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A quantity as written. Units of its readings: bytes, durations seconds, instants epoch seconds, clocks seconds of
    the day, dates month * 100 + day. Several readings mean any of them: 3 GB may be counted in 1000s or in 1024s."""

    text: str
    kind: Kind
    readings: tuple[Reading, ...]


Builder: TypeAlias = Callable[[str], tuple[Reading, ...]]


def read(text: str) -> Iterator[Quantity]:
    """The quantities of a text in their order. Names (INC-12, p95, 10.0.0.1), ordinals, list marks, citations and
    numbered things (port 443) are none."""
    for match in READ.finditer(text):
        group, words = match.lastgroup or "", match.group().strip()
        if group not in BUILDERS:
            continue
        kind, build = BUILDERS[group]
        readings = build(words)
        if ABOUT.search(text[max(0, match.start() - ABOUT_CHARS) : match.start()]):
            readings = tuple(
                Reading(value=r.value, step=max(r.step, coarse(words) * scale(r, words))) for r in readings
            )
        yield Quantity(text=words, kind=kind, readings=readings)


def plain(words: str) -> Reading:
    """The first number of `words` without its unit: `1,204.5 ms` is 1204.5 with steps of 0.1."""
    found = re.match(NUMBER, words)
    digits = re.sub(r"[,\u202f\u00a0]", "", found.group()) if found else "0"
    decimals = len(digits.partition("e")[0].partition(".")[2])
    return Reading(value=float(digits), step=10.0**-decimals)


def coarse(words: str) -> float:
    """What "about" leaves open: the place of the last digit that is not zero (about 1,200: 100)."""
    number = plain(words)
    digits = str(int(number.value)) if number.step == 1 else ""
    return 10.0 ** (len(digits) - len(digits.rstrip("0"))) if digits.strip("0") else number.step


def scale(reading: Reading, words: str) -> float:
    number = plain(words).value
    return reading.value / number if number else 1


def times(reading: Reading, factor: float) -> Reading:
    return Reading(value=reading.value * factor, step=reading.step * factor)


def as_number(words: str) -> tuple[Reading, ...]:
    unit = re.search(r"[A-Za-z]+$", words)
    return (times(plain(words), MULTIPLES[unit.group()] if unit and unit.group() in MULTIPLES else 1),)


def as_plain(words: str) -> tuple[Reading, ...]:
    return (plain(words),)


def as_bytes(words: str) -> tuple[Reading, ...]:
    """MiB are binary, MB may be either; bits are eighths."""
    unit = re.sub(r"[^A-Za-z]", "", words)
    number = times(plain(words), 1 / 8 if re.search(r"b(?:ps|its?)$", unit) else 1)
    power = " KMGT".find(unit[0].upper()) if unit[0] in "KkMGT" else 0
    bases = (1024,) if unit[1:2] == "i" and power else (1000, 1024)
    return tuple(times(number, base**power) for base in bases)


def as_duration(words: str) -> tuple[Reading, ...]:
    pieces = [times(plain(number), SECONDS[singular(unit)]) for number, unit in PIECE.findall(words)]
    return (Reading(value=sum(piece.value for piece in pieces), step=pieces[-1].step),)


def singular(unit: str) -> str:
    return unit if unit in SECONDS else unit.removesuffix("s")


def as_instant(words: str) -> tuple[Reading, ...]:
    """Epoch seconds; without a zone the time is taken as UTC, a date alone is a step of one day."""
    text = re.sub(r"\s?(?:Z|UTC)$", "+00:00", words)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return ()
    step = DAY if len(words) == 10 else 1 if words.count(":") > 1 else 60
    return (Reading(value=(time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp(), step=step),)


def as_clock(words: str) -> tuple[Reading, ...]:
    hour, minute, second = (*map(int, words.split(":")), 0)[:3]
    return (Reading(value=hour * 3600 + minute * 60 + second, step=1 if words.count(":") > 1 else 60),)


def as_date(words: str) -> tuple[Reading, ...]:
    """Each day named; none for a month with its year."""
    month = next(index for index, name in enumerate(MONTHS, 1) if name[:3] in words)
    return tuple(
        Reading(value=month * 100 + int(day), step=1)
        for day in re.findall(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?(?!\d)", words)
    )


BUILDERS: dict[str, tuple[Kind, Builder]] = {
    "number": ("number", as_number),
    "bytes": ("bytes", as_bytes),
    "percent": ("percent", as_plain),
    "factor": ("factor", as_plain),
    "duration": ("duration", as_duration),
    "instant": ("instant", as_instant),
    "clock": ("clock", as_clock),
    "date": ("date", as_date),
}
