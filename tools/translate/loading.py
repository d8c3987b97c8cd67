"""Catalogues, read from a Prometheus or a Loki by whoever can ask it."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Protocol, TypeAlias

from domain.errors import SourceError
from tools.grafana.promql import literal, quoted
from tools.translate.catalogue import NAMING, LogCatalogue, MetricCatalogue

MOST_VALUES = 2000
MOST_TOGETHER = 2000  # series whose labels one query tells: an answer of at most a megabyte or so
AT_ONCE = 8
# Labels that choose among the series of one metric, beside those that name things.
CHOOSING = (
    "status", "code", "status_code", "http_response_status_code", "response_code", "method", "path", "handler", "route",
    "mode", "device", "mountpoint", "fstype", "phase", "condition", "reason", "state", "area", "queue", "topic",
    "consumergroup", "datname", "region", "grpc_code", "grpc_method", "reporter", "resource", "type", "role", "color",
)  # fmt: skip
LABELS = (*NAMING, *CHOOSING)
Values: TypeAlias = dict[tuple[str, str], set[str]]
"""Metric and label -> the values that it has there."""


class Prometheus(Protocol):
    """What a catalogue is read through. All of them raise SourceError."""

    async def metric_names(self) -> Iterable[str]: ...

    async def metadata(self) -> Mapping[str, tuple[str, str]]:
        """Metric -> its type and its help; a histogram is named without its `_bucket`."""
        ...

    async def instant(self, query: str) -> Iterable[Mapping[str, Any]]:
        """The labels of each series the query gives now."""
        ...


class Loki(Protocol):
    """What a catalogue of logs is read through. Both raise SourceError."""

    async def label_names(self) -> Iterable[str]: ...

    async def label_values(self, label: str) -> Iterable[str]: ...


async def metrics(ask: Prometheus) -> MetricCatalogue:
    """The names of all metrics, with type and help where Prometheus knows them; labels are read by `with_labels`."""
    names, known = await asyncio.gather(ask.metric_names(), metadata_of(ask))
    said = {name: known.get(name) or known.get(family_of(name), ("", "")) for name in sorted(set(names))}
    return MetricCatalogue(
        types={name: kind for name, (kind, _) in said.items()},
        help={name: words for name, (_, words) in said.items() if words},
    )


async def metadata_of(ask: Prometheus) -> Mapping[str, tuple[str, str]]:
    """Nothing where Prometheus does not say: names tell most of it."""
    try:
        return await ask.metadata()
    except SourceError:
        return {}


async def with_labels(
    ask: Prometheus, catalogue: MetricCatalogue, about: Collection[str], series: Mapping[str, int] | None = None
) -> MetricCatalogue:
    """The catalogue that also knows labels and values of the metrics `about`.

    With how many `series` each has, one query tells all labels of a few thousand; metrics of more, or of nobody knows
    how many, take one query per label that may matter. A label that Prometheus does not answer for is left out.
    """
    wanted = sorted(set(about) & set(catalogue.types))
    if not wanted:
        return catalogue
    small, large = parted(wanted, series)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(label: str, metrics_asked: Sequence[str]) -> Values:
        async with gate:
            return await values_of(ask, (label,), metrics_asked) or {}

    async def each(metrics_asked: Sequence[str]) -> list[Values]:
        return list(await asyncio.gather(*(one(label, metrics_asked) for label in LABELS))) if metrics_asked else []

    async def together(metrics_asked: Sequence[str]) -> list[Values]:
        async with gate:
            answer = await values_of(ask, LABELS, metrics_asked)
        return await each(metrics_asked) if answer is None else [answer]

    answers = await asyncio.gather(each(large), *map(together, small))
    read: dict[str, dict[str, frozenset[str]]] = {}
    for answer in chain.from_iterable(answers):
        for (metric, label), values in answer.items():
            read.setdefault(metric, {})[label] = frozenset(values)
    return MetricCatalogue(
        types=catalogue.types,
        labels={**catalogue.labels, **read},
        values=catalogue.values,
        series=catalogue.series,
        help=catalogue.help,
    )


def parted(wanted: Sequence[str], series: Mapping[str, int] | None) -> tuple[list[list[str]], list[str]]:
    """Groups of metrics that are asked about together, and those that are not; who has no series is in neither."""
    if series is None:
        return [], list(wanted)
    groups: list[list[str]] = []
    left = 0
    for metric in (name for name in wanted if 0 < series.get(name, 0) <= MOST_TOGETHER):
        if series[metric] > left:
            groups.append([])
            left = MOST_TOGETHER
        groups[-1].append(metric)
        left -= series[metric]
    return groups, [name for name in wanted if series.get(name, 0) > MOST_TOGETHER]


async def values_of(ask: Prometheus, labels: Sequence[str], metrics_asked: Collection[str]) -> Values | None:
    """The values these labels have now; None when Prometheus does not answer."""
    names = quoted("|".join(literal(name) for name in metrics_asked))
    only = f',{labels[0]}!=""' if len(labels) == 1 else ""
    try:
        series = await ask.instant(f"count by (__name__, {', '.join(labels)}) ({{__name__=~{names}{only}}})")
    except SourceError:
        return None
    found: Values = {}
    for item in series:
        for label in (label for label in labels if item.get(label) and "__name__" in item):
            values = found.setdefault((str(item["__name__"]), label), set())
            if len(values) < MOST_VALUES:
                values.add(str(item[label]))
    return found


async def logs(ask: Loki) -> LogCatalogue:
    """The stream labels with their values. A label that Loki does not answer for has none."""
    names = sorted(set(await ask.label_names()))
    answers = await asyncio.gather(*(log_values(ask, name) for name in names))
    return LogCatalogue(dict(zip(names, answers, strict=True)))


async def log_values(ask: Loki, label: str) -> frozenset[str]:
    try:
        return frozenset(list(await ask.label_values(label))[:MOST_VALUES])
    except SourceError:
        return frozenset()


def family_of(metric: str) -> str:
    """The histogram or summary that a series belongs to, as metadata names it."""
    for part in ("_bucket", "_count", "_sum"):
        if metric.endswith(part):
            return metric.removesuffix(part)
    return metric
