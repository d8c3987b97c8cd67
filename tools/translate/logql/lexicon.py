"""The lexicon of questions about logs: levels, patterns, and words that say nothing of their own."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.translate.lexicon import Phrases, lexicon, meanings

FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLexicon:
    """`values` are the label values a level may have."""

    levels: Phrases
    values: Mapping[str, tuple[str, ...]]
    patterns: Phrases
    counting: Phrases
    volume: Phrases
    streams: tuple[str, ...]
    noise: frozenset[str]


@cache
def log_lexicon() -> LogLexicon:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return LogLexicon(
        levels=meanings({name: table["words"] for name, table in raw["levels"].items()}),
        values={name: tuple(table["values"]) for name, table in raw["levels"].items()},
        patterns=meanings(raw["patterns"]),
        counting=meanings({"count": raw["counting"]["words"]}),
        volume=meanings({"bytes": raw["volume"]["words"]}),
        streams=tuple(raw["streams"]["labels"]),
        noise=frozenset(raw["noise"]["words"]) | lexicon().noise,
    )
