"""What a client gets back: how a run stands, as structured content and as text to read."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

Json: TypeAlias = dict[str, Any]
Status: TypeAlias = Literal[
    "running", "awaiting_confirmation", "completed", "failed", "rejected", "expired", "cancelled"
]


class Result(BaseModel):
    model_config = ConfigDict(frozen=True)


class RunResult(Result):
    """`answer` has findings (text, executions, confidence), data, parts, timeline, sources (tool, query, window),
    unknown, suggestions, understood, brain and notes; it is absent until there is one."""

    status: Status
    run_id: UUID
    session_id: UUID
    summary: str
    answer: Annotated[Json, WithJsonSchema({"type": "object"})] | None = Field(
        None, description="findings with execution ids, data, sources, unknown"
    )
    tools_used: tuple[str, ...] = ()
    tokens_used: int = 0
    next_step: str


class RunRow(Result):
    run_id: UUID
    session_id: UUID
    status: Status
    question: str
    asked_at: datetime


class RunList(Result):
    """Newest first."""

    runs: tuple[RunRow, ...]
