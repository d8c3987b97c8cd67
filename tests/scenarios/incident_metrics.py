"""The metrics of recorded incidents as real exporters write them, in OpenMetrics text for promtool."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tests.scenarios.incident_data import MINUTES_BEFORE, Course, Incident, Service

EVERY = 30
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, math.inf)
P95 = -math.log(0.05)
MACHINE_MEMORY, MACHINE_DISK = 1.6e10, 2e11
Labels: TypeAlias = Mapping[str, str]
Values: TypeAlias = list[float]


@dataclass(frozen=True, slots=True)
class Family:
    """The names one kind of application gives its requests and durations, and the label that names itself."""

    requests: str
    buckets: str
    label: str
    status: str
    good: str
    bad: str


FAMILIES = {
    "http": Family("http_requests_total", "http_request_duration_seconds_bucket", "service", "status", "200", "500"),
    "spring": Family(
        "http_server_requests_seconds_count", "http_server_requests_seconds_bucket", "application", "status", "200",
        "500",
    ),
    "grpc": Family(
        "grpc_server_handled_total", "grpc_server_handling_seconds_bucket", "job", "grpc_code", "OK", "Unavailable"
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recorder:
    """One service of one incident over the minutes of its recording."""

    incident: Incident
    service: Service

    def minutes(self) -> list[float]:
        steps = int((MINUTES_BEFORE + self.incident.now) * 60 // EVERY)
        return [number * EVERY / 60 - MINUTES_BEFORE for number in range(steps + 1)]

    def values(self, name: str, course: Course) -> Values:
        value = course.noisy(f"{self.incident.name} {self.service.name} {name}")
        return [value(minute) for minute in self.minutes()]

    def counted(self, rates: Iterable[float]) -> Values:
        total, found = 0.0, Values()
        for rate in rates:
            total += rate * EVERY
            found.append(total)
        return found

    def lines(self, metric: str, labels: Labels, values: Values) -> Iterator[str]:
        told = ",".join(f'{name}="{value}"' for name, value in labels.items())
        for minute, value in zip(self.minutes(), values, strict=True):
            yield f"{metric}{{{told}}} {value!r} {self.incident.after(minute).timestamp()}\n"


def lines(incidents: Iterable[Incident]) -> Iterator[str]:
    """The oldest first: a service may have been part of several."""
    for incident in sorted(incidents, key=lambda each: each.alert.at):
        for service in incident.services:
            recorder = Recorder(incident, service)
            yield from requests(recorder)
            for name, write in WRITERS.items():
                course = getattr(service, name)
                if course is not None:
                    yield from write(recorder, recorder.values(name, course))


def requests(recorder: Recorder) -> Iterator[str]:
    """Requests by outcome, and their durations: spread exponentially, so that the p95 is what is recorded."""
    service, family = recorder.service, FAMILIES[recorder.service.form]
    own = {family.label: service.name, "instance": f"{service.name}-1:8080"}
    rates, shares, slow = (
        recorder.values(name, each)
        for name, each in (("requests", service.requests), ("errors", service.errors), ("latency", service.latency))
    )
    good = [rate * (1 - min(1.0, share)) for rate, share in zip(rates, shares, strict=True)]
    bad = [rate * min(1.0, share) for rate, share in zip(rates, shares, strict=True)]
    yield from recorder.lines(family.requests, {**own, family.status: family.good}, recorder.counted(good))
    yield from recorder.lines(family.requests, {**own, family.status: family.bad}, recorder.counted(bad))
    for bound in BUCKETS:
        within = [
            rate * (1 - math.exp(-P95 * bound / p95)) if p95 else rate for rate, p95 in zip(rates, slow, strict=True)
        ]
        le = "+Inf" if math.isinf(bound) else str(bound)
        yield from recorder.lines(family.buckets, {**own, "le": le}, recorder.counted(within))


def pod(recorder: Recorder) -> Labels:
    name = recorder.service.name
    return {"container": name, "pod": f"{name}-7d9c5b-x2x4q", "namespace": "prod"}


def machine(recorder: Recorder, **more: str) -> Labels:
    return {"job": "node", "instance": f"{recorder.service.host}:9100", **more}


def cpu(recorder: Recorder, values: Values) -> Iterator[str]:
    """Of a machine the busy share, of pods the cores in use."""
    if not recorder.service.host:
        yield from recorder.lines("container_cpu_usage_seconds_total", pod(recorder), recorder.counted(values))
        return
    busy = [min(1.0, value) for value in values]
    for mode, rates in (("user", busy), ("idle", [1 - value for value in busy])):
        labels = machine(recorder, cpu="0", mode=mode)
        yield from recorder.lines("node_cpu_seconds_total", labels, recorder.counted(rates))


def memory(recorder: Recorder, values: Values) -> Iterator[str]:
    if not recorder.service.host:
        yield from recorder.lines("container_memory_working_set_bytes", pod(recorder), values)
        return
    free = [MACHINE_MEMORY * (1 - min(1.0, value)) for value in values]
    yield from recorder.lines("node_memory_MemAvailable_bytes", machine(recorder), free)
    yield from recorder.lines("node_memory_MemTotal_bytes", machine(recorder), [MACHINE_MEMORY] * len(values))


def disk(recorder: Recorder, values: Values) -> Iterator[str]:
    labels = machine(recorder, mountpoint="/var", fstype="ext4", device="/dev/sda1")
    free = [MACHINE_DISK * (1 - min(1.0, value)) for value in values]
    yield from recorder.lines("node_filesystem_avail_bytes", labels, free)
    yield from recorder.lines("node_filesystem_size_bytes", labels, [MACHINE_DISK] * len(values))


def network(recorder: Recorder, values: Values) -> Iterator[str]:
    for way in ("receive", "transmit"):
        labels = machine(recorder, device="eth0")
        yield from recorder.lines(f"node_network_{way}_bytes_total", labels, recorder.counted(values))


def throttled(recorder: Recorder, values: Values) -> Iterator[str]:
    periods = [10.0] * len(values)
    cut = [10.0 * min(1.0, value) for value in values]
    yield from recorder.lines("container_cpu_cfs_periods_total", pod(recorder), recorder.counted(periods))
    yield from recorder.lines("container_cpu_cfs_throttled_periods_total", pod(recorder), recorder.counted(cut))


Writer: TypeAlias = Callable[[Recorder, Values], Iterator[str]]


def grown(metric: str, labels: Callable[[Recorder], Labels]) -> Writer:
    return lambda recorder, values: recorder.lines(metric, labels(recorder), recorder.counted(values))


def whole(metric: str, labels: Callable[[Recorder], Labels]) -> Writer:
    return lambda recorder, values: recorder.lines(metric, labels(recorder), [float(round(value)) for value in values])


WRITERS: Mapping[str, Writer] = {
    "cpu": cpu,
    "memory": memory,
    "disk": disk,
    "network": network,
    "throttled": throttled,
    "disk_io": grown("node_disk_io_time_seconds_total", lambda one: machine(one, device="sda")),
    "load": lambda one, values: one.lines("node_load1", machine(one), values),
    "connections": whole(
        "hikaricp_connections_active", lambda one: {"application": one.service.name, "pool": "HikariPool-1"}
    ),
    "pg_connections": whole("pg_stat_activity_count", lambda one: {"app": one.service.name, "state": "active"}),
    "restarts": whole("kube_pod_container_status_restarts_total", pod),
    "lag": whole("kafka_consumergroup_lag", lambda one: {"consumergroup": one.service.name, "topic": "events"}),
    "messages": whole("rabbitmq_queue_messages_ready", lambda one: {"queue": one.service.name}),
}
