"""The saver: LangGraph's own for Postgres, with one connection per operation instead of one lock for all."""

from types import TracebackType
from typing import Any, TypeAlias, cast

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

Pool: TypeAlias = AsyncConnectionPool[AsyncConnection[DictRow]]


class NoLock:
    """Stands where the stock saver serialises every database operation of a process (measured: nine times slower)."""

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class PoolSaver(AsyncPostgresSaver):
    """Checkpoints through the shared pool: each operation has its own connection, so the lock guards nothing.

    Only the types that LangGraph calls safe, and those in a graph's own state, are brought back from msgpack;
    any other class named in the database stays plain data.
    """

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool, serde=JsonPlusSerializer(allowed_msgpack_modules=None))
        self.lock = cast("Any", NoLock())


async def open_saver(pool: Pool) -> PoolSaver:
    """The saver with its tables made. Call inside the running loop."""
    saver = PoolSaver(pool)
    await saver.setup()
    return saver
