"""Plain words to queries, measured: our own two sets, a third of each held out, and alert rules that others wrote.

A translation is right in its form (metrics, labels, functions, comparisons as the wanted query has them), and it is
right in what it answers: both are asked of a real Prometheus over the same made-up series. LogQL is judged by form.
`python -m bench.translation [--misses] [--held-out] [SET ...]` lists what was missed as well.
"""

import argparse
import asyncio
import shutil
import tomllib
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import evaluated, rules
from bench.evaluated import Case
from bench.likeness import canonical, canonical_logql
from bench.measure import Row
from tools.translate import files
from tools.translate.answers import Translation, Untranslated
from tools.translate.catalogue import MetricCatalogue
from tools.translate.situation import Situation
from tools.translate.translation import translate_to_logql, translate_to_promql

DATA = Path(__file__).with_name("data")
WANTED = 85.0
HELD_OUT = 3
OWN = {"promql": (translate_to_promql, canonical), "logql": (translate_to_logql, canonical_logql)}
TITLES = {"promql": "words to PromQL, own set", "logql": "words to LogQL, own set"}
PROGRAMS = ("promtool", "prometheus")
# What is told of a set: whether anything came, then what of it was right.
TOLD = {
    "parsed": "translated into something that parses",
    "metrics": "right metrics",
    "labels": "right labels",
    "functions": "right functions and groupings",
    "comparisons": "right comparisons",
    "all": "all four right",
    "bare": "equal results before the threshold, on made-up series",
    "equal": "equal results",
}


