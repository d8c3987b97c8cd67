"""Repairs of names: metrics that are called otherwise here, labels a metric has not, values that are patterns."""

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import promql_parser
from promql_parser import Call, Expr, Matcher, MatchOp, MatrixSelector, VectorSelector

from tools.grafana.promql import literal, name_of, quoted
from tools.translate.catalogue import NAMING, MetricCatalogue
from tools.translate.promql import ways
from tools.translate.promql.check import RATES, passes
from tools.translate.promql.library import library
from tools.translate.promql.writing import duration, label, matcher, written

FILE = Path(__file__).with_name("repairs.toml")
FIVE_MINUTES = timedelta(minutes=5)
CLASS = re.compile(r"([1-5])xx", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What repairs are made with: `span` is how long a time is asked about, `meant` the measure, where known."""

    catalogue: MetricCatalogue
    span: timedelta | None = None
    meant: str = ""


@cache
def tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def is_plain(node: VectorSelector) -> bool:
    """Whether writing it anew from its matchers and its offset loses nothing."""
    return node.at is None and not node.matchers.or_matchers


def meaning(node: Expr, bench: Bench) -> tuple[str, str] | None:
    """A metric nobody exports becomes the measure it was made up for, as this Prometheus has it."""
    selector = read_by(node)
    name = name_of(selector) if selector else None
    wish = tables()["meaning"].get(name or "")
    if (
        selector is None
        or name is None
        or not wish
        or not is_plain(selector)
        or selector.offset
        or name in bench.catalogue
        or not bench.catalogue.types
    ):
        return None
    if wish == "errors" and bench.meant == "error rate":
        wish = "error rate"
    chosen = [item for item in selector.matchers.matchers if item.name != "__name__"]
    length = node.args[0].range if isinstance(node, Call) and isinstance(node.args[0], MatrixSelector) else FIVE_MINUTES
    for text, metrics in templates(wish, chosen, bench.catalogue, is_host=name.startswith("node_")):
        said = text.replace("[5m]", f"[{duration(length)}]")
        return f"({said})", f"There is no {name}: what it means is taken from {' and '.join(metrics)}."
    return None


def read_by(node: Expr) -> VectorSelector | None:
    """The selector, where the node is one or a rate over one."""
    if isinstance(node, VectorSelector):
        return node
    if isinstance(node, Call) and node.func.name in RATES and isinstance(node.args[0], MatrixSelector):
        return node.args[0].vector_selector
    return None


def templates(
    wish: str, chosen: Collection[Matcher], catalogue: MetricCatalogue, *, is_host: bool
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The wish's families that exist, under matchers that their labels can say."""
    families = library()[wish].families if wish in library() else ()
    for family in families:
        is_one = not is_host or family.metrics[0].startswith("node_")
        if not is_one or not all(name in catalogue for name in family.metrics) or not ways.serves(family, catalogue):
            continue
        said = [sayable(item, family.metrics[0], catalogue) for item in chosen]
        if None in said:
            continue
        text = ",".join(item for item in said if item)
        filled = family.expr.replace("$match", text) if text else ways.bare(family.expr)
        yield filled.replace("$quantile", "0.95").replace("$span", "24h"), family.metrics


def sayable(item: Matcher, metric: str, catalogue: MetricCatalogue) -> str | None:
    """The matcher as it is where the metric has its label, else under the one with its value; None when none has."""
    labels = catalogue.labels_of(metric)
    if not catalogue.is_known_in_full(metric) or item.name in labels:
        return matcher(item)
    return relabelled(item, metric, catalogue)


def relabelled(item: Matcher, metric: str, catalogue: MetricCatalogue) -> str | None:
    """The one label of the metric that has this value, or the pods that are named after it."""
    labels = catalogue.labels_of(metric)
    if item.op != MatchOp.Equal:
        return None
    having = [name for name in labels if item.value in labels[name]]
    ordered = [name for name in NAMING if name in having] or having
    if ordered:
        return f"{label(ordered[0])}={quoted(item.value)}"
    if any(pod.startswith(f"{item.value}-") for pod in labels.get("pod", ())):
        return f"pod=~{quoted(literal(item.value) + '-.*')}"
    return None


def renamed(node: Expr, bench: Bench) -> tuple[str, str] | None:
    """The name a metric has now: as is known of old names, or with or without its unit's ending."""
    name = name_of(node) if isinstance(node, VectorSelector) else None
    if not isinstance(node, VectorSelector) or name is None or not is_plain(node):
        return None
    if name in bench.catalogue or not bench.catalogue.types:
        return None
    guesses = [
        tables()["renamed"].get(name, ""),
        f"{name}_total",
        name.removesuffix("_total"),
        f"{name}_bytes",
        f"{name}_seconds",
    ]
    right = next((guess for guess in guesses if guess and guess != name and guess in bench.catalogue), None)
    if right is None:
        return None
    groups = [[item for item in node.matchers.matchers if item.name != "__name__"]]
    text = written(promql_parser.parse(right), lambda _: groups) + placed_text(node)
    return text, f"{name} is called {right} here."


def relabel(node: Expr, bench: Bench) -> tuple[str, str] | None:
    """A label the metric has not becomes the one that has the value."""
    metric = name_of(node) if isinstance(node, VectorSelector) else None
    if (
        not isinstance(node, VectorSelector)
        or not metric
        or not is_plain(node)
        or not bench.catalogue.is_known_in_full(metric)
    ):
        return None
    labels = bench.catalogue.labels_of(metric)
    for item in node.matchers.matchers:
        if item.name in labels or item.name == "__name__" or not item.value:
            continue
        right = relabelled(item, metric, bench.catalogue)
        if right:
            return exchanged(node, item, right), f"{metric} has no label {item.name}: {right} chooses the same."
    return None


def pattern(node: Expr, bench: Bench) -> tuple[str, str] | None:
    """A pattern that was written as a plain value: `status="5xx"`, `pod="checkout-.*"`."""
    if not isinstance(node, VectorSelector) or not is_plain(node):
        return None
    labels = bench.catalogue.labels_of(name_of(node) or "")
    for item in node.matchers.matchers:
        if item.op != MatchOp.Equal or item.value in labels.get(item.name, ()):
            continue
        is_class = CLASS.fullmatch(item.value)
        value = f"{is_class[1]}.." if is_class else item.value
        if is_class or (
            re.search(r"\.[*+]|\|", value) and passes(value, labels.get(item.name, frozenset()), is_pattern=True)
        ):
            right = f"{label(item.name)}=~{quoted(value)}"
            return exchanged(node, item, right), f'{item.name}="{item.value}" is a pattern, so it is matched as one.'
    return None


def exchanged(node: VectorSelector, old: Matcher, new: str) -> str:
    """The selector with one matcher written otherwise."""
    kept = [new if matcher(item) == matcher(old) else matcher(item) for item in node.matchers.matchers]
    return f"{node.name or ''}{{{','.join(kept)}}}{placed_text(node)}"


def placed_text(node: VectorSelector) -> str:
    return f" offset {duration(node.offset)}" if node.offset else ""
