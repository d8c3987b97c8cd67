"""Language models: where each is, in which order they are asked, how they are, and what admins have changed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString, TypeAlias
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from domain import audit
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Connection
from domain.errors import NotFound, Refused

Environment: TypeAlias = Literal["LAB", "NONPROD", "PROD"]
Status: TypeAlias = Literal["healthy", "unhealthy", "unknown"]
LONGEST_ERROR = 500

COLUMNS = """id, name, environment, base_url, model, secret_ref, is_default, fallback_order, is_enabled,
    timeout_seconds, status, checked_at, last_error, created_at, updated_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an admin decides. `base_url` and `secret_ref` have been checked; `fallback_order` None: it stands in for
    no other."""

    name: str
    environment: Environment
    base_url: str
    model: str
    secret_ref: str | None = None
    is_default: bool = False
    fallback_order: int | None = None
    is_enabled: bool = True
    timeout_seconds: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmModel(Draft):
    """A row. `status` is of the last look or use, whichever came last."""

    id: UUID
    status: Status
    checked_at: datetime | None
    last_error: str
    created_at: datetime
    updated_at: datetime

    @property
    def draft(self) -> Draft:
        return Draft(**{name: getattr(self, name) for name in Draft.__dataclass_fields__})

    @property
    def is_asked(self) -> bool:
        """Whether runs ask it at all."""
        return self.is_enabled and (self.is_default or self.fallback_order is not None)


ALL = f"select {COLUMNS} from trivium.llm_models order by environment, is_default desc, fallback_order, name"
ASKED = f"""
select {COLUMNS} from trivium.llm_models
where environment = %(environment)s and is_enabled and (is_default or fallback_order is not null)
order by is_default desc, fallback_order, name"""
BY_ID = f"select {COLUMNS} from trivium.llm_models where id = %(id)s"
BY_NAME = f"select {COLUMNS} from trivium.llm_models where name = %(name)s"
HELD = BY_ID + " for no key update"


async def everyone(db: Connection) -> list[LlmModel]:
    """By environment, each in the order in which its models are asked, those that are never asked last."""
    return await many(db, ALL, {})


async def asked(db: Connection, environment: Environment) -> list[LlmModel]:
    """The enabled ones of one environment in the order in which they are asked: the default, then the others."""
    return await many(db, ASKED, {"environment": environment})


async def fetch(db: Connection, model_id: UUID) -> LlmModel:
    """Raises NotFound."""
    return found(await one(db, BY_ID, {"id": model_id}), str(model_id))


async def by_name(db: Connection, name: str) -> LlmModel:
    """Raises NotFound."""
    return found(await one(db, BY_NAME, {"name": name}), name)


async def held(db: Connection, model_id: UUID) -> LlmModel:
    """Nobody else changes it before the transaction ends. Raises NotFound."""
    return found(await one(db, HELD, {"id": model_id}), str(model_id))


ADD = f"""
insert into trivium.llm_models
    (name, environment, base_url, model, secret_ref, is_default, fallback_order, is_enabled, timeout_seconds,
    created_by)
values
    (%(name)s, %(environment)s, %(base_url)s, %(model)s, %(secret_ref)s, %(is_default)s, %(fallback_order)s,
    %(is_enabled)s, %(timeout_seconds)s, %(created_by)s)
returning {COLUMNS}"""
UNSET_DEFAULT = """
update trivium.llm_models set is_default = false, updated_at = clock_timestamp()
where environment = %(environment)s and is_default and id is distinct from %(id)s
"""


async def add(db: Connection, actor: Actor, draft: Draft) -> LlmModel:
    """It is asked from now on where its place says so; on the audit log. In a transaction. Raises Refused for a taken
    name. A default takes the place of the one that its environment had."""
    if draft.is_default:
        await db.execute(UNSET_DEFAULT, {"environment": draft.environment, "id": None})
    made = await written(db, ADD, draft, {"created_by": actor.user_id})
    assert made is not None  # noqa: S101 - an insert returns its row
    await audit.append(db, actor, Entry(action="llm_model_added", target=made.name, details={"after": told(made)}))
    return made


CHANGE = f"""
update trivium.llm_models
set name = %(name)s, environment = %(environment)s, base_url = %(base_url)s, model = %(model)s,
    secret_ref = %(secret_ref)s, is_default = %(is_default)s, fallback_order = %(fallback_order)s,
    is_enabled = %(is_enabled)s, timeout_seconds = %(timeout_seconds)s, updated_at = clock_timestamp(),
    status = case when %(is_elsewhere)s then 'unknown' else status end,
    checked_at = case when %(is_elsewhere)s then null else checked_at end,
    last_error = case when %(is_elsewhere)s then '' else last_error end
