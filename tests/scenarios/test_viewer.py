"""What a viewer gets from the real brain and the real tools, over HTTP."""

from typing import Any

import httpx
import pytest

from agents.rules.brain import RulesBrain
from domain.database import Pool
from domain.names import Directory
from domain.sample import fill
from tests.house import NOW, runner
from tests.web.entrance import app, signed
from tools import ALL

ROWS = (
    "select tool_name, result_status, permission_granted from trivium.ai_tool_executions order by created_at, tool_name"
)


async def asked(pool: Pool, question: str) -> httpx.Response:
    async with pool.connection() as db:
        await fill.fill(db, NOW)
    async with runner(pool, *ALL, brain=RulesBrain()) as running:
        transport = httpx.ASGITransport(app(pool, running, directory=Directory(pool)))
        async with httpx.AsyncClient(transport=transport, base_url="http://trivium") as client:
            headers = signed("vera", roles=("viewer",))
            return await client.post("/api/v1/inquiry/query", json={"query": question}, headers=headers)


async def executions(pool: Pool) -> list[dict[str, Any]]:
    async with pool.connection() as db:
        return await (await db.execute(ROWS)).fetchall()


async def test_a_viewer_gets_counts_and_no_single_alert(pool: Pool) -> None:
    """PM-15, first half."""
    response = await asked(pool, "How many alerts fired on checkout last week?")
    answer = response.json()["answer"]
    assert response.status_code == 200
    assert answer["data"]["total_alerts"] > 0
    assert "rows of single alerts are hidden" in str(answer)
    assert "starts_at" not in str(answer["parts"])


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("Postmortems about database timeouts", "search_postmortems"),
        ("Timeline of INC-12", "get_incident_timeline"),
        ("What was deployed to checkout last week?", "correlate_alerts_changes"),
    ],
)
async def test_what_only_shows_details_is_closed_to_a_viewer_and_says_to_whom_it_is_open(
    pool: Pool, question: str, tool: str
) -> None:
    """PM-15, second half."""
    response = await asked(pool, question)
    body = response.json()
    assert (response.status_code, body["error"]) == (403, "insufficient_permissions")
    assert body["message"].startswith("Role 'viewer' cannot use")
    assert body["alternative"] == "Ask someone with the role admin or engineer or operator."
    assert body["required_permission"] == "ai:inquiry:read"
    assert await executions(pool) == [{"tool_name": tool, "result_status": "blocked", "permission_granted": False}]
