"""Users: who we know, with roles and teams."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain import audit
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Connection
from domain.errors import NotFound, Refused

ADMIN = "admin"

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
COLUMNS = """
select
    person.id, person.name, person.disabled_at is not null as is_disabled,
    array(
        select role.name from trivium.user_roles join trivium.roles as role on role.id = role_id
        where user_id = person.id order by role.name
    ) as roles,
    array(select team from trivium.user_teams where user_id = person.id order by team) as teams
from trivium.users as person
"""
BY_ID = COLUMNS + "where person.id = %(user_id)s"
BY_NAME = COLUMNS + "where person.name = %(name)s"
PAGE = COLUMNS + "order by person.name limit %(limit)s offset %(offset)s"
COUNT = "select count(*) as total from trivium.users"
HOLD_ADMINS = "select id from trivium.roles where name = 'admin' for no key update"
OTHER_ADMINS = """
select count(*) as others
from trivium.user_roles
join trivium.roles as role on role.id = role_id
join trivium.users as person on person.id = user_id
where role.name = 'admin' and person.disabled_at is null and person.id <> %(user_id)s
"""
SET_ROLES = """
with gone as (
    delete from trivium.user_roles using trivium.roles as role
    where user_id = %(user_id)s and role.id = role_id and role.name <> all(%(roles)s)
)
insert into trivium.user_roles (user_id, role_id)
select %(user_id)s, id from trivium.roles where name = any(%(roles)s)
on conflict do nothing
"""
SET_TEAMS = """
with gone as (
    delete from trivium.user_teams where user_id = %(user_id)s and team <> all(%(teams)s)
)
insert into trivium.user_teams (user_id, team)
select distinct %(user_id)s::uuid, team from unnest(%(teams)s::text[]) as team
on conflict do nothing
"""
SET_DISABLED = """
update trivium.users
set disabled_at = case when %(is_disabled)s then coalesce(disabled_at, now()) end
where id = %(user_id)s
"""
PREFERENCES = "select ai_preferences from trivium.users where id = %(user_id)s"
PREFERENCES_HELD = PREFERENCES + " for update"
PREFER = "update trivium.users set ai_preferences = %(preferences)s where id = %(user_id)s"
ROLES = "select name from trivium.roles order by name"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    id: UUID
    name: str
    is_disabled: bool
    roles: list[str]
    teams: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to become of a user; None leaves it as it is."""

    roles: tuple[str, ...] | None = None
    teams: tuple[str, ...] | None = None
    is_disabled: bool | None = None


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


async def named(db: Connection, name: str) -> User | None:
    async with db.cursor(row_factory=class_row(User)) as cursor:
        await cursor.execute(BY_NAME, {"name": name})
        return await cursor.fetchone()


async def role_names(db: Connection) -> tuple[str, ...]:
    return tuple(row["name"] for row in await (await db.execute(ROLES)).fetchall())


async def page(db: Connection, *, limit: int, offset: int) -> tuple[list[User], int]:
    """One page of all users by name, and how many there are."""
    async with db.cursor(row_factory=class_row(User)) as cursor:
        await cursor.execute(PAGE, {"limit": limit, "offset": offset})
        found = await cursor.fetchall()
    row = await (await db.execute(COUNT)).fetchone()
    return found, row["total"] if row else 0


async def change(db: Connection, actor: Actor, user_id: UUID, wanted: Change) -> User:
    """The user as they are after the change, which is on the audit log. To be called in a transaction.

    Raises NotFound; Refused for a role that is not there, and when nobody would be left to administer.
    """
    await db.execute(HOLD_ADMINS)
    before = await fetch(db, user_id)
    if before is None:
        raise NotFound(f"There is no user {user_id}.")
    await refuse_unknown_roles(db, wanted.roles or ())
    await refuse_last_admin(db, before, wanted)
    if wanted.roles is not None:
        await db.execute(SET_ROLES, {"user_id": user_id, "roles": list(wanted.roles)})
    if wanted.teams is not None:
        await db.execute(SET_TEAMS, {"user_id": user_id, "teams": list(wanted.teams)})
    if wanted.is_disabled is not None:
        await db.execute(SET_DISABLED, {"user_id": user_id, "is_disabled": wanted.is_disabled})
    after = await fetch(db, user_id)
    assert after is not None  # noqa: S101 - nobody deletes users
    entry = Entry(action="user_changed", target=before.name, details={"before": told(before), "after": told(after)})
    await audit.append(db, actor, entry)
    return after


async def refuse_unknown_roles(db: Connection, names: Iterable[str]) -> None:
    known = await role_names(db)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise Refused(
            f"There is no role {' or '.join(unknown)}.",
            code="unknown_roles",
            alternative=f"Roles here: {', '.join(known)}.",
        )


async def refuse_last_admin(db: Connection, before: User, wanted: Change) -> None:
    """Raises Refused when the change would leave no admin who is not disabled."""
    is_admin = ADMIN in before.roles and not before.is_disabled
    stays = (wanted.roles is None or ADMIN in wanted.roles) and not wanted.is_disabled
    if not is_admin or stays:
        return
    row = await (await db.execute(OTHER_ADMINS, {"user_id": before.id})).fetchone()
    if row and row["others"] == 0:
        raise Refused(
            f"{before.name} is the last admin: nobody could change permissions any more.",
            code="last_admin",
            alternative="Make somebody else an admin first.",
        )


def told(user: User) -> dict[str, Any]:
    """The user as the audit log has them."""
    return {key: value for key, value in asdict(user).items() if key not in ("id", "name")}


async def preferences(db: Connection, user_id: UUID) -> dict[str, Any]:
    """What the user has chosen; a key that is not there has its default."""
    row = await (await db.execute(PREFERENCES, {"user_id": user_id})).fetchone()
    return row["ai_preferences"] if row else {}


async def prefer(db: Connection, actor: Actor, changed: dict[str, Any]) -> dict[str, Any]:
    """The actor's preferences after this change, which is on the audit log. To be called in a transaction."""
    row = await (await db.execute(PREFERENCES_HELD, {"user_id": actor.user_id})).fetchone()
    before: dict[str, Any] = row["ai_preferences"] if row else {}
    after = before | changed
    await db.execute(PREFER, {"user_id": actor.user_id, "preferences": Jsonb(after)})
    entry = Entry(action="preferences_changed", target=actor.name, details={"before": before, "after": after})
    await audit.append(db, actor, entry)
    return after
