"""One notification batch into the record: the alerts in one statement, then the incidents that follow from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

import orjson
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain import auto_analyses
from domain.database import Connection
from domain.ingest.hiding import Hiding
from domain.ingest.incidents import Touched, follow
from domain.ingest.normalise import Batch, Report

GROUPS = UUID("6f4e7a52-3c1b-5d0e-9a7f-0b7c2d9e4a11")

# The CTEs name one another so that locks are taken in one order everywhere: alerts, counts, names, groups.
STORE = """
with stored as (
    insert into trivium.alerts as kept (fingerprint, starts_at, ends_at, name, severity, service, environment, team,
        instance, job, summary, labels, annotations, generator_url, times_received, source, sample)
    select r.*, %(source)s, %(sample)s
    from jsonb_to_recordset(%(alerts)s) as r (fingerprint text, starts_at timestamptz, ends_at timestamptz, name text,
        severity text, service text, environment text, team text, instance text, job text, summary text,
        labels jsonb, annotations jsonb, generator_url text, times_received integer)
    order by fingerprint, starts_at
    on conflict (fingerprint, starts_at) do update set
        ends_at = greatest(kept.ends_at, excluded.ends_at),
        times_received = kept.times_received + excluded.times_received,
        last_received_at = now()
    returning id, starts_at, ends_at, service, name, severity, team, environment, xmax = 0 as is_new
), counted as (
    insert into trivium.alert_counts as kept (service, bucket, severity, name, sample, fired)
    select service, date_bin('15 minutes', starts_at, 'epoch'), severity, name, %(sample)s::boolean, count(*)
    from stored where is_new
    group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (service, bucket, severity, name, sample) do update set fired = kept.fired + excluded.fired
    returning 1
), named as (
    insert into trivium.names (kind, name)
    select distinct n.kind, n.name
    from stored cross join lateral (values
        ('service', service), ('alert', name), ('team', team), ('environment', environment)) as n (kind, name)
    where is_new and n.name <> '' and (select count(*) from counted) >= 0
    order by n.kind, n.name
    on conflict do nothing
    returning 1
), grouped as (
    insert into trivium.alert_groups (id, source, receiver, group_key, labels, sample)
    select %(group)s, %(source)s, %(receiver)s, %(group_key)s, %(group_labels)s, %(sample)s
    where (select count(*) from named) >= 0
    on conflict do nothing
), joined as (
    insert into trivium.alert_group_members (group_id, starts_at, alert_id)
    select %(group)s, starts_at, id from stored
    on conflict do nothing
    returning alert_id
)
select id, starts_at, ends_at, service, name, severity, is_new, alert_id is not null as joined
from stored left join joined on alert_id = id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a batch did: alerts received (repeats included), new, known already; incidents opened, resolved."""

    received: int = 0
    new: int = 0
    updated: int = 0
    incidents_opened: int = 0
    incidents_resolved: int = 0


async def store(db: Connection, batch: Batch) -> Stored:
    """The batch is in the record, once however often and in whatever order it comes, and its incidents with it.

    All or nothing, in one transaction. Of two reports on one alert a resolved one beats a firing one and the later
    end beats the earlier; what describes the alert stays as it was first told.
    Any number of senders may call it at once: locks are taken in the order alerts, counts, names, groups.
    """
    if not batch.alerts:
        return Stored()
    home = group_id(batch)
    async with db.transaction():
        touched = await put(db, home, batch)
        followed = await follow(db, home, touched)
        await queue(db, home, batch, touched)
    new = sum(alert.is_new for alert in touched)
    return Stored(
        received=len(batch.alerts),
        new=new,
        updated=len(touched) - new,
        incidents_opened=followed.opened,
        incidents_resolved=followed.resolved,
    )


async def queue(db: Connection, home: UUID, batch: Batch, touched: Sequence[Touched]) -> None:
    """What newly fires and fits an auto-analyze rule waits for its analysis; the sample estate does not."""
    fired = [alert.id for alert in touched if alert.is_new and alert.ends_at is None]
    if fired and not batch.sample:
        await auto_analyses.add(db, home, fired)


async def put(db: Connection, home: UUID, batch: Batch) -> list[Touched]:
    """Stored without secrets; which alert and which group it is was made out before they were hidden."""
    hiding = Hiding()
    values = {
        "alerts": Jsonb([hiding.report(report) for report in once_each(batch.alerts)], orjson.dumps),
        "group": home,
        "source": batch.source,
        "receiver": hiding.text(batch.receiver),
        "group_key": hiding.text(batch.group_key),
        "group_labels": Jsonb(hiding.labels(batch.group_labels), orjson.dumps),
        "sample": batch.sample,
    }
    async with db.cursor(row_factory=class_row(Touched)) as cursor:
        await cursor.execute(STORE, values)
        return await cursor.fetchall()


def group_id(batch: Batch) -> UUID:
    """The same for the same source, receiver and key, so that two first batches of a group need not meet."""
    return uuid5(GROUPS, orjson.dumps([batch.source, batch.receiver, batch.group_key]).decode())


def once_each(reports: Sequence[Report]) -> list[Report]:
    """One report per alert, because a statement cannot upsert one row twice."""
    kept: dict[tuple[str, datetime], Report] = {}
    for report in reports:
        alert = (report.fingerprint, report.starts_at)
        kept[alert] = merged(kept[alert], report) if alert in kept else report
    return list(kept.values())


def merged(first: Report, again: Report) -> Report:
    ends = [end for end in (first.ends_at, again.ends_at) if end]
    times = first.times_received + again.times_received
    return replace(first, ends_at=max(ends, default=None), times_received=times)
