"""What admins read and change: permissions, usage, audit."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from config.policy import Effect
from domain.activity import Status
from domain.confirmations import Mode, Outcome, Standing
from domain.ingest.payload import Moment
from web.models.shape import Asked, PageAsked, Sent, Time, Told, Word

PillarName = Literal["inquiry", "troubleshooting", "revive"]
CategoryName = Literal["inquiry", "troubleshooting", "grafana", "aiops"]
ScopeName = Literal["own_alerts", "aggregated_only", "view_only"]
ToolPattern = Annotated[str, Field(pattern=r"^[a-z0-9_*]+$", max_length=100)]


class PermissionTold(Told):
    """`tool_category` null stands for all of the pillar, `tool_name` null for all of the category; it may be a glob."""

    id: UUID
    role_id: UUID
    role: str
    pillar: str
    tool_category: str | None
    tool_name: str | None
    permission: Effect
    scope: str | None


class RoleTold(Told):
    id: UUID
    name: str
    description: str


class PermissionsReply(Told):
    permissions: tuple[PermissionTold, ...]
    roles: tuple[RoleTold, ...]


class PermissionChange(Sent):
    """One row, put in the place of the one for the same role, pillar, category and tool."""

    role_id: UUID | None = None
    role: Word | None = None
    pillar: PillarName
    tool_category: CategoryName | None = None
    tool_name: ToolPattern | None = Field(default=None, description="A tool's name, or a glob such as delete_*")
    permission: Effect
    scope: ScopeName | None = Field(default=None, description="What an allowed tool is narrowed to")

    @model_validator(mode="after")
    def names_one_role(self) -> Self:
        if (self.role_id is None) == (self.role is None):
            raise PydanticCustomError("role", "send either role_id or role")
        return self

    @model_validator(mode="after")
    def category_is_of_the_pillar(self) -> Self:
        fitting = ("grafana", "aiops") if self.pillar == "revive" else (self.pillar,)
        if self.tool_category not in (None, *fitting):
            words = {"pillar": self.pillar, "fitting": " or ".join(fitting)}
            raise PydanticCustomError("category", "tool_category of {pillar} is {fitting}, or null for all", words)
        return self


class PermissionReply(Told):
    id: UUID
    message: str


class UsageAsked(Asked):
    since: Moment | None = Field(default=None, description="Default: 30 days ago")
    until: Moment | None = Field(default=None, description="Default: now")
    user: Word | None = Field(default=None, description="Also what this user came to")


class ToolUsageTold(Told):
    """Milliseconds are of calls that reached the tool; null without any. `asked` were put before a person."""

    tool: str
    calls: int
    users: int
    successes: int
    errors: int
    blocked: int
    asked: int
    p50_ms: float | None
    p95_ms: float | None


class UserActivityTold(Told):
    """`approvals_given` counts other people's proposals too."""

    user: str
    sessions: int
    questions: int
    calls: int
    errors: int
    blocked: int
    tools: tuple[str, ...]
    proposals: int
    carried_out: int
    rejected: int
    expired: int
    approvals_given: int
    first_at: Time | None
    last_at: Time | None


class UsageReply(Told):
    since: Time
    until: Time
    tools: tuple[ToolUsageTold, ...]
    activity: UserActivityTold | None


class AuditAsked(PageAsked):
    """Newest first; without a time all there is."""

    user: Word | None = None
    tool: Word | None = None
    since: Moment | None = None
    until: Moment | None = None
    status: Status | None = None


class DeedTold(Told):
    """Who did what, on whose approval, with what result. The approval's fields are null when nobody had to agree."""

    id: UUID
    at: Time
    finished_at: Time | None
    requester: str
    tool: str
    category: str
    arguments: dict[str, Any]
    permission: str | None
    effect: str | None
    session_id: UUID
    run_id: UUID | None
    entrance: str | None
    status: Status
    summary: str
    milliseconds: int | None
    confirmation_id: UUID | None
    mode: Mode | None
    standing: Standing | None
    outcome: Outcome | None
    decided_by: str | None
    decided_at: Time | None
    decided_through: str | None
    reason: str


class AuditReply(Told):
    """`has_more`: there are older ones on the next page."""

    deeds: tuple[DeedTold, ...]
    page: int
    per_page: int
    has_more: bool


class AuditLogAsked(PageAsked):
    user: Word | None = None
    action: Word | None = Field(default=None, description="Such as permission_changed or action_approved")
    tool: Word | None = None
    since: Moment | None = None
    until: Moment | None = None


class EntryTold(Told):
    """One entry of the append-only log; `sequence` is its place in the hash chain."""

    sequence: int | None
    id: int
    at: Time
    user: str | None
    entrance: str
    request_id: str
    action: str
    target: str
    details: dict[str, Any]
    session_id: UUID | None
    tool: str | None


class AuditLogReply(Told):
    entries: tuple[EntryTold, ...]
    page: int
    per_page: int
    total: int
