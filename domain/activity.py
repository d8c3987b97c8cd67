"""Activity: who did what, on whose approval, with what result; and what one user or one tool came to in a window."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString, TypeAlias, cast
from uuid import UUID

import orjson

from domain.confirmations import Mode, Outcome, Standing
from domain.database import Connection
from domain.found import Found, ask
from domain.windows import Window

Status: TypeAlias = Literal["success", "error", "blocked", "pending_approval", "running", "unknown"]
Field: TypeAlias = Literal["user", "tool", "status", "window"]
CONDITIONS: Mapping[Field, LiteralString] = {
    "user": " and person.name = %(user)s",
    "tool": " and execution.tool_name = %(tool)s",
    "window": " and execution.created_at >= %(start)s and execution.created_at < %(end)s",
    "status": " and deed.status = %(status)s",
}
LONGEST_SUMMARY = 200

# One row for each call. What was proposed and then carried out is one deed: the row that carried it out.
DEEDS = """
select deed.* from (
    select execution.id, execution.created_at as at, execution.finished_at, person.name as requester,
        execution.tool_name as tool, execution.tool_category as category, execution.arguments,
        execution.permission_required as permission, execution.permission_effect as effect,
        execution.session_id, execution.run_id, run.entrance, execution.result,
        execution.execution_time_ms as milliseconds,
        case
            when execution.result_status is distinct from 'success' and approval.outcome = 'unknown' then 'unknown'
            else coalesce(execution.result_status, 'running')
        end as status,
        approval.id as confirmation_id, approval.approval_mode as mode, approval.outcome,
        case
            when approval.status = 'pending' and approval.expires_at <= clock_timestamp() then 'expired'
            else approval.status
        end as standing,
        case when approval.approval_mode <> 'policy' then decider.name end as decided_by,
        approval.confirmed_at as decided_at, approval.decided_through, coalesce(approval.reason, '') as reason
    from trivium.ai_tool_executions as execution
    join trivium.users as person on person.id = execution.user_id
    left join trivium.runs as run on run.id = execution.run_id
    left join lateral (
        select * from trivium.ai_action_confirmations as confirmation
        where confirmation.executed_in = execution.id or confirmation.proposed_in = execution.id
        order by (confirmation.executed_in = execution.id) desc nulls last, confirmation.created_at desc
        limit 1
    ) as approval on true
    left join trivium.users as decider on decider.id = approval.decided_by
    where (approval.executed_in is null or approval.executed_in = execution.id){narrowing}
) as deed where true{status}
order by deed.at desc, deed.id limit %(limit)s offset %(offset)s
"""

USER_ACTIVITY = """
select
    (select count(*) from trivium.ai_sessions
        where user_id = %(user_id)s and started_at >= %(start)s and started_at < %(end)s) as sessions,
    (select count(*) from trivium.runs
        where user_id = %(user_id)s and created_at >= %(start)s and created_at < %(end)s) as questions,
    calls.*, proposals.*,
    (select count(*) from trivium.ai_action_confirmations
        where decided_by = %(user_id)s and approval_mode <> 'policy' and status = 'approved'
            and confirmed_at >= %(start)s and confirmed_at < %(end)s) as approvals_given
from (
    select count(*) as calls, count(*) filter (where result_status = 'error') as errors,
        count(*) filter (where result_status = 'blocked') as blocked,
        min(created_at) as first_at, max(created_at) as last_at,
        coalesce(array_agg(distinct tool_name), '{}') as tools
    from trivium.ai_tool_executions
    where user_id = %(user_id)s and created_at >= %(start)s and created_at < %(end)s
) as calls, (
    select count(*) as proposals, count(*) filter (where outcome = 'succeeded') as carried_out,
        count(*) filter (where status = 'rejected') as rejected,
        count(*) filter (
            where status = 'expired' or (status = 'pending' and expires_at <= clock_timestamp())) as expired
    from trivium.ai_action_confirmations
    where user_id = %(user_id)s and approval_mode <> 'policy' and created_at >= %(start)s and created_at < %(end)s
) as proposals
"""

TOOL_USAGE = """
select tool, calls, users, successes, errors, blocked, asked,
    round(shares[1]::numeric, 1)::float8 as p50_ms, round(shares[2]::numeric, 1)::float8 as p95_ms
