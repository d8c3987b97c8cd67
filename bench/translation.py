"""Plain words to queries, measured: our own two sets, a third of each held out, and alert rules that others wrote.

`python -m bench.translation [--misses] [--held-out] [SET ...]` lists what was missed as well.
"""

import argparse
import asyncio
import tomllib
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench import rules
from bench.likeness import canonical, canonical_logql
from bench.measure import Row
from tools.translate import files
from tools.translate.answers import Translation, Untranslated
from tools.translate.situation import Situation
from tools.translate.translation import translate_to_logql, translate_to_promql

DATA = Path(__file__).with_name("data")
WANTED = 85.0
HELD_OUT = 3
OWN = {"promql": (translate_to_promql, canonical), "logql": (translate_to_logql, canonical_logql)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One question: what was wanted and what came. `right` names the parts that were right; "all": all of them."""

    words: str
    wanted: str
    got: str
    right: frozenset[str]
    is_held_out: bool = False


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
    for place, (words, wanted) in enumerate(pairs):
        each = [wanted] if isinstance(wanted, str) else wanted
        got = queries(translate(words, estate()))
        is_right = len(got) == len(each) and all(answers(got, part, form) for part in each)
        found.append(
            Try(
                words=words,
                wanted=" ; ".join(part.split(" ||| ")[0] for part in each),
                got=" ; ".join(got),
                right=frozenset({"all"} if is_right else ()),
                is_held_out=place % HELD_OUT == HELD_OUT - 1,
            )
        )
    return tuple(found)


def queries(translation: Translation | Untranslated) -> list[str]:
    return [] if isinstance(translation, Untranslated) else [query.query for query in translation.queries]


def answers(got: Iterable[str], wanted: str, form: Callable[[str], str]) -> bool:
    forms = {form(choice) for choice in wanted.split(" ||| ")}
    return any(form(query) in forms for query in got)


@cache
def others(name: str) -> tuple[Try, ...]:
    """The alerts of others: "alert when" and what the rule says of itself, against its query, part by part."""
    situation = Situation(metrics=rules.catalogue(name))
    return tuple(tried(rule, situation) for rule in rules.rules(name))


def tried(rule: rules.Rule, situation: Situation) -> Try:
    got = queries(translate_to_promql(f"alert when {rule.words}", situation))
    right = rules.agreement(rule.expr, got[0]) if got else frozenset[str]()
    shown = got[0] if got else ""
    return Try(words=rule.words, wanted=" ".join(rule.expr.split()), got=shown, right=right)


def share(tries: Sequence[Try], part: str = "all") -> float:
    """How many of a hundred are right."""
    return 100 * sum(part in item.right for item in tries) / len(tries) if tries else 0.0


def row(what: str, tries: Sequence[Try], part: str = "all", *, wanted: float | None = WANTED) -> Row:
    ours = share(tries, part)
    goal = f">= {wanted:g} %" if wanted else "told as it is"
    says = f"{what} ({len(tries)} questions)"
    return Row(what=says, ours=ours, floor=WANTED, unit="%", goal=goal, met=wanted is None or ours >= wanted)


def measured() -> Iterator[Row]:
    for language, title in (("promql", "PromQL"), ("logql", "LogQL")):
        tries = own(language)
        yield row(f"words to {title}, own set", tries)
        yield row(f"words to {title}, own set, the held-out third", [item for item in tries if item.is_held_out])
    for name in rules.SETS:
        if not (rules.DATA / name).is_dir():
            continue
        for part in (*rules.PARTS, "all"):
            says = "everything" if part == "all" else part
            yield row(f"{name}: {says} right", others(name), part, wanted=None)


async def rows() -> AsyncGenerator[Row]:
    for item in measured():
        yield item
        await asyncio.sleep(0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.translation", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"any of {', '.join([*OWN, *rules.SETS])}; none: all")
    parser.add_argument("--misses", action="store_true", help="list what was missed, held-out questions left out")
    parser.add_argument("--held-out", action="store_true", help="list misses among the held-out questions too")
    chosen = parser.parse_args()
    for item in measured():
        print(f"{item.ours:6.1f} {item.unit}  goal {item.goal:14} {item.what}")
    for name in (chosen.sets or [*OWN, *rules.SETS]) if chosen.misses else ():
        for miss in own(name) if name in OWN else others(name):
            if "all" not in miss.right and (chosen.held_out or not miss.is_held_out):
                print(f"\n{name}: {miss.words}\n  wanted {miss.wanted}\n  got    {miss.got or 'nothing'}")


if __name__ == "__main__":
    main()
