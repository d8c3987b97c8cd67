"""Changes into the record: deployments and the like, once however often they are sent."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from psycopg.types.json import Jsonb

from domain.database import Connection
from domain.ingest import hiding
from domain.ingest.payload import Change

STORE = """
with stored as (
    insert into trivium.changes (id, occurred_at, kind, service, environment, summary, author, version, url, sample)
    select r.*, %(sample)s
    from jsonb_to_recordset(%(changes)s) as r (id text, occurred_at timestamptz, kind text, service text,
        environment text, summary text, author text, version text, url text)
    order by id
    on conflict (id) do update set
        occurred_at = excluded.occurred_at, kind = excluded.kind, service = excluded.service,
        environment = excluded.environment, summary = excluded.summary, author = excluded.author,
        version = excluded.version, url = excluded.url
    returning service, environment, xmax = 0 as is_new
), named as (
    insert into trivium.names (kind, name)
    select distinct n.kind, n.name
    from stored cross join lateral (values ('service', service), ('environment', environment)) as n (kind, name)
    where n.name <> ''
    order by n.kind, n.name
    on conflict do nothing
)
select count(*) filter (where is_new) as new, count(*) filter (where not is_new) as updated from stored
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChanges:
    """Changes received (repeats included), new, and known before by their id."""

    received: int = 0
    new: int = 0
    updated: int = 0


async def store_changes(db: Connection, changes: Sequence[Change], *, sample: bool = False) -> StoredChanges:
    """The changes are in the record, all or nothing; a known id is overwritten, the last of one batch wins.

    They are stored without secrets; which change it is was made out before they were hidden.
    """
    rows = {hiding.Hiding().identity(identity(change)): hiding.change(change) for change in changes}
    values = [change.model_dump(mode="json") | {"id": key} for key, change in rows.items()]
    cursor = await db.execute(STORE, {"changes": Jsonb(values, orjson.dumps), "sample": sample})
    counts = await cursor.fetchone() or {}
    return StoredChanges(received=len(changes), **counts)


def identity(change: Change) -> str:
    """Its own id, or 32 hex digits made from everything it says, so that the same report is the same change."""
    return change.id or hashlib.sha256(change.model_dump_json(exclude={"id"}).encode()).hexdigest()[:32]
