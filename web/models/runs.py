"""How runs stand."""

from uuid import UUID

from pydantic import Field

from domain.runs import RunStatus
from web.models.inquiry import AnswerTold
from web.models.problems import Refusal
from web.models.shape import Asked, Time, Told


class RunsAsked(Asked):
    session_id: UUID | None = Field(default=None, description="Only runs of this conversation")
    limit: int = Field(20, ge=1, le=100)


class RunTold(Told):
    id: UUID
    session_id: UUID
    graph: str
    status: RunStatus
    question: str
    tokens_used: int
    created_at: Time
    finished_at: Time | None


class RunReply(RunTold):
    """`answer` when the run completed, else `error`; both when all that it needed is closed to the actor."""

    attempt: int
    answer: AnswerTold | None
    error: Refusal | None


class RunsReply(Told):
    runs: tuple[RunTold, ...]


class CancelReply(Told):
    """The run stops soon; its events and its status say when."""

    run_id: UUID
