"""A small estate of alerts, incidents, changes and postmortems written with plain SQL, and the tools asked about it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import tools
from domain.database import Pool
from tests.house import actor, tool_context
from tools.spec import Scope, ToolContext, ToolResult

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

ALERT = """
insert into trivium.alerts (fingerprint, starts_at, ends_at, name, severity, service, environment, team, assigned_to,
    summary, labels, annotations, source)
values (%(fingerprint)s, %(starts_at)s, %(ends_at)s, %(name)s, %(severity)s, %(service)s, %(environment)s, %(team)s,
    %(assigned_to)s, %(summary)s, '{}', '{}', 'test')
returning id
"""
COUNT = """
insert into trivium.alert_counts (service, bucket, severity, name, sample, fired)
select service, date_bin('15 minutes', starts_at, 'epoch'), severity, name, sample, count(*)
from trivium.alerts group by 1, 2, 3, 4, 5
on conflict (service, bucket, severity, name, sample) do update set fired = excluded.fired
"""
GROUP = """
insert into trivium.alert_groups (id, source, receiver, group_key, labels)
values (%(id)s, 'test', '', %(id)s, '{}') returning id
"""
MEMBER = """
insert into trivium.alert_group_members (group_id, starts_at, alert_id)
select %(group)s, starts_at, id from trivium.alerts where id = %(alert)s
returning alert_id as id
"""
INCIDENT = """
insert into trivium.incidents (group_id, title, severity, service, services, environment, team, opened_at, resolved_at,
    alert_count, former_ids)
values (%(group)s, %(title)s, %(severity)s, %(service)s, %(services)s::text[], %(environment)s, %(team)s,
    %(opened_at)s, %(resolved_at)s, %(alert_count)s, %(former_ids)s::uuid[])
returning id
"""
CHANGE = """
insert into trivium.changes (id, occurred_at, kind, service, environment, summary)
values (%(id)s, %(occurred_at)s, %(kind)s, %(service)s, %(environment)s, %(summary)s) returning id
"""
POSTMORTEM = """
insert into trivium.postmortems (incident_id, title, service, occurred_at, summary, root_cause, lessons, created_at)
values (%(incident)s, %(title)s, %(service)s, %(occurred_at)s, %(summary)s, %(root_cause)s, %(lessons)s, %(created_at)s)
returning id
"""


def at(clock: str, day: int = 20) -> datetime:
    """A time of November 2026, UTC: `at("09:30")`, `at("09:30:15.5", day=3)`."""
    return datetime.fromisoformat(f"2026-11-{day:02}T{clock}+00:00")


def between(start: str, end: str) -> dict[str, Any]:
    """A `time_range` argument of 2026-11-20 UTC."""
    return {"time_range": {"start": f"2026-11-20T{start}Z", "end": f"2026-11-20T{end}Z"}}


@dataclass(frozen=True, slots=True)
class Estate:
    pool: Pool
    context: ToolContext

    async def alert(self, starts_at: datetime, name: str = "HighErrorRate", **given: Any) -> UUID:
        """One alert, resolved after 10 minutes unless `ends_at` says otherwise; counted in the rollup."""
        values = {
            "severity": "critical", "service": "checkout", "environment": "prod", "team": "shop", "assigned_to": None,
            "summary": "", "ends_at": starts_at + timedelta(minutes=10), "fingerprint": uuid4().hex,
        }  # fmt: skip
        made = await self.write(ALERT, values | given | {"starts_at": starts_at, "name": name})
        async with self.pool.connection() as db:
            await db.execute(COUNT)
        return made

    async def alerts(self, *starts: datetime, **given: Any) -> list[UUID]:
        return [await self.alert(start, **given) for start in starts]

    async def incident(
        self, opened_at: datetime, minutes: float | None = 30, members: Iterable[UUID] = (), **given: Any
    ) -> UUID:
        """One incident of a group of its own that holds the `members`; open when `minutes` is None."""
        group = await self.write(GROUP, {"id": uuid4()})
        for alert in members:
            await self.write(MEMBER, {"group": group, "alert": alert})
        values: dict[str, Any] = {
            "title": "HighErrorRate on checkout", "severity": "critical", "service": "checkout", "environment": "prod",
            "team": "shop", "alert_count": 1, "former_ids": [], "group": group, "opened_at": opened_at,
            "resolved_at": None if minutes is None else opened_at + timedelta(minutes=minutes),
        }  # fmt: skip
        values |= given
        return await self.write(INCIDENT, {"services": [values["service"]]} | values)

    async def change(self, id: str, occurred_at: datetime, **given: Any) -> None:  # noqa: A002 - the column's name
        values = {"kind": "deployment", "service": "checkout", "environment": "prod", "summary": f"release {id}"}
        await self.write(CHANGE, values | given | {"id": id, "occurred_at": occurred_at})

    async def postmortem(self, title: str, occurred_at: datetime, **given: Any) -> UUID:
        values = {"incident": None, "service": "checkout", "summary": "", "root_cause": "", "lessons": ""}
        times = {"occurred_at": occurred_at, "created_at": occurred_at}
        return await self.write(POSTMORTEM, values | times | given | {"title": title})

    async def write(self, sql: Any, values: dict[str, Any]) -> Any:
        async with self.pool.connection() as db:
            row = await (await db.execute(sql, values)).fetchone()
        assert row
        return row["id"]

    async def ask(self, tool: str, scope: Scope | None = None, /, **arguments: Any) -> ToolResult:
        """What the tool answers to these arguments, as the door would call it; the result is surely JSON."""
        spec = tools.catalogue()[tool]
        context = replace(self.context, scopes=frozenset({scope} if scope else ()))
        result = await spec.handler(context, spec.args.model_validate(arguments))
        assert json.loads(json.dumps(result.data)) == result.data
        return result


async def open_estate(pool: Pool) -> Estate:
    """An empty estate; who asks is in the team `shop`, at 2026-11-20 12:00 UTC."""
    who = await actor(pool, "engineer", teams=["shop"])
    return Estate(pool, await tool_context(pool, who, now=NOW))
