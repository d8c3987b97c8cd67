"""An engineer and the alerts of others: on every entrance to troubleshooting another team's alert is not there."""

import io
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, redirect_stdout
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from langchain_core.messages import HumanMessage
from langgraph.graph import StateGraph

from agents.rules.brain import RulesBrain
from domain.database import Pool
from domain.errors import Refused
from domain.tokens import PILLARS
from graphs import troubleshooting as graph_of_alerts
from tests.house import NOW, actor
from tests.scenarios.entrances import Opened, mcp_host, opened
from tests.tools.estate import open_estate
from tests.web import entrance as http
from tests.web.changes import STREAM
from trivium import alerts, troubleshooting
from trivium.holding import Held
from trivium.service import Service
from trivium.studio import TroubleshootingInput, TroubleshootingState, Visit

Ask: TypeAlias = Callable[[Opened, str, UUID], Awaitable[str]]
LEAKS = ("ledger", "SecretOfTheBank", "bank-db")
WHY = "What is causing it?"
RESULTS = "select row_to_json(execution)::text as data from trivium.ai_tool_executions as execution"


async def by_json(house: Opened, token: str, alert: UUID) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    return (await house.web.post(f"/api/v1/alerts/{alert}/chat/message", json={"message": WHY}, headers=headers)).text


async def by_sse(house: Opened, token: str, alert: UUID) -> str:
    headers = {"Authorization": f"Bearer {token}", **STREAM}
    return (await house.web.post(f"/api/v1/alerts/{alert}/chat/message", json={"message": WHY}, headers=headers)).text


async def by_mcp(house: Opened, token: str, alert: UUID) -> str:
    async with mcp_host(house, token) as host:
        return (await host.call_tool("troubleshoot", {"alert": str(alert)})).model_dump_json()


async def by_command_line(house: Opened, token: str, alert: UUID) -> str:
    with redirect_stdout(io.StringIO()) as printed:
        try:
            manner = troubleshooting.Manner(as_json=True)
            await troubleshooting.ask_once(house.acting_for(token), str(alert), "", manner)
        except Refused as refusal:
            return str(refusal)
    return printed.getvalue()


async def by_studio(house: Opened, token: str, alert: UUID) -> str:
    acting = house.acting_for(token)

    @asynccontextmanager
    async def opening() -> AsyncGenerator[Service]:
        yield acting

    async with Held(opening) as held, Visit(held, "troubleshooting") as visit:
        drawing = StateGraph(TroubleshootingState, input_schema=TroubleshootingInput)
        graph: Any = graph_of_alerts.draw(drawing, visit.adapt).compile()
        state = await graph.ainvoke({"messages": [HumanMessage(WHY)], "alert": str(alert)})
    return json.dumps({key: value for key, value in state.items() if key != "messages"})


ENTRANCES: dict[str, Ask] = {
    "HTTP": by_json,
    "SSE": by_sse,
    "MCP": by_mcp,
    "command line": by_command_line,
    "Studio": by_studio,
}


@pytest.mark.parametrize("entrance", ENTRANCES)
async def test_an_engineer_troubleshoots_own_alerts_and_another_teams_is_not_there(pool: Pool, entrance: str) -> None:
    """EP-05, IN-15, PM-14."""
    estate, hour, ask = await open_estate(pool), timedelta(hours=1), ENTRANCES[entrance]
    await actor(pool, "engineer", teams=["shop"], name="eve")
    await actor(pool, "operator", name="opal")
    mine = await estate.alert(NOW - hour, name="OursFires", ends_at=None)
    theirs = await estate.alert(
        NOW - hour, name="SecretOfTheBank", service="ledger", team="bank", summary="bank-db is gone", ends_at=None
    )
    eve, opal = (http.token(name, roles=(role,), scopes=PILLARS) for name, role in WHO)
    async with opened(pool, RulesBrain()) as house:
        own = await ask(house, eve, mine)
        foreign = await ask(house, eve, theirs)
        async with pool.connection() as db:
            kept = "".join(str(row["data"]) for row in await (await db.execute(RESULTS)).fetchall())
        seen = await ask(house, opal, theirs)
    assert "OursFires" in own
    assert f"There is no alert {theirs} of your teams" in foreign
    assert [leak for leak in LEAKS if leak in own + foreign + kept] == []
    assert "SecretOfTheBank" in seen, "whoever may see all alerts is told of it"


WHO = (("eve", "engineer"), ("opal", "operator"))


async def test_an_engineers_list_on_the_command_line_is_narrowed_like_the_one_over_http(pool: Pool) -> None:
    """PM-14."""
    estate, hour = await open_estate(pool), timedelta(hours=1)
    await actor(pool, "engineer", teams=["shop"], name="eve")
    for team in ("shop", "bank"):
        await estate.alert(NOW - hour, name=f"Of-{team}", team=team, ends_at=None)
    token = http.token("eve", roles=("engineer",), scopes=PILLARS)
    async with opened(pool, RulesBrain()) as house:
        listed = await house.web.get("/api/v1/alerts?status=firing", headers={"Authorization": f"Bearer {token}"})
        acting = house.acting_for(token)
        found = await alerts.looked_at(
            acting, await acting.actor(alerts.Entrance.CLI), "query_alerts_history", {"status": "firing"}
        )
    assert [each["name"] for each in listed.json()["alerts"]] == ["Of-shop"]
    assert [each["name"] for each in found.data["alerts"]] == ["Of-shop"]
