"""MCP servers: where others' tools are, how each server is, and what admins have changed about them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain import audit
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Connection
from domain.errors import NotFound, Refused

Transport: TypeAlias = Literal["http", "sse", "stdio"]
Kind: TypeAlias = Literal["internal", "external"]
Status: TypeAlias = Literal["healthy", "unhealthy", "maintenance"]
CredentialKind: TypeAlias = Literal["none", "bearer", "header", "variable"]

UNHEALTHY_AFTER = 3
MAINTENANCE_AFTER = 10

COLUMNS = """id, name, family, description, transport, kind, url, command, environment, credential_kind,
    credential_name, reference, sealed, status, consecutive_failures, last_checked_at, last_healthy_at, last_error,
    is_enabled, created_at, updated_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a server asks of its callers: a bearer token, a header or, for a program, an environment variable."""

    kind: CredentialKind = "none"
    name: str = ""
    reference: str | None = None
    sealed: str | None = field(default=None, repr=False)


NO_CREDENTIAL = Credential()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a server is: `url`, or for stdio the words of `command` with its `environment`."""

    transport: Transport
    kind: Kind = "internal"
    url: str = ""
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServer:
    """A row. `family` is its own name, or the one that it shares with servers that do the same work."""

    id: UUID
    name: str
    family: str
    description: str
    transport: Transport
    kind: Kind
    url: str
    command: list[str]
    environment: dict[str, str]
    credential_kind: CredentialKind
    credential_name: str
    reference: str | None
    sealed: str | None = field(repr=False)
    status: Status
    consecutive_failures: int
    last_checked_at: datetime | None
    last_healthy_at: datetime | None
    last_error: str
    is_enabled: bool
    created_at: datetime
    updated_at: datetime

    @property
    def is_usable(self) -> bool:
        return self.is_enabled and self.status == "healthy"

    @property
    def place(self) -> Place:
        command, environment = tuple(self.command), self.environment
        return Place(transport=self.transport, kind=self.kind, url=self.url, command=command, environment=environment)

    @property
    def credential(self) -> Credential:
        return Credential(
            kind=self.credential_kind, name=self.credential_name, reference=self.reference, sealed=self.sealed
        )

    @property
    def where(self) -> str:
        """The address, or the command line."""
        return self.url or " ".join(self.command)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMcpServer:
    """`place` has been checked against what may be reached; a secret has been sealed."""

    name: str
    family: str = ""
    description: str = ""
    place: Place
    credential: Credential = NO_CREDENTIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to become of a server; None leaves it as it is. Its name stays: permissions go by it."""

    family: str | None = None
    description: str | None = None
    place: Place | None = None
    credential: Credential | None = None
    is_enabled: bool | None = None
    in_maintenance: bool | None = None


ADD = f"""
insert into trivium.mcp_servers
    (name, family, description, transport, kind, url, command, environment, credential_kind, credential_name,
    reference, sealed, created_by)
values
    (%(name)s, %(family)s, %(description)s, %(transport)s, %(kind)s, %(url)s, %(command)s, %(environment)s,
    %(credential_kind)s, %(credential_name)s, %(reference)s, %(sealed)s, %(created_by)s)
