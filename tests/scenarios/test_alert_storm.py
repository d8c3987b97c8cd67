"""Five thousand alerts in one go while rules want each analysed, and a worker that is killed in the middle."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString, TypeAlias

import httpx
import pytest
import structlog

from domain.database import Pool
from tests.domain.analysis_world import rule
from tests.house import actor
from tests.programs import ROOT, free_port, running
from tests.scenarios.test_webhook_under_fire import READY, SECRET, WEBHOOK, sender

pytestmark = [pytest.mark.slow, pytest.mark.long]

Json: TypeAlias = dict[str, Any]
ALERTS, INCIDENTS, BATCH, SENDERS = 5_000, 60, 50, 10
MOST_WAITING, AT_ONCE, WORKERS = 30, 2, 3
MINUTE = 60.0
MATCHING_AT_LEAST = 0.5
DRAIN_SECONDS = 150.0
log = structlog.get_logger("storm")

COUNTS = "select status, count(*) as count from trivium.auto_analyses group by 1"
PER_INCIDENT = "select count(*) as count from trivium.auto_analyses group by incident_id"
RUNS = """
select count(*) as runs, count(distinct request_id) as analyses
from trivium.runs where entrance = 'rule' and status = 'completed'
"""
TAKEN_UP = "select count(*) as count from trivium.auto_analyses where attempt > 1"
OTHER_RUNS = "select count(*) as count from trivium.runs where status <> 'completed'"
TOLD = """
select count(*) filter (where ai_analysis ? 'summary') as analysed,
    count(*) filter (where ai_analysis ->> 'not_analysed' like '%% newer incidents were waiting') as dropped
from trivium.alerts
"""
AUDIT = "select count(*) as count from trivium.audit_logs where action = 'alert_analysed'"
LEFT = "select count(*) as count from procrastinate_jobs"


def environment(database_url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "TRIVIUM_JWT_SECRET": SECRET,
        "AUTO_ANALYSIS_IN_SERVE": "false",
        "AUTO_ANALYSIS_MOST_WAITING": str(MOST_WAITING),
        "AUTO_ANALYSIS_AT_ONCE": str(AT_ONCE),
        "DATABASE_POOL_SIZE": "8",
    }


@asynccontextmanager
async def server(database_url: str, folder: Path) -> AsyncGenerator[httpx.AsyncClient]:
    port = free_port()
    program = running(
        [sys.executable, "-m", "trivium", "serve"], ready=f"http://127.0.0.1:{port}{READY}",
        log=folder / "server.log", environment=environment(database_url) | {"PORT": str(port)},
    )  # fmt: skip
    await asyncio.to_thread(program.__enter__)
    try:
        async with sender(port) as web:
            yield web
    finally:
        await asyncio.to_thread(program.__exit__, None, None, None)


@contextmanager
def worker(database_url: str, log: Path) -> Generator[subprocess.Popen[bytes]]:
    """A process that carries out analyses; SIGTERM at the end, which it has to heed."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "trivium", "worker"], cwd=ROOT, env=os.environ | environment(database_url),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=40)


def storm(name: str, group: str) -> list[Json]:
    """The alerts of a storm in notifications of one incident each; those of a second name join the incidents."""
    began = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
    alerts = [
        {
            "status": "firing", "startsAt": began, "endsAt": "0001-01-01T00:00:00Z", "annotations": {},
            "fingerprint": f"{name}-{number}",
            "labels": {"alertname": name, "service": f"service-{number % 12}", "severity": "critical",
                       "instance": f"10.0.0.{number}", "team": "shop"},
        }
        for number in range(ALERTS)
    ]  # fmt: skip
    homes = [alerts[number::INCIDENTS] for number in range(INCIDENTS)]
    return [
        {"version": "4", "receiver": "trivium", "groupKey": f"{group}{number}", "groupLabels": {},
         "alerts": home[first : first + BATCH]}
        for first in range(0, len(homes[0]), BATCH)
        for number, home in enumerate(homes)
    ]  # fmt: skip


