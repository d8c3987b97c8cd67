"""Small parsers, each for one slot: what it reads in a text besides names and times."""

import re

from agents.rules.lexicon import Hit, Lexicon, Phrases, find
from agents.rules.slots import SEVERITIES, Status
from agents.rules.text import Text
from agents.rules.times.almanac import LENGTHS
from agents.rules.times.durations import DURATION, terms

INCIDENT = re.compile(r"(?:\binc[- ]?|\bincident\s+(?:number\s+|no\.?\s+|#)?|#)(\d{1,9})\b", re.IGNORECASE)
QUOTED = re.compile(r"[\"“”«»]([^\"“”«»]{2,200})[\"“”«»]|(?<!\w)['‘`]([^'‘’`]{2,200})['’`](?!\w)")
# "took more than an hour", but not "more than an hour ago".
LONGER = re.compile(
    r"\b(?:(?:(?:took|take|takes|taking|lasted|lasting|last)\s+)?(?:for\s+)?(?:longer|more)\s+than"
    r"|(?:took|taking|lasted|lasting|open\s+for)\s+over|exceeded|exceeding)\s+"
    rf"(?P<duration>{DURATION})(?!\w|\s+(?:ago|before|after|later|earlier|old)\b)",
    re.IGNORECASE,
)
SOUGHT = re.compile(
    r"\b(?:contain(?:s|ing)?|mention(?:s|ing)?|saying|that\s+says?|matching|with)\s"
    r"|^\W*(?:(?:please|pls|can\s+you|could\s+you)\s+)?(?:search|grep|look|find|check)\b.*?\bfor\s",
    re.IGNORECASE,
)
LARGEST_LIMIT = 500
LEAST, ABOVE, EXCEPT = "least", "above", "except"


def quoted(text: Text) -> str:
    """The first phrase in quotes, "" for none; its words are used up."""
    match = QUOTED.search(text.raw)
    if match is None:
        return ""
    text.use_span(*match.span())
    return (match[1] or match[2]).strip()


def incident(text: Text) -> str | None:
    """An incident's number as `INC-12`; its words are used up."""
    match = INCIDENT.search(text.raw)
    if match is None:
        return None
    text.use_span(*match.span())
    return f"INC-{int(match[1])}"


def longer_than(text: Text) -> int | None:
    """The length, in seconds, that something must have exceeded: "took more than an hour"; its words are used up."""
    match = LONGER.search(text.raw)
    if match is None:
        return None
    text.use_span(*match.span())
    return round(sum(count * LENGTHS[unit].total_seconds() for count, unit in terms(match["duration"])))


def sought(text: Text, lexicon: Lexicon) -> str:
    """What log lines are to contain, without quotes: "logs mentioning connection refused"; "" for nothing."""
    match = SOUGHT.search(text.raw)
    if match is None:
        return ""
    start = match.end()
    levels = {at for hit in find(text, lexicon.level) for at in range(hit.first, hit.last)}
    kept = [
        token.word
        for at, token in enumerate(text.tokens)
        if token.start >= start and not text.used[at] and at not in levels and token.word not in lexicon.words.stop
    ]
    return " ".join(kept)


def concepts(text: Text, lexicon: Lexicon) -> tuple[Hit, ...]:
    """The phrases that stand for concepts, in reading order."""
    anchored = [hit for hit in find(text, lexicon.anchored) if hit.first == opening(text)]
    return tuple(sorted((*anchored, *find(text, lexicon.phrases)), key=lambda hit: (hit.first, -hit.last)))


def opening(text: Text) -> int:
    """The place of the first word that is not mere politeness."""
    polite = ("please", "can", "could", "you", "now", "ok", "and", "hey", "hi")
    return next((at for at in range(len(text.tokens)) if text.word(at) not in polite), 0)


def value(text: Text, phrases: Phrases) -> str | None:
    """The first value named."""
    hits = find(text, phrases)
    return hits[0].meanings[0] if hits else None


def status(text: Text, lexicon: Lexicon) -> Status | None:
    match value(text, lexicon.status):
        case "firing":
            return "firing"
        case "resolved":
            return "resolved"
        case _:
            return None


def severities(text: Text, lexicon: Lexicon) -> tuple[str, ...]:
    """The severities meant, worst first: "warning and above", "not info" and "critical or warning" are all read.

    The words of an operator are used up; "worse" in "or worse" compares nothing.
    """
    hits = find(text, lexicon.severity, whole_only=False)
    operators = find(text, lexicon.operators, whole_only=False)
    meant: set[str] = set()
    refused: set[str] = set()
    for hit in hits:
        if hit.meanings[0] == "info" and text.word(hit.last) in ("on", "about"):
            continue
        operator = operator_of(hit, operators, text)
        (refused if operator == EXCEPT else meant).update(reach(hit.meanings[0], operator))
    if refused and not meant:
        meant = set(SEVERITIES)
    return tuple(severity for severity in SEVERITIES if severity in meant - refused)


def operator_of(hit: Hit, operators: list[Hit], text: Text) -> str:
    """The operator that stands just before or just behind a severity; its words are used up."""
    for operator in operators:
        meaning = operator.meanings[0]
        if (operator.first == hit.last and meaning == ABOVE) or (operator.last == hit.first and meaning != ABOVE):
            text.use(operator.first, operator.last)
            return meaning
    return ""


def reach(severity: str, operator: str) -> tuple[str, ...]:
    if operator in (ABOVE, LEAST):
        return SEVERITIES[: SEVERITIES.index(severity) + 1]
    return (severity,)


def limit(text: Text, lexicon: Lexicon) -> int | None:
    """How many are asked for: "top 5", "last ten incidents", "the 3 noisiest"."""
    for hit in find(text, lexicon.counting):
        for at in (hit.last, hit.first - 1):
            number = number_at(text, lexicon, at)
            if number is not None:
                text.use(at, at + 1)
                return number
    return None


def number_at(text: Text, lexicon: Lexicon, at: int) -> int | None:
    if not 0 <= at < len(text.tokens) or text.used[at]:
        return None
    word = text.word(at)
    number = int(word) if word.isdecimal() and len(word) < 5 else lexicon.numbers.get(word, 0)
    return min(number, LARGEST_LIMIT) or None
