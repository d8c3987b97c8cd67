"""`trivium mcp`: the MCP server over standard input and output, for a host on this machine.

It answers `initialize` and `tools/list` while the service is still opening, so it imports no more than those need.
"""

import asyncio
import importlib
import logging
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError

from mcp_server.server import House, Unopened, build, problems, serve_stdio
from trivium.holding import Held

if TYPE_CHECKING:
    from domain.actors import Actor
    from trivium.service import Service

DRAIN_SECONDS = 20.0


def main(*, exposes_tools: bool = False) -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    asyncio.run(serve(exposes_tools=exposes_tools))


async def serve(*, exposes_tools: bool) -> None:
    """Serves until standard input is closed; then runs may finish, and everything is closed."""
    async with Held(open_house) as held:
        held.begin()
        await serve_stdio(build(held.get, exposes_tools=exposes_tools))


@asynccontextmanager
async def open_house() -> AsyncGenerator[House]:
    """The service, acting for whoever started this process. Raises Unopened, saying what to do."""
    await asyncio.to_thread(import_service)  # seconds, which the event loop has better use for
    from domain.actors import Entrance  # noqa: PLC0415
    from trivium.service import ConfigurationError  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        service = await opened(stack)

        async def identify() -> "Actor":
            try:
                return await service.actor(Entrance.MCP)
            except ConfigurationError as error:
                raise Unopened(str(error)) from error

        house = House(runner=service.runner, approvals=service.approvals, identify=identify, zone=service.settings.zone)
        yield house
        await house.finish(DRAIN_SECONDS)


def import_service() -> None:
    from trivium import logs  # noqa: PLC0415

    logs.configure(logging.WARNING)
    importlib.import_module("trivium.failures")


async def opened(stack: AsyncExitStack) -> "Service":
    from domain.masking import mask_text  # noqa: PLC0415
    from trivium.failures import KNOWN  # noqa: PLC0415
    from trivium.service import open_service  # noqa: PLC0415

    try:
        return await stack.enter_async_context(open_service())
    except KNOWN as error:
        raise Unopened(mask_text(f"Trivium could not open: {error}")) from error
    except ValidationError as error:
        raise Unopened(f"Trivium's environment is not right:\n{problems(error)}") from error


if __name__ == "__main__":
    main()
