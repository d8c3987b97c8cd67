"""A LogQL query read back in plain words: "lines of checkout that contain timeout, last 1 hour"."""

from datetime import timedelta

from tools.translate.catalogue import NAMING
from tools.translate.logql.tree import (
    Aggregation,
    Bracketed,
    Called,
    LabelFilter,
    LineFilter,
    Logs,
    Node,
    Number,
    Operation,
    Parse,
    RangeAggregation,
    Stage,
    Unwrap,
)
from tools.translate.promql.plain import SIGNS, length

FUNCTIONS = {
    "count_over_time": "number of", "rate": "rate per second of", "bytes_rate": "bytes per second of",
    "bytes_over_time": "bytes of", "absent_over_time": "absence of",
}  # fmt: skip
FILTERS = {
    "|=": "contain", "!=": "do not contain", "|~": "match", "!~": "do not match", "|>": "are like",
    "!>": "are not like",
}  # fmt: skip


def plain(node: Node, over: timedelta | None = None, limit: int = 0) -> str:
    """What the query gives, of which lines, and over how long."""
    newest = [f"the newest {limit}"] if limit and isinstance(node, Logs) else []
    span = [f"last {length(over)}"] if over else []
    return ", ".join([said(node), *span, *newest])


def said(node: Node) -> str:  # noqa: C901, PLR0911 - a table of the kinds of node
    match node:
        case Logs():
            return lines(node)
        case RangeAggregation():
            return ranged(node)
        case Aggregation():
            by = f" per {' and '.join(node.grouping.labels)}" if node.grouping and node.grouping.labels else ""
            if node.parameter:
                end = "lowest" if node.function == "bottomk" else "highest"
                return f"the {node.parameter} {end} of {said(node.of)}{by}"
            return f"{said(node.of)}{by}" if node.function == "sum" else f"{node.function} of {said(node.of)}{by}"
        case Operation():
            where = ", where" if node.operator in (">", "<", ">=", "<=", "==", "!=") else ""
            return f"{said(node.left)}{where} {SIGNS.get(node.operator, node.operator)} {said(node.right)}"
        case Bracketed():
            return said(node.of)
        case Called():
            return said(node.of) if node.of is not None else node.arguments
        case Number():
            return node.text


def ranged(node: RangeAggregation) -> str:
    window = length(timedelta(seconds=node.seconds))
    value = next((stage.label for stage in node.logs.stages if isinstance(stage, Unwrap)), "")
    if value:
        name = f"p{float(node.parameter) * 100:g}" if node.parameter else node.function.removesuffix("_over_time")
        return f"{name} of {value} in {lines(node.logs)}, in windows of {window}"
    earlier = f", {length(timedelta(seconds=node.offset_seconds))} earlier" if node.offset_seconds > 0 else ""
    return f"{FUNCTIONS.get(node.function, node.function)} {lines(node.logs)} in windows of {window}{earlier}"


def lines(logs: Logs) -> str:
    """Lines of whom, and which."""
    names = [item for item in logs.matchers if item.label in NAMING and item.operator in ("=", "=~")]
    others = [item for item in logs.matchers if item not in names]
    whose = [item.value.replace("|", " or ") for item in names if item.value != ".+"]
    chosen = [
        f"{item.label} {'not ' if item.operator.startswith('!') else ''}{item.value.replace('|', ' or ')}"
        for item in others
    ]
    kept = [text for stage in logs.stages if (text := filtered(stage))]
    of = f" of {', '.join(whose)}" if whose else ""
    with_ = f" with {' and '.join(chosen)}" if chosen else ""
    return f"lines{of}{with_}" + (f" that {' and '.join(kept)}" if kept else "")


def filtered(stage: Stage) -> str:
    match stage:
        case LineFilter():
            return f"{FILTERS[stage.operator]} {' or '.join(value.removeprefix('(?i)') for value in stage.values)}"
        case LabelFilter():
            return f"have {stage.text}"
        case Parse():
            return ""
        case _:
            return ""
