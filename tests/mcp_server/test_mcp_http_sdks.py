"""Both SDKs' clients over HTTP, in both eras: asked, followed, approved in two ways, stopped, and what they read."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

import tools
from domain.database import Pool
from tests.conformance.talking import NoAnswerError, Sdk, talker
from tests.graphs.test_revive import World, making
from tests.house import NOW, Worker, spec, worker
from tests.mcp_server.endpoint import Set, served
from tests.mcp_server.test_mcp_server import Gate
from tests.tools.estate import open_estate

SDKS: tuple[Sdk, ...] = ("python", "typescript")
pytestmark = pytest.mark.slow
each_sdk = pytest.mark.parametrize("sdk", SDKS)
each_era = pytest.mark.parametrize("era", ["auto", "legacy"])
LONG_SECONDS = 90.0


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def waiting(pool: Pool, gate: Gate) -> AsyncGenerator[Worker]:
    async with worker(pool, spec(handler=gate, deadline_seconds=120)) as opened:
        yield opened
        gate.opened.set()


@each_era
@each_sdk
async def test_a_question_is_answered_and_read_again(pool: Pool, sdk: Sdk, era: str) -> None:
    """EP-23."""
    async with worker(pool) as house, served(pool, house) as url, talker(sdk, url, era) as client:
        names = await client.tools()
        asked = await client.call("ask", {"question": "What is firing?"})
        found = asked["structuredContent"]
        resource = await client.read(f"run://{found['run_id']}")
    assert names == ["ask", "get_run", "confirm", "cancel_run", "list_runs"]
    assert found["status"] == "completed"
    assert "What is firing?: 1 results." in resource["contents"][0]["text"]


@each_era
@each_sdk
async def test_a_run_that_outlives_the_clients_patience_is_followed_by_its_id(
    pool: Pool, waiting: Worker, gate: Gate, sdk: Sdk, era: str
) -> None:
    """EP-23."""
    async with served(pool, waiting, Set(longest_seconds=20)) as url, talker(sdk, url, era) as client:
        with pytest.raises(NoAnswerError):
            await client.call("ask", {"question": "long"}, seconds=2)
        (run,) = (await client.call("list_runs", {}))["structuredContent"]["runs"]
        running = await client.call("get_run", {"run_id": run["run_id"], "wait_seconds": 1})
        gate.opened.set()
        ended = await client.call("get_run", {"run_id": run["run_id"], "wait_seconds": 10})
    assert (run["status"], running["structuredContent"]["status"]) == ("running", "running")
    assert ended["structuredContent"]["answer"]["findings"]


@pytest.mark.long
async def test_a_run_of_ninety_seconds_is_told_of_and_followed(pool: Pool, waiting: Worker, gate: Gate) -> None:
    """EP-23: in real time, with the server's own 45 s and the client's own timeout; both SDKs at once."""
    asyncio.get_running_loop().call_later(LONG_SECONDS, gate.opened.set)
    async with served(pool, waiting, Set(longest_seconds=45)) as url:
        await asyncio.gather(followed("python", url), followed("typescript", url))


async def followed(sdk: Sdk, url: str) -> None:
    async with talker(sdk, url, "auto") as client:
        first = (await client.call("ask", {"question": "long"}))["structuredContent"]
        told = await client.told()
        later = first
        while later["status"] == "running":
            later = (await client.call("get_run", {"run_id": first["run_id"], "wait_seconds": 45}))["structuredContent"]
    assert first["status"] == "running"
    assert told > 5
    assert later["status"] == "completed"


@each_era
@each_sdk
async def test_a_person_approves_in_the_form_their_host_shows(pool: Pool, sdk: Sdk, era: str) -> None:
    """EP-23."""
    world = World()
    async with (
        worker(pool, world.spec(), brain=making("checkout")) as house,
        served(pool, house) as url,
        talker(sdk, url, era, "approve") as client,
    ):
        done = await client.call("revive", {"request": "make it"})
    assert (done["structuredContent"]["status"], world.made) == ("completed", ["checkout"])


@each_era
@each_sdk
async def test_a_person_approves_by_the_second_tool(pool: Pool, sdk: Sdk, era: str) -> None:
    world = World()
    async with (
        worker(pool, world.spec(), brain=making("checkout")) as house,
        served(pool, house) as url,
        talker(sdk, url, era) as client,
    ):
        waits = (await client.call("revive", {"request": "make it"}))["structuredContent"]
        said = {"confirmation_id": waits["confirmation"]["confirmation_id"], "decision": "approve"}
        done = await client.call("confirm", said)
    assert waits["status"] == "awaiting_confirmation"
    assert (done["structuredContent"]["status"], world.made) == ("completed", ["checkout"])


@each_era
@each_sdk
async def test_a_run_is_stopped(pool: Pool, waiting: Worker, gate: Gate, sdk: Sdk, era: str) -> None:
    async with served(pool, waiting) as url, talker(sdk, url, era) as client:
        first = (await client.call("ask", {"question": "long", "wait_seconds": 0}))["structuredContent"]
        await gate.entered.wait()
        await client.call("cancel_run", {"run_id": first["run_id"]})
        stopped = await client.call("get_run", {"run_id": first["run_id"], "wait_seconds": 5})
    assert (first["status"], stopped["structuredContent"]["status"]) == ("running", "cancelled")


@each_era
@each_sdk
async def test_a_prompt_is_filled_in_and_completed(pool: Pool, sdk: Sdk, era: str) -> None:
    """EP-23."""
    estate = await open_estate(pool)
    await estate.alert(NOW - timedelta(hours=1))
    async with worker(pool, *tools.ALL) as house, served(pool, house) as url, talker(sdk, url, era) as client:
        ref = {"type": "ref/prompt", "name": "investigate_alert"}
        values = await client.complete(ref, {"name": "alert", "value": "high"})
        filled = await client.prompt("investigate_alert", {"alert": values[0]})
    assert values == ["HighErrorRate"]
    assert "HighErrorRate" in filled["messages"][0]["content"]["text"]
