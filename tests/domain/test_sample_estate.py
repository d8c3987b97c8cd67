"""The sample estate is the same for a whole day, fills an empty record, and leaves it without a trace."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import pytest

from domain.database import Connection, Pool
from domain.ingest.changes import store_changes
from domain.ingest.normalise import Batch, Report
from domain.ingest.payload import Change
from domain.ingest.store import store
from domain.sample.estate import Estate, build
from domain.sample.fill import fill, remove
from domain.sample.outages import OUTAGES
from domain.sample.services import SERVICES

NOW = datetime(2026, 11, 20, 13, 40, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)

TABLES: tuple[LiteralString, ...] = (
    "select fingerprint, starts_at, ends_at, service, times_received, sample from trivium.alerts",
    "select service, bucket, severity, name, fired, sample from trivium.alert_counts",
    "select group_key, sample from trivium.alert_groups",
    "select group_id, starts_at, alert_id from trivium.alert_group_members",
    "select id, title, opened_at, resolved_at, sample from trivium.incidents",
    "select id, summary, sample from trivium.changes",
    "select id, title, incident_id, sample from trivium.postmortems",
    "select name, slos::text, sample from trivium.application_profiles",
    "select kind, name from trivium.names",
)


@pytest.fixture(scope="module")
def estate() -> Estate:
    return build(NOW)


def alerts(estate: Estate) -> list[Report]:
    return [alert for batch in estate.batches for alert in batch.alerts]


async def read(db: Connection, query: LiteralString) -> list[tuple[Any, ...]]:
    return sorted((tuple(row.values()) for row in await (await db.execute(query)).fetchall()), key=str)


async def record(db: Connection) -> list[list[tuple[Any, ...]]]:
    return [await read(db, query) for query in TABLES]


def test_the_estate_is_the_same_for_a_whole_day_and_moves_with_the_next(estate: Estate) -> None:
    assert build(MIDNIGHT) == estate
    assert build(MIDNIGHT + timedelta(hours=23, minutes=59)) == estate
    assert build(MIDNIGHT + timedelta(days=1)) != estate


def test_the_estate_has_the_size_and_the_mix_of_a_real_one(estate: Estate) -> None:
    found = alerts(estate)
    severities = Counter(alert.severity for alert in found)
    assert 10_000 <= len(found) <= 25_000
    assert {alert.service for alert in found} == set(SERVICES)
    assert {alert.environment for alert in found} == {"production", "staging"}
    assert severities["warning"] > severities["critical"] > 500 < severities["info"]
    assert 5 <= sum(alert.ends_at is None for alert in found) <= 12
    assert len(estate.changes) > 300
    assert [profile.name for profile in estate.profiles] == list(SERVICES)


def test_everything_lies_in_the_ninety_days_before_today(estate: Estate) -> None:
    times = [alert.starts_at for alert in alerts(estate)] + [change.occurred_at for change in estate.changes]
    assert MIDNIGHT - timedelta(days=90) <= min(times) < max(times) < MIDNIGHT
    assert max(alert.ends_at for alert in alerts(estate) if alert.ends_at) <= MIDNIGHT


def test_no_alert_fires_twice_at_one_time(estate: Estate) -> None:
    last: dict[str, datetime | None] = {}
    for alert in sorted(alerts(estate), key=lambda alert: alert.starts_at):
        before = last.get(alert.fingerprint, MIDNIGHT - timedelta(days=100))
        assert before is not None
        assert before < alert.starts_at
        last[alert.fingerprint] = alert.ends_at


def test_days_are_louder_than_nights_and_working_days_than_weekends(estate: Estate) -> None:
    hours = Counter(alert.starts_at.hour for alert in alerts(estate))
    days = Counter(alert.starts_at.weekday() for alert in alerts(estate))
    assert sum(hours[hour] for hour in range(9, 17)) > 2 * sum(hours[hour] for hour in (22, 23, *range(6)))
    assert min(days[day] for day in range(5)) > max(days[5], days[6])


def test_every_outage_has_its_change_its_alerts_and_its_postmortem(estate: Estate) -> None:
    summaries = {change.summary for change in estate.changes}
    starts = {(alert.service, alert.starts_at) for alert in alerts(estate)}
    for outage, postmortem in zip(OUTAGES, estate.postmortems, strict=True):
        assert outage.cause in summaries
        assert (postmortem.service, postmortem.occurred_at) in starts
        assert outage.hits[0].service == postmortem.service


async def test_filling_marks_every_row_and_happens_once(pool: Pool, estate: Estate) -> None:
    async with pool.connection() as db:
        assert await fill(db, NOW)
        once = await record(db)
        assert not await fill(db, NOW)
        assert await record(db) == once
    marked = [row[-1] for rows in (once[0], once[1], once[2], *once[4:8]) for row in rows]
    assert all(marked)
    assert len(once[0]) == len(alerts(estate))


async def test_every_postmortem_belongs_to_the_incident_it_tells_of(pool: Pool) -> None:
    async with pool.connection() as db:
        await fill(db, NOW)
        rows = await read(
            db,
            "select p.title, i.service, i.root_cause, i.opened_at <= p.occurred_at as begun"
            " from trivium.postmortems p join trivium.incidents i on i.id = p.incident_id",
        )
    assert rows == sorted(((o.title, o.hits[0].service, o.root_cause, True) for o in OUTAGES), key=str)


async def test_removing_leaves_real_rows_as_they_were(pool: Pool) -> None:
    async with pool.connection() as db:
        await fill(db, NOW)
        await bring_real_rows(db)
        await remove(db)
        left = await record(db)
    assert [len(rows) for rows in left] == [1, 1, 1, 1, 1, 1, 0, 0, 5]
    assert left[0][0][3:] == ("checkout", 1, False)
    assert left[8] == [
        ("alert", "HighLatency"), ("environment", "production"), ("service", "checkout"), ("service", "tax"),
        ("team", "finance"),
    ]  # fmt: skip


async def bring_real_rows(db: Connection) -> None:
    """An alert like one of the sample's, and a change, as a sender would bring them."""
    like = next(alert for alert in alerts(build(NOW)) if (alert.service, alert.name) == ("checkout", "HighLatency"))
    real = replace(like, fingerprint="c0c8a1b2d3e4f506", team="finance", environment="production")
    await store(
        db,
        Batch(source="alertmanager", receiver="r", group_key="k", group_labels={}, alerts=(real,)),
    )
    change = {"occurred_at": "2026-11-20T09:00:00Z", "kind": "config", "service": "tax", "summary": "New rates"}
    await store_changes(db, [Change.model_validate(change)])


async def test_an_empty_record_stays_empty_when_there_is_nothing_to_remove(pool: Pool) -> None:
    async with pool.connection() as db:
        await remove(db)
        assert await record(db) == [[] for _ in TABLES]
