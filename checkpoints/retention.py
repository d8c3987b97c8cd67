"""Retention: what is older than the setting goes, with all that hangs on it."""

from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import DictRow

EXPIRED = """
select id::text as thread from trivium.runs
where created_at < now() - make_interval(days => %(days)s)
    and status in ('completed', 'failed', 'rejected', 'expired', 'cancelled')
limit %(limit)s
"""
CHECKPOINTS: tuple[LiteralString, ...] = (
    "delete from checkpoint_writes where thread_id = any(%(threads)s)",
    "delete from checkpoint_blobs where thread_id = any(%(threads)s)",
    "delete from checkpoints where thread_id = any(%(threads)s)",
)
MESSAGES = "delete from trivium.ai_messages where run_id = any(%(threads)s::uuid[])"
RUNS = "delete from trivium.runs where id = any(%(threads)s::uuid[])"
SESSIONS = """
delete from trivium.ai_sessions as session
where started_at < now() - make_interval(days => %(days)s)
    and not exists (select from trivium.runs where session_id = session.id)
"""
BATCH = 500


async def sweep(db: AsyncConnection[DictRow], *, days: int) -> int:
    """Runs that ended more than `days` ago are gone with their messages, events and checkpoints; returns how many.

    Sessions go when their last run has gone; tool executions and artifacts go with the session.
    """
    total = 0
    while gone := await sweep_batch(db, days):
        total += gone
    await db.execute(SESSIONS, {"days": days})
    return total


async def sweep_batch(db: AsyncConnection[DictRow], days: int) -> int:
    async with db.transaction():
        rows = await (await db.execute(EXPIRED, {"days": days, "limit": BATCH})).fetchall()
        threads = [row["thread"] for row in rows]
        for statement in (*CHECKPOINTS, MESSAGES, RUNS):
            await db.execute(statement, {"threads": threads})
    return len(threads)