where id = %(id)s
returning {COLUMNS}"""


async def change(db: Connection, actor: Actor, before: LlmModel, draft: Draft) -> LlmModel:
    """It is as in `draft`, which is on the audit log. To be called in a transaction that holds it. Raises Refused.

    What is known of how it is, is forgotten where it is another model now.
    """
    if draft.is_default:
        await db.execute(UNSET_DEFAULT, {"environment": draft.environment, "id": before.id})
    is_elsewhere = (draft.base_url, draft.model, draft.secret_ref) != (before.base_url, before.model, before.secret_ref)
    after = found(
        await written(db, CHANGE, draft, {"id": before.id, "is_elsewhere": is_elsewhere}), str(before.id)
    )  # fmt: skip
    details = {"before": told(before), "after": told(after)}
    await audit.append(db, actor, Entry(action="llm_model_changed", target=after.name, details=details))
    return after


REMOVE = "delete from trivium.llm_models where id = %(id)s"


async def remove(db: Connection, actor: Actor, model_id: UUID) -> None:
    """It is gone; what it was used for stays on record by its name. On the audit log. To be called in a transaction."""
    before = await held(db, model_id)
    await db.execute(REMOVE, {"id": model_id})
    details = {"before": told(before)}
    await audit.append(db, actor, Entry(action="llm_model_removed", target=before.name, details=details))


DUE = """
update trivium.llm_models set checked_at = clock_timestamp()
where id in (
    select id from trivium.llm_models
    where environment = %(environment)s and is_enabled
        and (checked_at is null or checked_at <= clock_timestamp() - make_interval(secs => %(seconds)s))
    for update skip locked
)
returning id"""


async def due(db: Connection, environment: Environment, seconds: float) -> list[UUID]:
    """The enabled ones that nobody has looked at or used for so long. They count as looked at from now on, so that
    each is looked at by one process."""
    rows = await (await db.execute(DUE, {"environment": environment, "seconds": seconds})).fetchall()
    return [row["id"] for row in rows]


NOTE = """
update trivium.llm_models
set status = %(status)s, last_error = %(error)s, checked_at = clock_timestamp()
where id = %(id)s and updated_at = %(updated_at)s
"""


async def note(db: Connection, model: LlmModel, error: str) -> None:
    """How it was when it was looked at or used as it stood then; `error` is "" when it answered. What was learned of
    a model that has been changed since says nothing of the new one."""
    values = {
        "id": model.id, "updated_at": model.updated_at, "error": error[:LONGEST_ERROR],
        "status": "unhealthy" if error else "healthy",
    }  # fmt: skip
    await db.execute(NOTE, values)


async def written(db: Connection, statement: LiteralString, draft: Draft, more: Mapping[str, Any]) -> LlmModel | None:
    try:
        return await one(db, statement, {**asdict(draft), **more})
    except UniqueViolation as error:
        raise Refused(
            f"There is a language model named {draft.name} already.",
            code="already_exists",
            alternative="Choose another name.",
        ) from error


async def one(db: Connection, statement: LiteralString, values: Mapping[str, Any]) -> LlmModel | None:
    async with db.cursor(row_factory=class_row(LlmModel)) as cursor:
        await cursor.execute(statement, values)
        return await cursor.fetchone()


async def many(db: Connection, statement: LiteralString, values: Mapping[str, Any]) -> list[LlmModel]:
    async with db.cursor(row_factory=class_row(LlmModel)) as cursor:
        await cursor.execute(statement, values)
        return await cursor.fetchall()


def found(model: LlmModel | None, what: str) -> LlmModel:
    if model is None:
        raise NotFound(f"There is no language model {what}.")
    return model


def told(model: LlmModel) -> dict[str, Any]:
    """The model as the audit log has it: of a secret only where it is."""
    return asdict(model.draft)
