"""Runbooks and their executions, as they are listed and told."""

from uuid import UUID

from pydantic import Field

from domain.runbook_executions import Status
from domain.runbooks import Kind
from web.models.queries import CallTold
from web.models.shape import Asked, Json, Time, Told


class RunbooksAsked(Asked):
    search: str = Field("", max_length=200, description="Words, a tag, or the name of an alert")
    service: str = Field("", max_length=100, description="Exact service name")
    kind: Kind | None = None
    limit: int = Field(200, ge=1, le=200)


class RunbookListed(Told):
    """`parameters` by name, `steps` how many there are."""

    id: UUID
    name: str
    title: str
    description: str
    kind: Kind
    service: str
    alert_names: tuple[str, ...]
    tags: tuple[str, ...]
    parameters: tuple[str, ...]
    steps: int
    version: int
    is_enabled: bool
    sample: bool


class RunbooksReply(CallTold):
    total: int
    runbooks: tuple[RunbookListed, ...]


class RunbookReply(CallTold):
    """`runbook` with its steps as they stand, `in_words` what they do, `takes` what its parameters take."""

    runbook: Json


class ExecutionsAsked(Asked):
    runbook: str | None = Field(default=None, max_length=100, description="Exact name of a runbook")
    status: Status | None = None
    since: Time | None = Field(default=None, description="RFC 3339 with zone, included")
    limit: int = Field(20, ge=1, le=200)


class ExecutionTold(Told):
    """`user` asked for it and `approved_by` agreed, both by name."""

    id: UUID
    runbook: str
    version: int
    kind: str
    status: Status
    user: str
    approved_by: str | None
    reason: str
    parameters: Json
    steps: int
    failed_steps: tuple[str, ...]
    hourly_cost: float | None
    started_at: Time
    finished_at: Time | None
    seconds: float | None


class ExecutionsReply(CallTold):
    """Newest first; `total` counts all that fit."""

    total: int
    executions: tuple[ExecutionTold, ...]


class ExecutionReply(CallTold):
    """`execution` with each step's status, exit code and output."""

    execution: Json
