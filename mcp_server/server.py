"""The MCP entrance: seven tools, prompts and resources, listed before anything is open. Speaks MCP, decides nothing.

What a call needs is imported by the first call, so that a host that only lists the tools waits for the SDK alone.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from config import VERSION
from mcp_server import card, prompts
from mcp_server.arguments import LONGEST_WAIT_SECONDS, AnyArguments, NamedCall
from mcp_server.asking import Person
from mcp_server.callers import always, caller
from mcp_server.listing import CARD, TEMPLATES, TOOLS, icons

if TYPE_CHECKING:
    from domain.actors import Actor
    from graphs.approvals import Approvals
    from graphs.runner import Runner

INSTRUCTIONS = """\
Trivium answers on-call questions from recorded evidence (ask), finds what is behind one alert (troubleshoot),
and changes Grafana and servers after a person approved exactly that change (revive).
When a call returns status running, use get_run with the run_id until it has an answer.
When it returns awaiting_confirmation, show the person the confirmation and pass on their own decision with confirm.
Report findings with what is unknown; never present a failed run as a finding."""
EXTENSION = "io.modelcontextprotocol/ui"
T = TypeVar("T")


class Unopened(Exception):  # noqa: N818 - it names a state
    """The house behind the entrance could not be opened; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What calls need. `identify` says whom a call is for; `zone` is the calendar of questions that name none.

    `deeds` go on when the call that began them is given up: whoever closes the house lets them finish.
    """

    runner: "Runner"
    approvals: "Approvals"
    identify: Callable[[], Awaitable["Actor"]]
    zone: ZoneInfo
    deeds: set[asyncio.Task[Any]] = field(default_factory=set[asyncio.Task[Any]])

    async def finish(self, seconds: float) -> None:
        """What callers left under way has ended, or had this long."""
        if self.deeds:
            await asyncio.wait(self.deeds, timeout=seconds)


Opened: TypeAlias = Callable[[], Awaitable[House]]
Context: TypeAlias = ServerRequestContext[Any]
Paged: TypeAlias = types.PaginatedRequestParams | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """How long a call may wait whatever it was asked, and whom it tells that it still does: (passed, total, words).

    `person` is whoever sits at the client, when it lets us ask them.
    """

    longest_seconds: float
    tell: Callable[[float, float | None, str | None], Awaitable[None]]
    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What each request of the protocol is answered with. `exposes_tools`: to every client, the caller's permitted
    tools stand beside ours; else to those alone whose address asks for them.
    """

    opened: Opened
    longest_wait_seconds: float
    exposes_tools: bool

    async def house(self, context: Context) -> House:
        """The house, acting for whom this very request came; on stdio for whom the process acts. May raise Unopened."""
        house, who = await self.opened(), caller(context)
        return replace(house, identify=always(who)) if who else house

    async def list_tools(self, context: Context, params: Paged) -> types.ListToolsResult:  # noqa: ARG002
        listed = await self.own_tools(context)
        if not self.is_exposing(context):
            return types.ListToolsResult(tools=listed)

        async def permitted() -> list[types.Tool]:
            from mcp_server import exposing  # noqa: PLC0415

            return await exposing.listed(await self.house(context))

        return types.ListToolsResult(tools=[*listed, *await told(permitted)])

    async def own_tools(self, context: Context) -> list[types.Tool]:
        """Ours, in one order: all of them on stdio, where nothing is open yet; else those that the caller can reach."""
        who = caller(context)
        if who is None:
            return [entry.described() for entry in TOOLS.values()]

        async def reached() -> frozenset[str]:
            from mcp_server import reach  # noqa: PLC0415

            return await reach.pillars(await self.house(context), who)

        pillars = {None, *await told(reached)}
        return [entry.described() for entry in TOOLS.values() if entry.pillar in pillars]

    def is_exposing(self, context: Context) -> bool:
        """Over HTTP a client asks for it itself: /mcp?expose=tools."""
        query = getattr(context.request, "query_params", {})
        return self.exposes_tools or query.get("expose") == "tools"

    async def call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        entry = TOOLS.get(params.name)
        wait = Wait(
            longest_seconds=self.longest_wait_seconds,
            tell=context.session.report_progress,
            person=Person.at(context, params),
        )
        if entry is None and self.is_exposing(context):
            return await answered(partial(self.house, context), NamedCall(params.name, params.arguments or {}), wait)
        if entry is None:
            message = f"There is no tool {masked(params.name)[:100]}; there are {', '.join(TOOLS)}."
            raise MCPError(code=types.INVALID_PARAMS, message=message)
        try:
            arguments = entry.arguments.model_validate(params.arguments or {})
        except ValidationError as error:
            return failure(f"The arguments could not be read; correct them and call again:\n{problems(error)}")
        return await answered(partial(self.house, context), arguments, wait)

    async def list_resources(self, context: Context, params: Paged) -> types.ListResourcesResult:
        async def found() -> types.ListResourcesResult:
            from mcp_server import resources  # noqa: PLC0415

            return await resources.listed(await self.house(context), params.cursor if params else None)

        return await told(found)

    async def list_templates(
        self, context: Context, params: Paged  # noqa: ARG002
    ) -> types.ListResourceTemplatesResult:  # fmt: skip
        return types.ListResourceTemplatesResult(resource_templates=list(TEMPLATES))

    async def read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        if params.uri == CARD:
            return types.ReadResourceResult(contents=[card.contents()])

        async def found() -> types.ReadResourceResult:
            from mcp_server import resources  # noqa: PLC0415

            return await resources.read(await self.house(context), params.uri)

        return await told(found)

    async def list_prompts(self, context: Context, params: Paged) -> types.ListPromptsResult:  # noqa: ARG002
        return types.ListPromptsResult(prompts=[prompt.described() for prompt in prompts.PROMPTS.values()])

    async def get_prompt(
        self, context: Context, params: types.GetPromptRequestParams  # noqa: ARG002
    ) -> types.GetPromptResult:  # fmt: skip
        return prompts.filled_in(params.name, params.arguments or {})

    async def complete(self, context: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
        async def found() -> types.CompleteResult:
            from mcp_server import completing  # noqa: PLC0415

            return await completing.completed(await self.house(context), params)

        return await told(found)


def build(
    opened: Opened,
    *,
    longest_wait_seconds: float = LONGEST_WAIT_SECONDS,
    exposes_tools: bool = False,
) -> Server[Any]:
    """The server, on any transport. `opened` is awaited by calls alone and may raise Unopened."""
    front = Front(opened=opened, longest_wait_seconds=longest_wait_seconds, exposes_tools=exposes_tools)
    server: Server[Any] = Server(
        "trivium",
        version=VERSION,
        title="Trivium",
        instructions=INSTRUCTIONS,
        icons=icons(),
        get_tool_input_schema=no_headers,
        on_list_tools=front.list_tools,
        on_call_tool=front.call_tool,
        on_list_resources=front.list_resources,
        on_list_resource_templates=front.list_templates,
        on_read_resource=front.read_resource,
        on_list_prompts=front.list_prompts,
        on_get_prompt=front.get_prompt,
        on_completion=front.complete,
    )
    server.extensions[EXTENSION] = {}
    return server


async def answered(
    opened: Opened, asked: AnyArguments | NamedCall, wait: Wait
) -> types.CallToolResult | types.InputRequiredResult:
    """What came of the call. Never raises: what failed is a result that says what to do."""
    try:
        house = await opened()
        from mcp_server import calls  # noqa: PLC0415 - heavy, and `opened` has imported most of it by now

        return await calls.call(house, asked, wait)
    except Unopened as error:
        return failure(str(error))
    except Exception:  # noqa: BLE001 - logged with its trace, and told plainly
        return failure(logged("mcp call failed", "call"))


async def told(work: Callable[[], Awaitable[T]]) -> T:
    """What the work gives. Raises MCPError, as what is no call of a tool has to, saying what to do."""
    try:
        return await work()
    except MCPError:
        raise
    except Unopened as error:
        raise MCPError(code=types.INTERNAL_ERROR, message=masked(str(error))) from error
    except Exception as error:
        from mcp_server.refusing import refusal_of  # noqa: PLC0415

        known = refusal_of(error)
        if known is None:
            known = MCPError(code=types.INTERNAL_ERROR, message=logged("mcp request failed", "request"))
        raise known from error


def logged(event: str, what: str) -> str:
    """The bug being handled is in the log under an id, which this text names."""
    import structlog  # noqa: PLC0415 - a third of a second that starting need not pay

    log, incident = structlog.get_logger("ai_ops"), uuid4().hex[:12]
    log.exception(event, error_id=incident)
    return f"Trivium failed on this {what}; its log has it as {incident}. Trying again may help."


def no_headers(_tool: str) -> None:
    """No argument of ours is sent as a header too, so there is nothing to compare, and no list to make for it."""


async def serve_stdio(server: Server[Any]) -> None:
    """Serves one client until it closes our standard input; standard output carries the protocol alone."""
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def failure(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=masked(text))], is_error=True)


def masked(text: str) -> str:
    """What a message repeats of the call may be a secret."""
    from domain.masking import mask_text  # noqa: PLC0415 - its patterns are read at import, and a host waits for us

    return mask_text(text)


def problems(error: ValidationError) -> str:
    """Each field that cannot be taken, and why, one a line; never its value, which may be a secret."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "\n".join(f"- {'.'.join(map(str, item['loc'])) or 'all of it'}: {item['msg']}" for item in found)
