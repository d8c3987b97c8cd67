"""Investigations: what a person had looked into before, as the executions of one tool."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.database import Connection
from domain.executions import ResultStatus
from domain.found import Found, ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Investigation:
    """`result` is JSON text {status, data, error}, None in a list. `total` counts all of the person's."""

    id: UUID
    arguments: dict[str, Any]
    status: ResultStatus | None
    result: str | None
    created_at: datetime
    total: int


NEWEST = """
select id, arguments, result_status as status, null as result, created_at, count(*) over () as total
from trivium.ai_tool_executions
where user_id = %(user_id)s and tool_name = %(tool)s and result_status = 'success'
order by created_at desc, id limit %(limit)s"""


async def newest(db: Connection, user_id: UUID, tool: str, limit: int) -> Found[Investigation]:
    """Those of this person that came to an end, newest first."""
    return await ask(db, Investigation, NEWEST, {"user_id": user_id, "tool": tool, "limit": limit})


BY_ID = """
select id, arguments, result_status as status, result, created_at, 1 as total from trivium.ai_tool_executions
where id = %(id)s and user_id = %(user_id)s and tool_name = %(tool)s and result_status = 'success'"""


async def by_id(db: Connection, user_id: UUID, tool: str, investigation: UUID) -> Found[Investigation]:
    """One of this person's; another's is not there."""
    return await ask(db, Investigation, BY_ID, {"id": investigation, "user_id": user_id, "tool": tool})
