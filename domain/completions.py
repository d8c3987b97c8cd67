"""Completions: what chat programs were told, so that a conversation they send whole is found again as one of ours."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.database import Connection

MOST_CANDIDATES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One completion. `said` is what was sent of it; `shown` the changes in it that waited for a person, by id the
    SHA-256 of the arguments as they were shown. `is_newest`: nothing was said in its session after it."""

    id: UUID
    session_id: UUID
    run_id: UUID | None
    pillar: str
    said: str
    shown: Mapping[str, str]
    is_newest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A completion that begins: whose, in which session, and the chain up to the message that it answers."""

    user_id: UUID
    session_id: UUID
    run_id: UUID | None
    chain: str


def chained(program_user: str, words: Sequence[str]) -> str:
    """The key of a conversation in which a person, whom their program names so, has said these messages in this order.

    Blanks do not count: programs trim and wrap. What the assistant said is not in it: a person may stop an answer half
    way, and the program then has less of it than was sent.
    """
    key = hashlib.sha256(program_user.encode()).hexdigest()
    for text in words:
        key = hashlib.sha256(f"{key} {spaced(text)}".encode()).hexdigest()
    return key


def spaced(text: str) -> str:
    return " ".join(text.split())


def is_of(said: str, kept: str) -> bool:
    """Whether what a program has of an answer is that answer, or its beginning."""
    return bool(spaced(kept)) and bool(spaced(said)) and spaced(kept).startswith(spaced(said))


BY_CHAIN = """
select
    told.id, told.session_id, told.run_id, session.pillar, told.said, told.shown,
    not exists (
        select from trivium.ai_messages as message
        where message.session_id = told.session_id and message.run_id is distinct from told.run_id
            and message.ordinal > (
                select max(ordinal) from trivium.ai_messages
                where session_id = told.session_id and run_id = told.run_id
            )
    ) as is_newest
from trivium.completions as told
join trivium.ai_sessions as session on session.id = told.session_id
where told.user_id = %(user_id)s and session.user_id = %(user_id)s and told.chain = %(chain)s
    and session.ended_at is null
order by told.ordinal desc limit %(limit)s
"""


async def find(db: Connection, user_id: UUID, chain: str, said: str) -> Told | None:
    """The user's own completion that ended with `said` after these messages; of several that say the same, one that
    nothing came after, else the newest. What one person was told is never found by another."""
    async with db.cursor(row_factory=class_row(Told)) as cursor:
        await cursor.execute(BY_CHAIN, {"user_id": user_id, "chain": chain, "limit": MOST_CANDIDATES})
        found = [told for told in await cursor.fetchall() if is_of(said, told.said)]
    return next((told for told in found if told.is_newest), found[0] if found else None)


SHOWN = """
select shown from trivium.completions
where user_id = %(user_id)s and session_id = %(session_id)s and shown <> '{}'
order by ordinal
"""


async def shown(db: Connection, user_id: UUID, session_id: UUID) -> dict[UUID, str]:
    """Every change that was put before the user in this conversation, with the SHA-256 of what they saw."""
    cursor = await db.execute(SHOWN, {"user_id": user_id, "session_id": session_id})
    return {UUID(key): sha256 for row in await cursor.fetchall() for key, sha256 in row["shown"].items()}


BEGIN = """
insert into trivium.completions (user_id, session_id, run_id, chain)
values (%(user_id)s, %(session_id)s, %(run_id)s, %(chain)s)
returning id
"""


async def begin(db: Connection, begun: Begun) -> UUID:
    """It is on record from now on, with nothing said yet."""
    values = {
        "user_id": begun.user_id, "session_id": begun.session_id, "run_id": begun.run_id, "chain": begun.chain,
    }  # fmt: skip
    row = await (await db.execute(BEGIN, values)).fetchone()
    assert row is not None  # noqa: S101 - an insert returns its row
    return row["id"]


SAY = "update trivium.completions set said = %(said)s, shown = %(shown)s where id = %(id)s"


async def say(db: Connection, completion_id: UUID, said: str, shown: Mapping[str, str]) -> None:
    """What was sent is on record, with the changes that it showed."""
    await db.execute(SAY, {"id": completion_id, "said": said, "shown": Jsonb(dict(shown))})


BRANCH = """
with old as (
    select * from trivium.ai_sessions where id = %(session_id)s and user_id = %(user_id)s and ended_at is null
), last as (
    select max(ordinal) as ordinal from trivium.ai_messages
    where session_id = %(session_id)s and run_id = %(run_id)s
), kept as (
    select message.* from trivium.ai_messages as message, last
    where message.session_id = %(session_id)s and message.role in ('user', 'assistant')
        and message.ordinal <= last.ordinal
), made as (
    insert into trivium.ai_sessions (user_id, pillar, title, context_type, context_id, context_data, message_count)
    select
        user_id, %(pillar)s, title, case when pillar = %(pillar)s then context_type end,
        case when pillar = %(pillar)s then context_id end, context_data, (select count(*) from kept)
    from old
    returning id
), audited as (
    insert into trivium.audit_logs (user_id, entrance, request_id, action, target, ai_session_id, details)
    select
        %(user_id)s, 'http', %(request_id)s, 'session_branched', %(pillar)s, made.id,
        jsonb_build_object('from', %(session_id)s::uuid)
    from made
), copied as (
    insert into trivium.ai_messages (session_id, run_id, role, content, metadata, tokens_used, created_at)
    select
        made.id, case when old.pillar = %(pillar)s then kept.run_id end, kept.role, kept.content,
        case when old.pillar = %(pillar)s then kept.metadata else '{}' end, kept.tokens_used, kept.created_at
    from made, old, kept
    order by kept.ordinal
)
select id from made
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A conversation that goes on otherwise from an earlier answer, or in another pillar."""

    told: Told
    user_id: UUID
    request_id: str
    pillar: str


async def branch(db: Connection, wanted: Branch) -> UUID | None:
    """A new session that begins with what was said up to that answer; None when there is nothing to begin with.

    In another pillar the words come along, and not how they were read there.
    """
    values = {
        "session_id": wanted.told.session_id, "run_id": wanted.told.run_id, "user_id": wanted.user_id,
        "request_id": wanted.request_id, "pillar": wanted.pillar,
    }  # fmt: skip
    row = await (await db.execute(BRANCH, values)).fetchone()
    return row["id"] if row else None
