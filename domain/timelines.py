"""The timeline of one incident: what changed, fired, ended and was written about it, in order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from domain.alert_counts import CONDITIONS
from domain.database import Connection
from domain.filters import Filter, Severity
from domain.found import Found, ask
from domain.incidents import Incident

Kind: TypeAlias = Literal[
    "change", "alert_fired", "incident_opened", "alert_resolved", "incident_resolved", "postmortem"
]
MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`id` is that of the change, alert, incident or postmortem; `events` says how many there are in all."""

    at: datetime
    kind: Kind
    text: str
    service: str
    severity: Severity | None
    id: str
    events: int


MEMBERS = """
    select alerts.* from trivium.alert_group_members as member join trivium.alerts on alerts.id = member.alert_id
    where member.group_id = %(group)s
        and member.starts_at >= %(opened)s and member.starts_at <= coalesce(%(resolved)s::timestamptz, 'infinity')"""
ON_SERVICES = """
    select alerts.* from trivium.alerts
    where service = any(%(services)s)
        and starts_at >= %(opened)s and starts_at <= coalesce(%(resolved)s::timestamptz, 'infinity')"""
EVENTS = """
with fired as ({alerts}{narrowing}), happened (at, kind, text, service, severity, id, place) as (
    select occurred_at, 'change', kind || ': ' || summary, service, null, id, 1 from trivium.changes
    where service = any(%(services)s) and occurred_at >= %(opened)s - interval '2 hours'
        and occurred_at <= coalesce(%(resolved)s, %(now)s)
        and (%(environment)s = '' or environment in ('', %(environment)s))
    union all
    select starts_at, 'alert_fired', concat_ws(': ', name || ' fired', nullif(summary, '')), service, severity,
        id::text, 2 from fired
    union all
    select opened_at, 'incident_opened', title, service, severity, id::text, 3
    from trivium.incidents where id = %(id)s
    union all
    select ends_at, 'alert_resolved', name || ' resolved', service, severity, id::text, 4
    from fired where ends_at is not null
    union all
    select resolved_at, 'incident_resolved', concat_ws(': ', title, nullif(resolution, '')), service, severity,
        id::text, 5 from trivium.incidents where id = %(id)s and resolved_at is not null
    union all
    select created_at, 'postmortem', title, service, null, id::text, 6
    from trivium.postmortems where incident_id = %(id)s
)
select at, kind, text, service, severity, id, count(*) over () as events
from happened order by at, place, id limit %(limit)s"""


async def timeline(db: Connection, incident: Incident, chosen: Filter, now: datetime) -> Found[Event]:
    """The first 500 events in order of time, of equals the cause first.

    Changes count from two hours before the incident opened until it was resolved (or `now`), on its services and
    in its environment. Of its alerts only those of `chosen` are told; without a group they are those of its services.
    """
    sql = EVENTS.format(alerts=MEMBERS if incident.group_id else ON_SERVICES, narrowing=chosen.narrowing(CONDITIONS))
    here = {"id": incident.id, "services": incident.services, "environment": incident.environment}
    times = {"opened": incident.opened_at, "resolved": incident.resolved_at, "now": now}
    group = {"group": incident.group_id} if incident.group_id else {}
    return await ask(db, Event, sql, {**chosen.parameters(), **here, **times, **group, "limit": MOST})
