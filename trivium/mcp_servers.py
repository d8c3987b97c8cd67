"""MCP servers on the command line: which are registered and how they are, and a look at one by hand."""

from rich.console import Console
from rich.table import Table

from config.settings import Settings
from domain import mcp_server_tools, mcp_servers
from domain.actors import Actor, Entrance
from domain.errors import NotFound, Refused
from domain.mcp_servers import McpServer
from domain.users import ADMIN
from trivium.service import Service, open_service


async def show(settings: Settings) -> int:
    """Every registered server by name."""
    async with open_service(settings) as service:
        await admin(service)
        async with service.pool.connection() as db:
            servers = await mcp_servers.everyone(db)
    console = Console(highlight=False)
    if not servers:
        console.print("No MCP server is registered; an admin registers one at /api/v1/admin/mcp-servers.")
        return 0
    table = Table(box=None, header_style="dim")
    for title in ("name", "family", "where", "standing", "last error"):
        table.add_column(title, overflow="fold")
    for server in servers:
        table.add_row(server.name, server.family, server.where, standing(server), server.last_error)
    console.print(table)
    return 0


async def check(settings: Settings, name: str) -> int:
    """The server was looked at now, which is on record; when it answers, its maintenance is over. 1 when it is not
    well."""
    async with open_service(settings) as service:
        actor = await admin(service)
        async with service.pool.connection() as db:
            found = next((each for each in await mcp_servers.everyone(db) if each.name == name), None)
        if found is None:
            raise NotFound(f"There is no MCP server named {name}.")
        checked = await service.remote.check(found.id, by=actor)
        async with service.pool.connection() as db:
            tools = [tool for tool in await mcp_server_tools.of_server(db, found.id) if tool.is_listed]
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{name}: {standing(checked)}" + (f": {checked.last_error}" if checked.last_error else ""))
    for tool in tools:
        console.print(f"  {tool.name}: {tool.standing}" + (f" ({tool.problem})" if tool.problem else ""), markup=False)
    return 0 if not checked.last_error else 1


async def admin(service: Service) -> Actor:
    """Whom this process acts for. Raises Refused for everybody but admins."""
    actor = await service.actor(Entrance.CLI)
    if ADMIN not in actor.roles & actor.ceiling:
        raise Refused("MCP servers are an admin's.", code="insufficient_permissions")
    return actor


def standing(server: McpServer) -> str:
    return server.status if server.is_enabled else "switched off"
