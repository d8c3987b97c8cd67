"""Every measure that has a template: the panel library's and this package's own."""

import tomllib
from functools import cache
from pathlib import Path

from tools.grafana import panels
from tools.grafana.panels import Wish

FILE = Path(__file__).with_name("measures.toml")


@cache
def library() -> dict[str, Wish]:
    """The wishes by name; one of `measures.toml` stands for the panel library's of the same name."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    labels: dict[str, list[str]] = read.pop("labels")
    own = {
        name: Wish(
            title=entry["title"],
            words=tuple(entry["words"]),
            families=tuple(panels.family(part, labels) for part in entry["family"]),
        )
        for name, entry in read.items()
    }
    return {**panels.library(), **own}


@cache
def template_metrics() -> frozenset[str]:
    """Every metric that any template names: what a catalogue should know the labels of."""
    return frozenset(name for wish in library().values() for name in wish.metrics)
