"""A question about logs, read: which streams, which lines, what of them, and over how long."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from tools.translate import entities, thresholds, times
from tools.translate import reading as words_reading
from tools.translate.catalogue import LogCatalogue
from tools.translate.entities import Named
from tools.translate.lexicon import lexicon
from tools.translate.logql.lexicon import log_lexicon
from tools.translate.reading import Asked, Hit, hits
from tools.translate.thresholds import Threshold

QUOTED = re.compile(
    r"""(?P<lead>\b(?:not|without|except|excluding|but\s+not|no|matching|regex|like)\s+)?(?:"(?P<double>[^"]+)"|“(?P<curly>[^”]+)”|(?<!\w)'(?P<single>[^']+)'(?!\w))""",
    re.IGNORECASE,
)
WITHOUT = re.compile(
    r"\b(?:without|except(?:\s+for)?|excluding|but\s+not|not\s+containing|ignoring)\s+(?:the\s+)?(?P<word>[\w.-]+)",
    re.IGNORECASE,
)
LAST_LINES = re.compile(
    r"\b(?:(?:last|latest|newest|recent|first)\s+(?P<count>\d+)\b(?!\s*(?:s|m|h|d|min|sec|hour|day|week)\w*\b)|(?P<before>\d+)\s+(?:last|latest|newest|most\s+recent)\b)",
    re.IGNORECASE,
)
FIELD = re.compile(
    r"\bwhere\s+(?:the\s+)?(?P<field>[a-z_]\w*)\s*(?P<sign>is\s+not|!=|>=|<=|>|<|==|=|is|equals|above|over|below|under)\s*(?P<value>\"[^\"]*\"|[\w.%-]+)",
    re.IGNORECASE,
)
SIGNS = {"is": "=", "equals": "=", "==": "=", "is not": "!=", "above": ">", "over": ">", "below": "<", "under": "<"}
MEASURED = re.compile(
    r"\b(?P<how>average|avg|mean|max|maximum|min|minimum|sum)\s+(?:of\s+)?(?P<field>[a-z]+_[a-z_]+|duration|latency|size|bytes_sent)\b",
    re.IGNORECASE,
)
OF_FIELD = re.compile(r"\bof\s+(?:the\s+)?(?P<field>[a-z]\w*)\s+in\b", re.IGNORECASE)
HOW = {"average": "avg", "mean": "avg", "maximum": "max", "minimum": "min"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A condition on a field of the line, or a field that is measured."""

    name: str
    sign: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsAsked:
    """`contains` and `lacks` are texts as quoted, `matches` patterns (case matters where they were quoted)."""

    base: Asked
    levels: tuple[str, ...] = ()
    lacking_levels: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    named: tuple[Named, ...] = ()
    parser: str = ""
    condition: Field | None = None
    measured: Field | None = None
    duration: Threshold | None = None
    counts: bool = False
    bytes: bool = False
    limit: int = 0
    guessed: tuple[str, ...] = ()


def read(question: str, catalogue: LogCatalogue) -> LogsAsked:
    """What the question says, its names matched with the labels that streams have."""
    text, contains, lacks, regexes = quotes(" ".join(question.split()))
    text, words_lacking = lacking(text)
    text, limit = last_lines(text)
    text, condition = field_in(text)
    asked_times = times.read(text.lower())
    duration, _ = thresholds.read(asked_times.rest)
    measured, text = measured_in(text)
    base = words_reading.read(re.sub(r"\bany\b", " ", text, flags=re.IGNORECASE))
    base = replace(base, statistics=frozenset(hit.meaning for hit in hits(base.words, lexicon().statistics)))
    levels = list(hits(base.words, log_lexicon().levels))
    patterns = list(hits(base.words, log_lexicon().patterns))
    volumes = list(hits(base.words, log_lexicon().volume))
    codes = [Hit("code", at, at + 1) for at, word in enumerate(base.words) if word.lower() in base.statuses]
    counting = list(hits(base.words, log_lexicon().counting))
    taken = frozenset[int]().union(*(hit.places for hit in (*levels, *patterns, *volumes, *codes, *counting)))
    named = entities.named(base, catalogue.values, log_lexicon().streams, taken)
    named = [item for item in named if item.label not in ("level", "severity", "detected_level", "filename")]
    taken = taken.union(*(item.places for item in named))
    lacking_levels = tuple(level for word in words_lacking if (level := log_lexicon().levels.get((word,))))
    return LogsAsked(
        base=base,
        levels=tuple(dict.fromkeys(hit.meaning for hit in levels)),
        lacking_levels=lacking_levels,
        contains=contains,
        lacks=(*lacks, *(word for word in words_lacking if (word,) not in log_lexicon().levels)),
        matches=(*regexes, *(f"(?i){hit.meaning}" for hit in patterns)),
        named=tuple(named),
        parser=next((name for name in ("logfmt", "json") if name in base.words), ""),
        condition=condition,
        measured=measured,
        duration=duration if duration and duration.kind == "time" else None,
        counts=bool(list(hits(base.words, log_lexicon().counting)))
        or bool(base.by and not base.is_which)
        or base.per > 0,
        bytes=bool(volumes),
        limit=limit,
        guessed=remaining(base, taken),
    )


def quotes(text: str) -> tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The text without what stands in quotes, and that: to be contained, to be lacking, to be matched."""
    contains, lacks, matches = list[str](), list[str](), list[str]()

    def taken(found: re.Match[str]) -> str:
        value = found["double"] or found["curly"] or found["single"]
        lead = (found["lead"] or "").strip().lower()
        if lead in ("matching", "regex", "like"):
            matches.append(value)
        elif lead:
            lacks.append(value)
        else:
            contains.append(value)
        return " "

    return QUOTED.sub(taken, text), tuple(contains), tuple(lacks), tuple(matches)


def lacking(text: str) -> tuple[str, tuple[str, ...]]:
    words = tuple(found["word"].lower() for found in WITHOUT.finditer(text))
    return WITHOUT.sub(" ", text), words


def last_lines(text: str) -> tuple[str, int]:
    found = LAST_LINES.search(text)
    if not found:
        return text, 0
    return f"{text[: found.start()]} {text[found.end() :]}", int(found["count"] or found["before"])


def field_in(text: str) -> tuple[str, Field | None]:
    found = FIELD.search(text)
    if not found:
        return text, None
    sign = " ".join(found["sign"].lower().split())
    field = Field(name=found["field"], sign=SIGNS.get(sign, sign), value=found["value"].strip('"'))
    return f"{text[: found.start()]} {text[found.end() :]}", field


def measured_in(text: str) -> tuple[Field | None, str]:
    """The field whose values are asked for: "p95 of duration in ...", "average response_time"."""
    found = MEASURED.search(text)
    if found:
        how = HOW.get(found["how"].lower(), found["how"].lower())
        return Field(name=found["field"], value=how), f"{text[: found.start()]} {text[found.end() :]}"
    percentile, rest = words_reading.percentile_in(text.lower())
    of = OF_FIELD.search(rest)
    if percentile and of:
        return Field(name=of["field"], value=percentile), f"{rest[: of.start()]} in {rest[of.end() :]}"
    return None, text


def remaining(asked: Asked, taken: Collection[int]) -> tuple[str, ...]:
    """Words that nothing has read, those that stand together as one phrase: what is probably looked for in lines."""
    noise = log_lexicon().noise
    statistics = (*hits(asked.words, lexicon().statistics), *hits(asked.words, lexicon().ranks))
    read_places = frozenset(taken).union(*(hit.places for hit in statistics))
    phrases: list[list[str]] = []
    before = -2
    for place, word in enumerate(asked.words):
        if place in read_places or word.lower() in noise or word == "%":
            continue
        if place == before + 1:
            phrases[-1].append(word)
        else:
            phrases.append([word])
        before = place
    return tuple(" ".join(words) for words in phrases)
