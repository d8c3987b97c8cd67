"""The caller's permitted tools themselves, through the door that a model's calls take: what asks waits for a person."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any

import mcp_types as types

from agents.model.proposals import open_schema
from domain.actors import Actor
from domain.confirmations import Confirmation
from domain.errors import NotFound, Refused
from mcp_server import rendering, results
from mcp_server.arguments import NamedCall
from mcp_server.asking import interim
from mcp_server.changing import in_time, run_of, word
from mcp_server.direct import context_of
from mcp_server.listing import TOOLS, icons
from mcp_server.rights import rights
from mcp_server.server import House, Wait
from mcp_server.waiting import Result, kept, watched
from tools.call import ApprovalNeeded
from tools.spec import AnySpec, Risk, ToolResult

BESIDE_OURS = "tool_"
DESTRUCTIVE = (Risk.UPDATE, Risk.DELETE, Risk.EXECUTE)


async def listed(house: House) -> list[types.Tool]:
    """In the catalogue's order, ours and then each registered server's by name; the same for the same rights."""
    held = await rights(house, await house.identify())
    specs = dict.fromkeys(held.catalogue.values())
    return [described(spec) for spec in specs if held.to(spec)]


def described(spec: AnySpec) -> types.Tool:
    """Hints come from the risk that we hold the tool for, never from what a registered server says of it."""
    return types.Tool(
        name=name_of(spec),
        title=spec.title,
        description=spec.description,
        input_schema=open_schema(spec),
        annotations=types.ToolAnnotations(
            read_only_hint=spec.is_read,
            destructive_hint=spec.risk in DESTRUCTIVE,
            idempotent_hint=spec.is_read or spec.idempotent,
            open_world_hint=spec.is_remote,
        ),
        icons=icons(),
    )


def name_of(spec: AnySpec) -> str:
    """Its own; one that is called like one of the seven has another beside it."""
    return f"{BESIDE_OURS}{spec.name}" if spec.name in TOOLS else spec.name


def meant(name: str) -> str:
    """The catalogue's name of what is listed under this one."""
    own = name.removeprefix(BESIDE_OURS)
    return own if own in TOOLS else name


async def call(house: House, actor: Actor, asked: NamedCall, wait: Wait) -> Result:
    """The tool's result; of a change that needs a person's word what they said and what came of it.

    Raises Refused as the door does: every call, of a tool that is hidden too, is decided and recorded there.
    """
    if wait.person.state:
        return await answered(house, actor, meant(asked.tool), wait)
    try:
        return await tried(house, actor, replace(asked, tool=meant(asked.tool)), wait)
    except ApprovalNeeded as needed:
        found = needed.confirmation
    if wait.person.way == "interim":
        return interim(str(found.id), str(found.id), rendering.question(found))
    said = await in_time(found, wait, wait.longest_seconds) if wait.person.way == "request" else None
    return await word(house, actor, found, said, wait) if said else still_waiting(found)


async def tried(house: House, actor: Actor, asked: NamedCall, wait: Wait) -> Result:
    """Raises ApprovalNeeded when nothing was done, because a person has to agree first."""
    clock = asyncio.get_running_loop().time
    begun = clock()

    async def tell(line: str) -> None:
        await wait.tell(clock() - begun, None, line)

    door = house.runner.parts.door
    spec = door.catalogue.get(asked.tool)
    if spec:
        refuse_secrets(spec, asked.arguments)
    context = await context_of(house, actor, asked.tool, tell)
    calling = door.call(context, asked.tool, asked.arguments)
    result = await calling if spec is None or spec.is_read else await going_on(house, calling, wait)
    return rendering.of_tool(result) if result else still_going(asked.tool)


def refuse_secrets(spec: AnySpec, arguments: Mapping[str, Any]) -> None:
    """What a model was told is no secret any more. Raises Refused."""
    given = sorted(set(spec.secrets) & arguments.keys())
    if given:
        raise Refused(
            f"{spec.name} takes {', '.join(given)} from a person alone, never from a model.",
            code="invalid_arguments",
            alternative="Give it on the command line or on the web page.",
        )


async def going_on(house: House, work: Coroutine[Any, Any, ToolResult], wait: Wait) -> ToolResult | None:
    """A change is made to its end, whoever stops waiting for it; None when it takes longer than the client waits."""
    task = kept(house, work)

    async def look(seconds: float) -> ToolResult | None:
        done, _ = await asyncio.wait({task}, timeout=seconds)
        return task.result() if done else None

    return await watched(look, wait.longest_seconds, wait)


async def answered(house: House, actor: Actor, tool: str, wait: Wait) -> Result:
    """A call that is sent again with what the person said: about the confirmation it named, of this very tool."""
    found = await house.approvals.fetch(actor, run_of(wait.person.state or ""))
    if found.tool != tool:
        raise NotFound(f"There is no confirmation {found.id} of {tool}.")
    said = wait.person.said_of(str(found.id))
    return await word(house, actor, found, said, wait) if said else still_waiting(found)


def still_waiting(found: Confirmation) -> types.CallToolResult:
    shown = rendering.waiting(found)
    body = {
        "status": "awaiting_confirmation",
        "tool": found.tool,
        "confirmation": shown.model_dump(mode="json"),
        "next_step": results.ASK_THE_PERSON,
    }
    text = f"{rendering.question(found)}\n{results.ASK_THE_PERSON}"
    return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=body)


def still_going(tool: str) -> types.CallToolResult:
    said = f"{tool} goes on; it takes longer than a client waits. Its outcome will be on record: ask for it later."
    body = {"status": "running", "tool": tool, "next_step": said}
    return types.CallToolResult(content=[types.TextContent(text=said)], structured_content=body)
