"""Sessions: conversations and their messages, visible to their owner alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row

from domain.database import Connection
from domain.errors import Refused

HISTORY = """
select role, content, understanding, artifacts from (
    select
        message.ordinal, role, content, message.metadata -> 'understanding' as understanding,
        array(
            select artifact.id::text || ' of ' || execution.tool_name from trivium.ai_tool_executions as execution
            join trivium.artifacts as artifact on artifact.execution_id = execution.id
            where execution.run_id = message.run_id and message.role = 'assistant'
                and artifact.user_id = session.user_id and artifact.is_complete
            order by artifact.created_at, artifact.id limit 5
        ) as artifacts
    from trivium.ai_messages as message
    join trivium.ai_sessions as session on session.id = session_id
    where session_id = %(session_id)s and user_id = %(user_id)s and role in ('user', 'assistant')
    order by message.ordinal desc
    limit %(limit)s
) as latest order by ordinal
"""
OF_USER = """
select
    session.id, session.title, session.started_at, session.ended_at, session.message_count,
    (
        select content from trivium.ai_messages
        where session_id = session.id and role = 'user' order by ordinal desc limit 1
    ) as last_query,
    count(*) over () as total
from trivium.ai_sessions as session
where user_id = %(user_id)s and pillar = %(pillar)s and not (ended_at is not null and message_count = 0)
    and (%(alert)s::uuid is null or (context_type = 'alert' and context_id = %(alert)s))
order by session.started_at desc, session.id
limit %(limit)s offset %(offset)s
"""
COUNT = """
select count(*) as total from trivium.ai_sessions
where user_id = %(user_id)s and pillar = %(pillar)s and not (ended_at is not null and message_count = 0)
    and (%(alert)s::uuid is null or (context_type = 'alert' and context_id = %(alert)s))
"""
MESSAGES = """
select message.id, message.run_id, role, content, message.metadata, tokens_used, message.created_at
from trivium.ai_messages as message
join trivium.ai_sessions as session on session.id = session_id
where session_id = %(session_id)s and user_id = %(user_id)s and pillar = %(pillar)s
order by message.ordinal
limit %(limit)s offset %(offset)s
"""
EXISTS = """
select message_count from trivium.ai_sessions
where id = %(session_id)s and user_id = %(user_id)s and pillar = %(pillar)s
    and not (ended_at is not null and message_count = 0)
    and (%(alert)s::uuid is null or (context_type = 'alert' and context_id = %(alert)s))
"""
OPEN = """
insert into trivium.ai_sessions (user_id, pillar, title) values (%(user_id)s, %(pillar)s, %(title)s) returning id
"""
DELETE = """
with mine as (
    select id,
        exists (
            select from trivium.ai_action_confirmations
            where session_id = session.id and (outcome = 'executing' or (status = 'approved' and outcome is null))
        ) as acts,
        exists (
            select from trivium.ai_action_confirmations where session_id = session.id and outcome is not null
        ) as acted
    from trivium.ai_sessions as session
    where id = %(session_id)s and user_id = %(user_id)s
), gone as (
    delete from trivium.ai_sessions using mine
    where ai_sessions.id = mine.id and not acts and not acted
), emptied as (
    delete from trivium.ai_messages using mine where session_id = mine.id and acted and not acts
), closed as (
    update trivium.ai_sessions set ended_at = now(), title = '', context_data = '{}', message_count = 0
    from mine where ai_sessions.id = mine.id and acted and not acts
)
select acts from mine
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    id: UUID
    title: str
    started_at: datetime
    ended_at: datetime | None
    message_count: int
    last_query: str | None
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A message as a run is given it; `understanding` is how the assistant had read the question, `artifacts` what its
    run kept of results too large to show, as `id of tool`."""

    role: Literal["user", "assistant"]
    content: str
    understanding: dict[str, Any] | None
    artifacts: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    id: UUID
    run_id: UUID | None
    role: str
    content: str
    metadata: dict[str, Any]
    tokens_used: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose sessions, and of which pillar; with `alert` only those about it."""

    user_id: UUID
    pillar: str
    alert: UUID | None = None


