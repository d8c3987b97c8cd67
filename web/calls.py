"""Single calls of tools over HTTP: through the same door as a model's, with the same permission, masking and record."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain import query_sessions
from domain.errors import Refused, SourceError
from tools.call import ApprovalNeeded
from tools.spec import Pillar, ToolContext, ToolResult
from web.desk import Visit
from web.replies import Json

PILLARS = (Pillar.REVIVE, Pillar.TROUBLESHOOTING, Pillar.INQUIRY)
READERS = (Pillar.INQUIRY, Pillar.TROUBLESHOOTING, Pillar.REVIVE)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, in which pillar and on which record."""

    visit: Visit
    context: ToolContext


async def entered(visit: Visit, tool: str, pillars: Sequence[Pillar] = PILLARS) -> Caller:
    """In the first pillar that has the tool and that the token opens. Raises Refused when there is none."""
    parts = visit.desk.parts
    spec = parts.door.catalogue.get(tool)
    pillar = next((item for item in pillars if spec and item in spec.pillars and item in visit.actor.scopes), None)
    if pillar is None:
        raise Refused(f"This token opens no pillar that has {tool}.", code="insufficient_permissions")
    async with parts.pool.connection() as db:
        session = await query_sessions.current(db, visit.actor.user_id, pillar.value)
    context = ToolContext(
        actor=visit.actor,
        pillar=pillar,
        session_id=session,
        run_id=None,
        message_id=None,
        database=parts.pool,
        clock=parts.clock,
        resources=parts.resources,
    )
    return Caller(visit, context)


async def called(caller: Caller, tool: str, arguments: Json) -> ToolResult:
    try:
        return await caller.visit.desk.parts.door.call(caller.context, tool, arguments)
    except ApprovalNeeded as needed:
        raise Refused(
            "This waits for a person's approval, which there is none for here.",
            code="not_approved",
            alternative=f"Approve confirmation {needed.confirmation.id}, or ask in a conversation.",
        ) from needed


def succeeded(result: ToolResult) -> ToolResult:
    """The result when its source answered. Raises SourceError."""
    if result.status == "error":
        raise SourceError(result.error or f"{result.source} failed", source=result.source)
    return result


def about(result: ToolResult) -> Json:
    """All of a result but its data, as replies tell it."""
    return {
        "status": result.status,
        "source": result.source,
        "query": result.query,
        "start": result.window.start if result.window else None,
        "end": result.window.end if result.window else None,
        "as_of": result.as_of,
        "stale": result.stale,
        "cut": result.cut,
        "error": result.error,
        "execution_id": result.execution_id,
        "artifact_id": result.artifact_id,
    }
