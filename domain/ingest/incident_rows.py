"""The rows of incidents as pieces of a group's time: read those that a batch touches, write what became of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import orjson
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from domain.database import Connection
from domain.filters import Severity
from domain.ingest.islands import FOREVER, Kind, Piece, Tally, headline, islands

OVERLAPPING = """
select distinct on (i.opened_at) i.id, i.opened_at, i.resolved_at, i.tally
from jsonb_to_recordset(%(spans)s) as span (since timestamptz, until timestamptz)
join trivium.incidents i on i.group_id = %(group)s
    and i.opened_at <= span.until
    and i.opened_at >= coalesce(
        (select max(before.opened_at) from trivium.incidents before
         where before.group_id = %(group)s and before.opened_at <= span.since), span.since)
    and coalesce(i.resolved_at, 'infinity') >= span.since
order by i.opened_at
"""

# A membership is asked for as a scalar: as a join, the planner reads the whole group before it looks at the first row.
FIRING = """
select exists (
    select from trivium.alerts a
    where a.ends_at is null and a.starts_at between %(since)s and %(until)s
        and (select true from trivium.alert_group_members m
             where m.group_id = %(group)s and m.starts_at = a.starts_at and m.alert_id = a.id)
) as firing
"""

PARTS = """
with fired as (
    select a.id, a.starts_at, coalesce(a.ends_at, 'infinity') as ends_at, a.service, a.name, a.severity
    from trivium.alert_group_members m join trivium.alerts a on a.id = m.alert_id
    where m.group_id = %(group)s and m.starts_at >= %(since)s
), reached as (
    select *, max(ends_at) over (order by starts_at, id rows between unbounded preceding and 1 preceding) as reach
    from fired
), numbered as (
    select *, count(*) filter (where reach < starts_at) over (order by starts_at, id) as part from reached
)
select min(starts_at) as since, nullif(max(ends_at), 'infinity') as until, service, name, severity, count(*) as alerts
from numbered group by part, service, name, severity
order by since
"""

ROWS = """
jsonb_to_recordset(%(islands)s) as r (id uuid, opened_at timestamptz, resolved_at timestamptz, title text,
    severity text, service text, services text[], alert_count integer, tally jsonb)
cross join lateral (
    select a.environment, a.team from trivium.alert_group_members m join trivium.alerts a on a.id = m.alert_id
    where m.group_id = %(group)s and m.starts_at = r.opened_at
    order by a.fingerprint limit 1
) as first
"""

OPEN: LiteralString = f"""
insert into trivium.incidents (group_id, sample, opened_at, resolved_at, title, severity, service, services,
    alert_count, tally, environment, team)
select g.id, g.sample, r.opened_at, r.resolved_at, r.title, r.severity, r.service, r.services,
    r.alert_count, r.tally, first.environment, first.team
from trivium.alert_groups g cross join {ROWS}
where g.id = %(group)s
order by r.opened_at
"""

KEEP: LiteralString = f"""
update trivium.incidents i
set opened_at = r.opened_at, resolved_at = r.resolved_at, title = r.title, severity = r.severity, service = r.service,
    services = r.services, alert_count = r.alert_count, tally = r.tally, environment = first.environment,
    team = first.team
from {ROWS}
where i.id = r.id
"""

REPOINT = "update trivium.postmortems set incident_id = %(kept)s where incident_id = any(%(merged)s)"

ABSORB = """
with gone as (delete from trivium.incidents where id = any(%(merged)s) returning *)
update trivium.incidents i
set former_ids = i.former_ids || array(
        select former from gone cross join lateral unnest(gone.id || gone.former_ids) with ordinality as f (former, nth)
        order by gone.opened_at, nth),
    root_cause = concat_ws(E'\\n\\n', nullif(i.root_cause, ''),
        (select string_agg(nullif(gone.root_cause, ''), E'\\n\\n' order by gone.opened_at) from gone)),
    resolution = concat_ws(E'\\n\\n', nullif(i.resolution, ''),
        (select string_agg(nullif(gone.resolution, ''), E'\\n\\n' order by gone.opened_at) from gone))
where i.id = %(kept)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident before the batch."""

    id: UUID
    opened_at: datetime
    resolved_at: datetime | None
    tally: list[tuple[str, str, Severity, int]]

    def piece(self) -> Piece:
        tally: Tally = Counter({Kind(service, name, severity): count for service, name, severity, count in self.tally})
        return Piece(self.opened_at, self.resolved_at or FOREVER, tally, (self.id,))


async def overlapping(db: Connection, group: UUID, pieces: Sequence[Piece]) -> list[Incident]:
    """The incidents of the group that overlap or touch one of the pieces, in order of time."""
    spans = [{"since": span.start, "until": span.end} for span in islands(pieces)]
    async with db.cursor(row_factory=class_row(Incident)) as cursor:
        await cursor.execute(OVERLAPPING, {"group": group, "spans": Jsonb(spans, orjson.dumps)})
        return await cursor.fetchall()


async def fires_since(db: Connection, group: UUID, incident: Incident, until: datetime) -> bool:
    """Whether an alert of the incident that started no later than `until` fires now."""
    cursor = await db.execute(FIRING, {"group": group, "since": incident.opened_at, "until": until})
    row = await cursor.fetchone()
    return row is not None and row["firing"]


async def parts(db: Connection, group: UUID, incident: Incident) -> list[Piece]:
    """The open incident made anew from its alerts: pieces that never bridge a gap, the first with its id."""
    async with db.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(PARTS, {"group": group, "since": incident.opened_at})
        rows = await cursor.fetchall()
    return [
        Piece(
            row["since"],
            row["until"] or FOREVER,
            Counter({Kind(row["service"], row["name"], row["severity"]): row["alerts"]}),
            (incident.id,) if number == 0 else (),
        )
        for number, row in enumerate(rows)
    ]


async def write(db: Connection, group: UUID, changed: Sequence[Piece]) -> None:
    """Each changed island is one row: the earliest incident that begins in it, or a new one.

    The others that begin in it are merged: gone, but their ids lead to the one kept, as their postmortems do,
    and what people wrote about them is added to its own.
    """
    opened = [columns(island) for island in changed if not island.incidents]
    kept = [columns(island) for island in changed if island.incidents]
    if opened:
        await db.execute(OPEN, {"group": group, "islands": Jsonb(opened, orjson.dumps)})
    if kept:
        await db.execute(KEEP, {"group": group, "islands": Jsonb(kept, orjson.dumps)})
    for island in changed:
        if len(island.incidents) > 1:
            merge = {"kept": island.incidents[0], "merged": list(island.incidents[1:])}
            await db.execute(REPOINT, merge)
            await db.execute(ABSORB, merge)


def columns(island: Piece) -> dict[str, object]:
    row: dict[str, object] = {
        "id": island.incidents[0] if island.incidents else None,
        "opened_at": island.start,
        "resolved_at": None if island.end == FOREVER else island.end,
        "tally": [[*kind, count] for kind, count in sorted(island.tally.items())],
    }
    return row | asdict(headline(island.tally))
