"""The stages of a LogQL pipeline: line filters, parsers, label filters, formats and unwrap."""

import re
from collections.abc import Iterator

from tools.translate.logql.cursor import Cursor
from tools.translate.logql.lexing import BadLogQL
from tools.translate.logql.tree import Format, LabelFilter, LineFilter, Parse, Stage, Unwrap

LINE_FILTERS = ("|=", "!=", "|~", "!~", "|>", "!>")
PARSERS = ("json", "logfmt", "pattern", "regexp", "unpack")
FORMATS = ("line_format", "label_format", "drop", "keep", "decolorize")
COMPARISONS = ("=", "!=", "=~", "!~", "==", ">", ">=", "<", "<=")
CONVERSIONS = ("duration", "duration_seconds", "bytes")
FLAGS = {"--strict", "--keep-empty"}
# What Python's expressions have and RE2 has not.
NOT_RE2 = re.compile(r"(?<!\\)(?:\\\\)*(\(\?[=!]|\(\?<[=!]|\\[1-9]|\(\?P=|\(\?>|[*+?}]\+)")


def quoted(value: str) -> str:
    escaped = (
        value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    return f'"{escaped}"'


def read_all(cursor: Cursor) -> Iterator[Stage]:
    while True:
        word = cursor.here
        if word.kind == "sign" and word.text in LINE_FILTERS:
            yield line_filter(cursor)
        elif word.text == "|" and word.kind == "sign":
            cursor.take()
            yield stage(cursor)
        else:
            return


def line_filter(cursor: Cursor) -> LineFilter:
    operator = cursor.take().text
    is_ip = cursor.takes("ip")
    if is_ip:
        cursor.expect("(")
    values = [text_of(cursor, operator)]
    if is_ip:
        cursor.expect(")")
    while not is_ip and cursor.here.text == "or" and cursor.next.kind == "string":
        cursor.take()
        values.append(text_of(cursor, operator))
    return LineFilter(operator, tuple(values), is_ip)


def text_of(cursor: Cursor, operator: str) -> str:
    value = cursor.expect_kind("string", "a text in double quotes or backticks").value
    if operator.endswith("~"):
        refuse_bad_pattern(value)
    return value


def refuse_bad_pattern(pattern: str) -> None:
    """Raises BadLogQL for what RE2 would not compile, as far as Python can tell."""
    unknown = NOT_RE2.search(pattern)
    if unknown:
        raise BadLogQL(f"{unknown[1]!r} is not known to Loki's regular expressions (RE2)")
    try:
        re.compile(
            re.sub(
                r"\\[pPCzAQE]|\[\[:\w+:\]\]|\(\?[imsU]+(?=[:)])",
                lambda found: "(?i" if "(?" in found[0] else "x",
                pattern,
            )
        )
    except re.error as error:
        raise BadLogQL(f"{pattern!r} is no regular expression: {error}") from error


def matches_nothing(pattern: str) -> bool:
    """Whether the whole pattern fits the empty text."""
    try:
        return re.fullmatch(pattern, "") is not None
    except re.error:
        return False


def stage(cursor: Cursor) -> Stage:
    word = cursor.here
    if word.kind == "name" and cursor.next.text not in COMPARISONS:
        if word.text in PARSERS:
            return parser(cursor)
        if word.text in FORMATS:
            return format_of(cursor)
        if word.text == "unwrap":
            return unwrap(cursor)
    if word.kind == "name" or word.text == "(":
        return label_filter(cursor)
    raise cursor.unexpected("a parser, a filter or a format")


def parser(cursor: Cursor) -> Parse:
    name = cursor.take().text
    if name in ("pattern", "regexp"):
        value = cursor.expect_kind("string", f"what {name} shall find").value
        refuse_empty_capture(name, value)
        return Parse(name, quoted(value))
    parts: list[str] = []
    while cursor.here.kind == "flag":
        if name != "logfmt" or cursor.here.text not in FLAGS:
            raise cursor.unexpected("a flag of logfmt: --strict or --keep-empty")
        parts.append(cursor.take().text)
    named = extractions(cursor) if name in ("json", "logfmt") and cursor.here.kind == "name" else ""
    return Parse(name, " ".join([*parts, *([named] if named else [])]))


def refuse_empty_capture(name: str, value: str) -> None:
    if name == "regexp":
        refuse_bad_pattern(value)
        if "(?P<" not in value:
            raise BadLogQL("regexp needs at least one named group, like (?P<status>\\d+)")
    elif not re.search(r"<[a-zA-Z_]\w*>", value):
        raise BadLogQL("pattern needs at least one name, like <status>")


def extractions(cursor: Cursor) -> str:
    """`code="response.code", msg`: what to take out under which name."""
    found: list[str] = []
    while True:
        label = cursor.expect_kind("name", "a label").text
        found.append(
            f"{label}={quoted(cursor.expect_kind('string', 'where it stands').value)}" if cursor.takes("=") else label
        )
        if not cursor.takes(","):
            return ", ".join(found)


def format_of(cursor: Cursor) -> Format:
    name = cursor.take().text
    match name:
        case "decolorize":
            return Format(name)
        case "line_format":
            value = cursor.expect_kind("string", "a template in double quotes or backticks").value
            if value.count("{{") != value.count("}}"):
                raise BadLogQL("the braces of line_format do not match")
            return Format(name, quoted(value))
        case "label_format":
            return Format(name, assignments(cursor))
        case _:
            return Format(name, conditions(cursor))


def assignments(cursor: Cursor) -> str:
    found: list[str] = []
    while True:
        label = cursor.expect_kind("name", "a label").text
        cursor.expect("=")
        word = cursor.take()
        if word.kind not in ("string", "name"):
            raise BadLogQL(f"label_format gives {label} a label or a template, not {word.text!r}")
        found.append(f"{label}={quoted(word.value) if word.kind == 'string' else word.text}")
        if not cursor.takes(","):
            return ", ".join(found)


def conditions(cursor: Cursor) -> str:
    """Labels to drop or keep, each perhaps only with a value."""
    found: list[str] = []
    while True:
        label = cursor.expect_kind("name", "a label").text
        if cursor.here.text in ("=", "!=", "=~", "!~"):
            operator = cursor.take().text
            label += f"{operator}{quoted(cursor.expect_kind('string', 'a value').value)}"
        found.append(label)
        if not cursor.takes(","):
            return ", ".join(found)


def unwrap(cursor: Cursor) -> Unwrap:
    cursor.take()
    name = cursor.expect_kind("name", "the label to unwrap").text
    if name not in CONVERSIONS or cursor.here.text != "(":
        return Unwrap(name)
    cursor.expect("(")
    label = cursor.expect_kind("name", "the label to unwrap").text
    cursor.expect(")")
    return Unwrap(label, name)


def label_filter(cursor: Cursor) -> LabelFilter:
    labels: list[str] = []
    return LabelFilter(either(cursor, labels), tuple(dict.fromkeys(labels)))


def either(cursor: Cursor, labels: list[str]) -> str:
    """Conditions joined by or, and, or commas; brackets as they are written."""
    text = condition(cursor, labels)
    while cursor.here.text in ("or", "and", ",") and cursor.here.kind != "string":
        word = cursor.take().text
        text += f" {'and' if word == ',' else word} {condition(cursor, labels)}"
    return text


def condition(cursor: Cursor, labels: list[str]) -> str:
    if cursor.takes("("):
        inner = either(cursor, labels)
        cursor.expect(")")
        return f"({inner})"
    label = cursor.expect_kind("name", "a label").text
    labels.append(label)
    if cursor.here.text not in COMPARISONS:
        raise cursor.unexpected("a comparison")
    operator = cursor.take().text
    return f"{label} {operator} {compared(cursor, operator)}"


def compared(cursor: Cursor, operator: str) -> str:
    word = cursor.here
    if cursor.takes("ip"):
        cursor.expect("(")
        value = quoted(cursor.expect_kind("string", "an address").value)
        cursor.expect(")")
        return f"ip({value})"
    sign = cursor.take().text if word.text == "-" else ""
    word = cursor.take()
    if word.kind == "string" and operator in ("=", "!=", "=~", "!~"):
        if operator.endswith("~"):
            refuse_bad_pattern(word.value)
        return quoted(word.value)
    if word.kind in ("number", "duration", "bytes") and not operator.endswith("~"):
        return sign + word.text
    raise BadLogQL(f"{operator} cannot compare with {word.text or 'nothing'!r} at character {word.at + 1}")
