"""The sample estate into an empty record, and out of it again without a trace on real rows."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import LiteralString

import orjson
from psycopg.types.json import Jsonb

from domain.database import Connection
from domain.ingest.changes import store_changes
from domain.ingest.store import store
from domain.sample import knowledge
from domain.sample.estate import Estate, Postmortem, Profile, build

# Senders of alerts and changes wait, readers do not: nobody can bring a name while it is decided whether it stays.
LOCK = "lock table trivium.alerts, trivium.changes in share row exclusive mode"
ANY = "select from trivium.alerts limit 1"

POSTMORTEMS = """
insert into trivium.postmortems
    (incident_id, title, service, occurred_at, summary, root_cause, resolution, lessons, sample)
select i.id, r.*, true
from jsonb_to_recordset(%(rows)s) as r (title text, service text, occurred_at timestamptz, summary text,
    root_cause text, resolution text, lessons text)
left join trivium.incidents i on i.sample and i.environment = 'production' and i.service = r.service
    and r.occurred_at between i.opened_at and coalesce(i.resolved_at, 'infinity')
"""

EXPLAIN = """
update trivium.incidents i set root_cause = p.root_cause, resolution = p.resolution
from trivium.postmortems p where p.sample and p.incident_id = i.id
"""

PROFILES = """
insert into trivium.application_profiles
    (name, description, architecture_info, service_mappings, default_metrics, slos, sample)
select r.*, true
from jsonb_to_recordset(%(rows)s) as r (name text, description text, architecture_info jsonb, service_mappings jsonb,
    default_metrics jsonb, slos jsonb)
on conflict (name) do nothing
"""

REMOVALS: tuple[LiteralString, ...] = (
    "delete from trivium.alert_groups where sample",
    "delete from trivium.alerts where sample",
    "delete from trivium.alert_counts where sample",
    "delete from trivium.changes where sample",
    "delete from trivium.postmortems where sample",
    "delete from trivium.application_profiles where sample",
    """
    delete from trivium.names where (kind, name) not in (
        select 'service', service from trivium.alerts union select 'service', service from trivium.changes
        union select 'alert', name from trivium.alerts union select 'team', team from trivium.alerts
        union select 'environment', environment from trivium.alerts
        union select 'environment', environment from trivium.changes)
    """,
    "update trivium.versions set version = version + 1 where name = 'names'",
)


async def fill(db: Connection, now: datetime) -> bool:
    """The sample estate is in the record if there was no alert before; returns whether it was put there now.

    One transaction, about two seconds; every row of it has `sample`. Of two callers at once one fills.
    """
    async with db.transaction():
        await db.execute(LOCK)
        if await (await db.execute(ANY)).fetchone() is not None:
            return False
        await put(db, build(now))
        await knowledge.fill(db)
        return True


async def put(db: Connection, estate: Estate) -> None:
    for batch in estate.batches:
        await store(db, batch)
    await store_changes(db, estate.changes, sample=True)
    await db.execute(POSTMORTEMS, {"rows": rows(estate.postmortems)})
    await db.execute(EXPLAIN)
    await db.execute(PROFILES, {"rows": rows(estate.profiles)})


def rows(values: Sequence[Postmortem] | Sequence[Profile]) -> Jsonb:
    return Jsonb([asdict(value) for value in values], orjson.dumps)


async def remove(db: Connection) -> None:
    """No sample row is left, no real row is touched, and no name that only samples brought; one transaction."""
    async with db.transaction():
        await db.execute(LOCK)
        for removal in REMOVALS:
            await db.execute(removal)
        await knowledge.remove(db)
