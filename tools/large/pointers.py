"""Places in a JSON document: `/streams/0/values` as RFC 6901 has it; `labels.level` is read the same."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from domain.pieces import escaped

NOWHERE = object()


def steps(path: str) -> list[str]:
    """The keys and numbers on the way."""
    if path.startswith("/"):
        return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    return path.split(".") if path else []


def pointer(path: str) -> str:
    """The one spelling of a place: `a.b` is `/a/b`."""
    return "".join(f"/{escaped(step)}" for step in steps(path.rstrip("/")))


def within(value: Any, way: Sequence[str]) -> Any:
    """What stands there, NOWHERE when nothing does. A key with dots in it is found too."""
    if not way:
        return value
    match value:
        case dict():
            entries = cast("Mapping[str, Any]", value)
            if way[0] in entries:
                return within(entries[way[0]], way[1:])
            joined = ".".join(way)
            return entries.get(joined, NOWHERE)
        case list():
            entries = cast("list[Any]", value)
            place = int(way[0]) if way[0].isdecimal() else len(entries)
            return within(entries[place], way[1:]) if place < len(entries) else NOWHERE
        case _:
            return NOWHERE


def split(path: str, lists: Sequence[str]) -> tuple[str, int, list[str]] | None:
    """The list that `path` leads into, the entry, and the way on from there; the deepest list wins."""
    for known in sorted(lists, key=len, reverse=True):
        if path.startswith(f"{known}/"):
            entry, *rest = steps(path[len(known) :])
            return (known, int(entry), rest) if entry.isdecimal() else None
    return None
