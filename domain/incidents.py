"""Incidents: alerts of one group that were open together, from the first start to the last end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, LiteralString, TypeAlias
from uuid import UUID

from domain.database import Connection
from domain.filters import Conditions, Filter, Severity
from domain.found import Found, ask

Status: TypeAlias = Literal["open", "resolved"]
Order: TypeAlias = Literal["newest", "oldest", "longest", "most_alerts"]
Facet: TypeAlias = Literal["status", "severity", "service", "title"]

HAS_ALERT = """exists (
    select from trivium.alert_group_members as member join trivium.alerts as alert on alert.id = member.alert_id
    where member.group_id = incidents.group_id and member.starts_at >= incidents.opened_at
        and member.starts_at <= coalesce(incidents.resolved_at, 'infinity') and """
CONDITIONS: Conditions = {
    "window": "opened_at >= %(start)s and opened_at < %(end)s",
    "services": "(service = any(%(services)s) or services && %(services)s::text[])",
    "severities": "severity = any(%(severities)s)",
    "names": HAS_ALERT + "alert.name = any(%(names)s))",
    "environments": "environment = any(%(environments)s)",
    "teams": "team = any(%(teams)s)",
    "owner": "(team = any(%(own_teams)s) or " + HAS_ALERT + "alert.assigned_to = %(own_user)s))",
}
COLUMNS = """id, group_id, number, title, service, services, severity, environment, team, opened_at, resolved_at,
    alert_count, root_cause, resolution"""
LENGTH = "coalesce(resolved_at, greatest(opened_at, %(now)s)) - opened_at"
LONGER = f" and {LENGTH} > %(longer_than)s"
OF_STATUS: dict[Status | None, LiteralString] = {
    None: "",
    "open": " and resolved_at is null",
    "resolved": " and resolved_at is not null",
}
ORDERS: dict[Order, LiteralString] = {
    "newest": "opened_at desc, number desc",
    "oldest": "opened_at, number",
    "longest": LENGTH + " desc, number desc",
    "most_alerts": "alert_count desc, number desc",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`services` are all that its alerts named; `service` is the main one."""

    id: UUID
    group_id: UUID | None
    number: int
    title: str
    service: str
    services: list[str]
    severity: Severity
    environment: str
    team: str
    opened_at: datetime
    resolved_at: datetime | None
    alert_count: int
    root_cause: str
    resolution: str

    @property
    def name(self) -> str:
        return f"INC-{self.number}"

    @property
    def status(self) -> Status:
        return "resolved" if self.resolved_at else "open"

    @property
    def duration_seconds(self) -> float | None:
        return (self.resolved_at - self.opened_at).total_seconds() if self.resolved_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which rows of a list, in which order; an open incident is as long as it has lasted by `now`."""

    status: Status | None
    longer_than: timedelta
    order: Order
    limit: int
    offset: int
    now: datetime

    def narrowing(self) -> LiteralString:
        """` and …` for what the rows of every page have in common."""
        return OF_STATUS[self.status] + (LONGER if self.longer_than else "")

    def parameters(self) -> dict[str, object]:
        """The values that `narrowing` names."""
        return {"now": self.now, "longer_than": self.longer_than} if self.longer_than else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many incidents have `key` as their `facet`."""

    facet: Facet
    key: str
    count: int


SHARES = """
select facet, key, count from (
    select facet, key, count(*) as count, row_number() over (partition by facet order by count(*) desc, key) as place
    from trivium.incidents cross join lateral (values
        ('status', case when resolved_at is null then 'open' else 'resolved' end),
        ('severity', severity), ('service', service), ('title', title)
    ) as facets (facet, key)
    where true{narrowing} group by facet, key
) as ranked where place <= 20 order by facet, place"""


async def shares(db: Connection, chosen: Filter, page: Page) -> Found[Share]:
    """The counts of each facet over all pages, most incidents first, equals by key; at most 20 keys of one facet."""
    sql = SHARES.format(narrowing=chosen.narrowing(CONDITIONS) + page.narrowing())
    return await ask(db, Share, sql, chosen.parameters() | page.parameters())


LISTED = """
select {columns} from trivium.incidents where true{narrowing}
order by {order} limit %(limit)s offset %(offset)s"""


async def listed(db: Connection, chosen: Filter, page: Page) -> Found[Incident]:
    """One page of the chosen incidents in the order it asks for; equals with the newest number first."""
    narrowing = chosen.narrowing(CONDITIONS) + page.narrowing()
    sql = LISTED.format(columns=COLUMNS, narrowing=narrowing, order=ORDERS[page.order])
    values = chosen.parameters() | page.parameters() | {"limit": page.limit, "offset": page.offset}
    return await ask(db, Incident, sql, values | ({"now": page.now} if page.order == "longest" else {}))


BY_NUMBER = "select {columns} from trivium.incidents where number = %(number)s{narrowing}"
BY_ID = """
select {columns} from trivium.incidents
where (id = %(id)s or (former_ids <> '{{}}' and former_ids @> array[%(id)s]::uuid[])){narrowing}"""


async def find(db: Connection, chosen: Filter, reference: UUID | int) -> Found[Incident]:
    """The chosen incident of this number or id, or the one that a former id was merged into; at most one row."""
    template, name = (BY_NUMBER, "number") if isinstance(reference, int) else (BY_ID, "id")
    sql = template.format(columns=COLUMNS, narrowing=chosen.narrowing(CONDITIONS))
    return await ask(db, Incident, sql, chosen.parameters() | {name: reference})


WORST = """
select {columns} from trivium.incidents where true{narrowing}
order by array_position(array['critical', 'warning', 'info'], severity), {length} desc, number desc limit 1"""


async def worst(db: Connection, chosen: Filter, now: datetime) -> Found[Incident]:
    """The chosen incident of the highest severity, the longest of equals (open ones up to `now`); at most one row."""
    sql = WORST.format(columns=COLUMNS, narrowing=chosen.narrowing(CONDITIONS), length=LENGTH)
    return await ask(db, Incident, sql, chosen.parameters() | {"now": now})
