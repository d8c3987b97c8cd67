"""Permissions: the rows that say which role may use which tool, and their version."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from config.policy import Defaults, Effect
from domain import audit
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Connection
from domain.errors import NotFound, Refused

SEED = """
with role as (
    insert into trivium.roles (name, description)
    select key, value from jsonb_each_text(%(roles)s)
    on conflict (name) do nothing
    returning id, name
)
insert into trivium.ai_permissions (role_id, pillar, tool_category, tool_name, permission, scope)
select role.id, given.pillar, given.category, given.tool, given.permission, given.scope
from jsonb_to_recordset(%(grants)s)
    as given (role text, pillar text, category text, tool text, permission text, scope text)
join role on role.name = given.role
on conflict do nothing
"""
ALL = """
select role.name as role, pillar, tool_category as category, tool_name as tool, permission as effect, scope
from trivium.ai_permissions
join trivium.roles as role on role.id = role_id
order by role.name, pillar, tool_category, tool_name
"""
COLUMNS = """
select permission.id, role_id, role.name as role, pillar, tool_category as category, tool_name as tool,
    permission as effect, scope
from trivium.ai_permissions as permission
join trivium.roles as role on role.id = role_id
"""
ROWS = COLUMNS + "order by role.name, pillar, tool_category nulls first, tool_name nulls first"
BY_KEY = (
    COLUMNS
    + """
where role.name = %(role)s and pillar = %(pillar)s and tool_category is not distinct from %(category)s
    and tool_name is not distinct from %(tool)s
for update of permission
"""
)
PUT = """
insert into trivium.ai_permissions (role_id, pillar, tool_category, tool_name, permission, scope)
select id, %(pillar)s, %(category)s, %(tool)s, %(effect)s, %(scope)s from trivium.roles where name = %(role)s
on conflict (role_id, pillar, tool_category, tool_name)
    do update set permission = excluded.permission, scope = excluded.scope
returning id
"""
BY_ID = COLUMNS + "where permission.id = %(id)s for update of permission"
REMOVE = "delete from trivium.ai_permissions where id = %(id)s"
ROLES = "select id, name, description from trivium.roles order by name"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Rule):
    """A rule with the ids by which it is changed."""

    id: UUID
    role_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    id: UUID
    name: str
    description: str


async def seed(db: Connection, defaults: Defaults) -> None:
    """Every default role is there, a new one with its default rows.

    A role that was there keeps the rows it has: what an admin has changed or taken away stays so at the next start.
    """
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


async def rows(db: Connection) -> list[Row]:
    """Every row, by role, the general before the specific."""
    async with db.cursor(row_factory=class_row(Row)) as cursor:
        await cursor.execute(ROWS)
        return await cursor.fetchall()


async def roles(db: Connection) -> list[Role]:
    async with db.cursor(row_factory=class_row(Role)) as cursor:
        await cursor.execute(ROLES)
        return await cursor.fetchall()


async def put(db: Connection, actor: Actor, rule: Rule) -> UUID:
    """The rule stands in place of the one for the same role, pillar, category and tool, and is on the audit log.

    Returns the row's id. To be called in a transaction. Raises Refused for a role that is not there.
    """
    async with db.cursor(row_factory=class_row(Row)) as cursor:
        await cursor.execute(BY_KEY, asdict(rule))
        before = await cursor.fetchone()
    put = await (await db.execute(PUT, asdict(rule))).fetchone()
    if put is None:
        raise Refused(f"There is no role {rule.role!r}.", code="unknown_role")
    details = {"id": str(put["id"]), "before": told(before) if before else None, "after": told(rule)}
    await audit.append(db, actor, Entry(action="permission_changed", target=place(rule), details=details))
    return put["id"]


async def remove(db: Connection, actor: Actor, permission_id: UUID) -> None:
    """The row is gone, which is on the audit log. To be called in a transaction. Raises NotFound."""
    async with db.cursor(row_factory=class_row(Row)) as cursor:
        await cursor.execute(BY_ID, {"id": permission_id})
        before = await cursor.fetchone()
    if before is None:
        raise NotFound(f"There is no permission {permission_id}.")
    await db.execute(REMOVE, {"id": permission_id})
    details = {"id": str(permission_id), "before": told(before)}
    await audit.append(db, actor, Entry(action="permission_removed", target=place(before), details=details))


def told(rule: Rule) -> dict[str, Any]:
    """The rule as the audit log has it."""
    return {"role": rule.role, "permission": rule.effect, "scope": rule.scope}


def place(rule: Rule) -> str:
    """`operator: revive/aiops/execute_runbook`; a star stands for all."""
    return f"{rule.role}: {rule.pillar}/{rule.category or '*'}/{rule.tool or '*'}"
