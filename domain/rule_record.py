"""What auto-analyze rules have come to, and switching one on or off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from domain import audit, auto_analyze_rules
from domain.actors import Actor
from domain.audit import Entry
from domain.auto_analyze_rules import COLUMNS, CREATORS, FITS, MOST_COUNTED, Rule
from domain.database import Connection
from domain.errors import NotFound
from domain.windows import Window

MATCHED = f"""
select rule.id, (
    select count(*) from (
        select from trivium.alerts as alert
        where alert.starts_at >= %(start)s and alert.starts_at < %(end)s and {FITS} limit %(most)s) as fitting
) as matched
from trivium.auto_analyze_rules as rule
"""
ANALYSES = """
select analysis.rule_id,
    count(*) filter (where analysis.status = 'waiting') as waiting,
    count(*) filter (where analysis.status = 'running') as running,
    count(*) filter (where analysis.status = 'done') as done,
    count(*) filter (where analysis.status = 'failed') as failed,
    count(*) filter (where analysis.status = 'dropped') as dropped,
    max(queued_at) as last_at, (array_agg(alert.name order by queued_at desc))[1] as last_alert
from trivium.auto_analyses as analysis join trivium.alerts as alert on alert.id = alert_id
group by analysis.rule_id
"""
HELD = f"select {COLUMNS} from trivium.auto_analyze_rules as rule {CREATORS} where rule.id = %(id)s for update of rule"
CHANGE = "update trivium.auto_analyze_rules set is_enabled = %(is_enabled)s, annotate = %(annotate)s where id = %(id)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyses:
    """How many analyses one rule has asked for, by how they stand."""

    rule_id: UUID
    waiting: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    dropped: int = 0
    last_at: datetime | None = None
    last_alert: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """None leaves it as it is."""

    is_enabled: bool | None = None
    annotate: bool | None = None


async def matched(db: Connection, window: Window) -> Mapping[UUID, int]:
    """How many alerts that started in the window each rule fits; counting ends at `MOST_COUNTED`."""
    values = {"start": window.start, "end": window.end, "most": MOST_COUNTED}
    return {row["id"]: row["matched"] for row in await (await db.execute(MATCHED, values)).fetchall()}


async def analyses(db: Connection) -> Mapping[UUID, Analyses]:
    async with db.cursor(row_factory=class_row(Analyses)) as cursor:
        await cursor.execute(ANALYSES)
        return {found.rule_id: found for found in await cursor.fetchall()}


async def change(db: Connection, actor: Actor, rule_id: UUID, wanted: RuleChange) -> Rule:
    """The rule as it is after the change, which is on the audit log. To be called in a transaction. Raises NotFound."""
    async with db.cursor(row_factory=class_row(Rule)) as cursor:
        await cursor.execute(HELD, {"id": rule_id})
        before = await cursor.fetchone()
    if before is None:
        raise NotFound(f"There is no auto-analyze rule {rule_id}.")
    is_enabled = before.is_enabled if wanted.is_enabled is None else wanted.is_enabled
    annotate = before.annotate if wanted.annotate is None else wanted.annotate
    await db.execute(CHANGE, {"id": rule_id, "is_enabled": is_enabled, "annotate": annotate})
    after = await auto_analyze_rules.by_name(db, before.name)
    assert after is not None  # noqa: S101 - the row is held
    details = {"id": str(rule_id), "before": told(before), "after": told(after)}
    await audit.append(db, actor, Entry(action="auto_analyze_rule_changed", target=before.name, details=details))
    return after


def told(rule: Rule) -> dict[str, bool]:
    """What can be changed of a rule, as the audit log has it."""
    return {"is_enabled": rule.is_enabled, "annotate": rule.annotate}
