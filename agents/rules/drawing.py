"""The parts of an answer that are drawn: single numbers, tables, series and events."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from agents.answer import Part
from agents.rules import phrases
from agents.rules.facts import Found

Json: TypeAlias = dict[str, Any]
Column: TypeAlias = tuple[str, str] | tuple[str, str, str]


def stat(name: str, value: float | str, found: Found, unit: str = "") -> Part:
    return Part(
        kind="stat", title=name, data={"name": name, "value": value, "unit": unit}, executions=(found.execution,)
    )


def table(title: str, columns: Sequence[Column], rows: Iterable[Json], found: Found) -> Part:
    """Columns are key, title and, where there is one, the unit; of each row only these keys are kept."""
    heads = [dict(zip(("key", "title", "unit"), column, strict=False)) for column in columns]
    kept = [{column[0]: row.get(column[0]) for column in columns} for row in rows]
    return Part(kind="table", title=title, data={"columns": heads, "rows": kept}, executions=(found.execution,))


def series(title: str, unit: str, points: Sequence[tuple[str, float | None]], found: Found) -> Part:
    """Points are RFC 3339 time and value, in time order; None where nothing was measured."""
    data = {"unit": unit, "points": [list(point) for point in points]}
    return Part(kind="series", title=title, data=data, executions=(found.execution,))


def events(title: str, rows: Sequence[Json], found: Found) -> Part:
    return Part(kind="events", title=title, data={"rows": list(rows)}, executions=(found.execution,))


def by_severity(counts: Mapping[str, int], found: Found, noun: str = "alerts") -> Part:
    """The table of the seeds' page: severity, count, share of the whole."""
    total = sum(counts.values())
    rows = [
        {"severity": name, "count": number, "share": phrases.share(number, total)} for name, number in counts.items()
    ]
    columns = [("severity", "Severity"), ("count", phrases.capital(noun)), ("share", "Share")]
    return table("By severity", columns, rows, found)


ALERT_COLUMNS: tuple[Column, ...] = (
    ("starts_at", "Started (UTC)"),
    ("severity", "Severity"),
    ("name", "Alert"),
    ("service", "Service"),
    ("environment", "Environment"),
    ("status", "Status"),
    ("duration_seconds", "Lasted", "s"),
    ("summary", "Summary"),
)
INCIDENT_COLUMNS: tuple[Column, ...] = (
    ("number", "Incident"),
    ("title", "Title"),
    ("service", "Service"),
    ("severity", "Severity"),
    ("status", "Status"),
    ("opened_at", "Opened (UTC)"),
    ("duration_seconds", "Lasted", "s"),
    ("alert_count", "Alerts"),
)
CHANGE_COLUMNS: tuple[Column, ...] = (
    ("occurred_at", "Time (UTC)"),
    ("kind", "Kind"),
    ("service", "Service"),
    ("summary", "Change"),
    ("version", "Version"),
    ("author", "By"),
    ("alerts_before", "Alerts before"),
    ("alerts_after", "Alerts after"),
    ("minutes_to_first_alert", "First alert after", "min"),
)


def alerts(title: str, rows: Sequence[Json], found: Found) -> Part:
    return table(title, ALERT_COLUMNS, rows, found)


def incidents(title: str, rows: Sequence[Json], found: Found) -> Part:
    return table(title, INCIDENT_COLUMNS, rows, found)


def changes(title: str, rows: Sequence[Json], found: Found) -> Part:
    return table(title, CHANGE_COLUMNS, rows, found)
