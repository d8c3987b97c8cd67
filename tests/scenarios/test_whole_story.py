"""One night from the first alert to the last question: every part real, every step as people would take it."""

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar, cast

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from domain import auto_analyze_rules, users
from domain.auto_analyze_rules import NewRule
from domain.database import Pool
from domain.tokens import Claims, Key, mint
from tests import sshd
from tests.programs import ROOT, free_port, pause, program, running
from tests.sshd import Sshd
from tests.tools.runbook_world import ssh, with_servers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

T = TypeVar("T")
SECRET = "a-secret-of-this-test-with-more-than-32-bytes"
KEY = Key(secret=SECRET, issuer="trivium", audience="trivium")
PATIENCE_SECONDS = 60.0
CHANGE = "Deploy checkout 2.4.0 with the new cart totals"
RULES = """
groups:
  - name: shop
    rules:
      - alert: CheckoutErrorRateHigh
        expr: >
          sum(rate(http_requests_total{service="checkout",code="500"}[10s]))
          / sum(rate(http_requests_total{service="checkout"}[10s])) > 0.05
        for: 1s
        labels: {severity: critical, service: checkout, team: shop}
        annotations: {summary: "{{ $value | humanizePercentage }} of requests fail"}
"""
PROMETHEUS = """
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:%(alertmanager)d"]}]}]}
scrape_configs: [{job_name: shop, static_configs: [{targets: ["127.0.0.1:%(shop)d"]}]}]
"""
ALERTMANAGER = """
route: {receiver: trivium, group_by: [service], group_wait: 200ms, group_interval: 1s, repeat_interval: 1h}
receivers:
  - name: trivium
    webhook_configs:
      - url: http://127.0.0.1:%(trivium)d/api/v1/alerts/webhook
        send_resolved: true
        http_config: {authorization: {credentials: "%(token)s"}}
"""


