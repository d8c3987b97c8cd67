"""The query cache's durable half: the last good answer to each query, given only when its source is away."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.database import Connection

NEAR = timedelta(minutes=15)
KEPT = timedelta(days=7)  # long enough for a source that is away over a weekend

# The commit does not wait for the disk: a crash of Postgres may lose the newest copies, which the next question makes.
KEEP = """
insert into trivium.query_cache
    (key, shape, window_end, datasource_id, datasource, query_text, scope, result, as_of, expires_at, execution_time_ms)
select
    %(key)s, %(shape)s, %(window_end)s, %(datasource_id)s, %(datasource)s, %(query_text)s, %(scope)s, %(result)s,
    %(as_of)s, %(expires_at)s, %(execution_time_ms)s
from (select set_config('synchronous_commit', 'off', true)) as unhurried
where %(datasource_id)s::uuid is null
    or exists (select from trivium.grafana_datasources where id = %(datasource_id)s for key share)
on conflict (key) do update set
    result = excluded.result, as_of = excluded.as_of, expires_at = excluded.expires_at,
    execution_time_ms = excluded.execution_time_ms
where query_cache.as_of <= excluded.as_of
"""
FETCH = """
select key, shape, window_end, datasource_id, datasource, query_text, scope, result, as_of, expires_at,
    execution_time_ms
from trivium.query_cache
where (key = %(key)s or (shape = %(shape)s and window_end <= %(end)s and window_end >= %(earliest)s))
    and scope = %(scope)s
order by key = %(key)s desc, window_end desc nulls last, as_of desc
limit 1
"""
SWEEP = "delete from trivium.query_cache where as_of < %(before)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """`key` names the query, its window, its datasource and who may see it; `shape` the same without the time."""

    key: str
    shape: str
    window_end: datetime | None
    datasource_id: UUID | None
    datasource: str
    query_text: str
    scope: str
    result: dict[str, Any]
    as_of: datetime
    expires_at: datetime
    execution_time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for: `key`, or the same question for a window that ended at most 15 minutes before `end`."""

    key: str
    shape: str
    end: datetime | None
    scope: str


async def keep(db: Connection, answers: Iterable[Cached]) -> None:
    """Each answer stands, unless a newer one does or its datasource has gone.

    In the order of their keys, so that two who keep the same ones do not lock each other up.
    """
    ordered = sorted(answers, key=lambda answer: answer.key)
    async with db.transaction(), db.cursor() as cursor:
        await cursor.executemany(KEEP, [kept(answer) for answer in ordered])


def kept(answer: Cached) -> dict[str, Any]:
    values = {item.name: getattr(answer, item.name) for item in fields(answer)}
    return values | {"result": Jsonb(answer.result, orjson.dumps)}


async def fetch(db: Connection, wanted: Wanted) -> Cached | None:
    """The answer of this very key, else the nearest before it in time; never one that was kept for another scope."""
    values = asdict(wanted) | {"earliest": wanted.end - NEAR if wanted.end else None}
    async with db.cursor(row_factory=class_row(Cached)) as cursor:
        await cursor.execute(FETCH, values)
        return await cursor.fetchone()


async def sweep(db: Connection, before: datetime) -> int:
    """Answers from before that time are gone; returns how many."""
    return (await db.execute(SWEEP, {"before": before})).rowcount
