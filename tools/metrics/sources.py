"""The sources of metrics and logs as one call sees them: bound to whoever asks, and to nobody else."""

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import httpx

from domain import enforcement
from domain.actors import Actor
from domain.database import Pool
from domain.datasources import Directory
from domain.enforcement import Labels
from domain.errors import Refused
from tools.metrics import health, questions
from tools.metrics.asking import Line
from tools.metrics.cache import CacheSettings, open_cache
from tools.metrics.choosing import Addresses, Chooser
from tools.metrics.fallback import Answered, Answering, Measure, unmeasured
from tools.metrics.health import Health
from tools.metrics.keeping import Keeper
from tools.metrics.making import Maker, Patience, refuse_host
from tools.metrics.narrowing import narrowed
from tools.metrics.plain.memory import Count, Memory, uncounted
from tools.metrics.questions import Limits, Question, Reply, Target
from tools.resources import Resources
from tools.runbooks.http import Pinned
from tools.series import series
from tools.series.series import Series
from tools.sources.addresses import resolve

MOST_LINES = 5000


@dataclass(slots=True, kw_only=True)
class Bound:
    """One datasource for one actor in one call; `answers` are those it gave, in order. `version` is the one that the
    rows of datasources had when the call began; None: they are read at every question."""

    kind: Literal["prometheus", "loki"]
    chooser: Chooser
    answering: Answering
    actor: Actor
    seen: str
    version: int | None = None
    datasource: str | None = None
    memory: Memory = field(default_factory=Memory)
    answers: list[Answered] = field(default_factory=list[Answered])

    @property
    def name(self) -> str:
        """Who answered, all of them; that an answer is an old one is part of it."""
        told = (f"{item.source}, as last known at {item.as_of:%Y-%m-%dT%H:%M:%SZ}" if item.stale else item.source
                for item in self.answers)  # fmt: skip
        return "; ".join(dict.fromkeys(told)) or {"prometheus": "Prometheus", "loki": "Loki"}[self.kind]

    @property
    def stale_as_of(self) -> datetime | None:
        """Of when the oldest of the answers is whose source was away; None when none was."""
        return min((item.as_of for item in self.answers if item.stale), default=None)

    def of(self, datasource: str | None) -> Self:
        """The same for the datasource of this name; its answers count among these."""
        return replace(self, datasource=datasource)

    async def target(self) -> Target:
        """Raises Refused when there is none, or none that the actor may ask."""
        roles = self.actor.roles & self.actor.ceiling
        return await self.chooser.choose(self.kind, roles, self.datasource, self.version)

    async def enforced(self) -> Labels:
        """The labels that this actor's queries are held to there, with the values that may be seen; none: to nothing.

        Raises Refused as `target` does, and when a label has no value that may be seen.
        """
        return labels_of(await self.target(), self.actor)

    async def ask(self, question: Question) -> Answered:
        """The one way to the datasource: what is asked is held to what the actor may see. Raises Refused when it
        cannot be."""
        target = await self.target()
        labels = labels_of(target, self.actor)
        seen = questions.held(self.seen, labels) if labels else self.seen
        answered = await self.answering.ask(target, narrowed(question, labels), seen)
        self.answers.append(answered)
        return answered

    async def numbers(self, question: Question) -> list[Series]:
        answered = await self.ask(question)
        refuse_part(answered.reply, self.answering.limits)
        asked, found = answered.question, answered.reply.found
        if asked.start and asked.end:
            return series.matrix(found, asked.start, asked.end, asked.step_seconds)
        return series.vector(found)


def labels_of(target: Target, actor: Actor) -> Labels:
    """Raises Refused when there is nothing that the actor may see."""
    labels = enforcement.held(target.rules, actor)
    enforcement.refuse_nothing_visible(labels)
    return labels


def refuse_part(reply: Reply, limits: Limits) -> None:
    """Raises Refused when not all series came, or more than are read: a part of them answers another question."""
    if reply.cut:
        raise Refused(
            f"Not all series came: {reply.cut}.", code="too_many_samples", alternative="Aggregate or select fewer."
        )
    if reply.samples > limits.results:
        raise Refused(
            f"The query gives {reply.samples:,} samples in {len(reply.found):,} series;"
            f" at most {limits.results:,} are read.",
            code="too_many_samples",
            alternative="Aggregate, select fewer series, or take a wider step.",
        )


@dataclass(slots=True, kw_only=True)
class Metrics(Bound):
    """A MetricSource."""

    kind: Literal["prometheus", "loki"] = "prometheus"

    async def instant(self, query: str, at: datetime) -> list[Series]:
        return await self.numbers(questions.instant("promql", query, at))

    async def window(self, query: str, start: datetime, end: datetime, step_seconds: int) -> list[Series]:
        return await self.numbers(questions.window("promql", query, start, end, step_seconds))

    async def names(self) -> frozenset[str]:
        return frozenset((await self.ask(questions.names())).reply.found)


