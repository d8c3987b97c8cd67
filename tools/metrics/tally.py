"""How many queries and translations there were, how they ended and how long queries took, for whoever shows it."""

from collections import Counter
from dataclasses import dataclass, field

from tools.counts import Durations
from tools.metrics.fallback import Status


@dataclass(slots=True)
class Tally:
    """By the type of the datasource. It is what `open_sources` calls for every question."""

    queries: Counter[tuple[str, Status]] = field(default_factory=Counter[tuple[str, Status]])
    times: dict[str, Durations] = field(default_factory=dict[str, Durations])
    translations: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def __call__(self, kind: str, status: Status, seconds: float | None) -> None:
        self.queries[kind, status] += 1
        if seconds is not None:
            self.times.setdefault(kind, Durations()).add(seconds)

    def translated(self, language: str, ending: str) -> None:
        """A translation into this language ended so."""
        self.translations[language, ending] += 1
