"""Stretches counted from now: "last week", "past 90 minutes", "an hour ago", "last night", "year to date"."""

import re
from datetime import UTC, datetime, timedelta

from agents.rules.times.almanac import DAY, Stretch, Vantage, first_day, midnight, period, shift
from agents.rules.times.clocks import PARTS, Hours
from agents.rules.times.durations import DURATION, UNCOUNTED, moved, terms, unit_of
from agents.rules.times.reads import Unit
from agents.rules.times.rules import Kind, rule, said
from agents.rules.times.words import ONE_UNIT, UNITS, after, any_of

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
NOON = timedelta(hours=12)
OFFSETS = {"this": 0, "current": 0, "last": -1, "previous": -1, "prior": -1, "next": 1, "coming": 1}
TO_DATE = {"w": Unit.WEEK, "m": Unit.MONTH, "q": Unit.QUARTER, "y": Unit.YEAR}


def now(_: re.Match[str], vantage: Vantage) -> Stretch:
    """The point now, for "until now"; alone it is no window."""
    return Stretch(vantage.now, vantage.now, Unit.SPAN)


def all_time(_: re.Match[str], vantage: Vantage) -> Stretch:
    """Everything kept: from the year 2000."""
    return Stretch(BEGINNING, vantage.now, Unit.SPAN)


def rolling(match: re.Match[str], vantage: Vantage) -> Stretch:
    """The duration that ends now."""
    words = match["duration"]
    return Stretch(moved(vantage.now, words, -1, vantage.zone), vantage.now, unit_of(words))


def coming(match: re.Match[str], vantage: Vantage) -> Stretch:
    """The duration that begins now."""
    return Stretch(vantage.now, moved(vantage.now, match["duration"], 1, vantage.zone), Unit.SPAN)


def ago(match: re.Match[str], vantage: Vantage) -> Stretch:
    """The calendar week, month, quarter or year that long ago; for shorter units the point, hours by half an hour.

    Minutes stand for five minutes on either side.
    """
    words = match["duration"]
    moment = moved(vantage.now, words, -1, vantage.zone)
    unit = terms(words)[-1][1]
    if unit is Unit.MINUTE:
        return Stretch(moment, moment, Unit.SPAN, blur=timedelta(minutes=5))
    return Stretch(moment, moment, unit) if unit is Unit.HOUR else period(moment, unit, vantage.zone)


def rolling_unit(match: re.Match[str], vantage: Vantage) -> Stretch:
    """One unit that ends now: "past week"; "last hour" and "last day" too, which nobody means by the calendar."""
    unit, count = UNITS[said(match, "unit")]
    return Stretch(shift(vantage.now, -int(count), unit, vantage.zone), vantage.now, unit if count == 1 else Unit.SPAN)


def end_of_day(match: re.Match[str], vantage: Vantage) -> Stretch:
    """The duration at the beginning or the end of yesterday."""
    words, day = match["duration"], period(vantage.now, Unit.DAY, vantage.zone, offset=-1)
    if said(match, "which") == "first":
        return Stretch(day.start, moved(day.start, words, 1, vantage.zone), Unit.SPAN)
    return Stretch(moved(day.end, words, -1, vantage.zone), day.end, Unit.SPAN)


def calendar_unit(match: re.Match[str], vantage: Vantage) -> Stretch:
    return period(
        vantage.now, UNITS[said(match, "unit")][0], vantage.zone, offset=OFFSETS[said(match, "which") or "this"]
    )


def before_last(match: re.Match[str], vantage: Vantage) -> Stretch:
    return period(vantage.now, UNITS[said(match, "unit")][0], vantage.zone, offset=-2)


def this_time(match: re.Match[str], vantage: Vantage) -> Stretch:
    """The point one day, week, month, quarter or year back from now."""
    moment = shift(vantage.now, -1, UNITS[said(match, "unit") or "day"][0], vantage.zone)
    return Stretch(moment, moment, Unit.HOUR)


def to_date(match: re.Match[str], vantage: Vantage) -> Stretch:
    return period(vantage.now, TO_DATE[said(match, "letter")], vantage.zone)


def this_part(match: re.Match[str], vantage: Vantage) -> Stretch:
    """This morning, this afternoon, tonight; before six the night is yesterday's and the morning began at midnight."""
    hours = part(said(match, "part"))
    early = vantage.now.astimezone(vantage.zone).hour < 6
    if early and hours.end <= NOON:
        return Hours(timedelta(), hours.end).on(vantage.today, vantage.zone)
    return hours.on(vantage.today - DAY if early and hours.end > DAY else vantage.today, vantage.zone)


def last_part(match: re.Match[str], vantage: Vantage) -> Stretch:
    """Yesterday's part of the day: the night that began yesterday evening."""
    return part(said(match, "part")).on(vantage.today - DAY, vantage.zone)


def part(name: str) -> Hours:
    first, last = PARTS.get(name, PARTS["night"])
    return Hours(timedelta(hours=first), timedelta(hours=last))


