"""The alert webhook's store against COPY of the same rows, and into an incident that has been open for long."""

import time
from collections.abc import AsyncGenerator, Awaitable, Sequence
from datetime import UTC, datetime, timedelta

from psycopg.types.json import Jsonb

from bench.measure import Row, scratch
from domain.database import Connection
from domain.ingest.normalise import Batch, Report, fingerprint
from domain.ingest.store import store

BATCH, BATCHES, ROUNDS = 100, 10, 6
LONG_OPEN, SMALL = 50_000, 10
START = datetime(2026, 1, 1, tzinfo=UTC)

TWIN = "create table if not exists trivium.bench_alerts (like trivium.alerts including all)"
SOMEBODY = """
with person as (insert into trivium.users (name) values ('bench') returning id)
insert into trivium.auto_analyze_rules (name, alert_name, created_by)
select 'rule-' || number, 'High*', id from person, generate_series(1, 10) as number
"""
SWITCH = "update trivium.auto_analyze_rules set is_enabled = %(is_enabled)s"
DROP = "drop table trivium.bench_alerts"
COPY = """
copy trivium.bench_alerts (fingerprint, starts_at, name, severity, service, environment, team, instance, job, summary,
    labels, annotations, generator_url, source) from stdin
"""


async def rows() -> AsyncGenerator[Row]:
    """Alerts per second, the best of interleaved rounds; then milliseconds of one small batch, the best of some."""
    async with scratch(size=2) as (pool, _), pool.connection() as db:
        ours, floor = await throughput(db)
        yield Row(
            what="alert webhook, batches of 100; floor: COPY of the same rows",
            ours=ours, floor=floor, unit="alerts/s", goal="≥ 0.05× and ≥ 1,000/s",
            met=ours >= 0.05 * floor and ours >= 1000,
        )  # fmt: skip
        ours, floor = await ruled(db)
        yield Row(
            what="alert webhook, batches of 100, with ten auto-analyze rules that fit; floor: without",
            ours=ours, floor=floor, unit="alerts/s", goal="≥ 0.8×", met=ours >= 0.8 * floor,
        )  # fmt: skip
        ours, floor = await long_open(db)
        yield Row(
            what="10 alerts into an incident of 50,000; floor: into a new incident",
            ours=ours, floor=floor, unit="ms", goal="≤ 3×", met=ours <= 3 * floor,
        )  # fmt: skip


async def throughput(db: Connection) -> tuple[float, float]:
    await db.execute(TWIN)
    ours: list[float] = []
    floor: list[float] = []
    for number in range(ROUNDS):
        alerts = fresh(f"round {number}", BATCH * BATCHES)
        floor.append(await seconds(copy(db, alerts)))
        ours.append(await seconds(send(db, alerts, "webhook")))
    await db.execute(DROP)
    return BATCH * BATCHES / min(ours), BATCH * BATCHES / min(floor)


async def ruled(db: Connection) -> tuple[float, float]:
    await db.execute(SOMEBODY)
    ours: list[float] = []
    floor: list[float] = []
    for number in range(ROUNDS):
        await db.execute(SWITCH, {"is_enabled": False})
        floor.append(await seconds(send(db, fresh(f"unruled {number}", BATCH * BATCHES), f"unruled {number}")))
        await db.execute(SWITCH, {"is_enabled": True})
        ours.append(await seconds(send(db, fresh(f"ruled {number}", BATCH * BATCHES), f"ruled {number}")))
    await db.execute(SWITCH, {"is_enabled": False})
    return BATCH * BATCHES / min(ours), BATCH * BATCHES / min(floor)


async def long_open(db: Connection) -> tuple[float, float]:
    alerts = fresh("long", LONG_OPEN)
    for first in range(0, LONG_OPEN, 10_000):
        await store(db, batch(alerts[first : first + 10_000], "long"))
    ours: list[float] = []
    floor: list[float] = []
    for number in range(ROUNDS):
        floor.append(await seconds(send(db, fresh(f"short {number}", SMALL), f"short {number}")))
        ours.append(await seconds(send(db, fresh(f"longer {number}", SMALL), "long")))
    return min(ours) * 1000, min(floor) * 1000


async def seconds(work: Awaitable[None]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def send(db: Connection, alerts: Sequence[Report], group: str) -> None:
    for first in range(0, len(alerts), BATCH):
        await store(db, batch(alerts[first : first + BATCH], group))


async def copy(db: Connection, alerts: Sequence[Report]) -> None:
    async with db.cursor() as cursor, cursor.copy(COPY) as target:
        for a in alerts:
            await target.write_row((
                a.fingerprint, a.starts_at, a.name, a.severity, a.service, a.environment, a.team, a.instance, a.job,
                a.summary, Jsonb(a.labels), Jsonb(a.annotations), a.generator_url, "alertmanager",
            ))  # fmt: skip


def batch(alerts: Sequence[Report], group: str) -> Batch:
    labels = {"alertname": group}
    return Batch(source="alertmanager", receiver="bench", group_key=group, group_labels=labels, alerts=tuple(alerts))


def fresh(tag: str, count: int) -> list[Report]:
    """Firing alerts as Prometheus' Kubernetes rules make them, a second apart, with fingerprints no other tag has."""
    return [alert(tag, number) for number in range(count)]


def alert(tag: str, number: int) -> Report:
    instance = f"10.0.{number // 250 % 250}.{number % 250}:8080"
    service = f"service-{number % 20}"
    labels = {"alertname": "HighLatency", "service": service, "severity": "warning", "instance": instance, "run": tag}
    labels |= {"environment": "production", "team": "shop", "job": service, "pod": f"{service}-{number}"}
    return Report(
        fingerprint=fingerprint(labels), starts_at=START + timedelta(seconds=number), ends_at=None,
        name="HighLatency", severity="warning", service=service, environment="production", team="shop",
        instance=instance, job=service, summary="95th percentile latency is above 500 ms", labels=labels,
        annotations={"summary": "95th percentile latency is above 500 ms", "runbook_url": "/runbooks/high-latency"},
        generator_url="/graph?g0.expr=histogram_quantile",
    )  # fmt: skip
