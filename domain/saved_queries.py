"""Saved queries: what a user asks again and again, by a name of their own; nobody else sees it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, LiteralString, TypeAlias
from uuid import UUID

from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.rows import class_row

from domain import audit
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Connection
from domain.errors import NotFound, Refused

Language: TypeAlias = Literal["words", "promql", "logql", "traceql"]

COLUMNS = "id, name, language, query, description, datasource_id, created_at, updated_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`language` words: `query` is a question in plain words."""

    name: str
    language: Language
    query: str
    description: str = ""
    datasource_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery(Draft):
    id: UUID
    created_at: datetime
    updated_at: datetime


ADD = f"""
insert into trivium.saved_queries (user_id, name, language, query, description, datasource_id)
values (%(user_id)s, %(name)s, %(language)s, %(query)s, %(description)s, %(datasource_id)s)
returning {COLUMNS}"""


async def add(db: Connection, actor: Actor, draft: Draft) -> SavedQuery:
    """It is the actor's from now on, which is on the audit log. In a transaction. Raises Refused (`already_exists`)."""
    made = await written(db, ADD, draft, {"user_id": actor.user_id})
    assert made is not None  # noqa: S101 - an insert returns its row
    await audit.append(db, actor, entry("query_saved", made))
    return made


async def written(db: Connection, statement: LiteralString, draft: Draft, more: dict[str, UUID]) -> SavedQuery | None:
    try:
        return await one(db, statement, asdict(draft) | more)
    except UniqueViolation as error:
        raise Refused(
            f"You have a saved query named {draft.name} already.",
            code="already_exists",
            alternative="Choose another name.",
        ) from error
    except ForeignKeyViolation as error:
        raise Refused(f"There is no datasource {draft.datasource_id}.", code="unknown_datasource") from error


OF_USER = f"select {COLUMNS} from trivium.saved_queries where user_id = %(user_id)s order by name limit %(limit)s"


async def of_user(db: Connection, actor: Actor, *, limit: int) -> list[SavedQuery]:
    """The actor's own, by name."""
    async with db.cursor(row_factory=class_row(SavedQuery)) as cursor:
        await cursor.execute(OF_USER, {"user_id": actor.user_id, "limit": limit})
        return await cursor.fetchall()


BY_ID = f"select {COLUMNS} from trivium.saved_queries where id = %(id)s and user_id = %(user_id)s"


async def fetch(db: Connection, actor: Actor, query_id: UUID) -> SavedQuery:
    """Raises NotFound, also for another user's."""
    return found(await one(db, BY_ID, {"id": query_id, "user_id": actor.user_id}), query_id)


CHANGE = f"""
update trivium.saved_queries
set name = %(name)s, language = %(language)s, query = %(query)s, description = %(description)s,
    datasource_id = %(datasource_id)s, updated_at = now()
where id = %(id)s and user_id = %(user_id)s
returning {COLUMNS}"""


async def change(db: Connection, actor: Actor, query_id: UUID, draft: Draft) -> SavedQuery:
    """It is as in `draft`, which is on the audit log. In a transaction. Raises NotFound, Refused (`already_exists`)."""
    after = found(await written(db, CHANGE, draft, {"id": query_id, "user_id": actor.user_id}), query_id)
    await audit.append(db, actor, entry("saved_query_changed", after))
    return after


REMOVE = f"delete from trivium.saved_queries where id = %(id)s and user_id = %(user_id)s returning {COLUMNS}"


async def remove(db: Connection, actor: Actor, query_id: UUID) -> None:
    """It is gone, which is on the audit log. In a transaction. Raises NotFound."""
    gone = found(await one(db, REMOVE, {"id": query_id, "user_id": actor.user_id}), query_id)
    await audit.append(db, actor, entry("saved_query_removed", gone))


async def one(db: Connection, statement: LiteralString, values: Mapping[str, object]) -> SavedQuery | None:
    async with db.cursor(row_factory=class_row(SavedQuery)) as cursor:
        await cursor.execute(statement, values)
        return await cursor.fetchone()


def found(query: SavedQuery | None, query_id: UUID) -> SavedQuery:
    if query is None:
        raise NotFound(f"You have no saved query {query_id}.")
    return query


def entry(action: str, query: SavedQuery) -> Entry:
    details = {"id": str(query.id), "language": query.language, "query": query.query}
    return Entry(action=action, target=query.name, details=details)
