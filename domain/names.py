"""The names that questions can be about, as the alerts brought them, and the applications that have a profile."""

from dataclasses import dataclass

from domain import topology
from domain.database import Connection, Pool

VERSION = "select version from trivium.versions where name = 'names'"
ALL = "select kind, name from trivium.names order by kind, name"
APPLICATIONS = "select name from trivium.application_profiles order by name"
SAMPLE = "select exists (select from trivium.alert_groups where sample) as found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Each tuple sorted and without repeats; `version` grows with every change. `members` are applications, each with
    a service that its profile says is a part of it.

    `has_sample` says that the sample estate is among what was recorded.
    """

    version: int = -1
    services: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    has_sample: bool = False


async def version(db: Connection) -> int:
    row = await (await db.execute(VERSION)).fetchone()
    return row["version"] if row else 0


async def load(db: Connection) -> Names:
    """All names, read in one transaction with their version."""
    async with db.transaction():
        await db.execute("set transaction isolation level repeatable read")
        number = await version(db)
        rows = await (await db.execute(ALL)).fetchall()
        profiles = await (await db.execute(APPLICATIONS)).fetchall()
        known = (await topology.applications(db)).rows
        sample = await (await db.execute(SAMPLE)).fetchone()

    def of(kind: str) -> tuple[str, ...]:
        return tuple(row["name"] for row in rows if row["kind"] == kind)

    services = of("service")
    return Names(
        version=number,
        services=services,
        alerts=of("alert"),
        teams=of("team"),
        environments=of("environment"),
        applications=tuple(row["name"] for row in profiles),
        members=tuple(
            (one.name, name) for one in known for name in sorted(one.called.intersection(services) - {one.name})
        ),
        has_sample=sample is not None and sample["found"],
    )


class Directory:
    """The names of now: read again only when their version moved, so the next question knows a new service."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._names = Names()

    async def current(self) -> Names:
        async with self._pool.connection() as db:
            return await self.at(await version(db))

    async def at(self, number: int) -> Names:
        """The names, when the caller has just read their version."""
        if number != self._names.version:
            async with self._pool.connection() as db:
                self._names = await load(db)
        return self._names
