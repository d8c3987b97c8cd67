"""Executions of runbooks: who ran what with which parameters, on whose word, and how each step ended."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.database import Connection
from domain.found import Found, ask

Json: TypeAlias = dict[str, Any]
Final: TypeAlias = Literal["succeeded", "failed", "rolled_back", "timed_out", "cancelled", "unknown"]
Status: TypeAlias = Literal["running"] | Final
QUOTA_LOCK = 0x7175_6F74

START = """
insert into trivium.executions
    (runbook_id, runbook_name, runbook_version, kind, user_id, approved_by, confirmation_id, tool_execution_id, run_id,
    parameters, reason, steps, hourly_cost)
values
    (%(runbook_id)s, %(runbook_name)s, %(runbook_version)s, %(kind)s, %(user_id)s,
    (select decided_by from trivium.ai_action_confirmations where id = %(confirmation_id)s),
    %(confirmation_id)s, %(tool_execution_id)s, %(run_id)s, %(parameters)s, %(reason)s, %(steps)s, %(hourly_cost)s)
returning id
"""
RECORD = "update trivium.executions set steps = %(steps)s where id = %(id)s and status in ('running', 'unknown')"
FINISH = """
update trivium.executions
set status = %(status)s, steps = %(steps)s, result = %(result)s, finished_at = clock_timestamp()
where id = %(id)s and status in ('running', 'unknown')
"""
RECONCILE = """
update trivium.executions as execution
set status = 'unknown', finished_at = clock_timestamp()
from trivium.ai_action_confirmations as confirmation
where execution.status = 'running' and confirmation.id = execution.confirmation_id
    and confirmation.outcome in ('succeeded', 'failed', 'unknown')
returning execution.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A run about to begin. `parameters` hold no secret: a secret one is the name of its credential."""

    runbook_id: UUID
    runbook_name: str
    runbook_version: int
    kind: str
    user_id: UUID
    confirmation_id: UUID | None
    tool_execution_id: UUID | None
    run_id: UUID | None
    parameters: Json
    reason: str
    steps: list[Json]
    hourly_cost: Decimal | None = None

    def values(self) -> dict[str, object]:
        return {
            "runbook_id": self.runbook_id,
            "runbook_name": self.runbook_name,
            "runbook_version": self.runbook_version,
            "kind": self.kind,
            "user_id": self.user_id,
            "confirmation_id": self.confirmation_id,
            "tool_execution_id": self.tool_execution_id,
            "run_id": self.run_id,
            "parameters": Jsonb(self.parameters),
            "reason": self.reason,
            "steps": Jsonb(self.steps),
            "hourly_cost": self.hourly_cost,
        }


async def start(db: Connection, begun: Start) -> UUID:
    """The run is on record as running before anything of it is done."""
    row = await (await db.execute(START, begun.values())).fetchone()
    assert row is not None  # noqa: S101 - an insert returns its row
    return row["id"]


async def record(db: Connection, execution_id: UUID, steps: list[Json]) -> None:
    """What is known of the steps by now stands there, should this process die."""
    await db.execute(RECORD, {"id": execution_id, "steps": Jsonb(steps)})


async def finish(db: Connection, execution_id: UUID, status: Final, steps: list[Json], result: Json) -> None:
    """How it ended is on record, also in place of `unknown`: whoever carried it out knows better."""
    values = {"id": execution_id, "status": status, "steps": Jsonb(steps), "result": Jsonb(result)}
    await db.execute(FINISH, values)


async def reconcile(db: Connection) -> list[UUID]:
    """What still stands as running, though its confirmation was settled without it, is `unknown`; returns them.

    A worker that lives puts what it knows in place of that.
    """
    return [row["id"] for row in await (await db.execute(RECONCILE)).fetchall()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """`user` asked for it and `approved_by` agreed, both by name. `total` counts all that the filter matches."""

    id: UUID
    runbook_id: UUID | None
    runbook_name: str
    runbook_version: int
    kind: str
    user: str
    approved_by: str | None
    confirmation_id: UUID | None
    run_id: UUID | None
    parameters: Json
    reason: str
    status: Status
    steps: list[Json]
    result: Json
    hourly_cost: Decimal | None
    started_at: datetime
    finished_at: datetime | None
    total: int

    @property
    def seconds(self) -> float | None:
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFilter:
    """All that is not None must hold."""

    runbook: str | None = None
    status: Status | None = None
    since: datetime | None = None

    def parameters(self) -> dict[str, object]:
        return {"runbook": self.runbook, "status": self.status, "since": self.since}


COLUMNS = """execution.id, runbook_id, runbook_name, runbook_version, execution.kind, person.name as user,
    approver.name as approved_by, confirmation_id, execution.run_id, execution.parameters, reason, execution.status,
    execution.steps, result, hourly_cost, started_at, finished_at"""
TABLES = """from trivium.executions as execution
join trivium.users as person on person.id = execution.user_id
left join trivium.users as approver on approver.id = execution.approved_by"""

NEWEST = f"""
select {COLUMNS}, count(*) over () as total {TABLES}
where coalesce(%(runbook)s::text, runbook_name) = runbook_name and coalesce(%(status)s::text, status) = status
    and started_at >= coalesce(%(since)s::timestamptz, '-infinity')
order by started_at desc, execution.id limit %(limit)s"""


async def newest(db: Connection, wanted: ExecutionFilter, limit: int) -> Found[Execution]:
    return await ask(db, Execution, NEWEST, wanted.parameters() | {"limit": limit})


FETCH = f"select {COLUMNS}, 1 as total {TABLES} where execution.id = %(id)s"


async def fetch(db: Connection, execution_id: UUID) -> Found[Execution]:
    """At most one row."""
    return await ask(db, Execution, FETCH, {"id": execution_id})


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was provisioned from one template and may still be there: all of it, one user's, and its hourly cost."""

    total: int
    mine: int
    mine_hourly: Decimal


USAGE = """
select count(*) as total, count(*) filter (where user_id = %(user_id)s) as mine,
    coalesce(sum(hourly_cost) filter (where user_id = %(user_id)s), 0) as mine_hourly
from trivium.executions
where kind = 'service_template' and runbook_name = %(runbook)s and status in ('running', 'succeeded', 'unknown')"""


async def usage(db: Connection, runbook: str, user_id: UUID) -> Usage:
    """What may be there counts: an unknown outcome is no free place."""
    async with db.cursor(row_factory=class_row(Usage)) as cursor:
        await cursor.execute(USAGE, {"runbook": runbook, "user_id": user_id})
        found = await cursor.fetchone()
    assert found is not None  # noqa: S101 - an aggregate has one row
    return found


LOCK = "select pg_advisory_xact_lock(%(key)s, hashtext(%(runbook)s))"


async def lock_quota(db: Connection, runbook: str) -> None:
    """Until this transaction ends, nobody else counts or provisions from this template."""
    await db.execute(LOCK, {"key": QUOTA_LOCK, "runbook": runbook})
