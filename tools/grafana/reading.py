"""Looking into JSON that somebody else made: what is not there, or not of the kind that belongs there, is empty."""

from typing import Any, cast

from tools.spec import Json


def part(value: Any, *keys: str) -> Json:
    """The object under these keys, one inside the other."""
    for key in keys:
        value = cast("Json", value).get(key) if isinstance(value, dict) else None
    return cast("Json", value) if isinstance(value, dict) else {}


def items(value: Any, *keys: str) -> list[Json]:
    """The objects of the list under these keys."""
    *way, last = keys
    found = part(value, *way).get(last)
    return (
        [cast("Json", item) for item in cast("list[Any]", found) if isinstance(item, dict)]
        if isinstance(found, list)
        else []
    )


def words(value: Json, key: str) -> list[str]:
    """The list under `key` as texts."""
    found = value.get(key)
    return [str(item) for item in cast("list[Any]", found)] if isinstance(found, list) else []


def counted(number: float, noun: str) -> str:
    """`1 panel`, `2 panels`."""
    return f"{number:g} {noun}" if number == 1 else f"{number:g} {noun}s"


def text(value: Json, key: str) -> str:
    found = value.get(key)
    return "" if found is None else str(found)
