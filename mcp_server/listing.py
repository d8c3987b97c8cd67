"""What the server says it has before anything is open: its seven tools, its templates and its icons."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

import mcp_types as types
from pydantic import BaseModel

from domain.schemas import schema
from mcp_server.arguments import (
    AnyArguments,
    AskArguments,
    CancelRunArguments,
    ConfirmArguments,
    GetRunArguments,
    ListRunsArguments,
    ReviveArguments,
    TroubleshootArguments,
)
from mcp_server.results import RunList, RunResult

Pillar: TypeAlias = Literal["inquiry", "troubleshooting", "revive"]
CARD = "ui://trivium/card.html"
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#3450c8"/>'
    '<path d="{path}" fill="none" stroke="#fff" stroke-width="1.6" stroke-linecap="round"/></svg>'
)
MARK = "M8 8.5v4M8 8.5 4 4.5M8 8.5l4-4"


def icons(path: str = MARK) -> list[types.Icon]:
    """One picture that needs no other address: a line on the house's ground."""
    return [types.Icon(src="data:image/svg+xml," + quote(ICON.format(path=path)), mime_type="image/svg+xml")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolEntry:
    """One tool as listed. `changes` says that something may be different after it, `pillar` whose scope it needs.

    `is_shown`: a host that can draws its result with our card. `path` is its icon's line.
    """

    name: str
    title: str
    description: str
    arguments: type[AnyArguments]
    result: type[BaseModel]
    is_idempotent: bool
    path: str
    changes: bool = False
    pillar: Pillar | None = None
    is_shown: bool = True

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
            icons=icons(self.path),
            _meta={"ui": {"resourceUri": CARD}} if self.is_shown else None,
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
            path="M6 6.2a2 2 0 1 1 2.6 2c-.6.3-.6.8-.6 1.3M8 12v.1",
            pillar="inquiry",
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
            path="M3 9h2.5L7 5l2 6 1.5-4H13",
            changes=True,
            pillar="troubleshooting",
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
            path="M4 12l1-3 5.5-5.5 2 2L7 11z",
            changes=True,
            pillar="revive",
        ),
        ToolEntry(
            name="get_run",
            title="Get a run",
            description="How a run stands, with its answer once there is one. Use after status running.",
            arguments=GetRunArguments,
            result=RunResult,
            is_idempotent=True,
            path="M8 4.5V8l2.5 1.5",
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
            path="M4 8.5l2.5 2.5L12 5.5",
            changes=True,
        ),
        ToolEntry(
            name="cancel_run",
            title="Stop a run",
            description="Stop a run of the user; what already happened stays.",
            arguments=CancelRunArguments,
            result=RunResult,
            is_idempotent=True,
            path="M5 5l6 6M11 5l-6 6",
            changes=True,
            is_shown=False,
        ),
        ToolEntry(
            name="list_runs",
            title="List runs",
            description="The user's own runs, newest first. Use to find an earlier question or a lost run_id.",
            arguments=ListRunsArguments,
            result=RunList,
            is_idempotent=True,
            path="M4 5h8M4 8h8M4 11h8",
            is_shown=False,
        ),
    )
}
TEMPLATES = (
    types.ResourceTemplate(
        name="run",
        title="A run of yours",
        uri_template="run://{run_id}",
        description="One question of yours with its answer, what is unknown, and where each number came from.",
        mime_type="text/markdown",
        icons=icons(),
    ),
    types.ResourceTemplate(
        name="runbook",
        title="A runbook",
        uri_template="runbook://{runbook}",
        description="One runbook by name or id: its parameters, every step and the way back.",
        mime_type="text/markdown",
        icons=icons(),
    ),
    types.ResourceTemplate(
        name="artifact",
        title="A whole result",
        uri_template="artifact://{artifact_id}{?path,offset}",
        description="A large result that an answer was made from: its lists, and rows of one of them, page by page.",
        mime_type="application/json",
        icons=icons(),
    ),
)
CARD_META: dict[str, Any] = {"ui": {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": True}}
CARD_RESOURCE = types.Resource(
    name="card",
    title="Confirmation and chart",
    uri=CARD,
    description="Drawn by hosts with MCP Apps: what waits for a decision, and an answer's chart.",
    mime_type="text/html;profile=mcp-app",
    _meta=CARD_META,
)
