"""A PromQL query read back in plain words: "error ratio of checkout, 5-minute windows, last 24 h"."""

from collections.abc import Iterable
from datetime import timedelta

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    Matcher,
    MatchOp,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)

from tools.grafana.promql import counts_failures, name_of, nodes, selected
from tools.translate.catalogue import NAMING
from tools.translate.promql.writing import number, written

SIGNS = {
    "/": "divided by", "+": "plus", "-": "minus", "*": "times", "^": "to the power of", "%": "modulo",
    ">": "above", "<": "below", ">=": "at least", "<=": "at most", "==": "equal to", "!=": "other than",
    "and": "where there is also", "or": "or else", "unless": "unless there is",
}  # fmt: skip
SUMMED = {
    "sum": "total",
    "avg": "average",
    "max": "highest",
    "min": "lowest",
    "count": "number of series of",
    "group": "presence of",
}
OVER_TIME = {
    "avg_over_time": "average",
    "max_over_time": "highest",
    "min_over_time": "lowest",
    "sum_over_time": "sum",
    "count_over_time": "number of samples",
    "last_over_time": "last value",
    "stddev_over_time": "standard deviation",
}
COMPARING = frozenset({">", "<", ">=", "<=", "==", "!="})
UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def plain(expr: Expr, span: timedelta | None = None) -> str:
    """What the query gives, of what, in which windows, and over how long."""
    about = common(expr)
    told = said(expr, frozenset(about))
    subject = f" of {', '.join(dict.fromkeys(about.values()))}" if about else ""
    lengths = sorted(
        {node.range for node in nodes(expr) if isinstance(node, MatrixSelector) if node.range <= timedelta(hours=1)}
    )
    windows = [f"{length(item, joined='-')} windows" for item in lengths[:2]]
    over = [f"last {length(span)}"] if span else []
    return ", ".join([f"{told}{subject}{offset_of(expr)}", *windows, *over])


def common(expr: Expr) -> dict[str, str]:
    """The matchers that every selector has and that name things: matcher -> what it names."""
    groups = [{str(m): m for m in item.selector.matchers.matchers if m.name in NAMING} for item in selected(expr)]
    shared = set[str](groups[0]).intersection(*groups[1:]) if groups else set[str]()
    names = {key: named(groups[0][key]) for key in sorted(shared)}
    return {key: name for key, name in names.items() if name}


def named(item: Matcher) -> str:
    """checkout, "pods checkout-*", or "" for a matcher that leaves something out."""
    if item.op == MatchOp.Equal:
        return item.value
    if item.op == MatchOp.Re:
        shown = item.value.replace("-.*", "-*").replace("(:[0-9]+)?", "").replace("\\", "").replace("|", " or ")
        return f"{item.name} {shown}"
    return ""


def said(expr: Expr, told: frozenset[str]) -> str:  # noqa: C901, PLR0911 - a table of the kinds of node
    match expr:
        case ParenExpr():
            return said(expr.expr, told)
        case VectorSelector():
            return selection(expr, told)
        case MatrixSelector():
            return selection(expr.vector_selector, told)
        case SubqueryExpr():
            return said(expr.expr, told)
        case NumberLiteral():
            return number(expr.val)
        case StringLiteral():
            return expr.val
        case UnaryExpr():
            return f"minus {said(expr.expr, told)}"
        case AggregateExpr():
            return aggregated(expr, told)
        case Call():
            return called(expr, told)
        case BinaryExpr() if is_error_share(expr):
            return f"error ratio{by_of(expr)}"
        case BinaryExpr():
            sign = SIGNS.get(str(expr.op), str(expr.op))
            where = ", where" if str(expr.op) in COMPARING else ""
            return f"{said(expr.lhs, told)}{where} {sign} {said(expr.rhs, told)}"
        case _:
            return written(expr)


