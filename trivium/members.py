"""Members of a JSON file put and taken out in its text, so that all else in it stays as its owner wrote it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

Path: TypeAlias = Sequence[str]
Json: TypeAlias = dict[str, Any]
SPACE = re.compile(r"[ \t\r\n]*")
INDENT = re.compile(r'^([ \t]+)"', re.MULTILINE)
BOM = "\ufeff"
DECODER = json.JSONDecoder()


class Unreadable(Exception):  # noqa: N818 - it names a state
    """The text is no JSON object, or not one of the shape that was expected; the message says where."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object: its key, where it begins, where its value begins, and where it ends."""

    key: str
    start: int
    value: int
    end: int


@dataclass(frozen=True, slots=True)
class Shape:
    """How the file is written: what one step inwards is, and what ends a line."""

    indent: str
    newline: str

    def dumped(self, value: Any, depth: int) -> str:
        lines = json.dumps(value, indent=self.indent, ensure_ascii=False).split("\n")
        return (self.newline + self.indent * depth).join(lines)

    def broken(self, depth: int) -> str:
        return self.newline + self.indent * depth


def read(text: str) -> Json:
    """What the text says; nothing is an empty object. Raises Unreadable."""
    text = text.removeprefix(BOM)
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    if not isinstance(found, dict):
        raise Unreadable("it holds no object")
    return cast("Json", found)


def value_at(found: Json, path: Path) -> Any:
    """None when there is nothing. Raises Unreadable when what stands on the way is no object."""
    here: Any = found
    for place, key in enumerate(path):
        if not isinstance(here, dict):
            raise Unreadable(f"{'.'.join(path[:place])} holds no object")
        here = cast("Json", here).get(key)
        if here is None:
            return None
    return here


def put(text: str, path: Path, value: Any) -> str:
    """The text with the value at the path, objects on the way made where there are none. Raises Unreadable."""
    value_at(read(text), path)
    head, body = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
    if not body.strip():
        body = "{}\n"
    shape = Shape(
        indent=found[1] if (found := INDENT.search(body)) else "  ", newline="\r\n" if "\r\n" in body else "\n"
    )
    return head + placed(body, path, value, shape)


def placed(text: str, path: Path, value: Any, shape: Shape) -> str:
    at = first(text, 0)
    for depth, key in enumerate(path, start=1):
        known, close = members(text, at)
        member = next((each for each in known if each.key == key), None)
        if member is None:
            for inner in reversed(path[depth:]):
                value = {inner: value}
            entry = f"{json.dumps(key, ensure_ascii=False)}: {shape.dumped(value, depth)}"
            if known:
                return f"{text[: known[-1].end]},{shape.broken(depth)}{entry}{text[known[-1].end :]}"
            return f"{text[: at + 1]}{shape.broken(depth)}{entry}{shape.broken(depth - 1)}{text[close:]}"
        if depth == len(path) or text[member.value] != "{":
            for inner in reversed(path[depth:]):
                value = {inner: value}
            return text[: member.value] + shape.dumped(value, depth) + text[member.end :]
        at = member.value
    return text


def taken_out(text: str, path: Path) -> str:
    """The text without the member at the path; the same text where there is none. Raises Unreadable."""
    if value_at(read(text), path) is None:
        return text
    at = first(text, len(BOM) if text.startswith(BOM) else 0)
    for key in path[:-1]:
        at = next(each.value for each in members(text, at)[0] if each.key == key)
    known, close = members(text, at)
    place = next(number for number, each in enumerate(known) if each.key == path[-1])
    if len(known) == 1:
        return text[: at + 1] + text[close:]
    if place == 0:
        return text[: known[0].start] + text[known[1].start :]
    return text[: known[place - 1].end] + text[known[place].end :]


def members(text: str, at: int) -> tuple[list[Member], int]:
    """The members of the object that begins at `at`, in order, and where it is closed. The text is sound JSON."""
    found: list[Member] = []
    here = first(text, at + 1)
    while text[here] != "}":
        key, after = DECODER.raw_decode(text, here)
        value = first(text, first(text, after) + 1)
        _, end = DECODER.raw_decode(text, value)
        found.append(Member(key, here, value, end))
        here = first(text, end)
        here = first(text, here + 1) if text[here] == "," else here
    return found, here


def first(text: str, at: int) -> int:
    """The first place from `at` on that is no space."""
    match = SPACE.match(text, at)
    return match.end() if match else at
