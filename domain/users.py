"""Users: who we know, with roles and teams."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from domain.database import Connection

ENSURE = """
with person as (
    insert into trivium.users (name, display_name) values (%(name)s, %(name)s)
    on conflict (name) do nothing
    returning id
), granted as (
    insert into trivium.user_roles (user_id, role_id)
    select person.id, role.id from person, trivium.roles as role where role.name = any(%(roles)s)
), joined as (
    insert into trivium.user_teams (user_id, team)
    select person.id, team from person, unnest(%(teams)s::text[]) as team
)
select id from person
union all
select id from trivium.users where name = %(name)s
limit 1
"""
GRANT = """
insert into trivium.user_roles (user_id, role_id)
select person.id, role.id
from trivium.users as person, trivium.roles as role
where person.id = %(user_id)s and role.name = any(%(roles)s)
on conflict do nothing
"""
BY_ID = """
select
    person.id, person.name, person.disabled_at is not null as is_disabled,
    array(
        select role.name from trivium.user_roles join trivium.roles as role on role.id = role_id
        where user_id = person.id order by role.name
    ) as roles,
    array(select team from trivium.user_teams where user_id = person.id order by team) as teams
from trivium.users as person
where person.id = %(user_id)s
"""
ROLES = "select name from trivium.roles order by name"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    id: UUID
    name: str
    is_disabled: bool
    roles: list[str]
    teams: list[str]


async def ensure(db: Connection, name: str, *, roles: Iterable[str], teams: Iterable[str] = ()) -> UUID:
    """The user of this name exists; a new one starts with these roles and teams, a known one keeps their own."""
    row = await (await db.execute(ENSURE, {"name": name, "roles": list(roles), "teams": list(teams)})).fetchone()
    if row is None:  # another process made the user after this statement's snapshot
        row = await (await db.execute(ENSURE, {"name": name, "roles": [], "teams": []})).fetchone()
    assert row is not None  # noqa: S101 - the second statement sees what the first collided with
    return row["id"]


async def grant(db: Connection, user_id: UUID, roles: Iterable[str]) -> None:
    """The user has these roles besides any others."""
    await db.execute(GRANT, {"user_id": user_id, "roles": list(roles)})


async def fetch(db: Connection, user_id: UUID) -> User | None:
    async with db.cursor(row_factory=class_row(User)) as cursor:
        await cursor.execute(BY_ID, {"user_id": user_id})
        return await cursor.fetchone()


async def role_names(db: Connection) -> tuple[str, ...]:
    return tuple(row["name"] for row in await (await db.execute(ROLES)).fetchall())
