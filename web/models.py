"""The bodies that come in and go out over HTTP. The OpenAPI document is made from these."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from agents.answer import Finding, Part, Source, Unknown
from domain.ingest.payload import Moment
from domain.runs import RunStatus
from domain.windows import Window
from graphs.asking import ResponseFormat

Json: TypeAlias = dict[str, Any]
MOST_SERVICES = 100
MOST_PER_PAGE = 100


def as_utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


def as_zone(value: object) -> object:
    """An IANA time zone by its name. What the file system refuses (`Europe` is a folder) is no zone either."""
    try:
        return ZoneInfo(value) if isinstance(value, str) else value
    except (KeyError, ValueError, OSError) as error:
        raise PydanticCustomError("zone", "is not an IANA time zone; write for example Europe/Berlin") from error


def only_printable(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("printable", "has a character that cannot be printed")
    return text


def is_none(value: object) -> bool:
    return value is None


Time = Annotated[datetime, AfterValidator(as_utc)]
Zone = Annotated[ZoneInfo, BeforeValidator(as_zone)]
ServiceName = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(only_printable)]


class Sent(BaseModel):
    """A JSON body: unknown keys are refused, so a typo never answers another question."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


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
    services: Annotated[tuple[ServiceName, ...], Field(max_length=MOST_SERVICES)] = ()
    severity_filter: Annotated[tuple[Literal["critical", "warning", "info"], ...], Field(max_length=3)] = ()
    timezone: Zone | None = Field(default=None, description='IANA name: the calendar of "yesterday"')


class QueryRequest(Sent):
    query: str = Field(description="The question in plain words, at most 4,000 characters")
    context: QueryContext = QueryContext()
    response_format: ResponseFormat = "detailed"
    session_id: UUID | None = Field(default=None, description="Continues this conversation")


class Asked(BaseModel):
    """Parameters of an address: text that is read as what it stands for."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageAsked(Asked):
    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(20, ge=1, le=MOST_PER_PAGE)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page


class RunsAsked(Asked):
    session_id: UUID | None = Field(default=None, description="Only runs of this conversation")
    limit: int = Field(20, ge=1, le=100)


class Told(BaseModel):
    """A body that goes out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Pagination(Told):
    page: int
    per_page: int
    total: int


class SessionTold(Told):
    id: UUID
    started_at: Time
    message_count: int
    last_query: str | None
    title: str


class SessionsReply(Told):
    sessions: tuple[SessionTold, ...]
    pagination: Pagination


class MessageTold(Told):
    role: str
    content: str
    tools_used: tuple[str, ...]
    created_at: Time
    run_id: UUID | None


class MessagesReply(Told):
    session_id: UUID
    messages: tuple[MessageTold, ...]
    pagination: Pagination


class SuggestionsReply(Told):
    suggestions: tuple[str, ...]


class Problem(Told):
    """`error` is a code for programs, `message` says what was tried, what came of it, what to do."""

    error: str
    message: str


class Refusal(Problem):
    """What was missing, and what can be done instead; a key without a value is left out.

    Also read from a run's error, which may hold more than callers are told.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    required_permission: str | None = Field(default=None, exclude_if=is_none)
    alternative: str | None = Field(default=None, exclude_if=is_none)


class FieldProblem(Told):
    field: str
    message: str


class InvalidRequest(Problem):
    details: tuple[FieldProblem, ...]


class InvalidPayload(Problem):
    """`field` is the path of the first value that is wrong, such as `alerts[3].startsAt`."""

    field: str


class TooMany(Problem):
    """`retry_after` in seconds."""

    retry_after: int


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


class HealthReply(Told):
    status: Literal["ok"]


class ReadyReply(Told):
    """`parts`: postgres decides; the others are optional."""

    status: Literal["ready", "unavailable"]
    parts: dict[str, Literal["ok", "unavailable"]]


class IndexReply(Told):
    name: str
    version: str
    openapi: str
    health: str
