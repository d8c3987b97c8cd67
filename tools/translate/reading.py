"""A question, read without any catalogue: measures, statistic, grouping, rank, threshold, percentile and times."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from tools.translate import thresholds, times
from tools.translate.lexicon import Phrases, lexicon
from tools.translate.thresholds import Threshold
from tools.translate.times import Times

TOKEN = re.compile(
    r'"[^"]*"|“[^”]*”|https?://[^\s,]+|/[\w/.-]*|[a-z_][\w:.\-@]*\w|[a-z]|\d+(?:\.\d+)?[a-z]*(?:[-:.]\w+)*|%',
    re.IGNORECASE,
)
PERCENTILE = re.compile(
    r"\bp(?P<p>\d{2}(?:\.\d+)?)\b|\b(?P<m>median)\b"
    r"|\b(?P<th>\d{2}(?:\.\d+)?)(?:st|nd|rd|th)?[ -]?(?:percentile|pct|%ile)\b"
)
GROUPED = re.compile(
    r"\b(?P<lead>by|per|for\s+each|for\s+every|for\s+all|each|every|any|which|grouped\s+by|across)\s+(?:the\s+)?"
)
RANKED = re.compile(r"\b(?P<word>top|bottom)\s+(?P<count>\d+)\b")
COUNTED_RANK = re.compile(
    r"\b(?P<count>\d+)\s+(?=(?:most|least|highest|lowest|slowest|fastest|biggest|largest|smallest|busiest)\b)"
)
SENTENCE_END = re.compile(r"\.(?:\s|$)")
STATUS = re.compile(r"[1-5](?:xx|\d\d)")
SINGULAR = re.compile(r"\b(?:which|what)\s+\w+\s+(?:has|is|had|was|uses|gets|does)\b")
LEADING = re.compile(
    r"\s*(?:(?:show|list|find|alert|when|if|me|the|all|are|there|any)\s+)*(?P<thing>\w+)\s+"
    r"(?:with|using|above|below|over|that|where|whose|having|under|by|at)\b"
)
RANKED_THING = re.compile(
    r"\b(?:top|bottom|busiest|slowest|worst|hottest|noisiest|fastest|quietest|loaded|most|least|highest|lowest|biggest|"
    r"largest|smallest|heaviest)\s+(?:\d+\s+)?(?P<thing>\w+)"
)
BEHIND = 0.5
USUAL_RANK = 5
LONGEST = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found at the words `first..last` (exclusive)."""

    meaning: str
    first: int
    last: int

    @property
    def places(self) -> frozenset[int]:
        return frozenset(range(self.first, self.last))


