"""Whether two queries ask the same: PromQL and LogQL brought to one form, so that order and brackets do not count."""

from promql_parser import (
    AggregateExpr,
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

from tools.grafana.promql import parse
from tools.translate.logql import parsing as logql_parsing
from tools.translate.logql import writing as logql_writing
from tools.translate.logql.tree import Logs, Matcher
from tools.translate.promql.writing import duration, matcher, number, placed

COMMUTES = {"+", "*", "and", "or"}


def canonical(query: str) -> str:
    """One text for all ways to write the same PromQL: matchers and labels sorted, all brackets written; `or vector(0)`
    and a `container!=""` beside another matcher of container are left out."""
    return form(parse(query))


def form(expr: Expr) -> str:  # noqa: C901, PLR0911 - a table of the kinds of node
    match expr:
        case ParenExpr():
            return form(expr.expr)
        case VectorSelector():
            return selector(expr)
        case MatrixSelector():
            return f"{selector(expr.vector_selector)}[{duration(expr.range)}]"
        case SubqueryExpr():
            step = duration(expr.step) if expr.step else ""
            return f"{form(expr.expr)}[{duration(expr.range) if expr.range else ''}:{step}]"
        case AggregateExpr():
            how = f" {expr.modifier.type} {sorted(expr.modifier.labels)}" if expr.modifier else ""
            first = f"{form(expr.param)}, " if isinstance(expr.param, Expr) else ""
            return f"{expr.op}{how}({first}{form(expr.expr)})"
        case BinaryExpr():
            return binary(expr)
        case Call():
            return f"{expr.func.name}({', '.join(form(part) for part in expr.args)})"
        case UnaryExpr():
            return f"-{form(expr.expr)}"
        case NumberLiteral():
            return number(expr.val)
        case _:
            return str(expr)


def binary(expr: BinaryExpr) -> str:
    left, right, op = form(expr.lhs), form(expr.rhs), str(expr.op)
    if op == "or" and right == "vector(0)":
        return left
    sides = sorted([left, right]) if op in COMMUTES else [left, right]
    return f"({sides[0]} {op} {sides[1]})"


def selector(expr: VectorSelector) -> str:
    items = expr.matchers.matchers
    chosen = {item.name for item in items if item.op != MatchOp.NotEqual}
    kept = [item for item in items if not (item.name in chosen and item.op == MatchOp.NotEqual and not item.value)]
    return f"{expr.name or ''}{{{','.join(sorted(matcher(item) for item in kept))}}}{placed(expr.offset, expr.at)}"


def canonical_logql(query: str) -> str:
    """One text for LogQL: stream matchers sorted, blanks and lengths of time as we write them."""

    def ordered(logs: Logs) -> list[Matcher]:
        return sorted(logs.matchers, key=lambda item: (item.label, item.operator, item.value))

    return logql_writing.written(logql_parsing.parse(query), ordered)