async def sent(web: httpx.AsyncClient, notifications: Sequence[Json]) -> float:
    """Alerts taken a second; every notification was."""
    began = time.perf_counter()

    async def send(share: Sequence[Json]) -> int:
        answers = [await web.post(WEBHOOK, json=one) for one in share]
        assert {answer.status_code for answer in answers} == {200}
        return sum(answer.json()["new"] for answer in answers)

    new = sum(await asyncio.gather(*(send(notifications[number::SENDERS]) for number in range(SENDERS))))
    assert new == ALERTS
    return ALERTS / (time.perf_counter() - began)


async def row(pool: Pool, query: LiteralString) -> Json:
    async with pool.connection() as db:
        found = await (await db.execute(query)).fetchone()
    assert found
    return found


async def counts(pool: Pool) -> dict[str, int]:
    async with pool.connection() as db:
        return {each["status"]: each["count"] for each in await (await db.execute(COUNTS)).fetchall()}


async def until_drained(pool: Pool) -> list[dict[str, int]]:
    """What was seen on the way until nothing was left to do."""
    seen: list[dict[str, int]] = [await counts(pool)]
    async with asyncio.timeout(DRAIN_SECONDS):
        while seen[-1].keys() & {"waiting", "running"}:
            await asyncio.sleep(0.05)
            seen.append(await counts(pool))
    return seen


async def kill_at_work(pool: Pool, process: subprocess.Popen[bytes]) -> dict[str, int]:
    """It is killed with some analyses done and some begun: it is held still until that is so."""
    async with asyncio.timeout(DRAIN_SECONDS):
        while True:
            process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(0.3)  # Postgres ends what it was sent before
            now = await counts(pool)
            if now.get("done", 0) >= 3 and now.get("running", 0) > 0:
                process.kill()
                return now
            process.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.1)


async def test_a_storm_is_taken_as_fast_as_ever_and_each_incident_is_analysed_at_most_once(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """AA-01, AA-02: five thousand alerts, sixty incidents, thirty of which may wait; a worker is killed, two go on."""
    who = await actor(pool, "admin")
    async with server(database_url, tmp_path) as web:
        await sent(web, storm("Warm", "w"))
        calm = await sent(web, storm("Calm", "c"))
        await rule(pool, who)
        matched = await sent(web, storm("Storm", "s"))
        assert await counts(pool) == {"waiting": INCIDENTS}
        with worker(database_url, tmp_path / "a.log") as killed:
            left = await kill_at_work(pool, killed)
        with worker(database_url, tmp_path / "b.log"), worker(database_url, tmp_path / "c.log"):
            worked = await sent(web, storm("More", "s"))
            seen = await until_drained(pool)
    log.info("storm", calm=round(calm), matched=round(matched), worked=round(worked), left=left)
    ended = await counts(pool)
    assert ended == {"done": MOST_WAITING, "dropped": INCIDENTS - MOST_WAITING}
    assert max(each.get("running", 0) for each in seen) <= AT_ONCE * WORKERS, "those of the killed one among them"
    async with pool.connection() as db:
        assert {each["count"] for each in await (await db.execute(PER_INCIDENT)).fetchall()} == {1}
    assert (await row(pool, TAKEN_UP))["count"] == left["running"]
    told = await row(pool, RUNS)
    assert (told["runs"], told["analyses"]) == (MOST_WAITING, MOST_WAITING)
    assert await row(pool, OTHER_RUNS) == {"count": 0}
    assert await row(pool, TOLD) == {"analysed": MOST_WAITING, "dropped": INCIDENTS - MOST_WAITING}
    assert (await row(pool, AUDIT))["count"] == MOST_WAITING
    assert (await row(pool, LEFT))["count"] == 0
    assert matched > MATCHING_AT_LEAST * calm, f"{matched:.0f} alerts/s with rules, {calm:.0f} without"
    assert worked * MINUTE > 4 * ALERTS, f"{worked:.0f} alerts/s beside two workers that share the machine"
