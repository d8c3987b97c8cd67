"""One firing of one alert on one pod, and the patterns that firings come in: episodes, bursts, flapping."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from random import Random

from domain.ingest.normalise import Report, fingerprint
from domain.sample.services import ALERT_KINDS, SERVICES, AlertKind, Service


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an alert fires."""

    service: Service
    kind: AlertKind
    environment: str
    replica: int = 0


@dataclass(frozen=True, slots=True)
class Firing:
    spot: Spot
    start: datetime
    end: datetime | None


def dice(*names: object) -> Random:
    """Chance that is the same in every run; one for each purpose, so that a new pattern leaves the others alone."""
    return Random(" ".join(map(str, names)))  # noqa: S311 - a made-up past, not a secret


def spot(service: str, kind: str, environment: str = "production") -> Spot:
    return Spot(SERVICES[service], ALERT_KINDS[kind], environment)


def episode(chance: Random, where: Spot, start: datetime, minutes: float) -> Iterator[Firing]:
    """Some pods fire one after the other and all are firing for a while, so that they make one incident."""
    pods = where.service.replicas
    for replica in chance.sample(range(pods), chance.randint(min(2, pods), pods)):
        begin = start + timedelta(seconds=int(minutes * 60 * chance.uniform(0, 0.4)))
        end = start + timedelta(seconds=int(minutes * 60 * chance.uniform(0.6, 1)))
        yield Firing(replace(where, replica=replica), begin, end)


def flapping(chance: Random, where: Spot, start: datetime) -> Iterator[Firing]:
    """One pod fires again and again for a minute or three."""
    for _ in range(chance.randint(8, 18)):
        end = start + timedelta(seconds=chance.randint(60, 180))
        yield Firing(where, start, end)
        start = end + timedelta(seconds=chance.randint(120, 360))


def possible(firings: Iterable[Firing], until: datetime) -> Iterator[Firing]:
    """In order of time, without those after `until` and those of a pod on which the same alert still fires."""
    busy: dict[Spot, datetime | None] = {}
    for firing in sorted(firings, key=lambda firing: firing.start):
        free_at = busy.get(firing.spot, firing.start)
        if firing.start < until and free_at is not None and free_at <= firing.start:
            end = firing.end and min(firing.end, until)
            busy[firing.spot] = end and end + timedelta(seconds=1)
            yield replace(firing, end=end)


def report(firing: Firing) -> Report:
    """As its notification would have told it; the label `estate` keeps it apart from any real alert."""
    where = firing.spot
    labels, identity = labelled(where)
    return Report(
        fingerprint=identity,
        starts_at=firing.start,
        ends_at=firing.end,
        name=where.kind.name,
        severity=where.kind.severity,
        service=where.service.name,
        environment=where.environment,
        team=where.service.team,
        instance=labels["instance"],
        job=where.service.name,
        summary=f"{where.service.name}: {where.kind.summary}",
        labels=labels,
        annotations={"summary": f"{where.service.name}: {where.kind.summary}"},
        generator_url="",
    )


@cache
def labelled(where: Spot) -> tuple[dict[str, str], str]:
    """The labels of a spot and their fingerprint."""
    labels = {
        "alertname": where.kind.name,
        "severity": where.kind.severity,
        "service": where.service.name,
        "team": where.service.team,
        "environment": where.environment,
        "job": where.service.name,
        "instance": f"{where.service.name}-{where.replica}:8080",
        "estate": "sample",
    }
    return labels, fingerprint(labels)
