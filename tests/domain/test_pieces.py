from typing import Any

import orjson
import pytest

from domain.pieces import LARGEST, Piece, lines, pieces

WORD = "x" * 100
SHAPES: dict[str, Any] = {
    "small": {"total": 1, "rows": [1, 2]},
    "a list": {"total": 3000, "rows": [{"n": n, "text": WORD} for n in range(3000)], "after": [1]},
    "lists in a list": {"streams": [{"labels": {"a": "b"}, "values": [[str(n), WORD] for n in range(2000)]}] * 3},
    "small and large entries": [1, WORD * 2000, {"a": [WORD] * 2000}, 2, 3, [4], "é" * 200_000, 5],
    "a text": {"log": "\n".join(f'{n} ü {WORD} "quoted" \t' for n in range(5000)), "is": None},
    "a line without an end": {"log": "\U0001f600" * 200_000},
    "keys with slashes": {"a/b~c": {"": [WORD] * 100}},
    "many keys": {f"key {n}": WORD for n in range(5000)},
    "nothing": {},
    "a plain text": WORD * 3000,
    "empty lines": {"log": "\n" * 10_000},
}


@pytest.mark.parametrize("value", SHAPES.values(), ids=SHAPES)
def test_the_pieces_together_are_the_document(value: Any) -> None:
    found = list(pieces(value))
    assert b"".join(piece.body for piece in found) == orjson.dumps(value)
    assert max(len(piece.body) for piece in found) <= 7 * LARGEST, "six bytes a character at most"


@pytest.mark.parametrize("value", SHAPES.values(), ids=SHAPES)
def test_every_row_is_at_its_place(value: Any) -> None:
    reached: dict[str, int] = {}
    for piece in pieces(value):
        rows = piece.rows()
        assert len(rows) == piece.row_count
        if piece.kind == "json":
            continue
        assert piece.first_row >= reached.get(piece.path, 0)
        reached[piece.path] = piece.first_row + len(rows)
        there = at(value, piece.path)
        wanted = lines(there) if isinstance(there, str) else there
        if max(map(len, map(orjson.dumps, wanted))) <= LARGEST:
            assert rows == wanted[piece.first_row : piece.first_row + len(rows)]


def at(value: Any, path: str) -> Any:
    for step in path.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        value = value[int(key) if key.isdecimal() else key]
    return value


def test_a_long_list_is_found_by_its_path_however_deep() -> None:
    found = {piece.path for piece in pieces(SHAPES["lists in a list"]) if piece.kind == "rows"}
    assert found == {"/streams/0/values", "/streams/1/values", "/streams/2/values"}


def test_what_is_between_has_no_rows() -> None:
    assert Piece(kind="json", body=b'{"a":').rows() == []
