"""How alerts are spread: over calendar periods, or over services, severities, names, environments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, LiteralString, TypeAlias

from domain.alert_counts import BY_SEVERITY, Counts, fired, parameters
from domain.database import Connection
from domain.filters import Filter
from domain.found import Found, ask
from domain.periods import Period

Facet: TypeAlias = Literal["service", "severity", "alert_name", "environment"]
COLUMNS: dict[Facet, LiteralString] = {
    "service": "service",
    "severity": "severity",
    "alert_name": "name",
    "environment": "environment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InPeriod(Counts):
    """`number` counts the periods from 1."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Counts):
    """`key` is None in the row that sums up all groups, listed or not; `groups` says how many there are."""

    key: str | None
    groups: int


BY_PERIOD = """
select width_bucket(at, %(bounds)s::timestamptz[]) as number, {by_severity}
from ({fired}) as fired group by number order by number"""


async def by_period(db: Connection, chosen: Filter, spans: Sequence[Period]) -> Found[InPeriod]:
    """A row for each of the `spans` (in order, without gaps) in which one of the chosen alerts started."""
    sql = BY_PERIOD.format(by_severity=BY_SEVERITY, fired=fired(chosen))
    return await ask(db, InPeriod, sql, parameters(chosen) | {"bounds": [span.start for span in spans]})


BY_FACET = """
select {column} as key, {by_severity}, count(*) over () - 1 as groups
from ({fired}) as fired
group by grouping sets (({column}), ()) order by grouping({column}) desc, sum(fired) desc, key limit %(rows)s"""


async def by_facet(db: Connection, chosen: Filter, facet: Facet, limit: int) -> Found[Group]:
    """First the sum of all groups, then at most `limit` groups: most alerts first, equals by name."""
    from_rollup = facet != "environment"
    rows = fired(chosen, from_rollup=from_rollup)
    sql = BY_FACET.format(column=COLUMNS[facet], by_severity=BY_SEVERITY, fired=rows)
    return await ask(db, Group, sql, parameters(chosen, from_rollup=from_rollup) | {"rows": limit + 1})
