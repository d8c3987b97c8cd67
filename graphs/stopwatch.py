"""How long something took, when it is done in several goes."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Stopwatch:
    """`seconds` of all goes together; None before the first has ended."""

    seconds: float | None = None

    @contextmanager
    def running(self) -> Generator[None]:
        """The time until this is left counts, also when it fails."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds = (self.seconds or 0.0) + time.perf_counter() - started
