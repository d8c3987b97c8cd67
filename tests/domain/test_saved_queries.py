from dataclasses import replace
from uuid import uuid4

import pytest

from domain import saved_queries
from domain.actors import Actor
from domain.database import Pool
from domain.errors import NotFound, Refused
from domain.saved_queries import Draft
from tests.house import actor

LOG = "select action, target from trivium.audit_logs where action like '%%quer%%' order by id"
ERRORS = Draft(name="errors", language="promql", query="sum(rate(http_errors_total[5m]))")


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await actor(pool, "engineer")


async def test_a_saved_query_is_its_users_alone(pool: Pool, ann: Actor) -> None:
    ben = await actor(pool, "admin")
    async with pool.connection() as db, db.transaction():
        mine = await saved_queries.add(db, ann, ERRORS)
        theirs = await saved_queries.add(db, ben, ERRORS)
        assert await saved_queries.of_user(db, ann, limit=9) == [mine]
        assert await saved_queries.fetch(db, ann, mine.id) == mine
        for doing in (
            saved_queries.fetch(db, ann, theirs.id),
            saved_queries.change(db, ann, theirs.id, ERRORS),
            saved_queries.remove(db, ann, theirs.id),
            saved_queries.fetch(db, ann, uuid4()),
        ):
            with pytest.raises(NotFound):
                await doing
        assert await saved_queries.of_user(db, ben, limit=9) == [theirs]


async def test_it_is_changed_and_removed_on_the_record(pool: Pool, ann: Actor) -> None:
    words = replace(ERRORS, name="words", language="words", query="errors of checkout yesterday")
    async with pool.connection() as db, db.transaction():
        made = await saved_queries.add(db, ann, ERRORS)
        changed = await saved_queries.change(db, ann, made.id, words)
        await saved_queries.remove(db, ann, made.id)
        log = await (await db.execute(LOG)).fetchall()
        assert await saved_queries.of_user(db, ann, limit=9) == []
    assert (changed.name, changed.language, changed.id) == ("words", "words", made.id)
    assert [tuple(entry.values()) for entry in log] == [
        ("query_saved", "errors"), ("saved_query_changed", "words"), ("saved_query_removed", "words"),
    ]  # fmt: skip


async def test_a_name_is_used_once_and_a_datasource_has_to_be_there(pool: Pool, ann: Actor) -> None:
    async with pool.connection() as db:
        async with db.transaction():
            await saved_queries.add(db, ann, ERRORS)
        nowhere = replace(ERRORS, name="other", datasource_id=uuid4())
        for draft, code in ((ERRORS, "already_exists"), (nowhere, "unknown_datasource")):
            with pytest.raises(Refused) as caught:
                async with db.transaction():
                    await saved_queries.add(db, ann, draft)
            assert caught.value.code == code
