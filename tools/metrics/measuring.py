"""From a wish and a name to numbers: which expression shows it in this Prometheus, over which range and step."""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from domain.errors import Refused, SourceError
from domain.windows import Window, stamp
from tools.grafana import panels, promql
from tools.grafana.panels import Candidate
from tools.grafana.spans import LONGEST, MOST_SAMPLES, bounded, rounded
from tools.metrics.asking import MetricSource
from tools.series.series import MISSING, Series, times

T = TypeVar("T")
POINTS = 1440
LEAST_STEP = 60
SCRAPES_PER_STEP = 4
USUAL_RANGE = "[5m]"
UNKNOWN_INTERVAL = 75
TOO_MANY, WIDER = "too_many_samples", 4
HOST_PORT = re.compile(r":\d+$")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose numbers: the value its labels have, the one label that is known to hold it, and its metrics' prefix."""

    name: str
    value: str
    label: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """An expression that has series; ranges in it are written `[5m]`. `assumed` says what was taken for granted."""

    wish: str
    way: Candidate
    assumed: str

    @property
    def expr(self) -> str:
        return self.way.expr

    def over(self, seconds: int) -> str:
        """The expression with rates over the last `seconds` of each time."""
        return self.way.expr.replace(USUAL_RANGE, f"[{seconds}s]")


@dataclass(slots=True)
class Asked:
    """A source, and the queries whose answers are shown; what only finds the right query is not among them."""

    source: MetricSource
    sent: list[str] = field(default_factory=list[str])
    known: frozenset[str] | None = None

    async def instant(self, query: str, at: datetime) -> list[Series]:
        self.sent.append(f"{query} @ {stamp(at)}")
        return await self.source.instant(query, at)

    async def look(self, query: str, at: datetime) -> list[Series]:
        """As `instant`, for what is not shown."""
        return await self.source.instant(query, at)

    async def window(self, query: str, window: Window, step: int) -> list[Series]:
        """At the ends of the window's steps: `start + step`, … `end`, so that each sample speaks for one step.

        Windows over 168 hours or 10,000 samples of a series are asked in parts and put together again.
        """
        first = last_step_from(window, step)
        spans = stretches(first, window.end, step)
        parts = [await self.source.window(query, start, end, step) for start, end in spans]
        self.sent.append(f"{query} from {stamp(first)} to {stamp(window.end)} step {step}s")
        return parts[0] if len(parts) == 1 else joined(parts, [times(start, end, step) for start, end in spans])

    async def names(self) -> frozenset[str]:
        if self.known is None:
            self.known = await self.source.names()
        return self.known

    @property
    def query(self) -> str:
        """Each once, in the order of the alphabet: they are sent at once, in no order that would come again."""
        return "; ".join(sorted(set(self.sent)))


@dataclass(frozen=True, slots=True)
class Course:
    """Series over a window, the query that gave them, and how far apart their samples are."""

    series: list[Series]
    query: str
    step_seconds: int


async def course(asked: Asked, query: Callable[[int], str], window: Window, step: int) -> Course:
    """At the step, or at a wider one when so many series have too many samples together; `query` is made for each.

    Raises Refused when sixteen times the step is not enough.
    """
    for wider in (step, rounded(step * WIDER)):
        try:
            return Course(await asked.window(query(wider), window, wider), query(wider), wider)
        except Refused as error:
            if error.code != TOO_MANY:
                raise
    widest = rounded(step * WIDER**2)
    return Course(await asked.window(query(widest), window, widest), query(widest), widest)


def last_step_from(window: Window, step: int) -> datetime:
    """The end of the first whole step, counted back from the end of the window."""
    steps = max(1, math.floor(window.length.total_seconds() / step))
    return window.end - timedelta(seconds=(steps - 1) * step)


