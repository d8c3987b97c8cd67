import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import mcp_types as types
import pytest
from mcp import Client
from mcp.server import Server
from mcp.shared.exceptions import MCPError

from domain.actors import Actor
from domain.database import Pool
from domain.tokens import Unauthenticated
from domain.windows import Window
from graphs.approvals import Approvals
from graphs.runner import Runner
from mcp_server.server import House, Unopened, build
from tests.house import ScriptedBrain, actor, echo, runner, spec
from tools.spec import ToolContext, ToolResult

ROOT = Path(__file__).parents[2]
MODES = ("auto", "legacy")


async def never() -> House:
    raise AssertionError("listing the tools must not open anything")


def serving(running: Runner, who: Actor, *, longest: float = 10, approvals: Approvals | None = None) -> Server[Any]:
    async def identify() -> Actor:
        return who

    async def opened() -> House:
        return House(runner=running, approvals=cast("Any", approvals), identify=identify, zone=ZoneInfo("UTC"))

    return build(opened, longest_wait_seconds=longest)


class Gate:
    """A tool that waits until it is let through."""

    def __init__(self) -> None:
        self.entered, self.opened = asyncio.Event(), asyncio.Event()

    async def __call__(self, context: ToolContext, args: Any) -> ToolResult:
        self.entered.set()
        await self.opened.wait()
        return await echo(context, args)


def text(result: types.CallToolResult) -> str:
    block = result.content[0]
    assert isinstance(block, types.TextContent)
    return block.text


def structured(result: types.CallToolResult) -> dict[str, Any]:
    assert not result.is_error, text(result)
    return result.structured_content


@pytest.mark.parametrize("mode", MODES)
async def test_the_tools_are_listed_in_order_with_all_hints_before_anything_is_open(mode: str) -> None:
    async with Client(build(never), mode=mode) as client:
        tools = (await client.list_tools()).tools
    assert [
        (tool.name, tool.title, tool.annotations and tool.annotations.model_dump(exclude={"title"})) for tool in tools
    ] == [
        (name, title, {
            "read_only_hint": not changes, "destructive_hint": changes, "idempotent_hint": idempotent,
            "open_world_hint": False,
        })
        for name, title, idempotent, changes in (
            ("ask", "Ask about operations", False, False), ("troubleshoot", "Troubleshoot an alert", False, True),
            ("revive", "Change something", False, True),
            ("get_run", "Get a run", True, False), ("confirm", "Decide on a change", False, True),
            ("cancel_run", "Stop a run", True, True), ("list_runs", "List runs", True, False),
        )
    ]  # fmt: skip


async def test_the_tool_list_costs_a_client_less_than_2000_tokens() -> None:
    async with Client(build(never)) as client:
        tools = (await client.list_tools()).tools
    drawn = {"icons", "meta"}  # for the host's own screen: no model is given a picture
    listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=drawn) for tool in tools]
    assert len(json.dumps(listed, separators=(",", ":"))) / 4 < 2000
    assert all(icon.src.startswith("data:image/svg+xml,") for tool in tools for icon in tool.icons or ())
    assert all(tool.icons for tool in tools)


async def test_unknown_keys_are_refused_by_every_input_schema() -> None:
    async with Client(build(never)) as client:
        tools = (await client.list_tools()).tools
    assert [tool.input_schema["additionalProperties"] for tool in tools] == [False] * 7


def test_starting_the_command_imports_nothing_that_tools_list_does_not_need() -> None:
    heavy = {"langgraph", "langchain_core", "langchain_openai", "psycopg", "structlog", "typer", "graphs", "tools"}
    code = f"import sys, trivium.mcp; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("mode", MODES)
