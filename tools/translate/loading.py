"""Catalogues, read from a Prometheus or a Loki by whoever can ask it."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

from domain.errors import SourceError
from tools.grafana.promql import literal, quoted
from tools.translate.catalogue import NAMING, LogCatalogue, MetricCatalogue

MOST_VALUES = 2000
AT_ONCE = 8
# Labels that choose among the series of one metric, beside those that name things.
CHOOSING = (
    "status", "code", "status_code", "http_response_status_code", "response_code", "method", "path", "handler", "route",
    "mode", "device", "mountpoint", "fstype", "phase", "condition", "reason", "state", "area", "queue", "topic",
    "consumergroup", "datname", "region", "grpc_code", "grpc_method", "reporter", "resource", "type", "role", "color",
)  # fmt: skip


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


async def with_labels(ask: Prometheus, catalogue: MetricCatalogue, about: Collection[str]) -> MetricCatalogue:
    """The catalogue that also knows labels and values of the metrics `about`, one query per label that may matter.

    A label that Prometheus does not answer for is left out.
    """
    wanted = sorted(set(about) & set(catalogue.types))
    if not wanted:
        return catalogue
    labels = (*NAMING, *CHOOSING)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(label: str) -> dict[str, set[str]]:
        async with gate:
            return await values_of(ask, label, wanted)

    answers = await asyncio.gather(*(one(label) for label in labels))
    found: dict[str, dict[str, frozenset[str]]] = {metric: {} for metric in wanted}
    for label, answer in zip(labels, answers, strict=True):
        for metric, values in answer.items():
            found[metric][label] = frozenset(values)
    read = {metric: known for metric, known in found.items() if known}
    return MetricCatalogue(
        types=catalogue.types,
        labels={**catalogue.labels, **read},
        values=catalogue.values,
        series=catalogue.series,
        help=catalogue.help,
    )


async def values_of(ask: Prometheus, label: str, metrics_asked: Collection[str]) -> dict[str, set[str]]:
    """Metric -> the values its label has now."""
    names = quoted("|".join(literal(name) for name in metrics_asked))
    found: dict[str, set[str]] = {}
    try:
        series = await ask.instant(f'count by (__name__, {label}) ({{__name__=~{names},{label}!=""}})')
    except SourceError:
        return found
    for item in series:
        values = found.setdefault(str(item["__name__"]), set())
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