@dataclass(slots=True, kw_only=True)
class Logs(Bound):
    """A LogSource."""

    kind: Literal["prometheus", "loki"] = "loki"

    async def lines(self, query: str, start: datetime, end: datetime, limit: int) -> list[Line]:
        answered = await self.ask(questions.lines(query, start, end, min(limit, MOST_LINES)))
        return [line(item) for item in answered.reply.found]

    async def window(self, query: str, start: datetime, end: datetime, step_seconds: int) -> list[Series]:
        return await self.numbers(questions.window("logql", query, start, end, step_seconds))

    async def instant(self, query: str, at: datetime) -> list[Series]:
        return await self.numbers(questions.instant("logql", query, at))


def line(item: dict[str, Any]) -> Line:
    seconds, nanoseconds = divmod(int(item["at"]), 10**9)
    at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanoseconds // 1000)
    return Line(at=at, text=item["text"], labels=item["labels"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Opened by the front hall; each call gets its own view of it. `memory` is of questions in plain words."""

    chooser: Chooser
    answering: Answering
    memory: Memory = field(default_factory=Memory)

    def metrics(self, actor: Actor, scopes: Collection[str] = (), datasource: str | None = None) -> Metrics:
        """The default Prometheus, or the one named, as this actor may ask it."""
        return Metrics(**self.view(actor, scopes), datasource=datasource)

    def logs(self, actor: Actor, scopes: Collection[str] = (), datasource: str | None = None) -> Logs:
        """The default Loki, or the one named, as this actor may ask it."""
        return Logs(**self.view(actor, scopes), datasource=datasource)

    def view(self, actor: Actor, scopes: Collection[str]) -> dict[str, Any]:
        """By the roles that the actor has now and the token grants."""
        roles = actor.roles & actor.ceiling
        seen = questions.scope(roles, actor.teams, scopes)
        parts = {"chooser": self.chooser, "answering": self.answering, "memory": self.memory}
        return parts | {"actor": actor, "seen": seen}

    async def refuse_traces(self, actor: Actor, uid: str) -> None:
        """Raises Refused when Grafana's source of traces with this uid is closed to the actor."""
        await self.chooser.refuse_traces(actor, uid)

    async def refuse_address(self, url: str) -> None:
        """Raises Refused for an address at which no datasource may be; a name that is not known yet may be."""
        refuse_host(url, self.chooser.maker.allowed_hosts)
        parts = urlsplit(url)
        with suppress(OSError, UnicodeError):
            await resolve(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))

    async def health(self) -> tuple[Health, ...]:
        """How each datasource is, asked now."""
        return await health.examined(self.chooser)

    def bound(
        self, resources: Resources, actor: Actor, scopes: Collection[str] = (), version: int | None = None
    ) -> Resources:
        """What one call is given: the same resources, with sources that answer this actor by the rows of `version`."""
        view = self.view(actor, scopes)
        return replace(resources, metrics=Metrics(**view, version=version), logs=Logs(**view, version=version))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """The parts of the environment that sources need."""

    addresses: Addresses = field(default_factory=Addresses)
    limits: Limits = field(default_factory=Limits)
    cache: CacheSettings = field(default_factory=CacheSettings)
    patience: Patience = field(default_factory=Patience)


@asynccontextmanager
async def open_sources(  # noqa: PLR0913 - each by its name, and most have a default
    settings: SourceSettings,
    pool: Pool,
    resources: Resources,
    *,
    measure: Measure = unmeasured,
    count: Count = uncounted,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncGenerator[Sources]:
    """Metrics and logs within reach until the block ends. Nothing is asked yet."""
    transport = Pinned(httpx.AsyncHTTPTransport())
    async with (
        httpx.AsyncClient(transport=transport, trust_env=False) as http,
        open_cache(settings.cache) as cache,
    ):
        maker = Maker(
            http=http,
            keyring=resources.keyring,
            allowed_hosts=settings.addresses.allowed_hosts,
            patience=settings.patience,
        )
        directory = Directory(pool)
        chooser = Chooser(
            pool=pool, directory=directory, grafana=resources.grafana, addresses=settings.addresses, maker=maker
        )
        answering = Answering(
            pool=pool, cache=cache, limits=settings.limits, clock=clock, keeper=Keeper(pool), measure=measure
        )
        yield Sources(chooser=chooser, answering=answering, memory=Memory(count=count))
        await answering.settle()
