"""A small record with a real Prometheus and a Loki beside it, whose histories are known to the sample."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

import tools
from agents.answer import Answer
from agents.rules.brain import RulesBrain
from checkpoints.saver import PoolSaver
from domain import database, markdown
from domain.actors import Actor
from domain.database import Pool
from domain.knowledge import Document, put
from domain.names import Directory
from graphs import inquiry
from graphs.limiter import Limiter
from graphs.live import Parts
from graphs.runner import Limits, Runner
from tests import house
from tests.scenarios.sample_estate import UNLIMITED, Desk
from tests.tools import application_history, incident_history, sources_world
from tests.tools.estate import Estate
from tests.tools.incident_history import BEGINS, ENDS
from tests.tools.loki_world import Line
from tests.tools.metrics_world import NOW, Told
from tools.call import Door
from tools.gates import Gates
from tools.policy import PolicyBook
from tools.resources import Resources
from tools.spec import ToolResult

RUNBOOKS = {
    "pool.md": "# Connection pool exhaustion\nEvery connection of the pool is taken: raise the pool, then find leaks.",
    "disk.md": "# Disk full\nDelete old files.",
}
NAMES = "insert into trivium.names (kind, name) values ('service', 'checkout'), ('alert', 'HighCpuUsage')"
ANALYSED = "update trivium.alerts set instance = 'server-01:9100' where id = %(id)s returning id"
EVERY = timedelta(minutes=10)
LEVELS = ("error",) * 2 + ("warn",) * 3 + ("info",) * 5
IDENTIFIER = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Measured(Desk):
    """A desk whose tools have sources; `call` asks a tool directly, as the engineer."""

    door: Door
    resources: Resources

    async def call(self, tool: str, **arguments: Any) -> ToolResult:
        context = await house.tool_context(self.pool, self.engineer, now=NOW)
        return await self.door.call(replace(context, resources=self.resources), tool, arguments)


def metrics() -> list[Told]:
    return [*application_history.history(), *incident_history.history()]


def log_lines() -> list[Line]:
    """A line of checkout every ten minutes of two days, of ten in a row two errors and three warnings; one new error
    today. None at the edge of a window, where lines and counts of them differ."""
    start = NOW - timedelta(days=2) + timedelta(seconds=30)
    usual = [line(start + EVERY * number, LEVELS[number % 10], f"request {number} served") for number in range(288)]
    return [*usual, line(NOW - timedelta(hours=1), "error", "error: the certificate has expired")]


def line(at: datetime, level: str, text: str) -> Line:
    says = f"error: database timeout after {at.minute} ms" if level == "error" and "served" in text else text
    return Line(labels={"app": "checkout", "level": level}, seconds=at.timestamp(), text=says)


@asynccontextmanager
async def desk(url: str, prometheus: str | None, loki: str | None) -> AsyncGenerator[Measured]:
    """A desk at this record at noon of 20 November, with the sources that have an address."""
    async with database.open_pool(url, size=6) as pool, sources_world.opened(pool, prometheus, loki) as sources:
        resources = Resources(sources=sources)
        door = Door(tools.catalogue(), PolicyBook(pool), Gates())
        parts = Parts(
            pool=pool,
            door=door,
            brain=RulesBrain,
            graphs={"inquiry": inquiry.build().compile(checkpointer=PoolSaver(pool))},
            directory=Directory(pool),
            clock=lambda: NOW,
            resources=resources,
        )
        async with Runner(parts, Limits(history_messages=10, limiter=Limiter(UNLIMITED))) as runner:
            yield Measured(pool, runner, await house.actor(pool, "engineer"), door, resources)


async def record(url: str) -> None:
    """An alert on checkout from 10:15 to 10:45 with its incident, a profile of abc-app, and two runbooks."""
    async with database.open_pool(url, size=2) as pool:
        who = await house.actor(pool, "admin")
        estate = Estate(pool, await house.tool_context(pool, who, now=NOW))
        alert = await estate.alert(BEGINS, "HighCpuUsage", ends_at=ENDS)
        await estate.write(ANALYSED, {"id": alert})
        await estate.incident(BEGINS, members=[alert], title="HighCpuUsage on checkout")
        await application_history.save_profile(pool)
        await written_down(pool, who)


async def written_down(pool: Pool, who: Actor) -> None:
    async with pool.connection() as db, db.transaction():
        await db.execute(NAMES)
        for source, text in RUNBOOKS.items():
            page = markdown.read(text, source)
            await put(db, who, Document(source=source, category="runbook", page=page, url=f"http://wiki/{source}"))


def without_ids(answer: Answer) -> bytes:
    return IDENTIFIER.sub(b"id", orjson.dumps(answer.as_json()))
