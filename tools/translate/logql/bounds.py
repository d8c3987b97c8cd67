"""How much a LogQL query reads and returns, and the step that keeps it small."""

import math
from datetime import timedelta

from domain.errors import Refused
from tools.translate.catalogue import LogCatalogue
from tools.translate.logql.tree import (
    Aggregation,
    Bracketed,
    Called,
    Logs,
    Node,
    Number,
    Operation,
    RangeAggregation,
    walk,
)
from tools.translate.promql.bounds import NEVER, Bounds, refuse_long, step_for
from tools.translate.situation import Situation

UNKNOWN = 10


def bounded(node: Node, over: timedelta | None, lines: int, situation: Situation) -> Bounds:
    """What the query will return; of lines at most `lines`. Raises Refused."""
    limits = situation.limits
    refuse_long(over or NEVER, limits, "The question looks over {}")
    for item in walk(node):
        if isinstance(item, RangeAggregation):
            refuse_long(timedelta(seconds=item.seconds), limits, "The query looks over {} at each point")
            away = timedelta(seconds=abs(item.offset_seconds))
            refuse_long(away, limits, "The query looks at a time {} away from the one asked about")
    if isinstance(node, Logs):
        return Bounds(step_seconds=0, series=1, points=min(lines, limits.results))
    series = estimated(node, situation.logs)
    if series > limits.results:
        raise Refused(
            f"The query would return about {series:,} series, and {limits.results:,} results are the limit.",
            code="too_many_results",
            alternative="Name a service, or ask for a sum or the top 10.",
        )
    if over is None:
        return Bounds(step_seconds=0, series=series, points=series)
    step = step_for(over, series, limits)
    return Bounds(step_seconds=step, series=series, points=series * (math.floor(over.total_seconds() / step) + 1))


def estimated(node: Node, catalogue: LogCatalogue) -> int:  # noqa: C901, PLR0911 - a table of the kinds of node
    """About how many series it gives."""
    match node:
        case Aggregation():
            inner = estimated(node.of, catalogue)
            if node.parameter:
                return max(1, min(inner, int(float(node.parameter))))
            if node.grouping is None:
                return 1 if not node.function.startswith("sort") else inner
            if node.grouping.word == "without":
                return inner
            return max(1, math.prod(len(catalogue.values.get(name, ())) or UNKNOWN for name in node.grouping.labels))
        case Operation():
            return max(estimated(node.left, catalogue), estimated(node.right, catalogue))
        case Bracketed():
            return estimated(node.of, catalogue)
        case Called():
            return estimated(node.of, catalogue) if node.of is not None else 1
        case RangeAggregation():
            return max(1, *(len(values) for values in catalogue.values.values())) if catalogue.values else UNKNOWN
        case Logs() | Number():
            return 1
