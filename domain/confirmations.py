"""Confirmations: what was proposed, who decided, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.database import Connection

Json: TypeAlias = dict[str, Any]
RiskLevel: TypeAlias = Literal["low", "medium", "high", "critical"]
Mode: TypeAlias = Literal["self", "four_eyes", "policy"]
Standing: TypeAlias = Literal["pending", "approved", "rejected", "expired", "superseded"]
Outcome: TypeAlias = Literal["executing", "succeeded", "failed", "unknown"]
LEVELS: tuple[RiskLevel, ...] = ("low", "medium", "high", "critical")
VALID_SECONDS = 300

COLUMNS = """
    confirmation.id, confirmation.session_id, confirmation.run_id, confirmation.ordinal, confirmation.user_id,
    requester.name as requester, confirmation.pillar, confirmation.tool_name as tool,
    confirmation.tool_category as category,
    confirmation.action_details as details, confirmation.arguments, confirmation.arguments_sha256,
    confirmation.risk_level, confirmation.approval_mode as mode, confirmation.permission, confirmation.policy_version,
    confirmation.proposed_in,
    confirmation.status, confirmation.created_at, confirmation.expires_at,
    extract(epoch from confirmation.expires_at - clock_timestamp())::float8 as seconds_left,
    decider.name as decided_by, confirmation.confirmed_at as decided_at, confirmation.decided_through,
    confirmation.reason, confirmation.superseded_by, confirmation.outcome, confirmation.claimed_at,
    confirmation.lease_until < clock_timestamp() as is_abandoned, confirmation.executed_in, confirmation.finished_at,
    confirmation.result
"""
TABLES = """
from trivium.ai_action_confirmations as confirmation
join trivium.users as requester on requester.id = confirmation.user_id
left join trivium.users as decider on decider.id = confirmation.decided_by
"""
INSERT = """
insert into trivium.ai_action_confirmations
    (session_id, run_id, ordinal, user_id, pillar, tool_name, tool_category, action_type, action_details, arguments,
    arguments_sha256, risk_level, approval_mode, permission, policy_version, proposed_in, expires_at,
    status, decided_by, confirmed_at, decided_through)
values
    (%(session_id)s, %(run_id)s, %(ordinal)s, %(user_id)s, %(pillar)s, %(tool)s, %(category)s, %(tool)s, %(details)s,
    %(arguments)s, %(sha256)s, %(level)s, %(mode)s, %(permission)s, %(policy_version)s, %(proposed_in)s,
    clock_timestamp() + make_interval(secs => %(valid_seconds)s), %(status)s, %(decided_by)s,
    case when %(decided_by)s::uuid is not null then clock_timestamp() end,
    case when %(decided_by)s::uuid is not null then 'policy' end)
returning id
"""
FETCH = "select" + COLUMNS + TABLES + "where confirmation.id = %(id)s"
OF_RUN = (
    "select"
    + COLUMNS
    + TABLES
    + "where confirmation.run_id = %(run_id)s order by confirmation.ordinal, confirmation.created_at"
)
STEP = (
    "select"
    + COLUMNS
    + TABLES
    + """
where confirmation.run_id = %(run_id)s and ordinal = %(ordinal)s
order by (status = 'superseded'), confirmation.created_at desc
limit 1
"""
)
WAITING = (
    "select"
    + COLUMNS
    + TABLES
    + """
where confirmation.status = 'pending' and confirmation.expires_at > clock_timestamp()
    and (confirmation.user_id = %(user_id)s or confirmation.approval_mode = 'four_eyes')
order by confirmation.created_at
limit 200
"""
)
DECIDE = """
update trivium.ai_action_confirmations
set status = %(status)s, decided_by = %(decided_by)s, confirmed_at = clock_timestamp(),
    decided_through = %(through)s, reason = %(reason)s
where id = %(id)s and status = 'pending' and expires_at > clock_timestamp()
    and arguments_sha256 = coalesce(%(sha256)s, arguments_sha256)
    and case when user_id = %(decided_by)s then approval_mode = 'self' or %(status)s = 'rejected'
        else approval_mode = 'four_eyes' end
