"""The lexicon: which phrases mean which concept or fill which slot, read once from `lexicon.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from agents.rules import text
from agents.rules.text import Text
from tools.translate import lexicon as translator

FILE = Path(__file__).with_name("lexicon.toml")
LONGEST_PHRASE = 6
TABLES = (
    "severity", "operators", "exclusion", "status", "grouping", "ranked", "environment", "kind", "counting",
    "leading", "anywhere", "pointing", "level",
)  # fmt: skip

Phrases: TypeAlias = Mapping[tuple[str, ...], tuple[str, ...]]
"""Phrase as words -> the meanings it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """`group` names concepts that replace each other in a follow-up, "" for none."""

    name: str
    weight: int
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words that tell a name from ordinary speech; what each set is for stands in the TOML."""

    generic: frozenset[str]
    plural: frozenset[str]
    before: frozenset[str]
    naming: frozenset[str]
    helping: frozenset[str]
    skip: frozenset[str]
    after: frozenset[str]
    requests: frozenset[str]
    twofold: frozenset[str]
    sought: frozenset[str]
    describing: frozenset[str]
    reserved: frozenset[str]
    common: frozenset[str]
    stop: frozenset[str]

    def is_ordinary(self, word: str) -> bool:
        return word in self.common or word in self.reserved or word in self.generic or word in self.plural


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Everything in `lexicon.toml`; `anchored` phrases count only at the beginning of a question,
    `measures` are the phrases of the translator, `vocabulary` is every word of both, `spellings` those of its own that
    a misspelt word may be put right to, `slips` what is written for which of them in short."""

    concepts: Mapping[str, Concept]
    phrases: Phrases
    anchored: Phrases
    severity: Phrases
    operators: Phrases
    exclusion: Phrases
    status: Phrases
    grouping: Phrases
    ranked: Phrases
    environment: Phrases
    kind: Phrases
    level: Phrases
    counting: Phrases
    numbers: Mapping[str, int]
    slips: Mapping[str, str]
    leading: Phrases
    anywhere: Phrases
    pointing: Phrases
    measures: Phrases
    words: Words
    vocabulary: frozenset[str]
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found at the tokens `first..last` (exclusive)."""

    meanings: tuple[str, ...]
    first: int
    last: int


def load(file: Path = FILE) -> Lexicon:
    """The lexicon of a TOML file. Raises OSError or tomllib.TOMLDecodeError."""
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    listed = {name: table["phrases"] for name, table in raw["concepts"].items()}
    tables = {name: meanings(raw[name]) for name in TABLES}
    phrases = meanings({name: [phrase for phrase in all_of if phrase[0] != "^"] for name, all_of in listed.items()})
    anchored = meanings(
        {name: [phrase[1:] for phrase in all_of if phrase[0] == "^"] for name, all_of in listed.items()}
    )
    words = Words(**{name: frozenset(all_of) for name, all_of in raw["words"].items()})
    measures = {key: (meaning,) for key, meaning in translator.lexicon().measures.items()}
    spoken = {word for table in (phrases, anchored, *tables.values()) for phrase in table for word in phrase}
    known = frozenset(spoken) | words.reserved | words.after
    return Lexicon(
        concepts={name: concept(name, table) for name, table in raw["concepts"].items()},
        phrases=phrases,
        anchored=anchored,
        **tables,
        measures=measures,
        numbers={word: number for number, word in enumerate(raw["numbers"]["written"])},
        slips={slip: word for word, slips in raw["slips"].items() for slip in slips},
        words=words,
        vocabulary=known | {word for phrase in measures for word in phrase},
        spellings=tuple(sorted(word for word in known if len(word) > 3)),
    )


def concept(name: str, table: Mapping[str, Any]) -> Concept:
    return Concept(name=name, weight=table.get("weight", 2), group=table.get("group", ""))


def meanings(table: Mapping[str, list[str]]) -> Phrases:
    """The table turned round: each phrase, cut into words, with every meaning it is listed under, in order."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for meaning, phrases in table.items():
        for phrase in phrases:
            key = tuple(token.word for token in text.read(phrase).tokens)
            found[key] = (*found.get(key, ()), meaning)
    return found


def find(words: Text, phrases: Phrases, *, free_only: bool = True, whole_only: bool = True) -> list[Hit]:
    """Every phrase in the text, the longest first at each place, none overlapping; in reading order.

    Words already used are passed over when `free_only`, parts of hyphenated words when `whole_only`: the service of
    "payment-service" is no word of its own, the severity of "non-critical" is one.
    """
    hits: list[Hit] = []
    at = 0
    while at < len(words.tokens):
        hit = phrase_at(words, phrases, at, free_only=free_only, whole_only=whole_only)
        if hit is None:
            at += 1
            continue
        hits.append(hit)
        at = hit.last
    return hits


def phrase_at(words: Text, phrases: Phrases, at: int, *, free_only: bool, whole_only: bool) -> Hit | None:
    """The longest phrase that begins at the token `at`."""
    for length in range(min(LONGEST_PHRASE, len(words.tokens) - at), 0, -1):
        last = at + length
        may_be_read = (words.is_free(at, last) or not free_only) and (words.is_whole(at, last) or not whole_only)
        key = tuple(token.word for token in words.tokens[at:last])
        if may_be_read and key in phrases:
            return Hit(phrases[key], at, last)
    return None
