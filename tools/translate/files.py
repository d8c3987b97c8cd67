"""Catalogues written in a file: what a Prometheus and a Loki have, for translating without either."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from domain.errors import Refused
from tools.translate.catalogue import LogCatalogue, MetricCatalogue


def read(file: Path) -> tuple[MetricCatalogue, LogCatalogue]:
    """The catalogues of a TOML file: `[metrics] name = [type, "label=value,value", "set"]`, `[logs] label = [values]`,
    and under `[sets]` values used again and again: "env" is env=@env.

    Raises:
        Refused: there is no such file, or it is none of these.
    """
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        sets: Mapping[str, list[str]] = raw.get("sets", {})
        entries: Mapping[str, list[str]] = raw.get("metrics", {})
        known = {metric: dict(values_of(text, sets) for text in entry[1:]) for metric, entry in entries.items()}
        types = {metric: entry[0] for metric, entry in entries.items()}
        streams = {
            str(label): frozenset(values) for label, values in cast("dict[str, Any]", raw.get("logs", {})).items()
        }
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise Refused(f"{file} is no catalogue: {error}", code="bad_catalogue") from error
    return MetricCatalogue(types=types, labels=known), LogCatalogue(streams)


def values_of(text: str, sets: Mapping[str, list[str]]) -> tuple[str, frozenset[str]]:
    """`path=/,/cart` as the label and its values; `env` and `host=@node` take theirs from a set."""
    label, _, values = text.partition("=")
    if not values or values.startswith("@"):
        return label, frozenset(sets[values.removeprefix("@") or label])
    return label, frozenset(values.split(","))
