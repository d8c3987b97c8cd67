"""The time phrases of a question as lengths: over how long, how long ago, and compared with how long before."""

import re
from dataclasses import dataclass
from datetime import timedelta

UNITS = {
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400, "days": 86400,
    "w": 604_800, "week": 604_800, "weeks": 604_800,
    "month": 2_592_000, "months": 2_592_000, "year": 31_536_000, "years": 31_536_000,
}  # fmt: skip
NUMBERS = {"one": 1, "two": 2, "three": 3, "five": 5, "ten": 10, "a": 1, "an": 1, "couple of": 2, "few": 3}
COUNT = rf"(?:\d+(?:\.\d+)?|{'|'.join(NUMBERS)})"
UNIT = rf"(?:{'|'.join(sorted(UNITS, key=len, reverse=True))})\b"
LENGTH = rf"(?:(?P<count>{COUNT})\s*-?\s*)?(?P<unit>{UNIT})"
LEAD = r"(?:\b(?:in|over|for|during|within|of|from|across|since|,)\s+)?"

COMPARED = re.compile(
    r"\b(?:compared?\s+(?:to|with)|vs\.?|versus|against|relative\s+to|and|than)\s+(?:the\s+)?(?:same\s+time\s+)?"
    rf"(?:(?P<yesterday>yesterday|(?:the\s+)?(?:day\s+before|previous\s+day))|last\s+(?P<last>{UNIT})"
    rf"|(?P<ago>{LENGTH})\s+(?:ago|before|earlier)|(?:the\s+)?previous\s+(?P<previous>{UNIT})"
    rf"|(?:the\s+)?(?P<before>week|day|hour|month)\s+before)\b",
)
SPAN = re.compile(rf"{LEAD}\b(?:the\s+)?(?:last|past|previous|this|trailing|recent)\s+{LENGTH}")
OVER = re.compile(rf"\b(?:over|in|within|during|for|every)\s+(?P<count>{COUNT})\s*-?\s*(?P<unit>{UNIT})(?!\s+ago)")
DAYS = re.compile(
    r"\b(?:since\s+|from\s+|of\s+|so\s+far\s+)?(?P<day>yesterday|today|tonight|overnight)(?:\s+so\s+far)?\b"
)
AGO = re.compile(rf"\b{LENGTH}\s+ago\b")
NOW = re.compile(r"\b(?:right\s+now|just\s+now|at\s+the\s+moment|currently|now)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """`span` is how long a time is asked about, `ago` how long before now it ends, `before` how long earlier the one is
    that it is compared with, `smoothing` the length that rates are taken over; `rest` is the text without them."""

    rest: str
    span: timedelta | None = None
    ago: timedelta | None = None
    before: timedelta | None = None
    smoothing: timedelta | None = None
    words: str = ""

    @property
    def long(self) -> timedelta | None:
        """The time that is spoken of, however it is to be used."""
        return self.span or self.smoothing


def read(text: str) -> Times:
    """Every time phrase of a question in lower case."""
    before, text, first = compared(text)
    found = SPAN.search(text)
    if found:
        span = length(found["count"], found["unit"])
        return Times(rest=without(text, found), span=span, before=before, words=first or found[0].strip(" ,"))
    if found := DAYS.search(text):
        day = timedelta(days=1)
        was = day if found["day"] == "yesterday" and not found[0].startswith("since") else None
        return Times(rest=without(text, found), span=day, ago=was, before=before, words=first or found[0])
    if found := AGO.search(text):
        ago = length(found["count"], found["unit"])
        return Times(rest=without(text, found), ago=ago, before=before, words=first or found[0])
    if found := OVER.search(text):
        span = length(found["count"], found["unit"])
        rest = without(text, found)
        if span <= timedelta(hours=1):
            return Times(rest=rest, smoothing=span, before=before, words=found[0])
        return Times(rest=rest, span=span, before=before, words=first or found[0])
    return Times(rest=NOW.sub(" ", text), before=before, words=first)


def compared(text: str) -> tuple[timedelta | None, str, str]:
    """How much earlier the other time is, the text without it, and its words."""
    found = COMPARED.search(text)
    if not found:
        return None, text, ""
    if found["yesterday"]:
        before = timedelta(days=1)
    elif found["ago"]:
        before = length(found["count"], found["unit"])
    else:
        before = length(None, found["last"] or found["previous"] or found["before"])
    return before, without(text, found), found[0]


def length(count: str | None, unit: str) -> timedelta:
    number = 1.0 if not count else NUMBERS.get(count) or float(count)
    return timedelta(seconds=number * UNITS[unit])


def without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"
