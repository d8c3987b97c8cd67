"""An investigation that was made before, shown: its patterns of errors, or its courses of latency."""

from collections.abc import Mapping
from typing import Any

from agents import parts
from agents.answer import Finding, Part
from agents.rules import drawing
from agents.rules.facts import Found
from agents.rules.writers import logs


def more(data: Mapping[str, Any], executions: tuple[str, ...]) -> tuple[tuple[Finding, ...], tuple[Part, ...]]:
    """What was found then."""
    analysis: dict[str, Any] = data.get("analysis") or {}
    found = Found(analysis, executions[0])
    charts = tuple(parts.chart(each, executions) for each in analysis.get("charts") or ())
    if not analysis.get("patterns"):
        return (), charts
    table = drawing.table("Patterns of errors, new ones first", logs.PATTERN_COLUMNS, found.rows("patterns"), found)
    counted = found.finding(f"{logs.news(found)}; {analysis['errors']:,} errors in all.")
    return (counted, *logs.pattern_findings(found)), (*charts, table)
