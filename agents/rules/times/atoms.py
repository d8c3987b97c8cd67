"""Finds the single times of a question: every date, period, span and clock, the longest first at each word."""

import re
from dataclasses import dataclass, replace
from datetime import date, tzinfo

from agents.rules.times import clocks, days, periods, spans
from agents.rules.times.almanac import Stretch, Vantage
from agents.rules.times.clocks import Hours
from agents.rules.times.rules import Kind, Rule
from agents.rules.times.words import BEGINNINGS

RULES: tuple[Rule, ...] = (*days.RULES, *spans.RULES, *periods.RULES)
WORD = re.compile(rf"(?<![A-Za-z0-9_])(?:[\d~]|{BEGINNINGS})|(?<=\dT)\d", re.IGNORECASE)

# What may stand between a day and a clock: "yesterday at 3pm", "2pm on Friday", "Monday, in the morning".
BESIDE = re.compile(r"T|\s*,?\s*(?:\b(?:at|on|in|of|during|for)\s+)?(?:the\s+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Date:
    """A match of a calendar rule."""

    match: re.Match[str]
    rule: Rule

    def resolve(self, vantage: Vantage) -> Stretch:
        """What the words mean. Raises TimeError as `Atom` does."""
        return self.rule.resolve(self.match, vantage)

    def day(self, vantage: Vantage) -> date:
        """The day it begins on. Raises TimeError as `Atom` does."""
        return self.resolve(vantage).start.astimezone(vantage.zone).date()


@dataclass(frozen=True, slots=True)
class DateAndHours:
    """Hours of a day, or in a part of one."""

    date: Date
    hours: Hours

    def resolve(self, vantage: Vantage) -> Stretch:
        """These hours; on a weekday or a yearless date the most recent to begin. Raises TimeError as `Atom` does."""
        if self.date.rule.kind is Kind.PART:
            return self.hours.within(self.date.resolve(vantage), vantage)
        begun = replace(vantage, latest=vantage.latest - self.hours.start)
        return self.hours.on(self.date.day(begun), vantage.zone)


@dataclass(frozen=True, slots=True)
class Atom:
    """One time, at `start` to `end` in the question."""

    start: int
    end: int
    time: Date | Hours | DateAndHours

    @property
    def is_now(self) -> bool:
        return isinstance(self.time, Date) and self.time.rule.kind is Kind.NOW

    @property
    def date(self) -> Date | None:
        """The calendar day a clock can be on."""
        match self.time:
            case Date(rule=Rule(kind=Kind.DAY)):
                return self.time
            case DateAndHours():
                return self.time.date
            case Date() | Hours():
                return None

    @property
    def hours(self) -> Hours | None:
        match self.time:
            case Date():
                return None
            case Hours():
                return self.time
            case DateAndHours():
                return self.time.hours

    @property
    def zone(self) -> tzinfo | None:
        """The zone written beside the clock."""
        return self.hours.zone if self.hours else None

    def resolve(self, vantage: Vantage) -> Stretch:
        """What it means from there. Raises TimeError when the words are a time that cannot be."""
        match self.time:
            case Date() | DateAndHours():
                return self.time.resolve(vantage)
            case Hours():
                return self.time.latest(vantage)


def find(text: str) -> list[Atom]:
    """The times of a text in reading order, a day and the clock beside it as one.

    Raises:
        TimeError: a clock or its zone cannot be ("25:00").
    """
    joined: list[Atom] = []
    for atom in singles(text):
        if joined and (both := beside(joined[-1], atom, text)):
            joined[-1] = both
        else:
            joined.append(atom)
    return [atom for atom in joined if is_time(atom)]


def is_time(atom: Atom) -> bool:
    """Whether it stands by itself: not bare numbers, not "morning" without a day, not "same day last week"."""
    match atom.time:
        case Date():
            return atom.time.rule.kind is not Kind.NOTHING
        case Hours():
            return atom.time.is_sure
        case DateAndHours():
            return True


def singles(text: str) -> list[Atom]:
    """Dates and clocks one by one, never overlapping."""
    found: list[Atom] = []
    end = 0
    for word in WORD.finditer(text):
        if word.start() >= end and (atom := longest(text, word.start())):
            found.append(atom)
            end = atom.end
    return found


def longest(text: str, position: int) -> Atom | None:
    """The longest time at `position`; of two equal ones the rule that stands first."""
    found = [Date(match, rule) for rule in RULES if (match := rule.pattern.match(text, position))]
    date = max(found, key=lambda date: date.match.end(), default=None)
    clock = clocks.match_at(text, position)
    if clock and (date is None or clock.end() > date.match.end()):
        return Atom(position, clock.end(), clocks.read(clock))
    return Atom(position, date.match.end(), date) if date else None


def beside(first: Atom, second: Atom, text: str) -> Atom | None:
    """The two as one when one is a day and the other its hours, side by side."""
    if not BESIDE.fullmatch(text, first.end, second.start):
        return None
    match first, second:
        case (Atom(time=Date() as date), Atom(time=Hours() as hours)) | (
            Atom(time=Hours() as hours),
            Atom(time=Date() as date),
        ) if date.rule.kind in (Kind.DAY, Kind.PART):
            return Atom(first.start, second.end, DateAndHours(date, hours))
        case _:
            return None
