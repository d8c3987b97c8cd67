"""Ten thousand alerts from fifty senders at once, a server that is killed in the middle, a Postgres that goes away."""

import asyncio
import random
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any, TypeAlias

import httpx
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.database import Pool
from domain.ingest.normalise import Batch, Report
from domain.tokens import Claims, Key, mint
from tests.domain.test_ingest_store import alert, batch, dice, expected, state
from tests.programs import free_port, running

pytestmark = [pytest.mark.slow, pytest.mark.long]

Json: TypeAlias = dict[str, Any]

SECRET = "a-secret-of-this-test-with-more-than-32-bytes"
KEY = Key(secret=SECRET, issuer="trivium", audience="trivium")
WEBHOOK, QUERY, LIVE, READY = (
    "/api/v1/alerts/webhook", "/api/v1/inquiry/query", "/api/v1/health", "/api/v1/health/ready",
)  # fmt: skip
SENDERS, GROUPS, LARGEST_BATCH = 50, 40, 100
RECOVERY_SECONDS = 30
RANK = ("critical", "warning", "info")


def token(*scopes: str) -> str:
    claims = Claims(name="alertmanager", roles=frozenset({"engineer"}), scopes=frozenset(scopes))
    return mint(KEY, claims, ttl=timedelta(hours=1))


@asynccontextmanager
async def served(database_url: str, port: int, folder: Path) -> AsyncGenerator[Popen[bytes]]:
    """The real server, from when it is ready; waited for in a thread, for its way to Postgres may lead through here."""
    environment = {"DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": SECRET, "PORT": str(port)}
    program = running(
        [sys.executable, "-m", "trivium", "serve"],
        ready=f"http://127.0.0.1:{port}{READY}", log=folder / f"trivium-{time.monotonic_ns()}.log",
        environment=environment,
    )  # fmt: skip
    process = await asyncio.to_thread(program.__enter__)
    try:
        yield process
    finally:
        await asyncio.to_thread(program.__exit__, None, None, None)


@asynccontextmanager
async def sender(port: int) -> AsyncGenerator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {token('ingest', 'inquiry')}"}
    limits = httpx.Limits(max_connections=SENDERS, max_keepalive_connections=SENDERS)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, limits=limits, timeout=60, trust_env=False
    ) as client:
        yield client


def history(count: int) -> list[Batch]:
    """Notifications on `count` alerts in forty groups: firing, mostly resolved too, repeated, late, in any order.

    Every fourth alert is in two groups; in the first ten groups some alerts never end.
    """
    chance = dice(f"fire {count}")
    of_group: dict[int, list[Report]] = {number: [] for number in range(GROUPS)}
    for number in range(count):
        firing = alert(
            f"A{number % 23}", chance.randrange(0, 2880, 5), service=f"s{number % 12}", severity=RANK[number % 3]
        )
        firing = replace(firing, fingerprint=f"{number:05}")
        home = number % GROUPS
        for group in {home, (home + 7) % GROUPS} if number % 4 == 0 else {home}:
            of_group[group] += told(firing, chance, ends=group >= 10 or chance.random() < 0.99)
    return dealt(of_group, chance)


def told(firing: Report, chance: random.Random, *, ends: bool) -> list[Report]:
    """What one group hears of an alert: that it fires, perhaps twice, and its end, perhaps first guessed too early."""
    length = chance.choice((2, 5, 20))
    reports = [firing] * chance.choice((1, 1, 2))
    guesses = [length - 1, length] if ends and chance.random() < 0.2 else [length] if ends else []
    return [*reports, *(replace(firing, ends_at=firing.starts_at + timedelta(minutes=end)) for end in guesses)]


def dealt(of_group: Mapping[int, list[Report]], chance: random.Random) -> list[Batch]:
    """The reports in notifications of one group each, shuffled; every tenth notification is sent twice."""
    batches: list[Batch] = []
    for group, reports in of_group.items():
        chance.shuffle(reports)
        while reports:
            size = chance.randint(1, LARGEST_BATCH)
            batches.append(batch(*reports[:size], group=f"g{group}"))
            del reports[:size]
    batches += batches[::10]
    chance.shuffle(batches)
    return batches


def body(one: Batch) -> Json:
    return {
        "version": "4",
        "receiver": one.receiver,
        "groupKey": one.group_key,
        "groupLabels": {},
        "alerts": [as_sent(report) for report in one.alerts],
    }


def as_sent(report: Report) -> Json:
    return {
        "status": "resolved" if report.ends_at else "firing",
        "labels": {
            "alertname": report.name, "service": report.service, "severity": report.severity,
            "environment": report.environment, "team": report.team,
        },
        "annotations": {},
        "startsAt": report.starts_at.isoformat(),
        "endsAt": report.ends_at.isoformat() if report.ends_at else "0001-01-01T00:00:00Z",
        "fingerprint": report.fingerprint,
    }  # fmt: skip


@dataclass(slots=True)
class Fire:
    """Fifty senders of one history. `stored` are the answers; `enough` is set when half of them have come."""

    web: httpx.AsyncClient
    batches: Sequence[Batch]
    stored: list[Json] = field(default_factory=list[Json])
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None:
        """Every notification was answered with 200, or the server was gone before it could be."""
        await asyncio.gather(*(self.send(self.batches[number::SENDERS]) for number in range(SENDERS)))

    async def send(self, batches: Sequence[Batch]) -> None:
        with suppress(httpx.TransportError):
            for one in batches:
                answer = await self.web.post(WEBHOOK, json=body(one))
                assert answer.status_code == 200, answer.text
                self.stored.append(answer.json())
                if len(self.stored) > len(self.batches) / 2:
                    self.enough.set()


