"""`trivium serve` beside registered MCP servers: it finds them by itself, says how they are, and works without."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.mcp_world import HANGS, PROGRAM
from tests.programs import free_port, pause, running
from tests.scenarios.attack_world import SECRET, token

pytestmark = [pytest.mark.slow, pytest.mark.long]

SERVERS, READY = "/api/v1/admin/mcp-servers", "/api/v1/health/ready"
MUTE = f"import os, pathlib; pathlib.Path(%r).write_text(str(os.getpid())); {HANGS}"


@contextmanager
def serving(database_url: str, log: Path, **environment: str) -> Generator[httpx.Client]:
    """A client of a real server, signed in as the admin Ann."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    given = {
        "DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": SECRET, "PORT": str(port), "MCP_HEALTH_SECONDS": "1",
        "MCP_STDIO_COMMANDS": PROGRAM[0], "MCP_REQUEST_TIMEOUT": "5", **environment,
    }  # fmt: skip
    command = [sys.executable, "-m", "trivium", "serve"]
    with running(command, ready=f"{base}{READY}", log=log, environment=given):
        headers = {"Authorization": f"Bearer {token('ann', 'admin')}"}
        with httpx.Client(base_url=base, headers=headers, timeout=30, trust_env=False) as web:
            yield web


def until(look: Callable[[], Any], wanted: Any) -> None:
    """The test's own time limit ends one that never comes."""
    while look() != wanted:
        pause(0.1)


def until_there(file: Path) -> int:
    until(lambda: file.exists() and file.read_text().isdecimal(), wanted=True)
    return int(file.read_text())


def test_a_server_that_is_registered_is_found_well_by_itself_and_ended_with_the_house(
    database_url: str, tmp_path: Path
) -> None:
    """MC-09, MC-10, EP-21, OB-10: healthy ones are used while others hang; ready tells it and depends on none."""
    log, pid = tmp_path / "serve.log", tmp_path / "pid"
    with serving(database_url, log) as web:
        assert web.get(READY).json()["parts"] == {"postgres": "ok", "mcp_servers": "ok"}
        one = web.post(SERVERS, json={"name": "k8s", "transport": "stdio", "command": list(PROGRAM)}).json()
        mute = {"name": "mute", "transport": "stdio", "command": [PROGRAM[0], "-c", MUTE % str(pid)]}
        assert web.post(SERVERS, json=mute).status_code == 201
        path = f"{SERVERS}/{one['id']}"
        until(lambda: web.get(path).json()["status"], "healthy")
        (pods,) = [tool for tool in web.get(f"{path}/tools").json()["tools"] if tool["name"] == "pods_list"]
        decision = {"fingerprint": pods["fingerprint"], "risk": "read", "pillars": ["inquiry"]}
        assert web.put(f"{path}/tools/pods_list", json=decision).json()["standing"] == "allowed"
        statuses = {server["name"]: server["status"] for server in web.get(SERVERS).json()["servers"]}
        assert statuses == {"k8s": "healthy", "mute": "unhealthy"}
        ready = web.get(READY)
        assert (ready.status_code, ready.json()["status"], ready.json()["parts"]["mcp_servers"]) == (
            200, "ready", "unavailable",
        )  # fmt: skip
        started = until_there(pid)
    assert "no MCP server" in log.read_text()
    with pytest.raises(ProcessLookupError):
        os.kill(started, 0)


def test_a_grafana_that_is_away_is_told_and_nothing_depends_on_it(database_url: str, tmp_path: Path) -> None:
    """EP-21, MC-12, DP-06."""
    log = tmp_path / "serve.log"
    with serving(database_url, log, MCP_GRAFANA_URL="http://127.0.0.1:9/mcp") as web:
        ready = web.get(READY)
        assert (ready.status_code, ready.json()["parts"]["mcp_grafana"]) == (200, "unavailable")
        asked = {"query": "How many alerts fired yesterday?"}
        assert web.post("/api/v1/inquiry/query", json=asked).status_code == 200
    assert "no MCP server" not in log.read_text()
