"""Analyses that rules ask for: which alerts, one per incident, how many may wait, and who may end one."""

from datetime import timedelta
from typing import Any

import pytest

from domain import auto_analyses, jobs
from domain.database import Pool
from tests.domain.analysis_world import age, ended, firing, ids, rule, sent, standing
from tests.house import actor
from trivium.working import tend

MOST = 200
SWITCH_OFF = "update trivium.auto_analyze_rules set is_enabled = false"
NOTES = "select name, ai_analysis from trivium.alerts order by starts_at"
DROPS = "select entrance, target, details ->> 'note' as note from trivium.audit_logs where action = 'analysis_dropped'"
JOBS = "select status::text, count(*) as count from procrastinate_jobs group by 1"
TAKE = """
select * from procrastinate_fetch_job_v2(array['analyses'],
    (select id from procrastinate_register_worker_v1() as new (id)))
"""
SILENCE = "update procrastinate_workers set last_heartbeat = now() - interval '1 minute'"
LONG_AGO = "update trivium.auto_analyses set started_at = now() - interval '1 hour' where status = 'running'"

OBJECTS = """
select oid::regprocedure::text as name from pg_proc where proname like 'procrastinate%'
union all
select table_name || '.' || column_name || ' ' || udt_name from information_schema.columns
where table_name like 'procrastinate%'
order by 1
"""
TAKE_DOWN = """
select 'drop table if exists ' || oid::regclass::text || ' cascade' as step from pg_class
    where relname like 'procrastinate%' and relkind = 'r'
union all select 'drop function if exists ' || oid::regprocedure::text || ' cascade' from pg_proc
    where proname like 'procrastinate%'
union all select 'drop type if exists ' || oid::regtype::text || ' cascade' from pg_type
    where typname like 'procrastinate%' and (typtype = 'e' or typname like '%to_defer%')
"""


@pytest.mark.parametrize(
    ("criteria", "fits"),
    [
        ({}, True),
        ({"alert_name": "High*"}, True),
        ({"alert_name": "Low*"}, False),
        ({"service": "check?ut"}, True),
        ({"service": "payment"}, False),
        ({"severities": ("critical",)}, False),
        ({"labels": {"zone": "a"}}, True),
        ({"labels": {"zone": "b"}}, False),
    ],
    ids=["all", "name", "other_name", "service", "other_service", "severity", "label", "other_label"],
)
async def test_an_alert_that_newly_fires_waits_for_an_analysis_when_a_rule_fits(
    pool: Pool, criteria: dict[str, Any], fits: bool
) -> None:
    await rule(pool, await actor(pool, "admin"), **criteria)
    await sent(pool, firing(labels={"zone": "a"}))
    assert [row["alert"] for row in await standing(pool)] == (["HighLatency"] if fits else [])


async def test_what_has_ended_what_is_sample_and_what_no_enabled_rule_wants_is_not_analysed(pool: Pool) -> None:
    await rule(pool, await actor(pool, "admin"))
    await sent(pool, firing(end=5), group="over")
    await sent(pool, firing("Made"), group="sample", sample=True)
    async with pool.connection() as db:
        await db.execute(SWITCH_OFF)
    await sent(pool, firing("Unwanted"), group="off")
    assert await standing(pool) == []


async def test_a_storm_of_one_incident_is_one_analysis_of_its_gravest_alert(pool: Pool) -> None:
    """AA-01."""
    await rule(pool, await actor(pool, "admin"))
    await sent(
        pool,
        *(firing(f"A{number}", minute=number) for number in range(50)),
        firing("Down", minute=5, severity="critical"),
    )
    await sent(pool, *(firing(f"B{number}", minute=number) for number in range(50)))
    assert [(row["status"], row["alert"]) for row in await standing(pool)] == [("waiting", "Down")]


async def test_two_rules_that_fit_make_one_analysis_and_two_incidents_make_two(pool: Pool) -> None:
    who = await actor(pool, "admin")
    await rule(pool, who, "second")
    await rule(pool, who, "first")
    await sent(pool, firing(), group="a")
    await sent(pool, firing("Other"), group="b")
    assert [(row["group_key"], row["rule"]) for row in await standing(pool)] == [("a", "first"), ("b", "first")]


async def test_an_incident_is_analysed_again_only_after_the_cool_down(pool: Pool) -> None:
    """AA-01."""
    await rule(pool, await actor(pool, "admin"))
    await sent(pool, firing())
    assert await ended(pool, (await ids(pool))[0])
    await sent(pool, firing("More", minute=1))
    assert [row["status"] for row in await standing(pool)] == ["done"]
    await age(pool, auto_analyses.COOL_DOWN + timedelta(seconds=1))
    await sent(pool, firing("Still", minute=2))
    assert [(row["status"], row["alert"]) for row in await standing(pool)] == [
        ("done", "HighLatency"), ("waiting", "Still"),
    ]  # fmt: skip


