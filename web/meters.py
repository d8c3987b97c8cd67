"""What Prometheus reads from this process."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from graphs.live import Live
from tools.metrics import tally
from tools.metrics.tally import Tally

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Meters:
    """The numbers of one app, in a registry of its own; with those of the queries that `queried` has counted."""

    def __init__(self, queried: Tally | None = None) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "trivium_http_request_duration_seconds", "Time from a request to the end of its response.",
            ("route", "method", "status"), registry=self._registry, buckets=BUCKETS,
        )  # fmt: skip
        self._active = Gauge("trivium_runs_active", "Runs begun over HTTP that still go on.", registry=self._registry)
        self._tokens = Counter("trivium_tokens", "Model tokens used by runs begun over HTTP.", registry=self._registry)
        self._building = Histogram(
            "aiops_context_build_duration_seconds", "Time to build what a run begun over HTTP is given.",
            registry=self._registry, buckets=BUCKETS,
        )  # fmt: skip
        self._analyses = Gauge(
            "trivium_auto_analyses", "Analyses that rules asked for, on record by status.", ("status",),
            registry=self._registry,
        )  # fmt: skip
        ProcessCollector(registry=self._registry)
        if queried is not None:
            self._registry.register(Queries(queried))

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        self._seconds.labels(route, method, str(status)).observe(seconds)

    def analysed(self, counts: Mapping[str, int]) -> None:
        """How many analyses there are by status; none of them when it could not be found out."""
        self._analyses.clear()
        for status, count in counts.items():
            self._analyses.labels(status).set(count)

    def follow(self, live: Live) -> None:
        """The run counts as active until it ends, and its tokens after that."""
        if live.task:
            self._active.inc()
            live.task.add_done_callback(lambda _: self._ended(live))

    def _ended(self, live: Live) -> None:
        self._active.dec()
        if live.building.seconds is not None:
            self._building.observe(live.building.seconds)
        if live.outcome and live.outcome.answer:
            self._tokens.inc(live.outcome.answer.tokens_used)

    def exposition(self) -> bytes:
        """Prometheus' text format, version 0.0.4."""
        return generate_latest(self._registry)


class Queries(Collector):
    """The queries of metrics and logs, by the seeds' names."""

    def __init__(self, queried: Tally) -> None:
        self._queried = queried

    def collect(self) -> Iterator[Metric]:
        total = CounterMetricFamily(
            "aiops_grafana_queries", "Total queries to Grafana datasources.", labels=("datasource_type", "status")
        )
        for (kind, status), count in sorted(self._queried.queries.items()):
            total.add_metric((kind, status), count)
        yield total
        seconds = HistogramMetricFamily(
            "aiops_grafana_query_duration_seconds", "Time to execute Grafana queries.", labels=("datasource_type",)
        )
        bounds = (*map(str, map(float, tally.BUCKETS)), "+Inf")
        for kind, times in sorted(self._queried.times.items()):
            buckets = list(zip(bounds, map(float, accumulate(times.counts)), strict=True))
            seconds.add_metric((kind,), buckets, times.total)
        yield seconds
        translated = CounterMetricFamily(
            "aiops_query_translations", "Total query translations performed.", labels=("target_language", "status")
        )
        for (language, ending), count in sorted(self._queried.translations.items()):
            translated.add_metric((language, ending), count)
        yield translated
