"""Gates: how many calls one source gets at a time, and when it is left alone for a while."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from domain.errors import SourceError

AT_ONCE = 16
FAILURES_TO_OPEN = 5
REST_SECONDS = 10.0


@dataclass(slots=True)
class Gate:
    """One source's limit and breaker. After five failures in a row calls fail at once, until one may try again.

    Of gates within gates the nearest to the source counts a failure: a dead datasource does not shut a tool that asks
    others too.
    """

    source: str
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    failures: int = 0
    closed_until: float = 0.0

    @asynccontextmanager
    async def enter(self) -> AsyncGenerator[None]:
        """Runs the body with a place held. Raises SourceError at once while the source rests."""
        now = asyncio.get_running_loop().time()
        if now < self.closed_until:
            raise self.resting(self.closed_until - now)
        async with self.places:
            try:
                yield
            except SourceError as error:
                if is_down(error) and not error.is_counted:
                    self.failed()
                    error.is_counted = True
                raise
            self.failures = 0

    def resting(self, seconds: float) -> SourceError:
        error = SourceError(
            f"{self.source} failed {self.failures} times in a row and is left alone for {seconds:.0f} s more",
            source=self.source,
        )
        error.is_counted = True
        return error

    def failed(self) -> None:
        self.failures += 1
        if self.failures >= FAILURES_TO_OPEN:
            self.closed_until = asyncio.get_running_loop().time() + REST_SECONDS


def is_down(error: SourceError) -> bool:
    """Whether it is the source that fails: a request that it answers with "no" or "not found" says nothing of that."""
    return error.status is None or error.status == HTTPStatus.TOO_MANY_REQUESTS or error.status >= 500


class Gates:
    """The gates of one process, made as sources are met."""

    def __init__(self) -> None:
        self._gates: dict[str, Gate] = {}

    def to(self, source: str, title: str | None = None) -> Gate:
        """The gate of this source, which people are told of by its title."""
        return self._gates.setdefault(source, Gate(title or source))