from (
    select tool_name as tool, count(*) as calls, count(distinct user_id) as users,
        count(*) filter (where result_status = 'success') as successes,
        count(*) filter (where result_status = 'error') as errors,
        count(*) filter (where result_status = 'blocked') as blocked,
        count(*) filter (where result_status = 'pending_approval') as asked,
        percentile_cont(array[0.5, 0.95]) within group (order by execution_time_ms)
            filter (where result_status in ('success', 'error')) as shares
    from trivium.ai_tool_executions
    where created_at >= %(start)s and created_at < %(end)s
    group by tool_name
) as tools
order by calls desc, tool
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which deeds: what is None does not narrow. `offset` skips that many of the newest."""

    user: str | None = None
    tool: str | None = None
    status: Status | None = None
    window: Window | None = None
    limit: int = 100
    offset: int = 0

    def narrowing(self) -> LiteralString:
        chosen: Mapping[Field, object] = {"user": self.user, "tool": self.tool, "window": self.window}
        return "".join(CONDITIONS[field] for field, value in chosen.items() if value is not None)

    def parameters(self) -> dict[str, object]:
        named = {"user": self.user, "tool": self.tool, "status": self.status}
        values = {name: value for name, value in named.items() if value is not None}
        return values | (spanned(self.window) if self.window else {}) | {"limit": self.limit, "offset": self.offset}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One tool call. The approval's fields are None when nobody had to be asked; `arguments` as recorded, masked.

    `decided_by` is None also when the policy itself approved (mode `policy`). `status` is `unknown` when a change
    may have been made and nobody can say.
    """

    id: UUID
    at: datetime
    finished_at: datetime | None
    requester: str
    tool: str
    category: str
    arguments: dict[str, Any]
    permission: str | None
    effect: str | None
    session_id: UUID
    run_id: UUID | None
    entrance: str | None
    result: str | None
    milliseconds: int | None
    status: Status
    confirmation_id: UUID | None
    mode: Mode | None
    standing: Standing | None
    outcome: Outcome | None
    decided_by: str | None
    decided_at: datetime | None
    decided_through: str | None
    reason: str

    @property
    def summary(self) -> str:
        """The result in a few words: the error, else what was made, else how it ended."""
        return summed_up(self.result) if self.result else ""


def summed_up(result: str) -> str:
    """Of a recorded result, JSON `{"status", "data", "error"}`; another text is cut short."""
    try:
        told = as_object(orjson.loads(result))
    except orjson.JSONDecodeError:
        told = {}
    resource = as_object(as_object(told.get("data")).get("resource"))
    made = f"{resource.get('type', '')} {resource.get('name', '')}".strip()
    return str(told.get("error") or made or told.get("status") or result)[:LONGEST_SUMMARY]


def as_object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class UserActivity:
    """What one user came to in a window; `approvals_given` counts other people's proposals too."""

    sessions: int
    questions: int
    calls: int
    errors: int
    blocked: int
    tools: list[str]
    proposals: int
    carried_out: int
    rejected: int
    expired: int
    approvals_given: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUsage:
    """How one tool was used in a window; the milliseconds are of calls that reached the handler, None without any."""

    tool: str
    calls: int
    users: int
    successes: int
    errors: int
    blocked: int
    asked: int
    p50_ms: float | None
    p95_ms: float | None


async def deeds(db: Connection, search: Search) -> Found[Deed]:
    """Newest first."""
    status: LiteralString = CONDITIONS["status"] if search.status else ""
    sql = DEEDS.format(narrowing=search.narrowing(), status=status)
    return await ask(db, Deed, sql, search.parameters())


async def get_user_ai_activity(db: Connection, user_id: UUID, window: Window) -> Found[UserActivity]:
    """One row, also for a user who did nothing."""
    return await ask(db, UserActivity, USER_ACTIVITY, {"user_id": user_id} | spanned(window))


async def get_tool_usage_stats(db: Connection, window: Window) -> Found[ToolUsage]:
    """One row for each tool that was called, most used first; names of tools that never were are among them."""
    return await ask(db, ToolUsage, TOOL_USAGE, spanned(window))


def spanned(window: Window) -> dict[str, object]:
    return {"start": window.start, "end": window.end}
