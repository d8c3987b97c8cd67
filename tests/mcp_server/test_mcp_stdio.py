"""The real command over standard input and output, as a desktop host starts it."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from domain.database import Pool
from domain.tokens import Claims, Key, mint

ROOT = Path(__file__).parents[2]
SECRET = "stdio tests sign with this, 32 bytes or more"
RECORD = """
select run.entrance, run.status, run.question, person.name as person
from trivium.runs as run join trivium.users as person on person.id = run.user_id
"""


def token() -> str:
    key = Key(secret=SECRET, issuer="trivium", audience="trivium")
    claims = Claims(name="ann", roles=frozenset({"engineer"}), scopes=frozenset({"inquiry"}))
    return mint(key, claims, ttl=timedelta(hours=1))


@asynccontextmanager
async def host(log: Path, **environment: str) -> AsyncGenerator[Client]:
    """A client of the command in a bare environment; what it says besides the protocol is in `log`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "trivium", "mcp"], cwd=ROOT, env=kept | environment
    )
    with log.open("w") as errors:
        async with Client(stdio_client(command, errlog=errors), read_timeout_seconds=60) as client:
            yield client


def text(result: types.CallToolResult) -> str:
    block = result.content[0]
    assert isinstance(block, types.TextContent)
    return block.text


async def test_a_desktop_host_asks_and_follows_up_over_stdio(database_url: str, pool: Pool, tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    known = {"DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": SECRET, "TRIVIUM_TOKEN": token()}
    async with host(log, **known) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        asked = await client.call_tool("ask", {"question": "What is firing now?"})
        run = await client.call_tool("get_run", {"run_id": found(asked)["run_id"]})
        follow = await client.call_tool("ask", {"question": "and yesterday?", "session_id": found(asked)["session_id"]})
    assert names == ["ask", "troubleshoot", "revive", "get_run", "confirm", "cancel_run", "list_runs"]
    assert found(asked)["status"] == "completed"
    assert found(asked)["answer"]["sources"][0]["tool"] == "query_alerts_history"
    assert run.structured_content == asked.structured_content
    assert found(follow)["session_id"] == found(asked)["session_id"]
    async with pool.connection() as db:
        rows = await (await db.execute(RECORD)).fetchall()
    assert [tuple(row.values()) for row in rows] == [
        ("mcp", "completed", "What is firing now?", "ann"), ("mcp", "completed", "and yesterday?", "ann"),
    ]  # fmt: skip
    assert log.read_text() == ""


def found(result: types.CallToolResult) -> dict[str, Any]:
    assert not result.is_error, text(result)
    return result.structured_content


@pytest.mark.slow
async def test_a_database_that_is_away_stops_calls_but_not_the_tool_list(tmp_path: Path) -> None:
    away = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "TRIVIUM_JWT_SECRET": SECRET}
    async with host(tmp_path / "stderr", **away) as client:
        listed = await client.list_tools()
        result = await client.call_tool("list_runs", {})
    assert len(listed.tools) == 7
    assert result.is_error
    assert text(result).startswith("Trivium could not open: Postgres did not answer")
    assert "Check DATABASE_URL" in text(result)


@pytest.mark.slow
async def test_a_host_that_says_nobody_is_told_to_and_a_bad_secret_is_not_repeated(
    database_url: str, tmp_path: Path
) -> None:
    answers: list[types.CallToolResult] = []
    for environment in ({"TRIVIUM_JWT_SECRET": SECRET}, {"TRIVIUM_JWT_SECRET": "hunter2"}):
        async with host(tmp_path / "stderr", DATABASE_URL=database_url, **environment) as client:
            answers.append(await client.call_tool("list_runs", {}))
    assert [result.is_error for result in answers] == [True, True]
    assert "say who you are: TRIVIUM_TOKEN" in text(answers[0])
    assert "TRIVIUM_JWT_SECRET must have 32 bytes" in text(answers[1])
    assert "hunter2" not in text(answers[1])


async def test_closing_standard_input_ends_the_command(database_url: str, tmp_path: Path) -> None:
    environment = os.environ | {"DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": SECRET}
    with (tmp_path / "stderr").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "trivium", "mcp", cwd=ROOT, env=environment, stderr=errors,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(process.communicate(b""), 60)
    assert (process.returncode, said) == (0, b"")
