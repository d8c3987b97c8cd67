"""Who uses a tool: how often lately, and in which runs that are under way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from domain.database import Connection

USES = """
select tool_name as tool, tool_category as category, user_id, count(*) as times, max(created_at) as last_at
from trivium.ai_tool_executions
where tool_name = any(%(tools)s) and created_at >= %(since)s and result_status is distinct from 'blocked'
group by tool_name, tool_category, user_id
"""
UNDER_WAY = """
select distinct run.id as run_id, run.user_id, run.graph as pillar, run.status, used.tool
from trivium.runs as run
join (
    select run_id, tool_name as tool, tool_category as category from trivium.ai_tool_executions
    union
    select run_id, tool_name, tool_category from trivium.ai_action_confirmations where status = 'pending'
) as used on used.run_id = run.id
where run.status in ('queued', 'running', 'awaiting_confirmation') and used.tool = any(%(tools)s)
order by run.id, used.tool
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How often somebody called a tool, refused calls left out. `category` as executions have it."""

    tool: str
    category: str
    user_id: UUID
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A run that has not ended and has called the tool, or waits for leave to."""

    run_id: UUID
    user_id: UUID
    pillar: str
    status: str
    tool: str


async def uses(db: Connection, tools: Iterable[str], since: datetime) -> list[Use]:
    async with db.cursor(row_factory=class_row(Use)) as cursor:
        await cursor.execute(USES, {"tools": sorted(set(tools)), "since": since})
        return await cursor.fetchall()


async def under_way(db: Connection, tools: Iterable[str]) -> list[UnderWay]:
    async with db.cursor(row_factory=class_row(UnderWay)) as cursor:
        await cursor.execute(UNDER_WAY, {"tools": sorted(set(tools))})
        return await cursor.fetchall()
