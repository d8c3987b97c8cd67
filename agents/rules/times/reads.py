"""What reading a time gives: a window, the words it was read from, and the calendar unit they spoke of."""

from dataclasses import dataclass
from enum import StrEnum

from domain.windows import Window


class Unit(StrEnum):
    """The calendar unit of a phrase; `SPAN` is an explicit from/to or any length that is not one unit."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    SPAN = "span"


class TimeError(ValueError):
    """Words that are clearly a time but cannot be one, or lie in the future; the message says which and why."""


@dataclass(frozen=True, slots=True)
class TimeRead:
    """One time phrase of a question.

    `words` are as written and stand at `span` (start, end offsets). `cut_at_now`: the period is not over, so
    `window.end` is now.
    """

    window: Window
    words: str
    span: tuple[int, int]
    unit: Unit
    cut_at_now: bool
