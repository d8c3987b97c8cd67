"""Application profiles: what an application consists of, how its parts are named in telemetry, and what it promises."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain import audit
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Connection
from domain.errors import NotFound, Refused
from domain.found import Found, ask

COLUMNS = """id, name, description, architecture_info, service_mappings, datasource_id, default_metrics, slos, sample,
    created_at, updated_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`service_mappings`: part → {metrics_prefix, log_label "app=abc-web"}; `slos`: objective → number.

    `datasource_id` is where its metrics are; None: the default. The JSON is as it was written: whoever reads a key
    of it checks its kind.
    """

    name: str
    description: str = ""
    architecture_info: dict[str, Any] = field(default_factory=dict[str, Any])
    service_mappings: dict[str, Any] = field(default_factory=dict[str, Any])
    default_metrics: list[Any] = field(default_factory=list[Any])
    slos: dict[str, Any] = field(default_factory=dict[str, Any])
    datasource_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationProfile(Draft):
    id: UUID
    sample: bool
    created_at: datetime
    updated_at: datetime

    @property
    def draft(self) -> Draft:
        own = asdict(self)
        return Draft(**{name: own[name] for name in DECIDED})


DECIDED = tuple(Draft.__dataclass_fields__)


BY_NAME = f"""
select {COLUMNS} from trivium.application_profiles where lower(name) = lower(%(name)s)
order by name = %(name)s desc, name limit 1"""


async def by_name(db: Connection, name: str) -> Found[ApplicationProfile]:
    """The profile of that name, in any case; no row without one."""
    return await ask(db, ApplicationProfile, BY_NAME, {"name": name})


BY_ID = f"select {COLUMNS} from trivium.application_profiles where id = %(id)s"
BY_ID_HELD = BY_ID + " for update"


async def fetch(db: Connection, profile_id: UUID) -> ApplicationProfile:
    """Raises NotFound."""
    return there(await one(db, BY_ID, {"id": profile_id}), profile_id)


async def held(db: Connection, profile_id: UUID) -> ApplicationProfile:
    """The profile, and nobody else changes it until the transaction ends. Raises NotFound."""
    return there(await one(db, BY_ID_HELD, {"id": profile_id}), profile_id)


PAGE = f"""
select {COLUMNS}, count(*) over () as total from trivium.application_profiles
order by name limit %(limit)s offset %(offset)s"""
COUNT = "select count(*) as total from trivium.application_profiles"


async def page(db: Connection, *, limit: int, offset: int) -> tuple[list[ApplicationProfile], int]:
    """By name, and how many there are in all."""
    rows = await (await db.execute(PAGE, {"limit": limit, "offset": offset})).fetchall()
    total = rows[0]["total"] if rows else await counted(db)
    return [ApplicationProfile(**{key: row[key] for key in row if key != "total"}) for row in rows], total


async def counted(db: Connection) -> int:
    row = await (await db.execute(COUNT)).fetchone()
    return row["total"] if row else 0


ADD = f"""
insert into trivium.application_profiles
    (name, description, architecture_info, service_mappings, datasource_id, default_metrics, slos)
values
    (%(name)s, %(description)s, %(architecture_info)s, %(service_mappings)s, %(datasource_id)s, %(default_metrics)s,
    %(slos)s)
returning {COLUMNS}"""


KNOWN_ANEW = "update trivium.versions set version = version + 1 where name = 'names'"


async def add(db: Connection, actor: Actor, draft: Draft) -> ApplicationProfile:
    """Questions can be about it, which is on the audit log. In a transaction. Raises Refused (`already_exists`)."""
    made = await written(db, ADD, draft, {})
    assert made is not None  # noqa: S101 - an insert returns its row
    await db.execute(KNOWN_ANEW)
    await audit.append(db, actor, Entry(action="application_added", target=made.name, details=told(made)))
    return made


CHANGE = f"""
update trivium.application_profiles
set name = %(name)s, description = %(description)s, architecture_info = %(architecture_info)s,
    service_mappings = %(service_mappings)s, datasource_id = %(datasource_id)s,
    default_metrics = %(default_metrics)s, slos = %(slos)s, sample = false, updated_at = now()
where id = %(id)s
returning {COLUMNS}"""


async def change(db: Connection, actor: Actor, before: ApplicationProfile, draft: Draft) -> ApplicationProfile:
    """It is as in `draft` and no sample any more, which is on the audit log.

    To be called in the transaction in which `held` gave `before`. Raises Refused (`already_exists`).
    """
    after = await written(db, CHANGE, draft, {"id": before.id})
    assert after is not None  # noqa: S101 - the row is held
    details = {"before": told(before), "after": told(after)}
    if after.name != before.name:
        await db.execute(KNOWN_ANEW)
    await audit.append(db, actor, Entry(action="application_changed", target=after.name, details=details))
    return after


REMOVE = f"delete from trivium.application_profiles where id = %(id)s returning {COLUMNS}"


async def remove(db: Connection, actor: Actor, profile_id: UUID) -> None:
    """It is gone, which is on the audit log. In a transaction. Raises NotFound."""
    gone = there(await one(db, REMOVE, {"id": profile_id}), profile_id)
    await db.execute(KNOWN_ANEW)
    await audit.append(db, actor, Entry(action="application_removed", target=gone.name, details=told(gone)))


async def written(
    db: Connection, statement: LiteralString, draft: Draft, more: Mapping[str, object]
) -> ApplicationProfile | None:
    values = {name: Jsonb(value) if isinstance(value, dict | list) else value for name, value in asdict(draft).items()}
    try:
        return await one(db, statement, {**values, **more})
    except UniqueViolation as error:
        raise Refused(
            f"There is an application named {draft.name} already.",
            code="already_exists",
            alternative="Choose another name.",
        ) from error
    except ForeignKeyViolation as error:
        raise Refused(f"There is no datasource {draft.datasource_id}.", code="unknown_datasource") from error


async def one(db: Connection, statement: LiteralString, values: Mapping[str, object]) -> ApplicationProfile | None:
    async with db.cursor(row_factory=class_row(ApplicationProfile)) as cursor:
        await cursor.execute(statement, values)
        return await cursor.fetchone()


def there(profile: ApplicationProfile | None, profile_id: UUID) -> ApplicationProfile:
    if profile is None:
        raise NotFound(f"There is no application {profile_id}.")
    return profile


def told(profile: ApplicationProfile) -> dict[str, Any]:
    """The profile as the audit log has it."""
    own = asdict(profile.draft)
    return own | {"id": str(profile.id), "datasource_id": str(profile.datasource_id) if profile.datasource_id else None}
