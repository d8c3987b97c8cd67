"""Tool calls day by day."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from domain.database import Connection
from domain.windows import Window

DAYS = """
select day at time zone 'UTC' as day, count(execution.id) as calls,
    count(execution.id) filter (where result_status = 'error') as errors,
    count(execution.id) filter (where result_status = 'blocked') as blocked,
    count(distinct execution.user_id) as users
from generate_series(
    date_trunc('day', %(start)s at time zone 'UTC'), (%(end)s at time zone 'UTC') - interval '1 microsecond',
    interval '1 day') as day
left join trivium.ai_tool_executions as execution
    on created_at >= greatest(day at time zone 'UTC', %(start)s)
    and created_at < least((day + interval '1 day') at time zone 'UTC', %(end)s)
group by day order by day
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What happened on one day of UTC, as far as it lies in the window."""

    day: datetime
    calls: int
    errors: int
    blocked: int
    users: int


async def days(db: Connection, window: Window) -> list[Day]:
    """Each day of the window, also those on which nothing happened."""
    async with db.cursor(row_factory=class_row(Day)) as cursor:
        await cursor.execute(DAYS, {"start": window.start, "end": window.end})
        return await cursor.fetchall()
