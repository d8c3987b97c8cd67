"""Parts of answers, made and kept to a size that travels: charts, log lines, and a bound for every kind."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from agents.answer import Part
from tools.series.downsample import downsampled
from tools.series.series import MISSING, Series

Json: TypeAlias = dict[str, Any]
MOST_POINTS = 2000
MOST_SERIES = 20
MOST_ROWS = 1000
DRAWN_OF_A_CHART = ("unit", "series", "thresholds", "bands", "marks", "cut")
LEVELS: dict[str, re.Pattern[str]] = {
    "critical": re.compile(r"crit|fatal|emerg|panic|alert", re.IGNORECASE),
    "error": re.compile(r"err|severe", re.IGNORECASE),
    "warning": re.compile(r"warn", re.IGNORECASE),
    "info": re.compile(r"info|notice", re.IGNORECASE),
    "debug": re.compile(r"debug|trace|verbose", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Most:
    """How much of a part travels: points of each series, rows, bands and marks, characters of a text."""

    points: int = MOST_POINTS
    series: int = MOST_SERIES
    rows: int = MOST_ROWS
    beside: int = 100
    characters: int = 2000


ANSWERED = Most()


def chart(data: Json, executions: tuple[str, ...], title: str = "") -> Part:
    """A `series` part of a chart as `tools.series.parts` makes it."""
    kept = {key: data[key] for key in DRAWN_OF_A_CHART if key in data}
    return bounded(Part(kind="series", title=title or data["title"], data=kept, executions=executions))


def logs(title: str, rows: Sequence[Json], executions: tuple[str, ...], total: int | None = None) -> Part:
    """Rows are {at, text, level?, labels?}, newest first; `total` counts those that are not among them too."""
    kept = [row | {"level": level_of(row.get("level") or "")} for row in rows]
    data = {"rows": kept, "total": len(rows) if total is None else total}
    return bounded(Part(kind="logs", title=title, data=data, executions=executions))


def level_of(word: str) -> str:
    """One of the five levels, or `unknown`."""
    return next((level for level, known in LEVELS.items() if known.match(word.strip())), "unknown")


def bounded(part: Part, most: Most = ANSWERED) -> Part:
    """The part with at most so many series, points, rows and characters; `cut` says what that left out."""
    data, cut = BOUNDS[part.kind](part.data, most)
    told = "; ".join(filter(None, (part.data.get("cut"), cut)))
    return replace(part, data=data | ({"cut": told} if told else {}))


def bounded_series(data: Json, most: Most) -> tuple[Json, str]:
    if "series" not in data:
        points, cut = bounded_points(data["points"], most.points)
        return data | {"points": points}, cut
    found = [(item, *bounded_points(item["points"], most.points)) for item in data["series"][: most.series]]
    lines = [item | {"points": points} for item, points, _ in found]
    beside = {key: data[key][: most.beside] for key in ("thresholds", "bands", "marks") if key in data}
    cuts = [beyond(len(lines), len(data["series"]), "series"), *dict.fromkeys(cut for _, _, cut in found)]
    return data | beside | {"series": lines}, "; ".join(filter(None, cuts))


def bounded_points(points: list[list[Any]], most: int) -> tuple[list[list[Any]], str]:
    """The extremes stay. Times are what they were; what is no finite number becomes null."""
    clean = [[time, value if value is None or math.isfinite(value) else None] for time, value in points]
    if len(clean) <= most:
        return clean, ""
    series = Series(
        times=tuple(range(len(clean))),
        values=tuple(MISSING if value is None else value for _, value in clean),
        labels={},
    )
    places = [int(place) for place in downsampled(series, most).series.times]
    return [clean[place] for place in places], f"{len(places):,} of {len(clean):,} points are drawn"


def bounded_rows(data: Json, most: Most) -> tuple[Json, str]:
    longest = most.characters
    rows = [{key: shortened(value, longest) for key, value in row.items()} for row in data["rows"][: most.rows]]
    return data | {"rows": rows}, beyond(len(rows), len(data["rows"]), "rows")


def bounded_logs(data: Json, most: Most) -> tuple[Json, str]:
    """What the total says besides is not among the rows that came."""
    kept, _ = bounded_rows(data, most)
    return kept, beyond(len(kept["rows"]), max(data["total"], len(data["rows"])), "lines")


def as_it_is(data: Json, _most: Most) -> tuple[Json, str]:
    return data, ""


def shortened(value: Any, longest: int) -> Any:
    return value[:longest] + "…" if isinstance(value, str) and len(value) > longest else value


def beyond(shown: int, total: int, what: str) -> str:
    return f"{shown:,} of {total:,} {what}" if shown < total else ""


def seconds(time: str | float) -> float:
    """A point's time as epoch seconds."""
    return datetime.fromisoformat(time).timestamp() if isinstance(time, str) else float(time)


BOUNDS: dict[str, Callable[[Json, Most], tuple[Json, str]]] = {
    "stat": as_it_is,
    "table": bounded_rows,
    "series": bounded_series,
    "logs": bounded_logs,
    "events": bounded_rows,
}
