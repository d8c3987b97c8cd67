"""Holding: one resource, opened when it is first wanted, by a task of its own that also closes it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Held(Generic[T]):
    """Whoever wants the resource waits for the same opening; a caller who gives up does not stop it.

    Use as `async with`, or leave the closing to the end of the event loop, which cancels the holding task.
    """

    def __init__(self, opening: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self._opening = opening
        self._ready: asyncio.Future[T] | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])

    def begin(self) -> None:
        """The opening is under way, or done; one that failed before is tried again."""
        if self._keeper is None or self._keeper.done():
            self._ready = asyncio.get_running_loop().create_future()
            self._keeper = asyncio.create_task(self._keep(self._ready), name="hold")

    async def get(self) -> T:
        """The resource. Raises what its opening raised."""
        self.begin()
        ready, keeper = self._ready, self._keeper
        assert ready is not None  # noqa: S101 - begin made both
        assert keeper is not None  # noqa: S101
        await asyncio.wait([ready, keeper], return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            keeper.result()
        return ready.result()

    async def _keep(self, ready: asyncio.Future[T]) -> None:
        async with self._opening() as resource:
            ready.set_result(resource)
            await asyncio.get_running_loop().create_future()  # until this task is cancelled
