"""Claims: the ledger that lets an approved change be carried out at most once, whoever tries and how often."""

from dataclasses import dataclass
from uuid import UUID

from psycopg.types.json import Jsonb

from domain.confirmations import VALID_SECONDS, Json, Outcome
from domain.database import Connection

RENEW = """
update trivium.ai_action_confirmations
set lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s)
where claimed_by = %(worker)s and outcome = 'executing'
"""
CLAIM = """
update trivium.ai_action_confirmations
set outcome = 'executing', claimed_at = clock_timestamp(), claimed_by = %(worker)s, executed_in = %(execution_id)s,
    lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s)
where id = %(id)s and user_id = %(user_id)s and tool_name = %(tool)s and arguments_sha256 = %(sha256)s
    and status = 'approved' and outcome is null
    and confirmed_at > clock_timestamp() - make_interval(secs => %(valid_seconds)s)
returning id
"""
SETTLE = """
update trivium.ai_action_confirmations
set outcome = %(outcome)s, result = %(result)s, finished_at = clock_timestamp(), lease_until = null
where id = %(id)s and outcome = 'executing' and executed_in = %(execution_id)s
returning id
"""
RECONCILE = """
update trivium.ai_action_confirmations
set outcome = 'unknown', finished_at = clock_timestamp(), lease_until = null, result = %(result)s
where id in (
    select id from trivium.ai_action_confirmations
    where outcome = 'executing' and lease_until < clock_timestamp()
    for update skip locked
)
returning id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The attempt to carry one confirmation out, by the execution row of that very call."""

    id: UUID
    user_id: UUID
    tool: str
    sha256: str
    execution_id: UUID
    worker: str
    lease_seconds: float


async def renew(db: Connection, worker: str, *, lease_seconds: float) -> None:
    """What this worker carries out is still being carried out."""
    await db.execute(RENEW, {"worker": worker, "lease_seconds": lease_seconds})


async def claim(db: Connection, claim: Claim) -> bool:
    """Whether this call is the one that carries it out. At most one ever is, however many try."""
    values = {
        "id": claim.id,
        "user_id": claim.user_id,
        "tool": claim.tool,
        "sha256": claim.sha256,
        "execution_id": claim.execution_id,
        "worker": claim.worker,
        "lease_seconds": claim.lease_seconds,
        "valid_seconds": VALID_SECONDS,
    }
    return await (await db.execute(CLAIM, values)).fetchone() is not None


async def settle(db: Connection, confirmation_id: UUID, execution_id: UUID, outcome: Outcome, result: Json) -> bool:
    """What came of it is on record; False when the reconciler had given it up before."""
    values = {"id": confirmation_id, "execution_id": execution_id, "outcome": outcome, "result": Jsonb(result)}
    return await (await db.execute(SETTLE, values)).fetchone() is not None


async def reconcile(db: Connection, result: Json) -> list[UUID]:
    """Those whose worker died while it carried them out are `unknown`: nobody can say, and nobody tries again."""
    rows = await (await db.execute(RECONCILE, {"result": Jsonb(result)})).fetchall()
    return [row["id"] for row in rows]
