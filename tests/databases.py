"""Databases for tests: a template at the newest migration, one copy that is emptied between tests, and fresh copies."""

import asyncio
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from checkpoints.saver import open_saver
from config import policy
from domain import database, jobs, permissions
from domain.embedded_postgres import running

EXTERNAL = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
SEEDED = ("roles", "ai_permissions", "versions", "audit_head")
TABLES = """
select schemaname as schema, tablename as name from pg_tables
where schemaname in ('trivium', 'public') and tablename not in ('migrations', 'job_migrations', 'checkpoint_migrations')
    and tablename not like 'kept_%'
"""
SEQUENCES = (
    "select schemaname as schema, sequencename as name from pg_sequences where schemaname in ('trivium', 'public')"
)


@contextmanager
def server(home: Path) -> Generator[str]:
    """A Postgres to make databases on: the one of TEST_DATABASE_URL when it answers, else an embedded one."""
    try:
        psycopg.connect(EXTERNAL, connect_timeout=3).close()
    except psycopg.OperationalError:
        with running(home) as url:
            yield url
    else:
        yield EXTERNAL


@contextmanager
def migrated(server_url: str) -> Generator[str]:
    """Name of a database at the newest migration, to copy from; gone afterwards."""
    with made(server_url) as name:
        asyncio.run(migrate(make_conninfo(server_url, dbname=name)))
        yield name


async def migrate(url: str) -> None:
    async with database.open_pool(url, size=2) as pool, pool.connection() as db, database.starting(db):
        await database.migrate(db)
        await permissions.seed(db, policy.read())
        await open_saver(pool)
        await jobs.install(db)


@contextmanager
def made(server_url: str, template: str = "template0") -> Generator[str]:
    """Name of a new database; gone afterwards."""
    name = sql.Identifier(f"trivium_test_{uuid4().hex[:12]}")
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} template {}").format(name, sql.Identifier(template)))
        try:
            yield name.as_string().strip('"')
        finally:
            admin.execute(sql.SQL("drop database {} with (force)").format(name))


class Emptied:
    """One database that tests share in turn: `empty` takes out every row and puts back what a start seeds."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._db = psycopg.connect(url, autocommit=True)
        for name in SEEDED:
            kept, own = sql.Identifier(f"kept_{name}"), sql.Identifier("trivium", name)
            self._db.execute(sql.SQL("create table {} as select * from {}").format(kept, own))
        self._statements = list(self._emptying())

    def _emptying(self) -> Generator[sql.Composed]:
        for schema, name in self._db.execute(TABLES).fetchall():
            yield sql.SQL("delete from {}").format(sql.Identifier(schema, name))
        for name in SEEDED:
            kept, own = sql.Identifier(f"kept_{name}"), sql.Identifier("trivium", name)
            yield sql.SQL("insert into {} select * from {}").format(own, kept)
        for schema, name in self._db.execute(SEQUENCES).fetchall():
            yield sql.SQL("alter sequence {} restart").format(sql.Identifier(schema, name))

    def empty(self) -> None:
        """Without triggers and foreign keys, so in any order; the audit log too, append-only for all others."""
        with self._db.transaction():
            self._db.execute("set local session_replication_role = replica")
            self._db.execute("set local lock_timeout = '10s'")
            for statement in self._statements:
                self._db.execute(statement)

    def close(self) -> None:
        self._db.close()
