"""Calendar arithmetic in a zone: a day may have 23 hours, a month 28 days, a week begins on Monday."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TypeVar

from agents.rules.times.reads import TimeError, Unit

Day = TypeVar("Day", bound=date)  # datetimes too: they are dates with a clock

FIRST_YEAR, LAST_YEAR = 1970, 2199
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)

# Whole units move on the wall clock by months or days, below a day by elapsed time; LENGTHS serves fractions.
MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}
LENGTHS = {
    Unit.MINUTE: timedelta(minutes=1),
    Unit.HOUR: timedelta(hours=1),
    Unit.DAY: DAY,
    Unit.WEEK: timedelta(weeks=1),
    Unit.MONTH: timedelta(days=30),
    Unit.QUARTER: timedelta(days=91),
    Unit.YEAR: timedelta(days=365),
}


@dataclass(frozen=True, slots=True)
class Vantage:
    """Where a phrase is seen from: `now` and `latest` are UTC, `zone` is where the asker's calendar hangs.

    "The most recent Monday" is the last one to begin before `latest`, which is now except inside "from ... to ...".
    """

    now: datetime
    latest: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def latest_day(self) -> date:
        return self.latest.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time, aware UTC; a point when both ends are equal, and then it stands for `blur` on either side."""

    start: datetime
    end: datetime
    unit: Unit
    blur: timedelta = HALF_HOUR

    @property
    def is_point(self) -> bool:
        return self.start == self.end


def instant(wall: datetime, zone: tzinfo) -> datetime:
    """The UTC time of a naive wall clock: the first of two when clocks go back, moved on when they skip it.

    Raises:
        TimeError: outside the years 1970 to 2199.
    """
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise TimeError(f"{wall.year} is not a year from {FIRST_YEAR} to {LAST_YEAR}")
    return wall.replace(tzinfo=zone).astimezone(UTC)


def midnight(day: date, zone: tzinfo) -> datetime:
    """The first instant of a day, as UTC."""
    return instant(datetime.combine(day, time()), zone)


def at(day: date, since_midnight: timedelta, zone: tzinfo) -> datetime:
    """The UTC time when the wall clock of `day` shows `since_midnight`; 24 hours and more are the next day."""
    return instant(datetime.combine(day, time()) + since_midnight, zone)


def calendar_day(year: int, month: int, day: int) -> date:
    """That date. Raises TimeError when the calendar does not have it."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise TimeError(f"{year} is not a year from {FIRST_YEAR} to {LAST_YEAR}")
    if not has_day(year, month, day):
        raise TimeError(f"{year:04}-{month:02}-{day:02} is not a date of the calendar")
    return date(year, month, day)


def has_day(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def first_day(day: date, unit: Unit) -> date:
    """The day on which the calendar unit around `day` begins."""
    match unit:
        case Unit.MINUTE | Unit.HOUR | Unit.DAY | Unit.SPAN:
            return day
        case Unit.WEEK:
            return day - timedelta(days=day.weekday())
        case Unit.MONTH:
            return day.replace(day=1)
        case Unit.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case Unit.YEAR:
            return day.replace(month=1, day=1)


def floor(moment: datetime, unit: Unit, zone: tzinfo) -> datetime:
    """The start of the calendar unit around `moment`, as UTC."""
    local = moment.astimezone(zone)
    if unit is Unit.MINUTE:
        return local.replace(second=0, microsecond=0).astimezone(UTC)
    if unit is Unit.HOUR:
        return local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    return midnight(first_day(local.date(), unit), zone)


def shift(moment: datetime, count: int, unit: Unit, zone: tzinfo) -> datetime:
    """`moment` moved by whole units: the same wall clock from a day up (a 31st may become a 28th), elapsed below.

    Raises:
        TimeError: outside the years 1970 to 2199.
    """
    if unit in (Unit.MINUTE, Unit.HOUR):
        return moment.astimezone(UTC) + count * LENGTHS[unit]
    wall = moment.astimezone(zone).replace(tzinfo=None)
    moved = add_months(wall, count * MONTHS[unit]) if unit in MONTHS else add_days(wall, count * LENGTHS[unit])
    return instant(moved, zone)


def add_days(wall: datetime, length: timedelta) -> datetime:
    """The same clock that many days on. Raises TimeError, see `shift`."""
    try:
        return wall + length
    except OverflowError as error:
        raise TimeError(
            f"{length.days} days from {wall.date()} is not in the years {FIRST_YEAR} to {LAST_YEAR}"
        ) from error


def add_months(wall: Day, count: int) -> Day:
    """The same day (and clock) `count` months on, or the last day of a shorter month. Raises TimeError, see `shift`."""
    year, month = divmod(wall.year * 12 + wall.month - 1 + count, 12)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise TimeError(f"{year} is not a year from {FIRST_YEAR} to {LAST_YEAR}")
    last = calendar.monthrange(year, month + 1)[1]
    return wall.replace(year=year, month=month + 1, day=min(wall.day, last))


def move(moment: datetime, count: float, unit: Unit, zone: tzinfo) -> datetime:
    """Like `shift`, and the fraction of `count` by elapsed time (a month of 30 days, a year of 365)."""
    whole = int(count)
    return shift(moment, whole, unit, zone) + (count - whole) * LENGTHS[unit]


def period(moment: datetime, unit: Unit, zone: tzinfo, *, offset: int = 0) -> Stretch:
    """The whole calendar unit around `moment`, or the one `offset` units later."""
    start = shift(floor(moment, unit, zone), offset, unit, zone)
    return Stretch(start, shift(start, 1, unit, zone), unit)


def days(first: date, last: date, unit: Unit, zone: tzinfo) -> Stretch:
    """From the first instant of `first` to the last of `last`."""
    return Stretch(midnight(first, zone), midnight(last + DAY, zone), unit)


def begun(year: int | None, month: int, day: int, vantage: Vantage) -> date:
    """That date; without a year the most recent one to begin before `vantage.latest`.

    Raises:
        TimeError: no year has such a date.
    """
    if year is not None:
        return calendar_day(year, month, day)
    latest = vantage.latest_day.year
    if not has_day(2000, month, day):
        raise TimeError(f"no year has a day {day} in month {month}")
    years = (year for year in range(latest, latest - 9, -1) if has_day(year, month, day))
    dates = (date(year, month, day) for year in years)
    return next(found for found in dates if midnight(found, vantage.zone) < vantage.latest)
