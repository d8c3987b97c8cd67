"""The paths of runbooks and of what they did: to read; one is run by asking for it in a conversation."""

from web import runbooks
from web.desk import Guarded
from web.models.problems import Refusal
from web.models.runbooks import (
    ExecutionReply,
    ExecutionsAsked,
    ExecutionsReply,
    RunbookReply,
    RunbooksAsked,
    RunbooksReply,
)
from web.operations.shape import CHECKED, JSON, OWN, SIGNED, Operation, Reply

REVIVE = ("revive",)
REFUSED = {400: Reply("It waits for a person's approval, or cannot be asked so", {JSON: Refusal})}

OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/runbooks",
        entry=Guarded(runbooks.list_runbooks, REVIVE),
        summary="Runbooks and service templates, by words, service or kind",
        parameters=RunbooksAsked,
        replies={200: Reply("Those that fit, best first", {JSON: RunbooksReply}), **REFUSED, **SIGNED, **CHECKED},
    ),
    Operation(
        method="GET",
        path="/api/v1/runbooks/{runbook_id}",
        entry=Guarded(runbooks.get_runbook, REVIVE),
        summary="One runbook: its parameters, steps and rollback; a template's cost and quota",
        replies={200: Reply("The runbook", {JSON: RunbookReply}), **REFUSED, **SIGNED, **OWN},
    ),
    Operation(
        method="GET",
        path="/api/v1/executions",
        entry=Guarded(runbooks.list_executions, REVIVE),
        summary="Runbooks that were run: who, what, when, how it ended",
        parameters=ExecutionsAsked,
        replies={200: Reply("The executions, newest first", {JSON: ExecutionsReply}), **REFUSED, **SIGNED, **CHECKED},
    ),
    Operation(
        method="GET",
        path="/api/v1/executions/{execution_id}",
        entry=Guarded(runbooks.get_execution, REVIVE),
        summary="One execution of a runbook: each step with its exit code and output",
        replies={200: Reply("The execution", {JSON: ExecutionReply}), **REFUSED, **SIGNED, **OWN},
    ),
)  # fmt: skip
