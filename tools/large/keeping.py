"""A large answer as it comes in: masked, kept in pieces and let go, so that memory does not grow with it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson

from domain import artifacts
from domain.pieces import LARGEST, Piece
from tools.masking import mask
from tools.spec import ToolContext

HEAD, TAIL = b'{"rows":[', b"]}"
PATH = "/rows"


class Keeper:
    """Rows of JSON on their way into an artifact. `size_bytes` and `row_count` grow as they come."""

    def __init__(self, context: ToolContext, artifact_id: UUID) -> None:
        self.context = context
        self.artifact_id = artifact_id
        self.row_count = 0
        self.size_bytes = 0
        self.number = 0
        self.bodies: list[bytes] = []
        self.waiting = 0

    async def add(self, rows: Sequence[Any]) -> None:
        """The rows are masked and kept, at the latest when this is left; a few thousand at a time are best."""
        bodies = await asyncio.to_thread(masked, rows)
        for body in bodies:
            if self.waiting + len(body) > LARGEST:
                await self.flush()
            self.bodies.append(body)
            self.waiting += len(body) + 1

    async def flush(self) -> None:
        if not self.bodies:
            return
        body = (b"," if self.row_count else b"") + b",".join(self.bodies)
        await self.write(Piece(kind="rows", body=body, path=PATH, first_row=self.row_count, row_count=len(self.bodies)))
        self.row_count += len(self.bodies)
        self.bodies, self.waiting = [], 0

    async def write(self, piece: Piece) -> None:
        async with self.context.database.connection() as db:
            await artifacts.append(db, self.artifact_id, self.number, piece)
        self.number += 1
        self.size_bytes += len(piece.body)


def masked(rows: Sequence[Any]) -> list[bytes]:
    """Masked together: a key that came line by line is one only beside its neighbours."""
    return [orjson.dumps(row) for row in mask(rows)]


@asynccontextmanager
async def keeping(context: ToolContext) -> AsyncGenerator[Keeper]:
    """An artifact `{"rows": [...]}` of this call, to add rows to; what was begun is gone when this fails.

    The handler then returns a ToolResult with the keeper's `artifact_id`, a sample of rows, and `cut`.
    """
    assert context.execution_id is not None  # noqa: S101 - the door sets it before it calls a handler
    async with context.database.connection() as db:
        artifact_id = await artifacts.begin(db, execution_id=context.execution_id, user_id=context.actor.user_id)
    keeper = Keeper(context, artifact_id)
    try:
        await keeper.write(Piece(kind="json", body=HEAD))
        yield keeper
        await keeper.flush()
        await keeper.write(Piece(kind="json", body=TAIL))
        async with context.database.connection() as db:
            await artifacts.complete(db, artifact_id, keeper.size_bytes)
    finally:
        async with context.database.connection() as db:
            await artifacts.discard_unfinished(db, artifact_id)
