"""What is open in the whole house: runs that have not ended, and changes that wait for a person."""

from domain.database import Connection

STATUSES = ("queued", "running", "awaiting_confirmation")
LEVELS = ("low", "medium", "high", "critical")

RUNS = """
select status, count(*) as count from trivium.runs
where status in ('queued', 'running', 'awaiting_confirmation') group by status
"""
WAITING = """
select risk_level, count(*) as count from trivium.ai_action_confirmations
where status = 'pending' and expires_at > clock_timestamp() group by risk_level
"""


async def runs(db: Connection) -> dict[str, int]:
    """How many have not ended, by status."""
    found = await (await db.execute(RUNS)).fetchall()
    return dict.fromkeys(STATUSES, 0) | {row["status"]: row["count"] for row in found}


async def confirmations(db: Connection) -> dict[str, int]:
    """How many wait, by risk level."""
    found = await (await db.execute(WAITING)).fetchall()
    return dict.fromkeys(LEVELS, 0) | {row["risk_level"]: row["count"] for row in found}