def stretches(first: datetime, last: datetime, step: int) -> list[tuple[datetime, datetime]]:
    """Parts of a grid that a source answers at once."""
    longest = timedelta(seconds=min(LONGEST.total_seconds() // step, MOST_SAMPLES - 1) * step)
    parts: list[tuple[datetime, datetime]] = []
    while first <= last:
        end = min(last, first + longest)
        parts.append((first, end))
        first = end + timedelta(seconds=step)
    return parts


def joined(parts: Sequence[Sequence[Series]], grids: Sequence[tuple[float, ...]]) -> list[Series]:
    """The parts of each series one after the other; a series that a part does not have is missing there."""
    by_name = [{series.name: series for series in part} for part in parts]
    everyone = {name: series for part in by_name for name, series in part.items()}
    whole = tuple(time for grid in grids for time in grid)
    return [
        replace(
            example,
            times=whole,
            values=tuple(
                value
                for part, grid in zip(by_name, grids, strict=True)
                for value in (part[name].values if name in part else (MISSING,) * len(grid))
            ),
        )
        for name, example in everyone.items()
    ]


async def measure(asked: Asked, wish: str, subject: Subject, window: Window) -> Measure:
    """The best expression for the wish that has series in the window. Raises Refused when there is none."""
    ways = tuple(dict.fromkeys(panels.existing(ways_for(wish, subject), await asked.names())))
    answering = await asked.look(probe(ways, window), window.end) if ways else []
    places = [int(series.labels["way"]) for series in answering if series.known and "way" in series.labels]
    if not places:
        looked = ", ".join(dict.fromkeys(name for way in ways for name in way.metrics))
        why = f"{looked} have no series that name it then" if looked else "none of the metrics that could is there"
        raise Refused(f"Nothing shows {wish} of {subject.name}: {why}.", code="nothing_to_show")
    way = ways[min(places)]
    return Measure(wish, way, f"{wish} of {subject.name} is {way.selector}")


def probe(ways: Sequence[Candidate], window: Window) -> str:
    """One query that says which of `ways` have samples in the window: what died in it is asked for all the same."""
    seconds = int(window.length.total_seconds())
    return " or ".join(
        f'label_replace(count(last_over_time({way.selector}[{seconds}s])), "way", "{place}", "", "")'
        for place, way in enumerate(ways)
    )


def ways_for(wish: str, subject: Subject) -> tuple[Candidate, ...]:
    """By its own metrics first, then by the label that is said to name it, then by any label that usually does."""
    own = [prefixed(way, subject.prefix) for way in panels.candidates(wish, "")] if subject.prefix else []
    known = panels.known(wish)
    percentile = panels.percentile_in(wish)
    labelled = [
        panels.filled(family, f"{subject.label}={promql.quoted(subject.value)}", percentile)
        for family in (known.families if known and subject.label else ())
    ]
    return (*own, *labelled, *panels.candidates(wish, subject.value))


def prefixed(way: Candidate, prefix: str) -> Candidate:
    """The same way over `abc_web_http_requests_total` instead of `http_requests_total`."""
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, way.metrics))})\b")
    return replace(
        way,
        expr=pattern.sub(lambda found: prefix + found[0], way.expr),
        selector=pattern.sub(lambda found: prefix + found[0], way.selector),
        metrics=tuple(prefix + name for name in way.metrics),
    )


async def step_of(asked: Asked, found: Measure, window: Window, points: int = POINTS) -> int:
    """Seconds between samples: a scrape at least (four for a rate) and a minute, and at most `points` in the window.

    Rates are taken over the same seconds, so that neighbouring samples share no data.
    """
    length = int(window.length.total_seconds())
    hour = min(3600, length)
    busiest = f"max(max_over_time(count_over_time({found.way.selector}[{hour}s])[{length}s:{hour}s]))"
    counted = await asked.look(busiest, window.end)
    scrapes = next((value for series in counted for value in series.known), 0)
    interval = hour / scrapes if scrapes else UNKNOWN_INTERVAL
    scrapes_needed = SCRAPES_PER_STEP if USUAL_RANGE in found.expr else 1
    needed = max(LEAST_STEP, math.floor(interval) * scrapes_needed, length / points)
    return min(rounded(needed), max(LEAST_STEP, length))


def asked_window(start: datetime, end: datetime, now: datetime) -> Window:
    """The window in whole seconds, ended by now. Raises Refused over 168 hours, or when it has not begun."""
    if start >= now:
        raise Refused("The time range has not begun yet.", code="invalid_arguments")
    return bounded(start, min(end, now))


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """Why there is no number: the source failed, or it has nothing that could show it."""

    why: str
    has_failed: bool


async def tried(work: Awaitable[T]) -> T | NotMeasured:
    try:
        return await work
    except Refused as error:
        return NotMeasured(str(error), has_failed=False)
    except SourceError as error:
        return NotMeasured(str(error), has_failed=True)


async def all_tried(*works: Awaitable[T]) -> list[T | NotMeasured]:
    return list(await asyncio.gather(*(tried(work) for work in works)))


def host(instance: str) -> str:
    """`web-1:9100` as `web-1`."""
    return HOST_PORT.sub("", instance)
