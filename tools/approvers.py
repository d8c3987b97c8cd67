"""Approvers: who could give their word on a change, so that its requester knows whom to ask."""

from dataclasses import dataclass

from psycopg.rows import class_row

from domain import permissions
from domain.confirmations import Confirmation
from domain.database import Connection, Pool
from tools.call import Door
from tools.spec import Pillar

MOST_NAMED = 20
HOLDERS = """
select distinct person.name
from trivium.users as person
join trivium.user_roles as held on held.user_id = person.id
join trivium.roles as role on role.id = held.role_id
where role.name = any(%(roles)s) and person.disabled_at is null and person.id <> %(requester)s
order by person.name limit %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvers:
    """`roles` may make the change; `names` are people of these roles other than who asked for it, at most twenty."""

    roles: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    name: str


async def of(door: Door, pool: Pool, found: Confirmation) -> Approvers:
    """By the policy of now; nobody for a tool that is no more, and no names where only the requester's word counts."""
    spec = door.catalogue.get(found.tool)
    if spec is None:
        return Approvers(roles=(), names=())
    async with pool.connection() as db:
        policy = await door.policy.at(await permissions.version(db), db)
        roles = policy.allowing(spec, Pillar(found.pillar))
        names = await holders(db, roles, found) if found.mode == "four_eyes" else ()
    return Approvers(roles=roles, names=names)


async def holders(db: Connection, roles: tuple[str, ...], found: Confirmation) -> tuple[str, ...]:
    values = {"roles": list(roles), "requester": found.user_id, "limit": MOST_NAMED}
    async with db.cursor(row_factory=class_row(Named)) as cursor:
        await cursor.execute(HOLDERS, values)
        return tuple(person.name for person in await cursor.fetchall())
