"""The audit log: who did what, appended and never changed."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from domain.actors import Actor
from domain.database import Connection

APPEND = """
insert into trivium.audit_logs (user_id, entrance, request_id, action, target, details, ai_session_id, ai_tool_name)
values (%(user_id)s, %(entrance)s, %(request_id)s, %(action)s, %(target)s, %(details)s, %(session_id)s, %(tool)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One deed. `action` is a verb in the past (`session_started`), `target` what it was done to."""

    action: str
    target: str = ""
    details: dict[str, Any]
    session_id: UUID | None = None
    tool: str | None = None


async def append(db: Connection, actor: Actor, entry: Entry) -> None:
    """The deed is on record; in the caller's transaction, so that it stands or falls with the deed itself."""
    values = {
        "user_id": actor.user_id,
        "entrance": actor.entrance.value,
        "request_id": actor.request_id,
        "action": entry.action,
        "target": entry.target,
        "details": Jsonb(entry.details),
        "session_id": entry.session_id,
        "tool": entry.tool,
    }
    await db.execute(APPEND, values)
