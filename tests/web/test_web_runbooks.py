"""Runbooks over HTTP, read by whoever may read them, with what they did; and who could approve a change."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from domain import runbook_executions, users
from domain.database import Pool
from domain.runbook_executions import Start
from tests.house import worker
from tests.tools.runbook_world import world
from tests.web.changes import World, card_of, making
from tests.web.entrance import admin, app, client, desk, person, signed
from tools import runbook_executions as execution_tools
from tools import runbook_tools
from web.models.runbooks import ExecutionsReply, RunbooksReply

RUNBOOKS, EXECUTIONS = "/api/v1/runbooks", "/api/v1/executions"
WAIT = {"name": "let it settle", "kind": "wait", "seconds": 1}
STEPS: list[dict[str, Any]] = [{"name": "let it settle", "status": "succeeded", "seconds": 1.0}]


@asynccontextmanager
async def reading(pool: Pool) -> AsyncGenerator[httpx.AsyncClient]:
    """Signed as the admin Ann, with a runbook that was run once."""
    house = await world(pool)
    await house.store(WAIT, name="settle", title="Let it settle", service="checkout", tags=["calm"])
    async with (
        worker(pool, *runbook_tools.TOOLS, *execution_tools.TOOLS) as made,
        client(app(pool, made.runner, house=made)) as web,
    ):
        web.headers.update(admin())
        yield web


async def ran(pool: Pool, runbook: UUID) -> UUID:
    async with pool.connection() as db:
        ann = await users.ensure(db, "ann", roles=("admin",))
        begun = Start(
            runbook_id=runbook, runbook_name="settle", runbook_version=1, kind="runbook", user_id=ann,
            confirmation_id=None, tool_execution_id=None, run_id=None, parameters={}, reason="a test", steps=[],
        )  # fmt: skip
        made = await runbook_executions.start(db, begun)
        await runbook_executions.finish(db, made, "succeeded", STEPS, {"done": True})
    return made


async def test_runbooks_are_listed_and_told_in_full_with_what_they_did(pool: Pool) -> None:
    """RV-08, RV-25."""
    async with reading(pool) as web:
        listed = RunbooksReply.model_validate((await web.get(RUNBOOKS)).json())
        (one,) = listed.runbooks
        none = (await web.get(RUNBOOKS, params={"search": "nothing like it"})).json()
        whole = (await web.get(f"{RUNBOOKS}/{one.id}")).json()
        execution = await ran(pool, one.id)
        history = ExecutionsReply.model_validate((await web.get(EXECUTIONS, params={"runbook": "settle"})).json())
        others = (await web.get(EXECUTIONS, params={"runbook": "another"})).json()
        steps = (await web.get(f"{EXECUTIONS}/{execution}")).json()["execution"]["steps"]
    assert (listed.total, one.name, one.title, one.service, one.tags, one.steps, one.version) == (
        1, "settle", "Let it settle", "checkout", ("calm",), 1, 1,
    )  # fmt: skip
    assert (none["status"], none["runbooks"]) == ("empty", [])
    assert whole["runbook"]["in_words"] == ["Step 1, let it settle: wait 1 s"]
    assert (whole["source"], whole["execution_id"] is not None) == ("trivium runbooks", True)
    (done,) = history.executions
    assert (done.id, done.status, done.user, done.approved_by, done.reason) == (
        execution, "succeeded", "ann", None, "a test",
    )  # fmt: skip
    assert (others["status"], others["executions"], steps) == ("empty", [], STEPS)


@pytest.mark.parametrize("listed", [RUNBOOKS, EXECUTIONS])
async def test_what_is_not_there_is_not_found(pool: Pool, listed: str) -> None:
    async with reading(pool) as web:
        response = await web.get(f"{listed}/{uuid4()}")
    assert response.status_code == 404


async def test_a_role_without_the_permission_reads_no_runbook(pool: Pool) -> None:
    """SE-03."""
    async with reading(pool) as web:
        assert (await web.get(RUNBOOKS)).status_code == 200
        async with pool.connection() as db:
            await db.execute("delete from trivium.user_roles")
        refused = await web.get(RUNBOOKS)
        scoped = await web.get(RUNBOOKS, headers=signed("ann", roles=("admin",), scopes=("inquiry",)))
        unsigned = await web.get(RUNBOOKS, headers={"Authorization": ""})
        wrong = await web.get(RUNBOOKS, params={"limit": 1000})
    assert [(each.status_code, each.json()["error"]) for each in (refused, scoped)] == [
        (403, "permission_denied"),
        (403, "insufficient_permissions"),
    ]
    assert (unsigned.status_code, wrong.status_code) == (401, 422)


async def test_a_requester_is_told_who_could_be_the_second_person(pool: Pool) -> None:
    """CF-04."""
    async with desk(pool, World().spec(), brain=making("checkout"), four_eyes=("medium",)) as web:
        card = await card_of(web)
        path = f"/api/v1/revive/confirmations/{card['confirmation_id']}/approvers"
        for name, role in (("ben", "operator"), ("eve", "viewer"), ("kim", "admin")):
            await web.get("/api/v1/revive/confirmations", headers=person(name, role))
        told = (await web.get(path)).json()
        stranger = await web.get(path, headers=person("eve", "viewer"))
    assert told == {"approval_mode": "four_eyes", "roles": ["admin", "operator"], "names": ["ben", "kim"]}
    assert stranger.status_code == 404


async def test_where_one_person_is_enough_nobody_else_is_named(pool: Pool) -> None:
    async with desk(pool, World().spec(), brain=making("checkout")) as web:
        card = await card_of(web)
        await web.get("/api/v1/revive/confirmations", headers=person("kim", "admin"))
        told = (await web.get(f"/api/v1/revive/confirmations/{card['confirmation_id']}/approvers")).json()
    assert told == {"approval_mode": "self", "roles": ["admin", "operator"], "names": []}
