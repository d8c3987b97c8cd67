from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain import llm_calls, llm_models
from domain.database import Pool
from domain.errors import NotFound, Refused
from domain.llm_calls import LlmCall, Usage
from domain.llm_models import Draft
from tests.house import actor
from tests.web.changes import rows

SMALL = Draft(name="small", environment="PROD", base_url="http://a:1/v1", model="s-1", is_default=True)
LARGE = Draft(name="large", environment="PROD", base_url="http://b:1/v1", model="l-1", fallback_order=2)
THIRD = Draft(name="third", environment="PROD", base_url="http://c:1/v1", model="t-1", fallback_order=1)
AUDIT = "select action, target from trivium.audit_logs where action like 'llm_model%%' order by id"


async def test_models_are_asked_in_order_and_one_is_the_default_of_its_environment(pool: Pool) -> None:
    """MC-13, MC-14."""
    ann = await actor(pool, "admin")
    async with pool.connection() as db, db.transaction():
        lab = await llm_models.add(db, ann, replace(SMALL, name="lab", environment="LAB"))
        for draft in (LARGE, SMALL, THIRD, replace(THIRD, name="idle", fallback_order=None)):
            await llm_models.add(db, ann, draft)
        before = [each.name for each in await llm_models.asked(db, "PROD")]
        large = await llm_models.by_name(db, "large")
        changed = await llm_models.change(
            db, ann, large, replace(large.draft, is_default=True, fallback_order=None)
        )  # fmt: skip
        after = [each.name for each in await llm_models.asked(db, "PROD")]
        assert (await llm_models.fetch(db, lab.id)).is_default
        await llm_models.remove(db, ann, large.id)
        with pytest.raises(NotFound, match="There is no language model large"):
            await llm_models.by_name(db, "large")
    assert (before, after) == (["small", "third", "large"], ["large", "third"])
    assert changed.is_default
    assert [tuple(row.values()) for row in await rows(pool, AUDIT)][-3:] == [
        ("llm_model_added", "idle"),
        ("llm_model_changed", "large"),
        ("llm_model_removed", "large"),
    ]


async def test_a_name_is_taken_once(pool: Pool) -> None:
    ann = await actor(pool, "admin")
    async with pool.connection() as db:
        await llm_models.add(db, ann, SMALL)
        with pytest.raises(Refused, match="named small already"):
            await llm_models.add(db, ann, SMALL)


async def test_what_is_known_of_a_model_is_forgotten_when_it_is_another_one(pool: Pool) -> None:
    ann = await actor(pool, "admin")
    async with pool.connection() as db:
        made = await llm_models.add(db, ann, SMALL)
        await llm_models.note(db, made, "429 rate limited")
        unwell = await llm_models.fetch(db, made.id)
        renamed = await llm_models.change(db, ann, unwell, replace(unwell.draft, timeout_seconds=5))
        moved = await llm_models.change(db, ann, renamed, replace(renamed.draft, model="s-2"))
        await llm_models.note(db, made, "what was asked before it changed")
        unknown = await llm_models.fetch(db, made.id)
    assert (unwell.status, unwell.last_error) == ("unhealthy", "429 rate limited")
    assert renamed.status == "unhealthy"
    assert (moved.status, unknown.status, unknown.last_error, unknown.checked_at) == ("unknown", "unknown", "", None)


async def test_each_model_is_due_for_one_process_at_a_time(pool: Pool) -> None:
    ann = await actor(pool, "admin")
    async with pool.connection() as db:
        made = await llm_models.add(db, ann, SMALL)
        await llm_models.add(db, ann, replace(LARGE, is_enabled=False))
        found = [await llm_models.due(db, "PROD", 60) for _ in range(2)]
    assert found == [[made.id], []]


async def test_calls_are_counted_by_model_until_they_are_swept(pool: Pool) -> None:
    """OB-06: of a model that was removed meanwhile they stay by its name."""
    ann, now = await actor(pool, "admin"), datetime.now(UTC)
    async with pool.connection() as db:
        made = await llm_models.add(db, ann, SMALL)
        call = LlmCall(at=now, model_id=made.id, model_name="small", seconds=1, tokens_in=10, tokens_out=2)
        failed = replace(call, error="429 rate limited", tokens_in=0, tokens_out=0, seconds=9)
        old = replace(call, at=now - timedelta(days=100))
        await llm_calls.record(db, [call, replace(call, seconds=3), failed, old])
        await llm_calls.record(db, [replace(call, model_id=ann.user_id)])
        await llm_calls.sweep(db, now - timedelta(days=90))
        used = await llm_calls.usage(db, "variables")
        await llm_models.remove(db, ann, made.id)
    assert used == {
        made.id: Usage(model_id=made.id, calls=3, failures=1, tokens_in=20, tokens_out=4, seconds_p50=2)
    }  # fmt: skip
    assert {row["model_name"] for row in await rows(pool, "select model_name from trivium.llm_calls")} == {"small"}
