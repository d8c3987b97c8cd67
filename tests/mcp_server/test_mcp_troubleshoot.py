"""Troubleshooting over MCP: one alert by id or by name, with the real tools and rules, and a runbook once approved."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import mcp_types as types
import pytest
from mcp import Client

import tools
from agents.rules.brain import RulesBrain
from domain import permissions
from domain.actors import Actor
from domain.database import Pool
from domain.permissions import Rule
from tests.house import NOW, Worker, actor, worker
from tests.mcp_server.test_mcp_server import MODES, serving, structured, text
from tests.tools.estate import Estate, open_estate
from tests.web.test_web_alerts import Runs, RunsIt

HOUR = timedelta(hours=1)


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


@pytest.fixture
async def admin(pool: Pool) -> Actor:
    return await actor(pool, "admin")


@pytest.fixture
async def house(pool: Pool) -> AsyncGenerator[Worker]:
    async with worker(pool, *tools.ALL, brain=RulesBrain()) as opened:
        yield opened


async def test_the_cause_of_an_alert_is_asked_by_its_id_and_followed_up(
    house: Worker, estate: Estate, admin: Actor
) -> None:
    """IN-15, TS-13."""
    alert = str(await estate.alert(NOW - HOUR, ends_at=None))
    async with Client(serving(house.runner, admin)) as client:
        first = structured(await client.call_tool("troubleshoot", {"alert": alert}))
        more = {"alert": alert, "question": "who is on call?", "session_id": first["session_id"]}
        second = structured(await client.call_tool("troubleshoot", more))
        run = await house.runner.fetch(admin, first["run_id"])
    assert (first["status"], first["answer"]["data"]["alert"]["id"]) == ("completed", alert)
    assert (run.graph, run.question) == ("troubleshooting", "What is causing it?")
    assert second["session_id"] == first["session_id"]
    assert first["next_step"] == f"To follow up, call the same tool with session_id {first['session_id']}."


async def test_an_alert_that_is_not_there_is_said_to_be_none(house: Worker, admin: Actor) -> None:
    missing = uuid4()
    async with Client(serving(house.runner, admin)) as client:
        result = await client.call_tool("troubleshoot", {"alert": str(missing)})
        empty = await client.call_tool("troubleshoot", {"alert": ""})
    assert f"There is no alert {missing}." in text(result)
    assert empty.is_error
    assert "alert: String should have at least 1 character" in text(empty)


async def test_what_is_no_id_of_an_alert_stands_in_the_question(house: Worker, admin: Actor) -> None:
    async with Client(serving(house.runner, admin)) as client:
        asked = structured(await client.call_tool("troubleshoot", {"alert": "HighErrorRate", "question": "Why?"}))
        run = await house.runner.fetch(admin, asked["run_id"])
    assert run.question == "Why? (alert HighErrorRate)"


@pytest.mark.parametrize("mode", MODES)
async def test_a_runbook_is_put_before_the_person_at_the_host_and_runs_once_approved(
    pool: Pool, estate: Estate, admin: Actor, mode: str
) -> None:
    """TS-13."""
    world, alert = Runs(), str(await estate.alert(NOW - HOUR, ends_at=None))
    rule = Rule(role="admin", pillar="troubleshooting", category=None, tool="execute_*", effect="confirm", scope=None)
    async with pool.connection() as db, db.transaction():
        await permissions.put(db, admin, rule)

    async def asked(_context: Any, _params: types.ElicitRequestParams) -> types.ElicitResult:
        assert world.made == []
        return types.ElicitResult(action="accept", content={"decision": "approve"})

    approve: Any = asked
    kept = [spec for spec in tools.ALL if spec.name != "execute_runbook"]
    async with worker(pool, *kept, world.runbook(), brain=RunsIt()) as house:
        served = serving(house.runner, admin, approvals=house.approvals)
        async with Client(served, mode=mode, elicitation_callback=approve) as client:
            result = structured(await client.call_tool("troubleshoot", {"alert": alert, "question": "run it"}))
    assert (result["status"], world.made) == ("completed", ["drain"])
