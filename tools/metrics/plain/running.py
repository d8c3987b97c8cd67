"""The queries of a plan, asked at once: each with what it gave, or why it gave nothing."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.errors import Refused, SourceError
from domain.windows import Window
from tools.metrics import questions
from tools.metrics.fallback import Answered
from tools.metrics.plain.planning import Plan
from tools.metrics.plain.wishes import limits_of
from tools.metrics.queries import within
from tools.metrics.questions import Question
from tools.metrics.sources import Bound
from tools.series import series
from tools.series.series import Series
from tools.translate.answers import Query
from tools.translate.promql.bounds import step_for

AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """`cut` says what is not among the series, or that they are further apart than was planned."""

    series: tuple[Series, ...]
    question: Question
    as_of: datetime
    found: int
    cut: tuple[str, ...] = ()

    @property
    def step_seconds(self) -> int | None:
        return self.question.step_seconds or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One query of the plan. `before` is the same over the other window; `failure` is why there is no `now`."""

    query: Query
    now: Numbers | None = None
    before: Numbers | None = None
    failure: Refused | SourceError | None = None
    cut: tuple[str, ...] = ()

    @property
    def has_series(self) -> bool:
        return self.now is not None and bool(self.now.series)


def first_failure(outcomes: Sequence[Outcome]) -> Refused | SourceError | None:
    """A source's before a query's: it says that nothing is known."""
    failures = [item.failure for item in outcomes if item.failure]
    return next((item for item in failures if isinstance(item, SourceError)), next(iter(failures), None))


@dataclass(frozen=True, slots=True)
class Runner:
    """Asks at most eight things at once, however many queries and windows there are."""

    bound: Bound
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def all(self, plan: Plan) -> list[Outcome]:
        """In the order of the plan; those that give lines are left to others."""
        asked = [(place, query) for place, query in enumerate(plan.queries) if query.kind != "logs"]
        return list(await asyncio.gather(*(self.one(plan, place, query) for place, query in asked)))

    async def one(self, plan: Plan, place: int, query: Query) -> Outcome:
        others = [self.tried(plan.earlier[place], plan.against)] if plan.against and plan.earlier else []
        now, *before = await asyncio.gather(self.tried(query, plan.window), *others)
        if isinstance(now, Refused | SourceError):
            return Outcome(query=query, failure=now, cut=(f"{query.title} failed: {now}",))
        cut = [f"{query.title}: {said}" for said in now.cut]
        earlier = next((item for item in before if isinstance(item, Numbers)), None)
        cut += [f"{query.title} before failed: {item}" for item in before if not isinstance(item, Numbers)]
        return Outcome(query=query, now=now, before=earlier, cut=tuple(cut))

    async def tried(self, query: Query, window: Window) -> Numbers | Refused | SourceError:
        async with self.places:
            try:
                return await numbers(self.bound, query, window)
            except (Refused, SourceError) as error:
                return error


async def numbers(bound: Bound, query: Query, window: Window) -> Numbers:
    """The series; those over the limit of samples are asked for again in wider steps, and left out if that is not
    enough. Raises Refused and SourceError."""
    limits = limits_of(bound)
    answered = await bound.ask(question(query, window, query.step_seconds))
    cut: list[str] = []
    if query.kind == "range" and answered.reply.samples > limits.results:
        step = step_for(window.length, len(answered.reply.found), limits)
        if step > query.step_seconds:
            cut.append(f"the step is {step} s, not {query.step_seconds} s, for there are so many series")
            answered = await bound.ask(question(query, window, step))
    shown = within(answered.reply.found, limits.results)
    if len(shown) < len(answered.reply.found):
        cut.append(f"{len(shown):,} of {len(answered.reply.found):,} series were read: aggregate or select fewer")
    cut += [answered.reply.cut] if answered.reply.cut else []
    return Numbers(
        series=tuple(item.in_unit(query.unit) for item in read(replace(answered.reply, found=shown).found, answered)),
        question=answered.question,
        as_of=answered.as_of,
        found=len(answered.reply.found),
        cut=tuple(cut),
    )


def question(query: Query, window: Window, step: int) -> Question:
    """A course ends at the end of the window, so that its last sample is the value then."""
    if query.kind == "instant" or not step:
        return questions.instant(query.language, query.query, window.end)
    steps = math.floor(window.length.total_seconds() / step)
    return questions.window(query.language, query.query, window.end - steps * timedelta(seconds=step), window.end, step)


def read(found: Sequence[object], answered: Answered) -> list[Series]:
    asked = answered.question
    if asked.start and asked.end:
        return series.matrix(found, asked.start, asked.end, asked.step_seconds)  # pyright: ignore[reportArgumentType]
    return series.vector(found)  # pyright: ignore[reportArgumentType]
