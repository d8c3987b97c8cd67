"""What Prometheus reads from this process."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from tools import counts
from tools.counts import Counts, Durations
from tools.metrics.tally import Tally

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Meters:
    """The numbers of one app, in a registry of its own; with those that `queried` and `counted` have counted."""

    def __init__(self, queried: Tally | None = None, counted: Counts | None = None) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "trivium_http_request_duration_seconds", "Time from a request to the end of its response.",
            ("route", "method", "status"), registry=self._registry, buckets=BUCKETS,
        )  # fmt: skip
        self._analyses = self._gauge("auto_analyses", "Analyses that rules asked for, on record by status.", "status")
        self._open = self._gauge("runs_open", "Runs of all processes that have not ended, by status.", "status")
        self._waiting = self._gauge("confirmations_waiting", "Changes that wait for a person, by risk level.", "level")
        self._pool = self._gauge("postgres_connections", "Connections of this process to Postgres.", "state")
        self._csp_reports = Counter(
            "trivium_csp_reports", "What browsers kept the page from doing.", registry=self._registry
        )
        ProcessCollector(registry=self._registry)
        self._registry.register(Work(counted or Counts()))
        if queried is not None:
            self._registry.register(Queries(queried))

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"trivium_{name}", meaning, labels, registry=self._registry)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        self._seconds.labels(route, method, str(status)).observe(seconds)

    def csp_reported(self) -> None:
        self._csp_reports.inc()

    def analysed(self, found: Mapping[str, int]) -> None:
        """How many analyses there are by status; none of them when it could not be found out."""
        put(self._analyses, found)

    def waiting(self, runs: Mapping[str, int], confirmations: Mapping[str, int]) -> None:
        """What is open in the whole house; nothing when it could not be found out."""
        put(self._open, runs)
        put(self._waiting, confirmations)

    def pooled(self, states: Mapping[str, int]) -> None:
        put(self._pool, states)

    def exposition(self) -> bytes:
        """Prometheus' text format, version 0.0.4."""
        return generate_latest(self._registry)


def put(gauge: Gauge, found: Mapping[str, int]) -> None:
    gauge.clear()
    for label, count in found.items():
        gauge.labels(label).set(count)


def histogram(
    name: str, meaning: str, labels: Sequence[str], found: Iterable[tuple[Sequence[str], Durations]]
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, meaning, labels=labels)
    bounds = (*map(str, map(float, counts.BUCKETS)), "+Inf")
    for values, durations in found:
        buckets = list(zip(bounds, map(float, accumulate(durations.counts)), strict=True))
        family.add_metric(values, buckets, durations.total)
    return family


def counter(
    name: str, meaning: str, labels: Sequence[str], found: Iterable[tuple[tuple[str, str], int]]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, meaning, labels=labels)
    for values, count in sorted(found):
        family.add_metric(values, count)
    return family


class Work(Collector):
    """Tool calls, runs and asked models of this process."""

    def __init__(self, counted: Counts) -> None:
        self._counted = counted

    def collect(self) -> Iterator[Metric]:
        done = self._counted
        yield counter("trivium_tool_calls", "Calls of tools by how they ended.", ("tool", "status"), done.calls.items())
        yield histogram(
            "trivium_tool_call_duration_seconds", "Time from a call to its record.", ("tool",), each(done.call_seconds)
        )
        yield counter("trivium_runs", "Runs that ended here.", ("graph", "status"), done.runs.items())
        yield histogram(
            "trivium_run_duration_seconds", "Time that a run was carried here.", ("graph",), each(done.run_seconds)
        )
        yield GaugeMetricFamily("trivium_runs_active", "Runs that this process carries.", value=done.active)
        yield histogram(
            "aiops_context_build_duration_seconds", "Time to build what a run is given.", (), [((), done.contexts)]
        )
        yield CounterMetricFamily("trivium_tokens", "Model tokens used by runs that ended here.", value=done.tokens)
        yield counter(
            "trivium_model_requests", "Questions to language models.", ("model", "status"), done.asked.items()
        )
        yield histogram(
            "trivium_model_request_duration_seconds", "Time a language model took.", ("model",),
            each(done.asked_seconds),
        )  # fmt: skip


def each(found: Mapping[str, Durations]) -> list[tuple[Sequence[str], Durations]]:
    return [((name,), durations) for name, durations in sorted(found.items())]


class Queries(Collector):
    """The queries of metrics and logs, by the seeds' names."""

    def __init__(self, queried: Tally) -> None:
        self._queried = queried

    def collect(self) -> Iterator[Metric]:
        done = self._queried
        yield counter(
            "aiops_grafana_queries",
            "Total queries to Grafana datasources.",
            ("datasource_type", "status"),
            done.queries.items(),
        )
        yield histogram(
            "aiops_grafana_query_duration_seconds", "Time to execute Grafana queries.", ("datasource_type",),
            each(done.times),
        )  # fmt: skip
        yield counter(
            "aiops_query_translations", "Total query translations performed.", ("target_language", "status"),
            done.translations.items(),
        )  # fmt: skip
