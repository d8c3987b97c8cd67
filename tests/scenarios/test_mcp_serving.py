"""`/mcp` of real `serve` processes: several on one database, restarted, and ended with streams open."""

import json
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from domain.tokens import PILLARS, Claims, Key, mint
from tests.mcp_server.endpoint import JSON_AND_STREAM, LEGACY, initialize, modern, request
from tests.programs import free_port, running

READY = "/api/v1/health/ready"
SECRET = "the serving tests sign with this, 32 bytes or more"
QUESTION = {"name": "ask", "arguments": {"question": "How many alerts fired yesterday?"}}
pytestmark = [pytest.mark.slow, pytest.mark.long]


def signed(name: str = "ann") -> dict[str, str]:
    key = Key(secret=SECRET, issuer="trivium", audience="trivium")
    token = mint(key, Claims(name=name, roles=frozenset({"admin"}), scopes=frozenset(PILLARS)), ttl=timedelta(hours=1))
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def serving(database_url: str, log: Path, **environment: str) -> Generator[httpx.Client]:
    """A client of one more `serve` process on this database."""
    with started(database_url, log, **environment) as (_, web):
        yield web


@contextmanager
def started(
    database_url: str, log: Path, **environment: str
) -> Generator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    given = {"DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": SECRET, "PORT": str(port), **environment}
    command = [sys.executable, "-m", "trivium", "serve"]
    with (
        running(command, ready=f"{base}{READY}", log=log, environment=given) as process,
        httpx.Client(base_url=base, headers=JSON_AND_STREAM | signed(), timeout=60, trust_env=False) as web,
    ):
        yield process, web


def opened(web: httpx.Client) -> dict[str, str]:
    greeted = web.post("/mcp", json=initialize())
    return {"Mcp-Session-Id": greeted.headers["mcp-session-id"], "MCP-Protocol-Version": LEGACY}


def answer(response: httpx.Response) -> str:
    """How the run stands that a call began: its status."""
    assert response.status_code == 200, response.text
    text = response.text
    body = text if text.startswith("{") else next(line for line in text.splitlines() if line.startswith("data: {"))[6:]
    return json.loads(body)["result"]["structuredContent"]["status"]


def test_two_processes_answer_one_client_in_turns_and_one_that_was_restarted_goes_on(
    database_url: str, tmp_path: Path
) -> None:
    """EP-23, DP-04: no request of a session has to reach the process that opened it, in either era."""
    with ExitStack() as stack:
        left = stack.enter_context(serving(database_url, tmp_path / "left.log"))
        with serving(database_url, tmp_path / "right.log") as right:
            session = opened(left)
            for number, web in enumerate((right, left, right, left)):
                call = request("tools/call", QUESTION, number=number)
                assert answer(web.post("/mcp", json=call, headers=session)) == "completed"
                body, headers = modern("tools/call", QUESTION)
                assert answer(web.post("/mcp", json=body, headers=headers)) == "completed"
            theirs = opened(right)
        again = stack.enter_context(serving(database_url, tmp_path / "again.log"))
        call = request("tools/call", QUESTION)
        assert answer(again.post("/mcp", json=call, headers=theirs)) == "completed"
        assert again.post("/mcp", json=call, headers=theirs | signed("eve")).status_code == 404
    lines = [json.loads(line) for line in (tmp_path / "left.log").read_text().splitlines() if '"/mcp"' in line]
    assert {line["route"] for line in lines} == {"/mcp"}
    assert len(lines) >= 5


def test_a_process_goes_down_in_time_with_streams_open(database_url: str, tmp_path: Path) -> None:
    with started(database_url, tmp_path / "serve.log") as (process, web):
        session = opened(web)
        with web.stream("GET", "/mcp", headers=session) as stream:
            assert stream.status_code == 200
            began = time.monotonic()
            process.terminate()
            assert process.wait(30) == 0
            assert time.monotonic() - began < 15
    assert "Traceback" not in (tmp_path / "serve.log").read_text()


def test_a_public_address_and_its_issuers_are_told_and_other_hosts_are_not_answered(
    database_url: str, tmp_path: Path
) -> None:
    """SE-12: on every address it listens on."""
    given = {
        "HOST": "0.0.0.0",  # noqa: S104
        "TRIVIUM_PUBLIC_URL": "https://trivium.example",
        "TRIVIUM_OAUTH_ISSUERS": "https://idp.example,https://other.example",
        "MCP_ALLOWED_ORIGINS": "https://host.example",
        "MCP_SESSIONS": "false",
    }
    host, body = {"Host": "trivium.example"}, modern("tools/list")
    with serving(database_url, tmp_path / "serve.log", **given) as web:
        document = web.get("/.well-known/oauth-protected-resource/mcp", headers=host).json()
        statuses = [
            web.post("/mcp", json=body[0], headers=body[1] | headers).status_code
            for headers in (
                host, host | {"Origin": "https://host.example"}, host | {"Origin": "https://evil.example"},
                {"Host": "evil.example"}, host | {"Authorization": ""},
            )
        ]  # fmt: skip
        greeted = web.post("/mcp", json=initialize(), headers=host)
    assert document["resource"] == "https://trivium.example/mcp"
    assert document["authorization_servers"] == ["https://idp.example", "https://other.example"]
    assert statuses == [200, 200, 403, 421, 401]
    assert greeted.status_code == 200
    assert "mcp-session-id" not in greeted.headers
