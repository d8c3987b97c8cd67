"""Artifacts: results too large to travel, kept whole in pieces and fetched by id."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg.rows import class_row

from domain.database import Connection
from domain.pieces import Piece, PieceKind, packed, pieces, unpacked


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The JSON result of one execution of `tool`; `size_bytes` is its length when it is put together."""

    id: UUID
    execution_id: UUID
    tool: str
    media_type: str
    size_bytes: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A piece as it lies in the table; `content` is compressed, None where it was not asked for."""

    number: int
    kind: PieceKind
    path: str
    first_row: int
    row_count: int
    content: bytes | None

    def piece(self) -> Piece:
        """It is unpacked: at most `pieces.LARGEST` and one entry."""
        return Piece(
            kind=self.kind,
            body=unpacked(self.content or b""),
            path=self.path,
            first_row=self.first_row,
            row_count=self.row_count,
        )


async def keep(db: Connection, *, execution_id: UUID, user_id: UUID, body: bytes | Mapping[str, Any]) -> UUID:
    """The result, or its JSON, is stored; returns its id. The caller's transaction makes all of it one."""
    artifact_id = await begin(db, execution_id=execution_id, user_id=user_id)
    value = orjson.loads(body) if isinstance(body, bytes) else body
    size = 0
    for number, piece in enumerate(pieces(value)):
        await append(db, artifact_id, number, piece)
        size += len(piece.body)
    await complete(db, artifact_id, size)
    return artifact_id


BEGIN = """
insert into trivium.artifacts (execution_id, user_id, media_type, size_bytes, is_complete)
values (%(execution_id)s, %(user_id)s, 'application/json', 0, false)
returning id
"""


async def begin(db: Connection, *, execution_id: UUID, user_id: UUID) -> UUID:
    """An artifact to append pieces to; nobody sees it until it is complete."""
    row = await (await db.execute(BEGIN, {"execution_id": execution_id, "user_id": user_id})).fetchone()
    assert row is not None  # noqa: S101 - an insert returns its row
    return row["id"]


APPEND = """
insert into trivium.artifact_pieces (artifact_id, number, kind, path, first_row, row_count, content)
values (%(artifact_id)s, %(number)s, %(kind)s, %(path)s, %(first_row)s, %(row_count)s, %(content)s)
"""


async def append(db: Connection, artifact_id: UUID, number: int, piece: Piece) -> None:
    values = {
        "artifact_id": artifact_id,
        "number": number,
        "kind": piece.kind,
        "path": piece.path,
        "first_row": piece.first_row,
        "row_count": piece.row_count,
        "content": await asyncio.to_thread(packed, piece.body),
    }
    await db.execute(APPEND, values)


COMPLETE = "update trivium.artifacts set size_bytes = %(size)s, is_complete = true where id = %(id)s"


async def complete(db: Connection, artifact_id: UUID, size_bytes: int) -> None:
    await db.execute(COMPLETE, {"id": artifact_id, "size": size_bytes})


DISCARD = "delete from trivium.artifacts where id = %(id)s and not is_complete"


async def discard_unfinished(db: Connection, artifact_id: UUID) -> None:
    """It is gone, unless it was completed."""
    await db.execute(DISCARD, {"id": artifact_id})


FETCH = """
select artifacts.id, execution_id, tool_name as tool, media_type, size_bytes, artifacts.created_at
from trivium.artifacts join trivium.ai_tool_executions as execution on execution.id = execution_id
where artifacts.id = %(id)s and artifacts.user_id = %(user_id)s and is_complete
"""


async def fetch(db: Connection, artifact_id: UUID, *, user_id: UUID) -> Artifact | None:
    """The artifact when it is this user's; another's is as if it did not exist."""
    async with db.cursor(row_factory=class_row(Artifact)) as cursor:
        await cursor.execute(FETCH, {"id": artifact_id, "user_id": user_id})
        return await cursor.fetchone()


NEXT = """
select number, kind, path, first_row, row_count, content
from trivium.artifact_pieces
where artifact_id = %(id)s and number > %(after)s and (%(path)s::text is null or path = %(path)s and kind <> 'json')
order by number limit %(limit)s
"""
AT_ONCE = 4


async def following(db: Connection, artifact_id: UUID, after: int, path: str | None = None) -> list[Stored]:
    """The few pieces after number `after` (-1: from the start), in order; only those of `path` when it is given."""
    async with db.cursor(row_factory=class_row(Stored)) as cursor:
        await cursor.execute(NEXT, {"id": artifact_id, "after": after, "path": path, "limit": AT_ONCE})
        return await cursor.fetchall()


ROWS = """
select number, kind, path, first_row, row_count, content
from trivium.artifact_pieces
where artifact_id = %(id)s and path = %(path)s and kind <> 'json'
    and first_row + row_count > %(first)s
order by number limit 1
"""


async def holding(db: Connection, artifact_id: UUID, path: str, row: int) -> Piece | None:
    """The piece of the list or text at `path` that has this row, or the next there is."""
    async with db.cursor(row_factory=class_row(Stored)) as cursor:
        await cursor.execute(ROWS, {"id": artifact_id, "path": path, "first": row})
        stored = await cursor.fetchone()
    return stored.piece() if stored else None


OUTLINE = """
select number, kind, path, first_row, row_count, case kind when 'json' then content end as content
from trivium.artifact_pieces
where artifact_id = %(id)s and number > %(after)s order by number limit %(limit)s
"""
OUTLINE_AT_ONCE = 500


async def outline(db: Connection, artifact_id: UUID, after: int = -1) -> list[Stored]:
    """The pieces after number `after`, those of lists and texts without what is in them."""
    async with db.cursor(row_factory=class_row(Stored)) as cursor:
        await cursor.execute(OUTLINE, {"id": artifact_id, "after": after, "limit": OUTLINE_AT_ONCE})
        return await cursor.fetchall()
