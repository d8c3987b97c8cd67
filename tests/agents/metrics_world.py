"""Results of `query_metrics` as the tool gives them, for the tests of answers about metrics."""

from collections.abc import Mapping
from typing import Any

from tests.agents.rules_world import result
from tools.spec import ToolResult

HOUR = {"start": "2026-11-20T11:00:00Z", "end": "2026-11-20T12:00:00Z"}
ELEVEN = 1_795_172_400  # 2026-11-20T11:00:00Z


def series(name: str, value: float, **changes: Any) -> dict[str, Any]:
    """One series; it ends as it was on average and peaked at half as much again."""
    given: dict[str, Any] = {
        "name": name, "labels": {}, "last": value, "mean": value, "min": value / 2, "max": value * 1.5,
        "peak_at": "2026-11-20T11:32:00Z", "against": None, "change": None,
    }  # fmt: skip
    return given | changes


def query(*rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "title": "CPU", "query": "sum(rate(x[5m]))", "plain": "the rate of x over 5 min, summed", "unit": "short",
        "kind": "range", "step_seconds": 60, "series_count": len(rows), "error": None, "series": list(rows),
    }  # fmt: skip
    return given | changes


def chart(points: list[list[float | None]], name: str = "checkout", unit: str = "short") -> dict[str, Any]:
    line: dict[str, Any] = {"name": name, "labels": {}, "unit": unit, "points": points, "summary": {}, "cut": None}
    return {"title": "CPU", "unit": unit, "series": [line], "thresholds": [], "bands": [], "marks": []}


def measured(number: int, *queries: dict[str, Any], **changes: Any) -> ToolResult:
    """What the tool gives, proved by execution `number`."""
    data: dict[str, Any] = {
        "question": "cpu of checkout", "language": "promql", "confidence": 1.0, "why": ["every word was read"],
        "assumed": [], "repairs": [], "notes": [], "queries": list(queries), "charts": [], "window": HOUR,
        "against_window": None,
    }  # fmt: skip
    is_found = any(each["series"] for each in queries)
    return result(number, data | changes, "ok" if is_found else "empty", source="Prometheus (prom)")


def unconnected(data: Mapping[str, Any] | None = None) -> ToolResult:
    """The refusal when nobody has connected a source."""
    told = {"code": "not_configured", "required_permission": None, "alternative": None}
    error = "No Prometheus is connected. Set MCP_GRAFANA_URL or PROMETHEUS_URL, or add a datasource."
    return result(9, told if data is None else data, "error", source="policy", error=error)