@dataclass(frozen=True, slots=True)
class Rank:
    order: Literal["top", "bottom"]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`words` as written, `free` the places of those that carry meaning and were not read as anything below but a
    measure, `counted` of those that say a statistic, which a metric may have in its name; the first `headline` words
    stand in the first sentence. `per` scales a rate: 60 is "per minute". `statuses` are classes or codes of answers:
    5xx, 404."""

    words: tuple[str, ...]
    free: frozenset[int]
    measures: tuple[Hit, ...]
    plan: tuple[str, ...] = ()
    statistics: frozenset[str] = frozenset()
    by: tuple[str, ...] = ()
    rank: Rank | None = None
    threshold: Threshold | None = None
    percentile: str = ""
    per: int = 0
    statuses: tuple[str, ...] = ()
    is_comparing: bool = False
    is_which: bool = False
    is_alert: bool = False
    headline: int = 0
    counted: frozenset[int] = frozenset()
    times: Times

    @property
    def telling(self) -> frozenset[int]:
        """The places of all words that must be accounted for."""
        return self.free.union(*(hit.places for hit in self.measures))

    def weight(self, places: Iterable[int]) -> float:
        """How much of the question the words there are: each word once, those behind the first sentence less."""
        words = {self.lower(place): place < self.headline for place in sorted(places, reverse=True)}
        return sum(1.0 if is_first else BEHIND for is_first in words.values())

    def lower(self, place: int) -> str:
        return self.words[place].lower()


def read(question: str) -> Asked:
    """What the question says; nothing is matched with what exists yet."""
    text = said_plainly(" ".join(question.split()))
    asked_times = times.read(text.lower() if not has_quotes(text) else text)
    threshold, rest = thresholds.read(lowered(asked_times.rest))
    percentile, rest = percentile_in(rest)
    per, rest = per_in(rest)
    by, rest = grouping_in(rest)
    rank, rest = rank_in(rest, 1 if SINGULAR.search(text.lower()) else USUAL_RANK)
    words = tuple(found[0] for found in TOKEN.finditer(rest))
    measures = tuple(hits(words, lexicon().measures))
    is_alert = bool(re.match(r"\s*(?:please\s+)?(?:alert|warn|notify|page)\b", text.lower()))
    several = [] if is_alert else list(hits(words, lexicon().several))
    measured = frozenset[int]().union(*(hit.places for hit in measures))
    statistics = [hit for hit in hits(words, lexicon().statistics) if not hit.places & measured]
    counted = frozenset[int]().union(*(hit.places for hit in (*statistics, *several)))
    statuses = tuple(word.lower() for word in words if STATUS.fullmatch(word.lower()))
    return Asked(
        words=words,
        free=frozenset(place for place, word in enumerate(words) if place not in counted and carries_meaning(word)),
        measures=measures,
        plan=lexicon().plans[several[0].meaning] if several else (),
        statistics=frozenset(hit.meaning for hit in statistics),
        by=by,
        rank=rank,
        threshold=threshold,
        percentile=percentile,
        per=per,
        statuses=statuses,
        is_comparing=bool(re.search(r"\bcompar|\bversus\b|\bvs\b|\bdifference between\b", text.lower())),
        is_alert=is_alert,
        counted=counted,
        headline=len(TOKEN.findall(SENTENCE_END.split(rest, maxsplit=1)[0])),
        is_which=bool(re.match(r"\s*(?:which|what)\s", text.lower())),
        times=asked_times,
    )


def said_plainly(text: str) -> str:
    """The text with sayings whose words stand apart put together."""
    for saying, phrase in lexicon().sayings.items():
        text = re.sub(rf"\b{saying}\b", phrase, text, flags=re.IGNORECASE)
    return text


def has_quotes(text: str) -> bool:
    return '"' in text


def lowered(text: str) -> str:
    """In lower case but for what stands in quotes."""
    return "".join(part if part.startswith('"') else part.lower() for part in re.split(r'("[^"]*")', text))


def carries_meaning(word: str) -> bool:
    return word.lower() not in lexicon().noise and not (STATUS.fullmatch(word.lower()) or word == "%")


def hits(words: tuple[str, ...], phrases: Phrases) -> Iterator[Hit]:
    """Every phrase in the words, the longest first at each place, none overlapping."""
    at = 0
    lower = tuple(word.lower() for word in words)
    while at < len(words):
        lengths = range(min(LONGEST, len(words) - at), 0, -1)
        length = next((length for length in lengths if lower[at : at + length] in phrases), 0)
        if length:
            yield Hit(phrases[lower[at : at + length]], at, at + length)
        at += length or 1


def percentile_in(text: str) -> tuple[str, str]:
    """The percentile that is named, "" for none, and the text without it."""
    found = PERCENTILE.search(text)
    if not found:
        return "", text
    return found["p"] or found["th"] or "50", without(text, found)


def rank_in(text: str, usual: int) -> tuple[Rank | None, str]:
    """Which end of a ranking is asked for and how much of it; words that also say a measure or of what stay."""
    if found := RANKED.search(text):
        order: Literal["top", "bottom"] = "top" if found["word"] == "top" else "bottom"
        return Rank(order, int(found["count"])), without(text, found)
    counted = COUNTED_RANK.search(text)
    words = tuple(word[0].lower() for word in TOKEN.finditer(text))
    found_ranks = list(hits(words, lexicon().ranks))
    if not found_ranks:
        return None, text
    order = "top" if found_ranks[0].meaning == "top" else "bottom"
    rest = without(text, counted) if counted else text
    for word in (
        "most",
        "least",
        "highest",
        "lowest",
        "biggest",
        "largest",
        "smallest",
        "busiest",
        "worst",
        "heaviest",
    ):
        rest = re.sub(rf"\b{word}\b", " ", rest)
    return Rank(order, int(counted["count"]) if counted else usual), rest


def per_in(text: str) -> tuple[int, str]:
    """ "per minute" as 60, 0 for none; and the text without it."""
    found = re.search(rf"\b(?:per|a|an|each|every|/)\s*(?P<unit>{'|'.join(lexicon().per)})\b", text)
    if not found:
        return 0, text
    return lexicon().per[found["unit"]], without(text, found)


def grouping_in(text: str) -> tuple[tuple[str, ...], str]:
    """The things it is asked for by, and the text without them: "per pod and node", "which services", "top 5 pods"."""
    found: list[str] = []
    rest = text
    for lead in list(GROUPED.finditer(text)):
        things = re.match(r"[\w-]+(?:\s*(?:,|and)\s*[\w-]+)*", text[lead.end() :])
        named = re.split(r"\s*(?:,|\band\b)\s*", things[0]) if things else []
        listed = named if lead["lead"] in ("by", "per", "grouped by") else named[:1]
        groups = [singular(word) for word in listed if is_grouping(word, lead["lead"])]
        found += groups
        for word in listed if groups else ():
            rest = re.sub(rf"{re.escape(lead[0])}{re.escape(word)}\b|\band\s+{re.escape(word)}\b", " ", rest, count=1)
    if not found and (subject := LEADING.match(text) or RANKED_THING.search(text)):
        found += [singular(subject["thing"])] if subject["thing"] in lexicon().plurals else []
    return tuple(dict.fromkeys(found)), rest


def is_grouping(word: str, lead: str) -> bool:
    if lead in ("by", "per", "grouped by"):
        return lexicon().is_thing(word) or "_" in word
    return lexicon().is_thing(word)


def singular(word: str) -> str:
    return lexicon().plurals.get(word, word)


def without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"
