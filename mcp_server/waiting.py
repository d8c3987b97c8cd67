"""Waiting for a run, no longer than the client will: its outcome, or how it stands when the time is over."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import mcp_types as types

from domain.actors import Actor
from domain.confirmations import Confirmation
from domain.runs import FINAL, Run
from graphs.live import Live, Outcome
from mcp_server import rendering
from mcp_server.server import House, Wait

STEP_SECONDS = 1.0
SETTLED = FINAL | {"awaiting_confirmation"}
Result: TypeAlias = types.CallToolResult | types.InputRequiredResult
T = TypeVar("T")


async def ended(house: House, live: Live, seconds: float, wait: Wait) -> Outcome:
    """The outcome of a run that this process carries; `running` when the time is over first."""
    goes_on = Outcome(run_id=live.run_id, session_id=live.session_id, status="running")

    async def look(seconds: float) -> Outcome | None:
        found = await house.runner.finished(live, seconds=seconds)
        is_left = live.task is not None and live.task.done()  # to another worker, when this one is going down
        return found or (goes_on if is_left else None)

    return await watched(look, seconds, wait) or goes_on


async def settled(house: House, actor: Actor, run_id: UUID, seconds: float, wait: Wait) -> Outcome:
    """A run wherever it is carried, once it has ended or waits for a person. Raises NotFound."""

    async def look(seconds: float) -> Outcome | None:
        await asyncio.sleep(seconds)
        found = await standing(house, actor, run_id)
        return found if found.status in SETTLED else None

    first = await standing(house, actor, run_id)
    return first if first.status in SETTLED else await watched(look, seconds, wait) or first


async def standing(house: House, actor: Actor, run_id: UUID) -> Outcome:
    """The run as it is on record, with what it waits for. Raises NotFound."""
    run = await house.runner.fetch(actor, run_id)
    return rendering.standing(run, await confirmation_of(house, actor, run))


async def confirmation_of(house: House, actor: Actor, run: Run) -> Confirmation | None:
    """What the run waits for, while it does."""
    if run.status != "awaiting_confirmation":
        return None
    return next((each for each in await house.approvals.waiting(actor) if each.run_id == run.id), None)


async def watched(look: Callable[[float], Awaitable[T | None]], seconds: float, wait: Wait) -> T | None:
    """What `look` gives, asked again and again for `seconds` while progress is told; None when it gave nothing."""
    seconds = min(seconds, wait.longest_seconds)
    clock = asyncio.get_running_loop().time
    begun = clock()
    while True:
        left = max(0.0, seconds - (clock() - begun))
        found = await look(min(STEP_SECONDS, left, seconds / 10))
        passed = clock() - begun
        if found is not None or passed >= seconds:
            return found
        await wait.tell(passed, seconds, f"Working on it, {passed:.0f} s so far.")


def kept(house: House, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Work that goes to its end, whoever stops waiting for it."""
    task = asyncio.create_task(work)
    house.deeds.add(task)
    task.add_done_callback(house.deeds.discard)
    return task
