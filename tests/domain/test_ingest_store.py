"""Alerts in any order, from any number of senders, end in the state that a plain model computes."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import psycopg
import pytest

from domain.database import Connection, Pool
from domain.ingest.normalise import Batch, Report
from domain.ingest.store import Stored, store

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
RANK = ("critical", "warning", "info")

ALERTS = """
select fingerprint, starts_at, ends_at, name, severity, service, environment, team, times_received
from trivium.alerts
"""
COUNTS = "select service, bucket, severity, name, sample, fired from trivium.alert_counts"
COUNTED = """
select service, date_bin('15 minutes', starts_at, 'epoch') as bucket, severity, name, sample, count(*) as fired
from trivium.alerts group by 1, 2, 3, 4, 5
"""
NAMES = "select kind, name from trivium.names"
MEMBERS = """
select g.group_key, a.fingerprint, a.starts_at
from trivium.alert_group_members m join trivium.alert_groups g on g.id = m.group_id
join trivium.alerts a on a.id = m.alert_id and a.starts_at = m.starts_at
"""
INCIDENTS = """
select g.group_key, i.opened_at, i.resolved_at, i.title, i.severity, i.service, i.services, i.environment, i.team,
    i.alert_count, i.sample
from trivium.incidents i join trivium.alert_groups g on g.id = i.group_id
"""


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def alert(name: str, start: float, end: float | None = None, **fields: Any) -> Report:
    """Fires from minute `start` to minute `end`; the fingerprint follows from name and service."""
    service = fields.pop("service", "checkout")
    return Report(
        fingerprint=f"{name}@{service}",
        starts_at=minute(start),
        ends_at=None if end is None else minute(end),
        name=name,
        service=service,
        severity=fields.pop("severity", "warning"),
        environment=fields.pop("environment", "production"),
        team=fields.pop("team", "shop"),
        instance="",
        job="",
        summary="",
        labels={"alertname": name},
        annotations={},
        generator_url="",
        **fields,
    )


def batch(*alerts: Report, group: str = "g") -> Batch:
    return Batch(source="alertmanager", receiver="trivium", group_key=group, group_labels={}, alerts=alerts)


async def read(db: Connection, query: LiteralString) -> list[tuple[Any, ...]]:
    return sorted(tuple(row.values()) for row in await (await db.execute(query)).fetchall())


async def state(db: Connection) -> dict[str, Any]:
    """Everything that batches leave behind, without ids and times of receipt."""
    assert await read(db, COUNTS) == await read(db, COUNTED)
    return {
        "alerts": await read(db, ALERTS),
        "names": await read(db, NAMES),
        "members": await read(db, MEMBERS),
        "incidents": await read(db, INCIDENTS),
    }


def expected(batches: Sequence[Batch]) -> dict[str, Any]:
    """The same, computed from all batches at once."""
    alerts: dict[tuple[str, datetime], Report] = {}
    members: set[tuple[str, str, datetime]] = set()
    times: Counter[tuple[str, datetime]] = Counter()
    for one in batches:
        for report in one.alerts:
            key = (report.fingerprint, report.starts_at)
            ends = [end for end in (report.ends_at, alerts.get(key, report).ends_at) if end]
            alerts[key] = replace(report, ends_at=max(ends) if ends else None)
            members.add((one.group_key, *key))
            times[key] += 1
    kept = [alerts[key] for key in sorted(alerts)]
    names = {pair for a in kept for pair in (("service", a.service), ("alert", a.name), ("team", a.team))}
    names |= {("environment", a.environment) for a in kept}
    return {
        "alerts": [
            (a.fingerprint, a.starts_at, a.ends_at, a.name, a.severity, a.service, a.environment, a.team,
             times[a.fingerprint, a.starts_at])
            for a in kept
        ],
        "names": sorted(pair for pair in names if pair[1]),
        "members": sorted(members),
        "incidents": [
            row
            for group in sorted({key for key, _, _ in members})
            for row in incidents(group, [alerts[f, s] for key, f, s in members if key == group])
        ],
    }  # fmt: skip


def meet(one: Report, other: Report) -> bool:
    return (other.ends_at is None or one.starts_at <= other.ends_at) and (
        one.ends_at is None or other.starts_at <= one.ends_at
    )


def incidents(group: str, alerts: list[Report]) -> list[tuple[Any, ...]]:
    """Connected components of "meet", each as its row."""
    rows: list[tuple[Any, ...]] = []
    left = sorted(alerts, key=lambda a: (a.starts_at, a.fingerprint))
    while left:
        component = [left.pop(0)]
        for member in component:
            near = [a for a in left if meet(member, a)]
            left = [a for a in left if a not in near]
            component.extend(near)
        rows.append((group, *incident(sorted(component, key=lambda a: (a.starts_at, a.fingerprint)))))
    return rows


def incident(alerts: list[Report]) -> tuple[Any, ...]:
    def most(values: list[str]) -> list[str]:
        return sorted(set(values), key=lambda value: (-values.count(value), value))

    def worst(name: str) -> int:
        return min(RANK.index(a.severity) for a in alerts if a.name == name)

    names = sorted(most([a.name for a in alerts]), key=worst)
    service = most([a.service for a in alerts])[0]
    title = f"{names[0]} on {service}" if len(names) == 1 else f"{names[0]} and {len(names) - 1} more on {service}"
    ends = [a.ends_at for a in alerts]
    severity = min((a.severity for a in alerts), key=RANK.index)
    return (
        alerts[0].starts_at, None if None in ends else max(end for end in ends if end), title, severity, service,
        sorted({a.service for a in alerts}), alerts[0].environment, alerts[0].team, len(alerts), False,
    )  # fmt: skip


def dice(seed: object) -> random.Random:
    return random.Random(str(seed))  # noqa: S311 - test data


def history(seed: int) -> list[Batch]:
    """Batches of three groups that share alerts: firing and resolved reports, repeats, late ones, growing ends."""
    chance = dice(f"history {seed}")
    batches: list[Batch] = []
    for number in range(40):
        severity = chance.choice(RANK)
        start = chance.randrange(0, 600, 5)
        service = f"{chance.choice(('checkout', 'orders', 'search'))}-{severity}"
        firing = alert(f"A{number % 7}", start, service=service, severity=severity, team=("", "shop")[number % 7 < 3])
        firing = replace(firing, fingerprint=f"{number}", environment=("production", "staging")[number % 2])
        ends = chance.choice(((), (0,), (5,), (20, 30), (30, 60, 5), (60,), (120,), (240,)))
        reports = [firing, firing, *(replace(firing, ends_at=minute(start + end)) for end in ends)]
        for group in chance.sample(("g1", "g2", "g3"), chance.choice((1, 2, 2, 3))):
            batches += [batch(report, group=group) for report in reports if chance.random() < 0.6]
    return gathered(batches, chance)


def gathered(batches: list[Batch], chance: random.Random) -> list[Batch]:
    """The same reports in batches of one to six, each of one group."""
    found: list[Batch] = []
    for group in sorted({one.group_key for one in batches}):
        reports = [one.alerts[0] for one in batches if one.group_key == group]
        chance.shuffle(reports)
        while reports:
            size = chance.randint(1, 6)
            found.append(batch(*reports[:size], group=group))
            del reports[:size]
    return found


async def empty(db: Connection) -> None:
    await db.execute("truncate trivium.alerts, trivium.alert_groups, trivium.alert_counts, trivium.names cascade")


async def send(pool: Pool, batches: Sequence[Batch]) -> list[Stored]:
    async with pool.connection() as db:
        return [await store(db, one) for one in batches]


@pytest.mark.parametrize("seed", range(5))
async def test_any_order_of_any_history_ends_in_the_same_state(pool: Pool, seed: int) -> None:
    batches = history(seed)
    wanted = expected(batches)
    async with pool.connection() as db:
        for order in range(4):
            dice(order).shuffle(batches)
            await empty(db)
            await send(pool, batches)
            assert await state(db) == wanted


@pytest.mark.parametrize("seed", range(3))
async def test_many_senders_at_once_end_in_the_same_state(pool: Pool, seed: int) -> None:
    batches = history(seed)
    dice(seed).shuffle(batches)
    await asyncio.gather(*(send(pool, batches[number::6]) for number in range(6)))
    async with pool.connection() as db:
        assert await state(db) == expected(batches)


async def test_fifty_senders_of_shuffled_repeats_count_each_alert_once(pool: Pool) -> None:
    reports = [alert(f"A{n % 40}", n // 40 % 9, service=f"s{n % 8}", severity=RANK[n % 3]) for n in range(2000)]
    reports = [replace(report, fingerprint=f"{n:04}") for n, report in enumerate(reports)]

    async def sender(number: int) -> list[Stored]:
        mine = reports[number // 5 * 200 : number // 5 * 200 + 200]
        dice(number).shuffle(mine)
        group = f"g{number % 3}"
        return await send(pool, [batch(*mine[:120], group=group), batch(*mine[100:], *mine[:9], group=group)])

    stored = [one for many in await asyncio.gather(*map(sender, range(50))) for one in many]
    assert sum(one.new for one in stored) == 2000
    async with pool.connection() as db:
        counted = await read(db, COUNTS)
        assert counted == await read(db, COUNTED)
        assert sum(row[-1] for row in counted) == 2000


async def test_senders_that_meet_in_the_same_counts_and_names_do_not_block_one_another(pool: Pool) -> None:
    async def sender(number: int) -> list[Stored]:
        mine = [replace(alert(f"A{n}", 0), fingerprint=f"{number}-{n}") for n in range(200)]
        dice(number).shuffle(mine)
        return await send(pool, [batch(*mine[:100], group=f"g{number}"), batch(*mine[100:], group=f"g{number}")])

    await asyncio.gather(*map(sender, range(16)))
    async with pool.connection() as db:
        assert await read(db, "select distinct fired from trivium.alert_counts") == [(16,)]


async def test_of_repeats_in_one_batch_the_latest_end_stands(pool: Pool) -> None:
    await send(pool, [batch(alert("A", 0), alert("A", 0, 9), alert("A", 0, 5))])
    async with pool.connection() as db:
        assert await read(db, "select ends_at, times_received from trivium.alerts") == [(minute(9), 3)]


async def test_a_batch_says_what_it_did(pool: Pool) -> None:
    first = batch(alert("A", 0), alert("A", 0), alert("B", 5, 6))
    last = batch(alert("A", 0, 20), alert("C", 30))
    quiet = batch(alert("C", 30))
    assert await send(pool, [first, last, quiet, batch()]) == [
        Stored(received=3, new=2, updated=0, incidents_opened=1, incidents_resolved=0),
        Stored(received=2, new=1, updated=1, incidents_opened=1, incidents_resolved=1),
        Stored(received=1, new=0, updated=1, incidents_opened=0, incidents_resolved=0),
        Stored(),
    ]
    async with pool.connection() as db:
        assert await read(db, "select name, times_received from trivium.alerts") == [("A", 3), ("B", 1), ("C", 2)]


async def test_what_describes_an_alert_stays_as_it_was_first_told(pool: Pool) -> None:
    first = alert("A", 0, severity="critical")
    again = replace(alert("A", 0, 9, severity="info", team="other"), name="renamed")
    await send(pool, [batch(first), batch(again)])
    async with pool.connection() as db:
        assert await read(db, "select name, severity, team, ends_at from trivium.alerts") == [
            ("A", "critical", "shop", minute(9))
        ]


async def test_one_alert_that_cannot_be_stored_stores_nothing_of_its_batch(pool: Pool) -> None:
    async with pool.connection() as db:
        with pytest.raises(psycopg.errors.CheckViolation):
            await store(db, batch(alert("A", 0), alert("B", 0, -5)))
        assert await state(db) == {"alerts": [], "names": [], "members": [], "incidents": []}


async def test_empty_names_are_not_names(pool: Pool) -> None:
    await send(pool, [batch(alert("A", 0, team="", environment=""))])
    async with pool.connection() as db:
        assert await read(db, NAMES) == [("alert", "A"), ("service", "checkout")]


async def test_a_new_name_moves_the_version_of_the_names_and_a_known_one_does_not(pool: Pool) -> None:
    version: LiteralString = "select version from trivium.versions where name = 'names'"
    async with pool.connection() as db:
        await store(db, batch(alert("A", 0)))
        before = await read(db, version)
        await store(db, batch(alert("A", 1)))
        assert await read(db, version) == before
        await store(db, batch(alert("B", 1)))
        assert await read(db, version) > before
