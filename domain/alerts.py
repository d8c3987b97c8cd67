"""Alerts: what fired, on which service, since when and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString, TypeAlias
from uuid import UUID

from domain.alert_counts import BY_SEVERITY, CONDITIONS, Counts, fired, parameters
from domain.database import Connection
from domain.filters import Filter, Severity
from domain.found import Found, ask

Status: TypeAlias = Literal["firing", "resolved"]

COLUMNS = "id, name, service, severity, starts_at, ends_at, summary, environment, team, instance"
OF_STATUS: dict[Status | None, LiteralString] = {
    None: "",
    "firing": " and ends_at is null",
    "resolved": " and ends_at is not null",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    id: UUID
    name: str
    service: str
    severity: Severity
    starts_at: datetime
    ends_at: datetime | None
    summary: str
    environment: str
    team: str
    instance: str

    @property
    def status(self) -> Status:
        return "resolved" if self.ends_at else "firing"

    @property
    def duration_seconds(self) -> float | None:
        return (self.ends_at - self.starts_at).total_seconds() if self.ends_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which rows of a list: at most `limit`, after the first `offset`; of one status when it is named."""

    status: Status | None
    limit: int
    offset: int

    def parameters(self) -> dict[str, object]:
        return {"limit": self.limit, "offset": self.offset}


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals(Counts):
    """All alerts by severity, and how many of them are still open."""

    open_critical: int
    open_warning: int
    open_info: int

    def of(self, status: Status | None) -> Counts:
        open_now = Counts(critical=self.open_critical, warning=self.open_warning, info=self.open_info)
        match status:
            case None:
                return Counts(critical=self.critical, warning=self.warning, info=self.info)
            case "firing":
                return open_now
            case "resolved":
                return Counts(
                    critical=self.critical - open_now.critical,
                    warning=self.warning - open_now.warning,
                    info=self.info - open_now.info,
                )


STILL_OPEN = "select 1 as fired, severity from trivium.alerts where ends_at is null{narrowing}"
TOTALS = """
select started.*, still_open.* from (select {by_severity} from ({started}) as fired) as started,
    (select {by_severity} from ({still_open}) as fired) as still_open (open_critical, open_warning, open_info)"""


async def totals(db: Connection, chosen: Filter) -> Found[Totals]:
    """One row. Without a window: only open alerts, whenever they started."""
    still_open = STILL_OPEN.format(narrowing=chosen.narrowing(CONDITIONS))
    started = fired(chosen) if chosen.window else still_open
    sql = TOTALS.format(by_severity=BY_SEVERITY, started=started, still_open=still_open)
    return await ask(db, Totals, sql, parameters(chosen))


NEWEST = """
select {columns} from trivium.alerts where true{narrowing}{status}
order by starts_at desc, id limit %(limit)s offset %(offset)s"""
NEWEST_OF_SERVICES = """
select newest.* from unnest(%(services)s::text[]) as wanted (wanted) cross join lateral (
    select {columns} from trivium.alerts where service = wanted{narrowing}{status}
    order by starts_at desc, id limit %(limit)s::bigint + %(offset)s
) as newest order by starts_at desc, id limit %(limit)s offset %(offset)s"""


async def newest(db: Connection, chosen: Filter, page: Page) -> Found[Alert]:
    """The chosen alerts, newest start first, equals by id.

    Named services are read one by one, each from its own end of the index, so the cost follows the page and
    not how many alerts they have.
    """
    template = NEWEST_OF_SERVICES if chosen.services else NEWEST
    narrowing = chosen.narrowing(CONDITIONS, "services")
    sql = template.format(columns=COLUMNS, narrowing=narrowing, status=OF_STATUS[page.status])
    return await ask(db, Alert, sql, chosen.parameters() | page.parameters())
