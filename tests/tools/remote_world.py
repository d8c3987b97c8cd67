"""Registered MCP servers for tests: put into the tables as an admin would, with a door in front."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents.brain import Brain
from checkpoints.saver import PoolSaver
from domain import confirmations, mcp_checks, mcp_server_tools, mcp_servers
from domain.actors import Actor
from domain.confirmations import Confirmation
from domain.confirmations import Decision as Word
from domain.database import Pool
from domain.mcp_server_tools import Decision, ServerTool
from domain.mcp_servers import McpServer, NewMcpServer, Place
from domain.names import Directory
from graphs import inquiry, revive
from graphs.approvals import Approvals
from graphs.limiter import Limiter
from graphs.live import Parts
from graphs.runner import Limits as RunnerLimits
from graphs.runner import Runner
from tests.house import NOW, Worker, spec, tool_context
from tests.mcp_world import HANGS, PROGRAM
from tools.call import Door
from tools.gates import Gates
from tools.policy import PolicyBook
from tools.remote import Joined, Reach, RemoteTools
from tools.remote_places import Allowed
from tools.sources.mcp_session import Limits
from tools.spec import Pillar, ToolContext, ToolResult

CLUSTER = Place(transport="stdio", command=PROGRAM)
MUTE = Place(transport="stdio", command=(PROGRAM[0], "-c", HANGS))
NOWHERE = Place(transport="http", url="http://127.0.0.1:9/mcp")
REACH = Reach(allowed=Allowed(commands=(PROGRAM[0],)), limits=Limits(open_seconds=20, request_seconds=5))
HASTY = replace(REACH, limits=Limits(open_seconds=1, request_seconds=1))


@asynccontextmanager
async def remote_tools(pool: Pool, reach: Reach = REACH) -> AsyncGenerator[RemoteTools]:
    made = RemoteTools(pool, reach)
    try:
        yield made
    finally:
        await made.close()


def cluster(deeds: Path | None = None) -> Place:
    """The pretended cluster; what it restarts is written to `deeds`."""
    return replace(CLUSTER, environment={"MCP_DEEDS": str(deeds)} if deeds else {})


async def registered(pool: Pool, who: Actor, name: str, place: Place = CLUSTER, **given: Any) -> McpServer:
    async with pool.connection() as db, db.transaction():
        return await mcp_servers.add(db, who, NewMcpServer(name=name, place=place, **given))


async def tools_of(pool: Pool, server: McpServer) -> dict[str, ServerTool]:
    async with pool.connection() as db:
        return {tool.name: tool for tool in await mcp_server_tools.of_server(db, server.id)}


async def decide(  # noqa: PLR0917
    pool: Pool, who: Actor, server: McpServer, tool: str, risk: Any = "read", pillars: Iterable[Any] = ("inquiry",)
) -> None:
    """The admin looks at the tool as it is now, and decides."""
    seen = (await tools_of(pool, server))[tool]
    wanted = Decision(tool=tool, fingerprint=seen.fingerprint, risk=risk, pillars=tuple(pillars))
    async with pool.connection() as db, db.transaction():
        await mcp_server_tools.decide(db, who, server, wanted)


async def ready(remote: RemoteTools, who: Actor, name: str = "k8s", **given: Any) -> McpServer:
    """A server that was checked and found well; nothing is decided yet."""
    server = await registered(remote.pool, who, name, **given)
    checked = await remote.check(server.id)
    assert checked.status == "healthy", checked.last_error
    await remote.reload()
    return checked


def door(remote: RemoteTools) -> Door:
    return Door(Joined({"query_echo": spec()}, remote), PolicyBook(remote.pool), Gates(), worker="one")


async def call(
    remote: RemoteTools, who: Actor, tool: str, /, pillar: Pillar = Pillar.INQUIRY, **given: Any
) -> ToolResult:
    return await door(remote).call(await tool_context(remote.pool, who, pillar), tool, given)


async def approved(context: ToolContext, confirmation: Confirmation) -> None:
    word = Word(status="approved", decided_by=context.actor.user_id, through="test")
    async with context.database.connection() as db:
        assert await confirmations.decide(db, confirmation.id, word)


async def executions(pool: Pool) -> list[dict[str, Any]]:
    sql = """select tool_name as tool, result_status as status, permission_required as permission, permission_granted
        from trivium.ai_tool_executions order by created_at"""
    async with pool.connection() as db:
        return list(await (await db.execute(sql)).fetchall())


async def failing(pool: Pool, server: McpServer, times: int) -> None:
    async with pool.connection() as db:
        for _ in range(times):
            await mcp_checks.record(db, mcp_checks.Outcome.of(server, "no answer"))


async def until(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), 20)


@asynccontextmanager
async def remote_house(remote: RemoteTools, brain: Brain) -> AsyncGenerator[Worker]:
    """A worker whose door leads to the remote tools too."""
    saver = PoolSaver(remote.pool)
    parts = Parts(
        pool=remote.pool,
        door=door(remote),
        brain=lambda: brain,
        graphs={
            "inquiry": inquiry.build().compile(checkpointer=saver),
            "revive": revive.build().compile(checkpointer=saver),
        },
        directory=Directory(remote.pool),
        clock=lambda: NOW,
    )
    async with Runner(parts, RunnerLimits(history_messages=10, limiter=Limiter(10_000))) as running:
        yield Worker(parts, running, Approvals(parts, running))
