"""Datasources: where metrics, logs and traces are asked for, by name, and who may ask there."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, LiteralString, TypeAlias
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain import audit, enforcement
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Connection, Pool
from domain.enforcement import Rule
from domain.errors import NotFound, Refused
from domain.secrets import Keyring

Kind: TypeAlias = Literal["prometheus", "loki", "tempo", "influxdb", "custom"]
Through: TypeAlias = Literal["grafana", "direct"]

COLUMNS = """id, name, type, through, url, grafana_uid, is_default, is_enabled, config_json, allowed_roles,
    api_key_sealed is not null as has_key, version, created_at, updated_at"""
SELECT = f"select {COLUMNS} from trivium.grafana_datasources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an admin decides. `allowed_roles` empty: everybody who may query at all."""

    name: str
    type: Kind
    through: Through
    url: str = ""
    grafana_uid: str = ""
    is_default: bool = False
    is_enabled: bool = True
    config_json: dict[str, Any] = field(default_factory=dict[str, Any])
    allowed_roles: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Datasource(Draft):
    """All that anybody is shown: of the key only whether there is one."""

    id: UUID
    has_key: bool
    version: int
    created_at: datetime
    updated_at: datetime

    def is_open_to(self, roles: Iterable[str]) -> bool:
        return self.is_enabled and (not self.allowed_roles or not frozenset(self.allowed_roles).isdisjoint(roles))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What some people's queries are held to here. Raises Refused when that cannot be read: then nobody asks."""
        return enforcement.rules(self.config_json)

    @property
    def draft(self) -> Draft:
        own = asdict(self)
        return Draft(**{name: own[name] for name in DECIDED})


DECIDED = tuple(Draft.__dataclass_fields__)

ADD = f"""
insert into trivium.grafana_datasources
    (name, type, through, url, grafana_uid, api_key_sealed, is_default, is_enabled, config_json, allowed_roles)
values
    (%(name)s, %(type)s, %(through)s, %(url)s, %(grafana_uid)s, %(key)s, %(is_default)s, %(is_enabled)s,
    %(config_json)s, %(allowed_roles)s)
returning {COLUMNS}"""
# Queries choose by the default, so it moves rather than being refused; the one index keeps it alone.
YIELD = """
update trivium.grafana_datasources set is_default = false, updated_at = now()
where type = %(type)s and is_default and id is distinct from %(id)s::uuid
returning name"""


async def add(db: Connection, actor: Actor, draft: Draft, key: str | None) -> Datasource:
    """It can be asked from now on, which is on the audit log; `key` is sealed. To be called in a transaction.

    A new default takes the place of the old one. Raises Refused (`already_exists`, `invalid_arguments`).
    """
    former = await yielded(db, draft, None)
    made = await written(db, ADD, draft, {"key": key})
    assert made is not None  # noqa: S101 - an insert returns its row
    details = told(made) | {"default_before": former}
    await audit.append(db, actor, Entry(action="datasource_added", target=made.name, details=details))
    return made


async def yielded(db: Connection, draft: Draft, own: UUID | None) -> str | None:
    """The name of the other datasource that is the default no more."""
    if not draft.is_default:
        return None
    row = await (await db.execute(YIELD, {"type": draft.type, "id": own})).fetchone()
    return row["name"] if row else None


async def written(db: Connection, statement: LiteralString, draft: Draft, more: dict[str, Any]) -> Datasource | None:
    enforcement.rules(draft.config_json)
    enforcement.traces_are_open(draft.config_json)
    values = asdict(draft) | {"config_json": Jsonb(draft.config_json), **more}
    try:
        async with db.cursor(row_factory=class_row(Datasource)) as cursor:
            await cursor.execute(statement, values)
            return await cursor.fetchone()
    except UniqueViolation as error:
        raise taken(draft, error.diag.constraint_name or "") from error


def taken(draft: Draft, constraint: str) -> Refused:
    if constraint == "grafana_datasources_uid":
        message = f"Grafana's datasource {draft.grafana_uid} is here already, under another name."
        return Refused(message, code="already_exists", alternative="Change that one.")
    message = f"There is a datasource named {draft.name} already."
    return Refused(message, code="already_exists", alternative="Choose another name.")


BY_ID = SELECT + " where id = %(id)s"
BY_ID_HELD = BY_ID + " for update"


async def fetch(db: Connection, datasource_id: UUID) -> Datasource | None:
    async with db.cursor(row_factory=class_row(Datasource)) as cursor:
        await cursor.execute(BY_ID, {"id": datasource_id})
        return await cursor.fetchone()


