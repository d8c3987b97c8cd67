"""Sessions over HTTP: kept by one process, served by any other without, ended, bounded, and never needed for a run."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from domain.database import Pool
from tests.graphs.test_revive import World, making
from tests.house import ScriptedBrain, Worker, spec, worker
from tests.mcp_server.endpoint import (
    LEGACY,
    Set,
    client,
    initialize,
    open_session,
    raw,
    request,
    served,
    signed,
    structured,
)
from tests.mcp_server.test_mcp_changes import says
from tests.mcp_server.test_mcp_server import Gate

ASK = request("tools/call", {"name": "ask", "arguments": {"question": "q"}})
LIST = request("tools/list")


@pytest.fixture
async def house(pool: Pool) -> AsyncGenerator[Worker]:
    async with worker(pool, brain=ScriptedBrain) as opened:
        yield opened


async def test_a_session_of_one_process_is_served_by_any_other_and_after_a_restart(pool: Pool, house: Worker) -> None:
    """EP-23."""
    async with served(pool, house) as first, raw(first) as http:
        session = await open_session(http)
    async with served(pool, house) as second, raw(second) as http:
        listed = await http.post("/mcp", json=LIST, headers=session)
        asked = await http.post("/mcp", json=ASK, headers=session)
        foreign = await http.post("/mcp", json=ASK, headers=session | signed("eve"))
        stream = await http.get("/mcp", headers=session)
        ended = await http.delete("/mcp", headers=session)
        told = await http.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/cancelled"}, headers=session)
    assert (listed.status_code, asked.status_code, foreign.status_code) == (200, 200, 404)
    assert '"status":"completed"' in asked.text
    assert (stream.status_code, ended.status_code, told.status_code) == (405, 405, 202)


async def test_a_client_that_is_spread_over_processes_at_every_request_works(pool: Pool, house: Worker) -> None:
    """EP-23."""
    async with served(pool, house) as one, served(pool, house) as two, raw(one) as left, raw(two) as right:
        session = await open_session(left)
        for number, http in enumerate((right, left) * 4):
            call = request("tools/call", {"name": "ask", "arguments": {"question": f"q{number}"}}, number=number)
            answer = await http.post("/mcp", json=call, headers=session)
            assert f"q{number}: 1 results." in answer.text


async def test_an_answer_to_a_form_that_misses_its_process_says_what_to_set(pool: Pool) -> None:
    world = World()
    async with (
        worker(pool, world.spec(), brain=making("checkout")) as house,
        served(pool, house) as one,
        served(pool, house) as two,
        raw(one) as left,
        raw(two) as right,
    ):
        session = await open_session(left)
        given = {"jsonrpc": "2.0", "id": 1, "result": {"action": "accept", "content": {"decision": "approve"}}}
        answer = await right.post("/mcp", json=given, headers=session)
    assert answer.status_code == 404
    assert "MCP_SESSIONS=false" in answer.json()["error"]["message"]
    assert world.made == []


async def test_without_sessions_a_change_waits_for_confirm_however_able_the_client(pool: Pool) -> None:
    world, asked = World(), says("accept", "approve")
    async with (
        worker(pool, world.spec(), brain=making("checkout")) as house,
        served(pool, house, Set(keeps=False)) as one,
        served(pool, house, Set(keeps=False)) as two,
    ):
        async with client(one, mode="legacy", elicitation_callback=asked) as opened:
            waits = structured(await opened.call_tool("revive", {"request": "make it"}))
        assert (waits["status"], world.made) == ("awaiting_confirmation", [])
        async with client(two, mode="legacy") as opened:
            said = {"confirmation_id": waits["confirmation"]["confirmation_id"], "decision": "approve"}
            done = structured(await opened.call_tool("confirm", said))
    assert (done["status"], world.made) == ("completed", ["checkout"])


async def test_without_sessions_the_newer_era_still_asks_the_person(pool: Pool) -> None:
    world, asked = World(), says("accept", "approve")
    async with (
        worker(pool, world.spec(), brain=making("checkout")) as house,
        served(pool, house, Set(keeps=False)) as url,
        client(url, mode="auto", elicitation_callback=asked) as opened,
    ):
        result = structured(await opened.call_tool("revive", {"request": "make it"}))
    assert (result["status"], world.made) == ("completed", ["checkout"])


async def test_an_ended_session_is_not_found_and_an_invented_one_neither(pool: Pool, house: Worker) -> None:
    async with served(pool, house) as url, raw(url) as http:
        session = await open_session(http)
        ended = await http.delete("/mcp", headers=session)
        again = await http.delete("/mcp", headers=session)
        late = await http.post("/mcp", json=LIST, headers=session)
        invented = [
            await http.post("/mcp", json=LIST, headers={"Mcp-Session-Id": name, "MCP-Protocol-Version": LEGACY})
            for name in ("x", "a" * 64, "0" * 200, session["Mcp-Session-Id"][:-1] + "x")
        ]
    assert (ended.status_code, again.status_code, late.status_code) == (200, 404, 404)
    assert [answer.status_code for answer in invented] == [404] * 4


@pytest.mark.slow
async def test_a_session_that_is_idle_ends_and_its_runs_stay(pool: Pool, house: Worker) -> None:
    async with served(pool, house, Set(idle_seconds=2)) as url, raw(url) as http:
        session = await open_session(http)
        await http.post("/mcp", json=ASK, headers=session)
        await asyncio.sleep(3)  # nothing but time ends it, and every look at it would begin its time anew
        late = await http.post("/mcp", json=LIST, headers=session)
        runs = await http.post("/mcp", json=request("tools/call", {"name": "list_runs"}))
    assert late.status_code == 404
    assert '"question":"q"' in runs.text


async def test_beyond_the_most_sessions_a_client_is_served_without_one(pool: Pool, house: Worker) -> None:
    async with served(pool, house, Set(most_sessions=2)) as url, raw(url) as http:
        kept = [await open_session(http) for _ in range(2)]
        third = await http.post("/mcp", json=initialize())
        asked = await http.post("/mcp", json=ASK, headers={"MCP-Protocol-Version": LEGACY})
        still = await http.post("/mcp", json=ASK, headers=kept[0])
    assert third.status_code == 200
    assert "mcp-session-id" not in third.headers
    assert '"protocolVersion":"2025-11-25"' in third.text
    assert (asked.status_code, still.status_code) == (200, 200)


async def test_a_request_without_a_session_is_answered_for_itself(pool: Pool, house: Worker) -> None:
    async with served(pool, house) as url, raw(url) as http:
        asked = await http.post("/mcp", json=ASK)
        stream = await http.get("/mcp")
        ended = await http.delete("/mcp")
    assert '"status":"completed"' in asked.text
    assert (asked.status_code, stream.status_code, ended.status_code) == (200, 405, 405)


async def test_a_reader_who_is_gone_or_reads_nothing_holds_nobody_up(pool: Pool, house: Worker) -> None:
    async with served(pool, house) as url, raw(url) as http:
        session = await open_session(http)
        async with http.stream("GET", "/mcp", headers=session) as stream:
            assert stream.status_code == 200
            second = await http.get("/mcp", headers=session)
            asked = await http.post("/mcp", json=ASK, headers=session)
        assert (second.status_code, asked.status_code) == (409, 200)
        after = await http.post("/mcp", json=ASK, headers=session)
        async with client(url, mode="legacy") as other:
            assert structured(await other.call_tool("ask", {"question": "q"}))["status"] == "completed"
    assert after.status_code == 200


async def test_a_stream_ends_in_good_order_after_its_time_and_can_be_opened_again(pool: Pool, house: Worker) -> None:
    async with served(pool, house, Set(stream_seconds=0.3)) as url, raw(url) as http:
        session = await open_session(http)
        first, second = [await http.get("/mcp", headers=session) for _ in range(2)]
        asked = await http.post("/mcp", json=ASK, headers=session)
    assert (first.status_code, second.status_code, asked.status_code) == (200, 200, 200)


@pytest.fixture
def gate() -> Gate:
    return Gate()


async def test_a_request_that_never_ends_by_itself_is_cut_off(pool: Pool, gate: Gate) -> None:
    async with (
        worker(pool, spec(handler=gate)) as stuck,
        served(pool, stuck, Set(call_seconds=2)) as url,
        raw(url) as http,
    ):
        session = await open_session(http)
        asked = await http.post("/mcp", json=ASK, headers=session)
        fine = await http.post("/mcp", json=LIST | {"id": 7}, headers=session)
        gate.opened.set()
    assert (asked.status_code, fine.status_code) == (200, 200)
    assert "result" not in asked.text
    assert '"id":7' in fine.text


async def test_a_second_request_with_the_id_of_one_under_way_is_refused(pool: Pool, gate: Gate) -> None:
    async with (
        worker(pool, spec(handler=gate)) as stuck,
        served(pool, stuck) as url,
        raw(url) as http,
    ):
        session = await open_session(http)
        first = asyncio.create_task(http.post("/mcp", json=ASK, headers=session))
        await gate.entered.wait()
        second = await http.post("/mcp", json=ASK, headers=session)
        gate.opened.set()
        answered = await first
        again = await http.post("/mcp", json=ASK, headers=session)
    assert second.status_code == 400
    assert "The request 1 of this session is under way" in second.json()["error"]["message"]
    assert '"status":"completed"' in answered.text
    assert again.status_code == 200


async def test_the_process_stops_at_once_with_streams_open(pool: Pool, house: Worker) -> None:
    async with asyncio.timeout(15):
        async with served(pool, house) as url, raw(url) as http:
            session = await open_session(http)
            request_ = http.build_request("GET", "/mcp", headers=session)
            await http.send(request_, stream=True)
