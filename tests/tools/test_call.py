import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from psycopg import OperationalError
from psycopg.errors import UndefinedTable

from domain import artifacts
from domain.database import Pool
from domain.errors import Refused, SourceError
from tests.house import Echo, actor, door, spec, tool_context
from tools.call import ApprovalNeeded, Door
from tools.large import scanning
from tools.spec import Category, Pillar, Risk, ToolContext, ToolResult

ROWS = """
select tool_name, tool_category, arguments, result_status, permission_required, permission_granted, permission_effect
from trivium.ai_tool_executions order by created_at
"""
RESULTS = "select result_status, result, finished_at is not null as finished from trivium.ai_tool_executions"
REVOKE = """
delete from trivium.user_roles where user_id = %(user_id)s
"""


async def rows(pool: Pool, query: Any = ROWS) -> list[dict[str, Any]]:
    async with pool.connection() as db:
        return await (await db.execute(query)).fetchall()


def row(status: str, **changes: Any) -> dict[str, Any]:
    return {
        "tool_name": "query_echo",
        "tool_category": "inquiry",
        "arguments": {"text": "hi"},
        "result_status": status,
        "permission_required": "ai:inquiry:read",
        "permission_granted": status != "blocked",
        "permission_effect": "allow",
    } | changes


async def unreachable(_context: ToolContext, _args: Echo) -> ToolResult:
    raise AssertionError("the handler must not be reached")


async def test_an_allowed_call_returns_the_result_with_the_id_of_its_row(pool: Pool) -> None:
    context = await tool_context(pool, await actor(pool, "engineer", teams=["payments"]))
    result = await door(pool, spec()).call(context, "query_echo", {"text": "hi"})
    assert await rows(pool) == [row("success")]
    assert result == ToolResult(
        status="ok",
        source="echo",
        data={"text": "hi", "scopes": [], "teams": ["payments"]},
        query="echo hi",
        as_of=datetime(2026, 11, 20, 12, tzinfo=UTC),
        execution_id=result.execution_id,
        tool="query_echo",
    )
    stored = (await rows(pool, "select id, result from trivium.ai_tool_executions"))[0]
    assert stored["id"] == result.execution_id
    assert orjson.loads(stored["result"]) == {"status": "ok", "data": result.data, "error": None}


async def test_an_unknown_tool_is_refused_with_the_tools_there_are(pool: Pool) -> None:
    context = await tool_context(pool, await actor(pool, "admin"))
    with pytest.raises(Refused, match="no tool named 'drop_tables'") as refused:
        await door(pool, spec()).call(context, "drop_tables", {"text": "hi"})
    assert refused.value.alternative == "Tools here: query_echo."
    unknown = {
        "tool_name": "drop_tables",
        "tool_category": "unknown",
        "permission_required": None,
        "permission_effect": None,
    }
    assert await rows(pool) == [row("blocked", **unknown)]


async def test_a_call_without_the_permission_never_reaches_the_handler(pool: Pool) -> None:
    context = await tool_context(pool, await actor(pool, "viewer"))
    with pytest.raises(Refused) as refused:
        await door(pool, spec(handler=unreachable)).call(context, "query_echo", {"text": "hi"})
    assert (refused.value.code, refused.value.permission) == ("permission_denied", "ai:inquiry:read")
    assert str(refused.value) == "Role 'viewer' cannot use echo (query_echo)."
    assert refused.value.alternative == "Ask someone with the role admin or engineer or operator."
    assert await rows(pool) == [row("blocked", permission_effect="deny")]


async def test_a_person_without_any_role_may_nothing(pool: Pool) -> None:
    context = await tool_context(pool, await actor(pool))
    with pytest.raises(Refused, match="Role 'none'"):
        await door(pool, spec(handler=unreachable)).call(context, "query_echo", {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"txet": "typo"}, "txet: Extra inputs are not permitted"),
        ({"text": 5}, "text: Input should be a valid string"),
        (["a", "list"], "not an object"),
        ({"text": object()}, "not JSON"),
        ({"text": "x" * 70_000}, "at most 65536 are read"),
    ],
)
async def test_bad_arguments_are_refused_before_the_handler_and_on_record(
    pool: Pool, arguments: Any, message: str
) -> None:
    context = await tool_context(pool, await actor(pool, "engineer"))
    with pytest.raises(Refused, match=message) as refused:
        await door(pool, spec(handler=unreachable)).call(context, "query_echo", arguments)
    assert refused.value.code == "invalid_arguments"
    assert [found["result_status"] for found in await rows(pool)] == ["blocked"]


