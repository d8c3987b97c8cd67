"""Every path: who may, what goes in, what comes out. Routes and OpenAPI description are made from this table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from domain.ingest.changes import StoredChanges
from domain.ingest.payload import Changes, Webhook
from domain.ingest.store import Stored
from domain.tokens import PILLARS
from web import health, ingest, inquiry, runs
from web.desk import Guarded, Open
from web.models import (
    CancelReply,
    HealthReply,
    IndexReply,
    InvalidPayload,
    InvalidRequest,
    MessagesReply,
    PageAsked,
    Problem,
    QueryReply,
    QueryRequest,
    ReadyReply,
    Refusal,
    RunReply,
    RunsAsked,
    RunsReply,
    SessionsReply,
    SuggestionsReply,
    TooMany,
)

JSON, EVENTS, TEXT = "application/json", "text/event-stream", "text/plain"


@dataclass(frozen=True, slots=True)
class Reply:
    """What one status means; `contents` is its body by media type, none when there is no body."""

    meaning: str
    contents: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Each `{name}` of `path` is a UUID. `body` is the JSON that is sent, `parameters` those of the address."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    entry: Open | Guarded
    summary: str
    replies: Mapping[int, Reply]
    body: type[BaseModel] | None = None
    parameters: type[BaseModel] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


INQUIRY = ("inquiry",)
INGEST = ("ingest",)
STREAM = {EVENTS: str}
BUG = {500: Reply("A bug; the message has the id under which it is logged", {JSON: Problem})}
SIGNED = {
    401: Reply("No valid token", {JSON: Problem}),
    403: Reply("The token or the role does not suffice", {JSON: Refusal}),
    503: Reply("Postgres is away; try again", {JSON: Problem}),
    **BUG,
}
BODY = {
    413: Reply("The body has more than 10 MB", {JSON: Problem}),
    415: Reply("The body is not declared as JSON", {JSON: Problem}),
}
CHECKED = {422: Reply("A value is missing, unknown or out of range", {JSON: InvalidRequest})}
OWN = {404: Reply("It is not there, or not yours", {JSON: Problem})}
TAKEN = {**SIGNED, **BODY, 400: Reply("Nothing was stored: a value cannot be taken", {JSON: InvalidPayload})}

OPERATIONS = (
    Operation(
        method="POST",
        path="/api/v1/inquiry/query",
        entry=Guarded(inquiry.query, INQUIRY),
        summary="Ask one question; with Accept: text/event-stream its run's events come as they happen",
        body=QueryRequest,
        replies={
            200: Reply("The answer, or the events up to `complete` or `error`", {JSON: QueryReply, **STREAM}),
            400: Reply("The body is no JSON", {JSON: Problem}),
            409: Reply("The run was cancelled", {JSON: Refusal}),
            429: Reply("Too many questions in a minute; Retry-After says when", {JSON: TooMany}),
            **SIGNED, **BODY, **CHECKED, **OWN,
        },
    ),
    Operation(
        method="GET",
        path="/api/v1/inquiry/sessions",
        entry=Guarded(inquiry.list_sessions, INQUIRY),
        summary="Your conversations, newest first",
        parameters=PageAsked,
        replies={200: Reply("One page", {JSON: SessionsReply}), **SIGNED, **CHECKED},
    ),
    Operation(
        method="GET",
        path="/api/v1/inquiry/sessions/{session_id}/messages",
        entry=Guarded(inquiry.list_messages, INQUIRY),
        summary="The messages of one conversation, oldest first",
        parameters=PageAsked,
        replies={200: Reply("One page", {JSON: MessagesReply}), **SIGNED, **CHECKED, **OWN},
    ),
    Operation(
        method="DELETE",
        path="/api/v1/inquiry/sessions/{session_id}",
        entry=Guarded(inquiry.delete_session, INQUIRY),
        summary="Delete one conversation with all in it",
        replies={204: Reply("It is gone"), **SIGNED, **OWN},
    ),
    Operation(
        method="GET",
        path="/api/v1/inquiry/suggestions",
        entry=Guarded(inquiry.suggestions, INQUIRY),
        summary="Questions that can be asked here",
        replies={200: Reply("The questions", {JSON: SuggestionsReply}), **SIGNED},
    ),
    Operation(
        method="GET",
        path="/api/v1/runs",
        entry=Guarded(runs.list_runs, PILLARS),
        summary="Your runs, newest first",
        parameters=RunsAsked,
        replies={200: Reply("The runs", {JSON: RunsReply}), **SIGNED, **CHECKED},
    ),
    Operation(
        method="GET",
        path="/api/v1/runs/{run_id}",
        entry=Guarded(runs.get_run, PILLARS),
        summary="How one run stands",
        replies={200: Reply("The run", {JSON: RunReply}), **SIGNED, **OWN},
    ),
    Operation(
        method="GET",
        path="/api/v1/runs/{run_id}/events",
        entry=Guarded(runs.read_events, PILLARS),
        summary="The events of one run, past and coming, to its last",
        headers={"Last-Event-ID": "Only events numbered above this one"},
        replies={200: Reply("The events", STREAM), **SIGNED, **OWN},
    ),
    Operation(
        method="POST",
        path="/api/v1/runs/{run_id}/cancel",
        entry=Guarded(runs.cancel_run, PILLARS),
        summary="Stop one run; one that has ended stays as it is",
        replies={202: Reply("It will stop", {JSON: CancelReply}), **SIGNED, **OWN},
    ),
    Operation(
        method="POST",
        path="/api/v1/alerts/webhook",
        entry=Guarded(ingest.take_alerts, INGEST),
        summary="Take one notification of Alertmanager (version 4) or Grafana, once however often it is sent",
        body=Webhook,
        replies={200: Reply("What it changed", {JSON: Stored}), **TAKEN},
    ),
    Operation(
        method="POST",
        path="/api/v1/changes",
        entry=Guarded(ingest.take_changes, INGEST),
        summary="Take deployments and other changes, once however often they are sent",
        body=Changes,
        replies={200: Reply("What it changed", {JSON: StoredChanges}), **TAKEN},
    ),
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
        entry=Open(health.index),
        summary="What this is and where to read on",
        replies={200: Reply("Name, version, paths", {JSON: IndexReply}), **BUG},
    ),
)  # fmt: skip
