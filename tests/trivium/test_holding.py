import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from trivium.holding import Held


class Door:
    """Opens when told to, and counts."""

    def __init__(self, failures: int = 0) -> None:
        self.failures, self.opened, self.closed = failures, 0, 0
        self.may_open = asyncio.Event()

    @asynccontextmanager
    async def opening(self) -> AsyncGenerator[str]:
        await self.may_open.wait()
        self.opened += 1
        if self.opened <= self.failures:
            raise ConnectionError(f"try {self.opened}")
        yield "open"
        self.closed += 1

    @asynccontextmanager
    async def closing_late(self) -> AsyncGenerator[str]:
        try:
            yield "open"
        finally:
            await asyncio.sleep(0)
            self.closed += 1


async def test_many_who_want_it_at_once_get_one_opening_and_one_closing() -> None:
    door = Door()

    @asynccontextmanager
    async def opening() -> AsyncGenerator[str]:
        async with door.opening() as found, door.closing_late():
            yield found

    async with Held(opening) as held:
        wanted = [asyncio.create_task(held.get()) for _ in range(3)]
        door.may_open.set()
        assert [await task for task in wanted] == ["open"] * 3
        assert (door.opened, door.closed) == (1, 0)
    assert (door.opened, door.closed) == (1, 1)


async def test_one_who_gives_up_does_not_stop_the_opening() -> None:
    door = Door()
    async with Held(door.opening) as held:
        impatient = asyncio.create_task(held.get())
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.wait([impatient])
        door.may_open.set()
        assert await held.get() == "open"
    assert door.opened == 1


async def test_an_opening_that_failed_is_raised_and_tried_again() -> None:
    door = Door(failures=1)
    door.may_open.set()
    async with Held(door.opening) as held:
        with pytest.raises(ConnectionError, match="try 1"):
            await held.get()
        assert await held.get() == "open"


async def test_an_opening_that_is_under_way_ends_with_the_house() -> None:
    door = Door()
    async with Held(door.opening) as held:
        held.begin()
        await asyncio.sleep(0)
    assert (door.opened, door.closed) == (0, 0)
