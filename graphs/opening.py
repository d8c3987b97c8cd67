"""Opening: every look at an alert's surroundings through the door at once, told as it comes, none waited for long."""

import asyncio
from collections.abc import Sequence

from agents.brain import Gathered
from agents.rules.troubleshooting import showing
from agents.rules.troubleshooting.opening import Look
from graphs.context import Context
from graphs.events import Context as Told
from graphs.gathering import outcome
from tools.spec import ToolResult


async def made(context: Context, looks: Sequence[Look]) -> list[Gathered]:
    """The results in the order of the looks; one that is late is an error of its own and delays nobody."""
    return await asyncio.gather(*(look_at(context, look) for look in looks))


async def look_at(context: Context, look: Look) -> Gathered:
    call = look.call()
    try:
        async with asyncio.timeout(look.deadline_seconds):
            result = await outcome(context, call)
    except TimeoutError:
        result = late(look)
    item = Gathered(call, result)
    if result.execution_id:
        context.results[str(result.execution_id)] = item
    await context.emit(told(look, item))
    return item


def late(look: Look) -> ToolResult:
    """Nothing is known of it; its call is on record as cancelled."""
    error = f"{look.title} took longer than {look.deadline_seconds:g} s"
    return ToolResult(status="error", source=look.tool, error=error, tool=look.tool, data={"late": True})


def told(look: Look, item: Gathered) -> Told:
    execution = item.result.execution_id
    return Told(
        part=look.part,
        title=look.title,
        status=showing.status_of(item.result),
        why=None if item.result.supports_claims else item.result.error,
        data=showing.short(look.part, item.result.data) if item.result.supports_claims else {},
        execution_id=str(execution) if execution else None,
    )