async def test_a_question_is_answered_with_its_evidence_and_the_next_step(pool: Pool, mode: str) -> None:
    async with runner(pool) as running, Client(serving(running, await actor(pool, "engineer")), mode=mode) as client:
        result = await client.call_tool("ask", {"question": "what fires?"})
    answer = structured(result)
    run, session = UUID(answer["run_id"]), UUID(answer["session_id"])
    (finding,), (source,) = answer["answer"]["findings"], answer["answer"]["sources"]
    assert finding["executions"] == [source["execution"]]
    assert (source["query"], answer["answer"]["brain"], answer["answer"]["unknown"]) == ("echo hi", "rules", [])
    assert answer == {
        "status": "completed",
        "run_id": str(run),
        "session_id": str(session),
        "summary": "what fires?: 1 results.",
        "answer": answer["answer"],
        "tools_used": ["query_echo"],
        "tokens_used": 0,
        "next_step": f"To follow up, call the same tool with session_id {session}.",
    }
    assert text(result) == (
        f"what fires?: 1 results.\n- {finding['text']}\nSources: query_echo, execution {source['execution']}"
    )


async def test_zone_and_time_range_of_the_caller_reach_the_question_in_a_continued_session_cx_03(pool: Pool) -> None:
    """CX-03."""
    brain = ScriptedBrain()
    async with runner(pool, brain=brain) as running, Client(serving(running, await actor(pool, "engineer"))) as client:
        first = structured(await client.call_tool("ask", {"question": "one"}))
        window = {"start": "2026-11-19T01:00:00+01:00", "end": "2026-11-20T00:00:00Z"}
        await client.call_tool("ask", {
            "question": "two", "session_id": first["session_id"], "timezone": "Europe/Berlin", "time_range": window,
        })  # fmt: skip
    asked = brain.seen[1]
    assert [message.content.split("\n")[0] for message in asked.history] == ["one", "one: 1 results."]
    assert asked.zone.key == "Europe/Berlin"
    assert asked.window == Window(datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
    assert brain.seen[0].zone.key == "UTC"


@pytest.mark.parametrize("mode", MODES)
async def test_a_long_run_outlives_the_wait_and_get_run_brings_its_answer(pool: Pool, mode: str) -> None:
    gate, who = Gate(), await actor(pool, "engineer")
    async with (
        runner(pool, spec(handler=gate)) as running,
        Client(serving(running, who, longest=0.05), mode=mode) as client,
    ):
        waiting = structured(await client.call_tool("ask", {"question": "slow"}))
        still = structured(await client.call_tool("get_run", {"run_id": waiting["run_id"], "wait_seconds": 45}))
        gate.opened.set()
        async for _ in running.events(who, UUID(waiting["run_id"])):
            pass
        ended = await polled(client, waiting["run_id"])
    assert (
        waiting
        == still
        == {
            "status": "running",
            "run_id": waiting["run_id"],
            "session_id": waiting["session_id"],
            "summary": "Still working on it.",
            "tools_used": [],
            "tokens_used": 0,
            "next_step": f"Call get_run with run_id {waiting['run_id']} and wait_seconds 45.",
        }
    )
    assert (ended["status"], ended["summary"]) == ("completed", "slow: 1 results.")


async def polled(client: Client, run_id: str) -> dict[str, Any]:
    """The run once it has ended: its last event may come a moment before its record."""
    while True:
        found = structured(await client.call_tool("get_run", {"run_id": run_id, "wait_seconds": 45}))
        if found["status"] != "running":
            return found


@pytest.mark.parametrize("mode", MODES)
async def test_who_asks_for_progress_is_told_while_the_call_waits(pool: Pool, mode: str) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    gate = Gate()
    async with (
        runner(pool, spec(handler=gate)) as running,
        Client(serving(running, await actor(pool, "engineer"), longest=0.3), mode=mode) as client,
    ):
        await client.call_tool("ask", {"question": "slow"}, progress_callback=tell)
        gate.opened.set()
    assert len(told) > 3
    assert [progress for progress, _, _ in told] == sorted({progress for progress, _, _ in told})
    assert {(total, message) for _, total, message in told} == {(0.3, "Working on it, 0 s so far.")}


@pytest.mark.parametrize("mode", MODES)
async def test_a_cancelled_call_and_a_lost_client_leave_the_run_going(pool: Pool, mode: str) -> None:
    gate, who = Gate(), await actor(pool, "engineer")
    async with runner(pool, spec(handler=gate)) as running:
        async with Client(serving(running, who), mode=mode) as client:
            asking = asyncio.create_task(client.call_tool("ask", {"question": "cancelled"}))
            await gate.entered.wait()
            asking.cancel()
            await asyncio.wait([asking])
        assert asking.cancelled()
        (run,) = await running.newest(who)
        assert run.status == "running"
        gate.opened.set()
        async for _ in running.events(who, run.id):
            pass
        async with Client(serving(running, who), mode=mode) as client:
            assert (await polled(client, str(run.id)))["summary"] == "cancelled: 1 results."


async def test_runs_are_listed_newest_first_and_by_session(pool: Pool) -> None:
    async with runner(pool) as running, Client(serving(running, await actor(pool, "engineer"))) as client:
        empty = await client.call_tool("list_runs", {})
        asked = [structured(await client.call_tool("ask", {"question": f"q{number}"})) for number in range(3)]
        newest = await client.call_tool("list_runs", {"limit": 2})
        of_first = structured(await client.call_tool("list_runs", {"session_id": asked[0]["session_id"]}))
    assert (text(empty), structured(empty)) == ("There are no runs of yours yet.", {"runs": []})
    rows = structured(newest)["runs"]
    assert [(row["run_id"], row["question"], row["status"]) for row in rows] == [
        (asked[2]["run_id"], "q2", "completed"), (asked[1]["run_id"], "q1", "completed"),
    ]  # fmt: skip
    assert text(newest).splitlines()[0].endswith(f"completed {asked[2]['run_id']}: q2")
    assert [row["run_id"] for row in of_first["runs"]] == [asked[0]["run_id"]]


async def test_another_persons_run_and_session_do_not_exist_au_08(pool: Pool) -> None:
    """AU-08."""
    async with runner(pool) as running:
        async with Client(serving(running, await actor(pool, "engineer"))) as client:
            mine = structured(await client.call_tool("ask", {"question": "mine"}))
        async with Client(serving(running, await actor(pool, "admin"))) as client:
            run = await client.call_tool("get_run", {"run_id": mine["run_id"]})
            session = await client.call_tool("ask", {"question": "yours?", "session_id": mine["session_id"]})
            listed = structured(await client.call_tool("list_runs", {"session_id": mine["session_id"]}))
    assert (run.is_error, text(run)) == (
        True, f"There is no run {mine['run_id']} of yours. list_runs shows which are.",
    )  # fmt: skip
    assert session.is_error
    assert listed == {"runs": []}


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask", {}, "question: Field required"),
        ("ask", {"question": "x", "wait_seconds": 46}, "wait_seconds: Input should be less than or equal to 45"),
        ("ask", {"question": "x", "timezone": "Mars/Base"}, "timezone: invalid timezone: Mars/Base"),
        ("ask", {"question": "x", "role": "admin"}, "role: Extra inputs are not permitted"),
        (
            "ask",
            {"question": "x", "time_range": {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}},
            "time_range: Value error, end must be after start",
        ),
        ("get_run", {"run_id": "my last one"}, "run_id: Input should be a valid UUID"),
        ("list_runs", {"limit": 0}, "limit: Input should be greater than or equal to 1"),
    ],
)
async def test_arguments_that_cannot_be_read_say_which_and_why(tool: str, arguments: dict[str, Any], said: str) -> None:
    async with Client(build(never)) as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert text(result).startswith(f"The arguments could not be read; correct them and call again:\n- {said}")


