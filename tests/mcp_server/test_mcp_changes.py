"""Changes over MCP: the person is asked where the client can, in both eras; else the confirmation waits for confirm."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import mcp_types as types
import pytest
from mcp import Client

from domain.actors import Actor
from domain.database import Pool
from tests.graphs.test_revive import World, making
from tests.house import Worker, actor, worker
from tests.mcp_server.test_mcp_server import MODES, serving, structured, text


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def admin(pool: Pool) -> Actor:
    return await actor(pool, "admin")


@pytest.fixture
async def house(pool: Pool, world: World) -> AsyncGenerator[Worker]:
    async with worker(pool, world.spec(), brain=making("checkout")) as opened:
        yield opened


def server(house: Worker, who: Actor, longest: float = 10) -> Any:
    return serving(house.runner, who, longest=longest, approvals=house.approvals)


def says(action: Any, decision: str | None = None) -> Any:
    """A client's person who answers each form like this."""

    async def answer(_context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        assert "Create dashboard checkout" in params.message
        return types.ElicitResult(action=action, content={"decision": decision} if decision else None)

    return answer


@pytest.mark.parametrize("mode", MODES)
async def test_a_person_who_approves_in_their_host_has_the_change_made_in_one_call(
    house: Worker, world: World, admin: Actor, mode: str
) -> None:
    async with Client(server(house, admin), mode=mode, elicitation_callback=says("accept", "approve")) as client:
        result = structured(await client.call_tool("revive", {"request": "make it"}))
    assert (result["status"], world.made) == ("completed", ["checkout"])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("answer", [("accept", "reject"), ("decline", None)])
async def test_a_person_who_says_no_in_their_host_has_nothing_changed(
    house: Worker, world: World, admin: Actor, mode: str, answer: tuple[str, str | None]
) -> None:
    async with Client(server(house, admin), mode=mode, elicitation_callback=says(*answer)) as client:
        result = structured(await client.call_tool("revive", {"request": "make it"}))
    assert (result["status"], world.made) == ("rejected", [])


async def test_a_form_that_is_closed_or_filled_with_something_else_decides_nothing(
    house: Worker, world: World, admin: Actor
) -> None:
    for answer in (says("cancel"), says("accept"), says("accept", "yes please")):
        async with Client(server(house, admin), mode="legacy", elicitation_callback=answer) as client:
            result = structured(await client.call_tool("revive", {"request": "make it"}))
        assert result["status"] == "awaiting_confirmation"
    assert world.made == []


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_that_cannot_ask_gets_the_card_and_confirms_with_a_second_tool(
    house: Worker, world: World, admin: Actor, mode: str
) -> None:
    async with Client(server(house, admin), mode=mode) as client:
        waits = structured(await client.call_tool("revive", {"request": "make it"}))
        assert (waits["status"], world.made) == ("awaiting_confirmation", [])
        shown = waits["confirmation"]
        assert shown["action"]["title"] == "Create dashboard checkout"
        again = structured(await client.call_tool("get_run", {"run_id": waits["run_id"]}))
        assert again["confirmation"]["confirmation_id"] == shown["confirmation_id"]
        said = {"confirmation_id": shown["confirmation_id"], "decision": "approve"}
        done = structured(await client.call_tool("confirm", said))
        assert (done["status"], world.made) == ("completed", ["checkout"])
        late = await client.call_tool("confirm", said)
    assert late.is_error
    assert "already" in text(late)
    assert world.made == ["checkout"]


async def test_a_person_who_takes_too_long_finds_the_confirmation_still_waiting(
    house: Worker, world: World, admin: Actor
) -> None:
    never = asyncio.Event()

    async def silent(context: Any, params: Any) -> types.ElicitResult:  # noqa: ARG001 - the SDK gives them by name
        await never.wait()
        raise AssertionError

    async with Client(server(house, admin, longest=0.5), mode="legacy", elicitation_callback=silent) as client:
        waits = structured(await client.call_tool("revive", {"request": "make it"}))
        assert (waits["status"], world.made) == ("awaiting_confirmation", [])


async def test_an_unknown_or_foreign_confirmation_cannot_be_confirmed(
    pool: Pool, house: Worker, world: World, admin: Actor
) -> None:
    async with Client(server(house, admin)) as client:
        waits = structured(await client.call_tool("revive", {"request": "make it"}))
    stranger = await actor(pool, "admin")
    async with Client(server(house, stranger)) as client:
        for confirmation in (waits["confirmation"]["confirmation_id"], str(uuid4())):
            result = await client.call_tool("confirm", {"confirmation_id": confirmation, "decision": "approve"})
            assert result.is_error
            assert "There is no confirmation" in text(result)
    assert world.made == []


async def test_a_run_that_waits_can_be_stopped(house: Worker, world: World, admin: Actor) -> None:
    async with Client(server(house, admin)) as client:
        waits = structured(await client.call_tool("revive", {"request": "make it"}))
        structured(await client.call_tool("cancel_run", {"run_id": waits["run_id"]}))
        stopped = structured(await client.call_tool("get_run", {"run_id": waits["run_id"], "wait_seconds": 5}))
    assert (stopped["status"], world.made) == ("cancelled", [])
