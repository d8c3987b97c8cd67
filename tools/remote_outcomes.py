"""What a call of a remote tool comes to, and whether it is still the tool that was decided on."""

from datetime import datetime

import structlog

from domain.errors import Refused, SourceError
from domain.mcp_checks import Verdict
from domain.mcp_server_tools import ServerTool
from domain.mcp_servers import McpServer
from tools.remote_specs import Offered
from tools.remote_writes import changed
from tools.spec import Risk, ToolResult

log = structlog.get_logger("ai_ops")


def may_go_on(tool: Offered, error: SourceError | Refused) -> bool:
    """Whether the next server may be asked: a change never, when it may have been made already."""
    if isinstance(error, Refused):
        return True
    return error.retryable and (tool.risk is Risk.READ or not error.is_uncertain)


def is_same(tool: Offered, found: ServerTool) -> bool:
    decided = (found.risk, frozenset(found.pillars), found.fingerprint)
    return found.standing == "allowed" and decided == (
        tool.risk.value,
        frozenset(pillar.value for pillar in tool.pillars),
        tool.fingerprint,
    )


def undecided(tool: Offered) -> Refused:
    return Refused(
        f"{tool.name} is not what an admin has decided on, or nobody has decided.",
        code="permission_denied",
        permission=tool.permission,
        alternative="Ask someone with the role admin to look at it.",
    )


def answered(tool: Offered, server: McpServer, value: object, query: str, as_of: datetime) -> ToolResult:
    data = {"server": server.name, "result": value}
    if tool.risk is not Risk.READ:
        data |= changed(tool, server)
    is_empty = value in (None, "", [], {})
    return ToolResult(
        status="empty" if is_empty and tool.risk is Risk.READ else "ok",
        source=f"mcp:{server.name}",
        data=data,
        query=query,
        as_of=as_of,
    )


def note(server: McpServer, verdict: Verdict) -> None:
    if verdict.status != verdict.was:
        tell = log.info if verdict.status == "healthy" else log.warning
        tell("MCP server", server=server.name, status=verdict.status, was=verdict.was, error=server.last_error)
