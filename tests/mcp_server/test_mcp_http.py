"""`/mcp` in both eras: tools called, waited for, asked about and cut off, with the run on record whatever happens."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import mcp_types as types
import pytest

from domain.database import Pool
from tests.graphs.test_revive import World, making
from tests.house import ScriptedBrain, Worker, spec, worker
from tests.mcp_server.endpoint import (
    Set,
    client,
    initialize,
    modern,
    open_session,
    raw,
    request,
    served,
    signed,
    structured,
    text,
)
from tests.mcp_server.test_mcp_changes import says
from tests.mcp_server.test_mcp_server import MODES, Gate

RECORD = """
select run.entrance, run.status, person.name
from trivium.runs as run join trivium.users as person on person.id = run.user_id
"""


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def house(pool: Pool) -> AsyncGenerator[Worker]:
    async with worker(pool) as opened:
        yield opened


@pytest.fixture
async def waiting(pool: Pool, gate: Gate) -> AsyncGenerator[Worker]:
    """A house whose one tool waits until the gate is opened."""
    async with worker(pool, spec(handler=gate)) as opened:
        yield opened
        gate.opened.set()


async def record(pool: Pool) -> list[tuple[Any, ...]]:
    async with pool.connection() as db:
        return [tuple(row.values()) for row in await (await db.execute(RECORD)).fetchall()]


@pytest.mark.parametrize("mode", MODES)
async def test_a_question_is_answered_over_http_for_whom_the_token_says(pool: Pool, house: Worker, mode: str) -> None:
    """EP-23."""
    async with served(pool, house) as url, client(url, mode=mode) as opened:
        names = [tool.name for tool in (await opened.list_tools()).tools]
        asked = structured(await opened.call_tool("ask", {"question": "What is firing?"}))
        again = structured(await opened.call_tool("get_run", {"run_id": asked["run_id"]}))
    assert names == ["ask", "get_run", "confirm", "cancel_run", "list_runs"]
    assert asked["status"] == "completed"
    assert again == asked
    assert await record(pool) == [("mcp", "completed", "ann")]


@pytest.mark.parametrize("mode", MODES)
async def test_a_call_ends_before_the_client_gives_up_and_the_run_is_followed_by_its_id(
    pool: Pool, waiting: Worker, gate: Gate, mode: str
) -> None:
    told: list[float] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001 - by name
        told.append(progress)

    async with served(pool, waiting, Set(longest_seconds=1)) as url, client(url, mode=mode) as opened:
        first = structured(await opened.call_tool("ask", {"question": "long"}, progress_callback=tell))
        gate.opened.set()
        last = structured(await opened.call_tool("get_run", {"run_id": first["run_id"], "wait_seconds": 1}))
    assert first["status"] == "running"
    assert first["next_step"].startswith(f"Call get_run with run_id {first['run_id']}")
    assert told
    assert last["status"] == "completed"


@pytest.mark.parametrize("mode", MODES)
async def test_a_call_that_is_cut_off_leaves_its_run_going(pool: Pool, waiting: Worker, gate: Gate, mode: str) -> None:
    async with served(pool, waiting) as url:
        async with client(url, mode=mode) as opened:
            call = asyncio.create_task(opened.call_tool("ask", {"question": "long"}))
            await gate.entered.wait()
            call.cancel()
            await asyncio.wait([call])
        gate.opened.set()
        async with client(url, mode=mode) as opened:
            (run,) = structured(await opened.call_tool("list_runs", {}))["runs"]
            ended = structured(await opened.call_tool("get_run", {"run_id": run["run_id"], "wait_seconds": 10}))
    assert ended["status"] == "completed"


async def test_a_connection_that_breaks_leaves_its_run_going(pool: Pool, waiting: Worker, gate: Gate) -> None:
    async with served(pool, waiting) as url:
        body, headers = modern("tools/call", {"name": "ask", "arguments": {"question": "long"}})
        async with raw(url) as http:
            call = asyncio.create_task(http.post("/mcp", json=body, headers=headers))
            await gate.entered.wait()
            call.cancel()
            await asyncio.wait([call])
        gate.opened.set()
        async with client(url) as opened:
            (run,) = structured(await opened.call_tool("list_runs", {}))["runs"]
            ended = structured(await opened.call_tool("get_run", {"run_id": run["run_id"], "wait_seconds": 10}))
    assert ended["status"] == "completed"


@pytest.mark.parametrize("mode", MODES)
async def test_a_person_approves_in_their_host_over_http(pool: Pool, mode: str) -> None:
    """EP-23."""
    world = World()
    async with (
        worker(pool, world.spec(), brain=making("checkout")) as house,
        served(pool, house) as url,
        client(url, mode=mode, elicitation_callback=says("accept", "approve")) as opened,
    ):
        result = structured(await opened.call_tool("revive", {"request": "make it"}))
    assert (result["status"], world.made) == ("completed", ["checkout"])


@pytest.mark.parametrize("mode", MODES)
async def test_a_host_that_cannot_ask_confirms_over_http(pool: Pool, mode: str) -> None:
    world = World()
    async with (
        worker(pool, world.spec(), brain=making("checkout")) as house,
        served(pool, house) as url,
        client(url, mode=mode) as opened,
    ):
        waits = structured(await opened.call_tool("revive", {"request": "make it"}))
        said = {"confirmation_id": waits["confirmation"]["confirmation_id"], "decision": "approve"}
        done = structured(await opened.call_tool("confirm", said))
    assert (waits["status"], done["status"], world.made) == ("awaiting_confirmation", "completed", ["checkout"])


async def test_a_run_is_stopped_over_http(pool: Pool, waiting: Worker, gate: Gate) -> None:
    async with served(pool, waiting, Set(longest_seconds=0.5)) as url, client(url) as opened:
        first = structured(await opened.call_tool("ask", {"question": "long"}))
        await gate.entered.wait()
        await opened.call_tool("cancel_run", {"run_id": first["run_id"]})
        stopped = structured(await opened.call_tool("get_run", {"run_id": first["run_id"], "wait_seconds": 0.5}))
    assert stopped["status"] == "cancelled"


async def test_many_read_at_once_and_nobody_reads_anothers(pool: Pool) -> None:
    async with worker(pool, brain=ScriptedBrain) as house, served(pool, house) as url:

        async def one(number: int) -> str:
            async with client(url, signed(f"user{number}"), mode=MODES[number % 2]) as opened:
                result = structured(await opened.call_tool("ask", {"question": f"question {number}"}))
                runs = structured(await opened.call_tool("list_runs", {}))["runs"]
                assert [run["question"] for run in runs] == [f"question {number}"]
                return result["summary"]

        summaries = await asyncio.gather(*(one(number) for number in range(12)))
    assert summaries == [f"question {number}: 1 results." for number in range(12)]


async def test_each_request_is_one_line_in_the_log_and_one_measurement_with_its_id(
    pool: Pool, house: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    async with served(pool, house) as url, raw(url) as http:
        body, headers = modern("tools/list")
        answer = await http.post("/mcp", json=body, headers=headers | {"X-Request-ID": "mine-1"})
        measured = (await http.get("/api/v1/metrics")).text
    assert answer.headers["x-request-id"] == "mine-1"
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "mine-1" in line]
    assert "route=/mcp" in line
    assert "status=200" in line
    assert 'route="/mcp"' in measured


async def test_what_is_no_message_of_the_protocol_is_refused_and_breaks_nothing(pool: Pool, house: Worker) -> None:
    async with served(pool, house) as url, raw(url) as http:
        answers = {
            "no json": await http.post("/mcp", content=b"{"),
            "no message": await http.post("/mcp", json={"hello": 1}),
            "a batch": await http.post("/mcp", json=[initialize()]),
            "too large": await http.post("/mcp", content=b'"' + b"x" * 1_100_000 + b'"'),
            "another type": await http.post("/mcp", content=b"{}", headers={"Content-Type": "text/plain"}),
            "reads no stream": await http.post("/mcp", json=initialize(), headers={"Accept": "text/html"}),
            "another version": await http.post(
                "/mcp", json=initialize(), headers={"MCP-Protocol-Version": "1999-01-01"}
            ),
            "another method": await http.put("/mcp", json=initialize()),
        }
        session = await open_session(http)
        fine = await http.post("/mcp", json=request("tools/list", number=2), headers=session)
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "no json": 400, "no message": 400, "a batch": 400, "too large": 413, "another type": 400,
        "reads no stream": 406, "another version": 400, "another method": 405,
    }  # fmt: skip
    assert fine.status_code == 200


async def test_an_error_of_a_tool_reaches_the_client_as_one(pool: Pool, house: Worker) -> None:
    async with served(pool, house) as url, client(url) as opened:
        result = await opened.call_tool("ask", {"question": " "})
    assert isinstance(result, types.CallToolResult)
    assert (result.is_error, text(result)) == (True, "The question is empty. Ask for example: what is firing now?")
