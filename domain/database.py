"""The one pool on Postgres, and the migrations that make its tables."""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import LiteralString, TypeAlias, cast

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

Connection: TypeAlias = AsyncConnection[DictRow]
Pool: TypeAlias = AsyncConnectionPool[AsyncConnection[DictRow]]

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x7472_6976
LOCK_PAUSE_SECONDS = 0.05
CHECKOUT_SECONDS = 5.0
PROOF_SECONDS = 1.0
OLDEST_SERVER = 150000

LOCK = "select pg_try_advisory_lock(%(key)s) as mine"
UNLOCK = "select pg_advisory_unlock(%(key)s)"
LEDGER = """
create schema if not exists trivium;
create table if not exists trivium.migrations (
    version integer primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now()
)
"""
APPLIED = "select version, name, sha256 from trivium.migrations order by version"
RECORD = "insert into trivium.migrations (version, name, sha256) values (%(version)s, %(name)s, %(sha256)s)"


class MigrationError(Exception):
    """The database and this build do not fit; the message says which file or version and what to do."""


class DatabaseUnavailable(Exception):  # noqa: N818 - it names a state, like the standard's own
    """Postgres could not be reached; nothing was done."""


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


@asynccontextmanager
async def open_pool(
    url: str, *, size: int = 16, prepare: bool = True, timeout_seconds: float = 10
) -> AsyncGenerator[Pool]:
    """A pool that the saver and every verb share: autocommit, rows as dicts.

    `prepare=False` sends no prepared statements, which pgbouncer in transaction mode mixes up
    (measured: another statement ran under our name).
    Raises DatabaseUnavailable when no connection stands after `timeout_seconds`.
    """
    settings = {"autocommit": True, "row_factory": dict_row, "prepare_threshold": 0 if prepare else None}
    pool = AsyncConnectionPool(
        url, connection_class=Proven, kwargs=settings, check=alive, open=False, min_size=2, max_size=size,
        timeout=CHECKOUT_SECONDS,
    )  # fmt: skip
    try:
        await pool.open(wait=True, timeout=timeout_seconds)
    except OperationalError as error:
        await pool.close()
        raise DatabaseUnavailable(
            f"Postgres did not answer within {timeout_seconds:g} s: {error}. Check DATABASE_URL."
        ) from error
    try:
        yield cast("Pool", pool)
    finally:
        await pool.close()


class Proven(AsyncConnection[DictRow]):
    """A connection that remembers when it was last seen alive."""

    proven_at: float = float("-inf")


async def alive(db: Connection) -> None:
    """One empty round trip, at most one a second; the pool replaces a connection that a restart of Postgres killed."""
    now = monotonic()
    if isinstance(db, Proven) and now - db.proven_at < PROOF_SECONDS:
        return
    await db.execute("", prepare=False)
    if isinstance(db, Proven):
        db.proven_at = now


@asynccontextmanager
async def starting(db: Connection) -> AsyncGenerator[None]:
    """One starter at a time, over all machines on this database.

    Tried again and again rather than waited for: a waiting statement would hold a snapshot, and the saver's
    `create index concurrently` waits for every snapshot (measured: a deadlock).
    """
    while not await taken(db):  # noqa: ASYNC110 - the lock is another machine's: there is no event to wait for
        await asyncio.sleep(LOCK_PAUSE_SECONDS)
    try:
        yield
    finally:
        await db.execute(UNLOCK, {"key": MIGRATION_LOCK})


async def taken(db: Connection) -> bool:
    row = await (await db.execute(LOCK, {"key": MIGRATION_LOCK})).fetchone()
    return row is not None and row["mine"]


async def migrate(db: Connection, folder: Path = MIGRATIONS) -> list[str]:
    """The schema is at this build's version; returns the files applied now, in order.

    Call inside `starting`. Each file is one transaction.
    Raises MigrationError for a server before 15, an edited or missing file, or a newer database.
    """
    if db.info.server_version < OLDEST_SERVER:
        raise MigrationError(f"Postgres {db.info.server_version // 10000} is too old: Trivium needs 15 or newer.")
    await db.execute(LEDGER, prepare=False)
    rows = await (await db.execute(APPLIED)).fetchall()
    files = await asyncio.to_thread(load, folder)
    return await apply(db, files, {row["version"]: row for row in rows})


async def apply(db: Connection, files: list[Migration], applied: dict[int, DictRow]) -> list[str]:
    refuse_misfits(files, applied)
    missing = [file for file in files if file.version not in applied]
    for file in missing:
        async with db.transaction():
            await db.execute(cast("LiteralString", file.sql), prepare=False)
            await db.execute(RECORD, {"version": file.version, "name": file.name, "sha256": file.sha256})
    return [file.name for file in missing]


def refuse_misfits(files: list[Migration], applied: dict[int, DictRow]) -> None:
    newest = max(applied, default=0)
    if newest > len(files):
        raise MigrationError(f"The database is at version {newest}, this build knows {len(files)}: use a newer build.")
    for file in files:
        row = applied.get(file.version)
        if row and row["sha256"] != file.sha256:
            raise MigrationError(
                f"{file.name} was changed after it was applied: restore it and add a new file instead."
            )


def load(folder: Path) -> list[Migration]:
    """The numbered files in order. Raises MigrationError for a bad name, a gap or a number used twice."""
    files: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        match = re.fullmatch(r"(\d{4})_[a-z0-9_]+\.sql", path.name)
        if not match or int(match[1]) != len(files) + 1:
            raise MigrationError(f"{path.name}: migrations are named 0001_words.sql and numbered without gaps.")
        files.append(Migration(int(match[1]), path.name, path.read_text()))
    return files
