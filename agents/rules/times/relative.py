"""Windows told from another window: the one before, and follow-ups such as "and the week before?"."""

import re
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from agents.rules.times.almanac import LENGTHS, Stretch, Vantage, floor, period, shift
from agents.rules.times.durations import DURATION, moved
from agents.rules.times.phrases import closed
from agents.rules.times.reads import TimeRead, Unit
from agents.rules.times.rules import said
from agents.rules.times.words import ONE_UNIT, UNITS, compile_free
from domain.windows import Window

INSTANT = timedelta(microseconds=1)


class Told(Protocol):
    """What a follow-up is told from: a TimeRead, or anything with its window and unit."""

    @property
    def window(self) -> Window: ...
    @property
    def unit(self) -> Unit: ...


def before(window: Window, unit: Unit, zone: ZoneInfo) -> Window:
    """The window of the same calendar length that ends where this one starts.

    A window of one calendar unit, even one cut at now, gives the whole unit before it (28 to 31 days for a month).
    Others keep their length in months where both ends are the first of one, in days where both ends show the same
    clock, else in elapsed time.

    Raises:
        TimeError: before 1970.
    """
    return Window(earlier(window, unit, zone), window.start)


def earlier(window: Window, unit: Unit, zone: ZoneInfo) -> datetime:
    """Where the window before begins."""
    if unit is not Unit.SPAN and is_one(window, unit, zone):
        return shift(window.start, -1, unit, zone)
    start, end = window.start.astimezone(zone), window.end.astimezone(zone)
    if floor(start, Unit.MONTH, zone) == window.start and floor(end, Unit.MONTH, zone) == window.end:
        return shift(start, -((end.year - start.year) * 12 + end.month - start.month), Unit.MONTH, zone)
    if start.time() == end.time() and start.date() < end.date():  # the clocks may go back to the same hour
        return shift(start, -(end.date() - start.date()).days, Unit.DAY, zone)
    return window.start - window.length


def is_one(window: Window, unit: Unit, zone: ZoneInfo) -> bool:
    """Whether the window is one unit: begins where the calendar's does, or is as long."""
    return floor(window.start, unit, zone) == window.start or shift(window.start, 1, unit, zone) == window.end


THE = r"(?:the\s+)?"
UNIT = rf"(?P<unit>{ONE_UNIT}|period|one|window)"
THEN = r"(?:\s+(?:that|it|this|then))?(?=\s*(?:$|[?.,;:!)]|(?:and|or|for|in|on|vs|versus|too|as|of|with|was|were)\b))"
SAME = compile_free(
    rf"(?:(?:at|in|on|for|during)\s+)?{THE}same\s+\w+\s+(?:(?:the\s+)?(?:last|previous)\s+(?P<unit>{ONE_UNIT})"
    rf"|(?:a|one|the)\s+(?P<ago>{ONE_UNIT})\s+(?:ago|before|earlier)|(?P<day>yesterday))"
)
MOVED = compile_free(rf"(?P<duration>{DURATION})\s+(?:(?P<back>earlier|before|prior)|later|after(?:wards)?){THEN}")
BESIDE = compile_free(rf"{THE}(?:{UNIT}\s+(?:(?P<back>before|prior|earlier)|after(?:wards)?|later)){THEN}")
BESIDE_FIRST = compile_free(rf"{THE}(?:(?P<back>previous|prior|preceding)|next|following|subsequent)\s+{UNIT}")
BEFORE_THAT = compile_free(r"(?P<back>before)\s+(?:that|then)")
PATTERNS = (SAME, MOVED, BESIDE, BESIDE_FIRST, BEFORE_THAT)


def read_relative(text: str, previous: Told, now: datetime, zone: ZoneInfo) -> TimeRead | None:
    """The first follow-up of a text, told from `previous`; None when there is none.

    "The week before" is the calendar week before the one `previous` began in; a window that is no calendar unit, such
    as some hours, is moved by it instead. "A week earlier" and "the same day last week" always move. A week moved by
    a year moves 52 weeks, to stay a week.

    Raises:
        TimeError: it lies in the future or before 1970.
    """
    matches = [match for pattern in PATTERNS if (match := pattern.search(text))]
    match = min(matches, key=lambda match: match.start(), default=None)
    if match is None:
        return None
    stretch = told(match, previous, zone)
    window, cut = closed(stretch, match[0], Vantage(now, now, zone))
    return TimeRead(window, match[0], match.span(), stretch.unit, cut)


def told(match: re.Match[str], previous: Told, zone: ZoneInfo) -> Stretch:
    """The stretch a follow-up means, not yet cut at now."""
    if match.re is SAME:
        unit = UNITS[said(match, "unit") or said(match, "ago") or "day"][0]
        return same(previous, unit, zone)
    sign = -1 if said(match, "back") else 1
    if match.re is MOVED:
        start, end = (moved(end, match["duration"], sign, zone) for end in ends(previous))
        return Stretch(start, end, previous.unit)
    name = said(match, "unit")
    return adjacent(previous, UNITS[name][0] if name in UNITS else previous.unit, sign, zone)


def ends(told_from: Told) -> tuple[datetime, datetime]:
    return told_from.window.start, told_from.window.end


def same(previous: Told, unit: Unit, zone: ZoneInfo) -> Stretch:
    """The window moved back by one unit, as long as it was, cut or not."""
    count, moving = (52, Unit.WEEK) if previous.unit is Unit.WEEK and unit is Unit.YEAR else (1, unit)
    start, end = (shift(end, -count, moving, zone) for end in ends(previous))
    return Stretch(start, end, previous.unit)


def adjacent(previous: Told, unit: Unit, sign: int, zone: ZoneInfo) -> Stretch:
    """The one before (`sign` -1) or after: as long as the window itself, or one calendar unit."""
    window = previous.window
    if unit is previous.unit:
        if sign < 0:
            return Stretch(earlier(window, unit, zone), window.start, unit)
        return Stretch(window.end, later(window, unit, zone), unit)
    if previous.unit is Unit.SPAN and window.length <= LENGTHS[unit]:
        start, end = (shift(end, sign, unit, zone) for end in ends(previous))
        return Stretch(start, end, Unit.SPAN)
    return period(window.start if sign < 0 else window.end - INSTANT, unit, zone, offset=sign)


def later(window: Window, unit: Unit, zone: ZoneInfo) -> datetime:
    """Where the window after ends."""
    if unit is not Unit.SPAN and is_one(window, unit, zone):
        return shift(window.end, 1, unit, zone)
    return window.end + window.length
