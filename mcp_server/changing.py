"""Runs that ask a person over MCP: the question to them where the client can put it, and their decision."""

import asyncio
from dataclasses import replace
from uuid import UUID

from domain.actors import Actor
from domain.confirmations import Confirmation
from domain.errors import NotFound
from graphs.asking import Ask
from graphs.live import Live, Outcome
from mcp_server import rendering
from mcp_server.arguments import ConfirmArguments, ReviveArguments
from mcp_server.asking import Said, interim
from mcp_server.server import House, Wait
from mcp_server.waiting import Result, ended, kept, settled, watched
from tools.decisions import Verdict


async def revive(house: House, actor: Actor, arguments: ReviveArguments, wait: Wait) -> Result:
    asked = Ask(
        text=arguments.request,
        graph="revive",
        session_id=arguments.session_id,
        zone=arguments.timezone or house.zone,
        mode=arguments.mode,
    )
    bounded = replace(wait, longest_seconds=min(arguments.wait_seconds, wait.longest_seconds))
    return await carried(house, actor, asked, bounded)


async def carried(house: House, actor: Actor, asked: Ask, wait: Wait) -> Result:
    """The run's outcome. Where it waits for a person, they are asked right here if the client lets us.

    A call that is sent again with an answer goes on with its run and begins none.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + wait.longest_seconds
    if wait.person.state:
        outcome = await answered(house, actor, run_of(wait.person.state), wait)
    else:
        outcome = await ended(house, await house.runner.start(actor, asked), wait.longest_seconds, wait)
    while outcome.waiting and wait.person.way == "request" and clock() < end:
        said = await in_time(outcome.waiting, wait, end - clock())
        if said is None:
            break
        live = await decide(house, actor, outcome.waiting, said)
        outcome = await after(
            house, actor, outcome.run_id, live, replace(wait, longest_seconds=max(0.0, end - clock()))
        )
    if outcome.waiting and wait.person.way == "interim":
        return interim(str(outcome.waiting.id), str(outcome.run_id), rendering.question(outcome.waiting))
    return rendering.result(outcome)


async def answered(house: House, actor: Actor, run_id: UUID, wait: Wait) -> Outcome:
    """The run after what the person said to the interim result; one they said nothing to stands as it stood."""
    outcome = await settled(house, actor, run_id, 0, wait)
    said = wait.person.said_of(str(outcome.waiting.id)) if outcome.waiting else None
    if outcome.waiting is None or said is None:
        return outcome
    live = await decide(house, actor, outcome.waiting, said)
    return await after(house, actor, run_id, live, wait)


async def in_time(found: Confirmation, wait: Wait, seconds: float) -> Said | None:
    """What the person says within `seconds`; the confirmation then still waits and can be decided anywhere."""
    try:
        async with asyncio.timeout(seconds):
            return await wait.person.decide(rendering.question(found))
    except TimeoutError:
        return None


async def decide(house: House, actor: Actor, found: Confirmation, said: Said) -> Live | None:
    """The person's word is given, on exactly the arguments they were shown. Raises Refused when it does not count."""
    verdict = Verdict(action=said.action, reason=said.reason, sha256=found.arguments_sha256)
    return (await house.approvals.decide(actor, found.id, verdict)).live


async def after(house: House, actor: Actor, run: UUID, live: Live | None, wait: Wait) -> Outcome:
    """The run once it has ended or waits again, as long as the client waits; carried here, or by another worker."""
    if live:
        return await ended(house, live, wait.longest_seconds, wait)
    return await settled(house, actor, run, wait.longest_seconds, wait)


async def confirm(house: House, actor: Actor, arguments: ConfirmArguments, wait: Wait) -> Result:
    """The run after the decision. Raises Refused and NotFound, each saying why the word did not count."""
    found = await house.approvals.fetch(actor, arguments.confirmation_id)
    bounded = replace(wait, longest_seconds=min(arguments.wait_seconds, wait.longest_seconds))
    verdict = Verdict(action=arguments.decision, reason=arguments.reason, sha256=arguments.arguments_sha256)
    if found.run_id is None:
        return await outside(house, actor, found.id, verdict, bounded)
    said = await house.approvals.decide(actor, found.id, verdict)
    if found.user_id != actor.user_id:
        return rendering.decided(await house.approvals.settled(found.id, seconds=bounded.longest_seconds))
    return rendering.result(await after(house, actor, found.run_id, said.live, bounded))


async def word(house: House, actor: Actor, found: Confirmation, said: Said, wait: Wait) -> Result:
    """What came of a person's word on a change outside any run, given on exactly what they were shown."""
    verdict = Verdict(action=said.action, reason=said.reason, sha256=found.arguments_sha256)
    return await outside(house, actor, found.id, verdict, wait)


async def outside(house: House, actor: Actor, confirmation_id: UUID, verdict: Verdict, wait: Wait) -> Result:
    """The change is made to its end, whoever stops waiting for it. Raises Refused when the word does not count."""
    task = kept(house, house.approvals.decide(actor, confirmation_id, verdict))

    async def look(seconds: float) -> Confirmation | None:
        done, _ = await asyncio.wait({task}, timeout=seconds)
        return task.result().confirmation if done else None

    found = await watched(look, wait.longest_seconds, wait)
    return rendering.decided(found or await house.approvals.fetch(actor, confirmation_id))


def run_of(state: str) -> UUID:
    """The run that an interim result named. Raises NotFound for anything else that a client makes up."""
    try:
        return UUID(state)
    except ValueError as error:
        raise NotFound("There is no such run of yours.") from error
