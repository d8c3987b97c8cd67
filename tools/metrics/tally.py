"""How many queries and translations there were, how they ended and how long queries took, for whoever shows it."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

from tools.metrics.fallback import Status

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(slots=True)
class Times:
    """Durations in seconds: how many fell up to each of BUCKETS (the last: longer), and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds


@dataclass(slots=True)
class Tally:
    """By the type of the datasource. It is what `open_sources` calls for every question."""

    queries: Counter[tuple[str, Status]] = field(default_factory=Counter[tuple[str, Status]])
    times: dict[str, Times] = field(default_factory=dict[str, Times])
    translations: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def __call__(self, kind: str, status: Status, seconds: float | None) -> None:
        self.queries[kind, status] += 1
        if seconds is not None:
            self.times.setdefault(kind, Times()).add(seconds)

    def translated(self, language: str, ending: str) -> None:
        """A translation into this language ended so."""
        self.translations[language, ending] += 1
