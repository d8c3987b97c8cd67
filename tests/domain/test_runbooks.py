from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain import claims, confirmations, executions, runbook_executions, runbooks
from domain.actors import Actor
from domain.claims import Claim
from domain.confirmations import Proposal
from domain.database import Connection, Pool
from domain.errors import Refused
from domain.executions import Opening
from domain.runbook_executions import ExecutionFilter, Start, Usage
from domain.runbooks import NewRunbook, Runbook, Wanted
from tests.house import actor, session

STEP = {"name": "wait", "kind": "wait", "seconds": 1}


def new(name: str = "restart-checkout", **changes: Any) -> NewRunbook:
    given: dict[str, Any] = {
        "name": name, "alert_names": [], "tags": [], "parameters": [], "steps": [STEP], "rollback": [],
        "created_by": None,
    }  # fmt: skip
    return NewRunbook(**(given | changes))


async def begun(db: Connection, book: Runbook, who: Actor, **changes: Any) -> UUID:
    given: dict[str, Any] = {
        "runbook_id": book.id, "runbook_name": book.name, "runbook_version": book.version, "kind": book.kind,
        "user_id": who.user_id, "confirmation_id": None, "tool_execution_id": None, "run_id": None,
        "parameters": {"a": 1}, "reason": "why", "steps": [{"name": "wait", "status": "not_run"}],
    }  # fmt: skip
    return await runbook_executions.start(db, Start(**(given | changes)))


async def test_a_runbook_is_what_was_stored_by_its_name_and_by_its_id(pool: Pool) -> None:
    async with pool.connection() as db:
        made = await runbooks.add(db, new(title="Restart", tags=["a"], rollback=[STEP | {"name": "back"}]))
        assert (made.version, made.is_enabled, made.sample, made.kind) == (1, True, False, "runbook")
        assert (made.steps, made.rollback) == ([STEP], [STEP | {"name": "back"}])
        assert await runbooks.by_name(db, "restart-checkout") == made
        assert await runbooks.by_name(db, str(made.id)) == made
        assert await runbooks.by_name(db, "restart") is None
        assert await runbooks.by_name(db, str(uuid4())) is None


async def test_a_name_is_taken_once(pool: Pool) -> None:
    async with pool.connection() as db:
        await runbooks.add(db, new())
        with pytest.raises(Refused, match="already"):
            await runbooks.add(db, new(title="another"))


async def test_a_revision_raises_the_version_and_only_of_the_one_that_stands(pool: Pool) -> None:
    async with pool.connection() as db:
        first = await runbooks.add(db, new())
        second = await runbooks.revise(db, new(title="better"), replaces=1)
        assert (second.id, second.version, second.title) == (first.id, 2, "better")
        with pytest.raises(Refused, match="Version 1 of restart-checkout is not the one there is"):
            await runbooks.revise(db, new(title="late"), replaces=1)
        assert await runbooks.by_name(db, first.name) == second


async def test_a_search_finds_any_word_best_first_and_an_alerts_name_before_all(pool: Pool) -> None:
    async with pool.connection() as db:
        await runbooks.add(db, new("drain-node", description="Restarts nothing."))
        await runbooks.add(db, new("restart-checkout", title="Restart checkout", service="checkout"))
        await runbooks.add(db, new("zz-cleanup", alert_names=["Restart"], tags=["disk"]))
        await runbooks.add(db, new("postgres", kind="service_template"))

        async def names(**wanted: Any) -> list[str]:
            return [row.name for row in (await runbooks.matching(db, Wanted(**wanted))).rows]

        assert await names(search="restart") == ["zz-cleanup", "restart-checkout", "drain-node"]
        assert await names(search="please restart the checkout") == ["restart-checkout", "drain-node"]
        assert await names(search="DISK") == ["zz-cleanup"]
        assert await names(search="check") == ["restart-checkout"]
        assert await names(search="'; drop table x; --") == []
        assert await names(service="checkout") == ["restart-checkout"]
        assert await names(kind="service_template") == ["postgres"]
        assert await names() == ["drain-node", "postgres", "restart-checkout", "zz-cleanup"]
        found = await runbooks.matching(db, Wanted(limit=1))
        assert (len(found.rows), found.rows[0].total, found.rows[0].step_count) == (1, 4, 1)


