"""Must show 7: whatever somebody does to the audit log behind our back, `verify` finds it and says where."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from domain import audit, audit_chain, database
from domain.actors import Actor
from domain.audit import Entry
from domain.audit_anchors import Anchor
from domain.audit_chain import GENESIS, Verdict
from domain.database import MIGRATIONS, Connection, Pool
from tests.databases import made
from tests.domain.audit_world import CUT, EMPTIED, RECOMPUTE, REWRITTEN, SET_HEAD_BACK, attack, fill, said, verified
from tests.house import actor

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
COLUMNS = """
select column_name as name from information_schema.columns
where table_schema = 'trivium' and table_name = 'audit_logs' order by ordinal_position
"""
EDITS = {
    "id": "entry.id + 1000",
    "at": "entry.at + interval '1 microsecond'",
    "user_id": "null",
    "entrance": "'http'",
    "request_id": "entry.request_id || ' '",
    "action": "'tool_called'",
    "target": "''",
    "details": """jsonb_set(entry.details, '{"n"}', '33')""",
    "ai_session_id": "null",
    "ai_tool_name": "case when entry.ai_tool_name is null then '' end",
}
SWAP_ENTRIES = """
update trivium.audit_chain set entry_id = -3 where sequence = 3;
update trivium.audit_chain set entry_id = 3 where sequence = 7;
update trivium.audit_chain set entry_id = 7 where sequence = 3
"""
SWAP_CONTENTS = """
alter table trivium.audit_logs alter id drop identity;
update trivium.audit_logs set id = -3 where id = 3;
update trivium.audit_logs set id = 3 where id = 7;
update trivium.audit_logs set id = 7 where id = -3
"""
SWAP_LINKS = """
update trivium.audit_chain set sequence = 300 where sequence = 3;
update trivium.audit_chain set sequence = 3 where sequence = 7;
update trivium.audit_chain set sequence = 7 where sequence = 300
"""
FORGE = "insert into trivium.audit_logs (entrance, action, details) values ('cli', 'forged', '{}')"
FORGED_LINK = """
insert into trivium.audit_chain (sequence, entry_id, digest) select 11, max(id), '' from trivium.audit_logs
"""
CLOSE_THE_GAP = """
delete from trivium.audit_logs where id = 4;
delete from trivium.audit_chain where sequence = 4;
update trivium.audit_chain set sequence = sequence - 1 where sequence = 5;
update trivium.audit_chain set sequence = sequence - 1 where sequence = 6;
update trivium.audit_chain set sequence = sequence - 1 where sequence > 6
"""
# name: what somebody does, and the problem, sequence, entry and number of good entries that verify reports
ATTACKS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "an entry of the middle deleted": ("delete from trivium.audit_logs where id = 4", ("deleted", 4, 4, 3)),
    "the first entry deleted": ("delete from trivium.audit_logs where id = 1", ("deleted", 1, 1, 0)),
    "an entry deleted with its link": (
        "delete from trivium.audit_logs where id = 4; delete from trivium.audit_chain where entry_id = 4",
        ("deleted", 4, None, 3),
    ),
    "only a link deleted": ("delete from trivium.audit_chain where sequence = 4", ("deleted", 4, None, 3)),
    "an entry deleted and the gap closed": (CLOSE_THE_GAP, ("edited", 4, 5, 3)),
    "a digest edited": (
        "update trivium.audit_chain set digest = repeat('a', 64) where sequence = 4",
        ("edited", 4, 4, 3),
    ),
    "the last three deleted": ("delete from trivium.audit_logs where id > 7", ("cut_tail", 8, 8, 7)),
    "the last one deleted": ("delete from trivium.audit_logs where id = 10", ("cut_tail", 10, 10, 9)),
    "the last three deleted with their links": (
        "delete from trivium.audit_logs where id > 7; delete from trivium.audit_chain where sequence > 7",
        ("cut_tail", 8, None, 7),
    ),
    "all deleted": ("delete from trivium.audit_logs; delete from trivium.audit_chain", ("cut_tail", 1, None, 0)),
    "only the last links deleted": ("delete from trivium.audit_chain where sequence > 7", ("cut_tail", 8, None, 7)),
    "the last links deleted, head adjusted": (
        "delete from trivium.audit_chain where sequence > 7;" + SET_HEAD_BACK,
        ("unchained", None, 8, 7),
    ),
    "two links' entries swapped": (SWAP_ENTRIES, ("reordered", 3, 7, 2)),
    "two entries' contents swapped": (SWAP_CONTENTS, ("reordered", 3, 3, 2)),
    "two links swapped": (SWAP_LINKS, ("reordered", 3, 7, 2)),
    "neighbouring links swapped": (SWAP_LINKS.replace("7", "4"), ("reordered", 3, 4, 2)),
    "an entry put in without a link": (FORGE, ("unchained", None, 11, 10)),
    "an entry put in with a link of its own": (f"{FORGE}; {FORGED_LINK}", ("edited", 11, 11, 10)),
    "a place given twice": (
        f"alter table trivium.audit_chain drop constraint audit_chain_pkey; {FORGE}; "
        + FORGED_LINK.replace("11", "5").replace("''", "repeat('a', 64)"),
        ("unchained", 5, 11, 5),
    ),
    "the head set back": ("update trivium.audit_head set sequence = 9", ("head_mismatch", 10, None, 10)),
    "the head's digest edited": ("update trivium.audit_head set digest = ''", ("head_mismatch", 10, None, 10)),
    "the head removed": ("delete from trivium.audit_head", ("head_mismatch", 10, None, 10)),
}
# These agree with themselves: only the anchor knows better.
CONSISTENT: dict[str, tuple[str, tuple[Any, ...]]] = {
    "the end cut off, head adjusted": (CUT, ("cut_tail", 8, None, 7)),
    "an entry edited and the chain recomputed": (REWRITTEN, ("anchor_mismatch", 9, None, 8)),
    "a row forged into the middle and the chain recomputed": (
        FORGE
        + ";update trivium.audit_chain set sequence = sequence + 100 where sequence > 4;"
        + "update trivium.audit_chain set sequence = sequence - 99 where sequence > 100;"
        + FORGED_LINK.replace("11", "5")
        + ";"
        + RECOMPUTE.format(after=4),
        ("anchor_mismatch", 9, None, 8),
    ),
    "everything emptied": (EMPTIED, ("cut_tail", 1, None, 0)),
}


@pytest.fixture
async def ann(fresh_pool: Pool) -> Actor:
    return await actor(fresh_pool, "admin")


async def anchors_at(pool: Pool, *sequences: int) -> list[Anchor]:
    async with pool.connection() as db:
        rows = await (await db.execute("select sequence, digest from trivium.audit_chain")).fetchall()
    return [Anchor(row["sequence"], row["digest"], NOON) for row in rows if row["sequence"] in sequences]


async def test_an_untouched_log_is_intact(fresh_pool: Pool, ann: Actor) -> None:
    """AU-07."""
    assert await verified(fresh_pool) == Verdict(entries=0, digest=GENESIS, anchored=0)
    await fill(fresh_pool, ann)
    verdict = await verified(fresh_pool, await anchors_at(fresh_pool, 4, 9))
    assert (verdict.is_intact, verdict.entries, verdict.anchored) == (True, 10, 9)
    async with fresh_pool.connection() as db:
        head = await (await db.execute("select sequence, digest from trivium.audit_head")).fetchone()
    assert head == {"sequence": 10, "digest": verdict.digest}


async def test_an_edit_of_any_column_is_found(fresh_pool: Pool, ann: Actor) -> None:
    await fill(fresh_pool, ann)
    await attack(fresh_pool, "alter table trivium.audit_logs alter id drop identity")
    async with fresh_pool.connection() as db:
        columns = [row["name"] for row in await (await db.execute(COLUMNS)).fetchall()]
    assert columns == list(EDITS), "a new column has to enter the digest and this table"
    for entry, names in ((4, columns), (5, ["ai_tool_name"])):
        for name in names:
            keep = f"create table kept as select * from trivium.audit_logs where id = {entry}"
            edit = f"update trivium.audit_logs as entry set {name} = {EDITS[name]} where id = {entry}"
            await attack(fresh_pool, f"{keep}; {edit}")
            expected = "deleted" if name == "id" else "edited"
            assert said(await verified(fresh_pool)) == (expected, entry, entry, entry - 1), name
            remove = f"delete from trivium.audit_logs where id in ({entry}, {entry} + 1000)"
            again = "insert into trivium.audit_logs select * from kept; drop table kept"
            await attack(fresh_pool, f"{remove}; {again}")
            assert (await verified(fresh_pool)).is_intact


@pytest.mark.parametrize(("sql", "expected"), ATTACKS.values(), ids=ATTACKS)
async def test_an_attack_is_found_and_its_place_told(
    fresh_pool: Pool, ann: Actor, sql: str, expected: tuple[Any, ...]
) -> None:
    await fill(fresh_pool, ann)
    await attack(fresh_pool, sql)
    verdict = await verified(fresh_pool)
    assert said(verdict) == expected
    assert verdict.explanation
    assert not verdict.is_intact


@pytest.mark.parametrize(("sql", "expected"), CONSISTENT.values(), ids=CONSISTENT)
async def test_a_rewritten_history_is_caught_by_the_anchor(
    fresh_pool: Pool, ann: Actor, sql: str, expected: tuple[Any, ...]
) -> None:
    await fill(fresh_pool, ann)
    anchors = await anchors_at(fresh_pool, 2, 9)
    await attack(fresh_pool, sql)
    assert (await verified(fresh_pool)).is_intact
    assert said(await verified(fresh_pool, anchors)) == expected


async def test_a_function_that_was_replaced_is_not_believed(fresh_pool: Pool, ann: Actor) -> None:
    await fill(fresh_pool, ann)
    lie = "create or replace function trivium.audit_digest(previous text, entry trivium.audit_logs) returns text"
    await attack(fresh_pool, f"{lie} language sql as $$ select repeat('a', 64) $$")
    await fill(fresh_pool, ann, 1)
    assert said(await verified(fresh_pool)) == ("edited", 11, 11, 10)


@pytest.mark.parametrize("table", ["audit_chain", "audit_head"])
async def test_the_chain_cannot_be_taken_back_while_triggers_are_on(fresh_pool: Pool, ann: Actor, table: str) -> None:
    await fill(fresh_pool, ann, 1)
    async with fresh_pool.connection() as db:
        for statement in (f"delete from trivium.{table}", f"truncate trivium.{table}"):
            with pytest.raises(psycopg.errors.RaiseException):
                await db.execute(statement.encode())
        with pytest.raises(psycopg.errors.RaiseException):
            await db.execute("update trivium.audit_chain set digest = ''")
    assert (await verified(fresh_pool)).is_intact


async def test_without_a_head_nothing_is_put_on_record(fresh_pool: Pool, ann: Actor) -> None:
    await attack(fresh_pool, "delete from trivium.audit_head")
    with pytest.raises(psycopg.errors.RaiseException, match="head of the audit chain is missing"):
        await fill(fresh_pool, ann, 1)
    assert (await verified(fresh_pool)).entries == 0


async def test_what_is_rolled_back_leaves_no_gap(fresh_pool: Pool, ann: Actor) -> None:
    await fill(fresh_pool, ann, 2)
    async with fresh_pool.connection() as db, db.transaction(force_rollback=True):
        await audit.append(db, ann, Entry(action="undone", details={}))
    await fill(fresh_pool, ann, 1)
    verdict = await verified(fresh_pool)
    assert (verdict.entries, verdict.is_intact) == (3, True)


async def test_nobody_waits_for_an_entry_that_is_not_committed(fresh_pool: Pool, ann: Actor) -> None:
    """The chain has the order of the commits; before its own, a transaction holds nothing that another needs."""
    async with fresh_pool.connection() as slow, fresh_pool.connection() as quick:
        await quick.execute("set lock_timeout = '5s'")
        async with slow.transaction():
            await audit.append(slow, ann, Entry(action="first written", details={}))
            await audit.append(quick, ann, Entry(action="first committed", details={}))
        links = "select entry_id from trivium.audit_chain order by sequence"
        assert [row["entry_id"] for row in await (await quick.execute(links)).fetchall()] == [2, 1]
    assert (await verified(fresh_pool)).is_intact


async def test_sixteen_writers_at_once_make_one_chain(fresh_database_url: str) -> None:
    async with database.open_pool(fresh_database_url, size=16) as pool:
        who = await actor(pool, "admin")

        async def write(writer: int) -> None:
            async with pool.connection() as db:
                for n in range(10):
                    async with db.transaction(force_rollback=n % 5 == 4):
                        for _ in range(1 + writer % 3):
                            await audit.append(db, who, Entry(action="tested", target=str(writer), details={"n": n}))

        await asyncio.gather(*(write(writer) for writer in range(16)))
        verdict = await verified(pool)
        assert (verdict.is_intact, verdict.entries) == (True, sum(8 * (1 + writer % 3) for writer in range(16)))


async def test_a_log_can_be_verified_while_it_is_written(fresh_pool: Pool, ann: Actor) -> None:
    """Neither waits for the other, and what comes after the snapshot is not missed from it."""
    writing = asyncio.create_task(fill(fresh_pool, ann, 200))
    checks = 0
    while not writing.done() or not checks:
        assert (await verified(fresh_pool)).is_intact
        checks += 1
    await writing
    assert (await verified(fresh_pool)).entries == 200


async def test_entries_from_before_the_chain_are_chained_by_the_migration(postgres: str, tmp_path: Path) -> None:
    for name in ("0001_initial.sql", "0002_governed_action.sql"):
        (tmp_path / name).write_text((MIGRATIONS / name).read_text())
    with made(postgres) as name:
        async with database.open_pool(make_conninfo(postgres, dbname=name), size=2) as pool, pool.connection() as db:
            await database.migrate(db, tmp_path)
            assert not await audit_chain.is_there(db)
            who = await actor(pool)
            await fill(pool, who)
            await database.migrate(db)
            assert await audit_chain.is_there(db)
            await fill(pool, who, 2)
            verdict = await verified(pool)
            rows = await (await db.execute("select sequence, entry_id from trivium.audit_chain order by 1")).fetchall()
    assert (verdict.is_intact, verdict.entries) == (True, 12)
    assert [(row["sequence"], row["entry_id"]) for row in rows] == [(n, n) for n in range(1, 13)]


async def test_the_statement_of_the_verdict_is_one_snapshot(fresh_pool: Pool, ann: Actor) -> None:
    await fill(fresh_pool, ann, 3)

    async def isolation(db: Connection) -> Any:
        row = await (await db.execute("show transaction_isolation")).fetchone()
        return row and row["transaction_isolation"]

    async with fresh_pool.connection() as db:
        await audit_chain.verify(db)
        assert await isolation(db) == "read committed", "the snapshot ends with the verdict"


async def test_an_edited_anchor_file_is_a_mismatch(fresh_pool: Pool, ann: Actor) -> None:
    await fill(fresh_pool, ann)
    (good,) = await anchors_at(fresh_pool, 7)
    forged = Anchor(7, good.digest[::-1], NOON)
    assert said(await verified(fresh_pool, [forged])) == ("anchor_mismatch", 7, None, 6)
