"""One alert with all that is needed to ask about it: where it fired, and what was thought of it before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.alert_counts import CONDITIONS
from domain.database import Connection
from domain.filters import Filter, Owner, Severity
from domain.found import Found, ask


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDetail:
    """`ai_analysis` is what an earlier analysis left, in the shape it chose; None without one."""

    id: UUID
    name: str
    severity: Severity
    service: str
    instance: str
    environment: str
    starts_at: datetime
    ends_at: datetime | None
    summary: str
    ai_analysis: dict[str, Any] | None


COLUMNS = "id, name, severity, service, instance, environment, starts_at, ends_at, summary, ai_analysis"
BY_ID = "select {columns} from trivium.alerts where id = %(id)s{narrowing}"


async def by_id(db: Connection, alert_id: UUID, owner: Owner | None) -> Found[AlertDetail]:
    """The alert when it is there and the owner's (None: anybody's)."""
    chosen = Filter(owner=owner)
    sql = BY_ID.format(columns=COLUMNS, narrowing=chosen.narrowing(CONDITIONS))
    return await ask(db, AlertDetail, sql, chosen.parameters() | {"id": alert_id})


NEWEST = """
select {columns} from trivium.alerts where service = %(service)s{narrowing} order by starts_at desc, id limit 1"""


async def newest(db: Connection, service: str, owner: Owner | None) -> Found[AlertDetail]:
    """The last alert of a service, firing or not."""
    chosen = Filter(owner=owner)
    sql = NEWEST.format(columns=COLUMNS, narrowing=chosen.narrowing(CONDITIONS))
    return await ask(db, AlertDetail, sql, chosen.parameters() | {"service": service})
