"""A question of the inquiry pillar and its answer."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from agents.answer import Finding, Part, Source, Unknown
from domain.ingest.payload import Moment
from domain.runs import RunStatus
from domain.windows import Window
from graphs.asking import ResponseFormat
from web.models.confirmations import ActionRequired
from web.models.shape import Json, Sent, Told, Word, Zone

MOST_SERVICES = 100


class TimeRange(Sent):
    """`start <= t < end`, each with its zone."""

    start: Moment
    end: Moment

    @model_validator(mode="after")
    def ends_after_its_start(self) -> Self:
        if self.end <= self.start:
            raise PydanticCustomError("window", "the end must be after the start")
        return self

    def window(self) -> Window:
        return Window(self.start, self.end)


class QueryContext(Sent):
    """Holds where the words of the question say nothing else."""

    time_range: TimeRange | None = None
    services: Annotated[tuple[Word, ...], Field(max_length=MOST_SERVICES)] = ()
    severity_filter: Annotated[tuple[Literal["critical", "warning", "info"], ...], Field(max_length=3)] = ()
    timezone: Zone | None = Field(default=None, description='IANA name: the calendar of "yesterday"')


class QueryRequest(Sent):
    query: str = Field(description="The question in plain words, at most 4,000 characters")
    context: QueryContext = QueryContext()
    response_format: ResponseFormat = "detailed"
    session_id: UUID | None = Field(default=None, description="Continues this conversation")
    preview: bool = Field(default=False, description="Queries to metrics and logs are shown first, to approve or edit")


class AnswerTold(Told):
    """`sources` names the systems that were asked; `evidence` has each query sent to them."""

    summary: str
    data: Json
    timeline: tuple[Json, ...]
    sources: tuple[str, ...]
    evidence: tuple[Source, ...]
    findings: tuple[Finding, ...]
    parts: tuple[Part, ...]
    suggestions: tuple[str, ...]
    unknown: tuple[Unknown, ...]
    understood: str
    brain: Literal["rules", "model"]
    notes: tuple[str, ...]


class QueryReply(Told):
    session_id: UUID
    run_id: UUID
    answer: AnswerTold
    tools_used: tuple[str, ...]
    tokens_used: int


class PreviewReply(Told):
    """A query that waits to be approved or edited before it runs; the run then has the answer."""

    session_id: UUID
    run_id: UUID
    status: RunStatus
    action_required: ActionRequired | None


class SuggestionsReply(Told):
    suggestions: tuple[str, ...]
