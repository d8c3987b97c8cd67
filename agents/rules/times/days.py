"""Days by name or number: "Jan 10", "2026-01-10", "last Friday", "the 10th", "yesterday"."""

import re
from datetime import date, timedelta

from agents.rules.times.almanac import (
    DAY,
    Stretch,
    Vantage,
    add_months,
    begun,
    calendar_day,
    days,
    first_day,
    has_day,
    midnight,
)
from agents.rules.times.durations import number
from agents.rules.times.reads import TimeError, Unit
from agents.rules.times.rules import Kind, Rule, rule, said
from agents.rules.times.words import (
    DAY_OF_MONTH,
    FREE_LEFT,
    FREE_RIGHT,
    LONG_WEEKDAYS,
    MONTH,
    MONTHS,
    NUMBERS,
    OF_YEAR,
    WEEKDAYS,
    after,
    any_of,
)

BACK = {"tomorrow": -1, "today": 0, "yesterday": 1}


def year_of(match: re.Match[str], vantage: Vantage) -> int | None:
    """The year a match names, "last year" and "this year" included, or None."""
    words = said(match, "year")
    if not words or words.isdigit():
        return int(words) if words else None
    return vantage.today.year - (1 if words.startswith("last") else 0)


def month_of(match: re.Match[str]) -> int:
    return MONTHS[said(match, "month")]


def day_number(words: str) -> int:
    """A day of the month with or without its ending: "10th" is 10."""
    return int(words.rstrip("stndrhSTNDRH"))


def one_day(day: date, vantage: Vantage) -> Stretch:
    return days(day, day, Unit.DAY, vantage.zone)


def near_day(match: re.Match[str], vantage: Vantage) -> Stretch:
    return one_day(vantage.today - BACK[said(match, "day")] * DAY, vantage)


def day_before_yesterday(_: re.Match[str], vantage: Vantage) -> Stretch:
    return one_day(vantage.today - 2 * DAY, vantage)


def days_ago(match: re.Match[str], vantage: Vantage) -> Stretch:
    """The whole calendar day that many days ago."""
    return one_day(vantage.today - int(number(match["count"])) * DAY, vantage)


def iso_day(match: re.Match[str], vantage: Vantage) -> Stretch:
    return one_day(calendar_day(int(match["year"]), int(match["month"]), int(match["day"])), vantage)


def slashed_day(match: re.Match[str], vantage: Vantage) -> Stretch:
    """A date like 31/01/2026 when only one order of day and month is possible. Raises TimeError for the others."""
    first, second, year = int(match["first"]), int(match["second"]), int(match["year"])
    if first <= 12 and second <= 12 and first != second:
        raise TimeError(f"write {year}-{first:02}-{second:02} or {year}-{second:02}-{first:02}, whichever is meant")
    return one_day(calendar_day(year, min(first, second), max(first, second)), vantage)


def month_day(match: re.Match[str], vantage: Vantage) -> Stretch:
    return one_day(begun(year_of(match, vantage), month_of(match), day_number(match["day"]), vantage), vantage)


def month_days(match: re.Match[str], vantage: Vantage) -> Stretch:
    """From one day of a month to another, both included. Raises TimeError when they are the wrong way round."""
    first = begun(year_of(match, vantage), month_of(match), day_number(match["first"]), vantage)
    last = calendar_day(first.year, first.month, day_number(match["last"]))
    if last < first:
        raise TimeError("it ends before it starts")
    return days(first, last, Unit.SPAN, vantage.zone)


def weekday(match: re.Match[str], vantage: Vantage) -> Stretch:
    """The most recent such day to begin; "last Monday" on a Monday is a week ago, "this Friday" is this week's."""
    which, week = said(match, "which"), said(match, "week")
    wanted = WEEKDAYS[said(match, "weekday")]
    monday = first_day(vantage.today, Unit.WEEK)
    if week or which in ("this", "next"):
        weeks = {"last": -1, "this": 0, "next": 1}[week or which]
        return one_day(monday + timedelta(weeks=weeks, days=wanted), vantage)
    day = latest_weekday(wanted, vantage)
    return one_day(day - timedelta(weeks=1) if which and day == vantage.today else day, vantage)


def latest_weekday(wanted: int, vantage: Vantage) -> date:
    latest = vantage.latest_day
    day = latest - timedelta(days=(latest.weekday() - wanted) % 7)
    return day if midnight(day, vantage.zone) < vantage.latest else day - timedelta(weeks=1)


def weekday_weeks_ago(match: re.Match[str], vantage: Vantage) -> Stretch:
    """ "Sunday a week ago" is the one before the most recent Sunday to begin."""
    latest = latest_weekday(WEEKDAYS[said(match, "weekday")], vantage)
    return one_day(latest - timedelta(weeks=int(number(match["count"]))), vantage)


def new_year(_: re.Match[str], vantage: Vantage) -> Stretch:
    return one_day(begun(None, 1, 1, vantage), vantage)


def numbered_day(match: re.Match[str], vantage: Vantage) -> Stretch:
    """ "the 10th" of this or last month when it says so, else the most recent one to begin.

    Raises:
        TimeError: the month named has no such day, or none has.
    """
    wanted, which = day_number(match["day"]), said(match, "which")
    first = first_day(vantage.today if which else vantage.latest_day, Unit.MONTH)
    if which or not has_day(2000, 1, wanted):
        first = add_months(first, -1 if which == "last" else 0)
        return one_day(calendar_day(first.year, first.month, wanted), vantage)
    months = (add_months(first, -back) for back in range(4))
    found = (month.replace(day=wanted) for month in months if has_day(month.year, month.month, wanted))
    return one_day(next(day for day in found if midnight(day, vantage.zone) < vantage.latest), vantage)


