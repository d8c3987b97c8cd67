"""Runbooks: what can be run, by name, and the services that can be provisioned from templates."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString, TypeAlias
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.database import Connection
from domain.errors import Refused
from domain.found import Found, ask

Json: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal["runbook", "service_template"]

COLUMNS = """id, name, title, description, kind, service, alert_names, tags, parameters, steps -> 'steps' as steps,
    steps -> 'rollback' as rollback, cost, quota, connection, version, is_enabled, sample, updated_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """`parameters`, `steps`, `rollback`, `cost` and `quota` as JSON; what they mean is known to the tools.

    `connection` maps the names of connection details to the texts they are made from.
    """

    id: UUID
    name: str
    title: str
    description: str
    kind: Kind
    service: str
    alert_names: list[str]
    tags: list[str]
    parameters: list[Json]
    steps: list[Json]
    rollback: list[Json]
    cost: Json | None
    quota: Json | None
    connection: dict[str, str] | None
    version: int
    is_enabled: bool
    sample: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRunbook:
    name: str
    title: str = ""
    description: str = ""
    kind: Kind = "runbook"
    service: str = ""
    alert_names: list[str]
    tags: list[str]
    parameters: list[Json]
    steps: list[Json]
    rollback: list[Json]
    cost: Json | None = None
    quota: Json | None = None
    connection: dict[str, str] | None = None
    created_by: UUID | None

    def values(self) -> dict[str, object]:
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "kind": self.kind,
            "service": self.service,
            "alert_names": self.alert_names,
            "tags": self.tags,
            "parameters": Jsonb(self.parameters),
            "steps": Jsonb({"steps": self.steps, "rollback": self.rollback}),
            "cost": Jsonb(self.cost) if self.cost is not None else None,
            "quota": Jsonb(self.quota) if self.quota is not None else None,
            "connection": Jsonb(self.connection) if self.connection is not None else None,
            "created_by": self.created_by,
        }


ADD = f"""
insert into trivium.runbooks
    (name, title, description, kind, service, alert_names, tags, parameters, steps, cost, quota, connection, created_by)
values
    (%(name)s, %(title)s, %(description)s, %(kind)s, %(service)s, %(alert_names)s, %(tags)s, %(parameters)s, %(steps)s,
    %(cost)s, %(quota)s, %(connection)s, %(created_by)s)
on conflict (name) do nothing
returning {COLUMNS}"""


async def add(db: Connection, new: NewRunbook) -> Runbook:
    """It can be run from now on. Raises Refused (`already_exists`) when the name is taken."""
    made = await one(db, ADD, new.values())
    if made is None:
        raise Refused(
            f"There is a runbook named {new.name} already.",
            code="already_exists",
            alternative="Choose another name, or say which version of it this one replaces.",
        )
    return made


REVISE = f"""
update trivium.runbooks
set title = %(title)s, description = %(description)s, kind = %(kind)s, service = %(service)s,
    alert_names = %(alert_names)s, tags = %(tags)s, parameters = %(parameters)s, steps = %(steps)s, cost = %(cost)s,
    quota = %(quota)s, connection = %(connection)s, version = version + 1, sample = false, updated_at = now()
where name = %(name)s and version = %(replaces)s
returning {COLUMNS}"""


async def revise(db: Connection, new: NewRunbook, *, replaces: int) -> Runbook:
    """The new contents stand under the next version. Raises Refused when version `replaces` is not the one there is."""
    made = await one(db, REVISE, new.values() | {"replaces": replaces})
    if made is None:
        raise Refused(
            f"Version {replaces} of {new.name} is not the one there is.",
            code="version_conflict",
            alternative="Look at it again, and replace the version that stands.",
        )
    return made


BY_NAME = f"select {COLUMNS} from trivium.runbooks where name = %(reference)s or id::text = %(reference)s"


async def by_name(db: Connection, reference: str) -> Runbook | None:
    """The runbook of this name or id."""
    return await one(db, BY_NAME, {"reference": reference})


NAMES = "select name from trivium.runbooks where is_enabled order by name"


async def names(db: Connection) -> list[str]:
    return [row["name"] for row in await (await db.execute(NAMES)).fetchall()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All that is not empty must hold. `search` is words, of which any may match."""

    search: str = ""
    service: str = ""
    kind: Kind | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of a list; `total` counts all that match."""

    id: UUID
    name: str
    title: str
    description: str
    kind: Kind
    service: str
    alert_names: list[str]
    tags: list[str]
    parameters: list[Json]
    step_count: int
    version: int
    is_enabled: bool
    sample: bool
    total: int


MATCHING = """
select id, name, title, description, kind, service, alert_names, tags, parameters,
    jsonb_array_length(steps -> 'steps') as step_count, version, is_enabled, sample, count(*) over () as total
from trivium.runbooks, plainto_tsquery('english', %(search)s) as strict,
    to_tsquery('english', replace(strict::text, '&', '|')) as loose
where %(service)s in ('', service) and coalesce(%(kind)s::text, kind) = kind
    and (%(search)s = '' or search @@ loose or strpos(name, lower(%(search)s)) > 0
        or lower(%(search)s) = any(select lower(label) from unnest(tags || alert_names) as label))
order by is_enabled desc, (lower(%(search)s) = any(select lower(label) from unnest(tags || alert_names) as label)) desc,
    ts_rank_cd(search, loose, 32) desc, name
limit %(limit)s"""


async def matching(db: Connection, wanted: Wanted) -> Found[Listed]:
    """By how well they match, then by name. An alert's name or a tag that is the whole search comes first."""
    values = {"search": wanted.search, "service": wanted.service, "kind": wanted.kind, "limit": wanted.limit}
    return await ask(db, Listed, MATCHING, values)


async def one(db: Connection, sql: LiteralString, values: dict[str, object]) -> Runbook | None:
    async with db.cursor(row_factory=class_row(Runbook)) as cursor:
        await cursor.execute(sql, values)
        return await cursor.fetchone()
