"""Runs: one question on its way through a graph, leased by the worker that carries it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain import names, permissions
from domain.database import Connection

RunStatus: TypeAlias = Literal[
    "queued", "running", "awaiting_confirmation", "completed", "failed", "rejected", "expired", "cancelled"
]
FINAL: frozenset[RunStatus] = frozenset({"completed", "failed", "rejected", "expired", "cancelled"})

RECORD = """
, run as (
    insert into trivium.runs
        (id, session_id, user_id, graph, entrance, request_id, question, options, status, worker, lease_until)
    select
        %(run_id)s, session.id, %(user_id)s, %(graph)s, %(entrance)s, %(request_id)s, %(question)s, %(options)s,
        'running', %(worker)s, now() + make_interval(secs => %(lease_seconds)s)
    from session
    returning id
), message as (
    insert into trivium.ai_messages (id, session_id, run_id, role, content)
    select %(message_id)s, session.id, run.id, 'user', %(question)s from session, run
)
select
    (select version from trivium.versions where name = 'permissions') as policy,
    (select version from trivium.versions where name = 'names') as names
from session, run
"""
OPEN_NEW = (
    """
with session as (
    insert into trivium.ai_sessions
        (id, user_id, pillar, title, context_type, context_id, context_data, message_count)
    values (
        %(session_id)s, %(user_id)s, %(graph)s, left(%(question)s, 120),
        case when %(alert)s::uuid is not null then 'alert' end, %(alert)s, %(options)s, 1
    )
    returning id
), audited as (
    insert into trivium.audit_logs (user_id, entrance, request_id, action, target, ai_session_id)
    select %(user_id)s, %(entrance)s, %(request_id)s, 'session_started', %(graph)s, id from session
)"""
    + RECORD
)
OPEN_KNOWN = (
    """
with session as (
    update trivium.ai_sessions set message_count = message_count + 1
    where id = %(session_id)s and user_id = %(user_id)s and pillar = %(graph)s and ended_at is null
    returning id
)"""
    + RECORD
)
FINISH = """
with run as (
    update trivium.runs
    set status = %(status)s, answer = %(answer)s, error = %(error)s, tokens_used = %(tokens)s,
        finished_at = now(), lease_until = null
    where id = %(run_id)s and worker = %(worker)s and status = 'running'
    returning id, session_id
), message as (
    insert into trivium.ai_messages (session_id, run_id, role, content, metadata, tokens_used)
    select session_id, id, 'assistant', %(content)s, %(metadata)s, %(tokens)s from run where %(content)s <> ''
    returning session_id
), counted as (
    update trivium.ai_sessions set message_count = message_count + 1
    from message where ai_sessions.id = message.session_id
), told as (
    insert into trivium.run_events (run_id, number, type, data)
    select run.id, event.number, event.type, event.data
    from run, jsonb_to_recordset(%(events)s) as event (number integer, type text, data jsonb)
    on conflict do nothing
)
select id from run
"""
PAUSE = """
with run as (
    update trivium.runs set status = 'awaiting_confirmation', lease_until = null, worker = null
    where id = %(run_id)s and worker = %(worker)s and status = 'running'
    returning id
), told as (
    insert into trivium.run_events (run_id, number, type, data)
    select run.id, event.number, event.type, event.data
    from run, jsonb_to_recordset(%(events)s) as event (number integer, type text, data jsonb)
    on conflict do nothing
)
select id from run
"""
MODE = """
update trivium.ai_sessions set revive_mode = %(mode)s
where id = %(session_id)s and pillar = 'revive' and revive_mode is distinct from %(mode)s
"""
STATUS = "select status from trivium.runs where id = %(run_id)s"
COLUMNS = """
    id, session_id, user_id, graph, entrance, request_id, question, options, status, attempt, cancel_requested,
    answer, error, tokens_used, created_at, finished_at
"""
FETCH = "select" + COLUMNS + "from trivium.runs where id = %(run_id)s and user_id = %(user_id)s"
OF_USER = (
    "select"
    + COLUMNS
    + """from trivium.runs
