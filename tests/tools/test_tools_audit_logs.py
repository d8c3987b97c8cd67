from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain import audit
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Pool
from domain.errors import Refused
from tests.house import actor, door, tool_context
from tools.audit_logs import QUERY_AUDIT_LOGS, QueryAuditLogs
from tools.spec import Pillar, ToolContext, ToolResult

SESSION = UUID("00000000-0000-0000-0000-000000000009")
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
DATED = """
insert into trivium.audit_logs (at, user_id, entrance, action, target, details)
values (%(at)s, %(user_id)s, 'http', 'dated', %(at)s::text, '{}')
"""


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await actor(pool, "admin", name="ann")


async def context_of(pool: Pool, who: Actor, now: datetime | None = None) -> ToolContext:
    return await tool_context(pool, who, Pillar.REVIVE, now or datetime.now(UTC) + timedelta(seconds=5))


async def ask(context: ToolContext, **arguments: Any) -> ToolResult:
    return await QUERY_AUDIT_LOGS.handler(context, QueryAuditLogs.model_validate(arguments))


async def record(pool: Pool, who: Actor, *entries: Entry) -> None:
    async with pool.connection() as db:
        for entry in entries:
            await audit.append(db, who, entry)


async def test_an_entry_is_told_with_its_user_and_its_place_in_the_chain(pool: Pool, ann: Actor) -> None:
    context = await context_of(pool, ann)
    await record(pool, ann, Entry(action="told", target="x", details={"n": 1}, session_id=SESSION, tool="query_echo"))
    result = await ask(context)
    (entry,) = result.data["entries"]
    assert entry.pop("at").endswith("Z")
    assert entry == {
        "sequence": 1,
        "id": 1,
        "user": "ann",
        "entrance": "script",
        "request_id": ann.request_id,
        "action": "told",
        "target": "x",
        "details": {"n": 1},
        "session_id": str(SESSION),
        "tool": "query_echo",
    }
    assert (result.status, result.source, result.data["total"], result.cut) == ("ok", "trivium audit log", 1, None)
    assert "trivium.audit_logs" in result.query
    assert (result.as_of, result.window and result.window.end) == (context.clock(), context.clock())


async def test_arguments_narrow_and_page(pool: Pool, ann: Actor) -> None:
    bob = await actor(pool, "engineer", name="bob")
    for number in range(3):
        await record(pool, ann, Entry(action="called", target=f"a{number}", details={}, tool="query_echo"))
    await record(pool, bob, Entry(action="called", target="b", details={}, tool="other"))
    await record(pool, bob, Entry(action="started", target="c", details={}))
    context = await context_of(pool, ann)
    asked: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["c", "b", "a2", "a1", "a0"]),
        ({"user": "ann"}, ["a2", "a1", "a0"]),
        ({"user": ["ann", "bob"], "action": "started"}, ["c"]),
        ({"action": ["called"], "tool": ["other", "none"]}, ["b"]),
        ({"limit": 2}, ["c", "b"]),
        ({"limit": 2, "offset": 4}, ["a0"]),
        ({"user": "eve"}, []),
    ]
    for arguments, targets in asked:
        result = await ask(context, **arguments)
        assert [entry["target"] for entry in result.data["entries"]] == targets, arguments
    assert (await ask(context, limit=2)).cut == "2 of 5 audit entries are listed"
    assert (await ask(context, user="eve")).status == "empty"


async def test_the_window_is_half_open_and_the_last_day_by_default(pool: Pool, ann: Actor) -> None:
    async with pool.connection() as db:
        for hours in (-25, -24, -1, 0):
            await db.execute(DATED, {"at": AT + timedelta(hours=hours), "user_id": ann.user_id})
    context = await context_of(pool, ann, AT)
    assert (await ask(context)).data["total"] == 2
    range_ = {"start": "2026-11-19T08:00:00Z", "end": "2026-11-20T08:00:00Z"}
    assert (await ask(context, time_range=range_)).data["total"] == 2


async def test_an_entry_that_was_slipped_in_has_no_place_in_the_chain(pool: Pool, ann: Actor) -> None:
    async with pool.connection() as db:
        await db.execute("set session_replication_role = replica")
        await db.execute(DATED, {"at": AT, "user_id": None})
        await db.execute("set session_replication_role = origin")
    result = await ask(await context_of(pool, ann, AT + timedelta(hours=1)))
    (entry,) = result.data["entries"]
    assert (entry["sequence"], entry["user"]) == (None, None)


async def test_only_an_admin_gets_through_the_door(pool: Pool, ann: Actor) -> None:
    opened = door(pool, QUERY_AUDIT_LOGS)
    assert (await opened.call(await context_of(pool, ann), "query_audit_logs", {})).status == "empty"
    for role in ("operator", "engineer", "viewer"):
        context = await context_of(pool, await actor(pool, role))
        with pytest.raises(Refused) as refused:
            await opened.call(context, "query_audit_logs", {})
        assert (refused.value.code, refused.value.permission) == ("permission_denied", "ai:revive:aiops:audit:read")


def test_its_names_are_those_of_the_seeds() -> None:
    assert (QUERY_AUDIT_LOGS.name, QUERY_AUDIT_LOGS.aliases) == ("query_audit_logs", ("view_audit_logs",))


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 1001}, {"offset": -1}, {"users": "ann"}, {"user": 3}])
def test_arguments_out_of_bounds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        QueryAuditLogs.model_validate(wrong)
