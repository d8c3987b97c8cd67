"""Times of day: "3pm", "14:30 UTC", "between 9 and 5", "in the afternoon"."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agents.rules.times.almanac import DAY, Stretch, Vantage, at
from agents.rules.times.reads import TimeError, Unit
from agents.rules.times.words import FREE_RIGHT, ZONES, any_of, compile_free

HALF_DAY = timedelta(hours=12)

# Hours after midnight; the night runs into the next morning.
PARTS = {"morning": (6, 12), "afternoon": (12, 18), "evening": (18, 23), "night": (20, 30)}

ZONE = rf"(?:(?:utc|gmt)[+-]\d{{1,2}}(?::?\d\d)?|{any_of(ZONES)}|(?-i:[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_]+){{1,2}}))"
IN_ZONE = rf"(?:\s*(?P<zone>{ZONE})\b)?"
NAMED = r"noon|midday|lunchtime|midnight"
SUFFIX = r"\s*(?:am|pm|a\.m\.?|p\.m\.?)(?!\w)"
CLOCK = rf"(?:{NAMED}|\d{{1,2}}:\d\d(?::\d\d(?:\.\d{{1,6}})?)?(?:{SUFFIX})?|\d{{1,2}}{SUFFIX})"
HOUR = rf"(?:{CLOCK}|\d{{1,2}})"

POINT = compile_free(rf"(?:(?:around|about|approximately|circa|roughly|at|~)\s*)?(?P<clock>{CLOCK}){IN_ZONE}")
ISO_POINT = re.compile(
    r"(?<=\dT)(?P<clock>\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(?P<zone>Z|[+-]\d\d:?\d\d)?"
    rf"(?:{FREE_RIGHT}|(?=/\d{{4}}-))",
    re.IGNORECASE,
)
SPAN = compile_free(
    rf"(?P<lead>(?:between|from)\s+)?(?P<first>{HOUR})(?:\s*{ZONE}\b)?"
    r"\s*(?:\b(?:to|until|till|through)\b|[-–—]|(?(lead)\band\b|(?!)))\s*"
    rf"(?P<last>{HOUR}){IN_ZONE}"
)
PART = compile_free(rf"(?P<part>{any_of(PARTS)})")
READING = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?::(?P<second>[\d.]+))?\s*(?P<half>[ap])?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Hours:
    """A time of day, both ends since midnight (over 24 hours: the next day); a point when they are equal.

    `zone` is the one written beside the clock. Not `is_sure`: may be numbers, or "good morning"; needs a day beside it.
    """

    start: timedelta
    end: timedelta
    zone: tzinfo | None = None
    is_sure: bool = True

    @property
    def is_point(self) -> bool:
        return self.start == self.end

    def on(self, day: date, zone: tzinfo) -> Stretch:
        """These hours of that day."""
        return Stretch(at(day, self.start, zone), at(day, self.end, zone), Unit.HOUR if self.is_point else Unit.SPAN)

    def within(self, part: Stretch, vantage: Vantage) -> Stretch:
        """These hours in a part of a day: "2am" last night is after midnight, "2 to 4" this afternoon is 14:00."""
        day = part.start.astimezone(vantage.zone).date()
        later = [timedelta(), DAY] if self.is_sure else [timedelta(), HALF_DAY, DAY]
        moved = [replace(self, start=self.start + by, end=self.end + by).on(day, vantage.zone) for by in later]
        return next((found for found in moved if part.start <= found.start < part.end), moved[0])

    def latest(self, vantage: Vantage) -> Stretch:
        """The most recent of these hours to begin."""
        day = vantage.latest_day
        today = self.on(day, vantage.zone)
        return today if today.start < vantage.latest else self.on(day - DAY, vantage.zone)


def match_at(text: str, position: int) -> re.Match[str] | None:
    """The longest time of day written at `position`."""
    found = [match for pattern in (ISO_POINT, SPAN, POINT, PART) if (match := pattern.match(text, position))]
    return max((match for match in found if not is_numbers(match)), key=lambda match: match.end(), default=None)


def is_numbers(match: re.Match[str]) -> bool:
    """Whether a span is nothing but numbers, as in "5-10 pods": no clock mark and no "between" or "from"."""
    words = match.groupdict()
    return "first" in words and not words["lead"] and not (is_clock(words["first"]) or is_clock(words["last"]))


def is_clock(words: str) -> bool:
    return not words.isdigit()


def read(match: re.Match[str]) -> Hours:
    """The time of day a match of `match_at` speaks of. Raises TimeError for a clock or a zone that is none."""
    if match.re is PART:
        first, last = PARTS[match["part"].lower()]
        return Hours(timedelta(hours=first), timedelta(hours=last), is_sure=False)
    zone = zone_named(match["zone"]) if match["zone"] else None
    if match.re is SPAN:
        return between(match["first"], match["last"], zone)
    clock = since_midnight(match["clock"])
    return Hours(clock, clock, zone)


def between(first: str, last: str, zone: tzinfo | None) -> Hours:
    """From one clock to the next.

    A lone "am" or "pm" counts for both where that keeps their order ("2 to 4 pm", but "11 to 2 pm" begins in the
    morning). Bare hours are the 24-hour clock, save that "9 to 5" ends at 17:00. An end before the start is the next
    day's.
    """
    start, end = since_midnight(first), since_midnight(last)
    shared = start + HALF_DAY
    if first.isdigit() and is_afternoon(last) and start < HALF_DAY and shared < end:
        start = shared
    if last.isdigit() and end <= start < end + HALF_DAY and end < HALF_DAY:
        end += HALF_DAY
    if end <= start:
        end += DAY
    return Hours(start, end, zone, is_sure=is_clock(first) or is_clock(last))


def is_afternoon(words: str) -> bool:
    return "p" in words.lower()


def since_midnight(words: str) -> timedelta:
    """The time of day of a clock in words. Raises TimeError when no clock shows it."""
    if (name := words.lower()) in NAMED.split("|"):
        return timedelta(hours=0 if name == "midnight" else 12)
    match = READING.match(words)
    if match is None or not is_shown(match):
        raise TimeError(f"{words!r} is not a time of day: write 00:00 to 23:59 or 1am to 12pm")
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    return timedelta(hours=hour, minutes=int(match["minute"] or 0), seconds=float(match["second"] or 0))


def is_shown(match: re.Match[str]) -> bool:
    """Whether a clock can show the hour, minute and second."""
    hour, minute, second = int(match["hour"]), int(match["minute"] or 0), float(match["second"] or 0)
    if match["half"] and not 1 <= hour <= 12:
        return False
    return (hour < 24 and minute < 60 and second < 60) or (hour == 24 and minute == second == 0)


def zone_named(words: str) -> tzinfo:
    """The zone of "UTC", "EST", "UTC+2", "+02:00" or "Europe/Berlin". Raises TimeError for any other."""
    offset = re.fullmatch(r"(?:utc|gmt)?(?P<sign>[+-])(?P<hours>\d\d?):?(?P<minutes>\d\d)?", words, re.IGNORECASE)
    if offset:
        return offset_zone(offset)
    try:
        return ZoneInfo(ZONES.get(words.lower(), words))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise TimeError(f"{words!r} is not a time zone: write one like UTC or Europe/Berlin") from error


def offset_zone(match: re.Match[str]) -> tzinfo:
    length = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    if length > timedelta(hours=14):
        raise TimeError(f"{match[0]!r} is not an offset from UTC: it is more than 14 hours")
    return timezone(-length if match["sign"] == "-" else length)
