"""The tools' work: a question, a look at a run, a list; each outcome as a tool result, errors too."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import mcp_types as types
from psycopg import OperationalError

from domain.actors import Actor
from domain.errors import NotFound, Refused
from domain.runs import FINAL, Run
from domain.tokens import Unauthenticated
from domain.windows import Window
from graphs.asking import Ask
from graphs.live import Outcome, unavailable
from mcp_server import rendering
from mcp_server.arguments import AnyArguments, AskArguments, GetRunArguments, ListRunsArguments
from mcp_server.server import House, Wait, failure

STEP_SECONDS = 1.0
SETTLED = FINAL | {"awaiting_confirmation"}
T = TypeVar("T")


async def call(house: House, arguments: AnyArguments, wait: Wait) -> types.CallToolResult:
    """What came of the call; what the caller or Postgres can mend is a result that says what to do."""
    try:
        return await outcome(house, arguments, wait)
    except (Refused, Unauthenticated, OperationalError) as error:
        return failure(advice(error))


def advice(error: Refused | Unauthenticated | OperationalError) -> str:
    """What the error means for the caller, with what to do."""
    match error:
        case NotFound():
            return f"{error} list_runs shows which are."
        case Refused():
            return rendering.refusal(error)
        case Unauthenticated():
            return f"{error} Give this server a valid TRIVIUM_TOKEN (`trivium token` makes one) and restart it."
        case OperationalError():
            return f"{unavailable(error)['message']} Try again in a minute."


async def outcome(house: House, arguments: AnyArguments, wait: Wait) -> types.CallToolResult:
    actor = await house.identify()
    match arguments:
        case AskArguments():
            return await ask(house, actor, arguments, wait)
        case GetRunArguments():
            return await get_run(house, actor, arguments, wait)
        case ListRunsArguments():
            found = await house.runner.newest(actor, session_id=arguments.session_id, limit=arguments.limit)
            return rendering.listed(found)


async def ask(house: House, actor: Actor, arguments: AskArguments, wait: Wait) -> types.CallToolResult:
    """The run goes on whatever becomes of this call; only the wait for it ends."""
    given = arguments.time_range
    live = await house.runner.start(
        actor,
        Ask(
            text=arguments.question,
            session_id=arguments.session_id,
            zone=arguments.timezone or house.zone,
            window=Window(given.start, given.end) if given else None,
        ),
    )
    goes_on = Outcome(run_id=live.run_id, session_id=live.session_id, status="running")

    async def ended(seconds: float) -> Outcome | None:
        found = await house.runner.finished(live, seconds=seconds)
        is_left = live.task is not None and live.task.done()  # to another worker, when this one is going down
        return found or (goes_on if is_left else None)

    return rendering.result(await watched(ended, arguments.wait_seconds, wait) or goes_on)


async def get_run(house: House, actor: Actor, arguments: GetRunArguments, wait: Wait) -> types.CallToolResult:
    run = await house.runner.fetch(actor, arguments.run_id)

    async def ended(seconds: float) -> Run | None:
        await asyncio.sleep(seconds)
        found = await house.runner.fetch(actor, arguments.run_id)
        return found if found.status in SETTLED else None

    if run.status not in SETTLED:
        run = await watched(ended, arguments.wait_seconds, wait) or run
    return rendering.result(rendering.standing(run))


async def watched(ended: Callable[[float], Awaitable[T | None]], seconds: float, wait: Wait) -> T | None:
    """What `ended` gives, asked again and again for `seconds` while progress is told; None when it gave nothing."""
    seconds = min(seconds, wait.longest_seconds)
    clock = asyncio.get_running_loop().time
    begun = clock()
    while True:
        left = max(0.0, seconds - (clock() - begun))
        found = await ended(min(STEP_SECONDS, left, seconds / 10))
        passed = clock() - begun
        if found is not None or passed >= seconds:
            return found
        await wait.tell(passed, seconds, f"Working on it, {passed:.0f} s so far.")
