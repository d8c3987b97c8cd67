"""The paths by which admins register other MCP servers, look at them, and decide on their tools."""

from domain.tokens import PILLARS
from web import mcp_servers
from web.desk import Guarded
from web.models.mcp_servers import (
    McpServerChange,
    McpServerSent,
    McpServersReply,
    McpServerTold,
    McpToolDecision,
    McpToolsReply,
    McpToolTold,
)
from web.models.problems import Problem, Refusal
from web.operations.shape import JSON, OWN, SENT, SIGNED, Operation, Reply

READ, WRITE = "ai:admin:mcp_servers:read", "ai:admin:mcp_servers:write"
SERVERS = "/api/v1/admin/mcp-servers"
ONE = f"{SERVERS}/{{server_id}}"
TAKEN = {409: Reply("The name is taken", {JSON: Refusal})}
CHANGED = {409: Reply("The tool is no longer what was looked at", {JSON: Refusal})}
AWAY = {502: Reply("The server did not answer", {JSON: Problem})}

OPERATIONS = (
    Operation(
        method="GET",
        path=SERVERS,
        entry=Guarded(mcp_servers.list_mcp_servers, PILLARS, READ),
        summary="All registered MCP servers by name; of a secret only where it is kept",
        replies={200: Reply("The servers", {JSON: McpServersReply}), **SIGNED},
    ),
    Operation(
        method="POST",
        path=SERVERS,
        entry=Guarded(mcp_servers.add_mcp_server, PILLARS, WRITE),
        summary="Register an MCP server; it is looked at soon, and each of its tools waits for a decision",
        body=McpServerSent,
        replies={201: Reply("The server", {JSON: McpServerTold}), **TAKEN, **SIGNED, **SENT},
    ),
    Operation(
        method="GET",
        path=ONE,
        entry=Guarded(mcp_servers.get_mcp_server, PILLARS, READ),
        summary="One MCP server, and how it was when it was last looked at",
        replies={200: Reply("The server", {JSON: McpServerTold}), **SIGNED, **OWN},
    ),
    Operation(
        method="PUT",
        path=ONE,
        entry=Guarded(mcp_servers.put_mcp_server, PILLARS, WRITE),
        summary="Change an MCP server, switch it off or put it into maintenance; keys that are not sent stay",
        body=McpServerChange,
        replies={200: Reply("The server after it", {JSON: McpServerTold}), **SIGNED, **SENT, **OWN},
    ),
    Operation(
        method="DELETE",
        path=ONE,
        entry=Guarded(mcp_servers.delete_mcp_server, PILLARS, WRITE),
        summary="Remove an MCP server with its secret and all that was decided about its tools",
        replies={204: Reply("It is gone"), **SIGNED, **OWN},
    ),
    Operation(
        method="POST",
        path=f"{ONE}/check",
        entry=Guarded(mcp_servers.check_mcp_server, PILLARS, WRITE),
        summary="Look at it now; when it answers, its maintenance is over",
        replies={200: Reply("The server as it was found", {JSON: McpServerTold}), **SIGNED, **OWN},
    ),
    Operation(
        method="POST",
        path=f"{ONE}/refresh",
        entry=Guarded(mcp_servers.refresh_mcp_server, PILLARS, WRITE),
        summary="Ask it for its tools now",
        replies={200: Reply("Its tools", {JSON: McpToolsReply}), **AWAY, **SIGNED, **OWN},
    ),
    Operation(
        method="GET",
        path=f"{ONE}/tools",
        entry=Guarded(mcp_servers.list_mcp_server_tools, PILLARS, READ),
        summary="Its tools by name, what it says of each, and what was decided",
        replies={200: Reply("Its tools", {JSON: McpToolsReply}), **SIGNED, **OWN},
    ),
    Operation(
        method="PUT",
        path=f"{ONE}/tools/{{tool_name:path}}",
        entry=Guarded(mcp_servers.decide_mcp_tool, PILLARS, WRITE),
        summary="Give a tool its risk and pillars, or deny it; until then nobody may use it",
        body=McpToolDecision,
        replies={200: Reply("The tool after it", {JSON: McpToolTold}), **CHANGED, **SIGNED, **SENT, **OWN},
    ),
)  # fmt: skip
