"""The protocol's Inspector, strict about schemas, over both transports: what every host lists first."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import pytest

from domain.database import Pool
from tests.conformance.node import node, package
from tests.house import Worker, worker
from tests.mcp_server.endpoint import served, signed
from tests.programs import ROOT
from tests.web.entrance import KEY, token

METHODS = {
    "tools/list": ("tools", "ask"),
    "resources/list": ("resources", "card"),
    "prompts/list": ("prompts", "on_call_handover"),
}
INSPECTOR = ("@modelcontextprotocol/inspector", "clients/launcher/build/index.js")
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("method", METHODS)]


@pytest.fixture
async def house(pool: Pool) -> AsyncGenerator[Worker]:
    async with worker(pool) as opened:
        yield opened


async def inspected(method: str, home: Path, arguments: Sequence[str | Path]) -> list[dict[str, Any]]:
    """What the Inspector found listed; it ends with another code than 0 for what it would not take."""
    strict = ["--strict"] if method == "tools/list" else []
    process = await asyncio.create_subprocess_exec(
        node(), package(*INSPECTOR), "--cli", "--method", method, *strict, "--format", "json", "-q", *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
    )  # fmt: skip
    async with asyncio.timeout(90):
        said, problems = await process.communicate()
    assert process.returncode == 0, problems.decode() + said.decode()
    return json.loads(said)["result"][METHODS[method][0]]


async def test_the_inspector_takes_what_is_listed_over_http(
    pool: Pool, house: Worker, method: str, tmp_path: Path
) -> None:
    """EP-23."""
    async with served(pool, house) as url:
        header = f"Authorization: {signed()['Authorization']}"
        given = ["--transport", "http", "--server-url", url, "--header", header]
        found = await inspected(method, tmp_path, given)
    assert METHODS[method][1] in [each["name"] for each in found]


async def test_the_inspector_takes_what_is_listed_over_stdio(database_url: str, method: str, tmp_path: Path) -> None:
    """EP-23."""
    environment = {"DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": KEY.secret, "TRIVIUM_TOKEN": token()}
    given = [word for pair in environment.items() for word in ("-e", "=".join(pair))]
    found = await inspected(method, tmp_path, [*given, "--cwd", ROOT, "--", sys.executable, "-m", "trivium", "mcp"])
    assert METHODS[method][1] in [each["name"] for each in found]
