"""How the Grafana tools answer: the exact call that was sent, and what was made by it."""

from datetime import UTC, datetime
from typing import Any

from domain.windows import stamp
from tools.cleaning import canonical
from tools.sources.grafana import SOURCE
from tools.spec import Json, ToolContext, ToolResult

UNSET = ToolResult(
    status="error",
    source=SOURCE,
    error="No Grafana is connected: set MCP_GRAFANA_URL to an mcp-grafana, and GRAFANA_URL for links.",
)


def sent(tool: str, arguments: Json) -> str:
    """The exact call: `query_prometheus {"datasourceUid":"prom","expr":"up"}`."""
    return f"{tool} {canonical(arguments).decode()}"


def answer(context: ToolContext, data: Json, *, query: str, found: int, cut: str | None = None) -> ToolResult:
    """What was read; `empty` when nothing was found."""
    status = "ok" if found else "empty"
    return ToolResult(status=status, source=SOURCE, data=data, query=query, as_of=context.clock(), cut=cut)


def failed(context: ToolContext, said: str, *, query: str, is_uncertain: bool) -> ToolResult:
    """A change that was not made as approved; uncertain when it may have been made all the same."""
    return ToolResult(
        status="error", source=SOURCE, error=said, query=query, as_of=context.clock(), is_uncertain=is_uncertain
    )


def made(context: ToolContext, resource: Json, query: str, **data: Any) -> ToolResult:
    """What was made or changed, and seen to be there."""
    known = {name: value for name, value in resource.items() if value is not None}
    return ToolResult(status="ok", source=SOURCE, data={"resource": known, **data}, query=query, as_of=context.clock())


def milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def from_milliseconds(number: Any) -> str | None:
    """RFC 3339 of epoch milliseconds, None for 0 or no number: Grafana writes 0 for no time."""
    if not isinstance(number, int | float) or not number:
        return None
    return stamp(datetime.fromtimestamp(number / 1000, UTC))
