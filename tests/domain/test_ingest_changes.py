"""Changes are in the record once, however often they are sent."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from domain.database import Connection, Pool
from domain.ingest.changes import StoredChanges, store_changes
from domain.ingest.payload import Change


def change(**fields: Any) -> Change:
    return Change.model_validate(
        {"occurred_at": "2026-11-20T09:00:00Z", "kind": "deployment", "service": "checkout", "summary": "v2.14"}
        | fields
    )


async def rows(db: Connection) -> list[dict[str, Any]]:
    query = "select id, service, summary, version, sample from trivium.changes order by summary"
    return await (await db.execute(query)).fetchall()


async def test_a_change_without_an_id_is_the_same_when_it_says_the_same(pool: Pool) -> None:
    async with pool.connection() as db:
        assert await store_changes(db, [change(), change(version="2")]) == StoredChanges(received=2, new=2)
        assert await store_changes(db, [change(), change()]) == StoredChanges(received=2, new=0, updated=1)
        assert len(await rows(db)) == 2


async def test_a_known_id_is_overwritten(pool: Pool) -> None:
    async with pool.connection() as db:
        await store_changes(db, [change(id="d-1"), change(id="d-1", summary="v2.15")])
        await store_changes(db, [change(id="d-1", summary="v2.16", version="2.16", service="orders")])
        assert await rows(db) == [
            {"id": "d-1", "service": "orders", "summary": "v2.16", "version": "2.16", "sample": False}
        ]


async def test_a_change_brings_its_service_and_environment_as_names(pool: Pool) -> None:
    async with pool.connection() as db:
        await store_changes(db, [change(), change(service="orders", environment="staging")])
        names = await (await db.execute("select kind, name from trivium.names order by kind, name")).fetchall()
    assert [tuple(row.values()) for row in names] == [
        ("environment", "staging"), ("service", "checkout"), ("service", "orders"),
    ]  # fmt: skip


async def test_no_changes_are_nothing(pool: Pool) -> None:
    async with pool.connection() as db:
        assert await store_changes(db, []) == StoredChanges()


async def test_a_batch_of_changes_is_all_or_nothing(pool: Pool) -> None:
    bad = change().model_copy(update={"id": "z", "kind": "party", "occurred_at": datetime(2026, 11, 20, tzinfo=UTC)})
    async with pool.connection() as db:
        with pytest.raises(psycopg.errors.CheckViolation):
            await store_changes(db, [change(id="a"), bad])
        assert await rows(db) == []