async def test_ten_thousand_alerts_from_fifty_senders_are_each_stored_once_with_the_right_incidents(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """EP-17."""
    batches, port = history(10_000), free_port()
    async with served(database_url, port, tmp_path), sender(port) as web:
        fire = Fire(web, batches)
        await fire.open()
    assert sum(each["new"] for each in fire.stored) == 10_000
    assert sum(each["received"] for each in fire.stored) == sum(len(one.alerts) for one in batches)
    async with pool.connection() as db:
        assert await state(db) == expected(batches)


async def test_a_server_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """EP-17: the senders send again what was not answered, as Alertmanager does, and here all that was, too."""
    batches, port = history(4_000), free_port()
    async with served(database_url, port, tmp_path) as process, sender(port) as web:
        fire = Fire(web, batches)
        firing = asyncio.create_task(fire.open())
        await fire.enough.wait()
        process.kill()
        await firing
    assert len(fire.stored) < len(batches), "it was killed before the end"
    async with served(database_url, port, tmp_path), sender(port) as web:
        again = Fire(web, batches)
        await again.open()
    assert len(again.stored) == len(batches)
    async with pool.connection() as db:
        found, wanted = await state(db), expected(batches)
    heard = zip(times_received(found), times_received(wanted), strict=True)
    assert all(once <= often <= 2 * once for often, once in heard)
    assert found == wanted


def times_received(kept: Json) -> list[int]:
    """How often each alert was heard of, taken out of the state: what was not answered may or may not have been."""
    times = [row[-1] for row in kept["alerts"]]
    kept["alerts"] = [row[:-1] for row in kept["alerts"]]
    return times


@dataclass(slots=True)
class Wire:
    """What lies between the server and Postgres: while it is cut, no connection is made and none that stood lives."""

    target: dict[str, Any]
    port: int
    server: asyncio.Server | None = None
    ends: list[asyncio.StreamWriter] = field(default_factory=list[asyncio.StreamWriter])

    def url(self, database_url: str) -> str:
        """The database at this end of the wire."""
        return make_conninfo(database_url, host="127.0.0.1", port=self.port)

    async def mend(self) -> None:
        self.server = await asyncio.start_server(self.carry, "127.0.0.1", self.port)

    async def cut(self) -> None:
        assert self.server
        self.server.close()
        for end in self.ends:
            end.transport.abort()
        self.ends.clear()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        away, home = await self.reach()
        self.ends += [writer, home]
        with suppress(OSError):
            await asyncio.gather(pump(reader, home), pump(away, writer))

    async def reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = str(self.target["host"]), self.target.get("port", 5432)
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, int(port))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def wired(database_url: str) -> AsyncGenerator[Wire]:
    """A wire to this database, mended; cut on leaving."""
    wire = Wire(conninfo_to_dict(database_url), free_port())
    await wire.mend()
    yield wire
    await wire.cut()


async def until_taken(web: httpx.AsyncClient, one: Batch) -> None:
    """The notification is stored; until then each answer said to come back."""
    async with asyncio.timeout(RECOVERY_SECONDS):
        while (answer := await web.post(WEBHOOK, json=body(one))).status_code != 200:
            assert (answer.status_code, answer.json()["error"]) == (503, "database_unavailable")


async def answers(web: httpx.AsyncClient, one: Batch) -> dict[str, httpx.Response]:
    """What a sender, a person and two probes are told at the same time."""
    told = await asyncio.gather(
        web.post(WEBHOOK, json=body(one)), web.post(QUERY, json={"query": "What is firing right now?"}),
        web.get(READY), web.get(LIVE),
    )  # fmt: skip
    return dict(zip((WEBHOOK, QUERY, READY, LIVE), told, strict=True))


async def test_while_postgres_is_away_senders_are_told_to_come_back_and_afterwards_all_is_stored(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """EP-17, EP-21."""
    batches = history(200)
    port = free_port()
    async with wired(database_url) as wire, served(wire.url(database_url), port, tmp_path), sender(port) as web:
        before = await answers(web, batches[0])
        await wire.cut()
        meanwhile = await answers(web, batches[1])
        await wire.mend()
        for one in batches:
            await until_taken(web, one)
        after = await answers(web, batches[0])
    assert [{path: answer.status_code for path, answer in each.items()} for each in (before, meanwhile, after)] == [
        {WEBHOOK: 200, QUERY: 200, READY: 200, LIVE: 200},
        {WEBHOOK: 503, QUERY: 503, READY: 503, LIVE: 200},
        {WEBHOOK: 200, QUERY: 200, READY: 200, LIVE: 200},
    ]
    for path in (WEBHOOK, QUERY):
        assert meanwhile[path].json()["error"] == "database_unavailable"
        assert int(meanwhile[path].headers["Retry-After"]) > 0
    async with pool.connection() as db:
        found, wanted = await state(db), expected(batches)
    times_received(found)
    times_received(wanted)
    assert found == wanted
