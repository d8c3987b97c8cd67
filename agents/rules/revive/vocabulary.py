"""The words of revive, read once from `words.toml`, and slips of the keys put right to them."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agents.rules import text
from agents.rules.index import NameIndex
from agents.rules.lexicon import Hit, Lexicon, Phrases, find, meanings
from agents.rules.text import Text, Token
from tools.grafana import panels

FILE = Path(__file__).with_name("words.toml")
TABLES = ("severity", "credential", "execution", "talk", "elsewhere")
SHORTEST, LONG = 5, 8
MARKED = re.compile(r"⟦[a-z]+⟧|\[masked\]|\S*[=:/@]\S*")
GIVEN = re.compile(r"\b(?:named|called|titled|entitled)\s*:?\s*(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """`acts` are the phrases of verbs and nouns ("verb create", "noun dashboard"); `tables` those that are values."""

    acts: Phrases
    tables: Mapping[str, Phrases]
    heads: frozenset[str]
    first: frozenset[str]
    listed: frozenset[str]
    function: frozenset[str]
    polite: frozenset[str]
    pointing: Phrases
    known: frozenset[str]
    spellings: tuple[str, ...]


@cache
def load() -> Vocabulary:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    acts = meanings({f"{kind} {name}": words for kind in ("verb", "noun") for name, words in raw[f"{kind}s"].items()})
    tables = {name: meanings(raw[name]) for name in TABLES}
    pointing = meanings({"it": raw["words"]["pointing"]})
    function = frozenset(raw["words"]["function"])
    measured = {word for wish in panels.library().values() for phrase in wish.words for word in phrase.split()}
    said = frozenset(word for table in (acts, pointing, *tables.values()) for phrase in table for word in phrase)
    return Vocabulary(
        acts=acts,
        tables=tables,
        **{name: frozenset(raw["heads"][name]) for name in ("heads", "first", "listed")},
        function=function,
        polite=frozenset(raw["words"]["polite"]),
        pointing=pointing,
        known=said | function | measured,
        spellings=tuple(sorted({word for word in (*measured, *chain(*acts)) if len(word) >= SHORTEST})),
    )


def values(raw: str, table: str) -> list[str]:
    """The values of one table that a text names, in reading order, each once."""
    hits = find(text.read(raw), load().tables[table])
    return list(dict.fromkeys(hit.meanings[0] for hit in hits))


def span(words: Text, hit: Hit) -> tuple[int, int]:
    return words.tokens[hit.first].start, words.tokens[hit.last - 1].end


def corrected(raw: str, index: NameIndex, lexicon: Lexicon) -> str:
    """The text with slips in verbs and nouns put right; names, marks and words of any other kind stay.

    What something is to be called is as it was typed.
    """
    pieces: list[str] = []
    at = 0
    fixed = [*(match.span() for match in MARKED.finditer(raw)), *(match.span(1) for match in GIVEN.finditer(raw))]
    for token in text.read(raw).tokens:
        right = correction(token, index, lexicon)
        if right and not any(start <= token.start < end for start, end in fixed):
            pieces += [raw[at : token.start], right]
            at = token.end
    return "".join([*pieces, raw[at:]])


def correction(token: Token, index: NameIndex, lexicon: Lexicon) -> str | None:
    """The one verb or noun a slip away from this unknown word."""
    word, vocabulary = token.word, load()
    if len(word) < SHORTEST or not word.isalpha() or not (token.starts and token.ends):
        return None
    if word in vocabulary.known or word in lexicon.vocabulary or lexicon.words.is_ordinary(word):
        return None
    if word in index.parts or word in index.whole:
        return None
    slips = 2 if len(word) >= LONG else 1
    near = process.extract(word, vocabulary.spellings, scorer=OSA.distance, score_cutoff=slips, limit=2)
    if not near or (len(near) == 2 and near[0][1] == near[1][1]) or near[0][0][0] != word[0]:
        return None
    return near[0][0]


def strip_words(words: Iterable[str], dropped: Iterable[str]) -> list[str]:
    """The words without those at either end that are dropped."""
    kept, gone = list(words), set(dropped)
    while kept and kept[0].casefold() in gone:
        kept.pop(0)
    while kept and kept[-1].casefold() in gone:
        kept.pop()
    return kept
