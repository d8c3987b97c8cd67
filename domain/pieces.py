"""A JSON document in pieces: long lists by batches of entries, long texts by lines, so that any part is found alone."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

import orjson

PieceKind: TypeAlias = Literal["json", "rows", "text"]
LARGEST = 128 * 1024
LEAST = 4 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """`body` is JSON as it stands in the document: `rows` start with the comma after the entry before them.

    `first_row` counts the entries of the list, or the lines of the text, at `path` (a JSON pointer) from 0.
    """

    kind: PieceKind
    body: bytes
    path: str = ""
    first_row: int = 0
    row_count: int = 0

    def rows(self) -> list[Any]:
        """The entries of the list or the lines of the text; none of what is between."""
        match self.kind:
            case "rows":
                return orjson.loads(b"[" + self.body.removeprefix(b",") + b"]")
            case "text":
                return lines(orjson.loads(b'"' + self.body + b'"'))
            case "json":
                return []


def packed(body: bytes) -> bytes:
    return zlib.compress(body, level=1)


def unpacked(content: bytes) -> bytes:
    return zlib.decompress(content)


def pieces(value: object) -> Iterator[Piece]:
    """`value` (JSON) in order; all bodies together are `orjson.dumps(value)`."""
    return Cutter().whole(value)


class Cutter:
    """Walks a value once. What is small stays in `between`, and goes out before the next piece of its own."""

    def __init__(self) -> None:
        self.between = bytearray()

    def whole(self, value: object) -> Iterator[Piece]:
        yield from self.cut(value, "")
        yield from self.out()

    def out(self) -> Iterator[Piece]:
        if self.between:
            yield Piece(kind="json", body=bytes(self.between))
            self.between.clear()

    def cut(self, value: object, path: str) -> Iterator[Piece]:
        match value:
            case _ if len(body := orjson.dumps(value)) <= LEAST:
                self.between += body
            case dict():
                yield from self.members(cast("Mapping[str, object]", value), path)
            case list() | tuple():
                yield from self.entries(cast("Sequence[object]", value), path)
            case str():
                yield from self.text(value, path)
            case _:
                self.between += body
        if len(self.between) > LARGEST:
            yield from self.out()

    def members(self, value: Mapping[str, object], path: str) -> Iterator[Piece]:
        self.between += b"{"
        for number, (key, member) in enumerate(value.items()):
            self.between += (b"," if number else b"") + orjson.dumps(key) + b":"
            yield from self.cut(member, f"{path}/{escaped(key)}")
        self.between += b"}"

    def entries(self, value: Sequence[object], path: str) -> Iterator[Piece]:
        self.between += b"["
        batch = Batch(path)
        for number, entry in enumerate(value):
            body = orjson.dumps(entry)
            if len(body) <= LARGEST:
                yield from (*self.out(), *batch.add(number, body))
                continue
            yield from batch.out()
            self.between += b"," if number else b""
            yield from self.cut(entry, f"{path}/{number}")
        yield from batch.out()
        self.between += b"]"

    def text(self, value: str, path: str) -> Iterator[Piece]:
        self.between += b'"'
        yield from self.out()
        row = 0
        for part in parts(value):
            count = len(lines(part))
            body = orjson.dumps(part)[1:-1]
            yield Piece(kind="text", body=body, path=path, first_row=row, row_count=count)
            row += count
        self.between += b'"'


class Batch:
    """Entries of one list until there are enough for a piece."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.first = 0
        self.bodies: list[bytes] = []
        self.size = 0

    def add(self, number: int, body: bytes) -> Iterator[Piece]:
        """The entry is in the batch; what was in it before comes out when it was full."""
        if self.size + len(body) > LARGEST:
            yield from self.out()
        if not self.bodies:
            self.first = number
        self.bodies.append(body)
        self.size += len(body) + 1

    def out(self) -> Iterator[Piece]:
        if self.bodies:
            body = (b"," if self.first else b"") + b",".join(self.bodies)
            yield Piece(kind="rows", body=body, path=self.path, first_row=self.first, row_count=len(self.bodies))
        self.bodies, self.size = [], 0


def parts(text: str) -> Iterator[str]:
    """The text in runs of whole lines; a line that is longer than a piece is cut."""
    start = 0
    while start < len(text):
        end = min(start + LARGEST, len(text))
        if end < len(text):
            end = text.rfind("\n", start, end) + 1 or end
        yield text[start:end]
        start = end


def lines(text: str) -> list[str]:
    """Its lines without their ends; the last need not have one."""
    return text.removesuffix("\n").split("\n")


def escaped(key: str) -> str:
    """A key as one step of a JSON pointer. Source: RFC 6901."""
    return key.replace("~", "~0").replace("/", "~1")
