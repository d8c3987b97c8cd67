"""The whole walk with real parts: metrics, Prometheus, Alertmanager, webhook, question, through every entrance."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from domain.tokens import Claims, Key, mint
from tests.programs import ROOT, free_port, pause, program, running
from tests.studio_server import ask, new_thread, studio_server

pytestmark = pytest.mark.slow

SECRET = "a-secret-of-this-test-with-more-than-32-bytes"
KEY = Key(secret=SECRET, issuer="trivium", audience="trivium")
FIRING = "What is firing on checkout right now?"
COUNT = "How many alerts fired on checkout today?"

RULES = """
groups:
  - name: shop
    rules:
      - alert: CheckoutErrorRatioHigh
        expr: shop_errors{service="checkout"} > 5
        labels: {severity: critical, team: shop}
        annotations: {summary: "Checkout fails for {{ $value }} %"}
      - alert: CheckoutQueueLong
        expr: shop_queue{service="checkout"} > 100
        labels: {severity: warning, team: shop}
        annotations: {summary: "Queue of {{ $value }}"}
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


@dataclass(slots=True)
class Shop:
    """A small instrumented program: two gauges that the test turns."""

    port: int
    errors: float = 0
    queue: float = 0


@contextmanager
def shop() -> Generator[Shop]:
    state = Shop(free_port())

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            text = f'shop_errors{{service="checkout"}} {state.errors}\nshop_queue{{service="checkout"}} {state.queue}\n'
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", state.port), Metrics)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True, slots=True)
class House:
    """The running service and how to reach it."""

    url: str
    environment: dict[str, str]
    token: str
    shop: Shop


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Generator[House]:
    token = mint(
        KEY, Claims(name="ann", roles=frozenset({"engineer"}), scopes=frozenset({"inquiry"})), ttl=timedelta(hours=1)
    )
    ingest = mint(
        KEY, Claims(name="alertmanager", roles=frozenset(), scopes=frozenset({"ingest"})), ttl=timedelta(hours=1)
    )
    ports = {"trivium": free_port(), "alertmanager": free_port(), "prometheus": free_port()}
    environment = {
        "DATABASE_URL": database_url,
        "TRIVIUM_JWT_SECRET": SECRET,
        "TRIVIUM_TOKEN": token,
        "PORT": str(ports["trivium"]),
    }
    base = f"http://127.0.0.1:{ports['trivium']}"
    with shop() as state, running(
        [sys.executable, "-m", "trivium", "serve"],
        ready=f"{base}/api/v1/health/ready", log=tmp_path / "trivium.log", environment=environment,
    ), alertmanager(tmp_path, ports, ingest), prometheus(tmp_path, {**ports, "shop": state.port}):  # fmt: skip
        yield House(base, environment, token, state)


@contextmanager
def alertmanager(folder: Path, ports: dict[str, int], token: str) -> Generator[None]:
    config = folder / "alertmanager.yml"
    config.write_text(ALERTMANAGER % {**ports, "token": token})
    command = [
        program("prometheus-alertmanager"), f"--config.file={config}", f"--storage.path={folder / 'am'}",
        f"--web.listen-address=127.0.0.1:{ports['alertmanager']}", "--cluster.listen-address=",
    ]  # fmt: skip
    ready = f"http://127.0.0.1:{ports['alertmanager']}/-/ready"
    with running(command, ready=ready, log=folder / "alertmanager.log"):
        yield


@contextmanager
def prometheus(folder: Path, ports: dict[str, int]) -> Generator[None]:
    (folder / "rules.yml").write_text(RULES)
    config = folder / "prometheus.yml"
    config.write_text(PROMETHEUS % ports)
    command = [
        program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
    ]  # fmt: skip
    ready = f"http://127.0.0.1:{ports['prometheus']}/-/ready"
    with running(command, ready=ready, log=folder / "prometheus.log"):
        yield


def by_http(house: House, question: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {house.token}"}
    answer = httpx.post(f"{house.url}/api/v1/inquiry/query", json={"query": question}, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["answer"]


def by_sse(house: House, question: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {house.token}", "Accept": "text/event-stream"}
    body = {"query": question}
    with httpx.stream("POST", f"{house.url}/api/v1/inquiry/query", json=body, headers=headers, timeout=30) as stream:
        events = list(parsed(stream.iter_lines()))
    assert events[0][0] == "run"
    assert events[-1][0] == "complete"
    return events[-1][1]["answer"]


def parsed(lines: Any) -> Generator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        if line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def by_command_line(house: House, question: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "trivium", "ask", "--json", question]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **house.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def by_script(house: House, question: str) -> dict[str, Any]:
    script = (
        "import asyncio, json, sys\n"
        "from trivium.service import open_service\n"
        "async def main():\n"
        "    async with open_service() as service:\n"
        "        print(json.dumps((await service.ask(sys.argv[1])).as_json()))\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, question],
        cwd=ROOT, env={**os.environ, **house.environment}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def by_mcp(house: House, question: str) -> dict[str, Any]:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "trivium", "mcp"], env={**os.environ, **house.environment}, cwd=str(ROOT)
    )
    async with Client(stdio_client(server)) as client:
        result = await client.call_tool("ask", {"question": question})
    assert result.structured_content, result
    structured = cast("dict[str, Any]", result.structured_content)
    return {**structured["answer"], "summary": structured["summary"]}


def by_studio(house: House, question: str, folder: Path) -> dict[str, Any]:
    with studio_server(folder, house.environment) as client:
        return dict(ask(client, new_thread(client), question)["answer"])


def total(answer: dict[str, Any]) -> int:
    return int(answer["data"].get("total_alerts", 0))


def until(house: House, question: str, wanted: int) -> dict[str, Any]:
    """The answer as soon as it says `wanted`: Prometheus and Alertmanager take their seconds."""
    deadline, answer = time.monotonic() + 45, {}
    while time.monotonic() < deadline:
        answer = by_http(house, question)
        if total(answer) == wanted:
            return answer
        pause(0.5)
    pytest.fail(f"{question!r} never came to {wanted}: {answer}")


async def test_a_real_alert_is_counted_right_through_every_entrance_and_forgotten_when_resolved(
    house: House, tmp_path: Path
) -> None:
    """EP-17, and the first must-show of the house: the same right number whoever asks, however."""
    assert by_http(house, FIRING)["summary"] == "No service named checkout has sent an alert."
    house.shop.errors, house.shop.queue = 12, 250
    until(house, FIRING, 2)
    answers = {
        "http": by_http(house, COUNT),
        "sse": by_sse(house, COUNT),
        "cli": by_command_line(house, COUNT),
        "script": by_script(house, COUNT),
        "mcp": await by_mcp(house, COUNT),
        "studio": await asyncio.to_thread(by_studio, house, COUNT, tmp_path),
    }
    assert {name: total(answer) for name, answer in answers.items()} == dict.fromkeys(answers, 2)
    assert {answer["summary"] for answer in answers.values()} == {answers["http"]["summary"]}
    assert answers["http"]["data"]["by_severity"] == {"critical": 1, "warning": 1, "info": 0}
    house.shop.errors = house.shop.queue = 0
    until(house, FIRING, 0)
    assert total(by_http(house, COUNT)) == 2
