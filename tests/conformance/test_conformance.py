"""The protocol's own conformance suite against the real application, admission and all, in both revisions.

The suite has no way to send a token, so an ASGI wrapper of this test puts one on each request that brings none.
"""

import asyncio
import os
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.database import Pool
from tests.conformance.fixtures import attach
from tests.conformance.node import node, package
from tests.house import Worker, worker
from tests.mcp_server.endpoint import endpoint, listening, server_of, signed
from tests.web.entrance import parts_of
from web.app import build

REQUIRED = {"2025-11-25": 30, "2026-07-28": 37}
PASSED = re.compile(r"^✓ (\S+): [1-9]\d* passed, 0 failed$", re.MULTILINE)
UNSCORED = re.compile(r"^  [✓✗] (\S+) \(", re.MULTILINE)
SUITE_SECONDS = 420


@pytest.fixture
async def house(pool: Pool) -> AsyncGenerator[Worker]:
    async with worker(pool) as opened:
        yield opened


def with_token(app: ASGIApp) -> ASGIApp:
    """The same app for a client that cannot send a token."""
    token = signed()["Authorization"].encode()

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not any(name == b"authorization" for name, _ in scope["headers"]):
            scope["headers"] = [*scope["headers"], (b"authorization", token)]
        await app(scope, receive, send)

    return wrapped


@pytest.mark.slow
@pytest.mark.parametrize("revision", REQUIRED)
async def test_every_required_scenario_of_the_revision_passes(
    pool: Pool, house: Worker, revision: str, tmp_path: Path
) -> None:
    """EP-23, SE-12."""
    suite = package("@modelcontextprotocol/conformance", "dist/index.js")
    server = server_of(house, 10)
    attach(server)
    made = endpoint(pool, server)
    app = build(parts_of(pool, house.runner, house=house), made.routes())
    async with made.running(), listening(with_token(app)) as address:
        process = await asyncio.create_subprocess_exec(
            node(), suite, "server", "--url", f"{address}/mcp", "--requirements", revision, "-o", tmp_path,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
        async with asyncio.timeout(SUITE_SECONDS):
            said, _ = await process.communicate()
    text = said.decode()
    required = set(PASSED.findall(text)) - set(UNSCORED.findall(text))
    assert (process.returncode, len(required)) == (0, REQUIRED[revision]), text[-6000:]