where user_id = %(user_id)s and (%(session_id)s::uuid is null or session_id = %(session_id)s)
order by created_at desc, id
limit %(limit)s
"""
)
CANCEL = """
update trivium.runs set cancel_requested = true
where id = %(run_id)s and user_id = %(user_id)s and status in ('queued', 'running', 'awaiting_confirmation')
returning id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """The versions of what is cached, as the database had them when a run began."""

    policy: int
    names: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A run that is about to begin. `session_id` of a known session when `continues`, else of the one to be made."""

    run_id: UUID
    session_id: UUID
    message_id: UUID
    continues: bool
    user_id: UUID
    graph: str
    entrance: str
    request_id: str
    question: str
    options: dict[str, Any]
    worker: str
    lease_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """How a run ended. `content` is the answer as a message of the conversation; "" writes none."""

    run_id: UUID
    worker: str
    status: RunStatus
    answer: dict[str, Any] | None
    error: dict[str, Any] | None
    tokens: int
    content: str
    metadata: dict[str, Any]
    events: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    id: UUID
    session_id: UUID
    user_id: UUID
    graph: str
    entrance: str
    request_id: str
    question: str
    options: dict[str, Any]
    status: RunStatus
    attempt: int
    cancel_requested: bool
    answer: dict[str, Any] | None
    error: dict[str, Any] | None
    tokens_used: int
    created_at: datetime
    finished_at: datetime | None


async def open_run(db: Connection, opening: Opening) -> Versions | None:
    """Session, run and user message stand, or none of them; returns what caches have to be at.

    None when the session to continue is not the user's own, of another pillar, or ended.
    """
    values = {
        "run_id": opening.run_id,
        "session_id": opening.session_id,
        "message_id": opening.message_id,
        "user_id": opening.user_id,
        "graph": opening.graph,
        "entrance": opening.entrance,
        "request_id": opening.request_id,
        "question": opening.question,
        "options": Jsonb(opening.options),
        "alert": opening.options.get("alert"),
        "worker": opening.worker,
        "lease_seconds": opening.lease_seconds,
    }
    async with db.cursor(row_factory=class_row(Versions)) as cursor:
        await cursor.execute(OPEN_KNOWN if opening.continues else OPEN_NEW, values)
        return await cursor.fetchone()


async def versions(db: Connection) -> Versions:
    return Versions(policy=await permissions.version(db), names=await names.version(db))


async def finish(db: Connection, end: Finish) -> bool:
    """The end is on record with its message and events; False when another worker has taken the run over."""
    values = {
        "run_id": end.run_id,
        "worker": end.worker,
        "status": end.status,
        "answer": Jsonb(end.answer) if end.answer is not None else None,
        "error": Jsonb(end.error) if end.error is not None else None,
        "tokens": end.tokens,
        "content": end.content,
        "metadata": Jsonb(end.metadata),
        "events": Jsonb(end.events),
    }
    return await (await db.execute(FINISH, values)).fetchone() is not None


async def pause(db: Connection, run_id: UUID, worker: str, events: list[dict[str, Any]]) -> bool:
    """The run waits for a person and belongs to no worker; False when another worker has taken it over."""
    values = {"run_id": run_id, "worker": worker, "events": Jsonb(events)}
    return await (await db.execute(PAUSE, values)).fetchone() is not None


async def status_of(db: Connection, run_id: UUID) -> RunStatus | None:
    row = await (await db.execute(STATUS, {"run_id": run_id})).fetchone()
    return row["status"] if row else None


async def set_mode(db: Connection, session_id: UUID, mode: str) -> None:
    """The conversation's mode is that of its latest request."""
    await db.execute(MODE, {"session_id": session_id, "mode": mode})


async def fetch(db: Connection, run_id: UUID, *, user_id: UUID) -> Run | None:
    """The user's own run; another's is as if it did not exist."""
    async with db.cursor(row_factory=class_row(Run)) as cursor:
        await cursor.execute(FETCH, {"run_id": run_id, "user_id": user_id})
        return await cursor.fetchone()


async def newest(db: Connection, *, user_id: UUID, session_id: UUID | None = None, limit: int = 20) -> list[Run]:
    async with db.cursor(row_factory=class_row(Run)) as cursor:
        await cursor.execute(OF_USER, {"user_id": user_id, "session_id": session_id, "limit": limit})
        return await cursor.fetchall()


async def request_cancel(db: Connection, run_id: UUID, *, user_id: UUID) -> bool:
    """The worker that carries the run will stop it; False when it has ended or is not the user's."""
    return await (await db.execute(CANCEL, {"run_id": run_id, "user_id": user_id})).fetchone() is not None
