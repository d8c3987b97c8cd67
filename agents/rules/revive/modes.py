"""Which half of revive a message is for: what was chosen, else its words, else the page it was written on."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from agents.rules.phrases import plural

FILE = Path(__file__).with_name("modes.toml")
CHOSEN, KEYWORD, PAGE = 1.0, 0.9, 0.6
MOST_SUGGESTED = 6

Mode: TypeAlias = Literal["grafana", "aiops"]
MODES: tuple[Mode, ...] = ("grafana", "aiops")
CHOICES: Mapping[str, Mode] = {"grafana": "grafana", "aiops": "aiops"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """`mode` "auto" with no confidence: nothing tells, so a model or the person has to. `detected_intent` is the tool
    that fits best, "" when none does; `suggested_tools` are those to begin with, best first."""

    mode: Literal["auto", "grafana", "aiops"]
    confidence: float
    detected_intent: str = ""
    suggested_tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One mode as `modes.toml` has it."""

    keywords: tuple[str, ...]
    pages: frozenset[str]
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`words` finds every phrase of both modes, the longest first; `meaning` says whose each is."""

    halves: Mapping[Mode, Half]
    verbs: Mapping[str, re.Pattern[str]]
    words: re.Pattern[str]
    meaning: Mapping[str, Mode]


def detect(message: str, current_page: str | None = None, explicit_mode: str | None = None) -> Detected:
    """The mode of a message: the one chosen, else that of its words, else of the page; "auto" when nothing tells."""
    table = load()
    mode, confidence = found(message, current_page or "", explicit_mode or "", table)
    if mode is None:
        return Detected(mode="auto", confidence=0.0)
    fitting = suggested(message, table.halves[mode], table)
    tools = fitting or table.halves[mode].tools
    return Detected(
        mode=mode,
        confidence=round(confidence, 2),
        detected_intent=fitting[0] if fitting else "",
        suggested_tools=tools[:MOST_SUGGESTED],
    )


def found(message: str, page: str, explicit: str, table: Table) -> tuple[Mode | None, float]:
    if explicit in CHOICES:
        return CHOICES[explicit], CHOSEN
    weights = weighed(message, table)
    if weights:
        spoken = max(weights, key=weights.__getitem__)
        return spoken, KEYWORD * weights[spoken] / sum(weights.values())
    shown = of_page(page, table)
    return shown, PAGE if shown else 0.0


def weighed(message: str, table: Table) -> dict[Mode, int]:
    """How many letters of the message speak for each mode, the mode spoken of first before the other."""
    weights: dict[Mode, int] = {}
    for match in table.words.finditer(plain(message)):
        mode = table.meaning[match[0]]
        weights[mode] = weights.get(mode, 0) + len(match[0])
    return weights


def of_page(page: str, table: Table) -> Mode | None:
    """The mode of the first part of a page's path that belongs to one: "/d/abc/checkout" is a dashboard's."""
    parts = [part for part in urlsplit(page).path.casefold().split("/") if part]
    return next((mode for part in parts for mode in MODES if part in table.halves[mode].pages), None)


def suggested(message: str, half: Half, table: Table) -> tuple[str, ...]:
    """The tools that share a thing with the message, those whose verb is meant too before the others."""
    words = plain(message)
    said = {stem(word) for word in re.findall(r"[a-z]+", words)}
    meant = {verb for verb, pattern in table.verbs.items() if pattern.search(words)}
    scores = {tool: score(tool, said, meant) for tool in half.tools}
    return tuple(sorted((tool for tool in half.tools if scores[tool]), key=lambda tool: -scores[tool]))


def score(tool: str, said: set[str], meant: set[str]) -> float:
    """0 when no thing is shared; a thing that is said in full weighs more than one that is said in part."""
    verb, *things = tool.split("_")
    shared = sum(stem(thing) in said for thing in things)
    if not shared:
        return 0
    return shared / len(things) + (2 if verb in meant or (verb == "add" and "create" in meant) else 0)


def stem(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def plain(message: str) -> str:
    """Small letters, one blank between words; hyphens and underlines are blanks, so that "auto-analyze" is two words
    and a tool's name is words."""
    return " ".join(re.sub(r"[-_\s]+", " ", message).casefold().split())


@cache
def load() -> Table:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    halves: dict[Mode, Half] = {mode: half(raw[mode]) for mode in MODES}
    meaning: dict[str, Mode] = {phrase: mode for mode in MODES for phrase in phrases(halves[mode])}
    return Table(
        halves=halves,
        verbs={verb: any_of(words) for verb, words in cast("dict[str, list[str]]", raw["verbs"]).items()},
        words=any_of(meaning),
        meaning=meaning,
    )


def half(raw: Mapping[str, Any]) -> Half:
    return Half(keywords=tuple(raw["keywords"]), pages=frozenset(raw["pages"]), tools=tuple(raw["tools"]))


def phrases(side: Half) -> Iterator[str]:
    """The keywords, and each tool's name in words; both in either number."""
    for phrase in (*map(plain, side.keywords), *(stem(plain(tool)) for tool in side.tools)):
        yield from (phrase, plural(phrase))


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words, the longest first."""
    longest = sorted(words, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest))})\b")
