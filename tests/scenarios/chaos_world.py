"""A world to break: real `serve` and `worker` processes on one Postgres and one Redis, and what happens to them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal, TypeAlias

import httpx

from domain import auto_analyze_rules, credentials, runbooks, servers, users
from domain.auto_analyze_rules import NewRule
from domain.credentials import NewCredential
from domain.database import Pool
from domain.runbooks import NewRunbook
from domain.servers import NewServer
from tests.programs import ROOT, free_port, running
from tests.scenarios.attack_world import SEALING, SECRET
from tests.sshd import Sshd
from tests.tools.test_query_cache import Redis

Fault: TypeAlias = Literal["kill -9", "SIGTERM", "SIGSTOP"]
FAULTS: tuple[Fault, ...] = ("kill -9", "kill -9", "SIGTERM", "SIGSTOP")
READY = "/api/v1/health/ready"
RUNBOOK = "append-word"
START_SECONDS = 180.0
END_SECONDS = 40.0
DRAIN_SECONDS = 4
SEVERITIES = ("critical", "warning", "info")


@dataclass(slots=True)
class Process:
    """One `serve` or `worker` that is started again whenever it ends; `starts` says how often."""

    kind: Literal["serve", "worker"]
    port: int
    environment: dict[str, str]
    log: Path
    starts: int = 0
    busy: bool = False
    running: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def begin(self) -> None:
        """From when it is ready."""
        self.starts += 1
        with self.log.open("ab") as output:
            self.running = await asyncio.to_thread(
                subprocess.Popen, [sys.executable, "-m", "trivium", self.kind], cwd=ROOT,
                env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(trust_env=False, timeout=2) as web:
            while not await is_ready(web, self.base):
                assert self.running.poll() is None, f"{self.kind} ended: {self.log.read_text()[-3000:]}"
                await asyncio.sleep(0.1)

    def tell(self, number: int) -> None:
        assert self.running
        self.running.send_signal(number)

    async def ended(self) -> int:
        assert self.running
        return await asyncio.to_thread(self.running.wait, END_SECONDS)

    async def left(self) -> int:
        """How it ended after SIGTERM; one that did not in time is killed, which tells -9."""
        try:
            return await self.ended()
        except subprocess.TimeoutExpired:
            self.tell(signal.SIGKILL)
            return await self.ended()

    async def close(self) -> None:
        if self.running and self.running.poll() is None:
            self.running.send_signal(signal.SIGCONT)
            self.running.terminate()
            try:
                await self.ended()
            except subprocess.TimeoutExpired:
                self.running.kill()
                await self.ended()


async def is_ready(web: httpx.AsyncClient, base: str) -> bool:
    try:
        return (await web.get(f"{base}{READY}")).status_code == 200
    except httpx.HTTPError:
        return False


@dataclass(slots=True)
class World:
    """`deeds` is what was really done on the remote machine, one word each time; `exits` how SIGTERM ended."""

    pool: Pool
    file: Path
    redis: Redis
    processes: list[Process]
    faults: Counter[str] = field(default_factory=Counter[str])
    exits: Counter[int] = field(default_factory=Counter[int])

    @property
    def deeds(self) -> list[str]:
        return self.file.read_text().split() if self.file.exists() else []

    @property
    def bases(self) -> list[str]:
        return [process.base for process in self.processes if process.kind == "serve"]

    async def rows(self, statement: Any, **values: Any) -> list[dict[str, Any]]:
        async with self.pool.connection() as db:
            return await (await db.execute(statement, values)).fetchall()

    async def break_down(self, chance: Random, *, longest_stop: float) -> None:
        """One fault at one process that has none, which is up again afterwards."""
        free = [process for process in self.processes if not process.busy]
        process, fault = chance.choice(free), chance.choice(FAULTS)
        process.busy = True
        self.faults[f"{process.kind} {fault}"] += 1
        try:
            match fault:
                case "kill -9":
                    process.tell(signal.SIGKILL)
                    await process.ended()
                    await process.begin()
                case "SIGTERM":
                    process.tell(signal.SIGTERM)
                    self.exits[await process.left()] += 1
                    await process.begin()
                case "SIGSTOP":
                    process.tell(signal.SIGSTOP)
                    await asyncio.sleep(chance.uniform(1, longest_stop))
                    process.tell(signal.SIGCONT)
        finally:
            process.busy = False

    async def lose_redis(self, seconds: float) -> None:
        self.faults["redis away"] += 1
        await asyncio.to_thread(self.redis.end)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.redis.begin)

    async def hang_redis(self, seconds: float) -> None:
        self.faults["redis hangs"] += 1
        self.redis.hang(on=True)
        await asyncio.sleep(seconds)
        self.redis.hang(on=False)


@asynccontextmanager
async def breakable(
    pool: Pool, database_url: str, folder: Path, sshd: Sshd, *, serves: int, workers: int
) -> AsyncGenerator[World]:
    """From when all are ready."""
    redis = Redis(folder / "redis.log")
    redis.begin()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, redis.end)
        port = free_port()
        talker = running(
            [sys.executable, "-m", "bench.talker", str(port), "30", "40"], ready=f"http://127.0.0.1:{port}/v1/models",
            log=folder / "talker.log",
        )  # fmt: skip
        await asyncio.to_thread(talker.__enter__)
        stack.push_async_callback(asyncio.to_thread, talker.__exit__, None, None, None)
        given = environment(database_url, folder, redis.url, f"http://127.0.0.1:{port}/v1")
        world = World(pool, folder / "deeds", redis, [])
        await furnish(world, sshd)
        for number in range(serves + workers):
            kind: Literal["serve", "worker"] = "serve" if number < serves else "worker"
            at = free_port()
            named = {"PORT": str(at), "WORKER_PORT": str(at), "AUDIT_ANCHOR_FILE": str(folder / f"{number}.anchor")}
            process = Process(kind, at, given | named, folder / f"{kind}-{number}.log")
            world.processes.append(process)
            stack.push_async_callback(process.close)
            await process.begin()
        yield world


def environment(database_url: str, folder: Path, redis_url: str, model_url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url, "DATABASE_POOL_SIZE": "8", "REDIS_URL": redis_url,
        "TRIVIUM_JWT_SECRET": SECRET, "TRIVIUM_SECRET_KEYS": SEALING, "TRIVIUM_HOME": str(folder),
        "RATE_LIMIT_PER_MINUTE": "10000",
        "LLM_BASE_URL": model_url, "LLM_MODEL": "talker", "LLM_API_KEY": "none",
        "AUTO_ANALYSIS_IN_SERVE": "false", "DRAIN_SECONDS": str(DRAIN_SECONDS),
    }  # fmt: skip


async def furnish(world: World, sshd: Sshd) -> None:
    """A server with its credential, a runbook that appends one word to the file of deeds, and a rule for alerts."""
    command = f"echo {{word}} >> {world.file}"
    step = {"kind": "ssh", "name": "append a word", "server": "web-1", "command": command}
    async with world.pool.connection() as db, db.transaction():
        owner = await users.ensure(db, "root", roles=["admin"])
        new = NewCredential(name="deploy", kind="ssh_key", reference=f"file:{sshd.key_file}", created_by=owner)
        key = await credentials.add(db, new)
        server = NewServer(
            name="web-1", hostname=sshd.hostname, port=sshd.port, username=sshd.username, host_key=sshd.host_key,
            credential_id=key.id, created_by=owner,
        )  # fmt: skip
        await servers.add(db, server)
        made = NewRunbook(
            name=RUNBOOK, alert_names=[], tags=[], parameters=[{"name": "word"}], steps=[step], rollback=[],
            created_by=owner,
        )  # fmt: skip
        await runbooks.add(db, made)
        rule = NewRule(
            name="all", alert_name="*", service="*", severities=SEVERITIES, labels={}, annotate=False, created_by=owner
        )
        await auto_analyze_rules.add(db, rule)
