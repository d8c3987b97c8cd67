"""Outcomes: how a run stands when it has ended or waits, and the event that tells the end."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from agents.answer import Answer
from domain.confirmations import Confirmation
from domain.runs import RunStatus
from graphs.events import Complete, Failed

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run stands: an `answer` when it completed, else an `error` {error, message, required_permission?, ...};
    both when all that the question needs is closed to the actor, and the answer says so. `waiting` is what has to be
    decided before an awaiting run goes on; `mode` how a revive request was read."""

    run_id: UUID
    session_id: UUID
    status: RunStatus
    answer: Answer | None = None
    error: Json | None = None
    waiting: Confirmation | None = None
    understanding: Json = field(default_factory=dict[str, Any])


def last_event(outcome: Outcome) -> Complete | Failed:
    """The event that ends a stream; made from the record again when the stream is read later."""
    if outcome.answer is None or outcome.error:
        return failure(outcome)
    return Complete(
        run_id=str(outcome.run_id),
        session_id=str(outcome.session_id),
        answer=outcome.answer.as_json(),
        tools_used=outcome.answer.tools_used,
        tokens_used=outcome.answer.tokens_used,
    )


def failure(outcome: Outcome) -> Failed:
    error = outcome.error or {"error": outcome.status, "message": f"The run is {outcome.status}."}
    return Failed(
        run_id=str(outcome.run_id),
        status=outcome.status,
        error=error["error"],
        message=error["message"],
        required_permission=error.get("required_permission"),
        alternative=error.get("alternative"),
    )
