"""Traces: a request, the run it began and the tools that it called are one trace, with nothing private in it."""

import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.programs import free_port, running
from tests.scenarios.attack_world import SECRET, token

pytestmark = pytest.mark.slow
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@dataclass(slots=True)
class Collector:
    """What an OpenTelemetry collector is sent."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list[bytes])

    @property
    def spans(self) -> list[Span]:
        sent = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            span for each in sent for resource in each.resource_spans for scope in resource.scope_spans
            for span in scope.spans if scope.scope.name == "trivium"
        ]  # fmt: skip


@contextmanager
def collector() -> Generator[Collector]:
    found = Collector()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 - the library calls it
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def attributes(span: Span) -> dict[str, str | int]:
    return {item.key: item.value.string_value or item.value.int_value for item in span.attributes}


def test_a_request_its_run_and_its_tools_are_one_trace_of_the_senders(database_url: str, tmp_path: Path) -> None:
    """OB-08."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with collector() as found:
        given = {
            "DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": SECRET, "PORT": str(port),
            "OTEL_EXPORTER_OTLP_ENDPOINT": found.url,
        }  # fmt: skip
        command = [sys.executable, "-m", "trivium", "serve"]
        with running(command, ready=f"{base}/api/v1/health/ready", log=tmp_path / "log", environment=given):
            headers = {
                "Authorization": f"Bearer {token('ann', 'admin')}", "traceparent": f"00-{TRACE}-{PARENT}-01",
            }  # fmt: skip
            asked = {"query": "How many critical alerts fired in the last 7 hours?"}
            with httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=30) as web:
                assert web.post("/api/v1/inquiry/query", json=asked).status_code == 200
        spans = [span for span in found.spans if span.trace_id.hex() == TRACE]
    by_name = {span.name: span for span in spans}
    request, run = by_name["POST /api/v1/inquiry/query"], by_name["run inquiry"]
    tools = [span for span in spans if span.name == "tool"]
    assert request.parent_span_id.hex() == PARENT
    assert run.parent_span_id == request.span_id
    assert tools
    assert {span.parent_span_id for span in tools} == {run.span_id}
    assert attributes(request) == {
        "http.route": "/api/v1/inquiry/query", "http.request.method": "POST", "http.response.status_code": 200,
    }  # fmt: skip
    assert b"critical" not in b"".join(found.bodies)


def test_an_endpoint_without_the_packages_is_said_at_the_start(database_url: str) -> None:
    hide = "import sys; sys.modules['opentelemetry.sdk'] = None; from trivium.__main__ import main; main()"
    given = {
        **os.environ, "DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": SECRET,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv[1:] = ['serve']; {hide}"],
        env=given, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert "install the extra `otel`" in done.stderr + done.stdout
