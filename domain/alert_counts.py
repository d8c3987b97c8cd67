"""Counting alerts: from the quarter-hour rollup where it can answer, from the alerts themselves where it cannot."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString

from domain.database import Connection
from domain.filters import Conditions, Field, Filter
from domain.found import Found, ask
from domain.windows import Window

QUARTER = timedelta(minutes=15)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CONDITIONS: Conditions = {
    "window": "starts_at >= %(start)s and starts_at < %(end)s",
    "services": "service = any(%(services)s)",
    "severities": "severity = any(%(severities)s)",
    "names": "name = any(%(names)s)",
    "environments": "environment = any(%(environments)s)",
    "teams": "team <> '' and team = any(%(teams)s)",
    "owner": "(team = any(%(own_teams)s) or assigned_to = %(own_user)s)",
}
IN_ROLLUP: frozenset[Field] = frozenset({"window", "services", "severities", "names"})

BY_SEVERITY = """
    coalesce(sum(fired) filter (where severity = 'critical'), 0) as critical,
    coalesce(sum(fired) filter (where severity = 'warning'), 0) as warning,
    coalesce(sum(fired) filter (where severity = 'info'), 0) as info"""

FROM_ALERTS = """
    select starts_at as at, service, severity, name, environment, 1 as fired from trivium.alerts
    where true{narrowing}"""
FROM_ROLLUP = """
    select bucket as at, service, severity, name, fired from trivium.alert_counts
    where bucket >= %(first)s and bucket < %(last)s{narrowing}"""
FIRST_END = """
    union all
    select starts_at, service, severity, name, 1 from trivium.alerts
    where starts_at >= %(start)s and starts_at < %(first)s{narrowing}"""
LAST_END = """
    union all
    select starts_at, service, severity, name, 1 from trivium.alerts
    where starts_at >= %(last)s and starts_at < %(end)s{narrowing}"""
COUNT = "select {by_severity} from ({fired}) as fired"
EVENTS = """
with hourly as (
    select date_trunc('hour', at, 'UTC') as hour, {by_severity} from ({fired}) as fired group by hour
), pairs as (
    select hour, sum(critical + warning + info) over two_hours as busy from hourly
    window two_hours as (order by hour range between current row and '1 hour' following)
), busiest as (
    select hour, busy from pairs order by busy desc, hour limit 1
)
select coalesce(sum(critical), 0)::bigint as critical, coalesce(sum(warning), 0)::bigint as warning,
    coalesce(sum(info), 0)::bigint as info, (select hour from busiest) as busy_from,
    (select busy::bigint from busiest) as busy_count
from hourly"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    critical: int
    warning: int
    info: int

    @property
    def total(self) -> int:
        return self.critical + self.warning + self.info

    @property
    def by_severity(self) -> dict[str, int]:
        return {"critical": self.critical, "warning": self.warning, "info": self.info}


@dataclass(frozen=True, slots=True, kw_only=True)
class Events(Counts):
    """`busy_from` is the hour that begins the two hours with most alerts (the earliest of equals), None without any."""

    busy_from: datetime | None
    busy_count: int | None


def fired(chosen: Filter, *, from_rollup: bool = True) -> LiteralString:
    """A select of (at, service, severity, name, fired) whose sum over `fired` counts the chosen alerts.

    The whole quarter-hours of the window come from the rollup and its two ragged ends from the alerts, so the cost
    follows the buckets and not the alerts. Only alerts themselves know environment, team and owner: with such a
    filter, or without `from_rollup`, all rows are alerts and have `environment` too.
    Needs a window and the values of `parameters`.
    """
    if not chosen.window or not from_rollup or not chosen.fields() <= IN_ROLLUP:
        return FROM_ALERTS.format(narrowing=chosen.narrowing(CONDITIONS))
    first, last = whole_quarters(chosen.window)
    before = FIRST_END if chosen.window.start < first else ""
    after = LAST_END if last < chosen.window.end else ""
    return (FROM_ROLLUP + before + after).format(narrowing=chosen.narrowing(CONDITIONS, "window"))


def parameters(chosen: Filter, *, from_rollup: bool = True) -> dict[str, object]:
    """The values that `fired` names."""
    if not chosen.window or not from_rollup or not chosen.fields() <= IN_ROLLUP:
        return chosen.parameters()
    first, last = whole_quarters(chosen.window)
    return chosen.parameters() | {"first": first, "last": last}


def whole_quarters(window: Window) -> tuple[datetime, datetime]:
    """The whole quarter-hours inside a window: `start <= first <= last <= end`, both equal when there is none."""
    first = min(window.start + (EPOCH - window.start) % QUARTER, window.end)
    last = window.end - (window.end - EPOCH) % QUARTER
    return first, max(first, last)


async def count(db: Connection, chosen: Filter) -> Found[Counts]:
    """One row: how many of the chosen alerts started in the window."""
    sql = COUNT.format(by_severity=BY_SEVERITY, fired=fired(chosen))
    return await ask(db, Counts, sql, parameters(chosen))


async def events(db: Connection, chosen: Filter) -> Found[Events]:
    """One row: the counts of the window and its busiest two hours, which begin on a whole hour UTC."""
    sql = EVENTS.format(by_severity=BY_SEVERITY, fired=fired(chosen))
    return await ask(db, Events, sql, parameters(chosen))