@contextmanager
def shop(cure: Path, fault: Path) -> Generator[int]:
    """A service that counts its requests: a tenth of them fail once `fault` is there, none once `cure` is."""
    port, begun = free_port(), time.monotonic()
    state = {"failed": 0.0, "last": begun}

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            now = time.monotonic()
            passed, state["last"] = now - state["last"], now
            state["failed"] += 30 * passed if fault.exists() and not cure.exists() else 0
            served = 100 * (now - begun)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(
                "# TYPE http_requests_total counter\n"
                f'http_requests_total{{service="checkout",code="200"}} {served}\n'
                f'http_requests_total{{service="checkout",code="500"}} {state["failed"]}\n'.encode()
            )

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Metrics)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True, slots=True)
class Night:
    """The running house: its address, the tokens of its people, and the files that break and mend the shop."""

    url: str
    environment: dict[str, str]
    operator: str
    ingest: str
    fault: Path
    cure: Path

    def get(self, path: str) -> dict[str, Any]:
        answer = httpx.get(f"{self.url}{path}", headers=bearer(self.operator), timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def report(self, change: dict[str, Any]) -> None:
        path, body = f"{self.url}/api/v1/changes", {"changes": [change]}
        sent = httpx.post(path, json=body, headers=bearer(self.ingest), timeout=30)
        assert sent.status_code in (200, 201, 202), sent.text

    def ask(self, question: str) -> dict[str, Any]:
        body = {"query": question}
        path = f"{self.url}/api/v1/inquiry/query"
        answer = httpx.post(path, json=body, headers=bearer(self.operator), timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()["answer"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def token(name: str, role: str | None, *scopes: str) -> str:
    roles = frozenset({role} if role else ())
    return mint(KEY, Claims(name=name, roles=roles, scopes=frozenset(scopes)), ttl=timedelta(hours=1))


@pytest.fixture
async def night(pool: Pool, database_url: str, tmp_path: Path) -> Any:
    fault, cure = tmp_path / "fault", tmp_path / "cure"
    (tmp_path / "sshd").mkdir()
    with sshd.running(tmp_path / "sshd") as server:
        await prepared(pool, server, cure)
        with serving(database_url, tmp_path, (fault, cure)) as opened:
            yield opened


async def prepared(pool: Pool, server: Sshd, cure: Path) -> None:
    """What people had set up before: a server, a runbook for such an alert, and a rule that analyses by itself."""
    world = await with_servers(pool, server, "web-1")
    await world.store(
        ssh("take it back", ["touch", str(cure)]),
        name="roll-back-checkout",
        description="Take the last deployment of checkout back",
        alert_names=["CheckoutErrorRateHigh"],
        service="checkout",
    )
    async with pool.connection() as db:
        owner = await users.ensure(db, "olga", roles=["operator"], teams=["shop"])
        await auto_analyze_rules.add(
            db,
            NewRule(
                name="critical", alert_name="*", service="*", severities=("critical",), labels={}, annotate=False,
                created_by=owner,
            ),
        )  # fmt: skip


@contextmanager
def serving(database_url: str, folder: Path, switches: tuple[Path, Path]) -> Generator[Night]:
    operator = token("olga", "operator", "inquiry", "troubleshooting", "revive")
    ports = {name: free_port() for name in ("trivium", "alertmanager", "prometheus")}
    base = f"http://127.0.0.1:{ports['trivium']}"
    environment = {
        "DATABASE_URL": database_url,
        "TRIVIUM_JWT_SECRET": SECRET,
        "TRIVIUM_TOKEN": operator,
        "PORT": str(ports["trivium"]),
        "PROMETHEUS_URL": f"http://127.0.0.1:{ports['prometheus']}",
    }
    ingest = token("alertmanager", None, "ingest")
    command = [sys.executable, "-m", "trivium", "serve"]
    ready = f"{base}/api/v1/health/ready"
    with (
        shop(switches[1], switches[0]) as port,
        running(command, ready=ready, log=folder / "trivium.log", environment=environment),
        alerting(folder, {**ports, "shop": port}, ingest),
    ):
        yield Night(base, environment, operator, ingest, *switches)


@contextmanager
def alerting(folder: Path, ports: dict[str, int], ingest: str) -> Generator[None]:
    """Prometheus and Alertmanager as a site has them."""
    (folder / "rules.yml").write_text(RULES)
    (folder / "prometheus.yml").write_text(PROMETHEUS % ports)
    (folder / "alertmanager.yml").write_text(ALERTMANAGER % {**ports, "token": ingest})
    manager = [
        program("prometheus-alertmanager"), f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'am'}", f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
        "--cluster.listen-address=",
    ]  # fmt: skip
    source = [
        program("prometheus"), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
    ]  # fmt: skip
    with (
        running(manager, ready=f"http://127.0.0.1:{ports['alertmanager']}/-/ready", log=folder / "alertmanager.log"),
        running(source, ready=f"http://127.0.0.1:{ports['prometheus']}/-/ready", log=folder / "prometheus.log"),
    ):
        yield


def until(look: Callable[[], T | None], what: str) -> T:
    """What `look` gives, as soon as it gives something: real programs take their seconds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        pause(0.5)
    pytest.fail(f"{what} never came")


def firing(night: Night) -> dict[str, Any] | None:
    found = night.get("/api/v1/alerts?status=firing")["alerts"]
    return found[0] if found else None


def analysed(night: Night, alert_id: str) -> dict[str, Any] | None:
    found = night.get(f"/api/v1/alerts/{alert_id}")["analyses"]
    return found[0] if found else None


async def called(night: Night, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a person at an MCP host gets."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "trivium", "mcp"], env={**os.environ, **night.environment}, cwd=str(ROOT)
    )
    async with Client(stdio_client(server)) as client:
        result = await client.call_tool(tool, arguments)
    assert result.structured_content, result
    return cast("dict[str, Any]", result.structured_content)


async def test_the_whole_night(night: Night) -> None:
    """TS-16, SC-02: an alert is analysed, its cause named, its runbook approved and run, and all of it told after."""
    now = datetime.now(UTC)
    change = {"occurred_at": now.isoformat(), "kind": "deployment", "service": "checkout", "summary": CHANGE}
    night.report(change)
    pause(2)
    night.fault.touch()
    alert = until(lambda: firing(night), "the alert")
    assert (alert["name"], alert["service"]) == ("CheckoutErrorRateHigh", "checkout")

    analysis = until(lambda: analysed(night, alert["id"]), "the analysis that nobody asked for")
    assert CHANGE in analysis["cause"]

    told = await called(night, "troubleshoot", alert=alert["id"], question="What is causing it?")
    assert told["status"] == "completed"
    assert CHANGE in told["summary"]
    assert told["answer"]["data"]["runbook_match"]["name"] == "roll-back-checkout"

    asked = await called(night, "troubleshoot", alert=alert["id"], question="Run the runbook roll-back-checkout",
                         session_id=told["session_id"])  # fmt: skip
    assert asked["status"] == "awaiting_confirmation"
    assert not night.cure.exists()
    done = await called(night, "confirm", confirmation_id=asked["confirmation"]["confirmation_id"], decision="approve")
    assert done["status"] == "completed", done
    assert night.cure.exists()

    until(lambda: None if firing(night) else True, "the end of the alert")
    incidents = night.ask("Show the incidents on checkout today")
    assert "1 incident" in incidents["summary"], incidents["summary"]
    (row,) = next(part for part in incidents["parts"] if part["kind"] == "table")["data"]["rows"]
    assert row["status"] == "resolved"
    assert row["duration_seconds"] > 0
    mttr = night.ask("What is the MTTR of checkout today?")
    assert "checkout" in mttr["summary"]
    changes = night.ask("What was deployed to checkout today?")
    assert CHANGE in str(changes)
