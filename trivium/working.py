"""Working: analyses that rules asked for, carried out beside `serve` or in a process of their own."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import UUID

import structlog
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from config.settings import Settings
from domain import auto_analyses
from domain.auto_analyses import QUEUE, TASK
from domain.database import Pool
from domain.errors import SourceError
from graphs.analysing import Analyst
from trivium.service import Service, open_service
from trivium.tracing import exported
from trivium.watching import watched

TEND_SECONDS = 1.0
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0
SILENT_SECONDS = 30.0
KINDNESS = 10
RETRY = RetryStrategy(max_attempts=2, wait=2, retry_exceptions=(OperationalError, PoolTimeout, SourceError))
AWAY = (ConnectorException, OperationalError, PoolTimeout)
log = structlog.get_logger("ai_ops")


async def work(settings: Settings) -> int:
    """Works until SIGTERM or SIGINT; then takes nothing new, and what is under way gets time to finish.

    Whoever takes alerts in or answers a person on the same machine comes first.
    """
    os.nice(KINDNESS)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    with exported(settings):
        async with open_service(settings) as service, working(service), watched(service):
            log.info("working", at_once=settings.auto_analysis_at_once)
            await stopping.wait()
        await service.runner.drain()
    return 0


@asynccontextmanager
async def working(service: Service) -> AsyncGenerator[None]:
    """Analyses are carried out meanwhile, by this process and any other that works on the same database."""
    settings = service.settings
    analyst = Analyst(
        pool=service.pool, door=service.door, runner=service.runner, clock=service.now, resources=service.resources
    )
    app = queue(analyst)
    async with app.open_async(service.pool):
        tasks = (
            asyncio.create_task(
                until(service.runner.leaving, take_jobs(app, settings.auto_analysis_at_once, settings.drain_seconds)),
                name="take jobs",
            ),
            asyncio.create_task(keep_tended(service.pool, settings.auto_analysis_most_waiting), name="tend jobs"),
        )
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def queue(analyst: Analyst) -> App:
    """The queue on our own pool; its one task is an analysis."""
    app = App(connector=PsycopgConnector())

    @app.task(name=TASK, queue=QUEUE, retry=RETRY)
    async def analyse(analysis: str) -> None:  # pyright: ignore[reportUnusedFunction] - the queue calls it by its name
        await analyst.analyse(UUID(analysis))

    return app


async def until(leaving: asyncio.Event, taking: Coroutine[None, None, None]) -> None:
    """Jobs are taken until this process goes down; when this has ended, so have they."""
    task, left = asyncio.create_task(taking, name="take jobs"), asyncio.create_task(leaving.wait(), name="go down")
    try:
        await asyncio.wait((task, left), return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()
        left.cancel()
        await asyncio.gather(task, left, return_exceptions=True)


async def take_jobs(app: App, at_once: int, drain_seconds: float) -> None:
    """Until it is cancelled; then what is under way gets time to finish.

    The queue's own worker ends when Postgres goes away, so it is started again. It polls: `listen` wants a connection
    of its own, which pgbouncer does not give. An ended job is deleted: our own table tells what came of it.
    """
    while True:
        with suppress(*AWAY):
            await app.run_worker_async(
                queues=[QUEUE],
                concurrency=at_once,
                listen_notify=False,
                fetch_job_polling_interval=POLL_SECONDS,
                shutdown_graceful_timeout=drain_seconds,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=SILENT_SECONDS,
            )
        log.warning("the job queue could not be reached; trying again")
        await asyncio.sleep(POLL_SECONDS)


async def keep_tended(pool: Pool, most_waiting: int) -> None:
    while True:
        with suppress(OperationalError, PoolTimeout):  # Postgres is away: the next second will do
            await tend(pool, most_waiting)
        await asyncio.sleep(TEND_SECONDS)


async def tend(pool: Pool, most_waiting: int) -> None:
    """What waits is bounded and has its job; what dead workers left waits again. One process at a time does this."""
    async with pool.connection() as db, db.transaction():
        if not await auto_analyses.may_tend(db):
            return
        if dropped := await auto_analyses.drop_oldest(db, most=most_waiting):
            log.warning("analyses dropped: too many wait", dropped=dropped, most=most_waiting)
        if stalled := await auto_analyses.retry_stalled(db, timedelta(seconds=SILENT_SECONDS)):
            log.info("jobs of dead workers taken up again", jobs=stalled)
        await auto_analyses.take_back(db)
        await auto_analyses.hand_out(db)