def selection(expr: VectorSelector, told: frozenset[str]) -> str:
    chosen = [m for m in expr.matchers.matchers if str(m) not in told and m.name != "__name__"]
    where = [matched(m) for m in chosen if not (m.op == MatchOp.NotEqual and not m.value)]
    name = (name_of(expr) or "every metric").removesuffix("_bucket")
    return name + (f" with {' and '.join(where)}" if where else "")


def matched(item: Matcher) -> str:
    if item.op == MatchOp.Equal:
        return f"{item.name} {item.value or 'missing'}"
    if item.op == MatchOp.NotEqual:
        return f"{item.name} other than {item.value}"
    return f"{item.name} {'' if item.op == MatchOp.Re else 'not '}like {item.value}"


def aggregated(expr: AggregateExpr, told: frozenset[str]) -> str:
    inner, op = said(expr.expr, told), str(expr.op)
    by = by_of(expr)
    if op in ("topk", "bottomk"):
        end = "highest" if op == "topk" else "lowest"
        return f"the {said(expr.param, told)} {end} of {inner}" if isinstance(expr.param, Expr) else inner
    if op == "sum" and isinstance(expr.expr, Call) and expr.expr.func.name in ("rate", "irate", "increase"):
        return f"{inner}{by}"
    return f"{SUMMED.get(op, op)} {inner}{by}"


def by_of(expr: Expr) -> str:
    """ " per pod", of the outermost grouping."""
    for node in nodes(expr):
        if isinstance(node, AggregateExpr) and node.modifier and node.modifier.type == AggModifierType.By:
            labels = [name for name in node.modifier.labels if name != "le"]
            return f" per {' and '.join(labels)}" if labels else ""
    return ""


def called(expr: Call, told: frozenset[str]) -> str:  # noqa: PLR0911 - a table of functions
    name = expr.func.name
    if name == "histogram_quantile":
        share = expr.args[0]
        quantile = f"p{share.val * 100:g}" if isinstance(share, NumberLiteral) else "quantile"
        parts = selected(expr.args[1])
        return f"{quantile} of {selection(parts[0].selector, told) if parts else ''}{by_of(expr.args[1])}"
    inner = said(expr.args[-1], told) if expr.args else ""
    match name:
        case "rate" | "irate":
            return f"{inner} per second"
        case "increase":
            return f"increase of {inner} over {length(ranged(expr.args[0]))}"
        case _ if name in OVER_TIME:
            return f"{OVER_TIME[name]} of {said(expr.args[0], told)} over {length(ranged(expr.args[0]))}"
        case "time":
            return "now"
        case "sort_desc" | "sort" | "scalar" | "vector":
            return inner
        case _:
            return f"{name.replace('_', ' ')} of {said(expr.args[0], told)}" if expr.args else name


def ranged(expr: Expr) -> timedelta:
    return (expr.range or timedelta()) if isinstance(expr, (MatrixSelector, SubqueryExpr)) else timedelta()


def is_error_share(expr: BinaryExpr) -> bool:
    """Failures over all of the same metric, or of one that is named for them."""
    if str(expr.op) != "/":
        return False
    above, below = selected(expr.lhs), selected(expr.rhs)
    return (
        bool(above and below)
        and all(counts_failures(item.selector) for item in above)
        and not any(counts_failures(item.selector) for item in below)
    )


def offset_of(expr: Expr) -> str:
    offsets = {item.selector.offset for item in selected(expr)}
    one = next(iter(offsets)) if len(offsets) == 1 else None
    return f", {length(one)} earlier" if one else ""


def length(span: timedelta, joined: str = " ") -> str:
    """`24 h` is "24 hours", an hour and a half "90 minutes"."""
    seconds = round(span.total_seconds())
    for unit, size in UNITS:
        if seconds >= size and seconds % size == 0 and not (unit == "day" and seconds == size):
            count = seconds // size
            plural = "s" if count > 1 and joined == " " else ""
            return f"{count}{joined}{unit}{plural}"
    return f"{seconds} seconds"


def listed(words: Iterable[str]) -> str:
    return ", ".join(words)
