"""Repairs that are certain, each told in words: a query that was nearly right becomes right, or stays as it was."""

import re
from collections.abc import Callable
from typing import TypeAlias

import promql_parser
from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    NumberLiteral,
    VectorSelector,
)

from tools.grafana.promql import COUNTING, Selected, name_of, nodes, parse, quantile_problem, selected
from tools.translate.catalogue import MetricCatalogue
from tools.translate.promql.renaming import (
    FIVE_MINUTES,
    Bench,
    is_plain,
    meaning,
    pattern,
    placed_text,
    read_by,
    relabel,
    renamed,
)
from tools.translate.promql.writing import duration, label, matcher, written

MOST_ROUNDS = 12

Repair: TypeAlias = Callable[[Expr, Bench], tuple[str, str] | None]
"""A node -> the text to put in its place and a sentence about it; None when there is nothing to repair."""


def repaired(expr: Expr, bench: Bench) -> tuple[Expr, tuple[str, ...]]:
    """The query with everything repaired that certainly can be, and a sentence for each repair."""
    said: list[str] = []
    for _ in range(MOST_ROUNDS):
        expr, sentence = once(expr, bench)
        if not sentence:
            break
        said.append(sentence)
    return expr, tuple(dict.fromkeys(said))


def once(expr: Expr, bench: Bench) -> tuple[Expr, str]:
    """The first repair there is, tried from the outside in."""
    for repair in (*REPAIRS, *(() if is_divided(expr) else (share,))):
        done: list[str] = []

        def visit(node: Expr, repair: Repair = repair, done: list[str] = done) -> Expr | None:
            found = None if done else repair(node, bench)
            if found is None:
                return None
            done.append(found[1])
            return promql_parser.parse(found[0])

        try:
            changed = promql_parser.transform(expr, visit)
        except ValueError:  # what was put in cannot stand there: a calculation where only a selector may
            continue
        if done:
            return changed, done[0]
    return expr, ""


def is_divided(expr: Expr) -> bool:
    return any(isinstance(node, BinaryExpr) and str(node.op) == "/" for node in nodes(expr))


def quantile(node: Expr, bench: Bench) -> tuple[str, str] | None:
    """The usual form of a quantile over the one histogram that is meant; what was grouped by stays."""
    if not isinstance(node, Call) or node.func.name != "histogram_quantile":
        return None
    parts = selected(node.args[1])
    if len(parts) != 1 or not quantile_problem(node.args[1], parts):
        return None
    base = histogram_meant(parts[0].name or "", bench.catalogue)
    if base is None:
        return None
    selector = parts[0].selector
    if not is_plain(selector) or selector.offset:
        return None
    kept = [matcher(item) for item in selector.matchers.matchers if item.name not in ("__name__", "le")]
    chosen = f"{{{','.join(kept)}}}" if kept else ""
    quantile_of = f"{node.args[0].val:g}" if isinstance(node.args[0], NumberLiteral) else "0.95"
    length = next((item.range for item in parts[0].around if isinstance(item, MatrixSelector)), FIVE_MINUTES)
    by = ", ".join(label(name) for name in ("le", *grouped_by(parts[0])))
    text = f"histogram_quantile({quantile_of}, sum by ({by}) (rate({base}_bucket{chosen}[{duration(length)}])))"
    return text, f"A quantile is taken over sum by (le) of the rate of {base}_bucket, not of {written(node.args[1])}."


def grouped_by(part: Selected) -> list[str]:
    """The labels that an aggregation around it keeps, `le` left out."""
    groups = [node.modifier for node in part.around if isinstance(node, AggregateExpr) and node.modifier]
    return [name for group in groups[:1] if group.type == AggModifierType.By for name in group.labels if name != "le"]


def histogram_meant(name: str, catalogue: MetricCatalogue) -> str | None:
    """The existing histogram of this name, or the only one whose name has all its words."""
    base = re.sub(r"_(?:bucket|sum|count|total)$", "", name)
    known = sorted(catalogue.histograms())
    if base in known or not catalogue.types:
        return base or None
    words = set(base.split("_"))
    holding = [other for other in known if words <= set(other.split("_"))]
    return holding[0] if len(holding) == 1 else None


def counter(node: Expr, bench: Bench) -> tuple[str, str] | None:
    """A sum, an average or a peak of a bare counter becomes one of its increase or rate."""
    if not isinstance(node, AggregateExpr) or str(node.op) in COUNTING:
        return None
    inner = node.expr
    if not isinstance(inner, VectorSelector) or not is_plain(inner):
        return None
    name = name_of(inner) or ""
    if name not in bench.catalogue or not bench.catalogue.is_counter(name):
        return None
    function, length = ("increase", bench.span) if bench.span else ("rate", FIVE_MINUTES)
    grown = f"{function}({written(parse(bare_of(inner)))}[{duration(length)}]{placed_text(inner)})"
    text = written(node).replace(written(inner), grown, 1)
    says = f"{name} counts since its process started, so its {function} over {duration(length)} is taken."
    return text, says


def bare_of(node: VectorSelector) -> str:
    kept = ",".join(matcher(item) for item in node.matchers.matchers)
    return f"{node.name or ''}{{{kept}}}"


def share(node: Expr, bench: Bench) -> tuple[str, str] | None:
    """Failures per second, where their share was asked for, are divided by all requests."""
    selector = read_by(node) if isinstance(node, Call) else None
    name = name_of(selector) if selector else None
    if bench.meant != "error rate" or name is None or not isinstance(node, Call) or selector is None:
        return None
    whole = re.sub(r"(?:_errors|_failures|_failed)(?=_|$)", "_requests", name)
    if whole == name or whole not in bench.catalogue or name not in bench.catalogue:
        return None
    chosen = ",".join(matcher(item) for item in selector.matchers.matchers)
    length = duration(node.args[0].range)
    text = f"(sum(rate({name}{{{chosen}}}[{length}])) / sum(rate({whole}{{{chosen}}}[{length}])))"
    return text, f"An error rate is a share of all requests: {name} is divided by {whole}."


REPAIRS: tuple[Repair, ...] = (quantile, meaning, renamed, relabel, pattern, counter)
