"""The panel library: for a wish like "cpu" and a service, the expressions that may show it, the most telling first."""

import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tools.grafana.promql import literal, quoted

LIBRARY = Path(__file__).with_suffix(".toml")
PERCENTILE = re.compile(r"\bp(\d{2}(?:\.\d+)?)\b|\b(\d{2}(?:\.\d+)?)(?:st|nd|rd|th|%)(?!\w)|\bmedian\b")
USUAL_PERCENTILE = "95"
FILLERS = re.compile(
    r"(?:an?|and|at|average|avg|current|for|graph|in|its|metrics?|now|of|over|panel|per|percent(?:age|ile)?|rate"
    r"|seconds?|service|the|time|total|usage|used?)"
)
PATTERNS = {"pod": "{}-.*", "instance": "{}(:[0-9]+)?"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One way to show a wish. `metrics` must exist, and `selector` must have series, for it to serve."""

    title: str
    expr: str
    unit: str
    metrics: tuple[str, ...]
    selector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One metric family of a wish, with its placeholders."""

    title: str
    expr: str
    unit: str
    metrics: tuple[str, ...]
    labels: tuple[str, ...]
    selector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What can be wished for, the words for it, and its families in order."""

    title: str
    words: tuple[str, ...]
    families: tuple[Family, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every metric that is looked for, each once."""
        return tuple(dict.fromkeys(name for family in self.families for name in family.metrics))


@cache
def library() -> dict[str, Wish]:
    """The wishes of panels.toml by name, in its order."""
    read = tomllib.loads(LIBRARY.read_text(encoding="utf-8"))
    labels: dict[str, list[str]] = read.pop("labels")
    return {
        name: Wish(
            title=entry["title"],
            words=tuple(entry["words"]),
            families=tuple(family(part, labels) for part in entry["family"]),
        )
        for name, entry in read.items()
    }


def family(entry: dict[str, Any], labels: dict[str, list[str]]) -> Family:
    return Family(
        title=entry["title"],
        expr=entry["expr"],
        unit=entry["unit"],
        metrics=tuple(entry["metrics"]),
        labels=tuple(labels[entry["labels"]]),
        selector=entry.get("selector", entry["metrics"][0] + "{$match}"),
    )


def known(words: str) -> Wish | None:
    """The wish these words name: the one with the longest of its words in them; None when they name none."""
    said = f" {plain(words)} "
    named = [(len(word), wish) for wish in library().values() for word in wish.words if f" {word} " in said]
    if not named:
        return library()["latency"] if PERCENTILE.search(said) else None
    return max(named, key=lambda pair: pair[0])[1]


def says_more(words: str) -> bool:
    """Whether a known wish says more than the library hears in it: "p95 search latency by region"."""
    found = known(words)
    if found is None:
        return False
    heard = {word for phrase in found.words for word in phrase.split()}
    rest = set(PERCENTILE.sub(" ", plain(words)).split()) - heard
    return any(not FILLERS.fullmatch(word) for word in rest)


def plain(wish: str) -> str:
    """`latency_p99` as `latency p99`."""
    return " ".join(re.findall(r"[a-z0-9/.%]+", wish.lower()))


def candidates(wish: str, service: str) -> tuple[Candidate, ...]:
    """Every way to show `wish` of `service`, best first: family by family, label by label; none for an unknown wish.

    An empty service asks for everything there is.
    """
    found = known(wish)
    percentile = percentile_in(wish)
    return tuple(
        filled(part, matcher, percentile)
        for part in (found.families if found else ())
        for matcher in ([matcher_of(label, service) for label in part.labels] if service else [""])
    )


def existing(ways: Iterable[Candidate], metric_names: Collection[str]) -> tuple[Candidate, ...]:
    """Those of them whose metrics all exist."""
    return tuple(way for way in ways if all(name in metric_names for name in way.metrics))


def matcher_of(label: str, service: str) -> str:
    """How `label` says the service: as it is, or as the beginning of a generated name."""
    pattern = PATTERNS.get(label)
    return f"{label}=~{quoted(pattern.format(literal(service)))}" if pattern else f"{label}={quoted(service)}"


def filled(part: Family, matcher: str, percentile: str) -> Candidate:
    return Candidate(
        title=part.title.replace("$percentile", f"p{percentile}"),
        expr=with_matcher(part.expr.replace("$quantile", f"{float(percentile) / 100:g}"), matcher),
        unit=part.unit,
        metrics=part.metrics,
        selector=with_matcher(part.selector, matcher),
    )


def with_matcher(template: str, matcher: str) -> str:
    """`template` with its `$match`; with none, no trace of it stays."""
    if matcher:
        return template.replace("$match", matcher)
    return template.replace("$match,", "").replace("{$match}", "")


def percentile_in(wish: str) -> str:
    """The percentile a wish names, 95 when it names none."""
    found = PERCENTILE.search(plain(wish))
    if not found:
        return USUAL_PERCENTILE
    return found[1] or found[2] or "50"


def probe(ways: Iterable[Candidate]) -> str:
    """One query that says which of `ways` have series now: each answers under its place as the label `way`."""
    return " or ".join(
        f'label_replace(count({way.selector}), "way", "{place}", "", "")' for place, way in enumerate(ways)
    )
