"""Checks: one thing that the doctor looked at, and how Grafana, registered MCP servers and models are."""

from dataclasses import dataclass

from domain import llm_models, mcp_server_tools, mcp_servers
from domain.errors import SourceError
from domain.llm_models import LlmModel
from domain.mcp_server_tools import ServerTool
from domain.mcp_servers import McpServer
from trivium.service import Service


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `mend` says what to do when it is not well; `needed` whether Trivium works without."""

    what: str
    well: bool
    found: str
    mend: str = ""
    needed: bool = True


async def of_servers(service: Service) -> list[Check]:
    """mcp-grafana as it answers now, then each registered MCP server as it was when it was last looked at."""
    async with service.pool.connection() as db:
        servers, tools = await mcp_servers.everyone(db), await mcp_server_tools.every(db)
    found = [registered(server, [tool for tool in tools if tool.server_id == server.id]) for server in servers]
    if not found:
        mend = "optional: an admin registers some at /api/v1/admin/mcp-servers"
        found = [Check("MCP servers", well=False, found="none registered", mend=mend, needed=False)]
    return [await grafana(service), *found]


async def grafana(service: Service) -> Check:
    what, reached = "mcp-grafana", service.resources.grafana
    if reached is None:
        return Check(what, well=False, found="none", mend="optional: MCP_GRAFANA_URL", needed=False)
    try:
        tools = await reached.read.refresh()
    except SourceError as error:
        return Check(what, well=False, found=str(error), mend="check MCP_GRAFANA_URL, MCP_GRAFANA_TOKEN", needed=False)
    return Check(what, well=True, found=f"{reached.read.url}: {len(tools)} tools")


def registered(server: McpServer, tools: list[ServerTool]) -> Check:
    """One that is switched off, or in maintenance, is not well either, and nothing else depends on it."""
    standing = server.status if server.is_enabled else "switched off"
    allowed = sum(tool.standing == "allowed" for tool in tools)
    waiting = sum(tool.standing in ("undecided", "changed") for tool in tools)
    about = f"{allowed} tools in use" + (f", {waiting} wait for an admin" if waiting else "")
    found = f"{server.transport}, {standing}; {about}" + (f"; {server.last_error}" if server.last_error else "")
    mend = f"trivium mcp-servers check {server.name}"
    return Check(f"MCP server {server.name}", well=server.is_usable, found=found, mend=mend, needed=False)


async def of_models(service: Service) -> list[Check]:
    """The language models that runs here ask by the table, as each was when it was last looked at or used."""
    async with service.pool.connection() as db:
        rows = await llm_models.asked(db, service.models.reach.environment)
    return [modelled(row, service.models.problems.get(row.name)) for row in rows]


def modelled(row: LlmModel, problem: str | None) -> Check:
    why = problem or row.last_error
    found = f"{row.model}, {row.status}" + (f"; {why}" if why else "")
    mend = f"trivium models check {row.name}; others, then rules, answer meanwhile"
    is_well = problem is None and row.status != "unhealthy"
    return Check(f"Language model {row.name}", well=is_well, found=found, mend=mend, needed=False)
