"""Runs of a user, page by page from the newest: each page begins where the last one ended."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from domain.database import Connection
from domain.runs import RunStatus

OLDER = """
select id, question, graph, status, created_at, finished_at from trivium.runs
where user_id = %(user_id)s
    and (%(at)s::timestamptz is null or created_at < %(at)s or (created_at = %(at)s and id > %(id)s))
order by created_at desc, id
limit %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of a list."""

    id: UUID
    question: str
    graph: str
    status: RunStatus
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class After:
    """The last run of the page before."""

    at: datetime
    id: UUID


async def older(db: Connection, *, user_id: UUID, after: After | None, limit: int) -> list[Listed]:
    """The user's own, newest first, equals by id; with `after`, those that come behind it."""
    values = {
        "user_id": user_id,
        "at": after.at if after else None,
        "id": after.id if after else None,
        "limit": limit,
    }
    async with db.cursor(row_factory=class_row(Listed)) as cursor:
        await cursor.execute(OLDER, values)
        return await cursor.fetchall()
