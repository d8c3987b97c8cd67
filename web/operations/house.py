"""The paths open to everybody: how this process is, and what it can be asked."""

from typing import Any

from web import health
from web.desk import Open, Unsigned
from web.models.health import HealthReply, IndexReply, ReadyReply
from web.operations.shape import BUG, HTML, JSON, TEXT, Operation, Reply

PROBES = (
    Operation(
        method="GET",
        path="/api/v1/health",
        entry=Open(health.live),
        summary="Whether this process answers",
        replies={200: Reply("It does", {JSON: HealthReply}), **BUG},
    ),
    Operation(
        method="GET",
        path="/api/v1/health/ready",
        entry=Open(health.ready),
        summary="Whether questions can be answered now",
        replies={
            200: Reply("Postgres answers", {JSON: ReadyReply}),
            503: Reply("Postgres does not answer", {JSON: ReadyReply}),
            **BUG,
        },
    ),
    Operation(
        method="GET",
        path="/api/v1/metrics",
        entry=Open(health.metrics),
        summary="Measurements in Prometheus' text format",
        replies={200: Reply("The measurements", {TEXT: str}), **BUG},
    ),
)  # fmt: skip
OPERATIONS = (
    *PROBES,
    Operation(
        method="GET",
        path="/openapi.json",
        entry=Open(health.openapi),
        summary="This description",
        replies={200: Reply("OpenAPI 3.1", {JSON: dict[str, Any]}), **BUG},
    ),
    Operation(
        method="GET",
        path="/",
        entry=Unsigned(health.index),
        summary="What this is and where to read on; the web page for a browser",
        replies={200: Reply("Name, version, paths; or the page", {JSON: IndexReply, HTML: str}), **BUG},
    ),
)  # fmt: skip
