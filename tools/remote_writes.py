"""Changes through remote tools: how one is shown before it is made, and that a person was asked."""

from domain import confirmations
from domain.errors import Refused
from domain.mcp_servers import McpServer
from tools.remote_schema import plain_words
from tools.remote_specs import Offered
from tools.spec import Json, Preview, ToolContext

LONGEST_ARGUMENT = 500
UNKNOWN = "Trivium knows of this tool only what its server says: whether it does just that is for you to judge."


def shown(tool: Offered, servers: list[McpServer], arguments: Json) -> Preview:
    """What is known of a change: server, tool, arguments."""
    first = servers[0]
    others = f", or {', '.join(server.name for server in servers[1:])} if it is away" if servers[1:] else ""
    given = [f"{name}: {plain_words(str(value), LONGEST_ARGUMENT)}" for name, value in arguments.items()]
    return Preview(
        title=f"{tool.tool} on {first.name}",
        lines=(
            f"Server: {first.name} ({first.kind}, {first.where}){others}",
            f"Tool: {tool.tool} ({tool.risk.value})",
            *(given or ("Without arguments",)),
            f'Its server says of it: "{plain_words(tool.description, LONGEST_ARGUMENT)}"',
        ),
        details={"server": first.name, "tool": tool.tool, "risk": tool.risk.value, "arguments": arguments},
        warnings=(UNKNOWN,),
        level="high",
    )


async def refuse_unasked(name: str, context: ToolContext) -> None:
    """Raises Refused unless a person has approved this call: what only a policy allows is not enough."""
    approval = None
    if context.confirmation_id:
        async with context.database.connection() as db:
            approval = await confirmations.fetch(db, context.confirmation_id)
    if approval is None or approval.mode == "policy":
        raise Refused(
            f"{name} changes something on an MCP server, and no person has approved it.",
            code="not_approved",
            alternative=f"Ask an admin to put the permission row `confirm` for {name}.",
        )


def changed(tool: Offered, server: McpServer) -> Json:
    return {
        "resource": {"type": "mcp_tool", "id": f"{server.name}/{tool.tool}", "name": f"{tool.tool} on {server.name}"}
    }
