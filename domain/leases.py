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
STANDING = """
select id, cancel_requested, coalesce(worker <> %(worker)s, false) as is_lost
from trivium.runs where id = any(%(run_ids)s)
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

RESUME = (
    """
update trivium.runs
set status = 'running', worker = %(worker)s, lease_until = now() + make_interval(secs => %(lease_seconds)s)
where id in (
    select run.id from trivium.runs as run
    where status = 'awaiting_confirmation' and (%(run_id)s::uuid is null or run.id = %(run_id)s)
        and (cancel_requested or not exists (
            select from trivium.ai_action_confirmations as confirmation
            where confirmation.run_id = run.id and confirmation.status = 'pending'
                and confirmation.expires_at > clock_timestamp()))
    order by created_at
    for update skip locked
    limit %(limit)s
)
returning"""
    + COLUMNS
)

ADOPT = (
    """
update trivium.runs
set status = 'running', worker = %(worker)s, lease_until = now() + make_interval(secs => %(lease_seconds)s)
where id = %(run_id)s and user_id = %(user_id)s and status = 'awaiting_confirmation'
returning"""
    + COLUMNS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A worker's name, and for how long it holds what it carries."""

    worker: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a run's owner wants it cancelled, and whether another worker has taken it over."""

    id: UUID
    cancel_requested: bool
    is_lost: bool


async def standing(db: Connection, lease: Lease, run_ids: list[UUID]) -> list[Standing]:
    """How runs stand that this worker carries, or has carried until now."""
    async with db.cursor(row_factory=class_row(Standing)) as cursor:
        await cursor.execute(STANDING, {"worker": lease.worker, "run_ids": run_ids})
        return await cursor.fetchall()


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


async def resume(db: Connection, lease: Lease, run_id: UUID | None = None, *, limit: int = 10) -> list[Run]:
    """Runs that wait for nobody any more (decided, expired, set aside, cancelled), now this worker's to go on with."""
    values = {"worker": lease.worker, "lease_seconds": lease.seconds, "run_id": run_id, "limit": limit}
    async with db.cursor(row_factory=class_row(Run)) as cursor:
        await cursor.execute(RESUME, values)
        return await cursor.fetchall()


async def adopt(db: Connection, lease: Lease, run_id: UUID, user_id: UUID) -> Run | None:
    """The user's waiting run, now this worker's although nobody has decided yet; None when it does not wait."""
    values = {"worker": lease.worker, "lease_seconds": lease.seconds, "run_id": run_id, "user_id": user_id}
    async with db.cursor(row_factory=class_row(Run)) as cursor:
        await cursor.execute(ADOPT, values)
        return await cursor.fetchone()
