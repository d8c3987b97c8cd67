"""The paths by which other systems send."""

from domain.ingest.changes import StoredChanges
from domain.ingest.payload import Changes, Webhook
from domain.ingest.store import Stored
from web import ingest
from web.desk import Guarded
from web.models.problems import InvalidPayload
from web.operations.shape import BODY, JSON, SIGNED, Operation, Reply

INGEST = ("ingest",)
TAKEN = {**SIGNED, **BODY, 400: Reply("Nothing was stored: a value cannot be taken", {JSON: InvalidPayload})}

OPERATIONS = (
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
)  # fmt: skip
