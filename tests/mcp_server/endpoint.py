"""`/mcp` for tests: the real app, both entrances in one, behind a real server on a loopback port."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import httpx2
import mcp_types as types
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server import Server
from starlette.types import ASGIApp

from domain.actors import Actor
from domain.database import Pool
from domain.identity import Identity
from domain.tokens import PILLARS, Unauthenticated
from mcp_server.http import Endpoint, HttpParts
from mcp_server.places import Places
from mcp_server.server import House, build
from mcp_server.sessions import Sessions
from tests.house import Worker
from tests.web.entrance import KEY, parts_of, token
from web.app import build as build_app

JSON_AND_STREAM = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
LEGACY, MODERN = "2025-11-25", "2026-07-28"
META: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """How an endpoint is set up; `wrapped` may stand around the whole app."""

    longest_seconds: float = 10
    issuers: tuple[str, ...] = ()
    public_url: str | None = None
    places: Places = field(default_factory=Places)
    keeps: bool = True
    most_sessions: int = 100
    idle_seconds: float = 60
    call_seconds: float = 60
    stream_seconds: float = 60


USUAL = Set()


def server_of(house: Worker, longest_seconds: float) -> Server[Any]:
    """The server as the front hall makes it, whose callers come with their requests alone."""

    async def nobody() -> Actor:
        raise Unauthenticated("This request came without a caller.")

    async def opened() -> House:
        return House(runner=house.runner, approvals=house.approvals, identify=nobody, zone=ZoneInfo("UTC"))

    return build(opened, longest_wait_seconds=longest_seconds)


def endpoint(pool: Pool, server: Server[Any], setup: Set = USUAL) -> Endpoint:
    parts = HttpParts(
        server=server,
        identity=Identity(pool, KEY),
        places=setup.places,
        issuers=setup.issuers,
        public_url=setup.public_url,
        keeps_sessions=setup.keeps,
        call_seconds=setup.call_seconds,
        stream_seconds=setup.stream_seconds,
    )
    sessions = Sessions(server, keeps=setup.keeps, most=setup.most_sessions, idle_seconds=setup.idle_seconds)
    return Endpoint(parts, sessions)


@asynccontextmanager
async def served(pool: Pool, house: Worker, setup: Set = USUAL) -> AsyncGenerator[str]:
    """The address of the endpoint of one more process on this pool."""
    made = endpoint(pool, server_of(house, setup.longest_seconds), setup)
    app = build_app(parts_of(pool, house.runner, house=house), made.routes())
    async with made.running(), listening(app) as address:
        yield f"{address}/mcp"


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncGenerator[str]:
    """The address of the app behind a real server on a free loopback port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


def signed(
    name: str = "ann", *, roles: tuple[str, ...] = ("admin",), scopes: tuple[str, ...] = PILLARS
) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(name, roles=roles, scopes=scopes)}"}


@asynccontextmanager
async def client(url: str, headers: Mapping[str, str] | None = None, **options: Any) -> AsyncGenerator[Client]:
    """The SDK's client with this token, Ann's when none is said; `mode` among the options is the era."""
    async with (
        httpx2.AsyncClient(headers=headers or signed(), timeout=60, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http), **options) as opened,
    ):
        yield opened


@asynccontextmanager
async def raw(url: str, headers: Mapping[str, str] | None = None) -> AsyncGenerator[httpx.AsyncClient]:
    """A plain HTTP client of the endpoint's server."""
    given = JSON_AND_STREAM | (signed() if headers is None else dict(headers))
    base = url.removesuffix("/mcp")
    async with httpx.AsyncClient(base_url=base, headers=given, trust_env=False, timeout=60) as opened:
        yield opened


def request(method: str, params: Mapping[str, Any] | None = None, *, number: int = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": dict(params or {})}


def modern(method: str, params: Mapping[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    """A request of the era without sessions: its body and its headers."""
    given = dict(params or {})
    headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
    if "name" in given:
        headers["Mcp-Name"] = given["name"]
    return request(method, {**given, "_meta": META}), headers


def initialize() -> dict[str, Any]:
    params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    return request("initialize", params)


async def open_session(http: httpx.AsyncClient) -> dict[str, str]:
    """Headers of a new session of the era with sessions, its greeting done."""
    greeted = await http.post("/mcp", json=initialize())
    assert greeted.status_code == 200, greeted.text
    headers = {"Mcp-Session-Id": greeted.headers["mcp-session-id"], "MCP-Protocol-Version": LEGACY}
    done = await http.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers)
    assert done.status_code == 202, done.text
    return headers


def text(result: types.CallToolResult) -> str:
    block = result.content[0]
    assert isinstance(block, types.TextContent)
    return block.text


def structured(result: types.CallToolResult) -> dict[str, Any]:
    assert not result.is_error, text(result)
    assert result.structured_content is not None
    return result.structured_content
