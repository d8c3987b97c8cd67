"""A LogQL tree, written as text again; whoever writes may change which streams are read."""

from collections.abc import Callable, Sequence

from tools.translate.logql.stages import quoted
from tools.translate.logql.tree import (
    Aggregation,
    Bracketed,
    Called,
    Format,
    Grouping,
    LabelFilter,
    LineFilter,
    Logs,
    Matcher,
    Node,
    Number,
    Operation,
    Parse,
    RangeAggregation,
    Stage,
    Unwrap,
)

UNITS = (("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
Matchers = Callable[[Logs], Sequence[Matcher]]


def own(logs: Logs) -> Sequence[Matcher]:
    return logs.matchers


def written(node: Node, matchers: Matchers = own) -> str:  # noqa: PLR0911 - a table of the kinds of node
    """The query as text that reads into the same tree, `matchers` deciding which streams each selection reads."""
    match node:
        case Logs():
            return lines(node, matchers)
        case RangeAggregation():
            first = f"{node.parameter}, " if node.parameter else ""
            offset = f" offset {duration(node.offset_seconds)}" if node.offset_seconds else ""
            inside = f"{first}{lines(node.logs, matchers)} [{duration(node.seconds)}]{offset}"
            return f"{node.function}({inside}){behind(node.grouping)}"
        case Aggregation():
            first = f"{node.parameter}, " if node.parameter else ""
            how = f"{behind(node.grouping)} " if node.grouping else ""
            return f"{node.function}{how}({first}{written(node.of, matchers)})"
        case Operation():
            how = f" {node.how}" if node.how else ""
            return f"{written(node.left, matchers)} {node.operator}{how} {written(node.right, matchers)}"
        case Called():
            inner = [written(node.of, matchers)] if node.of is not None else []
            return f"{node.function}({', '.join([*inner, node.arguments])})"
        case Number():
            return node.text
        case Bracketed():
            return f"({written(node.of, matchers)})"


def lines(logs: Logs, matchers: Matchers) -> str:
    chosen = ", ".join(f"{item.label}{item.operator}{quoted(item.value)}" for item in matchers(logs))
    return " ".join([f"{{{chosen}}}", *(staged(stage) for stage in logs.stages)])


def staged(stage: Stage) -> str:
    match stage:
        case LineFilter():
            if stage.is_ip:
                return f"{stage.operator} ip({quoted(stage.values[0])})"
            return f"{stage.operator} {' or '.join(quoted(value) for value in stage.values)}"
        case Parse():
            return f"| {stage.parser}{f' {stage.arguments}' if stage.arguments else ''}"
        case LabelFilter():
            return f"| {stage.text}"
        case Format():
            return f"| {stage.stage}{f' {stage.arguments}' if stage.arguments else ''}"
        case Unwrap():
            return f"| unwrap {f'{stage.function}({stage.label})' if stage.function else stage.label}"


def behind(grouping: Grouping | None) -> str:
    return f" {grouping.word} ({', '.join(grouping.labels)})" if grouping else ""


def duration(seconds: float) -> str:
    sign, left = ("-", round(-seconds * 1000)) if seconds < 0 else ("", round(seconds * 1000))
    parts: list[str] = []
    for unit, size in UNITS:
        count, left = divmod(left, size * 1000)
        parts += [f"{count}{unit}"] if count else []
    return sign + "".join([*parts, *([f"{left}ms"] if left or not parts else [])])
