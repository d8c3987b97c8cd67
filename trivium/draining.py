"""Going down: first nobody is sent here any more, then runs end, then the server."""

import asyncio
import signal
from types import FrameType

import structlog
import uvicorn

from graphs.runner import Runner

CLOSING_SECONDS = 5
log = structlog.get_logger("ai_ops")


class Server(uvicorn.Server):
    """Told to stop once, it goes on serving until `should_exit` is set; told again, it ends at once."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._is_told = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._is_told:
            super().handle_exit(sig, frame)
            return
        self._is_told = True
        self.told.get_loop().call_soon_threadsafe(self.told.set_result, sig)


async def drained(server: Server, runner: Runner, notice_seconds: float) -> None:
    """From the signal on this process is not ready and begins no run. It listens for `notice_seconds`, so that a load
    balancer sees it, and until its runs have ended or are left to other workers; then streams end, and the server.

    Who presses Ctrl+C is nobody's load balancer.
    """
    told = await server.told
    log.info("going down", runs="get time to end")
    runner.leaving.set()
    if told == signal.SIGTERM:
        await asyncio.sleep(notice_seconds)
    await runner.drain()
    server.should_exit = True
