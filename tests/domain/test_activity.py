"""Who did what, on whose approval, with what result; and what it adds up to."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain import activity
from domain.activity import Deed, Search, ToolUsage, UserActivity
from domain.actors import Actor
from domain.database import Pool
from domain.windows import Window
from tests.domain.deeds import Deeds
from tests.house import actor

TODAY = Window(datetime.now(UTC) - timedelta(hours=12), datetime.now(UTC) + timedelta(hours=12))
RESOURCE = {"data": {"resource": {"type": "service", "name": "checkout"}}}


@pytest.fixture
async def deeds(pool: Pool) -> Deeds:
    return Deeds(pool)


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await actor(pool, "operator", name="ann")


@pytest.fixture
async def bob(pool: Pool) -> Actor:
    return await actor(pool, "admin", name="bob")


async def listed(pool: Pool, **search: Any) -> list[Deed]:
    async with pool.connection() as db:
        return (await activity.deeds(db, Search(**search))).rows


def told(deed: Deed) -> tuple[Any, ...]:
    return deed.requester, deed.tool, deed.decided_by, deed.standing, deed.status, deed.outcome, deed.summary


async def test_a_change_is_one_deed_with_who_asked_who_approved_and_what_came_of_it(
    pool: Pool, deeds: Deeds, ann: Actor, bob: Actor
) -> None:
    """AU-03."""
    made = await deeds.proposed(ann, "four_eyes", service="checkout")
    await deeds.decided(made, bob, "approved", "go ahead")
    done = await deeds.carried_out(made, ann, "succeeded", **RESOURCE)
    (deed,) = await listed(pool)
    assert told(deed) == ("ann", "restart", "bob", "approved", "success", "succeeded", "service checkout")
    assert (deed.id, deed.confirmation_id, deed.mode, deed.reason) == (done, made, "four_eyes", "go ahead")
    assert (deed.decided_through, deed.arguments, deed.milliseconds) == ("http", {"service": "checkout"}, 5)
    assert deed.decided_at
    assert deed.finished_at


async def test_every_ending_is_told_as_it_is(pool: Pool, deeds: Deeds, ann: Actor, bob: Actor) -> None:
    """AU-02."""
    await deeds.call(ann)
    await deeds.call(ann, "query_echo", "blocked", error="Role 'operator' cannot")
    await deeds.begun(ann)
    await deeds.decided(await deeds.proposed(ann), ann, "rejected")
    await deeds.proposed(ann)
    waiting = await deeds.proposed(ann)
    async with pool.connection() as db:
        await db.execute("set session_replication_role = replica")
        expire = "update trivium.ai_action_confirmations set expires_at = now() where id = %(id)s"
        await db.execute(expire, {"id": waiting})
        await db.execute("set session_replication_role = origin")
    policy = await deeds.proposed(bob, "policy")
    await deeds.carried_out(policy, bob, "failed", error="HTTP 500")
    for outcome in ("unknown", "executing"):
        made = await deeds.proposed(bob)
        await deeds.decided(made, bob, "approved")
        await deeds.carried_out(made, bob, outcome)
    assert [told(deed) for deed in reversed(await listed(pool))] == [
        ("ann", "query_echo", None, None, "success", None, "ok"),
        ("ann", "query_echo", None, None, "blocked", None, "Role 'operator' cannot"),
        ("ann", "query_echo", None, None, "running", None, ""),
        ("ann", "restart", "ann", "rejected", "pending_approval", None, "ok"),
        ("ann", "restart", None, "pending", "pending_approval", None, "ok"),
        ("ann", "restart", None, "expired", "pending_approval", None, "ok"),
        ("bob", "restart", None, "approved", "error", "failed", "HTTP 500"),
        ("bob", "restart", "bob", "approved", "unknown", "unknown", "ok"),
        ("bob", "restart", "bob", "approved", "running", "executing", ""),
    ]


async def test_an_approval_that_nobody_used_yet_is_a_deed_of_its_own(
    pool: Pool, deeds: Deeds, ann: Actor, bob: Actor
) -> None:
    await deeds.decided(await deeds.proposed(ann, "four_eyes"), bob, "approved")
    (deed,) = await listed(pool)
    assert told(deed) == ("ann", "restart", "bob", "approved", "pending_approval", None, "ok")


async def test_a_search_narrows_and_pages(pool: Pool, deeds: Deeds, ann: Actor, bob: Actor) -> None:
    first = await deeds.call(ann)
    await deeds.earlier(first, timedelta(days=2))
    second = await deeds.call(bob, "query_other", "error")
    third = await deeds.call(ann, "query_other")
    searches: list[tuple[dict[str, Any], list[Any]]] = [
        ({}, [third, second, first]),
        ({"user": "ann"}, [third, first]),
        ({"user": "nobody"}, []),
        ({"tool": "query_other"}, [third, second]),
        ({"status": "error"}, [second]),
        ({"status": "success", "user": "ann", "tool": "query_echo"}, [first]),
        ({"window": TODAY}, [third, second]),
        ({"window": TODAY, "status": "success"}, [third]),
        ({"limit": 1}, [third]),
        ({"limit": 1, "offset": 1}, [second]),
    ]
    for search, expected in searches:
        assert [deed.id for deed in await listed(pool, **search)] == expected, search


async def test_the_edges_of_a_window_are_half_open(pool: Pool, deeds: Deeds, ann: Actor) -> None:
    made = await deeds.call(ann)
    (deed,) = await listed(pool)
    tick = timedelta(microseconds=1)
    assert [found.id for found in await listed(pool, window=Window(deed.at, deed.at + tick))] == [made]
    assert await listed(pool, window=Window(deed.at - tick, deed.at)) == []


@pytest.mark.parametrize(
    ("result", "summary"),
    [
        ('{"status": "error", "error": "HTTP 500", "data": null}', "HTTP 500"),
        ('{"status": "ok", "data": {"resource": {"type": "runbook", "name": "restart"}}}', "runbook restart"),
        ('{"status": "ok", "data": {"resource": []}}', "ok"),
        ('{"status": "ok", "data": []}', "ok"),
        ("[1]", "[1]"),
        ("no json", "no json"),
        ('{"error": "' + "x" * 300 + '"}', "x" * 200),
        (r'{"error": "\u0000"}', "\0"),
    ],
)
def test_a_result_is_summed_up_whatever_it_is(result: str, summary: str) -> None:
    assert activity.summed_up(result) == summary


async def test_what_a_user_came_to_in_a_window(pool: Pool, deeds: Deeds, ann: Actor, bob: Actor) -> None:
    """AU-04."""
    old = await deeds.call(ann)
    await deeds.earlier(old, timedelta(days=2))
    await deeds.call(ann, "query_echo", "error")
    await deeds.call(ann, "query_other", "blocked")
    done = await deeds.proposed(ann, "four_eyes")
    await deeds.decided(done, bob, "approved")
    await deeds.carried_out(done, ann, "succeeded")
    await deeds.decided(await deeds.proposed(ann, "four_eyes"), bob, "rejected")
    await deeds.proposed(ann, "policy")
    of_ann, of_bob, of_nobody = [await activity_of(pool, who) for who in (ann.user_id, bob.user_id, uuid4())]
    assert (of_ann.calls, of_ann.errors, of_ann.blocked) == (6, 1, 1)
    assert of_ann.tools == ["query_echo", "query_other", "restart"]
    assert (of_ann.proposals, of_ann.carried_out, of_ann.rejected, of_ann.expired) == (2, 1, 1, 0)
    assert (of_ann.sessions, of_ann.questions, of_ann.approvals_given) == (10, 0, 0)
    assert of_ann.first_at
    assert of_ann.last_at
    assert of_ann.first_at < of_ann.last_at
    assert (of_bob.calls, of_bob.approvals_given) == (0, 1)
    assert of_nobody == UserActivity(
        sessions=0, questions=0, calls=0, errors=0, blocked=0, tools=[], proposals=0, carried_out=0, rejected=0,
        expired=0, approvals_given=0, first_at=None, last_at=None,
    )  # fmt: skip


async def activity_of(pool: Pool, user_id: Any) -> UserActivity:
    async with pool.connection() as db:
        (found,) = (await activity.get_user_ai_activity(db, user_id, TODAY)).rows
    return found


async def test_how_tools_were_used_in_a_window(pool: Pool, deeds: Deeds, ann: Actor, bob: Actor) -> None:
    """AU-05."""
    await deeds.earlier(await deeds.call(ann), timedelta(days=2))
    for milliseconds in (10, 20, 30, 40):
        await deeds.call(ann, "query_echo", "success", milliseconds)
    await deeds.call(bob, "query_echo", "error", 100)
    await deeds.call(bob, "query_echo", "blocked", 1)
    await deeds.proposed(bob)
    async with pool.connection() as db:
        found = (await activity.get_tool_usage_stats(db, TODAY)).rows
    assert found == [
        ToolUsage(
            tool="query_echo", calls=6, users=2, successes=4, errors=1, blocked=1, asked=0, p50_ms=30.0, p95_ms=88.0
        ),
        ToolUsage(
            tool="restart", calls=1, users=1, successes=0, errors=0, blocked=0, asked=1, p50_ms=None, p95_ms=None
        ),
    ]
