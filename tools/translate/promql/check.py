"""What is wrong with a query that parses: names that do not exist, counters read as gauges, quantiles of no buckets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatchOp,
    ParenExpr,
)

from tools.grafana.promql import (
    COUNTING,
    GROWTH,
    STATUSES,
    Selected,
    calls,
    nodes,
    quantile_problem,
    selected,
    share_of_nothing,
)
from tools.translate.catalogue import MetricCatalogue

RATES = frozenset({"rate", "irate", "increase"})


@dataclass(frozen=True, slots=True)
class Problem:
    """`is_fatal`: the answer would be empty or wrong; the others are worth a word to the asker."""

    code: str
    says: str
    is_fatal: bool = False
    nearest: tuple[str, ...] = ()


def problems(expr: Expr, catalogue: MetricCatalogue) -> tuple[Problem, ...]:
    """Everything found, each once, in the order of the query."""
    found = [
        problem
        for item in selected(expr)
        for check in (unknown_metric, unknown_labels, raw_counter, rate_of_gauge)
        for problem in check(item, catalogue)
    ]
    found += [*quantiles(expr, catalogue), *matchings(expr), *shares(expr)]
    return tuple(dict.fromkeys(found))


def unknown_metric(item: Selected, catalogue: MetricCatalogue) -> Iterator[Problem]:
    if item.name and catalogue.types and item.name not in catalogue and not is_built_in(item.name):
        near = catalogue.nearest(item.name)
        yield Problem("unknown_metric", f"There is no metric {item.name}.", is_fatal=True, nearest=near)


def is_built_in(metric: str) -> bool:
    """ALERTS and what rules record are not in everybody's list of names."""
    return metric in ("ALERTS", "ALERTS_FOR_STATE")


def unknown_labels(item: Selected, catalogue: MetricCatalogue) -> Iterator[Problem]:
    """Labels the metric does not have, and values no series of it has, where all of them are known."""
    metric = item.name or ""
    if not catalogue.is_known_in_full(metric):
        return
    labels = catalogue.labels_of(metric)
    for m in item.selector.matchers.matchers:
        if m.name == "__name__" or (m.op in (MatchOp.NotEqual, MatchOp.NotRe)) or not m.value:
            continue
        if m.name not in labels:
            has = ", ".join(sorted(labels))
            yield Problem("unknown_label", f"{metric} has no label {m.name}; it has {has}.", is_fatal=True)
        elif m.name not in STATUSES and not passes(m.value, labels[m.name], is_pattern=m.op == MatchOp.Re):
            near = tuple(sorted(labels[m.name]))[:8]
            says = f"No series of {metric} has {m.name}={m.value!r} now."
            yield Problem("unknown_value", says, nearest=near)


def passes(value: str, values: frozenset[str], *, is_pattern: bool) -> bool:
    """Whether any of the values matches; a pattern that Python reads otherwise than Prometheus is let pass."""
    if not is_pattern:
        return value in values
    try:
        pattern = re.compile(value)
    except re.error:
        return True
    return any(pattern.fullmatch(other) for other in values)


def raw_counter(item: Selected, catalogue: MetricCatalogue) -> Iterator[Problem]:
    name = item.name or ""
    if not name or not catalogue.is_counter(name) or name.endswith("_sum"):
        return
    if item.functions & (GROWTH | {"histogram_quantile"}) or item.aggregations & COUNTING:
        return
    yield Problem(
        "raw_counter",
        f"{name} counts since its process started: without rate or increase its value says little.",
    )


def rate_of_gauge(item: Selected, catalogue: MetricCatalogue) -> Iterator[Problem]:
    name = item.name or ""
    if (
        name in catalogue
        and item.functions & RATES
        and catalogue.types[name] == "gauge"
        and not catalogue.is_counter(name)
    ):
        says = f"{name} is a gauge: rate and increase are for counters; deriv, delta or avg_over_time is usually meant."
        yield Problem("rate_of_gauge", says)


def quantiles(expr: Expr, catalogue: MetricCatalogue) -> Iterator[Problem]:
    for call in calls(expr, "histogram_quantile"):
        parts = selected(call.args[1])
        says = quantile_problem(call.args[1], parts) if parts else None
        is_native = any(
            catalogue.types.get(part.name or "") == "histogram" and not buckets_of(part, catalogue) for part in parts
        )
        if says and not is_native:
            yield Problem("quantile", f"histogram_quantile {says}.", is_fatal="_bucket series" in says)


def buckets_of(part: Selected, catalogue: MetricCatalogue) -> bool:
    return f"{part.name}_bucket" in catalogue


def shares(expr: Expr) -> Iterator[Problem]:
    for item in selected(expr):
        says = share_of_nothing(item)
        if says:
            yield Problem("share_of_nothing", f"{says}.")


def matchings(expr: Expr) -> Iterator[Problem]:
    """Two sides that keep different labels never meet."""
    for node in nodes(expr):
        if not isinstance(node, BinaryExpr) or str(node.op) == "or" or (node.modifier and node.modifier.matching):
            continue
        left, right = kept(node.lhs), kept(node.rhs)
        if left is not None and right is not None and left != right:
            one, two = (", ".join(sorted(side)) or "no labels" for side in (left, right))
            yield Problem(
                "matching",
                f"The sides of {node.op} keep different labels ({one}; {two}), so nothing matches.",
                is_fatal=True,
            )


def kept(expr: Expr) -> frozenset[str] | None:  # noqa: PLR0911 - a table of the kinds of node
    """The labels a side has, None where that cannot be told or it is a number."""
    match expr:
        case ParenExpr():
            return kept(expr.expr)
        case AggregateExpr():
            if str(expr.op) in ("topk", "bottomk", "limitk", "limit_ratio", "count_values"):
                return None
            if expr.modifier is None:
                return frozenset()
            return frozenset(expr.modifier.labels) if expr.modifier.type == AggModifierType.By else None
        case BinaryExpr():
            sides = [side for side in (kept(expr.lhs), kept(expr.rhs)) if side is not None]
            return sides[0] if sides and expr.modifier is None else None
        case Call() if expr.func.name in (
            "sort",
            "sort_desc",
            "abs",
            "ceil",
            "floor",
            "round",
            "clamp_min",
            "clamp_max",
        ):
            return kept(expr.args[0])
        case _:
            return None
