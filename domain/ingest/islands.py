"""Incidents as arithmetic: stretches of time that overlap or touch are one, what fired in them makes the headline."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from domain.filters import SEVERITIES, Severity

FOREVER = datetime.max.replace(tzinfo=UTC)


class Kind(NamedTuple):
    """What alerts of one incident are counted by."""

    service: str
    name: str
    severity: Severity


Tally: TypeAlias = Counter[Kind]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one group's time in which something fired, both ends included; FOREVER while it still does.

    `incidents` are the ids that begin in it, in order of time.
    """

    start: datetime
    end: datetime
    tally: Tally
    incidents: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    title: str
    severity: Severity
    service: str
    services: list[str]
    alert_count: int


def islands(pieces: Iterable[Piece]) -> list[Piece]:
    """The maximal runs of pieces that overlap or touch, in order of time, each as one piece."""
    runs: list[list[Piece]] = []
    reach = FOREVER
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if runs and piece.start <= reach:
            runs[-1].append(piece)
            reach = max(reach, piece.end)
        else:
            runs.append([piece])
            reach = piece.end
    return [union(run) for run in runs]


def union(run: Sequence[Piece]) -> Piece:
    """One piece of a run that is ordered by start."""
    tally: Tally = Counter()
    for piece in run:
        tally.update(piece.tally)
    ids = tuple(incident for piece in run for incident in piece.incidents)
    return Piece(run[0].start, max(piece.end for piece in run), tally, ids)


def headline(tally: Tally) -> Headline:
    """What an incident is called: its worst, then most frequent alert, on its most frequent service (ties by name)."""
    alerts: Counter[str] = Counter()
    services: Counter[str] = Counter()
    worst: dict[str, int] = {}
    for kind, count in tally.items():
        alerts[kind.name] += count
        services[kind.service] += count
        worst[kind.name] = min(worst.get(kind.name, len(SEVERITIES)), SEVERITIES.index(kind.severity))
    names = sorted(alerts, key=lambda name: (worst[name], -alerts[name], name))
    service = min(services, key=lambda name: (-services[name], name))
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return Headline(
        title=f"{names[0]}{more} on {service}",
        severity=SEVERITIES[min(worst.values())],
        service=service,
        services=sorted(services),
        alert_count=tally.total(),
    )
