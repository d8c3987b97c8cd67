"""What a source of metrics or logs must be able to do; handlers know nothing else of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tools.series.series import Series


class MetricSource(Protocol):
    """Prometheus, reached in some way. Every method raises SourceError when it fails, and Refused when the query
    itself is at fault; nothing that failed is ever an empty list.
    """

    @property
    def name(self) -> str:
        """What answers say they come from: `Prometheus through Grafana (prom)`."""
        ...

    async def instant(self, query: str, at: datetime) -> list[Series]:
        """One sample for each series that `query` gives at `at`, as `series.vector` reads them."""
        ...

    async def window(self, query: str, start: datetime, end: datetime, step_seconds: int) -> list[Series]:
        """Each series at `start`, `start + step`, … up to `end`, NaN where there is no sample (`series.matrix`).

        At most 168 hours and 10,000 samples; more is the caller's mistake and Refused.
        """
        ...

    async def names(self) -> frozenset[str]:
        """Every metric name there is; the source may remember them for some minutes."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One log line with the labels of its stream."""

    at: datetime
    text: str
    labels: Mapping[str, str]


class LogSource(Protocol):
    """Loki, reached in some way. Fails as MetricSource does."""

    @property
    def name(self) -> str: ...

    async def lines(self, query: str, start: datetime, end: datetime, limit: int) -> Sequence[Line]:
        """The newest `limit` lines that `query` gives with start <= t < end, newest first."""
        ...

    async def window(self, query: str, start: datetime, end: datetime, step_seconds: int) -> list[Series]:
        """A metric query in LogQL over time, like MetricSource.window."""
        ...

    async def instant(self, query: str, at: datetime) -> list[Series]:
        """A metric query in LogQL at one time, like MetricSource.instant."""
        ...
