"""Changes: deployments and the like, and how much each looks like the cause of alerts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, LiteralString, TypeAlias

from domain.alert_counts import CONDITIONS
from domain.database import Connection
from domain.filters import Filter
from domain.found import Found, ask

Kind: TypeAlias = Literal["deployment", "config", "feature_flag", "infrastructure"]

ON_OWN_SERVICE = "true as same_service, array[changes.service] as watched"
ON_NAMED_SERVICES = """changes.service = any(%(services)s) as same_service, case
        when changes.service = any(%(services)s) then array[changes.service] else %(services)s::text[] end as watched"""
IN_ENVIRONMENTS = " and (environment = '' or environment = any(%(environments)s))"
OF_KINDS = " and kind = any(%(kinds)s)"
WITHIN_REACH = " and changes.service = any(%(visible)s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A change and the alerts around it; `suspects` says how many changes there are in all."""

    id: str
    occurred_at: datetime
    kind: Kind
    service: str
    environment: str
    summary: str
    author: str
    version: str
    url: str
    alerts_after: int
    alerts_before: int
    first_alert_at: datetime | None
    same_service: bool
    score: float
    suspects: int

    @property
    def minutes_to_first_alert(self) -> float | None:
        if self.first_alert_at is None:
            return None
        return round((self.first_alert_at - self.occurred_at) / timedelta(minutes=1), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Which alerts to explain, by which kinds of change (none: all), and how long after a change it can be the cause.

    `alerts` needs a window. `visible` are the services whose changes may be told; None: all.
    """

    alerts: Filter
    kinds: tuple[Kind, ...]
    reach: timedelta
    visible: tuple[str, ...] | None = None

    def parameters(self) -> dict[str, object]:
        kinds = {"kinds": list(self.kinds)} if self.kinds else {}
        visible = {} if self.visible is None else {"visible": list(self.visible)}
        return {**self.alerts.parameters(), **kinds, **visible, "reach": self.reach}

    def of_changes(self) -> LiteralString:
        return (
            (IN_ENVIRONMENTS if self.alerts.environments else "")
            + (OF_KINDS if self.kinds else "")
            + ("" if self.visible is None else WITHIN_REACH)
        )


@dataclass(frozen=True, slots=True)
class Number:
    count: int


SUSPECTS = """
with judged as (
    select changes.*, alerts_after, alerts_before, first_alert_at,
        greatest(alerts_after - alerts_before, 0) / (alerts_after + alerts_before + 1.0) as jump,
        1 - extract(epoch from first_alert_at - occurred_at) / extract(epoch from %(reach)s::interval) as promptness
    from (
        select changes.*, {watching},
            greatest(occurred_at, %(start)s) as since, least(occurred_at + %(reach)s, %(end)s) as until
        from trivium.changes
        where occurred_at >= %(start)s - %(reach)s and occurred_at < %(end)s{of_changes}
    ) as changes cross join lateral (
        select count(*) filter (where starts_at >= since) as alerts_after,
            count(*) filter (where starts_at < occurred_at) as alerts_before,
            min(starts_at) filter (where starts_at >= since) as first_alert_at
        from trivium.alerts
        where service = any(watched) and starts_at >= occurred_at - (until - since) and starts_at < until{narrowing}
    ) as around
)
select id, occurred_at, kind, service, environment, summary, author, version, url,
    alerts_after, alerts_before, first_alert_at, same_service, count(*) over () as suspects,
    round(coalesce((0.6 * jump + 0.4 * promptness) * case when same_service then 1 else 0.5 end, 0), 2)::float8 as score
from judged order by score desc, occurred_at desc, id limit %(limit)s"""


async def suspects(db: Connection, suspicion: Suspicion, limit: int) -> Found[Suspect]:
    """The changes from `reach` before the window to its end, most suspicious first, equals newest first.

    score = (0.6 x jump + 0.4 x promptness) x place, from 0 to 1, and 0 when no alert followed:
    - jump = (after - before) / (after + before + 1), at least 0: alerts in the window that started within `reach`
      after the change, against those in the same length of time just before it;
    - promptness = 1 - minutes to the first of them / reach;
    - place = 1 for a change of a service whose alerts are to be explained, judged by that service's alerts alone.
      When services are named, a change elsewhere is judged by the alerts of all of them, and place is 0.5.
    """
    sql = SUSPECTS.format(
        watching=ON_NAMED_SERVICES if suspicion.alerts.services else ON_OWN_SERVICE,
        of_changes=suspicion.of_changes(),
        narrowing=suspicion.alerts.narrowing(CONDITIONS, "services", "window"),
    )
    return await ask(db, Suspect, sql, suspicion.parameters() | {"limit": limit})


FOLLOWING = """
select count(distinct alerts.id) as count
from trivium.changes join (select id, service, starts_at from trivium.alerts where true{narrowing}) as alerts
    on alerts.service = changes.service and alerts.starts_at >= changes.occurred_at
        and alerts.starts_at < changes.occurred_at + %(reach)s
where changes.id = any(%(ids)s)"""


async def alerts_following(db: Connection, suspicion: Suspicion, ids: list[str]) -> Found[Number]:
    """One row: how many alerts of the window started within `reach` after one of these changes of their service."""
    sql = FOLLOWING.format(narrowing=suspicion.alerts.narrowing(CONDITIONS))
    return await ask(db, Number, sql, suspicion.alerts.parameters() | {"reach": suspicion.reach, "ids": ids})
