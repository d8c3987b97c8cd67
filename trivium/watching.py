"""A worker's own small HTTP: whether it lives, whether it is ready, what it did."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn

from trivium.service import Service
from trivium.web_parts import web_parts
from web.app import build_probes

log = structlog.get_logger("ai_ops")


class Beside(uvicorn.Server):
    """A server beside something that hears the signals itself."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def watched(service: Service) -> AsyncGenerator[None]:
    """Health and measurements are served meanwhile on HOST and WORKER_PORT; nothing without a WORKER_PORT."""
    settings = service.settings
    if not settings.worker_port:
        yield
        return
    config = uvicorn.Config(
        build_probes(web_parts(service)), host=settings.host, port=settings.worker_port,
        log_config=None, access_log=False, server_header=False, lifespan="off",
    )  # fmt: skip
    server = Beside(config)
    serving = asyncio.create_task(server.serve(), name="watched")
    log.info("watched", url=f"http://{settings.host}:{settings.worker_port}/api/v1/metrics")
    try:
        yield
    finally:
        server.should_exit = True
        await serving
