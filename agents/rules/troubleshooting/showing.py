"""Showing a part of the context before any answer: how it stands, and the little of it that a person looks at first."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from tools.spec import ToolResult

Json: TypeAlias = dict[str, Any]
PartStatus: TypeAlias = Literal["ok", "empty", "error", "late", "unset", "forbidden"]
MOST_SHOWN = 5
UNSET = ("not_configured", "not connected", "No Grafana is", "No Prometheus is", "No Loki is")


def status_of(result: ToolResult) -> PartStatus:
    """`late`: over its deadline; `unset`: nobody has configured its source; `error` also for what came back cut."""
    match result.status:
        case "ok" | "empty":
            return result.status
        case "forbidden":
            return "forbidden"
        case "error" | "truncated":
            if result.data.get("late"):
                return "late"
            return "unset" if any(sign in (result.error or "") for sign in UNSET) else "error"


def short(part: str, data: Json) -> Json:
    """What is shown of it; the whole is in its execution."""
    show = SHOWN.get(part.partition(":")[0])
    return show(data) if show else {}


def of_alert(data: Json) -> Json:
    return {key: data.get(key) for key in ("alert", "incident", "history", "profile")} | {
        "related": data.get("related", ())[:MOST_SHOWN],
        "analyses": data.get("analyses", ())[:2],
        "sessions": data.get("sessions", ())[:MOST_SHOWN],
    }


def of_impact(data: Json) -> Json:
    return {
        "service": data.get("service"),
        "impacted": data.get("impacted"),
        "changed": [measured(item) for item in data.get("changed", ())[:MOST_SHOWN]],
        "charts": data.get("charts", ())[:2],
    }


def of_errors(data: Json) -> Json:
    patterns = data.get("patterns", ())[:MOST_SHOWN]
    return {
        "errors": data.get("errors"),
        "errors_before": data.get("errors_before"),
        "patterns": [{key: item[key] for key in ("pattern", "count", "state", "first_at")} for item in patterns],
    }


def of_slow(data: Json) -> Json:
    return {"percentiles": [measured(item) for item in data.get("percentiles", ())[:MOST_SHOWN]]}


def of_changes(data: Json) -> Json:
    return {"changes": data.get("changes", ())[:MOST_SHOWN], "total": data.get("changes_total")}


def measured(item: Json) -> Json:
    return {
        "title": item["title"],
        "unit": item["unit"],
        "before": item["before"]["median"],
        "after": item["after"]["median"],
        "verdict": item["verdict"],
        "at": (item.get("change") or {}).get("at"),
    }


SHOWN: dict[str, Callable[[Json], Json]] = {
    "alert": of_alert,
    "impact": of_impact,
    "dependency": of_impact,
    "errors": of_errors,
    "slow": of_slow,
    "oncall": lambda data: {"schedules": data.get("schedules", ())[:MOST_SHOWN]},
    "similar": lambda data: {"incidents": data.get("incidents", ())[:3]},
    "changes": of_changes,
    "runbooks": lambda data: {"runbooks": data.get("runbooks", ())[:3]},
}
