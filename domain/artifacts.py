"""Artifacts: results too large to travel, kept whole and fetched by id."""

import zlib
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from domain.database import Connection

KEEP = """
insert into trivium.artifacts (execution_id, user_id, media_type, size_bytes, content)
values (%(execution_id)s, %(user_id)s, %(media_type)s, %(size_bytes)s, %(content)s)
returning id
"""
FETCH = """
select id, execution_id, media_type, size_bytes, content
from trivium.artifacts
where id = %(id)s and user_id = %(user_id)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """`content` is compressed as stored; `size_bytes` its length before."""

    id: UUID
    execution_id: UUID
    media_type: str
    size_bytes: int
    content: bytes

    @property
    def body(self) -> bytes:
        return zlib.decompress(self.content)


async def keep(db: Connection, *, execution_id: UUID, user_id: UUID, body: bytes) -> UUID:
    """The JSON `body` is stored; returns its id."""
    values = {
        "execution_id": execution_id,
        "user_id": user_id,
        "media_type": "application/json",
        "size_bytes": len(body),
        "content": zlib.compress(body, level=1),
    }
    row = await (await db.execute(KEEP, values)).fetchone()
    assert row is not None  # noqa: S101 - an insert returns its row
    return row["id"]


async def fetch(db: Connection, artifact_id: UUID, *, user_id: UUID) -> Artifact | None:
    """The artifact when it is this user's; another's is as if it did not exist."""
    async with db.cursor(row_factory=class_row(Artifact)) as cursor:
        await cursor.execute(FETCH, {"id": artifact_id, "user_id": user_id})
        return await cursor.fetchone()