async def test_beyond_the_bound_the_oldest_is_dropped_and_its_alert_and_the_audit_log_say_so(pool: Pool) -> None:
    """AA-01."""
    await rule(pool, await actor(pool, "admin"))
    for number in range(5):
        await sent(pool, firing(f"A{number}", minute=number), group=f"g{number}")
    await tend(pool, 3)
    assert [row["status"] for row in await standing(pool)] == ["dropped", "dropped", "waiting", "waiting", "waiting"]
    async with pool.connection() as db:
        notes = await (await db.execute(NOTES)).fetchall()
        drops = await (await db.execute(DROPS)).fetchall()
        assert await (await db.execute(JOBS)).fetchall() == [{"status": "todo", "count": 3}]
    said = "not analysed: 3 newer incidents were waiting"
    assert [row["ai_analysis"] and row["ai_analysis"]["not_analysed"] for row in notes] == [
        said,
        said,
        None,
        None,
        None,
    ]
    assert [(row["entrance"], row["note"]) for row in drops] == [("trivium", said), ("trivium", said)]


async def test_each_that_waits_gets_one_job_however_often_it_is_looked_after(pool: Pool) -> None:
    await rule(pool, await actor(pool, "admin"))
    await sent(pool, firing())
    for _ in range(3):
        await tend(pool, MOST)
    async with pool.connection() as db:
        assert await (await db.execute(JOBS)).fetchall() == [{"status": "todo", "count": 1}]


async def test_a_silent_workers_job_is_taken_up_again_and_its_own_end_comes_too_late(pool: Pool) -> None:
    """AA-02."""
    await rule(pool, await actor(pool, "admin"))
    await sent(pool, firing())
    await tend(pool, MOST)
    analysis = (await ids(pool))[0]
    how = auto_analyses.End(status="done", note="", run_id=None, analysis={"summary": "Late."})
    async with pool.connection() as db:
        await db.execute(TAKE)
        left = await auto_analyses.claim(db, analysis)
    await tend(pool, MOST)
    async with pool.connection() as db:
        assert await (await db.execute(JOBS)).fetchall() == [{"status": "doing", "count": 1}], "its worker is alive"
        await db.execute(SILENCE)
    await tend(pool, MOST)
    async with pool.connection() as db:
        assert await (await db.execute(JOBS)).fetchall() == [{"status": "todo", "count": 1}]
        taken = await auto_analyses.claim(db, analysis)
        assert left
        assert taken
        assert not await auto_analyses.end(db, left, how), "another worker has it"
        assert await auto_analyses.end(db, taken, how)
        assert await auto_analyses.claim(db, analysis) is None


async def test_an_analysis_that_lost_its_job_gets_another(pool: Pool) -> None:
    """AA-02."""
    await rule(pool, await actor(pool, "admin"))
    await sent(pool, firing())
    await sent(pool, firing("Other"), group="other")
    await tend(pool, MOST)
    async with pool.connection() as db:
        assert await auto_analyses.claim(db, (await ids(pool))[0])
        await db.execute("delete from procrastinate_jobs")
        await db.execute(LONG_AGO)
    await tend(pool, MOST)
    assert [row["status"] for row in await standing(pool)] == ["waiting", "waiting"]
    async with pool.connection() as db:
        assert await (await db.execute(JOBS)).fetchall() == [{"status": "todo", "count": 2}]


async def test_incidents_that_turn_out_to_be_one_are_analysed_once(pool: Pool) -> None:
    """AA-01: a late alert that was firing all the while joins the two."""
    await rule(pool, await actor(pool, "admin"))
    await sent(pool, firing("Early"))
    await sent(pool, firing("Early", end=5))
    await sent(pool, firing("Late", minute=10))
    first, second = await ids(pool)
    await sent(pool, firing("Between", minute=4, end=11))
    async with pool.connection() as db:
        one, other = await auto_analyses.claim(db, first), await auto_analyses.claim(db, second)
    assert one
    assert other
    assert (one.is_doubled, other.is_doubled) == (False, True)


async def test_the_queues_tables_are_made_once(pool: Pool) -> None:
    async with pool.connection() as db:
        assert await jobs.install(db) == []


async def test_a_queue_of_the_very_first_version_is_brought_to_the_same_as_a_new_one(fresh_pool: Pool) -> None:
    first = jobs.names()[0]
    async with fresh_pool.connection() as db:
        wanted = await (await db.execute(OBJECTS)).fetchall()
        for row in await (await db.execute(TAKE_DOWN)).fetchall():
            await db.execute(row["step"])
        await db.execute("delete from trivium.job_migrations")
        await jobs.apply(db, f"migrations/{first}", [first])
        assert await jobs.install(db) == jobs.names()[1:]
        assert await (await db.execute(OBJECTS)).fetchall() == wanted
