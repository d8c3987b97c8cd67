"""A LogQL query as a tree: streams and stages, ranges over them, and what is calculated from those."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Matcher:
    label: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Keeps lines that have one of `values` (`|=` and `|~` and `|>`), or none of them. `is_ip`: they are addresses."""

    operator: str
    values: tuple[str, ...]
    is_ip: bool = False


@dataclass(frozen=True, slots=True)
class Parse:
    """json, logfmt, pattern, regexp, unpack: `arguments` as they are written."""

    parser: str
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """`text` is the condition, as it is written; `labels` are those it looks at."""

    text: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Format:
    """line_format, label_format, drop, keep, decolorize: `arguments` as they are written."""

    stage: str
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Unwrap:
    """The label whose value is the sample; `function` is duration, duration_seconds or bytes, "" for none."""

    label: str
    function: str = ""


Stage: TypeAlias = LineFilter | Parse | LabelFilter | Format | Unwrap


@dataclass(frozen=True, slots=True)
class Logs:
    """Lines of the streams that match, through the stages in order."""

    matchers: tuple[Matcher, ...]
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class Grouping:
    """`word` is by or without."""

    word: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeAggregation:
    """`function` over the lines of the last `seconds` at each point."""

    function: str
    logs: Logs
    seconds: float
    parameter: str = ""
    offset_seconds: float = 0
    grouping: Grouping | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """sum, topk and the like."""

    function: str
    of: "Node"
    parameter: str = ""
    grouping: Grouping | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """`how` is what stands behind the operator: bool, on (...), group_left (...)."""

    operator: str
    left: "Node"
    right: "Node"
    how: str = ""


@dataclass(frozen=True, slots=True)
class Called:
    """label_replace and vector: `arguments` are those behind the inner expression, as written."""

    function: str
    of: "Node | None"
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    text: str


@dataclass(frozen=True, slots=True)
class Bracketed:
    of: "Node"


Node: TypeAlias = Logs | RangeAggregation | Aggregation | Operation | Called | Number | Bracketed


def walk(node: Node) -> Iterator[Node]:
    """The node and everything in it."""
    yield node
    match node:
        case RangeAggregation():
            yield node.logs
        case Aggregation() | Bracketed():
            yield from walk(node.of)
        case Called():
            if node.of is not None:
                yield from walk(node.of)
        case Operation():
            yield from walk(node.left)
            yield from walk(node.right)
        case Logs() | Number():
            pass


def selections(node: Node) -> list[Logs]:
    """Everything in it that reads lines."""
    return [item for item in walk(node) if isinstance(item, Logs)]
