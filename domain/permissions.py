"""Permissions: the rows that say which role may use which tool, and their version."""

from dataclasses import asdict, dataclass

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from config.policy import Defaults, Effect
from domain.database import Connection

SEED = """
with role as (
    insert into trivium.roles (name, description)
    select key, value from jsonb_each_text(%(roles)s)
    on conflict (name) do nothing
    returning id, name
), known as (
    select id, name from role union select id, name from trivium.roles
)
insert into trivium.ai_permissions (role_id, pillar, tool_category, tool_name, permission, scope)
select known.id, given.pillar, given.category, given.tool, given.permission, given.scope
from jsonb_to_recordset(%(grants)s)
    as given (role text, pillar text, category text, tool text, permission text, scope text)
join known on known.name = given.role
on conflict do nothing
"""
ALL = """
select role.name as role, pillar, tool_category as category, tool_name as tool, permission as effect, scope
from trivium.ai_permissions
join trivium.roles as role on role.id = role_id
order by role.name, pillar, tool_category, tool_name
"""
VERSION = "select version from trivium.versions where name = 'permissions'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row as it stands. `category` and `tool` None mean all; `tool` may be a glob."""

    role: str
    pillar: str
    category: str | None
    tool: str | None
    effect: Effect
    scope: str | None


async def seed(db: Connection, defaults: Defaults) -> None:
    """Every default row is there; rows that stand already, changed or not, are left alone."""
    grants = [asdict(grant) for grant in defaults.grants]
    await db.execute(SEED, {"roles": Jsonb(defaults.roles), "grants": Jsonb(grants)})


async def rules(db: Connection) -> tuple[Rule, ...]:
    async with db.cursor(row_factory=class_row(Rule)) as cursor:
        await cursor.execute(ALL)
        return tuple(await cursor.fetchall())


async def version(db: Connection) -> int:
    """Grows with every change of the rows."""
    row = await (await db.execute(VERSION)).fetchone()
    return row["version"] if row else 0
