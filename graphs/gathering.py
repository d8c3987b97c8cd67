"""Gathering: the calls of one round through the door, at once, each outcome typed."""

import asyncio
from collections.abc import Sequence

from agents.brain import Call, Gathered
from domain.errors import Refused
from graphs.context import Context
from graphs.discretion import told
from graphs.events import ToolUse
from tools.call import ApprovalNeeded
from tools.masking import mask_text
from tools.spec import ToolResult


async def run_calls(context: Context, calls: Sequence[Call]) -> list[Gathered]:
    """Every call's outcome in the order of the calls; a refusal is a result of status `forbidden`."""
    return await asyncio.gather(*(run_call(context, call) for call in calls))


async def run_call(context: Context, call: Call) -> Gathered:
    await context.emit(ToolUse(tool=call.tool, status="executing", label=call.label))
    result = await outcome(context, call)
    await context.emit(
        ToolUse(tool=result.tool, status=result.status, label=call.label, execution_id=str(result.execution_id))
    )
    gathered = Gathered(call, result)
    context.results[str(result.execution_id)] = gathered
    return gathered


async def outcome(context: Context, call: Call) -> ToolResult:
    try:
        return told(await context.door.call(context.tools, call.tool, call.arguments))
    except Refused as refusal:
        return refused(call, refusal)
    except ApprovalNeeded as needed:
        return ToolResult(
            status="forbidden",
            source="policy",
            data={
                "required_permission": needed.confirmation.permission,
                "alternative": f"Approve {needed.confirmation.id}.",
            },
            error=str(needed),
            execution_id=needed.execution_id,
            tool=call.tool,
        )


def refused(call: Call, refusal: Refused) -> ToolResult:
    """A refusal as a result: `data` says why and whom to ask."""
    return ToolResult(
        status="forbidden" if refusal.code == "permission_denied" else "error",
        source="policy",
        data={
            "code": refusal.code,
            "required_permission": refusal.permission,
            "alternative": mask_text(refusal.alternative or "") or None,
        },
        error=mask_text(" ".join(filter(None, (str(refusal), refusal.alternative)))),
        execution_id=refusal.execution_id,
        tool=call.tool,
    )
