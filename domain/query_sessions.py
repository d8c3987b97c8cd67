"""Query sessions: what the executions of single queries belong to, when nobody is in a conversation."""

from uuid import UUID

from domain.database import Connection

KIND = "queries"

# Ended at once, so that no list of conversations shows it. A new one every day: it goes with its day's executions.
CURRENT = """
select id from trivium.ai_sessions
where user_id = %(user_id)s and pillar = %(pillar)s and context_type = %(kind)s
    and started_at > now() - interval '1 day'
order by started_at desc limit 1
"""
OPEN = """
insert into trivium.ai_sessions (user_id, pillar, title, context_type, ended_at)
values (%(user_id)s, %(pillar)s, '', %(kind)s, now())
returning id
"""


async def current(db: Connection, user_id: UUID, pillar: str) -> UUID:
    """The user's of today; two requests that come first at once may make two, which does no harm."""
    values = {"user_id": user_id, "pillar": pillar, "kind": KIND}
    row = await (await db.execute(CURRENT, values)).fetchone()
    row = row or await (await db.execute(OPEN, values)).fetchone()
    assert row is not None  # noqa: S101 - an insert returns its row
    return row["id"]
