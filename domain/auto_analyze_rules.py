"""Auto-analyze rules: which alerts are analysed as soon as they fire, without anybody asking."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.database import Connection
from domain.errors import Refused
from domain.filters import Severity
from domain.windows import Window

MOST_COUNTED = 10_000

COLUMNS = """rule.id, rule.name, rule.alert_name, rule.service, severities, rule.labels, annotate, is_enabled,
    creator.name as created_by, rule.created_at"""
CREATORS = "join trivium.users as creator on creator.id = rule.created_by"
FITS = r"""
    alert.severity = any(rule.severities) and alert.labels @> rule.labels
    and alert.name like replace(replace(replace(replace(replace(rule.alert_name,
        '\', '\\'), '%%', '\%%'), '_', '\_'), '*', '%%'), '?', '_')
    and alert.service like replace(replace(replace(replace(replace(rule.service,
        '\', '\\'), '%%', '\%%'), '_', '\_'), '*', '%%'), '?', '_')"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`alert_name` and `service` are globs (`*` any text, `?` one letter); `labels` all have these very values."""

    id: UUID
    name: str
    alert_name: str
    service: str
    severities: list[Severity]
    labels: dict[str, str]
    annotate: bool
    is_enabled: bool
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    name: str
    alert_name: str
    service: str
    severities: tuple[Severity, ...]
    labels: Mapping[str, str]
    annotate: bool
    created_by: UUID

    def criteria(self) -> dict[str, object]:
        """What decides whether an alert fits."""
        return {
            "alert_name": self.alert_name,
            "service": self.service,
            "severities": list(self.severities),
            "labels": Jsonb(dict(self.labels)),
        }


ADD = f"""
with rule as (
    insert into trivium.auto_analyze_rules (name, alert_name, service, severities, labels, annotate, created_by)
    values (%(name)s, %(alert_name)s, %(service)s, %(severities)s, %(labels)s, %(annotate)s, %(created_by)s)
    on conflict (name) do nothing
    returning *
)
select {COLUMNS} from rule {CREATORS}"""


async def add(db: Connection, new: NewRule) -> Rule:
    """The rule holds from now on. Raises Refused (`already_exists`) when the name is taken."""
    values = new.criteria() | {"name": new.name, "annotate": new.annotate, "created_by": new.created_by}
    async with db.cursor(row_factory=class_row(Rule)) as cursor:
        await cursor.execute(ADD, values)
        made = await cursor.fetchone()
    if made is None:
        raise taken(new.name)
    return made


def taken(name: str) -> Refused:
    return Refused(
        f"There is an auto-analyze rule named {name} already.",
        code="already_exists",
        alternative="Choose another name.",
    )


BY_NAME = f"select {COLUMNS} from trivium.auto_analyze_rules as rule {CREATORS} where rule.name = %(name)s"


async def by_name(db: Connection, name: str) -> Rule | None:
    async with db.cursor(row_factory=class_row(Rule)) as cursor:
        await cursor.execute(BY_NAME, {"name": name})
        return await cursor.fetchone()


NEWEST = f"""
select {COLUMNS} from trivium.auto_analyze_rules as rule {CREATORS}
order by rule.created_at desc, rule.name limit %(limit)s"""


async def newest(db: Connection, *, limit: int) -> list[Rule]:
    """Newest first, equals by name; those that are switched off too."""
    async with db.cursor(row_factory=class_row(Rule)) as cursor:
        await cursor.execute(NEWEST, {"limit": limit})
        return await cursor.fetchall()


MATCHING = f"""
select {COLUMNS} from trivium.alerts as alert
join trivium.auto_analyze_rules as rule on is_enabled and {FITS} {CREATORS}
where alert.id = %(alert_id)s order by rule.name"""


async def matching(db: Connection, alert_id: UUID) -> list[Rule]:
    """The rules that want this alert analysed, by name."""
    async with db.cursor(row_factory=class_row(Rule)) as cursor:
        await cursor.execute(MATCHING, {"alert_id": alert_id})
        return await cursor.fetchall()


WOULD_MATCH = f"""
with rule as (
    select %(alert_name)s::text as alert_name, %(service)s::text as service, %(severities)s::text[] as severities,
        %(labels)s::jsonb as labels
)
select count(*) as count from (
    select from trivium.alerts as alert, rule
    where alert.starts_at >= %(start)s and alert.starts_at < %(end)s and {FITS}
    limit %(most)s
) as matched"""


async def would_match(db: Connection, new: NewRule, window: Window) -> int:
    """How many alerts that started in the window the rule fits; counting ends at `MOST_COUNTED`."""
    values = new.criteria() | {"start": window.start, "end": window.end, "most": MOST_COUNTED}
    row = await (await db.execute(WOULD_MATCH, values)).fetchone()
    return row["count"] if row else 0