async def test_control_characters_never_reach_a_handler_or_the_record(pool: Pool) -> None:
    context = await tool_context(pool, await actor(pool, "engineer"))
    result = await door(pool, spec()).call(context, "query_echo", {"text": "a\x00b\x1b[31mc\td"})
    assert result.data["text"] == "ab[31mc\td"


async def test_a_call_that_changes_something_needs_an_approval_and_does_nothing(pool: Pool) -> None:
    context = await tool_context(pool, await actor(pool, "operator"), Pillar.REVIVE)
    creating = spec(
        "create_dashboard", unreachable, pillars=frozenset({Pillar.REVIVE}), category=Category.GRAFANA, risk=Risk.CREATE
    )
    with pytest.raises(ApprovalNeeded) as needed:
        await door(pool, creating).call(context, "create_dashboard", {"text": "hi"})
    made = needed.value.confirmation
    assert (made.tool, made.arguments) == ("create_dashboard", {"text": "hi"})
    assert (made.status, made.run_id) == ("pending", None)
    expected = {"tool_name": "create_dashboard", "tool_category": "revive_grafana", "permission_effect": "confirm"}
    assert await rows(pool) == [row("pending_approval", **expected)]


async def test_a_role_revoked_between_two_calls_bites_at_the_second(pool: Pool) -> None:
    who = await actor(pool, "engineer")
    context, entry = await tool_context(pool, who), door(pool, spec())
    await entry.call(context, "query_echo", {})
    async with pool.connection() as db:
        await db.execute(REVOKE, {"user_id": who.user_id})
    with pytest.raises(Refused):
        await entry.call(context, "query_echo", {})


async def test_a_changed_permission_bites_at_the_next_call_of_a_warm_door(pool: Pool) -> None:
    context, entry = await tool_context(pool, await actor(pool, "engineer")), door(pool, spec())
    await entry.call(context, "query_echo", {})
    async with pool.connection() as db:
        await db.execute("update trivium.ai_permissions set permission = 'deny' where pillar = 'inquiry'")
    with pytest.raises(Refused):
        await entry.call(context, "query_echo", {})


async def test_what_is_watched_is_done_and_stands_on_the_audit_log(pool: Pool) -> None:
    """PM-02: audit_only."""
    context = await tool_context(pool, await actor(pool, "engineer"))
    watch = "update trivium.ai_permissions set permission = 'audit_only' where pillar = 'inquiry'"
    async with pool.connection() as db:
        await db.execute(watch)
    result = await door(pool, spec()).call(context, "query_echo", {"text": "password=hunter2"})
    assert await rows(pool) == [row("success", permission_effect="audit_only", arguments={"text": "password=[masked]"})]
    noted = await rows(
        pool, "select user_id, action, target, details, ai_session_id, ai_tool_name from trivium.audit_logs"
    )
    assert noted == [
        {
            "user_id": context.actor.user_id,
            "action": "tool_called",
            "target": "query_echo",
            "details": {"arguments": {"text": "password=[masked]"}, "execution": str(result.execution_id)},
            "ai_session_id": context.session_id,
            "ai_tool_name": "query_echo",
        }
    ]


async def test_a_token_bounds_the_roles_of_its_user(pool: Pool) -> None:
    who = replace(await actor(pool, "admin"), ceiling=frozenset({"viewer"}))
    with pytest.raises(Refused):
        await door(pool, spec(handler=unreachable)).call(await tool_context(pool, who), "query_echo", {})


async def test_a_disabled_user_may_nothing(pool: Pool) -> None:
    context = await tool_context(pool, await actor(pool, "admin"))
    async with pool.connection() as db:
        await db.execute("update trivium.users set disabled_at = now()")
    with pytest.raises(Refused, match="is disabled"):
        await door(pool, spec(handler=unreachable)).call(context, "query_echo", {})


async def test_a_tool_of_another_pillar_is_refused(pool: Pool) -> None:
    context = await tool_context(pool, await actor(pool, "admin"), Pillar.TROUBLESHOOTING)
    with pytest.raises(Refused):
        await door(pool, spec(handler=unreachable)).call(context, "query_echo", {})


