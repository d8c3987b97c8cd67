"""Which thing a name means: the row that is called so, the only one that fits, or the question which of several."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from rapidfuzz import fuzz, process

from agents.rules import phrases
from agents.rules.revive.intents.shape import Finder

Json: TypeAlias = dict[str, Any]
NEAREST, NEAR_ENOUGH = 4, 50


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why an act cannot go on, and what could be said instead. `asks`: an answer of the person would settle it."""

    text: str
    names: tuple[str, ...] = ()
    asks: bool = True


def the_one(name: str, rows: Sequence[Mapping[str, Any]], finder: Finder) -> Mapping[str, Any] | Stuck:
    """The row that is meant by `name`, else why none is."""
    spelt = [row for row in rows if any(same(name, str(row.get(key, ""))) for key in finder.called)]
    fitting = spelt or [row for row in rows if contains(str(row.get(finder.called[0], "")), name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        return several(name, fitting, finder)
    return none(name, rows, finder)


def several(name: str, rows: Sequence[Mapping[str, Any]], finder: Finder) -> Stuck:
    names = tuple(told(row, rows, finder) for row in rows)
    listed = phrases.some(names, 6, "or")
    return Stuck(f"“{name}” fits {len(rows)} {phrases.plural(finder.noun)} equally well: {listed}. Which one?", names)


def none(name: str, rows: Sequence[Mapping[str, Any]], finder: Finder) -> Stuck:
    known = [str(row.get(finder.called[0], "")) for row in rows]
    near = process.extract(
        name, known, scorer=fuzz.token_sort_ratio, processor=spaced, score_cutoff=NEAR_ENOUGH, limit=NEAREST
    )
    names = tuple(dict.fromkeys(found for found, _, _ in near))
    nearest = f" Nearest: {phrases.listing(names)}. Which one?" if names else ""
    return Stuck(f"There is no {finder.noun} named {name}.{nearest}", names, asks=bool(names))


def told(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], finder: Finder) -> str:
    """What a row is called, with its key where another is called the same."""
    name = str(row.get(finder.called[0], ""))
    twins = [other for other in rows if other.get(finder.called[0]) == row.get(finder.called[0])]
    place = row.get("folder") or row.get("folder_title")
    more = " ".join(str(part) for part in (f"in {place}" if place else "", row.get(finder.key)) if part)
    return f"{name} ({more})" if len(twins) > 1 and more else name


def same(one: str, other: str) -> bool:
    return bool(one) and bare(one) == bare(other)


def contains(name: str, words: str) -> bool:
    """Whether every word asked for is a word of the name, or begins one."""
    parts, asked = pieces(name), pieces(words)
    return bool(asked) and all(any(part.startswith(word) for part in parts) for word in asked)


def bare(name: str) -> str:
    return "".join(pieces(name))


def spaced(name: str) -> str:
    return " ".join(pieces(name))


def pieces(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.casefold())
