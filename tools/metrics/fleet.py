"""What there is and how much of it is used: servers, containers and services, one sample for each and question."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tools.grafana.spans import LONGEST
from tools.metrics.measuring import Asked, NotMeasured, host, tried
from tools.metrics.savings import Kind, Resource
from tools.series.series import Series, moment

HOUR = timedelta(hours=1)
GONE = timedelta(hours=2)
CONTAINER = 'container!="",container!="POD"'
TRAFFIC = ("http_requests_total", "http_request_duration_seconds_count", "http_server_requests_seconds_count")
TRAFFIC_LABELS = ("service", "app", "job")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How one kind is asked about. `busy` is the share of CPU or the traffic by step; others are empty when unknown.

    `metrics` must exist; ranges are written `[5m]`, as everywhere.
    """

    kind: Kind
    metrics: tuple[str, ...]
    label: str
    busy: str
    cores: str = ""
    memory_bytes: str = ""
    memory: str = ""


WAYS = (
    Way(
        kind="server",
        metrics=("node_cpu_seconds_total",),
        label="instance",
        busy='1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
        cores='count by (instance) (node_cpu_seconds_total{mode="idle"})',
        memory_bytes="sum by (instance) (node_memory_MemTotal_bytes)",
        memory="1 - sum by (instance) (node_memory_MemAvailable_bytes)"
        " / sum by (instance) (node_memory_MemTotal_bytes)",
    ),
    Way(
        kind="container",
        metrics=("container_cpu_usage_seconds_total", "kube_pod_container_resource_requests"),
        label="container",
        busy=f"sum by (container) (rate(container_cpu_usage_seconds_total{{{CONTAINER}}}[5m]))"
        ' / sum by (container) (kube_pod_container_resource_requests{resource="cpu"})',
        cores='sum by (container) (kube_pod_container_resource_requests{resource="cpu"})',
        memory_bytes='sum by (container) (kube_pod_container_resource_requests{resource="memory"})',
        memory=f"sum by (container) (container_memory_working_set_bytes{{{CONTAINER}}})"
        ' / sum by (container) (kube_pod_container_resource_requests{resource="memory"})',
    ),
    *(
        Way(
            kind="service",
            metrics=(metric,),
            label=label,
            busy=f'sum by ({label}) (rate({metric}{{{label}!=""}}[5m]))',
        )
        for metric in TRAFFIC
        for label in TRAFFIC_LABELS
    ),
)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything found, by kind and name; `not_judged` says what could not be asked about, and why."""

    resources: tuple[Resource, ...]
    not_judged: tuple[str, ...]
    has_failed: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Until when to look, how far back, and above what share of CPU something is active."""

    now: datetime
    back: timedelta
    idle_cpu: float


async def fleet(asked: Asked, span: Span) -> Fleet:
    """Every kind whose metrics exist, asked at once; one that fails hides no other."""
    names = await asked.names()
    ways = [way for way in WAYS if all(metric in names for metric in way.metrics)]
    found = await asyncio.gather(*(tried(of_way(asked, way, span)) for way in ways))
    failed = [
        f"{way.kind}s: {item.why}" for way, item in zip(ways, found, strict=True) if isinstance(item, NotMeasured)
    ]
    resources = {
        (one.kind, one.name): one for item in reversed(found) if not isinstance(item, NotMeasured) for one in item
    }
    absent = [f"{kind}s: no metrics of them" for kind in ("server", "container", "service")
              if all(way.kind != kind for way in ways)]  # fmt: skip
    ordered = tuple(resources[key] for key in sorted(resources))
    return Fleet(ordered, (*failed, *absent), bool(failed))


async def of_way(asked: Asked, way: Way, span: Span) -> list[Resource]:
    """What is gone by now is left out: nobody pays for it."""
    least = span.idle_cpu if way.kind != "service" else 0
    hourly = way.busy.replace("[5m]", "[1h]")
    active = f"({hourly}) > {least}"
    used = way.kind != "service"
    last, seen, first, cpu, memory, cores, size = await asyncio.gather(
        edges(asked, "max", active, span),
        edges(asked, "max", hourly, span),
        edges(asked, "min", hourly, span),
        quantiles(asked, way.busy if used else "", span.now),
        quantiles(asked, way.memory, span.now),
        values(asked, way.cores, span.now),
        values(asked, way.memory_bytes, span.now),
    )
    tables = [by_label(way.label, found) for found in (last, seen, first, cpu, memory, cores, size)]
    return [
        Resource(
            kind=way.kind,
            name=host(name) if way.kind == "server" else name,
            cpu=tables[3].get(name),
            memory=tables[4].get(name),
            cores=tables[5].get(name),
            memory_bytes=tables[6].get(name),
            last_active=moment(tables[0][name]) if name in tables[0] else None,
            known_since=moment(known),
        )
        for name, known in tables[2].items()
        if name and span.now - moment(tables[1][name]) <= GONE
    ]


async def edges(asked: Asked, which: str, expr: str, span: Span) -> list[Series]:
    """The first or last hour at which `expr` had a value; ranges over 168 hours are asked in parts."""
    parts: list[Series] = []
    end, left = span.now, span.back
    while left > timedelta():
        length = min(left, LONGEST)
        hours = max(1, round(length / HOUR))
        parts += await asked.instant(f"{which}_over_time(timestamp({expr})[{hours}h:1h])", end)
        end, left = end - length, left - length
    return parts if which == "min" else parts[::-1]


async def quantiles(asked: Asked, expr: str, now: datetime) -> list[Series]:
    """The 95th percentile of a week of quarters of an hour."""
    if not expr:
        return []
    quarterly = expr.replace("[5m]", "[15m]")
    return await asked.instant(f"quantile_over_time(0.95, ({quarterly})[168h:15m])", now)


async def values(asked: Asked, expr: str, now: datetime) -> list[Series]:
    return await asked.instant(f"last_over_time(({expr})[168h:1h])", now) if expr else []


def by_label(label: str, found: Sequence[Series]) -> Mapping[str, float]:
    """The value under each value of the label; of several the last, so `edges` puts the telling one there."""
    return {series.labels.get(label, ""): series.known[0] for series in found if series.known}
