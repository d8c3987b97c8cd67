"""The two numbers that a page asks for again and again: as the policy allows, and without a record of their own."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

import tools
from domain.database import Pool
from tests.web.changes import World, card_of, making
from tests.web.entrance import desk as opened
from tests.web.entrance import person

ATTENTION = "/api/v1/users/me/attention"
ALERT = """
insert into trivium.alerts (fingerprint, name, service, severity, starts_at, ends_at, team, labels, annotations, source)
values (%(id)s, 'Slow', 'checkout', 'critical', %(at)s, %(ended)s, %(team)s, '{}', '{}', 'test')
"""


async def alerts(pool: Pool) -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    rows = [("shop", None), ("payments", None), ("payments", at)]
    async with pool.connection() as db:
        for team, ended in rows:
            await db.execute(ALERT, {"id": uuid4().hex, "at": at, "ended": ended, "team": team})


@pytest.mark.parametrize(
    ("role", "firing"), [("admin", 2), ("operator", 2), ("engineer", 1), ("viewer", None), ("nobody", None)]
)
async def test_firing_alerts_are_counted_as_far_as_the_role_may_count_them(
    pool: Pool, role: str, firing: int | None
) -> None:
    await alerts(pool)
    catalogue = [spec for spec in tools.catalogue().values() if spec.name == "query_alerts_history"]
    async with opened(pool, *catalogue) as web:
        await web.get(ATTENTION, headers=person("maya", role))
        async with pool.connection() as db:
            await db.execute("insert into trivium.user_teams select id, 'shop' from trivium.users where name = 'maya'")
        told = await web.get(ATTENTION, headers=person("maya", role))
        listed = await web.get("/api/v1/alerts", params={"status": "firing"}, headers=person("maya", role))
    assert (listed.json()["pagination"]["total"] if listed.status_code == 200 else None) == firing
    assert (told.status_code, told.json()) == (200, {"firing": firing, "confirmations": 0})


async def test_changes_that_wait_are_counted_and_nothing_is_recorded_by_looking(pool: Pool) -> None:
    world = World()
    async with opened(pool, world.spec(), brain=making("orders")) as web:
        await card_of(web)
        before = await executions(pool)
        told = [(await web.get(ATTENTION)).json() for _ in range(3)]
        after = await executions(pool)
    assert told == [{"firing": None, "confirmations": 1}] * 3
    assert before == after


async def executions(pool: Pool) -> int:
    async with pool.connection() as db:
        row = await (await db.execute("select count(*) as count from trivium.ai_tool_executions")).fetchone()
    assert row
    return row["count"]
