"""The translator's lexicon: which phrases mean which measure, statistic, comparison or label."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".toml")

Phrases = Mapping[tuple[str, ...], str]
"""A phrase as words -> what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Everything in `lexicon.toml`; `said` is from a word of a metric's name to the words people say for it."""

    measures: Phrases
    sayings: Mapping[str, str]
    several: Phrases
    plans: Mapping[str, tuple[str, ...]]
    statistics: Phrases
    ranks: Phrases
    comparisons: Phrases
    labels: Mapping[str, tuple[str, ...]]
    plurals: Mapping[str, str]
    said: Mapping[str, frozenset[str]]
    noise: frozenset[str]
    per: Mapping[str, int]

    def labels_for(self, thing: str) -> tuple[str, ...]:
        """The labels that may say a thing, the likeliest first: its own name when nothing else is known."""
        singular = self.plurals.get(thing, thing)
        return self.labels.get(singular, (singular,))

    def is_thing(self, word: str) -> bool:
        return self.plurals.get(word, word) in self.labels


@cache
def lexicon() -> Lexicon:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Lexicon(
        measures=meanings(raw["measures"]),
        sayings=raw["sayings"],
        several=meanings(raw["several"]),
        plans={name: tuple(measures) for name, measures in raw["plans"].items()},
        statistics=meanings(raw["statistics"]),
        ranks=meanings(raw["ranks"]),
        comparisons=meanings(raw["comparisons"]),
        labels={name: tuple(labels) for name, labels in raw["labels"].items()},
        plurals=raw["plurals"],
        said={name: frozenset(words) for name, words in raw["said"].items()},
        noise=frozenset(raw["noise"]["words"]),
        per=raw["per"],
    )


def meanings(table: Mapping[str, list[str]]) -> dict[tuple[str, ...], str]:
    """The table turned round: each phrase, cut into words, with what it is listed under."""
    return {tuple(phrase.split()): meaning for meaning, phrases in table.items() for phrase in phrases}
