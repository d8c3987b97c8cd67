"""What is wrong with a LogQL query that reads: labels that are none of the streams', values nobody has."""

import re
from collections.abc import Iterator

from tools.translate.catalogue import LogCatalogue
from tools.translate.logql.tree import Aggregation, LabelFilter, Logs, Node, Parse, RangeAggregation, selections, walk
from tools.translate.promql.check import Problem


def problems(node: Node, catalogue: LogCatalogue) -> tuple[Problem, ...]:
    """Everything found, each once."""
    found = [problem for logs in selections(node) for problem in of_streams(logs, catalogue)]
    found += [problem for logs in selections(node) for problem in of_filters(logs, catalogue)]
    return tuple(dict.fromkeys([*found, *unsummed(node)]))


def of_streams(logs: Logs, catalogue: LogCatalogue) -> Iterator[Problem]:
    for item in logs.matchers if catalogue.values else ():
        if item.operator not in ("=", "=~") or not item.value:
            continue
        if item.label not in catalogue:
            has = ", ".join(sorted(catalogue.values))
            yield Problem("unknown_label", f"No stream has a label {item.label}; there are {has}.", is_fatal=True)
        elif catalogue.values[item.label] and not passes(item.operator, item.value, catalogue.values[item.label]):
            near = tuple(sorted(catalogue.values[item.label]))[:8]
            yield Problem("unknown_value", f"No stream has {item.label}={item.value!r}.", nearest=near)


def passes(operator: str, value: str, values: frozenset[str]) -> bool:
    if operator == "=":
        return value in values
    try:
        return any(re.fullmatch(value, other) for other in values)
    except re.error:
        return True


def of_filters(logs: Logs, catalogue: LogCatalogue) -> Iterator[Problem]:
    """A label filter without a parser before it sees stream labels only."""
    is_parsed = False
    for stage in logs.stages:
        is_parsed = is_parsed or isinstance(stage, Parse)
        if isinstance(stage, LabelFilter) and not is_parsed and catalogue.values:
            for label in stage.labels:
                if label not in catalogue:
                    says = f"{label} is no label of the streams: put | json or | logfmt before it."
                    yield Problem("unparsed_label", says)


def unsummed(node: Node) -> Iterator[Problem]:
    """A count per stream where one number was asked for."""
    inside = {id(item.of) for item in walk(node) if isinstance(item, Aggregation)}
    for item in walk(node):
        if isinstance(item, RangeAggregation) and item.function.startswith("count") and id(item) not in inside:
            yield Problem("per_stream", f"{item.function} gives one number per stream: sum(...) around it gives one.")
