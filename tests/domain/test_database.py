import asyncio
from pathlib import Path

import psycopg
import pytest

from domain import database
from domain.database import MIGRATIONS, DatabaseUnavailable, MigrationError, Pool, load, migrate, open_pool


@pytest.fixture
def empty_url(fresh_database_url: str) -> str:
    with psycopg.connect(fresh_database_url, autocommit=True) as db:
        db.execute("drop schema trivium cascade")
    return fresh_database_url


async def start(url: str) -> list[str]:
    async with open_pool(url, size=2) as pool, pool.connection() as db, database.starting(db):
        return await migrate(db)


async def test_three_starters_at_once_apply_each_migration_exactly_once(empty_url: str) -> None:
    """DB-19."""
    applied = await asyncio.gather(*(start(empty_url) for _ in range(3)))
    assert sorted(applied, key=len) == [[], [], [file.name for file in load(MIGRATIONS)]]
    assert await start(empty_url) == []


async def test_an_edited_migration_is_refused(fresh_pool: Pool, tmp_path: Path) -> None:
    for path in MIGRATIONS.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text())
    edited = tmp_path / load(MIGRATIONS)[0].name
    edited.write_text(edited.read_text() + "-- edited")
    async with fresh_pool.connection() as db:
        with pytest.raises(MigrationError, match=r"0001_initial\.sql was changed after it was applied"):
            await migrate(db, tmp_path)


async def test_a_newer_database_is_refused(fresh_pool: Pool) -> None:
    async with fresh_pool.connection() as db:
        await db.execute("insert into trivium.migrations (version, name, sha256) values (9999, '9999_x.sql', '')")
        with pytest.raises(MigrationError, match="at version 9999, this build knows"):
            await migrate(db)


async def test_a_failing_migration_leaves_nothing_behind(empty_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_bad.sql").write_text("create table trivium.half (x int); select broken")
    async with open_pool(empty_url, size=2) as pool, pool.connection() as db:
        with pytest.raises(psycopg.errors.UndefinedColumn):
            await migrate(db, tmp_path)
        row = await (await db.execute("select to_regclass('trivium.half') as half")).fetchone()
    assert row == {"half": None}


@pytest.mark.parametrize(
    "names", [["0002_a.sql"], ["0001_a.sql", "0001_b.sql"], ["0001_a.sql", "0003_c.sql"], ["one.sql"]]
)
def test_migrations_are_numbered_without_gaps(names: list[str], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).write_text("select 1")
    with pytest.raises(MigrationError, match="numbered without gaps"):
        load(tmp_path)


async def test_an_unreachable_postgres_is_said_so() -> None:
    with pytest.raises(DatabaseUnavailable, match="Check DATABASE_URL"):
        async with database.open_pool("postgresql://nobody@127.0.0.1:1/none?connect_timeout=1", timeout_seconds=1):
            pytest.fail("must not open")
