"""Puts right the slips in words the lexicon knows: "incidnets yesterdey" is read as "incidents yesterday"."""

import re

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agents.rules import text
from agents.rules.index import NameIndex
from agents.rules.lexicon import Lexicon
from agents.rules.text import Token

SHORTEST, LONG = 5, 8
HOW_IS = re.compile(r"\bhow[’']?s\b", re.IGNORECASE)


def corrected(raw: str, lexicon: Lexicon, index: NameIndex) -> str:
    """The question with plain slips put right; names, quoted words and hyphenated words stay as they are."""
    raw = HOW_IS.sub("how is", raw)
    pieces: list[str] = []
    at = 0
    for token in text.read(raw).tokens:
        right = correction(token, lexicon, index)
        if right and not is_quoted(raw, token):
            pieces += [raw[at : token.start], right]
            at = token.end
    return "".join([*pieces, raw[at:]])


def correction(token: Token, lexicon: Lexicon, index: NameIndex) -> str | None:
    """The one word of the lexicon this unknown one is a slip or a shorthand for, or is a slip away from."""
    word = token.word
    if not word.isalpha() or not (token.starts and token.ends):
        return None
    if word in lexicon.vocabulary or lexicon.words.is_ordinary(word) or word in index.parts or word in index.whole:
        return None
    if word in lexicon.slips or len(word) < SHORTEST:
        return lexicon.slips.get(word)
    slips = 2 if len(word) >= LONG else 1
    near = process.extract(word, lexicon.spellings, scorer=OSA.distance, score_cutoff=slips, limit=2)
    if not near or (len(near) == 2 and near[0][1] == near[1][1]) or near[0][0][0] != word[0]:
        return None
    return None if index.misspelt(word) else near[0][0]


def is_quoted(raw: str, token: Token) -> bool:
    return any(mark in raw[: token.start] and mark in raw[token.end :] for mark in "\"“”'‘`")
