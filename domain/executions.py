"""Executions: one row for every tool call, whatever came of it, and the caller's standing at that moment."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from uuid import UUID

import orjson
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.database import Connection

ResultStatus: TypeAlias = Literal["success", "error", "blocked", "pending_approval"]

# The row of a read is there before anything of it happens, but its commit does not wait for the disk: that of its end
# does, and brings the row back if a crash of Postgres lost it in between. Nobody was told anything of such a call.
# Within a run the end of a read does not wait either: the run's own end, its pause and each proposal do, and nothing
# is on the disk before all that was committed earlier is. What a crash takes, no answer rests on: the run begins anew.
OPEN = """
with opened as (
    insert into trivium.ai_tool_executions
        (session_id, run_id, message_id, user_id, tool_name, tool_category, arguments, permission_required)
    select
        %(session_id)s, %(run_id)s, %(message_id)s, %(user_id)s, %(tool)s, %(category)s, %(arguments)s, %(permission)s
    from (select case when %(is_read)s then set_config('synchronous_commit', 'off', true) end) as unhurried
    returning id
)
select
    opened.id,
    person.disabled_at is null as is_active,
    coalesce(person.ai_preferences ->> 'confirmation_level' = 'strict', false) as is_strict,
    array(
        select role.name from trivium.user_roles join trivium.roles as role on role.id = role_id
        where user_id = person.id
    ) as roles,
    array(select team from trivium.user_teams where user_id = person.id) as teams,
    (select version from trivium.versions where name = 'permissions') as policy_version,
    (select version from trivium.versions where name = 'datasources') as datasources_version
from opened, trivium.users as person
where person.id = %(user_id)s
"""
CLOSE = """
update trivium.ai_tool_executions
set result = %(result)s, result_sha256 = %(sha256)s, result_status = %(status)s,
    permission_granted = %(granted)s, permission_effect = %(effect)s,
    execution_time_ms = %(milliseconds)s, finished_at = now()
from (select case when %(is_followed)s then set_config('synchronous_commit', 'off', true) end) as unhurried
where id = %(id)s
"""
RESTORE = """
insert into trivium.ai_tool_executions
    (id, session_id, run_id, message_id, user_id, tool_name, tool_category, arguments, permission_required)
select
    %(id)s, session.id, (select id from trivium.runs where id = %(run_id)s),
    (select id from trivium.ai_messages where id = %(message_id)s), %(user_id)s, %(tool)s, %(category)s, %(arguments)s,
    %(permission)s
from trivium.ai_sessions as session
where session.id = %(session_id)s
on conflict (id) do nothing
"""

RECALL = """
select execution.id, tool_name as tool, result, result_status as status, artifact.id as artifact_id, size_bytes
from trivium.ai_tool_executions as execution
left join lateral (
    select id, size_bytes from trivium.artifacts where execution_id = execution.id order by created_at limit 1
) as artifact on true
where execution.id = any(%(ids)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What a call left on record: `result` is JSON text {status, data, error}, a preview when it was large; the whole
    data is then the artifact, of `size_bytes`."""

    id: UUID
    tool: str
    result: str | None
    status: ResultStatus | None
    artifact_id: UUID | None
    size_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A call that is about to be judged. `category` is the table's word for it (`revive_grafana`, `inquiry`, ...).

    `is_read`: it changes nothing, so that its row does not wait for the disk before the call is over.
    """

    session_id: UUID
    run_id: UUID | None
    message_id: UUID | None
    user_id: UUID
    tool: str
    category: str
    arguments: dict[str, Any]
    permission: str | None
    is_read: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The row's id, and what the database says of the caller at this moment.

    `is_strict`: the user's own preference to be asked about every change.
    """

    id: UUID
    is_active: bool
    is_strict: bool
    roles: list[str]
    teams: list[str]
    policy_version: int
    datasources_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What came of it. `result` is masked JSON text, `sha256` that of the whole result when `result` is a preview.

    `is_followed`: it only read, within a run whose own record is committed after it and before anybody is answered.
    """

    id: UUID
    status: ResultStatus
    result: str | None
    sha256: str | None
    granted: bool
    effect: str | None
    milliseconds: int
    is_followed: bool = False


async def begin(db: Connection, opening: Opening) -> Opened:
    """The call is on record before anything of it has happened."""
    async with db.cursor(row_factory=class_row(Opened)) as cursor:
        await cursor.execute(OPEN, values(opening))
        opened = await cursor.fetchone()
    if opened is None:
        raise LookupError(f"user {opening.user_id} does not exist")
    return opened


def values(opening: Opening) -> dict[str, Any]:
    return {
        "session_id": opening.session_id,
        "run_id": opening.run_id,
        "message_id": opening.message_id,
        "user_id": opening.user_id,
        "tool": opening.tool,
        "category": opening.category,
        "arguments": Jsonb(opening.arguments, orjson.dumps),
        "permission": opening.permission,
        "is_read": opening.is_read,
    }


async def finish(db: Connection, closing: Closing) -> bool:
    """The call's row says what came of it; False when there is no such row."""
    closed = {
        "id": closing.id,
        "status": closing.status,
        "result": closing.result,
        "sha256": closing.sha256,
        "granted": closing.granted,
        "effect": closing.effect,
        "milliseconds": closing.milliseconds,
        "is_followed": closing.is_followed,
    }
    return (await db.execute(CLOSE, closed)).rowcount > 0


async def restore(db: Connection, execution_id: UUID, opening: Opening) -> None:
    """The row of a read is there again that a crash of Postgres lost, unless its session has gone."""
    await db.execute(RESTORE, values(opening) | {"id": execution_id})


async def recall(db: Connection, ids: list[UUID]) -> list[Recalled]:
    """These calls' records, in no order."""
    async with db.cursor(row_factory=class_row(Recalled)) as cursor:
        await cursor.execute(RECALL, {"ids": ids})
        return await cursor.fetchall()
