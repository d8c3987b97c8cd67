"""How long incidents take to resolve: mean and percentiles, overall, by period and by group."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, LiteralString, TypeAlias

from domain.database import Connection
from domain.filters import Filter
from domain.found import Found, ask
from domain.incidents import CONDITIONS
from domain.periods import Period

Grouping: TypeAlias = Literal["service", "severity", "team"]
BY_GROUP: dict[Grouping, LiteralString] = {
    "service": ", ('group', service)",
    "severity": ", ('group', severity)",
    "team": ", ('group', team)",
}
BY_PERIOD = ", ('period', width_bucket(opened_at, %(bounds)s::timestamptz[])::text)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionTimes:
    """Of the `count` resolved incidents, from opened to resolved, None without any; `open` are not resolved yet.

    `key` is the group's name, or the number of the period counted from 1.
    """

    facet: Literal["all", "period", "group"]
    key: str
    count: int
    open: int
    mean_seconds: float | None
    p50_seconds: float | None
    p90_seconds: float | None
    min_seconds: float | None
    max_seconds: float | None


NOTHING = ResolutionTimes(
    facet="all", key="", count=0, open=0,
    mean_seconds=None, p50_seconds=None, p90_seconds=None, min_seconds=None, max_seconds=None,
)  # fmt: skip
RESOLUTION_TIMES = """
select facet, key, count(seconds) as count, count(*) - count(seconds) as open, avg(seconds) as mean_seconds,
    percentile_cont(0.5) within group (order by seconds) as p50_seconds,
    percentile_cont(0.9) within group (order by seconds) as p90_seconds,
    min(seconds) as min_seconds, max(seconds) as max_seconds
from (
    select *, extract(epoch from resolved_at - opened_at)::float8 as seconds
    from trivium.incidents where true{narrowing}
) as incidents cross join lateral (values ('all', ''){facets}) as facets (facet, key)
group by facet, key order by facet, p50_seconds desc nulls last, key"""


async def resolution_times(
    db: Connection, chosen: Filter, spans: Sequence[Period], grouping: Grouping | None
) -> Found[ResolutionTimes]:
    """A row for all chosen incidents, each group and each of the `spans` that has any; slowest median first."""
    facets = (BY_PERIOD if spans else "") + (BY_GROUP[grouping] if grouping else "")
    sql = RESOLUTION_TIMES.format(narrowing=chosen.narrowing(CONDITIONS), facets=facets)
    bounds = {"bounds": [span.start for span in spans]} if spans else {}
    return await ask(db, ResolutionTimes, sql, chosen.parameters() | bounds)
