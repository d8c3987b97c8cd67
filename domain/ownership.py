"""Whose a service is: somebody's that had an alert of theirs, and what such a service directly stands on."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain import topology
from domain.alert_counts import CONDITIONS
from domain.database import Connection
from domain.filters import Filter, Owner
from domain.found import ask


@dataclass(frozen=True, slots=True)
class Named:
    service: str


SERVICES = "select name as service from trivium.names where kind = 'service' order by name"


async def services(db: Connection) -> list[str]:
    """Every service that an alert or a change brought, by name."""
    return [row.service for row in (await ask(db, Named, SERVICES, {})).rows]


ALERTED = "select distinct service from trivium.alerts where true{narrowing} order by service"


async def alerted(db: Connection, owner: Owner, among: Sequence[str] = ()) -> list[str]:
    """The services, all or among these, that ever had an alert of the owner, by name."""
    chosen = Filter(services=tuple(among), owner=owner)
    found = await ask(db, Named, ALERTED.format(narrowing=chosen.narrowing(CONDITIONS)), chosen.parameters())
    return [row.service for row in found.rows]


async def reach(db: Connection, owner: Owner) -> list[str]:
    """Every service whose changes and measures the owner may look at, by name: to explain an alert, one has to see
    what its service stands on."""
    own = await alerted(db, owner)
    known = (await topology.applications(db)).rows
    return sorted({*own, *(other for service in own for other in topology.depends_on(known, service))})


async def reaches(db: Connection, owner: Owner, services: Sequence[str]) -> bool:
    """Whether one of these services is in the owner's reach."""
    known = (await topology.applications(db)).rows
    above = {name for service in services for name in topology.dependents(known, service)}
    return bool(await alerted(db, owner, sorted({*services, *above})))