async def test_an_execution_is_on_record_before_during_and_after(pool: Pool) -> None:
    """RV-25."""
    who = await actor(pool, "operator")
    async with pool.connection() as db:
        book = await runbooks.add(db, new())
        made = await begun(db, book, who)
        (row,) = (await runbook_executions.fetch(db, made)).rows
        assert (row.status, row.finished_at, row.seconds, row.user) == ("running", None, None, who.name)
        await runbook_executions.record(db, made, [{"name": "wait", "status": "running"}])
        (row,) = (await runbook_executions.fetch(db, made)).rows
        assert row.steps == [{"name": "wait", "status": "running"}]
        await runbook_executions.finish(db, made, "failed", [{"name": "wait", "status": "failed"}], {"message": "no"})
        (row,) = (await runbook_executions.fetch(db, made)).rows
        assert (row.status, row.steps[0]["status"], row.result) == ("failed", "failed", {"message": "no"})
        assert row.seconds is not None
        await runbook_executions.finish(db, made, "succeeded", [], {})
        await runbook_executions.record(db, made, [])
        assert (await runbook_executions.fetch(db, made)).rows == [row], "what has ended is not told anew"


async def test_executions_are_found_by_runbook_status_and_time(pool: Pool) -> None:
    who = await actor(pool, "operator")
    async with pool.connection() as db:
        one, two = await runbooks.add(db, new("one")), await runbooks.add(db, new("two"))
        first, second = await begun(db, one, who), await begun(db, two, who)
        await runbook_executions.finish(db, first, "succeeded", [], {})

        async def found(**wanted: Any) -> list[UUID]:
            return [row.id for row in (await runbook_executions.newest(db, ExecutionFilter(**wanted), 10)).rows]

        assert await found() == [second, first]
        assert await found(runbook="one") == [first]
        assert await found(status="running") == [second]
        assert await found(since=datetime(2999, 1, 1, tzinfo=UTC)) == []
        assert [row.total for row in (await runbook_executions.newest(db, ExecutionFilter(), 1)).rows] == [2]


async def test_what_a_user_holds_of_a_template_is_what_may_be_there(pool: Pool) -> None:
    who, other = await actor(pool, "operator"), await actor(pool, "operator")
    async with pool.connection() as db:
        book = await runbooks.add(db, new("postgres", kind="service_template"))
        for status in ("succeeded", "unknown", "failed", "cancelled"):
            made = await begun(db, book, who, hourly_cost=Decimal("0.25"))
            await runbook_executions.finish(db, made, status, [], {})
        await begun(db, book, other, hourly_cost=Decimal(5))
        found = await runbook_executions.usage(db, "postgres", who.user_id)
        assert found == Usage(total=3, mine=2, mine_hourly=Decimal("0.50"))
        none = await runbook_executions.usage(db, "mysql", who.user_id)
        assert none == Usage(total=0, mine=0, mine_hourly=Decimal(0))


async def claimed(pool: Pool, who: Actor, lease_seconds: float) -> UUID:
    """A confirmation that a worker carries out, with a lease of so many seconds."""
    session_id = await session(pool, who)
    async with pool.connection() as db:
        opened = await executions.begin(db, Opening(
            session_id=session_id, run_id=None, message_id=None, user_id=who.user_id, tool="execute_runbook",
            category="revive_aiops", arguments={}, permission=None,
        ))  # fmt: skip
        made = await confirmations.propose(db, Proposal(
            session_id=session_id, run_id=None, ordinal=1, user_id=who.user_id, pillar="revive",
            tool="execute_runbook", category="revive_aiops", details={}, arguments={}, sha256="x", level="high",
            mode="policy", permission="p", policy_version=1, proposed_in=opened.id,
        ))  # fmt: skip
        claim = Claim(id=made.id, user_id=who.user_id, tool="execute_runbook", sha256="x", execution_id=opened.id,
            worker="w", lease_seconds=lease_seconds)  # fmt: skip
        assert await claims.claim(db, claim)
    return made.id


async def test_what_a_dead_worker_left_running_is_unknown_and_a_living_one_may_still_say(pool: Pool) -> None:
    who = await actor(pool, "operator")
    dead, living = await claimed(pool, who, -1), await claimed(pool, who, 60)
    async with pool.connection() as db:
        book = await runbooks.add(db, new())
        left = await begun(db, book, who, confirmation_id=dead)
        going = await begun(db, book, who, confirmation_id=living)
        assert await runbook_executions.reconcile(db) == [], "nobody has given the confirmation up yet"
        await claims.reconcile(db, {})
        assert await runbook_executions.reconcile(db) == [left]
        assert await runbook_executions.reconcile(db) == []
        (row,) = (await runbook_executions.fetch(db, left)).rows
        assert (row.status, row.finished_at is not None, row.approved_by) == ("unknown", True, who.name)
        assert (await runbook_executions.fetch(db, going)).rows[0].status == "running"
        await runbook_executions.finish(db, left, "succeeded", [], {})
        assert (await runbook_executions.fetch(db, left)).rows[0].status == "succeeded"
