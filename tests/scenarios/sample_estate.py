"""The sample estate with the whole house on it, for an engineer to ask: real Postgres, rules brain, fixed clock."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.conninfo import make_conninfo

import tools
from agents.answer import Answer
from agents.rules.brain import RulesBrain
from checkpoints.saver import PoolSaver
from domain import database
from domain.actors import Actor
from domain.database import Pool
from domain.names import Directory
from domain.sample.fill import fill
from graphs import inquiry
from graphs.asking import Ask
from graphs.limiter import Limiter
from graphs.live import Parts
from graphs.runner import Limits, Runner
from tests import databases, house
from tests.tools.sources_world import opened
from tools.call import Door
from tools.gates import Gates
from tools.policy import PolicyBook
from tools.resources import NOTHING, Resources

Row: TypeAlias = dict[str, Any]
UNLIMITED = 1_000_000


@dataclass(frozen=True, slots=True)
class Desk:
    """An engineer at the estate, with a look at the tables behind it."""

    pool: Pool
    runner: Runner
    engineer: Actor

    async def ask(self, *texts: str, zone: str = "UTC") -> tuple[Answer, UUID]:
        """The answer to the last of these questions, asked one after the other in a new session, and that session."""
        outcome, session = None, None
        for text in texts:
            outcome = await self.runner.ask(self.engineer, Ask(text=text, zone=ZoneInfo(zone), session_id=session))
            session = outcome.session_id
        assert outcome, "nothing was asked"
        assert outcome.answer, (texts, outcome.error)
        return outcome.answer, outcome.session_id

    async def rows(self, query: str, values: Mapping[str, object] | None = None) -> list[Row]:
        async with self.pool.connection() as db:
            return await (await db.execute(query.encode(), values)).fetchall()


@contextmanager
def filled(postgres: str, template: str, now: datetime) -> Generator[str]:
    """Address of a new database with the sample estate of `now`; gone afterwards."""
    with databases.made(postgres, template) as name:
        url = make_conninfo(postgres, dbname=name)
        asyncio.run(put(url, now))
        yield url


async def put(url: str, now: datetime) -> None:
    async with database.open_pool(url, size=2) as pool, pool.connection() as db:
        assert await fill(db, now)


@asynccontextmanager
async def sources(pool: Pool, prometheus: str | None) -> AsyncGenerator[Resources]:
    """What tools may use besides the record: this Prometheus, or nothing."""
    if prometheus is None:
        yield NOTHING
        return
    async with opened(pool, prometheus) as found:
        yield Resources(sources=found)


@asynccontextmanager
async def desk(url: str, now: datetime, prometheus: str | None = None) -> AsyncGenerator[Desk]:
    """A desk at the estate of this address, on which it is always `now`; without any source but its Prometheus."""
    async with database.open_pool(url, size=4) as pool, sources(pool, prometheus) as found:
        parts = Parts(
            pool=pool,
            door=Door(tools.catalogue(), PolicyBook(pool), Gates()),
            brain=RulesBrain,
            graphs={"inquiry": inquiry.build().compile(checkpointer=PoolSaver(pool))},
            directory=Directory(pool),
            clock=lambda: now,
            resources=found,
        )
        async with Runner(parts, Limits(history_messages=10, limiter=Limiter(UNLIMITED))) as runner:
            yield Desk(pool, runner, await house.actor(pool, "engineer"))
