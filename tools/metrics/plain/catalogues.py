"""What exists where the actor may look, read by the same way as answers are and known for five minutes."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.errors import Refused, SourceError
from domain.windows import Window, stamp
from tools.cleaning import canonical, sha256
from tools.grafana.promql import literal, quoted
from tools.metrics import questions
from tools.metrics.plain.memory import MOST_VIEWS, Known, Newest, View
from tools.metrics.sources import Bound
from tools.translate import loading
from tools.translate.catalogue import Labels, MetricCatalogue

LIVE, DAY = timedelta(minutes=5), timedelta(days=1)
LATELY = timedelta(minutes=5)

About = Callable[[MetricCatalogue], Collection[str]]
"""The metrics whose labels a question needs, among those there are."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """A loading.Prometheus: series as they were at `at`."""

    bound: Bound
    at: datetime

    async def metric_names(self) -> Iterable[str]:
        return (await self.bound.ask(questions.names())).reply.found

    async def metadata(self) -> Mapping[str, tuple[str, str]]:
        found = (await self.bound.ask(questions.metadata())).reply.found
        return {item["metric"]: (item["type"], item["help"]) for item in found}

    async def instant(self, query: str) -> Iterable[Mapping[str, Any]]:
        return [item["metric"] for item in await self.found(query)]

    async def found(self, query: str) -> list[Any]:
        """Raises SourceError also when the source would not take the query: it was not a person's."""
        try:
            return (await self.bound.ask(questions.instant("promql", query, self.at))).reply.found
        except Refused as refused:
            raise SourceError(str(refused), source=self.bound.name, request=query) from refused


@dataclass(frozen=True, slots=True)
class Logs:
    """A loading.Loki: the streams of one stretch of time."""

    bound: Bound
    window: Window

    async def label_names(self) -> Iterable[str]:
        return (await self.bound.ask(questions.labels(self.window.start, self.window.end))).reply.found

    async def label_values(self, label: str) -> Iterable[str]:
        return (await self.bound.ask(questions.labels(self.window.start, self.window.end, label))).reply.found


async def metrics(bound: Bound, words: str, about: About, at: datetime) -> View:
    """The metrics with their types, and the labels of those that the words are about, as they were at `at`.

    Raises Refused when the datasource is not for the actor, SourceError when it does not say what it has.
    """
    now = bound.answering.clock()
    past = rounded(at) if now - at > LATELY else None
    known = await known_to(bound, f"at {stamp(past)}" if past else "now")
    ask = Metrics(bound, past or now)
    async with known.loading:
        if is_old(known, now):
            known.types = await loading.metrics(ask)
            known.loaded_at = min((item.as_of for item in bound.answers), default=now)
            known.labels, known.series, known.asked = {}, {}, set()
            known.views = Newest(MOST_VIEWS)
        return known.views.get(words) or known.views.keep(words, await view(ask, known, about))


async def view(ask: Metrics, known: Known, about: About) -> View:
    wanted = {name for name in about(known.types) if name in known.types}
    missing = wanted - known.asked
    if missing:
        counted = await series_of(ask, missing)
        found = await loading.with_labels(ask, known.types, missing, counted)
        known.labels |= found.labels
        known.series |= counted or {}
        known.asked |= missing
    catalogue = MetricCatalogue(
        types=known.types.types,
        labels={name: known.labels[name] for name in sorted(wanted) if name in known.labels},
        series={name: known.series[name] for name in sorted(wanted) if name in known.series},
        help=known.types.help,
    )
    labels = {name: listed(values) for name, values in catalogue.labels.items()}
    said = {"types": dict(catalogue.types), "labels": labels, "series": dict(catalogue.series)}
    return View(sha256(canonical(said)), metrics=catalogue)


async def series_of(ask: Metrics, metrics_asked: Collection[str]) -> dict[str, int] | None:
    """How many series each has; None where the source does not say."""
    names = quoted("|".join(literal(name) for name in sorted(metrics_asked)))
    try:
        found = await ask.found(f"count by (__name__) ({{__name__=~{names}}})")
    except SourceError:
        return None
    return {str(item["metric"].get("__name__")): round(float(item["value"][1])) for item in found}


async def logs(bound: Bound, window: Window) -> View:
    """The streams there were in the window and the day before it. Raises as `metrics`."""
    now = bound.answering.clock()
    past = rounded(window.end) + LIVE if now - window.end > LATELY else None
    end = past or now
    days = max(1, math.ceil((end - window.start) / DAY))
    known = await known_to(bound, f"{days} days to {stamp(past) if past else 'now'}")
    longest = timedelta(hours=bound.answering.limits.hours)
    async with known.loading:
        found = None if is_old(known, now) else known.views.get("")
        if found is None:
            found = known.views.keep("", await streams(bound, end - min(days * DAY, longest), end))
            known.loaded_at = min((item.as_of for item in bound.answers), default=now)
        return found


async def streams(bound: Bound, start: datetime, end: datetime) -> View:
    found = await loading.logs(Logs(bound, Window(start, end)))
    return View(sha256(canonical(listed(found.values))), logs=found)


async def known_to(bound: Bound, when: str) -> Known:
    """What this actor's datasource is known to have; what others see is kept apart."""
    target, labels = await bound.target(), await bound.enforced()
    seen = {name: sorted(values) for name, values in labels.items()}
    ways = [way.name for way in target.ways]
    source = [target.kind, target.name, str(target.id), target.version, *ways]
    key = sha256(canonical({"source": source, "scope": bound.seen, "seen": seen, "when": when}))
    return bound.memory.catalogues.get(key) or bound.memory.catalogues.keep(key, Known())


def rounded(time: datetime) -> datetime:
    """The last full five minutes: questions about nearly the same time share what is known."""
    return time - timedelta(seconds=time.timestamp() % LIVE.total_seconds())


def is_old(known: Known, now: datetime) -> bool:
    return known.loaded_at is None or now - known.loaded_at >= LIVE


def listed(labels: Labels) -> dict[str, list[str]]:
    return {name: sorted(values) for name, values in labels.items()}
