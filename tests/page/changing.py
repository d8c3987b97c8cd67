"""A served house in which something can be changed: Grafana behind real mcp-grafanas, a server behind a real sshd."""

import asyncio
from collections.abc import Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg

from domain import credentials, database, runbooks, servers, users
from domain.credentials import NewCredential
from domain.runbooks import NewRunbook
from domain.servers import NewServer
from tests import databases, sshd
from tests.grafana_server import EDITOR
from tests.mcp_grafana import CALLER, Estate, estate, prometheus_server
from tests.page.browser import Served, house, measured
from tests.sshd import Sshd

T = TypeVar("T")
AGE = "update trivium.ai_action_confirmations set expires_at = clock_timestamp() + make_interval(secs => %s)"
LOST = """
update trivium.ai_action_confirmations
set status = 'approved', decided_by = user_id, confirmed_at = clock_timestamp(), decided_through = 'http',
    outcome = 'unknown', claimed_at = clock_timestamp(), finished_at = clock_timestamp()
where status = 'pending'
"""
ABOUT = """Appends one line. **Look first** at [the wiki](https://wiki.example.com/append).

<img src=x onerror=alert(1)><form action=/></form>

- one line, nothing else
"""


@dataclass(frozen=True, slots=True)
class World:
    """`file` is what the runbook append-line writes to on the server web-1."""

    served: Served
    grafana: Estate
    server: Sshd
    file: Path

    def web(self, role: str = "admin") -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.served.token(role)}"}
        return httpx.Client(base_url=self.served.url, headers=headers, timeout=60, trust_env=False)

    def asks(self, message: str, role: str = "admin") -> dict[str, Any]:
        """The reply to a request for a change, made outside the page."""
        with self.web(role) as web:
            return web.post("/api/v1/revive/message", json={"message": message}).json()

    def waits(self, message: str, role: str = "admin") -> dict[str, Any]:
        """The card of a change that waits now."""
        return self.asks(message, role)["response"]["action_required"]

    def stands(self, confirmation_id: str, role: str = "admin") -> dict[str, Any]:
        with self.web(role) as web:
            return web.get(f"/api/v1/revive/confirmations/{confirmation_id}").json()

    def sets(self, statement: Any, *values: object) -> None:
        """A change of confirmations that no entrance makes; the trigger that refuses it is away meanwhile."""
        with psycopg.connect(self.served.database_url) as db:
            db.execute("set local session_replication_role = replica")
            db.execute(statement, values)

    def clears(self) -> None:
        """Nothing waits any more."""
        self.sets("update trivium.ai_action_confirmations set status = 'expired' where status = 'pending'")


def awaited(work: Coroutine[Any, Any, T]) -> T:
    """What comes of it; in a thread of its own, for the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextmanager
def world(folder: Path, postgres: str, template: str, **more: str) -> Generator[World]:
    (folder / "sshd").mkdir()
    (folder / "home").mkdir()
    with (
        measured() as source,
        databases.made(postgres, template) as name,
        prometheus_server(folder) as prometheus,
        estate(folder, prometheus) as grafana,
        sshd.running(folder / "sshd") as server,
    ):
        settings = {
            "MCP_GRAFANA_URL": grafana.read_url,
            "MCP_GRAFANA_WRITE_URL": grafana.write_url,
            "MCP_GRAFANA_TOKEN": CALLER,
            "GRAFANA_URL": grafana.grafana.url,
            "GRAFANA_SERVICE_ACCOUNT_TOKEN": EDITOR,
            "PROMETHEUS_URL": prometheus,
            **more,
        }
        with house(folder / "home", postgres, name, source, settings) as served:
            made = World(served, grafana, server, folder / "deeds")
            awaited(furnish(made))
            yield made


async def furnish(made: World) -> None:
    """The server web-1, and a runbook that appends one line to a file there."""
    command = ["sh", "-c", f"echo {{word}} >> {made.file}; echo appended {{word}}"]
    step = {"kind": "ssh", "name": "append", "server": "web-1", "command": command, "timeout_seconds": 20}
    word = {"name": "word", "type": "choice", "choices": ["done", "again"], "description": "What is appended"}
    async with database.open_pool(made.served.database_url, size=2) as pool, pool.connection() as db:
        owner = await users.ensure(db, "ann", roles=["admin"])
        key = await credentials.add(
            db, NewCredential(name="deploy", kind="ssh_key", reference=f"file:{made.server.key_file}", created_by=owner)
        )
        await servers.add(
            db,
            NewServer(
                name="web-1", hostname=made.server.hostname, port=made.server.port, username=made.server.username,
                host_key=made.server.host_key, credential_id=key.id, created_by=owner,
            ),
        )  # fmt: skip
        await runbooks.add(
            db,
            NewRunbook(
                name="append-line", title="Append a line", description=ABOUT, service="payment-service",
                alert_names=["HighErrorRate"], tags=["errors"], parameters=[word], steps=[step], rollback=[],
                created_by=owner,
            ),
        )  # fmt: skip