RESULTS = ("bare", "equal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One question: what was wanted, each in forms that are equally good, and what came. `right` names what was
    right of it: keys of TOLD. `is_told`: the wanted queries give something to compare results with. `is_said`: the
    words name every number the wanted query compares with."""

    words: str
    wanted: tuple[tuple[str, ...], ...]
    got: tuple[str, ...]
    right: frozenset[str]
    is_held_out: bool = False
    is_told: bool = False
    is_said: bool = True


@cache
def estate() -> Situation:
    metrics, logs = files.read(DATA / "estate.toml")
    return Situation(metrics=metrics, logs=logs)


@cache
def own(language: str) -> tuple[Try, ...]:
    """Our own set: right is a translation with exactly the wanted queries, each in a form that is as good."""
    translate, form = OWN[language]
    pairs: list[tuple[str, str | list[str]]] = tomllib.loads((DATA / f"{language}.toml").read_text("utf-8"))["pairs"]
    found: list[Try] = []
    for place, (words, said) in enumerate(pairs):
        wanted = tuple(tuple(part.split(" ||| ")) for part in ([said] if isinstance(said, str) else said))
        got = queries(translate(words, estate()))
        is_right = len(got) == len(wanted) and all(answers(got, each, form) for each in wanted)
        right = {"parsed"} if got else set[str]()
        right |= in_parts(wanted, got) if language == "promql" and len(got) == len(wanted) else set[str]()
        right = (right - {"all"}) | ({"all"} if is_right else set[str]())
        is_held_out = place % HELD_OUT == HELD_OUT - 1
        found.append(Try(words=words, wanted=wanted, got=got, right=frozenset(right), is_held_out=is_held_out))
    return tuple(found)


def in_parts(wanted: Sequence[Sequence[str]], got: Sequence[str]) -> set[str]:
    """The parts in which every wanted query has a translation that is as some form of it."""
    sides = [
        frozenset[str]().union(*(rules.agreement(form, query) for form in forms for query in got)) for forms in wanted
    ]
    return set(sides[0].intersection(*sides[1:]))


def queries(translation: Translation | Untranslated) -> tuple[str, ...]:
    return () if isinstance(translation, Untranslated) else tuple(query.query for query in translation.queries)


def answers(got: Iterable[str], wanted: Iterable[str], form: Callable[[str], str]) -> bool:
    forms = {form(choice) for choice in wanted}
    return any(form(query) in forms for query in got)


@cache
def others(name: str) -> tuple[Try, ...]:
    """The alerts of others: "alert when" and what the rule says of itself, against its query, part by part."""
    situation = Situation(metrics=rules.catalogue(name))
    return tuple(tried(rule, situation) for rule in rules.rules(name))


def tried(rule: rules.Rule, situation: Situation) -> Try:
    got = queries(translate_to_promql(f"alert when {rule.words}", situation))[:1]
    right = rules.agreement(rule.expr, got[0]) | {"parsed"} if got else frozenset[str]()
    wanted = ((" ".join(rule.expr.split()) if "#" not in rule.expr else rule.expr,),)
    held_out = rules.is_held_out(rule.words)
    is_said = rules.says_its_numbers(rule)
    return Try(words=rule.words, wanted=wanted, got=got, right=right, is_held_out=held_out, is_said=is_said)


async def compared(tries: Sequence[Try], catalogue: MetricCatalogue) -> list[Try]:
    """The tries with whether their results are equal: every wanted query has a translation that answers as it does."""
    pairs = [(place, wanted, query) for place, item in enumerate(tries) for wanted, query in paired(item)]
    with TemporaryDirectory() as folder:
        cases = [Case(wanted=wanted, got=query) for _, wanted, query in pairs]
        found = list(zip(pairs, await evaluated.verdicts(cases, catalogue, Path(folder)), strict=True))
    told = {place for (place, _, _), verdict in found if verdict.is_asked}
    sides = {
        "bare": {(place, wanted) for (place, wanted, _), verdict in found if verdict.is_equal_bare},
        "equal": {(place, wanted) for (place, wanted, _), verdict in found if verdict.is_equal},
    }
    equal = [
        {part for part, those in sides.items() if all((place, wanted) in those for wanted in item.wanted)}
        for place, item in enumerate(tries)
    ]
    return [
        replace(item, is_told=place in told, right=item.right | parts)
        for place, (item, parts) in enumerate(zip(tries, equal, strict=True))
    ]


def paired(item: Try) -> list[tuple[tuple[str, ...], str]]:
    return [(wanted, query) for wanted in item.wanted for query in item.got or ("",)]


def share(tries: Sequence[Try], part: str = "all") -> float:
    """How many of a hundred are right; of results, of those that can be compared."""
    counted = [item for item in tries if item.is_told] if part in RESULTS else tries
    return 100 * sum(part in item.right for item in counted) / len(counted) if counted else 0.0


def row(what: str, tries: Sequence[Try], part: str, *, wanted: float | None) -> Row:
    ours = share(tries, part)
    goal = f">= {wanted:g} %" if wanted else "told as it is"
    count = sum(item.is_told for item in tries) if part in RESULTS else len(tries)
    says = f"{what}: {TOLD[part]} ({count} questions)"
    return Row(what=says, ours=ours, floor=WANTED, unit="%", goal=goal, met=wanted is None or ours >= wanted)


def told(what: str, tries: Sequence[Try], parts: Iterable[str], *, wanted: float | None = None) -> list[Row]:
    """A row for each part, and for the last two also of the questions that were never looked at and of the rest."""
    found = [row(what, tries, part, wanted=wanted if part in ("all", "equal") else None) for part in parts]
    for part in (part for part in parts if part in ("all", "equal")):
        for title, is_held_out in (("the held-out third", True), ("the rest", False)):
            some = [item for item in tries if item.is_held_out == is_held_out]
            found.append(row(f"{what}, {title}", some, part, wanted=wanted))
    if not all(item.is_said for item in tries):
        some = [item for item in tries if item.is_said]
        found += [
            row(f"{what}, words that name the number", some, part, wanted=None) for part in ("comparisons", "all")
        ]
    return found


async def sets() -> AsyncGenerator[tuple[str, list[Try]]]:
    """Every set that is there, by name; results are compared where Prometheus is installed."""
    can_ask = all(shutil.which(name) for name in PROGRAMS)
    for name in (*OWN, *(name for name in rules.SETS if (rules.DATA / name).is_dir())):
        tries = list(own(name) if name in OWN else others(name))
        if can_ask and name != "logql":
            tries = await compared(tries, estate().metrics if name in OWN else rules.catalogue(name))
        yield name, tries


def rows_of(name: str, tries: Sequence[Try]) -> list[Row]:
    is_asked = any(item.is_told for item in tries)
    parts = [part for part in TOLD if part not in RESULTS or is_asked]
    if name == "logql":
        parts = ["parsed", "all"]
    return told(TITLES.get(name, name), tries, parts, wanted=WANTED if name in OWN else None)


async def rows() -> AsyncGenerator[Row]:
    async for name, tries in sets():
        for item in rows_of(name, tries):
            yield item


def shown(name: str, miss: Try) -> str:
    wanted = " ; ".join(forms[0] for forms in miss.wanted)
    right = ", ".join(part for part in TOLD if part in miss.right)
    return f"\n{name}: {miss.words}\n  wanted {wanted}\n  got    {' ; '.join(miss.got) or 'nothing'}\n  right  {right}"


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.translation", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"any of {', '.join([*OWN, *rules.SETS])}; none: all")
    parser.add_argument("--misses", action="store_true", help="list what was missed, held-out questions left out")
    parser.add_argument("--held-out", action="store_true", help="list misses among the held-out questions too")
    chosen = parser.parse_args()
    async for name, tries in sets():
        for item in rows_of(name, tries) if name in (chosen.sets or [name]) else ():
            print(f"{item.ours:6.1f} {item.unit}  goal {item.goal:14} {item.what}")
        wanted = "equal" if any(item.is_told for item in tries) else "all"
        for miss in tries if chosen.misses and name in (chosen.sets or [name]) else ():
            if not {wanted, "all"} & miss.right and (chosen.held_out or not miss.is_held_out):
                print(shown(name, miss))


if __name__ == "__main__":
    asyncio.run(main())