returning id
"""
SUPERSEDE = """
update trivium.ai_action_confirmations
set status = 'superseded', reason = %(reason)s
where id = %(id)s and status = 'pending' and expires_at > clock_timestamp()
returning id
"""
LINK = "update trivium.ai_action_confirmations set superseded_by = %(by)s where id = %(id)s and status = 'superseded'"
SET_ASIDE = """
update trivium.ai_action_confirmations
set status = 'superseded', reason = %(reason)s
where session_id = %(session_id)s and user_id = %(user_id)s and status = 'pending'
returning id
"""
EXPIRE = """
update trivium.ai_action_confirmations
set status = 'expired'
where id in (
    select id from trivium.ai_action_confirmations
    where status = 'pending' and expires_at <= clock_timestamp()
    for update skip locked
)
returning id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change somebody wants. `arguments` as they will be carried out, secrets sealed; `sha256` is of these bytes.

    `mode` "policy" needs nobody's word: the policy allows it, and the row is there so that it is done at most once.
    """

    session_id: UUID
    run_id: UUID | None
    ordinal: int
    user_id: UUID
    pillar: str
    tool: str
    category: str
    details: Json
    arguments: Json
    sha256: str
    level: RiskLevel
    mode: Mode
    permission: str
    policy_version: int
    proposed_in: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One row. `seconds_left` is by the database's clock; `is_abandoned` when an executing worker's lease ran out."""

    id: UUID
    session_id: UUID
    run_id: UUID | None
    ordinal: int
    user_id: UUID
    requester: str
    pillar: str
    tool: str
    category: str
    details: Json
    arguments: Json
    arguments_sha256: str
    risk_level: RiskLevel
    mode: Mode
    permission: str
    policy_version: int
    proposed_in: UUID | None
    status: Standing
    created_at: datetime
    expires_at: datetime
    seconds_left: float
    decided_by: str | None
    decided_at: datetime | None
    decided_through: str | None
    reason: str
    superseded_by: UUID | None
    outcome: Outcome | None
    claimed_at: datetime | None
    is_abandoned: bool | None
    executed_in: UUID | None
    finished_at: datetime | None
    result: Json | None

    @property
    def is_expired(self) -> bool:
        return self.status == "expired" or (self.status == "pending" and self.seconds_left <= 0)

    @property
    def is_open(self) -> bool:
        """Whether it can still be decided."""
        return self.status == "pending" and self.seconds_left > 0

    @property
    def may_start(self) -> bool:
        return self.status == "approved" and self.outcome is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person said. `sha256`, when given, must be that of the arguments they saw."""

    status: Literal["approved", "rejected"]
    decided_by: UUID
    through: str
    reason: str = ""
    sha256: str | None = None


async def propose(db: Connection, proposal: Proposal) -> Confirmation:
    """The proposal is on record, pending for five minutes; one that the policy allows is approved by it."""
    by_policy = proposal.mode == "policy"
    values = {
        "session_id": proposal.session_id,
        "run_id": proposal.run_id,
        "ordinal": proposal.ordinal,
        "user_id": proposal.user_id,
        "pillar": proposal.pillar,
        "tool": proposal.tool,
        "category": proposal.category,
        "details": Jsonb(proposal.details),
        "arguments": Jsonb(proposal.arguments),
        "sha256": proposal.sha256,
        "level": proposal.level,
        "mode": proposal.mode,
        "permission": proposal.permission,
        "policy_version": proposal.policy_version,
        "proposed_in": proposal.proposed_in,
        "valid_seconds": VALID_SECONDS,
        "status": "approved" if by_policy else "pending",
        "decided_by": proposal.user_id if by_policy else None,
    }
    row = await (await db.execute(INSERT, values)).fetchone()
    made = await fetch(db, row["id"]) if row else None
    assert made is not None  # noqa: S101 - an insert returns its row, and this connection sees it
    return made


async def fetch(db: Connection, confirmation_id: UUID) -> Confirmation | None:
    async with db.cursor(row_factory=class_row(Confirmation)) as cursor:
        await cursor.execute(FETCH, {"id": confirmation_id})
        return await cursor.fetchone()


async def of_run(db: Connection, run_id: UUID) -> list[Confirmation]:
    """All of a run's, in the order of its steps."""
    async with db.cursor(row_factory=class_row(Confirmation)) as cursor:
        await cursor.execute(OF_RUN, {"run_id": run_id})
        return await cursor.fetchall()


async def of_step(db: Connection, run_id: UUID, ordinal: int) -> Confirmation | None:
    """The one that stands for this step of the run; a superseded one only when nothing took its place."""
    async with db.cursor(row_factory=class_row(Confirmation)) as cursor:
        await cursor.execute(STEP, {"run_id": run_id, "ordinal": ordinal})
        return await cursor.fetchone()


async def waiting(db: Connection, user_id: UUID) -> list[Confirmation]:
    """Open ones that this user asked for, and those that need a second person; who may decide is the policy's."""
    async with db.cursor(row_factory=class_row(Confirmation)) as cursor:
        await cursor.execute(WAITING, {"user_id": user_id})
        return await cursor.fetchall()


async def decide(db: Connection, confirmation_id: UUID, decision: Decision) -> bool:
    """Whether this decision is the one that counts: pending, unexpired, the right person, the arguments they saw."""
    values = {
        "id": confirmation_id,
        "status": decision.status,
        "decided_by": decision.decided_by,
        "through": decision.through,
        "reason": decision.reason,
        "sha256": decision.sha256,
    }
    return await (await db.execute(DECIDE, values)).fetchone() is not None


async def supersede(db: Connection, confirmation_id: UUID, *, reason: str) -> bool:
    """It can no longer be decided. False when it was not open."""
    return await (await db.execute(SUPERSEDE, {"id": confirmation_id, "reason": reason})).fetchone() is not None


async def link(db: Connection, confirmation_id: UUID, by: UUID) -> None:
    """What took the place of a superseded one is on record."""
    await db.execute(LINK, {"id": confirmation_id, "by": by})


async def set_aside(db: Connection, session_id: UUID, user_id: UUID, *, reason: str) -> int:
    """What still waited in this conversation no longer does; returns how many."""
    values = {"session_id": session_id, "user_id": user_id, "reason": reason}
    return len(await (await db.execute(SET_ASIDE, values)).fetchall())


async def expire(db: Connection) -> list[UUID]:
    """Pending ones whose time is over are expired; returns them."""
    return [row["id"] for row in await (await db.execute(EXPIRE)).fetchall()]
