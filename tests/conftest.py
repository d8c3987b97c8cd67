"""What every test stands on: a fuse on the network, and a Postgres database of its own where one is asked for."""

import asyncio
import ipaddress
import os
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from checkpoints.saver import open_saver
from config import policy
from domain import database, permissions
from domain.database import Pool

EXTERNAL = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


def is_loopback(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a unix socket
    host = str(cast("tuple[object, ...]", address)[0])
    return host in ("localhost", "") or ipaddress.ip_address(host).is_loopback


@pytest.fixture(autouse=True, scope="session")
def fuse() -> Generator[None]:
    """Every connection beyond loopback is refused, so no test can depend on the outside."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(original: Any) -> Any:
        def attempt(self: socket.socket, address: Any) -> Any:
            if not is_loopback(address):
                raise PermissionError(f"tests may not connect to {address}")
            return original(self, address)

        return attempt

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded(connect))
    patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
    yield
    patch.undo()


@contextmanager
def server(home: Path) -> Generator[str]:
    """A Postgres to make databases on: the one of TEST_DATABASE_URL when it answers, else an embedded one."""
    try:
        psycopg.connect(EXTERNAL, connect_timeout=3).close()
    except psycopg.OperationalError:
        from domain.embedded_postgres import running  # noqa: PLC0415 - only where it is needed

        with running(home) as url:
            yield url
    else:
        yield EXTERNAL


@pytest.fixture(scope="session")
def postgres() -> Generator[str]:
    """Conninfo of a server on which databases may be made; an embedded one lives where `nobody` can reach it."""
    with TemporaryDirectory(prefix="trivium-postgres-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        with server(Path(home)) as url:
            yield url


async def migrated(url: str) -> None:
    async with database.open_pool(url, size=2) as pool, pool.connection() as db, database.starting(db):
        await database.migrate(db)
        await permissions.seed(db, policy.read())
        await open_saver(pool)


@pytest.fixture(scope="session")
def template(postgres: str) -> Generator[str]:
    """Name of a database at the newest migration, to copy from."""
    name = f"trivium_template_{uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        asyncio.run(migrated(make_conninfo(postgres, dbname=name)))
        yield name
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(postgres: str, template: str) -> Generator[str]:
    """A fresh copy of the template; gone after the test."""
    name = f"trivium_test_{uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        yield make_conninfo(postgres, dbname=name)
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
async def pool(database_url: str) -> AsyncGenerator[Pool]:
    async with database.open_pool(database_url, size=8) as opened:
        yield opened
