"""Checks of MCP servers: which are due, and what one more success or failure makes of a server."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from domain.database import Connection
from domain.mcp_servers import MAINTENANCE_AFTER, UNHEALTHY_AFTER, McpServer, Status

LONGEST_ERROR = 500

DUE = """
update trivium.mcp_servers set last_checked_at = clock_timestamp()
where id in (
    select id from trivium.mcp_servers
    where is_enabled and status <> 'maintenance'
        and (last_checked_at is null or last_checked_at <= clock_timestamp() - make_interval(secs => %(seconds)s))
    for update skip locked
)
returning id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of looking at a server as it stood at `updated_at`; `error` is "" when it answered.

    `by_hand`: somebody asked for it, so a success ends maintenance.
    """

    server_id: UUID
    updated_at: datetime
    error: str = ""
    by_hand: bool = False

    @classmethod
    def of(cls, server: McpServer, error: str = "", *, by_hand: bool = False) -> "Outcome":
        return cls(server_id=server.id, updated_at=server.updated_at, error=error[:LONGEST_ERROR], by_hand=by_hand)

    def parameters(self) -> dict[str, Any]:
        return {
            "id": self.server_id,
            "updated_at": self.updated_at,
            "error": self.error,
            "by_hand": self.by_hand,
            "unhealthy": UNHEALTHY_AFTER,
            "maintenance": MAINTENANCE_AFTER,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    status: Status
    was: Status
    consecutive_failures: int


async def due(db: Connection, seconds: float) -> set[UUID]:
    """The enabled servers that nobody has looked at for so long, by whichever worker. They count as looked at from now
    on, so that each is checked by one worker. One in maintenance is left alone."""
    cursor = await db.execute(DUE, {"seconds": seconds})
    return {row["id"] for row in await cursor.fetchall()}


SUCCEEDED = """
with was as (select id, status from trivium.mcp_servers where id = %(id)s for no key update)
update trivium.mcp_servers as server
set status = case when was.status = 'maintenance' and not %(by_hand)s then was.status else 'healthy' end,
    consecutive_failures = 0, last_error = '', last_checked_at = clock_timestamp(),
    last_healthy_at = clock_timestamp()
from was
where server.id = was.id and updated_at = %(updated_at)s
returning server.status, was.status as was, consecutive_failures"""
FAILED = """
with was as (select id, status from trivium.mcp_servers where id = %(id)s for no key update)
update trivium.mcp_servers as server
set status = case
        when was.status = 'maintenance' or consecutive_failures + 1 >= %(maintenance)s then 'maintenance'
        when consecutive_failures + 1 >= %(unhealthy)s then 'unhealthy'
        else was.status end,
    consecutive_failures = consecutive_failures + 1, last_error = %(error)s, last_checked_at = clock_timestamp()
from was
where server.id = was.id and updated_at = %(updated_at)s
returning server.status, was.status as was, consecutive_failures"""


async def record(db: Connection, outcome: Outcome) -> Verdict | None:
    """How the server stands now; None when it was changed or removed while it was looked at, which then says nothing.

    Three failures in a row make it unhealthy, ten put it into maintenance; one success makes it healthy.
    """
    async with db.cursor(row_factory=class_row(Verdict)) as cursor:
        await cursor.execute(FAILED if outcome.error else SUCCEEDED, outcome.parameters())
        return await cursor.fetchone()
