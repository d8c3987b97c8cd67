"""Run events: what runs have told, as it is on record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.database import Connection

LAST_NUMBER = "select coalesce(max(number), 0) as number from trivium.run_events where run_id = %(run_id)s"
TELL = """
insert into trivium.run_events (run_id, number, type, data)
select event.run_id, event.number, event.type, event.data
from jsonb_to_recordset(%(events)s) as event (run_id uuid, number integer, type text, data jsonb)
on conflict do nothing
"""
EVENTS = """
select number, type, data from trivium.run_events
where run_id = %(run_id)s and number > %(after)s
order by number
limit %(limit)s
"""
HEARD = """
select event.run_id, event.number, event.type, event.data
from unnest(%(run_ids)s::uuid[], %(after)s::integer[]) as followed (run_id, after)
cross join lateral (
    select run_id, number, type, case when pg_column_size(data) <= %(largest)s then data end as data
    from trivium.run_events
    where run_id = followed.run_id and number > followed.after
    order by number
    limit %(limit)s
) as event
order by event.run_id, event.number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event as stored."""

    number: int
    type: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One event of one of several runs; without data where it is large."""

    run_id: UUID
    number: int
    type: str
    data: dict[str, Any] | None


async def last_number(db: Connection, run_id: UUID) -> int:
    """The number of the last stored event; 0 when there is none."""
    row = await (await db.execute(LAST_NUMBER, {"run_id": run_id})).fetchone()
    return row["number"] if row else 0


async def tell(db: Connection, events: list[dict[str, Any]]) -> None:
    """Events {run_id, number, type, data} are stored; what is stored already stays."""
    await db.execute(TELL, {"events": Jsonb(events)})


async def after(db: Connection, run_id: UUID, *, number: int, limit: int = 200) -> list[Told]:
    """The stored events above this number, in order, and the first `limit` of them."""
    async with db.cursor(row_factory=class_row(Told)) as cursor:
        await cursor.execute(EVENTS, {"run_id": run_id, "after": number, "limit": limit})
        return await cursor.fetchall()


async def heard(db: Connection, above: Mapping[UUID, int], *, largest: int, limit: int = 200) -> list[Heard]:
    """What was stored of several runs above these numbers; data of more than `largest` bytes is left out."""
    values = {"run_ids": list(above), "after": list(above.values()), "largest": largest, "limit": limit}
    async with db.cursor(row_factory=class_row(Heard)) as cursor:
        await cursor.execute(HEARD, values)
        return await cursor.fetchall()
