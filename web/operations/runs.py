"""The paths of runs."""

from domain.tokens import PILLARS
from web import runs
from web.desk import Guarded
from web.models.runs import CancelReply, RunReply, RunsAsked, RunsReply
from web.operations.shape import CHECKED, JSON, OWN, SIGNED, STREAM, Operation, Reply

OPERATIONS = (
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
)  # fmt: skip