async def test_a_question_that_is_refused_says_what_to_do_se_04(pool: Pool) -> None:
    """SE-04."""
    who = await actor(pool, "engineer")
    async with runner(pool, per_minute=1) as running:
        async with Client(serving(running, who)) as client:
            empty = await client.call_tool("ask", {"question": " "})
            await client.call_tool("ask", {"question": "one"})
            limited = await client.call_tool("ask", {"question": "two"})
        async with Client(serving(running, replace(who, scopes=frozenset({"revive"})))) as client:
            unscoped = await client.call_tool("ask", {"question": "three"})
    assert [result.is_error for result in (empty, limited, unscoped)] == [True] * 3
    assert text(empty) == "The question is empty. Ask for example: what is firing now?"
    assert text(limited).startswith("More than 1 questions in a minute; ask again in")
    assert text(unscoped) == "This token does not reach inquiry. It needs scope inquiry."


async def test_a_run_that_all_its_evidence_is_closed_to_is_an_error_and_no_finding(pool: Pool) -> None:
    async with runner(pool) as running, Client(serving(running, await actor(pool))) as client:
        result = await client.call_tool("ask", {"question": "secret?"})
    assert result.is_error
    assert (result.structured_content["status"], result.structured_content["answer"]["findings"]) == ("failed", [])
    said = "Role 'none' cannot use echo (query_echo). Ask someone with the role admin or engineer or operator."
    assert text(result) == result.structured_content["summary"] == said


