"""The audit log: who did what, appended and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString, TypeAlias
from uuid import UUID

from psycopg.types.json import Jsonb

from domain.actors import Actor
from domain.database import Connection
from domain.found import Found, ask
from domain.windows import Window

Field: TypeAlias = Literal["users", "actions", "tools"]
CONDITIONS: Mapping[Field, LiteralString] = {
    "users": " and person.name = any(%(users)s)",
    "actions": " and entry.action = any(%(actions)s)",
    "tools": " and entry.ai_tool_name = any(%(tools)s)",
}

APPEND = """
insert into trivium.audit_logs (user_id, entrance, request_id, action, target, details, ai_session_id, ai_tool_name)
values (%(user_id)s, %(entrance)s, %(request_id)s, %(action)s, %(target)s, %(details)s, %(session_id)s, %(tool)s)
"""

COUNT = """
select count(*) as entries
from trivium.audit_logs as entry left join trivium.users as person on person.id = entry.user_id
where entry.at >= %(start)s and entry.at < %(end)s{narrowing}
"""
NEWEST = """
select link.sequence, entry.id, entry.at, person.name as user, entry.entrance, entry.request_id, entry.action,
    entry.target, entry.details, entry.ai_session_id as session_id, entry.ai_tool_name as tool
from trivium.audit_logs as entry left join trivium.users as person on person.id = entry.user_id
left join trivium.audit_chain as link on link.entry_id = entry.id
where entry.at >= %(start)s and entry.at < %(end)s{narrowing}
order by entry.at desc, entry.id desc limit %(limit)s offset %(offset)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One deed. `action` is a verb in the past (`session_started`), `target` what it was done to."""

    action: str
    target: str = ""
    details: dict[str, Any]
    session_id: UUID | None = None
    tool: str | None = None


async def append(db: Connection, actor: Actor | None, entry: Entry) -> None:
    """The deed is on record; in the caller's transaction, so that it stands or falls with the deed itself.

    Nobody's deed (`actor` None) is Trivium's own: a time that ran out, an outcome that nobody can tell.
    """
    values = {
        "user_id": actor.user_id if actor else None,
        "entrance": actor.entrance.value if actor else "trivium",
        "request_id": actor.request_id if actor else "",
        "action": entry.action,
        "target": entry.target,
        "details": Jsonb(entry.details),
        "session_id": entry.session_id,
        "tool": entry.tool,
    }
    await db.execute(APPEND, values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Any of the names in each tuple, all tuples at once; an empty tuple does not narrow."""

    users: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    window: Window

    def lists(self) -> dict[Field, list[str]]:
        named: dict[Field, tuple[str, ...]] = {"users": self.users, "actions": self.actions, "tools": self.tools}
        return {field: list(values) for field, values in named.items() if values}

    def narrowing(self) -> LiteralString:
        fields = self.lists()
        return "".join(sql for field, sql in CONDITIONS.items() if field in fields)

    def parameters(self) -> dict[str, object]:
        return {**self.lists(), "start": self.window.start, "end": self.window.end}


@dataclass(frozen=True, slots=True)
class Count:
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An entry as it stands on the log; `sequence` is its place in the chain, None when somebody put it in by hand."""

    sequence: int | None
    id: int
    at: datetime
    user: str | None
    entrance: str
    request_id: str
    action: str
    target: str
    details: dict[str, Any]
    session_id: UUID | None
    tool: str | None


async def count(db: Connection, search: Search) -> Found[Count]:
    """One row."""
    return await ask(db, Count, COUNT.format(narrowing=search.narrowing()), search.parameters())


async def newest(db: Connection, search: Search, limit: int, offset: int) -> Found[Recorded]:
    """The entries found, newest first."""
    sql = NEWEST.format(narrowing=search.narrowing())
    return await ask(db, Recorded, sql, search.parameters() | {"limit": limit, "offset": offset})
