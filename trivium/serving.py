"""Serving HTTP, and the upkeep that goes on beside it."""

import asyncio
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from types import FrameType

import structlog
import uvicorn
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from agents.llm import checking
from config.settings import Settings
from domain.sample import fill
from tools.remote_health import keep_checked
from trivium import endpoint, login
from trivium.draining import CLOSING_SECONDS, Server, drained
from trivium.service import ConfigurationError, Service, open_service
from trivium.tracing import exported
from trivium.web_parts import web_parts
from trivium.working import working
from web.app import build

UPKEEP_SECONDS = 3600.0
log = structlog.get_logger("ai_ops")


async def serve(settings: Settings, *, with_sample: bool) -> int:
    """Serves until SIGTERM or SIGINT; then no new runs, and those under way get time to finish."""
    with exported(settings):
        return await served(settings, with_sample=with_sample)


async def served(settings: Settings, *, with_sample: bool) -> int:
    async with open_service(settings) as service:
        if service.key is None and not service.settings.trivium_jwks_url:
            raise ConfigurationError(
                "Tokens cannot be checked: set TRIVIUM_JWT_SECRET (`openssl rand -hex 32` makes one)."
            )
        service.require_model()
        if with_sample:
            await fill_new(service)
            sys.stderr.write(await login.invitation(service))
            log.info("ask from another terminal", command='./dev run ask "What is firing right now?"')
        if service.resources.grafana is None and not service.remote.has_servers:
            log.warning("no MCP server: only Trivium's own tools answer", settle="set MCP_GRAFANA_URL, or register one")
        upkeep = asyncio.create_task(keep_up(service), name="upkeep")
        try:
            working_here = working(service) if settings.auto_analysis_in_serve else nullcontext()
            async with (
                keep_checked(service.remote, settings.mcp_health_seconds),
                checking.keep_checked(service.models, settings.llm_health_seconds),
                working_here,
            ):
                await serve_http(service)
        finally:
            upkeep.cancel()
    return 0


async def serve_http(service: Service) -> None:
    settings = service.settings
    mcp = endpoint.of(service)
    config = uvicorn.Config(
        build(web_parts(service), mcp.routes()), host=settings.host, port=settings.port, lifespan="on",
        log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=CLOSING_SECONDS,
    )  # fmt: skip
    log.info(
        "serving",
        url=f"http://{settings.host}:{settings.port}",
        database="embedded" if settings.is_embedded else "external",
    )
    async with mcp.running():
        server = Server(config)
        leaving = drained(server, service.runner, settings.drain_notice_seconds)
        draining = asyncio.create_task(leaving, name="go down when told")
        try:
            with heard():
                await server.serve()
        finally:
            draining.cancel()


def ignored(_number: int, _frame: FrameType | None) -> None:
    """The signal was heard already."""


@contextmanager
def heard() -> Generator[None]:
    """SIGTERM stops the server alone: uvicorn raises it once more when it has stopped, which would end this process
    before runs had finished and anything was closed."""
    before = signal.signal(signal.SIGTERM, ignored)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


async def fill_new(service: Service) -> None:
    async with service.pool.connection() as db:
        filled = await fill.fill(db, service.now())
    if filled:
        log.info("the new database has the sample estate: `trivium sample remove` takes it out again")


async def keep_up(service: Service) -> None:
    """Once an hour what is past its retention goes."""
    while True:
        with suppress(OperationalError, PoolTimeout):  # Postgres is away: the next hour will do
            gone = await service.sweep()
            log.info("retention", runs=gone)
        await asyncio.sleep(UPKEEP_SECONDS)