async def history(db: Connection, session_id: UUID, *, user_id: UUID, limit: int) -> list[Remembered]:
    """The last `limit` messages of the user's own session, oldest first."""
    async with db.cursor(row_factory=class_row(Remembered)) as cursor:
        await cursor.execute(HISTORY, {"session_id": session_id, "user_id": user_id, "limit": limit})
        return await cursor.fetchall()


async def page(db: Connection, owner: Owner, *, limit: int, offset: int) -> tuple[list[Session], int]:
    """One page of the owner's sessions, newest first, and how many there are in all."""
    values = {
        "user_id": owner.user_id, "pillar": owner.pillar, "alert": owner.alert, "limit": limit, "offset": offset,
    }  # fmt: skip
    async with db.cursor(row_factory=class_row(Session)) as cursor:
        await cursor.execute(OF_USER, values)
        sessions = await cursor.fetchall()
    if sessions:
        return sessions, sessions[0].total
    row = await (await db.execute(COUNT, values)).fetchone()
    return [], row["total"] if row else 0


async def message_count(db: Connection, session_id: UUID, owner: Owner) -> int | None:
    """How many messages the owner's session has; None when it is not theirs or not there."""
    values = {"session_id": session_id, "user_id": owner.user_id, "pillar": owner.pillar, "alert": owner.alert}
    row = await (await db.execute(EXISTS, values)).fetchone()
    return row["message_count"] if row else None


async def messages(db: Connection, session_id: UUID, owner: Owner, *, limit: int, offset: int) -> list[Message]:
    values = {
        "session_id": session_id, "user_id": owner.user_id, "pillar": owner.pillar, "limit": limit, "offset": offset,
    }  # fmt: skip
    async with db.cursor(row_factory=class_row(Message)) as cursor:
        await cursor.execute(MESSAGES, values)
        return await cursor.fetchall()


async def delete(db: Connection, session_id: UUID, *, user_id: UUID) -> bool:
    """The user's session and all in it are gone; False when there was none.

    Of one in which something was changed the words go, and the record of the change stays.
    Raises Refused while a change of it is approved or being made.
    """
    row = await (await db.execute(DELETE, {"session_id": session_id, "user_id": user_id})).fetchone()
    if row and row["acts"]:
        raise Refused(
            "A change of this conversation is being made.",
            code="already_decided",
            alternative="Delete it when the change has ended.",
        )
    return row is not None


ALERT_OF = """
select context_id from trivium.ai_sessions
where id = %(session_id)s and user_id = %(user_id)s and context_type = 'alert'
"""


async def alert_of(db: Connection, session_id: UUID, user_id: UUID) -> UUID | None:
    """The alert that this conversation of the user's is about."""
    row = await (await db.execute(ALERT_OF, {"session_id": session_id, "user_id": user_id})).fetchone()
    return row["context_id"] if row else None


PILLAR_OF = "select pillar from trivium.ai_sessions where id = %(session_id)s and user_id = %(user_id)s"


async def pillar_of(db: Connection, session_id: UUID, user_id: UUID) -> str | None:
    """The pillar of this conversation of the user's; None when it is not theirs or not there."""
    row = await (await db.execute(PILLAR_OF, {"session_id": session_id, "user_id": user_id})).fetchone()
    return row["pillar"] if row else None


async def open_outside(db: Connection, whose: Owner, *, title: str) -> UUID:
    """A session for calls that belong to no conversation, so that each has somewhere to be on record."""
    values = {"user_id": whose.user_id, "pillar": whose.pillar, "title": title}
    row = await (await db.execute(OPEN, values)).fetchone()
    assert row is not None  # noqa: S101 - an insert returns its row
    return row["id"]
