"""The words of time and the pattern pieces made of them; every pattern ignores case."""

import re
from collections.abc import Iterable

from agents.rules.times.reads import Unit


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first; a blank in a word is any white space."""
    longest_first = sorted(words, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first) + ")"


def after(words: Iterable[str]) -> str:
    """A pattern true where one of the words and a blank stand just before."""
    return "(?:" + "|".join(rf"(?<=\b{word} )" for word in words) + ")"


# A phrase stands free: "orders-2025", "api-1h", "/v1/2025", "p95" and "sunday-batch" are names.
FREE_LEFT = r"(?<![\w.:/@#$\[\\-])"
FREE_RIGHT = r"(?![\w-]|[.:/@]\w)"


def compile_free(pattern: str) -> re.Pattern[str]:
    """The pattern where it stands free of names and numbers around it."""
    return re.compile(f"{FREE_LEFT}(?:{pattern}){FREE_RIGHT}", re.IGNORECASE)


LONG_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
MONTHS = {
    **{name[:length]: number for number, name in enumerate(LONG_MONTHS, 1) for length in (3, len(name))},
    "sept": 9,
}

LONG_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS = {
    **{name[:length]: number for number, name in enumerate(LONG_WEEKDAYS) for length in (3, len(name))},
    "tues": 1,
    "thur": 3,
    "thurs": 3,
}

ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}

# Unit words with how many of the unit they are.
LONG_UNITS = {
    "second": (Unit.MINUTE, 1 / 60), "seconds": (Unit.MINUTE, 1 / 60),
    "sec": (Unit.MINUTE, 1 / 60), "secs": (Unit.MINUTE, 1 / 60),
    "minute": (Unit.MINUTE, 1), "minutes": (Unit.MINUTE, 1), "min": (Unit.MINUTE, 1), "mins": (Unit.MINUTE, 1),
    "hour": (Unit.HOUR, 1), "hours": (Unit.HOUR, 1), "hr": (Unit.HOUR, 1), "hrs": (Unit.HOUR, 1),
    "day": (Unit.DAY, 1), "days": (Unit.DAY, 1),
    "week": (Unit.WEEK, 1), "weeks": (Unit.WEEK, 1), "wk": (Unit.WEEK, 1), "wks": (Unit.WEEK, 1),
    "fortnight": (Unit.WEEK, 2), "fortnights": (Unit.WEEK, 2),
    "month": (Unit.MONTH, 1), "months": (Unit.MONTH, 1), "mth": (Unit.MONTH, 1), "mths": (Unit.MONTH, 1),
    "quarter": (Unit.QUARTER, 1), "quarters": (Unit.QUARTER, 1), "qtr": (Unit.QUARTER, 1), "qtrs": (Unit.QUARTER, 1),
    "year": (Unit.YEAR, 1), "years": (Unit.YEAR, 1), "yr": (Unit.YEAR, 1), "yrs": (Unit.YEAR, 1),
}  # fmt: skip
SHORT_UNITS = {
    "s": (Unit.MINUTE, 1 / 60), "m": (Unit.MINUTE, 1), "h": (Unit.HOUR, 1), "d": (Unit.DAY, 1),
    "w": (Unit.WEEK, 1), "mo": (Unit.MONTH, 1), "y": (Unit.YEAR, 1),
}  # fmt: skip
UNITS = LONG_UNITS | SHORT_UNITS
ONE_UNIT = any_of(("minute", "hour", "day", "week", "month", "quarter", "year", "hr", "wk", "mth", "qtr", "yr"))

NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30,
    "forty": 40, "forty-five": 45, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100, "a hundred": 100,
    "twenty-four": 24, "twenty four": 24, "forty-eight": 48, "forty eight": 48, "seventy-two": 72, "seventy two": 72,
    "couple": 2, "couple of": 2, "a couple": 2, "a couple of": 2, "few": 3, "a few": 3,
    "half": 0.5, "half a": 0.5, "half an": 0.5, "quarter": 0.25, "quarter of an": 0.25, "a quarter of an": 0.25,
}  # fmt: skip

# Zone words are read as the places that use them: "EST" in July is New York's summer time, as its speakers mean it.
ZONES = {
    "z": "UTC", "utc": "UTC", "gmt": "UTC",
    "est": "America/New_York", "edt": "America/New_York", "et": "America/New_York",
    "cst": "America/Chicago", "cdt": "America/Chicago",
    "mst": "America/Denver", "mdt": "America/Denver",
    "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "pt": "America/Los_Angeles",
    "bst": "Europe/London", "cet": "Europe/Berlin", "cest": "Europe/Berlin",
    "eet": "Europe/Helsinki", "eest": "Europe/Helsinki",
    "ist": "Asia/Kolkata", "jst": "Asia/Tokyo", "aest": "Australia/Sydney", "aedt": "Australia/Sydney",
}  # fmt: skip

MONTH = rf"(?P<month>{any_of(MONTHS)})\b\.?"
DAY_OF_MONTH = r"\d{1,2}(?:st|nd|rd|th)?"
YEAR = r"(?:19|20)\d\d|last\s+year|this\s+year"
OF_YEAR = rf"(?:,?\s+(?:of\s+)?(?P<year>{YEAR}))"

# How the first word of any phrase begins; everything else is passed over without trying a rule.
BEGINNINGS = any_of(
    (
        *(name[:3] for name in (*LONG_MONTHS, *LONG_WEEKDAYS)), *NUMBERS, *ORDINALS, *LONG_UNITS,
        "last", "past", "previous", "prior", "preceding", "trailing", "latest", "this", "current", "next",
        "coming", "today", "yesterday", "tomorrow", "tonight", "overnight", "morning", "afternoon", "evening",
        "night", "noon", "midday", "lunchtime", "midnight", "all", "ever", "since", "right", "now", "same", "beginning",
        "start", "wtd", "mtd", "qtd", "ytd", "q1", "q2", "q3", "q4", "h1", "h2", "the", "calendar", "between",
        "new", "early", "mid", "late", "end", "from", "at", "around", "about", "circa", "approximately", "roughly",
    )
)  # fmt: skip
