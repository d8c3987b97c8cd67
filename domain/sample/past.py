"""Ninety days of the sample estate, drawn by chance that is the same in every run."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain import windows
from domain.ingest.payload import Change
from domain.sample.firings import Firing, Spot, dice, episode, flapping, spot
from domain.sample.outages import OUTAGES, Outage
from domain.sample.services import ALERT_KINDS, SERVICES, Service

DAYS = 90
NIGHT, DAY, EVENING = [1] * 7, [4] * 12, [2] * 5
BAD_DEPLOYMENT = ("HighErrorRate", "HighLatency", "PodCrashLooping")
AUTHORS = ("ann.fisher", "jonas.weil", "lena.brandt", "mira.holt", "sam.okoye", "tomas.ek")
FIRING_NOW = (
    (spot("recommendations", "HighMemoryUsage"), 7.5),
    (spot("search", "CPUThrottling"), 4.2),
    (spot("shipping", "UpstreamTimeouts"), 1.6),
    (spot("checkout", "HighLatency"), 0.7),
    (spot("orders-db", "ReplicationLag", "staging"), 11.0),
    (spot("notifications", "QueueBacklog"), 1.1),
    (spot("inventory", "PodCrashLooping", "staging"), 2.9),
    (spot("payment-service", "HighErrorRate"), 0.3),
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """`trouble_minutes` is how long its burst of alerts lasted; 0 when all went well."""

    service: Service
    at: datetime
    version: str
    author: str
    trouble_minutes: int


def firings(midnight: datetime) -> Iterator[Firing]:
    """Everything that fired before `midnight`, in no order; a few pods may be drawn twice for one time."""
    for days_ago in range(1, DAYS + 1):
        date = midnight - timedelta(days=days_ago)
        for service in SERVICES.values():
            yield from noise(service, date, days_ago)
        yield from flaps(date, days_ago)
    for deployment in deployments(midnight):
        yield from burst(deployment)
    for outage in OUTAGES:
        yield from outage_firings(outage, midnight)
    for where, hours in FIRING_NOW:
        yield Firing(where, midnight - timedelta(hours=hours), None)


def noise(service: Service, date: datetime, days_ago: int) -> Iterator[Firing]:
    """Up to eight episodes, most by day; half as many at a weekend; every fourth in staging."""
    chance = dice("noise", service.name, days_ago)
    likely = service.noise / 8 * (1 if date.weekday() < 5 else 0.5)
    for _ in range(8):
        if chance.random() < likely:
            environment = "staging" if chance.random() < 0.25 else "production"
            start = date + timedelta(hours=hour(chance.random()), seconds=chance.randrange(3600))
            for name in chance.sample(service.usual, chance.choice((1, 1, 2))):
                kind = ALERT_KINDS[name]
                minutes = kind.minutes * chance.lognormvariate(0, 0.4)
                yield from episode(chance, Spot(service, kind, environment), start, minutes)


def hour(share: float) -> int:
    """The hour of the day before which this share of a day's noise has come."""
    weights = NIGHT + DAY + EVENING
    left = share * sum(weights)
    for number, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return number
    return 23


def flaps(date: datetime, days_ago: int) -> Iterator[Firing]:
    """On every second day one pod of one service flaps."""
    chance = dice("flapping", days_ago)
    if chance.random() < 0.5:
        service = chance.choice(list(SERVICES.values()))
        where = Spot(service, ALERT_KINDS[service.usual[0]], "production", chance.randrange(service.replicas))
        yield from flapping(chance, where, date + timedelta(minutes=chance.randrange(60, 1200)))


def deployments(midnight: datetime) -> Iterator[Deployment]:
    """In order of time within each service: about two a week, in working hours; one in fourteen goes wrong."""
    for service in SERVICES.values():
        chance = dice("deployments", service.name)
        number = chance.randint(3, 40)
        for days_ago in range(DAYS, 0, -1):
            date = midnight - timedelta(days=days_ago)
            rolled, good = chance.random() < 0.45, chance.random() < 13 / 14
            at = date + timedelta(hours=9, seconds=chance.randrange(8 * 3600))
            trouble = chance.randint(18, 70)
            if rolled and date.weekday() < 5:
                number += 1
                version = f"{len(service.name) % 4 + 1}.{number}.0"
                yield Deployment(service, at, version, chance.choice(AUTHORS), 0 if good else trouble)


def burst(deployment: Deployment) -> Iterator[Firing]:
    """A few minutes after a bad deployment pods fail, until it is rolled back."""
    if deployment.trouble_minutes:
        chance = dice("burst", deployment.service.name, deployment.version)
        start = deployment.at + timedelta(minutes=chance.randint(3, 9))
        for name in BAD_DEPLOYMENT:
            where = Spot(deployment.service, ALERT_KINDS[name], "production")
            yield from episode(chance, where, start, deployment.trouble_minutes)


def began(outage: Outage, midnight: datetime) -> datetime:
    return midnight - timedelta(days=outage.days_ago) + timedelta(hours=outage.hour, minutes=outage.minute)


def outage_firings(outage: Outage, midnight: datetime) -> Iterator[Firing]:
    """The first alert begins exactly when the outage did, and fires until it was over."""
    chance = dice("outage", outage.title)
    start = began(outage, midnight)
    for hit in outage.hits:
        reached = start + timedelta(minutes=hit.after_minutes)
        for name in hit.alerts:
            minutes = outage.lasted_minutes - hit.after_minutes
            yield Firing(spot(hit.service, name), reached, reached + timedelta(minutes=minutes))
            yield from episode(chance, spot(hit.service, name), reached + timedelta(minutes=1), minutes - 2)


def changes(midnight: datetime) -> Iterator[Change]:
    """The deployments, the rollbacks of bad ones, and what caused the outages."""
    for deployment in deployments(midnight):
        service, version = deployment.service.name, deployment.version
        deployed = {"service": service, "environment": "production", "author": deployment.author, "version": version}
        yield change(deployment.at, deployed | {"summary": f"Deploy {service} {version}"})
        if deployment.trouble_minutes:
            back = deployment.at + timedelta(minutes=deployment.trouble_minutes)
            yield change(back, deployed | {"summary": f"Roll back {service} {version}"})
    for outage in OUTAGES:
        at = began(outage, midnight) - timedelta(minutes=outage.cause_minutes)
        caused = {"service": outage.hits[0].service, "environment": "production", "author": outage.author}
        yield change(at, caused | {"kind": outage.kind, "summary": outage.cause})


def change(at: datetime, fields: dict[str, str]) -> Change:
    said = {"kind": "deployment", "occurred_at": windows.stamp(at)} | fields
    return Change.model_validate(said | {"id": f"sample {said['service']} {said['occurred_at']}"})
