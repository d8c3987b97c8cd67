"""Reads the time phrases of a question: single times, and what "from", "since" or "to" makes of them."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from agents.rules.times.almanac import DAY, Stretch, Vantage, period, shift
from agents.rules.times.atoms import Atom, Date, find
from agents.rules.times.clocks import Hours
from agents.rules.times.reads import TimeError, TimeRead, Unit
from domain.windows import Window

LEAD = re.compile(
    r"\b(?P<lead>between|from|since|after|starting(?:\s+(?:from|on|at))?|until|till|before|up\s+to"
    r"|week(?:end)?\s+(?:of|starting|beginning))\s+(?:the\s+)?(?:on\s+)?$",
    re.IGNORECASE,
)
LEAD_LENGTH = 30
JOIN = re.compile(r"\s*(?P<join>/|[-–—]|\b(?:to|until|till|through|thru|and)\b)\s*(?:(?:the|on|at)\s+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One time or a pair of them, with the word that leads it ("since", "between", or none)."""

    start: int
    first: Atom
    lead: str = ""
    last: Atom | None = None

    @property
    def end(self) -> int:
        return (self.last or self.first).end

    @property
    def zone(self) -> tzinfo | None:
        return self.first.zone or (self.last.zone if self.last else None)


def read(text: str, now: datetime, zone: ZoneInfo, *, separate: bool = False) -> tuple[TimeRead, ...]:
    """Every time phrase of a question in reading order, the longest reading first, never overlapping.

    `separate` (a comparison): "Q3 to Q4" and "between July and August" are two windows instead of one, unless the
    question already has two or they are clocks.

    Readings where English leaves a choice: a week begins on Monday; "last week" is the calendar's, "past week" and
    "last 7 days" roll; a date without year, a weekday or a clock is the most recent to begin; "3pm" is half an hour on
    either side; "two weeks ago" is that whole week, "an hour ago" half an hour on either side; "all time" begins in
    2000; "now" alone is no window. `now` must be aware.

    Raises:
        TimeError: a time that cannot be, lies in the future, or has an end and no start ("until Friday").
    """
    atoms = find(text)
    found = phrases(text, atoms)
    if separate and len(found) < 2:
        found = phrases(text, atoms, separate=True)
    return tuple(time_read(phrase, text, now, zone) for phrase in found if is_window(phrase))


def is_window(phrase: Phrase) -> bool:
    return phrase.last is not None or not phrase.first.is_now


def phrases(text: str, atoms: list[Atom], *, separate: bool = False) -> list[Phrase]:
    """The atoms as phrases, two of them as one where the words between join them."""
    found: list[Phrase] = []
    for atom in atoms:
        if found and is_joined(found[-1], atom, text) and not (separate and is_comparable(found[-1].first, atom)):
            found[-1] = replace(found[-1], last=atom)
        else:
            found.append(led(atom, text))
    return found


def is_comparable(first: Atom, last: Atom) -> bool:
    """Whether both are stretches of their own; clocks and now are only ever bounds."""
    return not (first.hours or last.hours or last.is_now)


def is_joined(phrase: Phrase, atom: Atom, text: str) -> bool:
    """Whether "to" or its like stands between; "and" joins only after "between" or "from"."""
    join = JOIN.fullmatch(text, phrase.end, atom.start)
    if join is None or phrase.last or phrase.first.is_now:
        return False
    return join["join"].lower() != "and" or phrase.lead in ("between", "from")


def led(atom: Atom, text: str) -> Phrase:
    """The phrase an atom begins, from the word that leads it."""
    lead = LEAD.search(text[: atom.start], max(0, atom.start - LEAD_LENGTH))
    if lead is None:
        return Phrase(atom.start, atom)
    return Phrase(lead.start(), atom, " ".join(lead["lead"].lower().split()[:2]))


def time_read(phrase: Phrase, text: str, now: datetime, zone: ZoneInfo) -> TimeRead:
    """The phrase as a window that ends now at the latest. Raises TimeError, see `read`."""
    place = phrase.zone or zone
    vantage = Vantage(now.astimezone(UTC), now.astimezone(UTC), place)
    start = phrase.first.start if phrase.last is None and phrase.lead in ("from", "between") else phrase.start
    words = text[start : phrase.end]
    try:
        stretch = meaning(phrase, vantage)
    except TimeError as error:
        raise TimeError(f"{words!r} cannot be read as a time: {error}") from error
    window, cut = closed(stretch, words, vantage)
    return TimeRead(window, words, (start, phrase.end), stretch.unit, cut)


def meaning(phrase: Phrase, vantage: Vantage) -> Stretch:
    """The stretch of a phrase, not yet cut at now. Raises TimeError with the reason alone."""
    if phrase.last:
        return between(phrase.first, phrase.last, vantage)
    stretch = phrase.first.resolve(vantage)
    match phrase.lead.split():
        case ["since" | "starting", *_]:
            return Stretch(stretch.start, vantage.latest, Unit.SPAN)
        case ["after"]:
            return Stretch(stretch.end, vantage.latest, Unit.SPAN)
        case ["until" | "till" | "before" | "up", *_]:
            raise TimeError("it has an end but no start, write 'from ... to ...'")
        case ["week", *_]:
            return period(stretch.start, Unit.WEEK, vantage.zone)
        case ["weekend", *_]:
            week = period(stretch.start, Unit.WEEK, vantage.zone)
            return Stretch(shift(week.start, 5, Unit.DAY, vantage.zone), week.end, Unit.SPAN)
        case _:
            return widened(stretch)


def widened(stretch: Stretch) -> Stretch:
    """A point as the time around it."""
    if not stretch.is_point:
        return stretch
    return replace(stretch, start=stretch.start - stretch.blur, end=stretch.end + stretch.blur)


def between(first: Atom, last: Atom, vantage: Vantage) -> Stretch:
    """From the start of one to the end of the other; a clock without a day is on the other's."""
    if first.date and isinstance(last.time, Hours):
        return until_clock(first, first.date, last.time, vantage)
    end = last.resolve(vantage).end
    seen = replace(vantage, latest=min(end, vantage.latest))
    return Stretch(first.resolve(seen).start, end, Unit.SPAN)


def until_clock(first: Atom, date: Date, last: Hours, vantage: Vantage) -> Stretch:
    """From a time to a clock of the same day, or of the next when it has passed."""
    start, day = first.resolve(vantage).start, date.day(vantage)
    end = last.on(day, vantage.zone).end
    return Stretch(start, end if end > start else last.on(day + DAY, vantage.zone).end, Unit.SPAN)


def closed(stretch: Stretch, words: str, vantage: Vantage) -> tuple[Window, bool]:
    """The window until now, and whether now cut it. Raises TimeError when it lies in the future or is empty."""
    now = vantage.latest
    if stretch.start > now:
        raise TimeError(f"{words!r} lies in the future: it begins {clock(stretch.start, vantage.zone)}")
    if stretch.start == now:
        raise TimeError(f"{words!r} lies in the future: it begins only now")
    if stretch.end <= stretch.start:
        ends, starts = clock(stretch.end, vantage.zone), clock(stretch.start, vantage.zone)
        raise TimeError(f"{words!r} would end {ends}, before it starts {starts}")
    return Window(stretch.start, min(stretch.end, now)), stretch.end > now


def clock(time: datetime, zone: tzinfo) -> str:
    """ "on Sat 21 Nov 2026", and its clock in that zone where it is not midnight."""
    local = time.astimezone(zone)
    day = f"on {local:%a} {local.day} {local:%b} {local.year}"
    return day if (local.hour, local.minute) == (0, 0) else f"{day} at {local:%H:%M}"