async def held(db: Connection, datasource_id: UUID) -> Datasource:
    """The datasource, and nobody else changes it until the transaction ends. Raises NotFound."""
    async with db.cursor(row_factory=class_row(Datasource)) as cursor:
        await cursor.execute(BY_ID_HELD, {"id": datasource_id})
        found = await cursor.fetchone()
    if found is None:
        raise NotFound(f"There is no datasource {datasource_id}.")
    return found


ALL = SELECT + " order by type, name"


async def listed(db: Connection) -> list[Datasource]:
    """All of them, by type and name."""
    async with db.cursor(row_factory=class_row(Datasource)) as cursor:
        await cursor.execute(ALL)
        return await cursor.fetchall()


class Directory:
    """The datasources as they were at a version, kept until somebody knows of another one."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._version = -1
        self._rows: tuple[Datasource, ...] = ()

    async def at(self, version: int | None) -> tuple[Datasource, ...]:
        """All of them by type and name, of `version`, which the caller has read from the table `versions`, or newer.

        None: as they are now.
        """
        if version is not None and version == self._version:
            return self._rows
        async with self._pool.connection() as db:
            rows = tuple(await listed(db))
        if version is not None and version > self._version:
            self._version, self._rows = version, rows
        return rows


CHANGE = f"""
update trivium.grafana_datasources
set name = %(name)s, type = %(type)s, through = %(through)s, url = %(url)s, grafana_uid = %(grafana_uid)s,
    is_default = %(is_default)s, is_enabled = %(is_enabled)s, config_json = %(config_json)s,
    allowed_roles = %(allowed_roles)s, version = version + 1, updated_at = now(),
    api_key_sealed = case when %(is_key_kept)s then api_key_sealed else %(key)s end
where id = %(id)s
returning {COLUMNS}"""


@dataclass(frozen=True, slots=True)
class NewKey:
    """The sealed key to put in place of the one that stands; None takes it away."""

    sealed: str | None = field(repr=False)


async def change(
    db: Connection, actor: Actor, before: Datasource, draft: Draft, key: NewKey | None = None
) -> Datasource:
    """It is as in `draft`, which is on the audit log; no answer from before is given any more. `key` None: it stays.

    To be called in the transaction in which `held` gave `before`. Raises Refused as `add` does.
    """
    former = await yielded(db, draft, before.id)
    more = {"id": before.id, "is_key_kept": key is None, "key": key.sealed if key else None}
    after = await written(db, CHANGE, draft, more)
    assert after is not None  # noqa: S101 - the row is held
    details = {"before": told(before), "after": told(after), "key_changed": key is not None, "default_before": former}
    await audit.append(db, actor, Entry(action="datasource_changed", target=after.name, details=details))
    return after


REMOVE = "delete from trivium.grafana_datasources where id = %(id)s"


async def remove(db: Connection, actor: Actor, datasource_id: UUID) -> None:
    """It is gone with all its kept answers, which is on the audit log. In a transaction. Raises NotFound."""
    before = await held(db, datasource_id)
    await db.execute(REMOVE, {"id": datasource_id})
    await audit.append(db, actor, Entry(action="datasource_removed", target=before.name, details=told(before)))


def told(datasource: Datasource) -> dict[str, Any]:
    """The datasource as the audit log has it."""
    return {"id": str(datasource.id), "has_key": datasource.has_key} | asdict(datasource.draft)


SEALED = "select api_key_sealed from trivium.grafana_datasources where id = %(id)s"


async def sealed_key(db: Connection, datasource_id: UUID) -> str | None:
    """The key as it is kept, for whoever asks the datasource."""
    row = await (await db.execute(SEALED, {"id": datasource_id})).fetchone()
    return row["api_key_sealed"] if row else None


ALL_SEALED = (
    "select id, name, api_key_sealed from trivium.grafana_datasources where api_key_sealed is not null for update"
)
MOVE = "update trivium.grafana_datasources set api_key_sealed = %(sealed)s where id = %(id)s"


async def move(db: Connection, keyring: Keyring) -> int:
    """Every key is under the ring's first key; returns how many. In a transaction. Raises Refused: none is moved."""
    rows = await (await db.execute(ALL_SEALED)).fetchall()
    for row in rows:
        try:
            sealed = keyring.reseal(row["api_key_sealed"])
        except Refused as error:
            raise Refused(
                f"No key of TRIVIUM_SECRET_KEYS opens the key of datasource {row['name']}; nothing was moved.",
                code="secret_unreadable",
                alternative="Add the key that sealed it behind the others, and try again.",
            ) from error
        await db.execute(MOVE, {"id": row["id"], "sealed": sealed})
    return len(rows)
