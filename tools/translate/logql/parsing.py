"""LogQL, read into its tree; what Loki would not read is refused with the place and the reason."""

from tools.translate.logql import stages
from tools.translate.logql.cursor import Cursor
from tools.translate.logql.lexing import BadLogQL, seconds, words
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
    Unwrap,
)

COUNTING = frozenset({"rate", "count_over_time", "bytes_rate", "bytes_over_time", "absent_over_time"})
MEASURING = frozenset(
    (
        "rate", "rate_counter", "sum_over_time", "avg_over_time", "max_over_time", "min_over_time", "first_over_time",
        "last_over_time", "stdvar_over_time", "stddev_over_time", "quantile_over_time", "absent_over_time",
    )
)  # fmt: skip
GROUPABLE = frozenset(
    (
        "avg_over_time", "max_over_time", "min_over_time", "first_over_time", "last_over_time", "stdvar_over_time",
        "stddev_over_time", "quantile_over_time",
    )
)  # fmt: skip
AGGREGATIONS = frozenset(
    ("sum", "avg", "max", "min", "count", "stddev", "stdvar", "topk", "bottomk", "sort", "sort_desc", "approx_topk")
)
RANKING = frozenset({"topk", "bottomk", "approx_topk"})
BINDING = {
    "or": 1, "and": 2, "unless": 2, "==": 3, "!=": 3, ">": 3, ">=": 3, "<": 3, "<=": 3, "+": 4, "-": 4, "*": 5, "/": 5,
    "%": 5, "^": 6,
}  # fmt: skip
DEEPEST = 60


def parse(text: str) -> Node:
    """The tree of the query. Raises BadLogQL."""
    cursor = Cursor(words(text))
    node = expression(cursor, 0, 0)
    if cursor.here.kind != "end":
        raise cursor.unexpected("the end of the query")
    return node


def expression(cursor: Cursor, least: int, depth: int) -> Node:
    if depth > DEEPEST:
        raise BadLogQL("the query is nested too deeply")
    left = operand(cursor, depth)
    while (binding := BINDING.get(cursor.here.text, 0)) > least and cursor.here.kind in ("sign", "name"):
        refuse_lines(left, cursor)
        operator = cursor.take().text
        how = modifiers(cursor)
        right = expression(cursor, binding - 1 if operator == "^" else binding, depth + 1)
        refuse_lines(right, cursor)
        left = Operation(operator, left, right, how)
    return left


def refuse_lines(node: Node, cursor: Cursor) -> None:
    if isinstance(node, Logs):
        raise BadLogQL(
            f"lines cannot be calculated with (character {cursor.here.at + 1}): count them, or take their rate"
        )


def modifiers(cursor: Cursor) -> str:
    found: list[str] = []
    if cursor.takes("bool"):
        found.append("bool")
    for word in ("on", "ignoring", "group_left", "group_right"):
        if cursor.takes(word):
            labels = names(cursor) if cursor.here.text == "(" else ()
            found.append(f"{word} ({', '.join(labels)})")
    return " ".join(found)


def operand(cursor: Cursor, depth: int) -> Node:
    word = cursor.here
    if word.text == "{":
        return logs(cursor)
    if word.text == "(":
        cursor.take()
        inner = expression(cursor, 0, depth + 1)
        cursor.expect(")")
        return inner if isinstance(inner, Logs) else Bracketed(inner)
    if word.kind == "number" or word.text in ("-", "+"):
        return Number(signed(cursor))
    if word.kind == "name":
        return called(cursor, depth)
    raise cursor.unexpected('a stream selector like {app="checkout"} or a function')


def signed(cursor: Cursor) -> str:
    sign = cursor.take().text if cursor.here.text in ("-", "+") else ""
    return sign.replace("+", "") + cursor.expect_kind("number", "a number").text


def called(cursor: Cursor, depth: int) -> Node:
    name = cursor.here.text
    if name in COUNTING | MEASURING:
        return range_aggregation(cursor)
    if name in AGGREGATIONS:
        return aggregation(cursor, depth)
    if name in ("label_replace", "vector"):
        return function(cursor, depth)
    raise cursor.unexpected("a function of LogQL")


def function(cursor: Cursor, depth: int) -> Called:
    name = cursor.take().text
    cursor.expect("(")
    if name == "vector":
        value = signed(cursor)
        cursor.expect(")")
        return Called(name, None, value)
    inner = expression(cursor, 0, depth + 1)
    refuse_lines(inner, cursor)
    arguments: list[str] = []
    while cursor.takes(","):
        arguments.append(stages.quoted(cursor.expect_kind("string", "a string").value))
    cursor.expect(")")
    if len(arguments) != 4:
        raise BadLogQL(f"label_replace takes 4 strings behind the expression, and there are {len(arguments)}")
    return Called(name, inner, ", ".join(arguments))


