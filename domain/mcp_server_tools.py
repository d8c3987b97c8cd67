"""The tools of MCP servers: what each server says of them, and what an admin has decided about each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

import orjson
from psycopg.rows import class_row

from domain import audit
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Connection
from domain.errors import NotFound, Refused
from domain.mcp_servers import McpServer

RiskName: TypeAlias = Literal["read", "create", "update", "delete", "execute"]
PillarName: TypeAlias = Literal["inquiry", "troubleshooting", "revive"]
Standing: TypeAlias = Literal["allowed", "undecided", "denied", "changed", "unusable", "gone"]

COLUMNS = """server_id, tool_name as name, tool.description, schema, hints, fingerprint, problem, is_listed,
    first_seen_at, changed_at, risk, pillars, permission, decided_fingerprint, person.name as decided_by, decided_at"""
SELECT = f"""
select {COLUMNS}
from trivium.mcp_server_tools as tool left join trivium.users as person on person.id = decided_by"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTool:
    """`description`, `schema` and `hints` are the server's words; `risk`, `pillars` and `permission` the admin's.

    `problem` says why it could not be used whatever anybody decides, "" when nothing stands in the way.
    """

    server_id: UUID
    name: str
    description: str
    schema: dict[str, Any]
    hints: dict[str, Any]
    fingerprint: str
    problem: str
    is_listed: bool
    first_seen_at: datetime
    changed_at: datetime
    risk: RiskName | None
    pillars: list[PillarName]
    permission: str | None
    decided_fingerprint: str | None
    decided_by: str | None
    decided_at: datetime | None

    @property
    def standing(self) -> Standing:
        """Only `allowed` can be used. `changed`: the server tells it otherwise than when it was decided on."""
        if not self.is_listed:
            return "gone"
        if self.problem:
            return "unusable"
        if self.risk is None:
            return "denied" if self.decided_at else "undecided"
        return "allowed" if self.decided_fingerprint == self.fingerprint else "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One tool as its server lists it."""

    name: str
    description: str
    schema: dict[str, Any]
    hints: dict[str, Any]
    problem: str = ""

    @property
    def fingerprint(self) -> str:
        """One spelling for equal tools; hints are left out, since nothing is decided by them."""
        body = orjson.dumps([self.name, self.description, self.schema], option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an admin decides about the tool that they saw, named by its `fingerprint`. `risk` None denies it."""

    tool: str
    fingerprint: str
    risk: RiskName | None
    pillars: tuple[PillarName, ...] = ()


LIST = """
with listed as (
    select name, description, schema, hints, fingerprint, problem
    from jsonb_to_recordset(%(tools)s)
        as given (name text, description text, schema jsonb, hints jsonb, fingerprint text, problem text)
), gone as (
    update trivium.mcp_server_tools set is_listed = false
    where server_id = %(server_id)s and is_listed and tool_name not in (select name from listed)
), put as (
    insert into trivium.mcp_server_tools as tool
        (server_id, tool_name, description, schema, hints, fingerprint, problem)
    select %(server_id)s, name, description, schema, hints, fingerprint, problem from listed
    on conflict (server_id, tool_name) do update
    set description = excluded.description, schema = excluded.schema, hints = excluded.hints,
        fingerprint = excluded.fingerprint, problem = excluded.problem, is_listed = true, changed_at = now()
    where (tool.fingerprint, tool.hints, tool.problem, tool.is_listed)
        is distinct from (excluded.fingerprint, excluded.hints, excluded.problem, true)
    returning tool_name, fingerprint, risk, decided_fingerprint
)
select tool_name from put where risk is not null and fingerprint <> decided_fingerprint order by tool_name"""


async def keep(db: Connection, server_id: UUID, tools: Sequence[Listed]) -> list[str]:
    """The table says what the server lists now; returns the tools denied again: they are not what was decided on.

    A tool that is gone keeps its decision for when it comes back unchanged.
    """
    rows = [
        {
            "name": tool.name,
            "description": tool.description,
            "schema": tool.schema,
            "hints": tool.hints,
            "fingerprint": tool.fingerprint,
            "problem": tool.problem,
        }
        for tool in tools
    ]
    values = {"server_id": server_id, "tools": orjson.dumps(rows).decode()}
    return [row["tool_name"] for row in await (await db.execute(LIST, values)).fetchall()]


OF_SERVER = SELECT + " where server_id = %(server_id)s order by tool_name"
EVERY = SELECT + " order by server_id, tool_name"


async def of_server(db: Connection, server_id: UUID) -> list[ServerTool]:
    """By name, those that are gone too."""
    async with db.cursor(row_factory=class_row(ServerTool)) as cursor:
        await cursor.execute(OF_SERVER, {"server_id": server_id})
        return await cursor.fetchall()


async def every(db: Connection) -> list[ServerTool]:
    async with db.cursor(row_factory=class_row(ServerTool)) as cursor:
        await cursor.execute(EVERY)
        return await cursor.fetchall()


ONE = SELECT + " where server_id = %(server_id)s and tool_name = %(tool)s"
HELD = ONE + " for update of tool"
DECIDE = """
update trivium.mcp_server_tools
set risk = %(risk)s, pillars = %(pillars)s, permission = %(permission)s, decided_fingerprint = %(fingerprint)s,
    decided_by = %(user_id)s, decided_at = clock_timestamp()
where server_id = %(server_id)s and tool_name = %(tool)s"""


async def decide(db: Connection, actor: Actor, server: McpServer, decision: Decision) -> ServerTool:
    """The decision holds from the next call on and is on the audit log. To be called in a transaction.

    Raises NotFound; Refused when the tool is no longer what the admin saw, cannot be used at all, or the pillars do not
    fit the risk.
    """
    before = await held(db, server, decision.tool)
    refuse_misfit(before, decision)
    values = {
        "server_id": server.id,
        "tool": decision.tool,
        "risk": decision.risk,
        "pillars": list(decision.pillars) if decision.risk else [],
        "permission": permission(server.family, decision),
        "fingerprint": decision.fingerprint if decision.risk else None,
        "user_id": actor.user_id,
    }
    await db.execute(DECIDE, values)
    after = await held(db, server, decision.tool)
    details = {"before": told(before), "after": told(after), "fingerprint": decision.fingerprint}
    target = f"{server.name}: {decision.tool}"
    await audit.append(db, actor, Entry(action="mcp_tool_decided", target=target, details=details))
    return after


async def held(db: Connection, server: McpServer, tool: str) -> ServerTool:
    async with db.cursor(row_factory=class_row(ServerTool)) as cursor:
        await cursor.execute(HELD, {"server_id": server.id, "tool": tool})
        row = await cursor.fetchone()
    if row is None:
        raise NotFound(f"{server.name} has no tool named {tool}.")
    return row


def refuse_misfit(tool: ServerTool, decision: Decision) -> None:
    if tool.fingerprint != decision.fingerprint:
        raise Refused(
            f"{tool.name} has changed since you looked at it; nothing was decided.",
            code="approval_mismatch",
            alternative="Read what its server says of it now, and decide then.",
        )
    if decision.risk is None:
        return
    if tool.problem:
        raise invalid(f"{tool.name} cannot be used: {tool.problem}.")
    if not decision.pillars:
        raise invalid("Name at least one pillar in which the tool may be used.")
    if decision.risk != "read" and "inquiry" in decision.pillars:
        raise invalid("inquiry only reads: a tool that changes something belongs to troubleshooting or revive.")


def invalid(message: str) -> Refused:
    return Refused(message, code="invalid_arguments")


def permission(family: str, decision: Decision) -> str | None:
    """`ai:revive:mcp:k8s:execute`; of several pillars the one in which most can be done names it."""
    if decision.risk is None:
        return None
    pillar = next(name for name in ("revive", "troubleshooting", "inquiry") if name in decision.pillars)
    return f"ai:{pillar}:mcp:{family}:{decision.risk}"


def told(tool: ServerTool) -> dict[str, Any]:
    """The decision as the audit log has it."""
    return {"risk": tool.risk, "pillars": sorted(tool.pillars), "standing": tool.standing}


OF_FAMILY = (
    SELECT
    + """
where tool_name = %(tool)s and server_id in (select id from trivium.mcp_servers where family = %(family)s)"""
)


async def of_family(db: Connection, family: str, tool: str) -> dict[UUID, ServerTool]:
    """The tool of this name on every server of the family, by the server's id."""
    async with db.cursor(row_factory=class_row(ServerTool)) as cursor:
        await cursor.execute(OF_FAMILY, {"family": family, "tool": tool})
        return {row.server_id: row for row in await cursor.fetchall()}
