"""History questions over a million alerts, against the hand-written SQL; and over ten million with a flag."""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString, cast

from bench.measure import Row, in_turns, scratch
from domain import alert_counts
from domain.database import Pool
from domain.filters import Filter
from domain.windows import Window
from tests.house import actor, tool_context
from tools.alerts import QUERY_ALERTS_HISTORY
from tools.spec import ToolContext

NOW = datetime(2026, 11, 20, tzinfo=UTC)
WEEK = Window(NOW - timedelta(days=7), NOW)
ASKED = 50
FILL = """
insert into trivium.alerts
    (id, fingerprint, starts_at, ends_at, name, severity, service, labels, annotations, source)
select
    lpad(number::text, 32, '0')::uuid, lpad(number::text, 32, '0'), start, start + interval '10 minutes',
    'Alert' || number %% 40, (array['critical', 'warning', 'warning', 'info'])[1 + number %% 4],
    case when number %% 10 = 0 then 'busy' else 'service-' || number %% 97 end, '{}', '{}', 'bench'
from generate_series(1, %(alerts)s) as number,
    lateral (select %(now)s::timestamptz - interval '90 days' * (number * 0.618033988749895 %% 1)) as at (start)
"""
ROLL_UP = """
insert into trivium.alert_counts (service, bucket, severity, name, sample, fired)
select service, date_bin('15 minutes', starts_at, 'epoch') as bucket, severity, name, false, count(*)
from trivium.alerts group by service, bucket, severity, name order by bucket
"""
ROOM: tuple[LiteralString, ...] = (
    "set local work_mem = '256MB'",
    "set local maintenance_work_mem = '1GB'",
    "alter table trivium.alerts set (autovacuum_enabled = off)",
    "alter table trivium.alert_counts set (autovacuum_enabled = off)",
)
INDEXES = """
select format('drop index %s', index.indexrelid::regclass) as dropping, pg_get_indexdef(index.indexrelid) as making
from pg_index as index
where index.indrelid in ('trivium.alerts'::regclass, 'trivium.alert_counts'::regclass) and not index.indisunique
"""
VACUUM: tuple[LiteralString, ...] = (
    "set synchronous_commit = on",  # until an asynchronous commit is on disk, vacuum marks no page of its neighbours
    "vacuum analyze trivium.alerts",
    "vacuum analyze trivium.alert_counts",
)
NOT_VISIBLE = """
select coalesce(sum(relpages - relallvisible), 0)::int as pages from pg_class
where oid in ('trivium.alerts'::regclass, 'trivium.alert_counts'::regclass)
"""
BY_HAND = """
select severity, count(*) from trivium.alerts
where service = %(service)s and starts_at >= %(start)s and starts_at < %(end)s group by severity
"""


async def rows(alerts: int) -> AsyncGenerator[Row]:
    async with scratch() as (pool, _):
        await fill(pool, 1_000_000)
        yield await against_hand(pool)
        busy = await busy_seconds(pool)
        yield await whole_tool(pool)
    if alerts > 1_000_000:
        async with scratch() as (pool, _):
            await fill(pool, alerts)
            yield await ten_times(pool, busy)


async def fill(pool: Pool, alerts: int) -> None:
    """Alerts and their counts, indexed after the load; every page is all-visible, so both sides read indexes alone."""
    async with pool.connection() as db:
        async with db.transaction():
            for statement in ROOM:
                await db.execute(statement)
            dropped = await (await db.execute(INDEXES)).fetchall()
            for index in dropped:
                await db.execute(cast("LiteralString", index["dropping"]))
            await db.execute(FILL, {"alerts": alerts, "now": NOW})
            await db.execute(ROLL_UP)
            for index in dropped:
                await db.execute(cast("LiteralString", index["making"]))
        for statement in VACUUM:
            await db.execute(statement)
        assert await (await db.execute(NOT_VISIBLE)).fetchone() == {"pages": 0}, "vacuum left pages to be looked up"


def counting(pool: Pool, service: str) -> Callable[[], Any]:
    chosen = Filter(services=(service,), window=WEEK)

    async def count() -> None:
        async with pool.connection() as db:
            for _ in range(ASKED):
                await alert_counts.count(db, chosen)

    return count


def by_hand(pool: Pool, service: str) -> Callable[[], Any]:
    values = {"service": service, "start": WEEK.start, "end": WEEK.end}

    async def count() -> None:
        async with pool.connection() as db:
            for _ in range(ASKED):
                await (await db.execute(BY_HAND, values)).fetchall()

    return count


async def against_hand(pool: Pool) -> Row:
    ours, floor = await in_turns(counting(pool, "service-7"), by_hand(pool, "service-7"))
    return Row(
        what="counts of a typical service over 7 days, 1 M alerts; floor: the hand-written SQL",
        ours=ours / ASKED * 1000, floor=floor / ASKED * 1000, unit="ms", goal="≤ 1.3×", met=ours <= 1.3 * floor,
    )  # fmt: skip


async def busy_seconds(pool: Pool) -> float:
    ours, _ = await in_turns(counting(pool, "busy"), counting(pool, "service-7"), turns=3)
    return ours / ASKED


async def whole_tool(pool: Pool) -> Row:
    """The tool as a run calls it, with its page of 100 alerts, beside its counts alone."""
    context: ToolContext = await tool_context(pool, await actor(pool, "engineer"), now=NOW)
    spec = QUERY_ALERTS_HISTORY
    arguments = spec.args.model_validate({"service": "service-7", "time_range": WEEK.as_json()})

    async def ours() -> None:
        for _ in range(ASKED):
            await spec.handler(context, arguments)

    best, floor = await in_turns(ours, by_hand(pool, "service-7"), turns=3)
    return Row(
        what="query_alerts_history with its 100 newest rows; floor: the hand-written counts alone",
        ours=best / ASKED * 1000, floor=floor / ASKED * 1000, unit="ms", goal="(no goal: shown for scale)", met=True,
    )  # fmt: skip


async def ten_times(pool: Pool, busy: float) -> Row:
    ours, _ = await in_turns(counting(pool, "busy"), counting(pool, "service-7"), turns=3)
    return Row(
        what="counts of a service with 10 % of all alerts, 10 M against 1 M",
        ours=ours / ASKED * 1000, floor=busy * 1000, unit="ms", goal="≤ 3×", met=ours / ASKED <= 3 * busy,
    )  # fmt: skip
