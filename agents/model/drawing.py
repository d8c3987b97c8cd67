"""Charts and log lines of whatever a model had looked up, as parts of its answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

from agents import parts
from agents.answer import Part
from agents.brain import Gathered

Json: TypeAlias = dict[str, Any]
MOST = 12
WITHIN = ("analysis",)  # where an earlier investigation keeps what it found


def drawn(gathered: Sequence[Gathered]) -> tuple[Part, ...]:
    """The parts of each result that supports claims, in their order, the same one once; each names its execution."""
    found: dict[tuple[str, str, str], Part] = {}
    for one in gathered:
        if one.result.supports_claims:
            for part in parts_of(one):
                found.setdefault((part.kind, part.title, str(part.data)), part)
    return tuple(found.values())[:MOST]


def parts_of(one: Gathered) -> Iterator[Part]:
    executions = (str(one.result.execution_id or ""),)
    places = (one.result.data, *(one.result.data.get(key) for key in WITHIN))
    for data in places:
        if isinstance(data, Mapping):
            yield from in_data(cast("Mapping[str, Any]", data), executions)


def in_data(data: Mapping[str, Any], executions: tuple[str, ...]) -> Iterator[Part]:
    for chart in listed(data, "charts"):
        if is_whole(chart):
            yield parts.chart(chart, executions)
    rows = [row for row in listed(data, "rows") if "at" in row and "text" in row]
    if rows:
        total = data.get("total")
        yield parts.logs(title(data), rows, executions, total if isinstance(total, int) else None)


def is_whole(chart: Json) -> bool:
    series = listed(chart, "series")
    return bool(series) and {"title", "unit"} <= chart.keys() and all("points" in line for line in series)


def listed(data: Mapping[str, Any], key: str) -> list[Json]:
    """The objects in a list of the data; a tool may have cut it, or keep something else by that name."""
    value = data.get(key)
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("Json", item) for item in items if isinstance(item, dict)]


def title(data: Mapping[str, Any]) -> str:
    queries = listed(data, "queries")
    return next((str(query["title"]) for query in queries if query.get("title")), "Log lines")
