"""What every test stands on: a fuse on the network, and a Postgres database where one is asked for."""

import ipaddress
import socket
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from psycopg.conninfo import make_conninfo

from domain import database
from domain.database import Pool
from tests import databases
from tests.databases import Emptied


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


@pytest.fixture(autouse=True)
def own_anchor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test's audit log is anchored in a file of its own, for each has a database of its own."""
    monkeypatch.setenv("AUDIT_ANCHOR_FILE", str(tmp_path / "audit.anchor"))


@pytest.fixture(scope="session")
def postgres() -> Generator[str]:
    """Conninfo of a server on which databases may be made; an embedded one lives where `nobody` can reach it."""
    with TemporaryDirectory(prefix="trivium-postgres-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        with databases.server(Path(home)) as url:
            yield url


@pytest.fixture(scope="session")
def template(postgres: str) -> Generator[str]:
    """Name of a database at the newest migration, to copy from."""
    with databases.migrated(postgres) as name:
        yield name


@pytest.fixture(scope="session")
def shared_database(postgres: str, template: str) -> Generator[Emptied]:
    with databases.made(postgres, template) as name:
        shared = Emptied(make_conninfo(postgres, dbname=name))
        yield shared
        shared.close()


@pytest.fixture
def database_url(shared_database: Emptied) -> Generator[str]:
    """A migrated database without a row of anyone's. It is used again: a test that alters tables takes a fresh one."""
    yield shared_database.url
    shared_database.empty()


@pytest.fixture
def fresh_database_url(postgres: str, template: str) -> Generator[str]:
    """A copy of the template for this test alone."""
    with databases.made(postgres, template) as name:
        yield make_conninfo(postgres, dbname=name)


@pytest.fixture
async def pool(database_url: str) -> AsyncGenerator[Pool]:
    async with database.open_pool(database_url, size=8) as opened:
        yield opened


@pytest.fixture
async def fresh_pool(fresh_database_url: str) -> AsyncGenerator[Pool]:
    async with database.open_pool(fresh_database_url, size=8) as opened:
        yield opened
