"""Registered MCP servers on the command line, and what the doctor says of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner, Result

from domain import database, mcp_secrets, mcp_servers
from domain.actors import Actor
from domain.database import Pool
from domain.mcp_servers import Change, Credential, McpServer
from domain.secrets import Keyring
from tests.house import actor
from tests.mcp_world import PROGRAM
from tests.scenarios.attack_world import SECRET, token
from tests.tools.remote_world import CLUSTER, NOWHERE, registered
from trivium.cli import app

T = TypeVar("T")
OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture
def invoke(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TRIVIUM_JWT_SECRET", SECRET)
    monkeypatch.setenv("TRIVIUM_TOKEN", token("ann", "admin"))
    monkeypatch.setenv("TRIVIUM_SECRET_KEYS", OLD)
    monkeypatch.setenv("MCP_STDIO_COMMANDS", PROGRAM[0])
    monkeypatch.setenv("PORT", "0")
    monkeypatch.setenv("COLUMNS", "400")
    return lambda *arguments: CliRunner().invoke(app, arguments)


def within(url: str, do: Callable[[Pool, Actor], Awaitable[T]]) -> T:
    """What came of it, with a pool and the admin Ann."""

    async def opened() -> T:
        async with database.open_pool(url, size=2) as pool:
            return await do(pool, await actor(pool, "admin", name="ann"))

    return asyncio.run(opened())


def test_without_servers_the_doctor_is_content_and_says_that_there_could_be_some(
    invoke: Callable[..., Result],
) -> None:
    """MC-12, OB-10."""
    found = invoke("doctor")
    assert found.exit_code == 0
    assert "none registered" in found.stdout
    assert "optional: MCP_GRAFANA_URL" in found.stdout
    assert "No MCP server is registered" in invoke("mcp-servers", "list").stdout


def test_servers_are_listed_and_looked_at_by_hand(
    invoke: Callable[..., Result], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MC-09: a look that goes well ends maintenance, and is on record; the doctor tells how each was."""

    async def put(pool: Pool, ann: Actor) -> None:
        server = await registered(pool, ann, "k8s", CLUSTER)
        await registered(pool, ann, "gone", NOWHERE)
        async with pool.connection() as db, db.transaction():
            await mcp_servers.change(db, ann, server.id, Change(in_maintenance=True))

    within(database_url, put)
    listed = invoke("mcp-servers", "list").stdout
    assert [line.split()[0] for line in listed.splitlines()[1:]] == ["gone", "k8s"]
    assert "maintenance" in listed
    well, away, none = (invoke("mcp-servers", "check", name) for name in ("k8s", "gone", "nobody"))
    assert (well.exit_code, away.exit_code, none.exit_code) == (0, 1, 1)
    assert "k8s: healthy\n" in well.stdout, well.output
    assert "  pods_list: undecided\n" in well.stdout
    assert "cannot be reached" in away.stdout
    assert "There is no MCP server named nobody." in none.stderr
    doctor = invoke("doctor")
    assert doctor.exit_code == 0
    assert "stdio, healthy; 0 tools in use" in doctor.stdout
    assert "trivium mcp-servers check gone" in doctor.stdout
    log = within(database_url, looks)
    assert log == [("ann", "k8s"), ("ann", "gone")]
    monkeypatch.setenv("TRIVIUM_TOKEN", token("ben", "operator"))
    refused = invoke("mcp-servers", "check", "k8s")
    assert (refused.exit_code, "an admin's" in refused.stderr) == (1, True)


async def looks(pool: Pool, _: Actor) -> list[tuple[str, str]]:
    sql = """select person.name as who, target
        from trivium.audit_logs join trivium.users as person on person.id = user_id
        where action = 'mcp_server_checked' order by audit_logs.id"""
    async with pool.connection() as db:
        return [(row["who"], row["target"]) for row in await (await db.execute(sql)).fetchall()]


def test_a_new_sealing_key_takes_over_the_secrets_of_servers_too(
    invoke: Callable[..., Result], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SE-07."""

    async def put(pool: Pool, ann: Actor) -> McpServer:
        sealed = Keyring([OLD]).seal("hunter22-hunter22")
        return await registered(pool, ann, "web", NOWHERE, credential=Credential(kind="bearer", sealed=sealed))

    async def secret(pool: Pool, _: Actor) -> str | None:
        async with pool.connection() as db:
            return await mcp_secrets.revealed(await mcp_servers.fetch(db, server.id), Keyring([NEW]))

    server = within(database_url, put)
    monkeypatch.setenv("TRIVIUM_SECRET_KEYS", f"{NEW},{OLD}")
    assert "1 sealed credentials" in invoke("credential", "rotate").stdout
    assert within(database_url, secret) == "hunter22-hunter22"
