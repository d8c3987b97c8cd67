"""The tools' work: a question, a look at a run, a list; each outcome as a tool result, errors too."""

from dataclasses import replace
from uuid import UUID

import mcp_types as types
from psycopg import OperationalError

from domain.actors import Actor
from domain.errors import Refused, SourceError
from domain.tokens import Unauthenticated
from domain.windows import Window
from graphs.asking import Ask
from mcp_server import changing, exposing, rendering
from mcp_server.arguments import (
    AnyArguments,
    AskArguments,
    CancelRunArguments,
    ConfirmArguments,
    GetRunArguments,
    ListRunsArguments,
    NamedCall,
    ReviveArguments,
    TroubleshootArguments,
)
from mcp_server.refusing import advice
from mcp_server.server import House, Wait, failure
from mcp_server.waiting import Result, settled, standing


async def call(house: House, asked: AnyArguments | NamedCall, wait: Wait) -> Result:
    """What came of the call; what the caller or Postgres can mend is a result that says what to do."""
    try:
        actor = await house.identify()
        if isinstance(asked, NamedCall):
            return await exposing.call(house, actor, asked, wait)
        return await outcome(house, actor, asked, wait)
    except (Refused, Unauthenticated, SourceError, OperationalError) as error:
        return failure(advice(error))


async def outcome(house: House, actor: Actor, arguments: AnyArguments, wait: Wait) -> Result:
    match arguments:
        case AskArguments() | TroubleshootArguments():
            return await ask(house, actor, arguments, wait)
        case ReviveArguments():
            return await changing.revive(house, actor, arguments, wait)
        case GetRunArguments():
            return await get_run(house, actor, arguments, wait)
        case ConfirmArguments():
            return await changing.confirm(house, actor, arguments, wait)
        case CancelRunArguments():
            await house.runner.cancel(actor, arguments.run_id)
            return rendering.result(await standing(house, actor, arguments.run_id))
        case ListRunsArguments():
            found = await house.runner.newest(actor, session_id=arguments.session_id, limit=arguments.limit)
            return rendering.listed(found)


async def ask(house: House, actor: Actor, arguments: AskArguments | TroubleshootArguments, wait: Wait) -> Result:
    """The run goes on whatever becomes of this call; only the wait for it ends."""
    match arguments:
        case AskArguments():
            asked = question(house, arguments)
        case TroubleshootArguments():
            asked = about_alert(house, arguments)
    bounded = replace(wait, longest_seconds=min(arguments.wait_seconds, wait.longest_seconds))
    return await changing.carried(house, actor, asked, bounded)


def question(house: House, arguments: AskArguments) -> Ask:
    given = arguments.time_range
    return Ask(
        text=arguments.question,
        session_id=arguments.session_id,
        zone=arguments.timezone or house.zone,
        window=Window(given.start, given.end) if given else None,
        preview=arguments.preview,
    )


def about_alert(house: House, arguments: TroubleshootArguments) -> Ask:
    """What is no id of the alert stands in the question, where the graph reads it."""
    alert = alert_id(arguments.alert)
    return Ask(
        text=arguments.question if alert else f"{arguments.question} (alert {arguments.alert})",
        graph="troubleshooting",
        session_id=arguments.session_id,
        zone=house.zone,
        alert=alert,
    )


def alert_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def get_run(house: House, actor: Actor, arguments: GetRunArguments, wait: Wait) -> types.CallToolResult:
    return rendering.result(await settled(house, actor, arguments.run_id, arguments.wait_seconds, wait))
