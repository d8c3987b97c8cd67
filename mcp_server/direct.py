"""Single calls of tools: through the same door as a model's, outside any run, on the caller's record of today."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from domain import query_sessions
from domain.actors import Actor
from domain.errors import Refused
from mcp_server.rights import opened, rights
from mcp_server.server import House
from tools.spec import Pillar, ToolContext, ToolResult, silent


async def context_of(
    house: House, actor: Actor, name: str, progress: Callable[[str], Awaitable[None]] = silent
) -> ToolContext:
    """The tool's context in the pillar where the caller may use it; in the first it has where they may not, so that
    the door refuses the call and has it on record. Raises Refused when the token opens none."""
    parts = house.runner.parts
    spec = parts.door.catalogue.get(name)
    right = (await rights(house, actor)).to_named(name)
    pillars = opened(actor, spec) if spec else [pillar for pillar in Pillar if pillar in actor.scopes]
    if not pillars:
        raise Refused(f"This token opens no pillar that has {name}.", code="insufficient_permissions")
    pillar = right.pillar if right else pillars[0]
    return ToolContext(
        actor=actor,
        pillar=pillar,
        session_id=await session(house, actor, pillar),
        run_id=None,
        message_id=None,
        database=parts.pool,
        clock=parts.clock,
        resources=parts.resources,
        progress=progress,
    )


async def session(house: House, actor: Actor, pillar: Pillar) -> UUID:
    async with house.runner.parts.pool.connection() as db:
        return await query_sessions.current(db, actor.user_id, pillar.value)


async def called(house: House, actor: Actor, name: str, arguments: Mapping[str, Any]) -> ToolResult:
    """What the tool returned. Raises Refused, ApprovalNeeded and SourceError as the door does."""
    context = await context_of(house, actor, name)
    return await house.runner.parts.door.call(context, name, arguments)
