"""A world to attack: real servers on one Postgres, a real sshd, and runbooks whose every deed is one line in a file."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any, TypeAlias

import httpx

from domain import credentials, runbooks, servers, users
from domain.credentials import NewCredential
from domain.database import Pool
from domain.runbooks import NewRunbook
from domain.servers import NewServer
from domain.tokens import Claims, Key, mint
from tests.programs import free_port, running
from tests.sshd import Sshd

Json: TypeAlias = dict[str, Any]
SECRET = "attacks sign with this, it is longer than 32 bytes"
KEY = Key(secret=SECRET, issuer="trivium", audience="trivium")
SEALING = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
QUICK, SLOW = "append-line", "append-slowly"
SLOW_SECONDS = 6


def token(name: str, *roles: str) -> str:
    claims = Claims(name=name, roles=frozenset(roles), scopes=frozenset({"inquiry", "revive"}))
    return mint(KEY, claims, ttl=timedelta(hours=1))


@dataclass(slots=True)
class Battle:
    """`deeds` is what was really done on the remote machine, one line each time."""

    pool: Pool
    database_url: str
    folder: Path
    file: Path
    ports: list[int] = field(default_factory=list[int])
    processes: list[Popen[bytes]] = field(default_factory=list[Popen[bytes]])

    @property
    def deeds(self) -> list[str]:
        return self.file.read_text().split() if self.file.exists() else []

    def client(self, name: str = "root", *roles: str, server: int = 0) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token(name, *(roles or ('admin',)))}"}
        base = f"http://127.0.0.1:{self.ports[server]}"
        return httpx.AsyncClient(base_url=base, headers=headers, timeout=90, trust_env=False)

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "TRIVIUM_JWT_SECRET": SECRET,
            "TRIVIUM_SECRET_KEYS": SEALING,
            "TRIVIUM_HOME": str(self.folder),
            "RATE_LIMIT_PER_MINUTE": "10000",
            **more,
        }

    async def rows(self, statement: Any, **values: Any) -> Sequence[Json]:
        async with self.pool.connection() as db:
            return await (await db.execute(statement, values)).fetchall()

    async def until(self, statement: Any, **values: Any) -> Sequence[Json]:
        """The rows of the statement once there are any; the test's own limit ends one that never has."""
        while not (found := await self.rows(statement, **values)):  # noqa: ASYNC110 - another process's deed
            await asyncio.sleep(0.1)
        return found


@asynccontextmanager
async def battle(pool: Pool, database_url: str, folder: Path, sshd: Sshd, count: int = 1) -> AsyncGenerator[Battle]:
    """So many servers on one database, from when all are ready."""
    world = Battle(pool, database_url, folder, folder / "deeds")
    await furnish(world, sshd)
    async with AsyncExitStack() as stack:
        for _ in range(count):
            world.ports.append(free_port())
            serving = running(
                [sys.executable, "-m", "trivium", "serve"],
                ready=f"http://127.0.0.1:{world.ports[-1]}/api/v1/health/ready",
                log=folder / f"server-{len(world.ports)}.log",
                environment=world.environment(PORT=str(world.ports[-1])),
            )
            world.processes.append(await asyncio.to_thread(serving.__enter__))
            stack.push_async_callback(asyncio.to_thread, serving.__exit__, None, None, None)
        yield world


async def furnish(world: Battle, sshd: Sshd) -> None:
    """One server with its credential, and two runbooks that append to the file of deeds."""

    def append(word: str) -> Json:
        command = f"echo {word} >> {world.file}"
        return {"kind": "ssh", "name": f"append {word}", "server": "web-1", "command": ["sh", "-c", command]}

    slowly = [append("begin"), {"kind": "wait", "name": "take a while", "seconds": SLOW_SECONDS}, append("end")]
    async with world.pool.connection() as db, db.transaction():
        owner = await users.ensure(db, "root", roles=["admin"])
        new = NewCredential(name="deploy", kind="ssh_key", reference=f"file:{sshd.key_file}", created_by=owner)
        key = await credentials.add(db, new)
        server = NewServer(
            name="web-1", hostname=sshd.hostname, port=sshd.port, username=sshd.username, host_key=sshd.host_key,
            credential_id=key.id, created_by=owner,
        )  # fmt: skip
        await servers.add(db, server)
        for name, steps in ((QUICK, [append("done")]), (SLOW, slowly)):
            made = NewRunbook(
                name=name, alert_names=[], tags=[], parameters=[], steps=steps, rollback=[], created_by=owner
            )
            await runbooks.add(db, made)


async def proposed(client: httpx.AsyncClient, runbook: str = QUICK) -> Json:
    """The reply to a request to run it: it waits for an approval."""
    asked = {"message": f"run the runbook {runbook} because of a test", "mode": "aiops"}
    reply = (await client.post("/api/v1/revive/message", json=asked)).raise_for_status().json()
    assert reply["response"].get("action_required"), reply
    return reply


def confirmation_of(reply: Json) -> str:
    return reply["response"]["action_required"]["confirmation_id"]


async def approve(client: httpx.AsyncClient, confirmation: str, **more: Any) -> httpx.Response:
    return await client.post(f"/api/v1/revive/confirm/{confirmation}", json={"action": "approve", **more})
