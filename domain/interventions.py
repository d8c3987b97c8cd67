"""Interventions: what people or machines did to a service while something was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.database import Connection
from domain.found import Found, ask
from domain.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervention:
    """`kind` is that of the change, or `runbook`."""

    at: datetime
    kind: str
    service: str
    summary: str


DURING = """
select occurred_at as at, kind, service, summary from trivium.changes
where service = any(%(services)s) and occurred_at >= %(start)s and occurred_at < %(end)s
union all
select started_at, 'runbook', runbook.service, runbook_name from trivium.executions
join trivium.runbooks as runbook on runbook.id = runbook_id
where runbook.service = any(%(services)s) and started_at >= %(start)s and started_at < %(end)s
order by at limit %(limit)s"""
MOST = 200


async def during(db: Connection, services: Sequence[str], window: Window) -> Found[Intervention]:
    """Changes of the services and runbooks run for them, earliest first, at most 200."""
    values = {"services": list(services), "start": window.start, "end": window.end, "limit": MOST}
    return await ask(db, Intervention, DURING, values)
