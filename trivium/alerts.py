"""Alerts on the command line: those that the caller may see, and one by its id, fingerprint or name."""

import sys
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from rich.console import Console
from rich.text import Text

from config.settings import Settings
from domain import query_sessions
from domain.actors import Actor, Entrance
from domain.errors import Refused, SourceError
from tools.call import ApprovalNeeded
from tools.cleaning import strip_text
from tools.spec import Pillar, ToolContext, ToolResult
from trivium.cells import text_of
from trivium.service import Service, open_service
from trivium.show import SEVERITY_STYLE

Json: TypeAlias = dict[str, Any]
COLUMNS = {
    "starts_at": "Began (UTC)", "severity": "Severity", "name": "Alert", "service": "Service", "status": "Status",
}  # fmt: skip
BELOW = ("id", "summary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which alerts: all that fire, or those of the last 24 hours; newest first, at most `limit`."""

    is_firing: bool = False
    service: str | None = None
    severity: str | None = None
    limit: int = 50
    as_json: bool = False


async def show(settings: Settings, wanted: Wanted) -> int:
    """They are printed. Raises Refused for who may not, and for a severity that there is not."""
    async with open_service(settings) as service:
        found = await looked_at(service, await service.actor(Entrance.CLI), "query_alerts_history", arguments(wanted))
    if wanted.as_json:
        sys.stdout.buffer.write(orjson.dumps(found.data, option=orjson.OPT_INDENT_2) + b"\n")
    else:
        tell(found.data, wanted)
    return 0


def arguments(wanted: Wanted) -> Json:
    given = {"service": wanted.service, "severity": wanted.severity, "status": "firing" if wanted.is_firing else None}
    return {key: value for key, value in given.items() if value} | {"limit": wanted.limit}


def tell(data: Json, wanted: Wanted) -> None:
    """Two lines for each, the second with its id; nothing in them can steer the terminal."""
    console = Console(highlight=False)
    if not data["alerts"]:
        console.print("Nothing fires." if wanted.is_firing else "No alert began in the last 24 hours.")
        return
    rows = [{key: strip_text(text_of(alert[key])) for key in (*COLUMNS, *BELOW)} for alert in data["alerts"]]
    widths = {key: max(len(title), *(len(row[key]) for row in rows)) for key, title in COLUMNS.items()}
    console.print(Text("  ".join(title.ljust(widths[key]) for key, title in COLUMNS.items()), style="dim"))
    for row in rows:
        cells = (Text(row[key].ljust(widths[key]), style=SEVERITY_STYLE.get(row[key], "")) for key in COLUMNS)
        console.print(Text("  ").join(cells), soft_wrap=True)
        console.print(Text(f"  {row['id']}  {row['summary']}", style="dim"), overflow="ellipsis", no_wrap=True)
    if data["total"] > len(data["alerts"]):
        console.print(f"These are the newest {len(data['alerts'])} of {data['total']:,}.", style="dim")


async def named(service: Service, actor: Actor, text: str) -> UUID:
    """The alert's id, of the newest that fires where a name fits several. Raises NotFound, also for another team's."""
    found = await looked_at(service, actor, "get_alert_details", reference(text))
    return UUID(found.data["alert"]["id"])


def reference(text: str) -> Json:
    try:
        return {"alert_id": str(UUID(text))}
    except ValueError:
        return {"alert": text}


async def looked_at(service: Service, actor: Actor, tool: str, arguments: Json) -> ToolResult:
    """Through the door, for one who troubleshoots: an engineer gets their own alerts. Raises Refused, SourceError."""
    try:
        result = await service.door.call(await context_of(service, actor), tool, arguments)
    except ApprovalNeeded as needed:
        message = f"Looking waits for a person's approval: `trivium approve {needed.confirmation.id}`."
        raise Refused(message, code="not_approved") from needed
    if result.status == "error":
        raise SourceError(result.error or f"{tool} failed", source=result.source)
    return result


async def context_of(service: Service, actor: Actor) -> ToolContext:
    pillar = Pillar.TROUBLESHOOTING
    if pillar not in actor.scopes:
        raise Refused("This token does not reach troubleshooting.", code="insufficient_permissions")
    async with service.pool.connection() as db:
        session = await query_sessions.current(db, actor.user_id, pillar.value)
    return ToolContext(
        actor=actor, pillar=pillar, session_id=session, run_id=None, message_id=None, database=service.pool,
        clock=service.now, resources=service.resources,
    )  # fmt: skip
