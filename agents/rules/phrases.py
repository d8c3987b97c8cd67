"""How numbers, times and names are said: number and unit together, three digits at most, UTC."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agents.rules.times.words import MONTHS, WEEKDAYS, any_of
from domain.windows import Window, parse

HARD = "\u00a0"
NARROW = "\u202f"
DAY = timedelta(days=1)
DAWN = datetime(2000, 1, 1, tzinfo=UTC)
PROPER = re.compile(rf"\b(?:{any_of({**MONTHS, **WEEKDAYS})}|[qh][1-4])\b", re.IGNORECASE)
IRREGULAR = {"is": "are", "was": "were", "has": "have"}


def count(number: int, noun: str) -> str:
    """A number with its noun: "1 alert", "0 alerts", "12 critical alerts"."""
    return f"{number} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    if noun in IRREGULAR:
        return IRREGULAR[noun]
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeo" else noun + "s"


def verb(number: int, singular: str) -> str:
    """The verb for that many: "is" or "are"."""
    return singular if number == 1 else plural(singular)


def no_or(number: int, noun: str) -> str:
    return f"no {plural(noun)}" if number == 0 else count(number, noun)


def capital(text: str) -> str:
    """The text with a capital first letter, a name with its own spelling left alone elsewhere."""
    return text[:1].upper() + text[1:]


def proper(words: str) -> str:
    """Words of time with the capitals of English: "november" is "November", "q3" is "Q3"."""
    return PROPER.sub(lambda match: match[0].capitalize(), words)


def first_sentence(text: str) -> str:
    """The first sentence with a capital and without its full stop."""
    return capital(text.strip().split(". ")[0].rstrip("."))


def share(part: float, whole: float) -> str:
    """A share of a whole: "11 %", "< 1 %"."""
    percent = 100 * part / whole if whole else 0
    if 0 < percent < 0.5:
        return f"<{HARD}1{NARROW}%"
    return f"{percent:.0f}{NARROW}%"


def duration(seconds: float) -> str:
    """A length of time: "2.4 s", "43 min", "1 h 12 min", "2 d 4 h"."""
    if seconds < 10:
        return f"{seconds:.2g}{NARROW}s"
    if seconds < 59.5:
        return f"{seconds:.0f}{NARROW}s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes}{HARD}min"
    if minutes < 24 * 60:
        return pair(minutes // 60, "h", minutes % 60, "min")
    hours = round(seconds / 3600)
    if hours < 24:
        return f"{hours}{HARD}h"
    return pair(hours // 24, "d", hours % 24, "h") if hours < 2400 else f"{hours // 24}{HARD}d"


def pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    rest = f"{HARD}{small}{HARD}{small_unit}" if small else ""
    return f"{large}{HARD}{large_unit}{rest}"


def more(low: float, high: float) -> str:
    """By how much the higher number exceeds the lower: " (25 % more)", " (3 times as many)", "" over none."""
    if low == 0:
        return ""
    if high >= 2 * low:
        return f" ({high / low:.2g} times as many)" if high < 99.5 * low else f" ({high / low:.0f} times as many)"
    return f" ({share(high - low, low)} more)"


def listing(items: Iterable[str], word: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    *most, last = list(items) or [""]
    return f"{', '.join(most)} {word} {last}" if most else last


def some(items: Sequence[str], most: int = 4, word: str = "and") -> str:
    """The listing of a few, then how many more there are."""
    if len(items) <= most:
        return listing(items, word)
    return f"{', '.join(items[:most])} and {len(items) - most} more"


def severities(by_severity: Mapping[str, int]) -> str:
    """ "5 critical, 32 warning, 10 info", without those that are zero."""
    return ", ".join(f"{number} {severity}" for severity, number in by_severity.items() if number)


def moment(time: str) -> str:
    """An RFC 3339 time as "19 Nov 14:33 UTC"."""
    at = parse(time)
    return f"{at.day} {at:%b %H:%M}{HARD}UTC"


def date(time: str, zone: ZoneInfo) -> str:
    """The day of an RFC 3339 time: "Tue 10 Nov"."""
    at = parse(time).astimezone(zone)
    return f"{at:%a} {at.day} {at:%b}"


def window(span: Window, zone: ZoneInfo) -> str:
    """A window as short as it can be said exactly: "9–15 Nov 2026 UTC", "Jul–Sep 2026 UTC", else with its clocks.

    Whole days are those of `zone`, which is named; anything else is in UTC.
    """
    if span.start <= DAWN:
        return "all time"
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    if is_midnight(start) and is_midnight(end):
        return f"{whole_days(start, end)}{HARD}{zone_name(zone)}"
    start, end = span.start, span.end
    if start.date() == end.date():
        return f"{day(end)}, {start:%H:%M}–{end:%H:%M}{HARD}UTC"
    year = f" {start.year}" if start.year != end.year else ""
    return f"{start.day} {start:%b}{year}, {start:%H:%M} – {day(end)}, {end:%H:%M}{HARD}UTC"


def since(span: Window, zone: ZoneInfo) -> str:
    """The beginning of a window that is not over: "since 16 Nov 2026 UTC"."""
    start = span.start.astimezone(zone)
    if is_midnight(start):
        return f"since {start:%a} {day(start)}{HARD}{zone_name(zone)}"
    return f"since {day(span.start)}, {span.start:%H:%M}{HARD}UTC"


def is_midnight(time: datetime) -> bool:
    return (time.hour, time.minute, time.second, time.microsecond) == (0, 0, 0, 0)


def zone_name(zone: ZoneInfo) -> str:
    return f"({zone.key})" if "/" in zone.key else zone.key


def whole_days(start: datetime, end: datetime) -> str:
    """Days from `start` to the day before `end`, both midnights of one zone."""
    last = end - DAY
    if start.day == 1 and end.day == 1:
        return months(start, last)
    if start.date() == last.date():
        return f"{start:%a} {day(start)}"
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day}–{day(last)}"
    year = f" {start.year}" if start.year != last.year else ""
    return f"{start.day} {start:%b}{year} – {day(last)}"


def months(first: datetime, last: datetime) -> str:
    if (first.year, first.month) == (last.year, last.month):
        return f"{last:%b} {last.year}"
    year = f" {first.year}" if first.year != last.year else ""
    return f"{first:%b}{year}–{last:%b} {last.year}"


def day(time: datetime) -> str:
    return f"{time.day} {time:%b} {time.year}"
