"""One alert as a whole, the incident it belongs to, and what else began around it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.alert_counts import CONDITIONS
from domain.alerts import Status
from domain.database import Connection
from domain.filters import Filter, Owner, Severity
from domain.found import Found, ask

BEFORE, AFTER = timedelta(minutes=60), timedelta(minutes=15)
MOST_RELATED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """`assigned_to` is a name; `incident_*` are those of the incident that holds it, None without one."""

    id: UUID
    fingerprint: str
    name: str
    service: str
    severity: Severity
    starts_at: datetime
    ends_at: datetime | None
    summary: str
    instance: str
    job: str
    environment: str
    team: str
    assigned_to: str | None
    labels: dict[str, str]
    annotations: dict[str, str]
    generator_url: str
    incident_id: UUID | None
    incident_number: int | None
    incident_title: str | None
    incident_opened_at: datetime | None
    incident_resolved_at: datetime | None

    @property
    def status(self) -> Status:
        return "resolved" if self.ends_at else "firing"

    def lasted(self, now: datetime) -> float:
        """Seconds, until now while it fires."""
        return max(0.0, ((self.ends_at or now) - self.starts_at).total_seconds())


RECORD = """
select alerts.id, fingerprint, name, alerts.service, alerts.severity, alerts.starts_at, ends_at, summary, instance,
    job, alerts.environment, alerts.team, labels, annotations, generator_url,
    (select users.name from trivium.users where users.id = alerts.assigned_to) as assigned_to,
    incident.id as incident_id, number as incident_number, title as incident_title, opened_at as incident_opened_at,
    resolved_at as incident_resolved_at
from trivium.alerts left join lateral (
    select incidents.* from trivium.alert_group_members as member
    join trivium.incidents on incidents.group_id = member.group_id and member.starts_at >= opened_at
        and member.starts_at <= coalesce(resolved_at, 'infinity')
    where member.alert_id = alerts.id order by opened_at desc, number desc limit 1
) as incident on true
where alerts.id = {alert}"""
BY_ID = "(select id from trivium.alerts where id = %(id)s{narrowing})"
BY_REFERENCE = """coalesce(
    (select id from trivium.alerts where fingerprint = %(reference)s{narrowing}
        order by ends_at is null desc, starts_at desc limit 1),
    (select id from trivium.alerts where lower(name) = lower(%(reference)s) and ends_at is null{narrowing}
        order by starts_at desc, id limit 1),
    (select id from trivium.alerts where lower(name) = lower(%(reference)s){narrowing}
        order by starts_at desc, id limit 1))"""
OF_SERVICE = """(select id from trivium.alerts where true{narrowing}
    order by ends_at is null desc, starts_at desc, id limit 1)"""


@dataclass(frozen=True, slots=True)
class Reference:
    """An alert by its fingerprint or name, of a service when that is named; or the newest of a service."""

    alert: str
    service: str = ""

    @property
    def said(self) -> str:
        return " of ".join(filter(None, (self.alert.strip(), self.service.strip())))


async def by_id(db: Connection, alert_id: UUID, owner: Owner | None) -> Found[AlertRecord]:
    """The alert when it is there and the owner's (None: anybody's)."""
    chosen = Filter(owner=owner)
    sql = RECORD.format(alert=BY_ID.format(narrowing=chosen.narrowing(CONDITIONS)))
    return await ask(db, AlertRecord, sql, chosen.parameters() | {"id": alert_id})


async def by_reference(db: Connection, reference: Reference, owner: Owner | None) -> Found[AlertRecord]:
    """The newest firing alert of this fingerprint or name (in any case), else the newest; the owner's alone."""
    service = reference.service.strip()
    chosen = Filter(owner=owner, services=(service,) if service else ())
    which = BY_REFERENCE if reference.alert.strip() else OF_SERVICE
    sql = RECORD.format(alert=which.format(narrowing=chosen.narrowing(CONDITIONS)))
    return await ask(db, AlertRecord, sql, chosen.parameters() | {"reference": reference.alert.strip()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """`total` counts all that began around the alert."""

    id: UUID
    name: str
    service: str
    severity: Severity
    starts_at: datetime
    ends_at: datetime | None
    total: int

    @property
    def status(self) -> Status:
        return "resolved" if self.ends_at else "firing"


RELATED = """
select * from (
    select id, name, service, severity, starts_at, ends_at, count(*) over () as total from trivium.alerts
    where id <> %(id)s and starts_at >= %(at)s - %(before)s and starts_at <= %(at)s + %(after)s{narrowing}
    order by abs(extract(epoch from starts_at - %(at)s)), id limit %(limit)s
) as nearest order by starts_at, id"""


async def related(db: Connection, alert: AlertRecord, owner: Owner | None) -> Found[Related]:
    """The other alerts that began from an hour before to a quarter of an hour after, the oldest first.

    Of more than fifty those that began nearest.
    """
    chosen = Filter(owner=owner)
    sql = RELATED.format(narrowing=chosen.narrowing(CONDITIONS))
    around = {"id": alert.id, "at": alert.starts_at, "before": BEFORE, "after": AFTER, "limit": MOST_RELATED}
    return await ask(db, Related, sql, chosen.parameters() | around)
