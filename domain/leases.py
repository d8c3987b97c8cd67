"""Leases: a run belongs to the worker that carries it, for as long as that worker says so."""

from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from domain.database import Connection
from domain.runs import COLUMNS, Run

RENEW = """
update trivium.runs set lease_until = now() + make_interval(secs => %(lease_seconds)s)
where id = any(%(run_ids)s) and worker = %(worker)s and status = 'running'
returning id, cancel_requested
"""
RELEASE = """
update trivium.runs set lease_until = now()
where id = any(%(run_ids)s) and worker = %(worker)s and status = 'running'
"""
TAKE_OVER = (
    """
update trivium.runs
set worker = %(worker)s, attempt = attempt + 1, lease_until = now() + make_interval(secs => %(lease_seconds)s)
where id in (
    select id from trivium.runs
    where status in ('queued', 'running') and lease_until < now()
    order by lease_until
    for update skip locked
    limit %(limit)s
)
returning"""
    + COLUMNS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A worker's name, and for how long it holds what it carries."""

    worker: str
    seconds: float


async def renew(db: Connection, lease: Lease, run_ids: list[UUID]) -> dict[UUID, bool]:
    """The runs still held by this worker, each with whether its owner wants it cancelled."""
    values = {"worker": lease.worker, "lease_seconds": lease.seconds, "run_ids": run_ids}
    rows = await (await db.execute(RENEW, values)).fetchall()
    return {row["id"]: row["cancel_requested"] for row in rows}


async def release(db: Connection, worker: str, run_ids: list[UUID]) -> None:
    """Another worker may take these over at once."""
    await db.execute(RELEASE, {"worker": worker, "run_ids": run_ids})


async def take_over(db: Connection, lease: Lease, *, limit: int = 10) -> list[Run]:
    """Runs whose worker is gone, now this worker's; each is given to one worker only."""
    values = {"worker": lease.worker, "lease_seconds": lease.seconds, "limit": limit}
    async with db.cursor(row_factory=class_row(Run)) as cursor:
        await cursor.execute(TAKE_OVER, values)
        return await cursor.fetchall()
