"""What is to be measured: the wishes of a dashboard, the condition of an alert rule, an expression that is given."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

from agents.rules.revive import naming, spoken
from agents.rules.revive.said import Said
from agents.rules.revive.writing import MARK, of_kind
from agents.rules.times.almanac import LENGTHS
from agents.rules.times.durations import DURATION, terms
from tools.grafana import panels

Json: TypeAlias = dict[str, Any]
ABOVE = r"above|over|greater\s+than|more\s+than|higher\s+than|exceeds?|exceeding|exceeded|reaches|>=?"
BELOW = r"below|under|less\s+than|fewer\s+than|lower\s+than|drops?\s+(?:below|under|to)|falls?\s+(?:below|under|to)|<=?"
UNITS = (
    r"%|percent|pct|ms|milliseconds?|seconds?|secs?|s|minutes?|mins?|[kmgt]i?b|bytes|req/s|rps"
    r"|requests?(?:/s|\s+per\s+second)?|cores?"
)
CONDITION = re.compile(
    rf"(?:(?P<above>{ABOVE})|(?P<below>{BELOW}))\s*(?:than\s+)?(?P<value>\d+(?:[.,]\d+)?)\s*(?P<unit>(?:{UNITS})(?![\w]))?",
    re.IGNORECASE,
)
THRESHOLD = re.compile(rf"\bto\s+(?P<value>\d+(?:[.,]\d+)?)\s*(?P<unit>(?:{UNITS})(?!\w))?", re.IGNORECASE)
FOR_MINUTES = re.compile(
    rf"\b(?:for|lasting)\s+(?:at\s+least\s+|more\s+than\s+|over\s+)?(?P<duration>{DURATION})", re.IGNORECASE
)
WHEN = re.compile(
    r"\b(?:when(?:ever)?|if|once|that\s+(?:fires|alerts|triggers)\s+(?:when|if)|on)\s+(?P<what>.+)$", re.IGNORECASE
)
PERCENTILE = r"p\d{2}(?:\.\d)?|\d{2}(?:th|st|nd|rd)\s+percentile|median"
SCALES = {
    "%": 0.01, "percent": 0.01, "pct": 0.01, "ms": 0.001, "millisecond": 0.001, "milliseconds": 0.001,
    "minute": 60, "minutes": 60, "min": 60, "mins": 60,
    "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
USUAL = ("request rate", "error rate", "p99 latency")


@cache
def pattern() -> re.Pattern[str]:
    """Any phrase the panel library knows, a percentile before or behind it, the longest first."""
    words = {word for wish in panels.library().values() for word in wish.words} - {
        "slow",
        "up",
        "clients",
        "targets",
        "duration",
    }
    listed = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(
        rf"(?<![\w/-])(?:(?:{PERCENTILE})\s+(?:{listed})|(?:{listed})\s+(?:{PERCENTILE})|(?:{PERCENTILE})|(?:{listed}))(?![\w/-])",
        re.IGNORECASE,
    )


def wishes(said: Said) -> list[str] | None:
    """What is to be shown, as it was said, each once; names in quotes and the title aside."""
    plain = without_names(said, spoken.beside(said))
    found = [" ".join(match[0].split()) for match in pattern().finditer(plain)]
    return list({word.casefold(): word for word in reversed(found)}.values())[::-1] or None


def without_names(said: Said, text: str) -> str:
    """The clause without the services, the folder and the name it has: "load" of "load-balancer" is no wish."""
    plain = naming.CALLED.sub(" ", text)
    for name in said.services:
        plain = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", " ", plain, flags=re.IGNORECASE)
    return re.sub(rf"\b(?:folder|tagged|tags?|because)\b.*|{MARK}", " ", plain, flags=re.IGNORECASE)


def unread(said: Said) -> list[str] | None:
    """Panels asked for that the library does not know: "with unicorns and CPU" leaves unicorns."""
    match = re.search(
        r"\b(?:with|showing|that\s+shows?|containing|including)\s+(?P<list>.+)$",
        without_names(said, spoken.beside(said)),
        re.IGNORECASE,
    )
    if match is None:
        return None
    listed = re.split(r"\s+(?:for|in|on|of|tagged|called|named|titled|and\s+title)\s", f"{match['list']} ", maxsplit=1)[
        0
    ]
    parts = [part.strip(" .") for part in re.split(r",|\band\b|&|\+", listed)]
    bare = [
        re.sub(
            r"^(?:an?|the|its|one)\s+|\s*\b(?:panels?|graphs?|charts?|metrics?|usage)\b", "", part, flags=re.IGNORECASE
        ).strip()
        for part in parts
    ]
    return [part for part in bare if part and not re.search(r"\d", part) and panels.known(part) is None] or None


def expression(said: Said) -> str | None:
    """The expression given: behind "promql", or in backquotes."""
    marks = [*of_kind(said.text, "expression"), *of_kind(said.text, "code"), *of_kind(said.text, "block")]
    quoted = [mark for mark in of_kind(said.text, "quote") if re.search(r"[({\[]", said.clause.literals[mark])]
    found = [*marks, *quoted]
    text = said.clause.literals[found[0]] if found else ""
    return None if naming.verbs_and_nouns(text) and text.isalpha() else text or None


def condition(said: Said) -> Json | None:
    """When an alert rule fires: {op, value, unit}, the value and its unit as they were said."""
    match = CONDITION.search(said.text)
    if match is None:
        return None
    return {"op": "above" if match["above"] else "below", **quantity(match)}


def threshold(said: Said) -> Json | None:
    """The new threshold of a rule, {value, unit}: "to 10 %"; a whole condition says it itself."""
    match = None if CONDITION.search(said.text) else THRESHOLD.search(said.text)
    return quantity(match) if match else None


def quantity(match: re.Match[str]) -> Json:
    return {"value": float(match["value"].replace(",", ".")), "unit": (match["unit"] or "").casefold()}


def compared(asked: Mapping[str, Any] | None) -> Json | None:
    """The condition as tools take it: shares are of 1, times in seconds, sizes in bytes."""
    return {"op": asked["op"], "value": scaled(asked)} if asked else None


def scaled(asked: Mapping[str, Any]) -> float:
    return round(float(asked["value"]) * SCALES.get(str(asked.get("unit") or ""), 1), 9)


def for_minutes(said: Said) -> int | None:
    """How long the condition must hold, in minutes."""
    match = FOR_MINUTES.search(said.text)
    if match is None:
        return None
    seconds = sum(count * LENGTHS[unit].total_seconds() for count, unit in terms(match["duration"]))
    return max(1, round(seconds / 60))


def wish(said: Said) -> str | None:
    """What an alert rule watches: the measure beside its condition."""
    match = CONDITION.search(said.text)
    before = said.text[: match.start()] if match else said.text
    when = WHEN.search(before)
    for part in (when["what"] if when else "", before, said.text):
        found = [hit[0] for hit in pattern().finditer(part)]
        if found:
            return " ".join(found[-1].split())
    return None
