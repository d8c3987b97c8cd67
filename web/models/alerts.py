"""Alerts, and what is said about one of them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from domain.runs import RunStatus
from graphs.asking import GraphName
from web.models.confirmations import ActionRequired
from web.models.inquiry import AnswerTold
from web.models.problems import Refusal
from web.models.queries import CallTold
from web.models.revive import Message
from web.models.shape import Json, PageAsked, Pagination, Sent, Time, Told, Word, Zone, is_none

Severity = Literal["critical", "warning", "info"]
MOST_ALERTS = 1000


class AlertsAsked(PageAsked):
    """Without a time: all that fire, however old, with `status=firing`; else those of the last 24 hours."""

    per_page: int = Field(20, ge=1, le=MOST_ALERTS)
    status: Literal["firing", "resolved"] | None = None
    severity: Severity | None = None
    service: Word | None = None
    start: Time | None = Field(default=None, description="RFC 3339 with zone; with `end`")
    end: Time | None = None

    @model_validator(mode="after")
    def has_both_or_neither(self) -> "AlertsAsked":
        if (self.start is None) != (self.end is None):
            raise PydanticCustomError("window", "give both start and end, or neither")
        return self


class AlertTold(Told):
    id: UUID
    name: str
    service: str
    severity: str
    status: str
    starts_at: str
    ends_at: str | None
    duration_seconds: float | None
    summary: str
    environment: str
    team: str
    instance: str


class AlertsReply(CallTold):
    """One page, newest first; the numbers count all that fit, not only those of this page."""

    alerts: tuple[AlertTold, ...]
    by_severity: dict[str, int]
    by_status: dict[str, int]
    pagination: Pagination


class AlertReply(CallTold):
    """One alert with what is on record about it: `related` began around the same time, `analyses` and `sessions` are
    earlier looks at it and its like, `profile` says what its service stands on."""

    alert: Json
    incident: Json | None
    related: tuple[Json, ...]
    history: Json
    analyses: tuple[Json, ...]
    sessions: tuple[Json, ...]
    rules: tuple[Json, ...]
    profile: Json | None


class AlertChatRequest(Sent):
    """`include_sift` off leaves out error lines and slow requests, `include_oncall` off who is on call."""

    message: Message = Field(description="What to know of the alert, in plain words")
    session_id: UUID | None = Field(default=None, description="Continues this conversation about the alert")
    include_sift: bool = True
    include_oncall: bool = True
    timezone: Zone | None = Field(default=None, description='IANA name: the calendar of "yesterday"')


class ChatRequest(Sent):
    """Without a `pillar` the conversation's holds, then an alert's, then what the words are for."""

    message: Message = Field(description="A question or a request, in plain words")
    session_id: UUID | None = Field(default=None, description="Continues this conversation")
    pillar: Literal["auto"] | GraphName = "auto"
    alert_id: UUID | None = Field(default=None, description="The alert it is about")
    timezone: Zone | None = Field(default=None, description='IANA name: the calendar of "yesterday"')


class ToolUsed(Told):
    """`mcp`: it is asked over the Model Context Protocol, Grafana's tools and those of registered servers."""

    name: str
    source: Literal["mcp", "native"]


class RunbookMatch(Told):
    id: str
    name: str
    confidence: Annotated[float, Field(ge=0, le=1)]


class ChatResponse(Told):
    """`action_required` when a change waits for a person; `answer` when the run has come to its end."""

    content: str
    tools_used: tuple[ToolUsed, ...]
    suggestions: tuple[str, ...]
    runbook_match: RunbookMatch | None
    action_required: ActionRequired | None = Field(default=None, exclude_if=is_none)
    answer: AnswerTold | None


class AlertChatReply(Told):
    """`error` when it did not come to what was asked, and `response` says what was found all the same."""

    session_id: UUID
    run_id: UUID
    status: RunStatus
    response: ChatResponse
    tokens_used: int
    error: Refusal | None = Field(default=None, exclude_if=is_none)


class ChatReply(AlertChatReply):
    """`pillar` is the one that answered, and `routed_by` why it was that one."""

    pillar: GraphName
    routed_by: str
