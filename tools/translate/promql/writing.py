"""A PromQL tree, written as text again; whoever writes may change what each selector selects."""

import math
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeAlias

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    AtModifier,
    AtModifierType,
    BinaryExpr,
    BinModifier,
    Call,
    Expr,
    LabelModifierType,
    Matcher,
    MatchOp,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorMatchCardinality,
    VectorSelector,
)

from tools.grafana.promql import quoted

METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# Names that mean something else where a metric may stand.
RESERVED = frozenset(
    (
        "sum", "avg", "count", "min", "max", "group", "stddev", "stdvar", "topk", "bottomk", "limitk", "limit_ratio",
        "count_values", "quantile", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset",
        "and", "or", "unless", "atan2", "inf", "nan", "start", "end",
    )
)  # fmt: skip
OPERATORS = ((MatchOp.Equal, "="), (MatchOp.NotEqual, "!="), (MatchOp.Re, "=~"), (MatchOp.NotRe, "!~"))
UNITS = (("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))

Groups: TypeAlias = list[list[Matcher]]
"""What a selector asks for: any of the groups, and all matchers within one."""


def groups_of(selector: VectorSelector) -> Groups:
    """Its matchers, the metric's name left out where it stands before the braces."""
    common = list(selector.matchers.matchers)
    alternatives = selector.matchers.or_matchers
    return [[*common, *group] for group in alternatives] if alternatives else [common]


def written(
    expr: Expr, groups: Callable[[VectorSelector], Groups] = groups_of, *, earlier: timedelta | None = None
) -> str:
    """The expression as text that parses into the same tree, `groups` deciding what each of its selectors selects;
    every selector reads what was so much `earlier`.

    Nothing but a selector reads data, and every selector is written here, wherever it stands.
    """
    return Writer(groups, earlier or timedelta()).text(expr)


class Writer:
    """Writes one tree."""

    def __init__(self, groups: Callable[[VectorSelector], Groups], earlier: timedelta) -> None:
        self.groups = groups
        self.earlier = earlier

    def text(self, expr: Expr) -> str:  # noqa: C901, PLR0911 - a table of the kinds of node
        match expr:
            case VectorSelector():
                return self.selection(expr) + self.when(expr)
            case MatrixSelector():
                inner = expr.vector_selector
                return f"{self.selection(inner)}[{duration(expr.range)}]{self.when(inner)}"
            case SubqueryExpr():
                step = duration(expr.step) if expr.step else ""
                length = duration(expr.range or timedelta())
                return f"{self.text(expr.expr)}[{length}:{step}]{placed(expr.offset, expr.at)}"
            case AggregateExpr():
                return self.aggregation(expr)
            case BinaryExpr():
                how = modifier(expr.modifier)
                return f"{self.text(expr.lhs)} {expr.op}{how} {self.text(expr.rhs)}"
            case Call():
                return f"{expr.func.name}({', '.join(self.text(part) for part in expr.args)})"
            case ParenExpr():
                return f"({self.text(expr.expr)})"
            case UnaryExpr():
                return f"-{self.text(expr.expr)}"
            case NumberLiteral():
                return number(expr.val)
            case StringLiteral():
                return quoted(expr.val)
            case _:
                raise TypeError(f"{type(expr).__name__} is no part of PromQL that can be written")

    def when(self, selector: VectorSelector) -> str:
        return placed((selector.offset or timedelta()) + self.earlier, selector.at)

    def selection(self, selector: VectorSelector) -> str:
        name = selector.name or ""
        groups = self.groups(selector)
        is_plain = bool(METRIC.fullmatch(name)) and name.lower() not in RESERVED
        if name and not is_plain:
            groups = [[Matcher(MatchOp.Equal, "__name__", name), *group] for group in groups]
        inside = " or ".join(",".join(matcher(item) for item in group) for group in groups)
        return (name if is_plain else "") + (f"{{{inside}}}" if inside or not is_plain else "")

    def aggregation(self, expr: AggregateExpr) -> str:
        how = ""
        if expr.modifier is not None:
            word = "by" if expr.modifier.type == AggModifierType.By else "without"
            how = f" {word} ({listed(expr.modifier.labels)}) "
        first = f"{self.text(expr.param)}, " if isinstance(expr.param, Expr) else ""
        return f"{expr.op}{how}({first}{self.text(expr.expr)})"


def matcher(item: Matcher) -> str:
    operator = next(sign for op, sign in OPERATORS if op == item.op)
    return f"{label(item.name)}{operator}{quoted(item.value)}"


def label(name: str) -> str:
    return name if LABEL.fullmatch(name) else quoted(name)


def listed(names: Iterable[str]) -> str:
    return ", ".join(label(name) for name in names)


def placed(offset: timedelta | None, at: AtModifier | None) -> str:
    """Where in time, with a blank before it; "" for now."""
    shifted = f" offset {duration(offset)}" if offset else ""
    if at is None:
        return shifted
    match at.type:
        case AtModifierType.Start:
            return f" @ start(){shifted}"
        case AtModifierType.End:
            return f" @ end(){shifted}"
        case _:
            return f" @ {at.at.timestamp() if at.at else 0:.3f}{shifted}"


def modifier(how: BinModifier | None) -> str:
    """What stands behind an operator, with a blank before it."""
    if how is None:
        return ""
    parts = ["bool"] if how.return_bool else []
    if how.matching is not None:
        word = "on" if how.matching.type == LabelModifierType.Include else "ignoring"
        parts.append(f"{word} ({listed(how.matching.labels)})")
    sides = ((VectorMatchCardinality.ManyToOne, "group_left"), (VectorMatchCardinality.OneToMany, "group_right"))
    parts += [f"{word} ({listed(how.group_labels or [])})" for side, word in sides if how.card == side]
    return "".join(f" {part}" for part in [*parts, *fills(how)])


def fills(how: BinModifier) -> list[str]:
    left, right = how.fill_values.lhs, how.fill_values.rhs
    if left is not None and left == right:
        return [f"fill ({number(left)})"]
    sides = (("fill_left", left), ("fill_right", right))
    return [f"{word} ({number(value)})" for word, value in sides if value is not None]


def duration(length: timedelta) -> str:
    """`1d2h`, as PromQL writes it; to the millisecond."""
    left = round(length / timedelta(milliseconds=1))
    sign, left = ("-", -left) if left < 0 else ("", left)
    parts: list[str] = []
    for unit, size in UNITS:
        count, left = divmod(left, size)
        parts += [f"{count}{unit}"] if count else []
    return sign + ("".join(parts) or "0s")


def number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