def weekend(match: re.Match[str], vantage: Vantage) -> Stretch:
    """Saturday and Sunday: "this" of this week, "last" the latest that is over, else the latest to begin."""
    which, saturday = said(match, "which"), first_day(vantage.today, Unit.WEEK) + timedelta(days=5)
    began = midnight(saturday, vantage.zone) < vantage.now
    if which == "next":
        saturday += timedelta(weeks=1)
    elif which != "this" and (which or not began):
        saturday -= timedelta(weeks=1)
    return Stretch(midnight(saturday, vantage.zone), midnight(saturday + 2 * DAY, vantage.zone), Unit.SPAN)


# "firing for 2h", "more than 48h", "every 5m", "the 1h burn rate": a length, not a window.
NO_LENGTH = "".join(
    rf"(?<!\b{word} )"
    for word in (
        "than", "every", "each", "per", "by", "within", "after", "least", "most", "to", "exceeding", "exceeds",
        "firing for", "firing over", "open for", "open over", "down for", "lasted", "lasting", "took", "takes",
    )
)  # fmt: skip
SETTINGS = (
    "window", "average", "avg", "rate", "burn", "bucket", "interval", "step", "sla", "slo", "timeout", "resolution",
    "refresh", "retention", "later", "earlier", "before", "ago",
)  # fmt: skip
NO_SETTING = rf"(?!\s+{any_of(SETTINGS)})"
# Without "last" before it: "48h", "in 24 hours", but not "500m" of a processor or "in 5s".
BARE = r"\d{1,4}(?:h|hrs?|d|w|mins?|hours?|days?|weeks?)(?:\d\d?m)?"
LONG = r"\d{1,4}\s*(?:m|minutes?|hours?|days?|weeks?|months?)"
NO_PART = r"(?!\s+of\b)"  # "the last day of October"
RECENT = r"(?:last|past|previous|preceding|trailing|latest)"
ONE = rf"(?P<unit>{ONE_UNIT})"

RULES = (
    rule(Kind.NOW, r"(?:right\s+)?now|currently", now),
    rule(Kind.PERIOD, r"(?:all[\s-]time|ever|since\s+the\s+beginning(?!\s+of))", all_time),
    rule(Kind.PERIOD, rf"{RECENT}\s+(?P<duration>{DURATION}|{UNCOUNTED})", rolling),
    rule(Kind.PERIOD, rf"{NO_LENGTH}(?P<duration>{BARE}){NO_SETTING}", rolling),
    rule(Kind.PERIOD, rf"{NO_LENGTH}{after(('for', 'in', 'over'))}(?P<duration>{LONG}){NO_SETTING}", rolling),
    rule(Kind.PERIOD, rf"^(?P<duration>{DURATION})(?=\W*$)", rolling),
    rule(Kind.PERIOD, rf"next\s+(?P<duration>{DURATION})", coming),
    rule(Kind.PERIOD, rf"(?P<duration>{DURATION})\s+ago", ago),
    rule(Kind.PERIOD, rf"{RECENT}\s+(?P<unit>minute|hour|hr|day|fortnight){NO_PART}", rolling_unit),
    rule(Kind.PERIOD, rf"(?P<which>first|last)\s+(?P<duration>{DURATION}|{UNCOUNTED})\s+of\s+yesterday", end_of_day),
    rule(Kind.PERIOD, rf"(?:past|trailing)\s+{ONE}", rolling_unit),
    rule(Kind.PERIOD, rf"(?P<which>{any_of(OFFSETS)})\s+{ONE}{NO_PART}", calendar_unit),
    rule(Kind.PERIOD, rf"(?P<which>this)\s+{ONE}\s+so\s+far", calendar_unit),
    rule(Kind.PERIOD, rf"(?:beginning|start)\s+of\s+(?:(?P<which>this|last)|the)\s+{ONE}", calendar_unit),
    rule(Kind.PERIOD, rf"{ONE}\s+before\s+last", before_last),
    rule(Kind.PERIOD, rf"this\s+time\s+(?:(?:last|previous)\s+{ONE}|yesterday)", this_time),
    rule(Kind.PERIOD, r"(?P<letter>[wmqy])(?:td|(?:eek|onth|uarter|ear)\s+(?:to\s+date|so\s+far))", to_date),
    rule(Kind.PART, r"this\s+(?P<part>morning|afternoon|evening)|tonight", this_part),
    rule(Kind.PART, r"last\s+(?P<part>night|evening)|overnight", last_part),
    rule(
        Kind.PERIOD,
        r"(?:(?P<which>last|past|previous|this|next)\s+)?weekend(?!\s+(?:of|starting|beginning)\b)",
        weekend,
    ),
    rule(Kind.NOTHING, r"same\s+\w+\s+(?:(?:last|previous|the\s+previous)\s+\w+|yesterday|(?:a|one)\s+\w+\s+ago)", now),
)
