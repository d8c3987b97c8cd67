"""The MCP entrance: seven tools, listed before anything is open. Speaks MCP, decides nothing.

What a call needs is imported by the first call, so that a host that only lists the tools waits for the SDK alone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4
from zoneinfo import ZoneInfo

import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ValidationError

from config import VERSION
from domain.schemas import schema
from mcp_server.arguments import (
    LONGEST_WAIT_SECONDS,
    AnyArguments,
    AskArguments,
    CancelRunArguments,
    ConfirmArguments,
    GetRunArguments,
    ListRunsArguments,
    ReviveArguments,
    TroubleshootArguments,
)
from mcp_server.asking import Person
from mcp_server.results import RunList, RunResult

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


class Unopened(Exception):  # noqa: N818 - it names a state
    """The house behind the entrance could not be opened; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What calls need. `identify` says whom a call is for; `zone` is the calendar of questions that name none."""

    runner: "Runner"
    approvals: "Approvals"
    identify: Callable[[], Awaitable["Actor"]]
    zone: ZoneInfo


Opened: TypeAlias = Callable[[], Awaitable[House]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """How long a call may wait whatever it was asked, and whom it tells that it still does: (passed, total, words).

    `person` is whoever sits at the client, when it lets us ask them.
    """

    longest_seconds: float
    tell: Callable[[float, float | None, str | None], Awaitable[None]]
    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolEntry:
    """One tool as listed. `changes` says that something may be different after it."""

    name: str
    title: str
    description: str
    arguments: type[AnyArguments]
    result: type[BaseModel]
    is_idempotent: bool
    changes: bool = False

    def described(self) -> types.Tool:
        return types.Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=schema(self.arguments),
            output_schema=schema(self.result, "serialization"),
            annotations=types.ToolAnnotations(
                read_only_hint=not self.changes,
                destructive_hint=self.changes,
                idempotent_hint=self.is_idempotent,
                open_world_hint=False,
            ),
        )


TOOLS = {
    entry.name: entry
    for entry in (
        ToolEntry(
            name="ask",
            title="Ask about operations",
            description=(
                "Answer a question about alerts, incidents, changes or postmortems; every finding cites the tool "
                "executions that show it. Use for what fires, counts, trends, MTTR, timelines, causes."
            ),
            arguments=AskArguments,
            result=RunResult,
            is_idempotent=False,
        ),
        ToolEntry(
            name="troubleshoot",
            title="Troubleshoot an alert",
            description=(
                "Find the likely cause of one alert and the next step: metrics, logs, changes, similar incidents, on "
                "call, runbooks. A runbook runs only after a person has approved it."
            ),
            arguments=TroubleshootArguments,
            result=RunResult,
            is_idempotent=False,
            changes=True,
        ),
        ToolEntry(
            name="revive",
            title="Change something",
            description=(
                "Change or look at dashboards, alert rules, annotations, runbooks and servers. "
                "Each change waits until a person has approved it."
            ),
            arguments=ReviveArguments,
            result=RunResult,
            is_idempotent=False,
            changes=True,
        ),
        ToolEntry(
            name="get_run",
            title="Get a run",
            description="How a run stands, with its answer once there is one. Use after status running.",
            arguments=GetRunArguments,
            result=RunResult,
            is_idempotent=True,
        ),
        ToolEntry(
            name="confirm",
            title="Decide on a change",
            description=(
                "Pass on a person's decision on a waiting change. Only after they have seen it and said so themselves."
            ),
            arguments=ConfirmArguments,
            result=RunResult,
            is_idempotent=False,
            changes=True,
        ),
        ToolEntry(
            name="cancel_run",
            title="Stop a run",
            description="Stop a run of the user; what already happened stays.",
            arguments=CancelRunArguments,
            result=RunResult,
            is_idempotent=True,
            changes=True,
        ),
        ToolEntry(
            name="list_runs",
            title="List runs",
            description="The user's own runs, newest first. Use to find an earlier question or a lost run_id.",
            arguments=ListRunsArguments,
            result=RunList,
            is_idempotent=True,
        ),
    )
}


def build(opened: Opened, *, longest_wait_seconds: float = LONGEST_WAIT_SECONDS) -> Server[Any]:
    """The server, on any transport. `opened` is awaited by calls alone and may raise Unopened."""

    async def list_tools(
        context: ServerRequestContext[Any],  # noqa: ARG001 - the SDK's signature
        params: types.PaginatedRequestParams | None,  # noqa: ARG001
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[entry.described() for entry in TOOLS.values()])

    async def call_tool(
        context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        entry = TOOLS.get(params.name)
        if entry is None:
            message = f"There is no tool {masked(params.name)[:100]}; there are {', '.join(TOOLS)}."
            raise MCPError(code=types.INVALID_PARAMS, message=message)
        try:
            arguments = entry.arguments.model_validate(params.arguments or {})
        except ValidationError as error:
            return failure(f"The arguments could not be read; correct them and call again:\n{problems(error)}")
        wait = Wait(
            longest_seconds=longest_wait_seconds,
            tell=context.session.report_progress,
            person=Person.at(context, params),
        )
        return await answered(opened, arguments, wait)

    return Server(
        "trivium",
        version=VERSION,
        title="Trivium",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def answered(
    opened: Opened, arguments: AnyArguments, wait: Wait
) -> types.CallToolResult | types.InputRequiredResult:
    """What came of the call. Never raises: what failed is a result that says what to do."""
    try:
        house = await opened()
        from mcp_server import calls  # noqa: PLC0415 - heavy, and `opened` has imported most of it by now

        return await calls.call(house, arguments, wait)
    except Unopened as error:
        return failure(str(error))
    except Exception:
        import structlog  # noqa: PLC0415 - a third of a second that starting need not pay

        log, incident = structlog.get_logger("ai_ops"), uuid4().hex[:12]
        log.exception("mcp call failed", error_id=incident)
        return failure(f"Trivium failed on this call; its log has it as {incident}. Trying again may help.")


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