def aggregation(cursor: Cursor, depth: int) -> Aggregation:
    name = cursor.take().text
    before = grouping(cursor)
    cursor.expect("(")
    parameter = ""
    if name in RANKING:
        parameter = cursor.expect_kind("number", f"how many {name} shall give").text
        cursor.expect(",")
    inner = expression(cursor, 0, depth + 1)
    refuse_lines(inner, cursor)
    cursor.expect(")")
    return Aggregation(function=name, of=inner, parameter=parameter, grouping=before or grouping(cursor))


def grouping(cursor: Cursor) -> Grouping | None:
    if cursor.here.text not in ("by", "without"):
        return None
    return Grouping(cursor.take().text, names(cursor))


def names(cursor: Cursor) -> tuple[str, ...]:
    """Labels in round brackets."""
    cursor.expect("(")
    found: list[str] = []
    while cursor.here.text != ")":
        found.append(cursor.expect_kind("name", "a label").text)
        if not cursor.takes(","):
            break
    cursor.expect(")")
    return tuple(found)


def range_aggregation(cursor: Cursor) -> RangeAggregation:
    name = cursor.take().text
    cursor.expect("(")
    parameter = ""
    if name == "quantile_over_time":
        parameter = cursor.expect_kind("number", "the quantile, like 0.95").text
        cursor.expect(",")
    is_bracketed = cursor.takes("(")
    found = logs(cursor)
    if is_bracketed:
        cursor.expect(")")
    length = range_of(cursor)
    found = Logs(found.matchers, (*found.stages, *stages.read_all(cursor)))
    offset = offset_of(cursor)
    cursor.expect(")")
    made = RangeAggregation(
        function=name, logs=found, seconds=length, parameter=parameter, offset_seconds=offset, grouping=grouping(cursor)
    )
    refuse_unfit(made)
    return made


def range_of(cursor: Cursor) -> float:
    if cursor.here.text != "[":
        raise cursor.unexpected("a range like [5m]")
    cursor.take()
    length = seconds(cursor.expect_kind("duration", "a length of time like 5m").text)
    cursor.expect("]")
    if length <= 0:
        raise BadLogQL("a range must be longer than nothing")
    return length


def offset_of(cursor: Cursor) -> float:
    if not cursor.takes("offset"):
        return 0
    is_negative = cursor.takes("-")
    length = seconds(cursor.expect_kind("duration", "a length of time like 1h").text)
    return -length if is_negative else length


def refuse_unfit(node: RangeAggregation) -> None:
    """Functions of values need `unwrap`, functions of lines must not have it."""
    unwraps = any(isinstance(stage, Unwrap) for stage in node.logs.stages)
    if unwraps and node.function not in MEASURING:
        raise BadLogQL(f"{node.function} counts lines, so it takes no unwrap")
    if not unwraps and node.function not in COUNTING:
        raise BadLogQL(f"{node.function} needs values: put | unwrap LABEL before the range")
    if node.grouping and not (node.function in GROUPABLE and unwraps):
        raise BadLogQL(f"{node.function} cannot be grouped itself: write sum by (...) ({node.function}(...))")


def logs(cursor: Cursor) -> Logs:
    found = matchers(cursor)
    return Logs(found, tuple(stages.read_all(cursor)))


def matchers(cursor: Cursor) -> tuple[Matcher, ...]:
    cursor.expect("{")
    found: list[Matcher] = []
    while cursor.here.text != "}":
        label = cursor.expect_kind("name", "a label").text
        if cursor.here.text not in ("=", "!=", "=~", "!~"):
            raise cursor.unexpected("=, !=, =~ or !~")
        operator = cursor.take().text
        value = cursor.expect_kind("string", "a value in double quotes").value
        if operator.endswith("~"):
            stages.refuse_bad_pattern(value)
        found.append(Matcher(label, operator, value))
        if not cursor.takes(","):
            break
    cursor.expect("}")
    if not any(chooses(item) for item in found):
        raise BadLogQL(
            'a stream selector needs at least one matcher that cannot be empty, like app="checkout" or app=~".+"'
        )
    return tuple(found)


def chooses(item: Matcher) -> bool:
    """Whether streams without the label are left out by it."""
    match item.operator:
        case "=":
            return bool(item.value)
        case "!=":
            return not item.value
        case "=~":
            return not stages.matches_nothing(item.value)
        case _:
            return stages.matches_nothing(item.value)
