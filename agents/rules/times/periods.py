"""Weeks, months, quarters and years by name: "July 2025", "Q3", "the first week of October", "in 2025"."""

import re
from datetime import date

from agents.rules.times.almanac import Stretch, Vantage, begun, calendar_day, first_day, midnight, period, shift
from agents.rules.times.days import month_of, year_of
from agents.rules.times.reads import TimeError, Unit
from agents.rules.times.rules import Kind, rule, said
from agents.rules.times.words import LONG_MONTHS, MONTH, OF_YEAR, ORDINALS, after, any_of


def whole(first: date, unit: Unit, vantage: Vantage) -> Stretch:
    """The calendar unit around that day."""
    return period(midnight(first, vantage.zone), unit, vantage.zone)


def iso_week(match: re.Match[str], vantage: Vantage) -> Stretch:
    """A week by its ISO number. Raises TimeError when the year has no such week."""
    year, week = int(match["year"]), int(match["week"])
    last = calendar_day(year, 12, 28).isocalendar().week
    if not 1 <= week <= last:
        raise TimeError(f"{year} has the weeks 1 to {last}")
    return whole(date.fromisocalendar(year, week, 1), Unit.WEEK, vantage)


def week_of_month(match: re.Match[str], vantage: Vantage) -> Stretch:
    """A month's run of seven days: the first is the 1st to the 7th, the last its last seven days."""
    found, which = month(match, vantage), said(match, "which")
    if which == "last":
        return Stretch(shift(found.end, -1, Unit.WEEK, vantage.zone), found.end, Unit.WEEK)
    start = shift(found.start, ORDINALS[which] - 1, Unit.WEEK, vantage.zone)
    return Stretch(start, shift(start, 1, Unit.WEEK, vantage.zone), Unit.WEEK)


def iso_month(match: re.Match[str], vantage: Vantage) -> Stretch:
    return whole(calendar_day(int(match["year"]), int(match["number"]), 1), Unit.MONTH, vantage)


def month(match: re.Match[str], vantage: Vantage) -> Stretch:
    return whole(begun(year_of(match, vantage), month_of(match), 1, vantage), Unit.MONTH, vantage)


def third_of_month(match: re.Match[str], vantage: Vantage) -> Stretch:
    """The 1st to the 10th, the 11th to the 20th or the rest: of a month by name, of this one or of the last."""
    found = month(match, vantage) if said(match, "month") else near_month(match, vantage)
    first, last = (shift(found.start, count, Unit.DAY, vantage.zone) for count in (10, 20))
    match said(match, "third").split()[0]:
        case "early":
            return Stretch(found.start, first, Unit.SPAN)
        case "mid":
            return Stretch(first, last, Unit.SPAN)
        case _:
            return Stretch(last, found.end, Unit.SPAN)


def end_day(match: re.Match[str], vantage: Vantage) -> Stretch:
    """The first or the last day of a month."""
    found = month(match, vantage) if said(match, "month") else near_month(match, vantage)
    moment = found.start if said(match, "end") == "first" else shift(found.end, -1, Unit.DAY, vantage.zone)
    return period(moment, Unit.DAY, vantage.zone)


def near_month(match: re.Match[str], vantage: Vantage) -> Stretch:
    return period(vantage.now, Unit.MONTH, vantage.zone, offset=-1 if said(match, "which") == "last" else 0)


def which_month(match: re.Match[str], vantage: Vantage) -> Stretch:
    """ "last July" is the most recent one that is over, "this July" this year's, "next July" the one to come."""
    number, which = month_of(match), said(match, "which")
    if which == "this":
        return whole(date(vantage.today.year, number, 1), Unit.MONTH, vantage)
    this_month = midnight(first_day(vantage.today, Unit.MONTH), vantage.zone)
    over = begun(None, number, 1, Vantage(vantage.now, this_month, vantage.zone))
    return whole(over.replace(year=over.year + 1) if which == "next" else over, Unit.MONTH, vantage)


def quarter(match: re.Match[str], vantage: Vantage) -> Stretch:
    number = int(said(match, "number") or QUARTERS[said(match, "which")])
    return whole(begun(year_of(match, vantage), number * 3 - 2, 1, vantage), Unit.QUARTER, vantage)