async def test_a_handler_past_its_deadline_is_an_error_result(pool: Pool) -> None:
    async def slow(_context: ToolContext, _args: Echo) -> ToolResult:
        await asyncio.sleep(30)
        raise AssertionError

    context = await tool_context(pool, await actor(pool, "engineer"))
    result = await door(pool, spec(handler=slow, deadline_seconds=0.05)).call(context, "query_echo", {"text": "hi"})
    assert (result.status, result.error) == ("error", "echo did not answer query_echo in 0.05 s")
    assert await rows(pool) == [row("error")]


async def test_a_bug_in_a_handler_is_an_error_result_that_hides_its_insides(pool: Pool) -> None:
    async def broken(_context: ToolContext, _args: Echo) -> ToolResult:
        raise ZeroDivisionError("secret internals")

    context = await tool_context(pool, await actor(pool, "engineer"))
    result = await door(pool, spec(handler=broken)).call(context, "query_echo", {"text": "hi"})
    assert result.status == "error"
    assert result.error
    assert "secret internals" not in result.error
    assert await rows(pool) == [row("error")]


def failing(times: int, *, retryable: bool) -> tuple[Any, list[int]]:
    calls: list[int] = []

    async def handler(_context: ToolContext, _args: Echo) -> ToolResult:
        calls.append(1)
        if len(calls) <= times:
            raise SourceError("echo said 503", source="echo", retryable=retryable)
        return ToolResult(status="ok", source="echo")

    return handler, calls


@pytest.mark.parametrize(
    ("risk", "retryable", "status", "tries"),
    [(Risk.READ, True, "ok", 2), (Risk.READ, False, "error", 1), (Risk.CREATE, True, "error", 1)],
)
async def test_only_reads_are_tried_again_and_only_when_it_may_help(
    pool: Pool, risk: Risk, retryable: bool, status: str, tries: int
) -> None:
    handler, calls = failing(1, retryable=retryable)
    context = await tool_context(pool, await actor(pool, "admin"))
    result = await door(pool, spec(handler=handler, risk=risk)).call(context, "query_echo", {})
    assert (result.status, len(calls)) == (status, tries)


async def test_a_source_that_keeps_failing_is_left_alone_for_a_while(pool: Pool) -> None:
    handler, calls = failing(100, retryable=False)
    context, entry = await tool_context(pool, await actor(pool, "engineer")), door(pool, spec(handler=handler))
    errors = [(await entry.call(context, "query_echo", {})).error for _ in range(7)]
    assert errors[4] == "echo said 503"
    assert errors[5]
    assert "failed 5 times in a row and is left alone" in errors[5]
    assert len(calls) == 5
    assert len(await rows(pool)) == 7


async def test_a_postgres_error_in_a_handler_is_an_error_result(pool: Pool) -> None:
    async def gone(_context: ToolContext, _args: Echo) -> ToolResult:
        raise OperationalError("server closed the connection password=hunter2!")

    context = await tool_context(pool, await actor(pool, "engineer"))
    result = await door(pool, spec(handler=gone)).call(context, "query_echo", {})
    assert result.error == "Postgres did not answer query_echo: server closed the connection password=[masked]"


async def test_secrets_are_masked_in_result_arguments_and_record(pool: Pool) -> None:
    token = "ghp_" + "a1B2c3D4" * 5
    context = await tool_context(pool, await actor(pool, "engineer"))
    result = await door(pool, spec()).call(context, "query_echo", {"text": f"use {token} now"})
    assert result.data["text"] == "use [masked] now"
    assert token not in str(await rows(pool, "select * from trivium.ai_tool_executions"))


def lines(count: int) -> Any:
    async def handler(_context: ToolContext, _args: Echo) -> ToolResult:
        rows = [{"line": number, "text": "x" * 100} for number in range(count)]
        return ToolResult(status="ok", source="echo", data={"total": count, "lines": rows})

    return handler


async def test_a_large_result_is_on_record_as_a_preview_and_kept_whole_for_its_owner(pool: Pool) -> None:
    who, other = await actor(pool, "engineer"), await actor(pool, "admin")
    result = await door(pool, spec(handler=lines(5000))).call(await tool_context(pool, who), "query_echo", {})
    assert (result.status, result.cut, len(result.data["lines"])) == ("ok", None, 5000)
    recorded = orjson.loads((await rows(pool, "select result from trivium.ai_tool_executions"))[0]["result"])
    assert (recorded["data"]["total"], len(recorded["data"]["lines"])) == (5000, 200)
    assert result.artifact_id
    async with pool.connection() as db:
        kept = await artifacts.fetch(db, result.artifact_id, user_id=who.user_id)
        assert await artifacts.fetch(db, result.artifact_id, user_id=other.user_id) is None
    assert kept
    body = b"".join([piece async for piece in scanning.each(pool, kept.id, None, lambda piece: piece.body)])
    assert len(orjson.loads(body)["lines"]) == 5000


