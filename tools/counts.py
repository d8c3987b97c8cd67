"""What this process has done since it began, for whoever shows it: tool calls, runs, asked models."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@dataclass(slots=True)
class Durations:
    """Seconds: how many fell up to each of BUCKETS (the last: longer), and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds


@dataclass(slots=True)
class Counts:
    """Names are those of tools, graphs and models that exist, so that nobody can make series without end."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    call_seconds: dict[str, Durations] = field(default_factory=dict[str, Durations])
    runs: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    run_seconds: dict[str, Durations] = field(default_factory=dict[str, Durations])
    contexts: Durations = field(default_factory=Durations)
    active: int = 0
    tokens: int = 0
    asked: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    asked_seconds: dict[str, Durations] = field(default_factory=dict[str, Durations])

    def called(self, tool: str, status: str, seconds: float) -> None:
        """A call of a tool was closed on the record."""
        self.calls[tool, status] += 1
        self.call_seconds.setdefault(tool, Durations()).add(seconds)

    def ended(self, graph: str, status: str, seconds: float) -> None:
        """A run that this process carried has ended; `seconds` is how long it was carried here."""
        self.runs[graph, status] += 1
        self.run_seconds.setdefault(graph, Durations()).add(seconds)

    def answered(self, model: str, ending: str, seconds: float) -> None:
        """A language model was asked, and answered or failed."""
        self.asked[model, ending] += 1
        self.asked_seconds.setdefault(model, Durations()).add(seconds)