async def stranger() -> Actor:
    raise Unauthenticated("The token has expired.")


async def broken() -> Actor:
    raise ZeroDivisionError("a secret in a bug's message")


@pytest.mark.parametrize(
    ("identify", "said"),
    [
        (stranger, "The token has expired. Give this server a valid TRIVIUM_TOKEN"),
        (broken, "Trivium failed on this call; its log has it as "),
    ],
)
async def test_a_stranger_and_a_bug_are_told_plainly(
    pool: Pool, identify: Callable[[], Awaitable[Actor]], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with runner(pool) as running:

        async def opened() -> House:
            return House(runner=running, approvals=cast("Any", None), identify=identify, zone=ZoneInfo("UTC"))

        async with Client(build(opened)) as client:
            result = await client.call_tool("list_runs", {})
    assert result.is_error
    assert text(result).startswith(said)
    assert "secret" not in text(result)
    assert ("ZeroDivisionError" in capsys.readouterr().out) == (identify is broken)


async def test_postgres_going_away_is_said_and_blamed_on_nobody(fresh_pool: Pool) -> None:
    who = await actor(fresh_pool, "engineer")
    async with runner(fresh_pool) as running, Client(serving(running, who)) as client:
        async with fresh_pool.connection() as db:
            await db.execute("alter table trivium.runs rename to gone")
        missing = await client.call_tool("get_run", {"run_id": str(uuid4())})
        await fresh_pool.close()
        result = await client.call_tool("get_run", {"run_id": str(uuid4())})
    assert text(missing).startswith("Trivium failed on this call")
    assert result.is_error
    assert text(result).startswith("The database could not be reached")


async def test_an_unknown_tool_is_a_protocol_error_that_names_those_there_are() -> None:
    async with Client(build(never)) as client:
        with pytest.raises(
            MCPError,
            match="execute_runbook; there are ask, troubleshoot, revive, get_run, confirm, cancel_run, list_runs",
        ):
            await client.call_tool("execute_runbook", {})


async def test_a_house_that_does_not_open_says_why_and_is_tried_again(pool: Pool) -> None:
    who, tries = await actor(pool, "engineer"), 0
    async with runner(pool) as running:

        async def identify() -> Actor:
            return who

        async def opened() -> House:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise Unopened("Postgres did not answer. Check DATABASE_URL.")
            return House(runner=running, approvals=cast("Any", None), identify=identify, zone=ZoneInfo("UTC"))

        async with Client(build(opened)) as client:
            first = await client.call_tool("ask", {"question": "one"})
            second = await client.call_tool("ask", {"question": "two"})
    assert (first.is_error, text(first)) == (True, "Postgres did not answer. Check DATABASE_URL.")
    assert structured(second)["status"] == "completed"


async def test_a_bug_while_opening_is_told_plainly() -> None:
    async with Client(build(never)) as client:
        result = await client.call_tool("list_runs", {})
    assert result.is_error
    assert text(result).startswith("Trivium failed on this call; its log has it as ")


async def test_the_server_says_its_name_version_and_how_to_use_it() -> None:
    async with Client(build(never)) as client:
        assert client.server_info
        assert (client.server_info.name, client.server_info.title) == ("trivium", "Trivium")
        assert client.server_info.version[0].isdigit()
        assert client.instructions
        assert len(client.instructions.splitlines()) == 5
