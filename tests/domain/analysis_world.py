"""What analyses are tried on: rules of somebody, alerts that fire now, and what stands in the table."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain import auto_analyses, auto_analyze_rules
from domain.actors import Actor
from domain.auto_analyze_rules import NewRule, Rule
from domain.database import Pool
from domain.filters import SEVERITIES
from domain.ingest.normalise import Batch, Report
from domain.ingest.store import Stored, store

START = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
ALL = """
select analysis.status, alert.name as alert, alert.severity, rule.name as rule, note, group_key
from trivium.auto_analyses as analysis join trivium.alerts as alert on alert.id = alert_id
join trivium.auto_analyze_rules as rule on rule.id = rule_id
join trivium.incidents as incident on incident.id = incident_id
join trivium.alert_groups on alert_groups.id = group_id
order by queued_at, group_key
"""
OLDER = (
    "update trivium.auto_analyses set ended_at = ended_at - %(by)s::interval, queued_at = queued_at - %(by)s::interval"
)
IDS = "select id from trivium.auto_analyses order by queued_at, id"


async def rule(pool: Pool, who: Actor, name: str = "all", **criteria: Any) -> Rule:
    """A rule that fits every alert, but for what is said."""
    given: dict[str, Any] = {"alert_name": "*", "service": "*", "severities": SEVERITIES, "labels": {}}
    given |= {"annotate": False}
    async with pool.connection() as db:
        return await auto_analyze_rules.add(db, NewRule(name=name, created_by=who.user_id, **(given | criteria)))


def firing(name: str = "HighLatency", *, minute: float = 0, end: float | None = None, **fields: Any) -> Report:
    """An alert that began `minute` after the start; its fingerprint follows from its name, service and labels."""
    service, labels = fields.pop("service", "checkout"), {"alertname": name} | fields.pop("labels", {})
    return Report(
        fingerprint=f"{name}@{service}{json.dumps(labels)}", starts_at=START + timedelta(minutes=minute),
        ends_at=None if end is None else START + timedelta(minutes=end), name=name, service=service,
        severity=fields.pop("severity", "warning"), environment="production", team="shop", instance="", job="",
        summary="", labels=labels, annotations={}, generator_url="", **fields,
    )  # fmt: skip


async def sent(pool: Pool, *alerts: Report, group: str = "g", sample: bool = False) -> Stored:
    batch = Batch(
        source="alertmanager", receiver="trivium", group_key=group, group_labels={}, alerts=alerts, sample=sample
    )
    async with pool.connection() as db:
        return await store(db, batch)


async def standing(pool: Pool) -> list[dict[str, Any]]:
    """Every analysis, the oldest first."""
    async with pool.connection() as db:
        return await (await db.execute(ALL)).fetchall()


async def ids(pool: Pool) -> list[UUID]:
    async with pool.connection() as db:
        return [row["id"] for row in await (await db.execute(IDS)).fetchall()]


async def age(pool: Pool, by: timedelta) -> None:
    async with pool.connection() as db:
        await db.execute(OLDER, {"by": by})


async def ended(pool: Pool, analysis_id: UUID) -> bool:
    """The analysis is done, as a worker ends it."""
    how = auto_analyses.End(status="done", note="", run_id=None, analysis={"summary": "It is the disk."})
    async with pool.connection() as db:
        claimed = await auto_analyses.claim(db, analysis_id)
        return claimed is not None and await auto_analyses.end(db, claimed, how)
