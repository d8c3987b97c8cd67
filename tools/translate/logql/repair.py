"""Repairs of LogQL that are certain: counts per stream are summed, labels the streams have not are exchanged."""

from dataclasses import replace

from tools.translate.catalogue import NAMING, LogCatalogue
from tools.translate.logql.tree import (
    Aggregation,
    Bracketed,
    Called,
    Grouping,
    Logs,
    Matcher,
    Node,
    Number,
    Operation,
    RangeAggregation,
)

COUNTS = frozenset({"count_over_time", "bytes_over_time", "rate", "bytes_rate"})


def repaired(node: Node, catalogue: LogCatalogue, *, by_level: bool = False) -> tuple[Node, tuple[str, ...]]:
    """The query with everything repaired that certainly can be, and a sentence for each repair.

    `by_level`: a bare count is split by level where the streams have one.
    """
    said: list[str] = []
    node = relabelled(node, catalogue, said)
    if isinstance(node, RangeAggregation) and node.function in COUNTS and node.grouping is None:
        level = catalogue.first(("level", "detected_level", "severity")) if by_level else None
        node = Aggregation(function="sum", of=node, grouping=Grouping("by", (level,)) if level else None)
        said.append(f"One number {f'per {level}' if level else 'in all'} is given, not one per stream.")
    return node, tuple(dict.fromkeys(said))


def relabelled(node: Node, catalogue: LogCatalogue, said: list[str]) -> Node:
    """The tree with labels that no stream has exchanged for the one that has the value."""
    match node:
        case Logs():
            return replace(node, matchers=tuple(exchanged(item, catalogue, said) for item in node.matchers))
        case RangeAggregation():
            matchers = tuple(exchanged(item, catalogue, said) for item in node.logs.matchers)
            return replace(node, logs=replace(node.logs, matchers=matchers))
        case Aggregation() | Bracketed():
            return replace(node, of=relabelled(node.of, catalogue, said))
        case Called():
            return replace(node, of=relabelled(node.of, catalogue, said)) if node.of is not None else node
        case Operation():
            left, right = (relabelled(side, catalogue, said) for side in (node.left, node.right))
            return replace(node, left=left, right=right)
        case Number():
            return node


def exchanged(item: Matcher, catalogue: LogCatalogue, said: list[str]) -> Matcher:
    if item.operator != "=" or item.label in catalogue or item.label not in NAMING:
        return item
    having = catalogue.labels_with(item.value)
    if not having:
        return item
    said.append(f"No stream has a label {item.label}: {having[0]} has the value {item.value}.")
    return replace(item, label=having[0])
