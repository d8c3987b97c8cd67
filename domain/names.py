"""The names that questions can be about: services, alerts, teams, environments, as the alerts brought them."""

from dataclasses import dataclass

from domain.database import Connection, Pool

VERSION = "select version from trivium.versions where name = 'names'"
ALL = "select kind, name from trivium.names order by kind, name"
SAMPLE = "select exists (select from trivium.alert_groups where sample) as found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Each tuple sorted and without repeats; `version` grows with every change.

    `has_sample` says that the sample estate is among what was recorded.
    """

    version: int = -1
    services: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
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
        sample = await (await db.execute(SAMPLE)).fetchone()

    def of(kind: str) -> tuple[str, ...]:
        return tuple(row["name"] for row in rows if row["kind"] == kind)

    return Names(
        version=number,
        services=of("service"),
        alerts=of("alert"),
        teams=of("team"),
        environments=of("environment"),
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
