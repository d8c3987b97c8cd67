"""How much a query reads and returns: its reach into the past, its series and points, the step that keeps it small."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    AtModifier,
    AtModifierType,
    BinaryExpr,
    Call,
    Expr,
    MatchOp,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)

from domain.errors import Refused
from tools.grafana.promql import name_of, nodes, selected
from tools.translate.catalogue import MetricCatalogue
from tools.translate.promql.writing import duration
from tools.translate.situation import Limits, Situation

STEPS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400)
ONE_RESULT = frozenset({"scalar", "vector", "time", "absent", "absent_over_time", "pi"})
UNKNOWN_SERIES = 10
NEVER = timedelta()
USUAL_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """`step_seconds` is 0 for an instant."""

    step_seconds: int
    series: int
    points: int


@dataclass(frozen=True, slots=True)
class Reach:
    """How long a stretch one selector reads at each point, and how far before the window that lies."""

    length: timedelta
    offset: timedelta


def bounded(expr: Expr, over: timedelta | None, end: datetime | None, situation: Situation) -> Bounds:
    """What the query will return, asked `over` so long a time that ends at `end`, or at one instant when there is none.

    Raises:
        Refused: it looks over too long a time, too far back, or returns too much at any step.
    """
    limits = situation.limits
    refuse_long(over or NEVER, limits, "The question looks over {}")
    for reach in reaches(expr, end):
        refuse_long(reach.length, limits, "The query looks over {} at each point")
        refuse_long(abs(reach.offset), limits, "The query looks at a time {} away from the one asked about")
    refuse_fine_subqueries(expr, limits)
    series = estimated(expr, situation.metrics)
    if series > limits.results:
        raise Refused(
            f"The query would return about {series:,} series, and {limits.results:,} results are the limit.",
            code="too_many_results",
            alternative="Name a service, a namespace or a pod, or ask for a sum or the top 10.",
        )
    if over is None:
        return Bounds(step_seconds=0, series=series, points=series)
    step = step_for(over, series, limits)
    points = series * (math.floor(over.total_seconds() / step) + 1)
    return Bounds(step_seconds=step, series=series, points=points)


def refuse_long(length: timedelta, limits: Limits, says: str) -> None:
    if length > limits.longest:
        said = says.format(duration(length))
        raise Refused(
            f"{said}, and {limits.range_hours:g} hours are the longest.",
            code="range_too_long",
            alternative=f"Ask for {duration(limits.longest)} or less.",
        )


def refuse_fine_subqueries(expr: Expr, limits: Limits) -> None:
    """A subquery of one second over a week is six hundred thousand evaluations; without a step it is one a minute."""
    for node in nodes(expr):
        if isinstance(node, SubqueryExpr) and node.range:
            step = node.step or USUAL_STEP
            if step <= NEVER or node.range / step > limits.results + 100:
                raise Refused(
                    f"The subquery [{duration(node.range)}:{duration(step)}] is evaluated too often.",
                    code="too_many_results",
                    alternative="Give it a longer step, for example 5m.",
                )


def step_for(length: timedelta, series: int, limits: Limits) -> int:
    """The shortest usual step, in seconds, with which all series together stay within the limit."""
    per_series = max(limits.results // max(series, 1) - 1, 1)
    least = max(length.total_seconds() / per_series, limits.least_step_seconds)
    return next((step for step in STEPS if step >= least), math.ceil(least))


def reaches(expr: Expr, end: datetime | None = None) -> list[Reach]:
    """Of every selector: its own range and those of the subqueries around it added up, and likewise its offsets.

    A fixed time (`@`) counts as the offset to it from `end`.
    """
    return [reach_of(item.selector, item.around, end) for item in selected(expr)]


def reach_of(selector: VectorSelector, around: Sequence[Expr], end: datetime | None) -> Reach:
    length, offset = NEVER, NEVER
    for node in around:
        match node:
            case SubqueryExpr():
                length += node.range or NEVER
                offset = moved(offset, node.offset, node.at, end)
            case MatrixSelector():
                length += node.range
            case _:
                pass
    return Reach(length, moved(offset, selector.offset, selector.at, end))


def moved(offset: timedelta, by: timedelta | None, at: AtModifier | None, end: datetime | None) -> timedelta:
    """A fixed time makes what stood before it of no matter."""
    if at is not None and at.type == AtModifierType.At and at.at is not None and end is not None:
        return end - at.at + (by or NEVER)
    return offset + (by or NEVER)


def estimated(expr: Expr, catalogue: MetricCatalogue) -> int:  # noqa: PLR0911 - a table of the kinds of node
    """About how many series it gives."""
    match expr:
        case VectorSelector():
            return series_of(expr, catalogue)
        case MatrixSelector():
            return series_of(expr.vector_selector, catalogue)
        case SubqueryExpr() | ParenExpr() | UnaryExpr():
            return estimated(expr.expr, catalogue)
        case BinaryExpr():
            sides = (estimated(expr.lhs, catalogue), estimated(expr.rhs, catalogue))
            return sum(sides) if str(expr.op) == "or" else max(sides)
        case Call():
            return called(expr, catalogue)
        case AggregateExpr():
            return aggregated(expr, catalogue)
        case _:
            return 1


def called(expr: Call, catalogue: MetricCatalogue) -> int:
    if expr.func.name in ONE_RESULT:
        return 1
    found = max((estimated(part, catalogue) for part in expr.args), default=1)
    if expr.func.name == "histogram_quantile":
        return max(1, found // count_of("le", expr, catalogue))
    return found


def aggregated(expr: AggregateExpr, catalogue: MetricCatalogue) -> int:
    inner = estimated(expr.expr, catalogue)
    if str(expr.op) in ("topk", "bottomk", "limitk") and isinstance(expr.param, NumberLiteral):
        return max(1, min(inner, int(min(expr.param.val, inner))))
    if str(expr.op) in ("topk", "bottomk", "limitk", "limit_ratio", "count_values"):
        return inner
    if expr.modifier is None:
        return 1
    if expr.modifier.type == AggModifierType.Without:
        return inner
    return min(inner, math.prod(count_of(name, expr, catalogue) for name in expr.modifier.labels))


def count_of(label: str, expr: Expr, catalogue: MetricCatalogue) -> int:
    """How many values the label has among what the expression selects."""
    counts = [len(passing(item.selector, label, catalogue)) for item in selected(expr)]
    return max([count for count in counts if count], default=UNKNOWN_SERIES)


def passing(selector: VectorSelector, label: str, catalogue: MetricCatalogue) -> frozenset[str]:
    values = catalogue.labels_of(name_of(selector) or "").get(label, frozenset[str]())
    exact = [m.value for m in selector.matchers.matchers if m.name == label and m.op == MatchOp.Equal]
    return frozenset(exact) if exact else values


def series_of(selector: VectorSelector, catalogue: MetricCatalogue) -> int:
    """As counted, or as its labels multiply, capped where they would only guess; less what matchers choose."""
    metric = name_of(selector) or ""
    labels = catalogue.labels_of(metric)
    exact = (m.name for m in selector.matchers.matchers if m.op == MatchOp.Equal)
    chosen = math.prod(1 / max(len(labels.get(name, ())), 1) for name in exact)
    if metric in catalogue.series:
        whole = catalogue.series[metric]
    elif catalogue.is_known_in_full(metric):
        whole = max((len(values) for values in labels.values()), default=1) * 2
    else:
        whole = UNKNOWN_SERIES
    return max(1, round(whole * chosen))