async def test_a_result_too_large_to_hold_supports_no_claim(pool: Pool) -> None:
    context = await tool_context(pool, await actor(pool, "engineer"))
    result = await door(pool, spec(handler=lines(20_000))).call(context, "query_echo", {})
    assert (result.status, result.supports_claims, len(result.data["lines"])) == ("truncated", False, 200)
    assert result.cut == "lists cut to 200 entries; the whole result is kept as an artifact"
    assert result.error
    assert "too much to conclude from" in result.error
    assert result.artifact_id


async def test_nothing_is_run_when_the_call_cannot_be_recorded(fresh_pool: Pool) -> None:
    context = await tool_context(fresh_pool, await actor(fresh_pool, "engineer"))
    async with fresh_pool.connection() as db:
        await db.execute("alter table trivium.ai_tool_executions rename to gone")
    with pytest.raises(UndefinedTable):
        await door(fresh_pool, spec(handler=unreachable)).call(context, "query_echo", {})


async def test_the_offer_is_what_the_door_would_let_through(pool: Pool) -> None:
    entry = door(pool, spec("get_alert_trends"), spec("search_postmortems"), spec("query_incidents"))
    offered = {role: await names(entry, pool, role) for role in ("viewer", "engineer")}
    assert offered == {
        "viewer": ["get_alert_trends", "query_incidents"],
        "engineer": ["get_alert_trends", "search_postmortems", "query_incidents"],
    }


async def names(entry: Door, pool: Pool, role: str) -> list[str]:
    return [item.name for item in await entry.offer(await tool_context(pool, await actor(pool, role)), 99)]


async def test_the_row_of_a_read_that_a_crash_took_is_there_again_when_the_call_is_over(pool: Pool) -> None:
    """As if Postgres had crashed while the handler ran, before the row was on the disk."""

    async def losing(context: ToolContext, _args: Echo) -> ToolResult:
        async with context.database.connection() as db:
            await db.execute("delete from trivium.ai_tool_executions")
        return ToolResult(status="ok", source="echo", data={"rows": ["x" * 40_000]})

    context = await tool_context(pool, await actor(pool, "engineer"))
    result = await door(pool, spec(handler=losing)).call(context, "query_echo", {"text": "hi"})
    assert await rows(pool) == [row("success")]
    assert await rows(pool, "select id from trivium.ai_tool_executions") == [{"id": result.execution_id}]
    assert await rows(pool, "select id from trivium.artifacts") == [{"id": result.artifact_id}]


async def test_a_call_whose_session_was_deleted_meanwhile_leaves_no_row(pool: Pool) -> None:
    async def losing(context: ToolContext, _args: Echo) -> ToolResult:
        async with context.database.connection() as db:
            await db.execute("delete from trivium.ai_sessions")
        return ToolResult(status="ok", source="echo")

    context = await tool_context(pool, await actor(pool, "engineer"))
    assert (await door(pool, spec(handler=losing)).call(context, "query_echo", {"text": "hi"})).status == "ok"
    assert await rows(pool) == []


WATCH = """
create table commits (tool text, waits text);
create function watch() returns trigger language plpgsql as $$
begin
    insert into commits select new.tool_name || ' ' || tg_op, current_setting('synchronous_commit');
    return null;
end $$;
create trigger watch after insert or update on trivium.ai_tool_executions for each row execute function watch();
"""


async def test_only_the_opening_of_a_read_does_not_wait_for_the_disk(fresh_pool: Pool) -> None:
    """A change is on the disk before anything of it happens, and so is the end of every call."""
    async with fresh_pool.connection() as db:
        await db.execute(WATCH, prepare=False)
    context = await tool_context(fresh_pool, await actor(fresh_pool, "engineer"))
    change = spec(name="change_echo", risk=Risk.EXECUTE)
    made = door(fresh_pool, spec(), change)
    await made.call(context, "query_echo", {"text": "hi"})
    await made.call(context, "change_echo", {"text": "hi"})
    waits = {found["tool"]: found["waits"] for found in await rows(fresh_pool, "select * from commits")}
    assert waits == {
        "query_echo INSERT": "off",
        "query_echo UPDATE": "on",
        "change_echo INSERT": "on",
        "change_echo UPDATE": "on",
    }