def half(match: re.Match[str], vantage: Vantage) -> Stretch:
    """January to June or July to December."""
    number = int(said(match, "number") or ORDINALS[said(match, "which")])
    start = midnight(begun(year_of(match, vantage), number * 6 - 5, 1, vantage), vantage.zone)
    return Stretch(start, shift(start, 6, Unit.MONTH, vantage.zone), Unit.SPAN)


def year(match: re.Match[str], vantage: Vantage) -> Stretch:
    return whole(calendar_day(int(match["year"]), 1, 1), Unit.YEAR, vantage)


QUARTERS = ORDINALS | {"last": 4}
IN = after(("in", "of", "for", "since", "during", "from", "until", "till", "between", "through", "throughout", "year"))
SURE_MONTH = rf"(?P<month>{any_of(name for name in LONG_MONTHS if name not in ('may', 'march'))})"
NAMED_MONTH = r"(?<=[a-z] )(?-i:(?P<month>May|March))"  # a capital inside a sentence: no verb
JOINS = ("and", "to", "vs", "versus", "with", "or", "through", "until")
AFTER_YEAR = after(rf"20\d\d {join}" for join in JOINS)
BEFORE_YEAR = rf"(?=\s+{any_of(JOINS)}\s+20\d\d\b)"
NO_COUNT = r"(?!\s*(?:[kmgt]i?b|ms|bytes|requests|errors|alerts|connections|%)\b)"
OF_MONTH = rf"(?:{MONTH}{OF_YEAR}?|(?P<which>this|last)\s+month)"
THIRD = r"(?P<third>early|mid|late|end\s+of)(?:\s+|-)(?:in\s+)?"
BEFORE_QUARTER = rf"(?=\s+{any_of((*JOINS, 'against'))}\s+(?:the\s+)?{any_of(ORDINALS)}\s+quarter)"
WHICH = rf"(?P<which>{any_of(ORDINALS)})"

RULES = (
    rule(Kind.PERIOD, r"(?P<year>\d{4})-?w(?P<week>\d\d)", iso_week),
    rule(Kind.PERIOD, r"(?:calendar\s+)?week\s+(?P<week>\d\d?)\s+(?:of\s+|in\s+)?(?P<year>20\d\d)", iso_week),
    rule(Kind.PERIOD, rf"(?P<which>last|{any_of(ORDINALS)})\s+week\s+(?:of|in)\s+{MONTH}{OF_YEAR}?", week_of_month),
    rule(Kind.PERIOD, r"(?P<year>20\d\d)-(?P<number>0[1-9]|1[0-2])", iso_month),
    rule(Kind.PERIOD, rf"(?P<which>last|past|previous|this|next)\s+{MONTH}", which_month),
    rule(Kind.PERIOD, rf"{MONTH}{OF_YEAR}", month),
    rule(Kind.PERIOD, rf"{THIRD}{OF_MONTH}", third_of_month),
    rule(Kind.DAY, rf"(?P<end>first|last)\s+day\s+of\s+{OF_MONTH}", end_day),
    rule(Kind.PERIOD, rf"{IN}{MONTH}", month),
    rule(Kind.PERIOD, SURE_MONTH, month),
    rule(Kind.PERIOD, NAMED_MONTH, month),
    rule(Kind.PERIOD, rf"q(?P<number>[1-4]){OF_YEAR}?", quarter),
    rule(Kind.PERIOD, r"(?P<year>20\d\d)[\s-]?q(?P<number>[1-4])", quarter),
    rule(Kind.PERIOD, rf"{WHICH}\s+quarter{OF_YEAR}?", quarter),
    rule(Kind.PERIOD, rf"{WHICH}{BEFORE_QUARTER}", quarter),
    rule(Kind.PERIOD, rf"(?P<which>last)\s+quarter{OF_YEAR}", quarter),
    rule(Kind.PERIOD, rf"h(?P<number>[12]){OF_YEAR}", half),
    rule(Kind.PERIOD, rf"(?P<which>first|second)\s+half{OF_YEAR}", half),
    rule(Kind.PERIOD, rf"(?:{IN}|{AFTER_YEAR})(?P<year>20\d\d){NO_COUNT}", year),
    rule(Kind.PERIOD, rf"(?P<year>20\d\d){BEFORE_YEAR}", year),
    rule(Kind.PERIOD, r"(?:the\s+)?year\s+(?P<year>\d{1,4})", year),
)
