import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain import alert_counts, alerts, trends
from domain.alert_counts import Counts, whole_quarters
from domain.database import Connection, Pool
from domain.filters import Filter, Owner, Severity
from domain.periods import periods
from domain.windows import Window

START = datetime(2026, 10, 24, 21, tzinfo=UTC)
HOURS = 30
FILL = """
insert into trivium.alerts (fingerprint, starts_at, ends_at, name, severity, service, labels, annotations, source)
select n::text, at, case when n %% 5 > 0 then at end, 'Alert' || n %% 3,
    (array['critical', 'warning', 'info'])[1 + n %% 7 %% 3], 'service-' || n %% 4, '{}', '{}', 'test'
from (
    select n, %(start)s + case when n %% 2 = 0 then n %% 120 * interval '15 minutes'
        else n * 7919 %% (%(hours)s * 3600) * interval '1 second' end as at
    from generate_series(1, 3000) as n
) as numbered
"""
COUNT = """
insert into trivium.alert_counts (service, bucket, severity, name, sample, fired)
select service, date_bin('15 minutes', starts_at, 'epoch'), severity, name, sample, count(*)
from trivium.alerts group by 1, 2, 3, 4, 5
"""
PLAIN = """
select starts_at, ends_at, severity, service, name from trivium.alerts
where starts_at >= %(start)s and starts_at < %(end)s
"""


async def fill(db: Connection) -> None:
    await db.execute(FILL, {"start": START, "hours": HOURS})
    await db.execute(COUNT)


def random_filter(dice: random.Random) -> Filter:
    """A window that often begins or ends exactly on a quarter of an hour, and any of the three filters."""
    minutes = sorted(dice.sample(range(-20, HOURS * 60 + 20), 2))
    step = dice.choice([1, 5, 15])
    start, end = (START + timedelta(minutes=n // step * step) for n in minutes)
    severities: tuple[Severity, ...] = ("critical", "info")
    return Filter(
        window=Window(start, end + timedelta(seconds=dice.choice([0, 0, 1]) or (start == end))),
        services=dice.choice([(), ("service-1",), ("service-0", "service-3")]),
        severities=dice.choice([(), ("warning",), severities]),
        names=dice.choice([(), ("Alert2",)]),
    )


async def plain(db: Connection, chosen: Filter) -> list[tuple[datetime, bool, str, str]]:
    """The chosen alerts, read by the simplest query and narrowed in Python: (start, is open, severity, name)."""
    rows = await (await db.execute(PLAIN, chosen.parameters())).fetchall()
    return [
        (row["starts_at"], row["ends_at"] is None, row["severity"], row["name"])
        for row in rows
        if (not chosen.services or row["service"] in chosen.services)
        and (not chosen.severities or row["severity"] in chosen.severities)
        and (not chosen.names or row["name"] in chosen.names)
    ]


def counted(severities: Counter[str]) -> Counts:
    return Counts(critical=severities["critical"], warning=severities["warning"], info=severities["info"])


async def test_the_rollup_counts_what_counting_alerts_one_by_one_counts(pool: Pool) -> None:
    dice = random.Random(20)  # noqa: S311 - repeatable, not secret
    async with pool.connection() as db:
        await fill(db)
        for _ in range(60):
            chosen = random_filter(dice)
            rows = await plain(db, chosen)
            everything = counted(Counter(severity for _, _, severity, _ in rows))
            still_open = counted(Counter(severity for _, is_open, severity, _ in rows if is_open))
            assert (await alert_counts.count(db, chosen)).rows == [everything]
            totals = (await alerts.totals(db, chosen)).rows[0]
            assert (totals.of(None), totals.of("firing")) == (everything, still_open)
            assert totals.of("resolved").total == everything.total - still_open.total


async def test_periods_and_groups_count_what_counting_one_by_one_counts(pool: Pool) -> None:
    dice = random.Random(46)  # noqa: S311 - repeatable, not secret
    async with pool.connection() as db:
        await fill(db)
        for _ in range(30):
            chosen = random_filter(dice)
            assert chosen.window
            rows = await plain(db, chosen)
            spans = periods(chosen.window, dice.choice(["hour", "day"]), ZoneInfo("Europe/Berlin"))
            by_period = (await trends.by_period(db, chosen, spans)).rows
            assert {row.number: row.total for row in by_period} == dict(
                Counter(sum(span.start <= at for span in spans) for at, *_ in rows)
            )
            everything, *groups = (await trends.by_facet(db, chosen, "alert_name", 500)).rows
            expected = Counter(name for *_, name in rows)
            assert {group.key: group.total for group in groups} == dict(expected)
            assert (everything.total, everything.groups) == (len(rows), len(expected))


async def test_the_busiest_hours_are_those_of_counting_one_by_one(pool: Pool) -> None:
    dice = random.Random(6)  # noqa: S311 - repeatable, not secret
    async with pool.connection() as db:
        await fill(db)
        for _ in range(20):
            chosen = random_filter(dice)
            hours = Counter(row[0].replace(minute=0, second=0, microsecond=0) for row in await plain(db, chosen))
            pairs = {hour: hours[hour] + hours[hour + timedelta(hours=1)] for hour in sorted(hours)}
            busiest = max(pairs, key=lambda hour: pairs[hour], default=None)
            events = (await alert_counts.events(db, chosen)).rows[0]
            assert (events.busy_from, events.busy_count) == (busiest, pairs[busiest] if busiest else None)
            assert events.total == sum(hours.values())


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("09:00", "10:00", "09:00", "10:00"),
        ("09:01", "09:59", "09:15", "09:45"),
        ("09:01", "09:14", "09:14", "09:14"),
        ("09:01", "09:16", "09:15", "09:15"),
        ("09:14", "09:15", "09:15", "09:15"),
        ("09:15", "09:16", "09:15", "09:15"),
    ],
)
def test_the_whole_quarters_lie_inside_the_window(start: str, end: str, first: str, last: str) -> None:
    window = Window(*(datetime.fromisoformat(f"2026-11-20T{clock}+00:00") for clock in (start, end)))
    assert [f"{edge:%H:%M}" for edge in whole_quarters(window)] == [first, last]


@pytest.mark.parametrize(
    ("narrowed", "from_rollup"),
    [
        (Filter(services=("checkout",), severities=("info",), names=("DiskFull",)), True),
        (Filter(services=("checkout",), environments=("prod",)), False),
        (Filter(teams=("shop",)), False),
        (Filter(owner=Owner(user_id=UUID(int=1), teams=frozenset())), False),
    ],
)
def test_only_what_the_rollup_knows_is_counted_from_it(narrowed: Filter, from_rollup: bool) -> None:
    chosen = replace(narrowed, window=Window(START, START + timedelta(days=1)))
    assert ("alert_counts" in alert_counts.fired(chosen)) is from_rollup