# "the 5 may fail", "2 march on": a small-letter month after a bare number is a verb.
NO_VERB = r"(?!(?-i:may|march|mar)\b)"
LEAD = r"(?P<lead>(?:between|from)\s+)?(?:the\s+)?"
FIRST_TO_LAST = (
    rf"(?P<first>{DAY_OF_MONTH})\s*(?:[-–—]|\b(?:to|until|through)\b|(?(lead)\band\b|(?!)))\s*"
    rf"(?:the\s+)?(?P<last>{DAY_OF_MONTH})"
)
# What may follow "the 10th" for it to be a day: not "percentile", "attempt", "pod".
DAY_IS_OVER = r"(?=\s*(?:$|[?.,;:!)–—-]|(?:at|to|and|or|until|till|through|between|from|in|on|for|vs|around)\b))"
WHOLE_NUMBER = any_of(word for word, count in NUMBERS.items() if count >= 1)
OF_MONTH = r"(?:\s+of\s+(?P<which>this|last)\s+month)"
OF_WEEK = r"(?:\s+(?:of\s+)?(?P<week>this|last)\s+week)"
ON = after(("on", "since", "from", "until", "till", "between", "through", "to", "and", "by", "vs", "after", "before"))
DAY_NAME = rf"(?:{any_of(WEEKDAYS)},?\s+)?"
BEFORE_CLOCK = r"(?=\s+(?:morning|afternoon|evening|night|(?:at\s+)?\d{1,2}(?::\d\d|\s*[ap]m))\b)"
NO_NAME = r"(?<!every )(?<!each )(?<!black )(?<!cyber )"  # each one of them, or a day of its own
ANY_WEEKDAY = rf"(?P<weekday>{any_of(WEEKDAYS)})"
WEEKS_AGO = rf"(?P<count>\d{{1,3}}|{WHOLE_NUMBER})\s+weeks?\s+ago"
FREE_DATE = rf"(?:{FREE_LEFT}|(?<=[\dZz]/))"
FREE_OR_CLOCK = rf"(?:{FREE_RIGHT}|(?=T\d\d:\d\d)|(?=/\d{{4}}-))"
ISO_DAY = re.compile(
    rf"{FREE_DATE}(?P<year>\d{{4}})(?P<dash>[-/])(?P<month>\d\d)(?P=dash)(?P<day>\d\d){FREE_OR_CLOCK}", re.IGNORECASE
)

RULES = (
    rule(Kind.DAY, r"(?P<day>today|yesterday|tomorrow)", near_day),
    rule(Kind.DAY, r"(?:the\s+)?day\s+before\s+yesterday", day_before_yesterday),
    rule(
        Kind.DAY,
        rf"(?P<count>\d{{1,5}}|{WHOLE_NUMBER})\s+days?\s+ago",
        days_ago,
    ),
    Rule(Kind.DAY, ISO_DAY, iso_day),
    rule(Kind.DAY, r"(?P<first>\d\d?)(?P<dot>[./])(?P<second>\d\d?)(?P=dot)(?P<year>\d{4})", slashed_day),
    rule(Kind.DAY, rf"{DAY_NAME}{MONTH}\s+(?:the\s+)?(?P<day>{DAY_OF_MONTH}){OF_YEAR}?", month_day),
    rule(Kind.DAY, rf"{DAY_NAME}(?:the\s+)?(?P<day>{DAY_OF_MONTH})\s+(?:of\s+)?{NO_VERB}{MONTH}{OF_YEAR}?", month_day),
    rule(Kind.PERIOD, rf"{LEAD}{MONTH}\s+{FIRST_TO_LAST}{OF_YEAR}?", month_days),
    rule(Kind.PERIOD, rf"{LEAD}{FIRST_TO_LAST}\s+(?:of\s+)?{NO_VERB}{MONTH}{OF_YEAR}?", month_days),
    rule(Kind.DAY, rf"(?P<which>last|past|previous|this|next)\s+(?P<weekday>{any_of(WEEKDAYS)})", weekday),
    rule(
        Kind.DAY,
        rf"{NO_NAME}(?P<weekday>{any_of(LONG_WEEKDAYS)}|{ON}{any_of(WEEKDAYS)}|{any_of(WEEKDAYS)}{BEFORE_CLOCK}){OF_WEEK}?",
        weekday,
    ),
    rule(Kind.DAY, rf"{ANY_WEEKDAY}\s+{WEEKS_AGO}", weekday_weeks_ago),
    rule(Kind.DAY, rf"{WEEKS_AGO}\s+(?:on\s+)?{ANY_WEEKDAY}", weekday_weeks_ago),
    rule(Kind.DAY, r"(?:the\s+)?new\s+year(?:['’]?s(?:\s+day)?)?(?!['’]?s?\s+eve\b)", new_year),
    rule(Kind.DAY, rf"{DAY_NAME}the\s+(?P<day>\d\d?(?:st|nd|rd|th)){OF_MONTH}?{DAY_IS_OVER}", numbered_day),
)
