"""A preview: the shape and the totals of a large result, with its long lists and texts cut."""

from typing import Any, cast

import orjson

LARGEST_INLINE = 32 * 1024
LARGEST_WHOLE = 1024 * 1024
ITEMS = (200, 50, 20, 5, 1, 0)
LONGEST_TEXT = 2000


def preview(data: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """`data` small enough to travel, and a sentence that says what was cut. Numbers and short texts stay."""
    for items in ITEMS:
        shown = shorten(data, items)
        if len(orjson.dumps(shown)) <= LARGEST_INLINE:
            return shown, f"lists cut to {items} entries; the whole result is kept as an artifact"
    return {}, "nothing shown; the whole result is kept as an artifact"


def shorten(value: Any, items: int) -> Any:
    match value:
        case str() if len(value) > LONGEST_TEXT:
            return value[:LONGEST_TEXT] + "…"
        case list():
            return [shorten(entry, items) for entry in cast("list[Any]", value)[:items]]
        case dict():
            return {key: shorten(entry, items) for key, entry in cast("dict[str, Any]", value).items()}
        case _:
            return value
