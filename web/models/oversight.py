"""What admins look at besides deeds: whether the audit log is whole, how use goes day by day, and what rules catch."""

from uuid import UUID

from pydantic import Field

from domain.audit_chain import Problem
from domain.filters import Severity
from domain.ingest.payload import Moment
from web.models.shape import Asked, Sent, Time, Told


class ChainReply(Told):
    """`entries` hold from the first on, `anchored` of them by the anchor file too. Where it is broken, `problem`,
    `sequence` (the place in the chain), `entry_id` and `explanation` say how and where. `anchor_problem`: why the
    anchor file vouches for nothing; empty when it does."""

    is_intact: bool
    entries: int
    digest: str
    anchored: int
    anchored_at: Time | None
    anchor_problem: str
    problem: Problem | None
    sequence: int | None
    entry_id: int | None
    explanation: str
    checked_at: Time


class DaysAsked(Asked):
    since: Moment | None = Field(default=None, description="Default: 30 days ago")
    until: Moment | None = Field(default=None, description="Default: now")


class DayTold(Told):
    """One day of UTC; days without a call are there with zeros."""

    day: Time
    calls: int
    errors: int
    blocked: int
    users: int


class DaysReply(Told):
    since: Time
    until: Time
    days: tuple[DayTold, ...]


class AnalysesTold(Told):
    """How many analyses a rule has asked for, by how they stand; `last_at` is of the newest."""

    waiting: int
    running: int
    done: int
    failed: int
    dropped: int
    last_at: Time | None
    last_alert: str | None


class AnalyzeRuleTold(Told):
    """`matched` alerts started within the last 7 days and fit the rule."""

    id: UUID
    name: str
    alert_name: str
    service: str
    severities: tuple[Severity, ...]
    labels: dict[str, str]
    annotate: bool
    is_enabled: bool
    created_by: str
    created_at: Time
    matched: int
    analyses: AnalysesTold


class AnalyzeRulesReply(Told):
    rules: tuple[AnalyzeRuleTold, ...]


class AnalyzeRuleChange(Sent):
    """Keys that are not sent stay."""

    is_enabled: bool | None = None
    annotate: bool | None = None
