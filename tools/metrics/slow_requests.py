"""Slow requests of an application: its latency beside the window before, as a whole and by endpoint."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import Refused
from domain.windows import Window
from tools.metrics.effects import Effect, Moment, of_wish
from tools.metrics.measuring import Asked, Measure, Subject
from tools.series.series import Series

PERCENTILES = ("latency p50", "latency p95", "latency p99")
ENDPOINTS = ("handler", "route", "http_route", "path", "uri", "endpoint", "method")
MOST = 10
BY_LE = re.compile(r"sum by \(le\)")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint's p95, in the unit of the measure; `before` None where it had no requests then."""

    label: str
    name: str
    now: float
    before: float | None


@dataclass(frozen=True, slots=True)
class Slow:
    """The percentiles of each part, and its slowest endpoints where the metric tells endpoints apart."""

    percentiles: tuple[Effect, ...]
    endpoints: tuple[Endpoint, ...]


async def slow(asked: Asked, subjects: Sequence[Subject], window: Window) -> Slow:
    """Raises Refused when no part has a latency, SourceError when the source fails."""
    moment = Moment(Window(window.start - window.length, window.start), window)
    effects = [effect for subject in subjects for effect in await of_part(asked, subject, moment)]
    if not effects:
        names = ", ".join(subject.name for subject in subjects)
        raise Refused(f"Nothing shows the latency of {names}.", code="nothing_to_show")
    p95 = [effect.measure for effect in effects if effect.measure.wish == "latency p95"]
    by_part = await asyncio.gather(*(endpoints(asked, found, moment) for found in p95))
    slowest = sorted((one for found in by_part for one in found), key=lambda one: (-one.now, one.label, one.name))
    return Slow(tuple(effects), tuple(slowest[:MOST]))


async def of_part(asked: Asked, subject: Subject, moment: Moment) -> list[Effect]:
    try:
        found = await asyncio.gather(*(of_wish(asked, wish, [subject], moment) for wish in PERCENTILES))
    except Refused:
        return []
    return [effect for effects in found for effect in effects]


async def endpoints(asked: Asked, found: Measure, moment: Moment) -> list[Endpoint]:
    """By the first label that tells more than one endpoint apart; none where no label does."""
    for label in ENDPOINTS:
        now = by_label(label, await asked.look(by_endpoint(found, label, moment.after), moment.after.end))
        if len(now) > 1:
            query = by_endpoint(found, label, moment.before)
            before = by_label(label, await asked.instant(query, moment.before.end))
            asked.sent.append(by_endpoint(found, label, moment.after))
            return [Endpoint(label, name, value, before.get(name)) for name, value in now.items()]
    return []


def by_endpoint(found: Measure, label: str, window: Window) -> str:
    return BY_LE.sub(f"sum by (le, {label})", found.over(int(window.length.total_seconds())))


def by_label(label: str, found: Sequence[Series]) -> dict[str, float]:
    return {name: series.known[0] for series in found if (name := series.labels.get(label)) and series.known}
