"""How rows are measured: floor and ours in turns, the best of several, so that a noisy neighbour hits both."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from config import policy
from domain import database, permissions
from domain.database import Pool

EXTERNAL = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One goal. `ours` and `floor` in `unit`; `ratio` says how ours stands to the floor; `goal` is DESIGN.md's."""

    what: str
    ours: float
    floor: float
    unit: str
    goal: str
    met: bool

    @property
    def ratio(self) -> float:
        return self.ours / self.floor if self.floor else float("nan")


async def seconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def in_turns(
    ours: Callable[[], Awaitable[object]], floor: Callable[[], Awaitable[object]], *, turns: int = 7
) -> tuple[float, float]:
    """The best seconds of each, measured alternately; each is warmed once."""
    await ours()
    await floor()
    pairs = [(await seconds(floor), await seconds(ours)) for _ in range(turns)]
    return min(pair[1] for pair in pairs), min(pair[0] for pair in pairs)


async def at_once(work: Callable[[], Awaitable[object]], *, count: int, width: int) -> None:
    """`work` done `count` times, `width` at a time."""
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            await work()

    await asyncio.gather(*(worker() for _ in range(width)))


@asynccontextmanager
async def scratch(size: int = 16) -> AsyncGenerator[tuple[Pool, str]]:
    """A pool on a new migrated database with its URL; the database is dropped afterwards."""
    name = f"trivium_bench_{uuid4().hex[:12]}"
    url = make_conninfo(EXTERNAL, dbname=name)
    run_admin(sql.SQL("create database {}").format(sql.Identifier(name)))
    try:
        async with database.open_pool(url, size=size) as pool:
            async with pool.connection() as db, database.starting(db):
                await database.migrate(db)
                await permissions.seed(db, policy.read())
            yield pool, url
    finally:
        run_admin(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def run_admin(statement: sql.Composed) -> None:
    with psycopg.connect(EXTERNAL, autocommit=True) as admin:
        admin.execute(statement)
