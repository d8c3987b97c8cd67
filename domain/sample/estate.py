"""The whole sample estate as values, the same for every call on one day."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from domain.ingest.normalise import Batch, Report
from domain.ingest.payload import Change
from domain.sample import past
from domain.sample.firings import possible, report
from domain.sample.outages import OUTAGES
from domain.sample.services import SERVICES, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmortem:
    """The fields are columns of `trivium.postmortems`."""

    title: str
    service: str
    occurred_at: datetime
    summary: str
    root_cause: str
    resolution: str
    lessons: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The fields are columns of `trivium.application_profiles`; `slos` holds ratios and milliseconds."""

    name: str
    description: str
    architecture_info: dict[str, object]
    service_mappings: dict[str, dict[str, str]]
    default_metrics: list[str]
    slos: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """One batch for each group of alerts, which is a service in an environment."""

    batches: tuple[Batch, ...]
    changes: tuple[Change, ...]
    postmortems: tuple[Postmortem, ...]
    profiles: tuple[Profile, ...]


def build(now: datetime) -> Estate:
    """Ninety days up to the start of the current UTC day, so that all of one day's estates are equal."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    alerts = [report(firing) for firing in possible(past.firings(midnight), midnight)]
    return Estate(
        batches=tuple(batches(alerts)),
        changes=tuple(past.changes(midnight)),
        postmortems=tuple(postmortems(midnight)),
        profiles=tuple(profile(service) for service in SERVICES.values()),
    )


def batches(alerts: list[Report]) -> list[Batch]:
    def group(alert: Report) -> tuple[str, str]:
        return alert.environment, alert.service

    return [
        Batch(
            source="alertmanager",
            receiver="sample-estate",
            group_key=f'{{}}:{{environment="{environment}", service="{service}"}}',
            group_labels={"environment": environment, "service": service},
            alerts=tuple(members),
            sample=True,
        )
        for (environment, service), members in groupby(sorted(alerts, key=group), key=group)
    ]


def postmortems(midnight: datetime) -> list[Postmortem]:
    return [
        Postmortem(
            title=outage.title,
            service=outage.hits[0].service,
            occurred_at=past.began(outage, midnight),
            summary=outage.summary,
            root_cause=outage.root_cause,
            resolution=outage.resolution,
            lessons=outage.lessons,
        )
        for outage in OUTAGES
    ]


def profile(service: Service) -> Profile:
    return Profile(
        name=service.name,
        description=service.purpose,
        architecture_info={
            "type": "microservice",
            "language": service.language,
            "replicas": service.replicas,
            "depends_on": list(service.depends_on),
            "team": service.team,
        },
        service_mappings={service.name: {"metrics_prefix": "http_", "log_label": f"app={service.name}"}},
        default_metrics=["http_requests_total", "http_request_duration_seconds", "up"],
        slos={
            "availability": service.availability,
            "error_rate": round(1 - service.availability, 6),
            "p95_latency_ms": service.p95_latency_ms,
        },
    )
