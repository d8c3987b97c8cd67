"""Tasks that end when they are told to."""

import asyncio
from collections.abc import Iterable
from typing import Any

CANCEL_SECONDS = 1.0


async def ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """All have ended. They are told until they do: before Python 3.12 a wait for a connection may swallow it once."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_SECONDS)