on conflict (name) do nothing
returning {COLUMNS}"""


async def add(db: Connection, actor: Actor, new: NewMcpServer) -> McpServer:
    """It is checked from now on, and on the audit log. To be called in a transaction. Raises Refused for a taken name.

    None of its tools can be used before an admin has decided on each.
    """
    values = {"name": new.name, "family": new.family or new.name, "description": new.description}
    values |= placed(new.place) | secured(new.credential) | {"created_by": actor.user_id}
    async with db.cursor(row_factory=class_row(McpServer)) as cursor:
        await cursor.execute(ADD, values)
        made = await cursor.fetchone()
    if made is None:
        message = f"There is an MCP server named {new.name} already."
        raise Refused(message, code="already_exists", alternative="Choose another name.")
    await audit.append(db, actor, Entry(action="mcp_server_added", target=made.name, details={"after": told(made)}))
    return made


def placed(place: Place) -> dict[str, Any]:
    return {
        "transport": place.transport,
        "kind": place.kind,
        "url": place.url,
        "command": list(place.command),
        "environment": Jsonb(dict(place.environment)),
    }


def secured(credential: Credential) -> dict[str, Any]:
    return {
        "credential_kind": credential.kind,
        "credential_name": credential.name,
        "reference": credential.reference,
        "sealed": credential.sealed,
    }


ALL = f"select {COLUMNS} from trivium.mcp_servers order by name"
FAMILY = f"select {COLUMNS} from trivium.mcp_servers where family = %(family)s order by consecutive_failures, name"
BY_ID = f"select {COLUMNS} from trivium.mcp_servers where id = %(id)s"
HELD = BY_ID + " for no key update"


async def everyone(db: Connection) -> list[McpServer]:
    """By name."""
    async with db.cursor(row_factory=class_row(McpServer)) as cursor:
        await cursor.execute(ALL)
        return await cursor.fetchall()


async def of_family(db: Connection, family: str) -> list[McpServer]:
    """The most reliable first, equals by name."""
    async with db.cursor(row_factory=class_row(McpServer)) as cursor:
        await cursor.execute(FAMILY, {"family": family})
        return await cursor.fetchall()


async def fetch(db: Connection, server_id: UUID) -> McpServer:
    """Raises NotFound."""
    return found(await one(db, BY_ID, server_id), server_id)


async def held(db: Connection, server_id: UUID) -> McpServer:
    """Nobody else changes it before the transaction ends. Raises NotFound."""
    return found(await one(db, HELD, server_id), server_id)


async def one(db: Connection, sql: Any, server_id: UUID) -> McpServer | None:
    async with db.cursor(row_factory=class_row(McpServer)) as cursor:
        await cursor.execute(sql, {"id": server_id})
        return await cursor.fetchone()


def found(server: McpServer | None, server_id: UUID) -> McpServer:
    if server is None:
        raise NotFound(f"There is no MCP server {server_id}.")
    return server


CHANGE = f"""
update trivium.mcp_servers
set family = %(family)s, description = %(description)s, transport = %(transport)s, kind = %(kind)s, url = %(url)s,
    command = %(command)s, environment = %(environment)s, credential_kind = %(credential_kind)s,
    credential_name = %(credential_name)s, reference = %(reference)s, sealed = %(sealed)s,
    is_enabled = %(is_enabled)s, status = %(status)s,
    consecutive_failures = case when %(begins_anew)s then 0 else consecutive_failures end,
    last_checked_at = case when %(begins_anew)s then null else last_checked_at end,
    updated_at = clock_timestamp()
where id = %(id)s
returning {COLUMNS}"""
FORGET_DECISIONS = """
update trivium.mcp_server_tools
set risk = null, pillars = '{}', permission = null, decided_fingerprint = null, decided_by = null, decided_at = null
where server_id = %(id)s"""


async def change(db: Connection, actor: Actor, server_id: UUID, wanted: Change) -> McpServer:
    """The server as it is after the change, which is on the audit log. To be called in a transaction.

    One that is elsewhere now is another server: its tools are denied until they are decided again. It has to pass a
    check before it is used. Raises NotFound.
    """
    before = await held(db, server_id)
    moved = wanted.place not in (None, before.place)
    status = standing(before, wanted, moved=moved)
    values = {
        "id": server_id,
        "family": before.family if wanted.family is None else wanted.family or before.name,
        "description": before.description if wanted.description is None else wanted.description,
        "is_enabled": before.is_enabled if wanted.is_enabled is None else wanted.is_enabled,
        "status": status,
        "begins_anew": status != before.status or moved,
        **placed(wanted.place or before.place),
        **secured(wanted.credential or before.credential),
    }
    async with db.cursor(row_factory=class_row(McpServer)) as cursor:
        await cursor.execute(CHANGE, values)
        after = found(await cursor.fetchone(), server_id)
    if moved or after.family != before.family:
        await db.execute(FORGET_DECISIONS, {"id": server_id})
    details = {"before": told(before), "after": told(after)}
    await audit.append(db, actor, Entry(action="mcp_server_changed", target=after.name, details=details))
    return after


def standing(before: McpServer, wanted: Change, *, moved: bool) -> Status:
    """Who comes out of maintenance, or is elsewhere, has yet to prove that it works."""
    if wanted.in_maintenance:
        return "maintenance"
    if before.status == "maintenance":
        return "unhealthy" if wanted.in_maintenance is False else "maintenance"
    return "unhealthy" if moved or wanted.credential else before.status


REMOVE = "delete from trivium.mcp_servers where id = %(id)s"


async def remove(db: Connection, actor: Actor, server_id: UUID) -> None:
    """It is gone with all that was decided about its tools; on the audit log. To be called in a transaction."""
    before = await held(db, server_id)
    await db.execute(REMOVE, {"id": server_id})
    await audit.append(
        db, actor, Entry(action="mcp_server_removed", target=before.name, details={"before": told(before)})
    )


def told(server: McpServer) -> dict[str, Any]:
    """The server as the audit log has it: no secret, and of the environment the names alone."""
    return {
        **asdict(server.place),
        "environment": sorted(server.environment),
        "family": server.family,
        "description": server.description,
        "credential": {"kind": server.credential_kind, "name": server.credential_name, "kept": holder(server)},
        "status": server.status,
        "is_enabled": server.is_enabled,
    }


def holder(server: McpServer) -> str | None:
    """Where the secret is: `sealed`, `env:NAME`, `file:PATH`, or None without one."""
    return server.reference or ("sealed" if server.sealed else None)
