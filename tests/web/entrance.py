"""The HTTP entrance for tests: the real app on a real runner and Postgres, tokens, a real server where bytes stream."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import orjson
import uvicorn
from starlette.applications import Starlette

from agents.brain import Brain
from domain import tokens
from domain.confirmations import RiskLevel
from domain.database import Pool
from domain.identity import Identity
from domain.ingest.normalise import LabelRules
from domain.names import Directory
from domain.tokens import PILLARS, Claims, Key
from graphs.runner import Runner
from tests.house import Worker, runner, worker
from tools.counts import Counts
from tools.spec import AnySpec
from web.app import build
from web.desk import Probe, WebParts

KEY = Key(secret="a secret of the tests, longer than 32 bytes", issuer="trivium", audience="trivium")
HOUR = timedelta(hours=1)
QUERY = "/api/v1/inquiry/query"
LABELS = LabelRules(
    service=("service", "app"),
    severity=("severity",),
    environment=("environment",),
    team=("team",),
    critical_words=("critical",),
    warning_words=("warning",),
)


def token(name: str = "ann", *, roles: tuple[str, ...] = ("engineer",), scopes: tuple[str, ...] = ("inquiry",)) -> str:
    return tokens.mint(KEY, Claims(name=name, roles=frozenset(roles), scopes=frozenset(scopes)), ttl=HOUR)


def signed(name: str = "ann", **claims: tuple[str, ...]) -> dict[str, str]:
    """Headers with a valid token; `roles` and `scopes` as in `token`."""
    return {"Authorization": f"Bearer {token(name, **claims)}"}


def app(
    pool: Pool,
    running: Runner,
    probes: Mapping[str, Probe] | None = None,
    directory: Directory | None = None,
    house: Worker | None = None,
) -> Starlette:
    """With `house`, whose runner `running` is, changes can be approved; without, there is nobody to approve them."""
    return build(parts_of(pool, running, probes, directory, house))


def parts_of(
    pool: Pool,
    running: Runner,
    probes: Mapping[str, Probe] | None = None,
    directory: Directory | None = None,
    house: Worker | None = None,
    *,
    key: Key | None = None,
) -> WebParts:
    nothing: Any = None
    return WebParts(
        pool=pool,
        runner=running,
        approvals=house.approvals if house else nothing,
        door=house.parts.door if house else nothing,
        identity=Identity(pool, KEY),
        directory=directory or Directory(pool),
        labels=LABELS,
        zone=ZoneInfo("UTC"),
        version="1.2.3",
        clock=lambda: datetime.now(UTC),
        probes=probes or {},
        key=key,
        counts=running.counts if running else Counts(),
    )


@asynccontextmanager
async def entrance(
    pool: Pool,
    *specs: AnySpec,
    brain: Brain | None = None,
    per_minute: int = 10_000,
    probes: Mapping[str, Probe] | None = None,
) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the app, signed as the engineer Ann; responses come whole."""
    async with (
        runner(pool, *specs, brain=brain, per_minute=per_minute) as running,
        client(app(pool, running, probes)) as opened,
    ):
        yield opened


@asynccontextmanager
async def desk(
    pool: Pool, *specs: AnySpec, brain: Brain | None = None, four_eyes: Iterable[RiskLevel] = ()
) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of an app at which changes are approved, signed as the admin Ann; responses come whole."""
    async with (
        worker(pool, *specs, brain=brain, four_eyes=four_eyes) as house,
        client(app(pool, house.runner, house=house)) as opened,
    ):
        opened.headers.update(admin())
        yield opened


def admin(name: str = "ann") -> dict[str, str]:
    return person(name, "admin")


def person(name: str, *roles: str) -> dict[str, str]:
    """Headers of somebody with these roles and a token for all pillars."""
    return signed(name, roles=roles, scopes=PILLARS)


@asynccontextmanager
async def bare() -> AsyncGenerator[httpx.AsyncClient]:
    """A client of an app with nothing behind it: what it answers, it answers by itself."""
    nothing: Any = None
    async with client(app(nothing, nothing)) as opened:
        yield opened


@asynccontextmanager
async def client(served: Starlette) -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(served)
    async with httpx.AsyncClient(transport=transport, base_url="http://trivium", headers=signed()) as opened:
        yield opened


@asynccontextmanager
async def listening(served: Starlette) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the app behind a real server on a free loopback port, signed as the engineer Ann."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(served, log_config=None, lifespan="off", ws="none"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=address, headers=signed(), trust_env=False) as opened:
            yield opened
        server.should_exit = True
        await serving


def frames(text: str) -> list[tuple[int, str, dict[str, Any]]]:
    """Number, type and data of each event in a stream; comments left out."""
    found: list[tuple[int, str, dict[str, Any]]] = []
    for block in text.split("\n\n"):
        if block and not block.startswith(":"):
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            found.append((int(fields["id"]), fields["event"], orjson.loads(fields["data"])))
    return found
