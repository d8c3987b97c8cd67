"""Alert rules that others wrote: what a rule says in words beside its query, and the metrics of all of them."""

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from promql_parser import AggModifierType, AggregateExpr, BinaryExpr, Call, Expr, MatchOp, NumberLiteral

from tools.grafana.promql import BadExpression, name_of, nodes, parse, selected
from tools.translate.catalogue import MetricCatalogue
from tools.translate.promql.writing import written

DATA = Path(__file__).parents[2] / "shared" / "data"
SETS = {"awesome-prometheus-alerts": "*/*.yml", "kube-prometheus": "*-prometheusRule.yaml"}
TEMPLATE = re.compile(r"\{\{[^}]*\}\}")
TAIL = re.compile(r"\n\s*(?:VALUE|LABELS)\s*=.*", re.DOTALL)
NUMBER = re.compile(r"\d+(?:\.\d+)?")
# What a number in words may stand for: itself, a percentage, thousands and more, minutes, hours, days.
UNITS = (1, 0.01, 1e3, 1e6, 1e9, 60, 3600, 86_400)
PARTS = ("metrics", "labels", "functions", "comparisons")
COMPARISONS = {">", "<", ">=", "<=", "==", "!="}


@dataclass(frozen=True, slots=True)
class Rule:
    group: str
    words: str
    expr: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What a query is made of: its metrics, what chooses among their series, what is done, what it is compared with.

    A percentage is the share it is; `and x > 0` behind a division only guards it.
    """

    metrics: frozenset[str]
    labels: frozenset[tuple[str, str]]
    functions: frozenset[str]
    comparisons: frozenset[tuple[str, float]]


def rules(name: str) -> Iterator[Rule]:
    """The alerts of a set whose query parses, in the order of their files; the description behind the summary."""
    for file in sorted((DATA / name).glob(SETS[name])):
        read: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        groups: list[dict[str, Any]] = (read.get("spec") or read)["groups"]
        for item in (rule for group in groups for rule in list[dict[str, Any]](group.get("rules") or [])):
            said: dict[str, str] = item.get("annotations", {})
            words = plain(f"{said.get('summary', '')}. {said.get('description', said.get('message', ''))}")
            if "alert" in item and is_readable(item["expr"]):
                yield Rule(file.parent.name if name.startswith("awesome") else file.stem, words, item["expr"])


def is_held_out(words: str) -> bool:
    """Whether a rule is of the third that nobody looks at while the translator is changed: by its words alone."""
    return hashlib.sha256(words.encode()).digest()[0] % 3 == 0


def says_its_numbers(rule: Rule) -> bool:
    """Whether the words name every number the rule compares with; 0 and 1 need not be said."""
    said = {float(number) for number in NUMBER.findall(rule.words)}
    wanted = {abs(value) for _, value in parts(rule.expr).comparisons} - {0.0, 1.0, 0.01}
    return all(any(math.isclose(value, number * unit) for number in said for unit in UNITS) for value in wanted)


def plain(words: str) -> str:
    """The words without template variables and what only they were for."""
    text = TAIL.sub("", words).replace("(instance {{ $labels.instance }})", "")
    return " ".join(TEMPLATE.sub(" ", text).split())


def is_readable(expr: str) -> bool:
    try:
        return bool(selected(parse(expr)))
    except BadExpression:
        return False


def catalogue(name: str) -> MetricCatalogue:
    """The metrics that all the set's rules name, with the labels they are chosen and grouped by."""
    labels: dict[str, dict[str, set[str]]] = {}
    for rule in rules(name):
        for item in selected(parse(rule.expr)):
            known = labels.setdefault(item.name or "", {"instance": {"host-1:9100"}})
            for matcher in item.selector.matchers.matchers:
                if matcher.name != "__name__" and matcher.value and matcher.op == MatchOp.Equal:
                    known.setdefault(matcher.name, set()).add(matcher.value)
    labels.pop("", None)
    return MetricCatalogue(
        types=dict.fromkeys(sorted(labels), ""),
        values={label: frozenset(values) for known in labels.values() for label, values in known.items()},
        labels={m: {label: frozenset(values) for label, values in known.items()} for m, known in labels.items()},
    )


def parts(query: str) -> Parts:
    tree = parse(query)
    found = selected(tree)
    every = list(nodes(tree))
    functions = {node.func.name for node in every if isinstance(node, Call)} - {"vector", "time"}
    grouped = {
        f"{node.op} {'by' if node.modifier.type == AggModifierType.By else 'without'} {sorted(node.modifier.labels)}"
        if node.modifier
        else str(node.op)
        for node in every
        if isinstance(node, AggregateExpr)
    }
    return Parts(
        metrics=frozenset(name_of(item.selector) or "" for item in found),
        labels=frozenset((m.name, m.value) for item in found for m in item.selector.matchers.matchers if m.value),
        functions=frozenset(functions | grouped),
        comparisons=comparisons(tree),
    )


def agreement(wanted: str, got: str) -> frozenset[str]:
    """The parts in which both are the same, and "all" when all of them are."""
    one, two = parts(wanted), parts(got)
    same = {part for part in PARTS if getattr(one, part) == getattr(two, part)}
    return frozenset(same | ({"all"} if len(same) == len(PARTS) else set[str]()))


def comparisons(tree: Expr) -> frozenset[tuple[str, float]]:
    scale = 0.01 if re.search(r"\b100 \*|\* 100\b", written(tree)) else 1
    return frozenset(
        (str(node.op), round(node.rhs.val * scale, 9))
        for node in nodes(tree)
        if isinstance(node, BinaryExpr) and str(node.op) in COMPARISONS and isinstance(node.rhs, NumberLiteral)
        if not (is_guarded(tree) and str(node.op) == ">" and node.rhs.val == 0)
    )


def is_guarded(tree: Expr) -> bool:
    has_share = any(isinstance(node, BinaryExpr) and str(node.op) == "/" for node in nodes(tree))
    return has_share and any(isinstance(node, BinaryExpr) and str(node.op) == "and" for node in nodes(tree))
