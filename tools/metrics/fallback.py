"""One question answered: from memory, by the first way that is not away, or as it was last known."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeAlias, cast

import orjson
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from domain import query_cache
from domain.database import Pool
from domain.errors import Refused, SourceError
from domain.query_cache import Cached, Wanted
from domain.windows import parse, stamp
from tools.cleaning import strip, strip_text
from tools.masking import is_suspicious, mask, mask_text
from tools.metrics.cache import AnswerCache, Json
from tools.metrics.keeping import Keeper
from tools.metrics.questions import Keys, Limits, Question, Reply, Target, Way, keys
from tools.metrics.through_grafana import CannotCarryError

Status: TypeAlias = Literal["success", "cached", "stale", "refused", "error"]


class Measure(Protocol):
    """Told of every question; `seconds` only when a source was asked."""

    def __call__(self, kind: str, status: Status, seconds: float | None) -> None: ...


def unmeasured(kind: str, status: Status, seconds: float | None) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """`question` as it was really asked: an answer from memory may be some seconds off. `stale`: its source is away."""

    reply: Reply
    question: Question
    source: str
    as_of: datetime
    stale: bool = False

    def as_json(self) -> Json:
        asked = {"start": self.question.start, "end": self.question.end}
        times = {name: stamp(time) if time else None for name, time in asked.items()}
        reply = {"found": self.reply.found, "cut": self.reply.cut, "url": self.reply.url}
        return {**reply, **times, "source": self.source, "as_of": stamp(self.as_of)}


def recalled(question: Question, kept: Json, *, stale: bool) -> Answered:
    start, end = (parse(kept[name]) if kept[name] else None for name in ("start", "end"))
    asked = replace(question, start=start, end=end)
    reply = Reply(found=kept["found"], cut=kept["cut"], url=kept["url"])
    source, as_of = str(kept["source"]), parse(kept["as_of"])
    return Answered(reply=reply, question=asked, source=source, as_of=as_of, stale=stale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What every question goes through. Answers are kept masked, whole, and for whoever sees the same alone."""

    pool: Pool
    cache: AnswerCache
    limits: Limits
    clock: Callable[[], datetime]
    keeper: Keeper
    measure: Measure = unmeasured

    async def ask(self, target: Target, question: Question, seen: str) -> Answered:
        """Raises SourceError when every way failed and nothing is known, Refused when the question is at fault."""
        self.limits.refuse(question)
        named = keys(target, question, seen)
        kept = await self.cache.get(named.key)
        if kept:
            self.measure(target.kind, "cached", None)
            return recalled(question, kept, stale=False)
        began = time.perf_counter()
        try:
            answered = await self.first(target, question)
        except Refused:
            self.measure(target.kind, "refused", time.perf_counter() - began)
            raise
        except SourceError as error:
            stale = await self.last_known(named, question) if is_away(error) else None
            self.measure(target.kind, "stale" if stale else "error", time.perf_counter() - began)
            if stale is None:
                raise
            return stale
        took = time.perf_counter() - began
        self.measure(target.kind, "success", took)
        if answered.reply.cut is None:
            copy = cached(target, named, answered, self.limits.live_seconds, took)
            if await self.cache.keep(named.key, copy.result):
                self.keeper.keep(copy)
        return answered

    async def first(self, target: Target, question: Question) -> Answered:
        """The answer of the first way that is not away."""
        *others, last = target.ways
        for way in others:
            try:
                return await self.by(way, question)
            except SourceError as error:
                if not (is_away(error) or isinstance(error, CannotCarryError)):
                    raise
        return await self.by(last, question)

    async def by(self, way: Way, question: Question) -> Answered:
        try:
            reply = masked(question, await way.ask(question))
        except SourceError as error:
            error.is_counted = True  # where this datasource is, if anywhere: no tool that asks others shuts for it
            raise
        return Answered(reply=reply, question=question, source=way.name, as_of=self.clock())

    async def last_known(self, named: Keys, question: Question) -> Answered | None:
        wanted = Wanted(key=named.key, shape=named.shape, end=question.end, scope=named.scope)
        try:
            async with self.pool.connection() as db:
                found = await query_cache.fetch(db, wanted)
        except (OperationalError, PoolTimeout):
            return None
        return recalled(question, found.result, stale=True) if found else None

    async def settle(self) -> None:
        """What waits to be written is written."""
        await self.keeper.flush()


def cached(target: Target, named: Keys, answered: Answered, live_seconds: int, took: float) -> Cached:
    return Cached(
        key=named.key,
        shape=named.shape,
        window_end=answered.question.end,
        datasource_id=target.id,
        datasource=target.name,
        query_text=mask_text(answered.question.written),
        scope=named.scope,
        result=answered.as_json(),
        as_of=answered.as_of,
        expires_at=answered.as_of + timedelta(seconds=live_seconds),
        execution_time_ms=round(took * 1000),
    )


def is_away(error: SourceError) -> bool:
    """No connection, no answer, a 5xx, or left alone after too many of these: another way may do. What the source
    itself has said (no, not found, too often) stands."""
    if error.status is not None:
        return error.status >= 500
    return error.retryable


def masked(question: Question, reply: Reply) -> Reply:
    """Without secrets and control characters in lines and labels; samples have none."""
    match question.form:
        case "lines":
            found = [
                {**item, "text": mask_text(strip_text(item["text"])), "labels": mask(strip(item["labels"]))}
                for item in reply.found
            ]
        case "names" | "metadata" | "labels" | "values":
            found = reply.found
        case "instant" | "window":
            found = masked_series(cast("list[Json]", reply.found))
    return Reply(found=found, cut=reply.cut, url=reply.url)


def masked_series(series: list[Json]) -> list[Any]:
    """Looked through as one text first, since most labels have nothing to hide and nothing to strip."""
    labels: list[Json] = [item.get("metric") or {} for item in series]
    told = labels if is_clean(orjson.dumps(labels)) else [mask(strip(metric)) for metric in labels]
    return [{**item, "metric": metric} for item, metric in zip(series, told, strict=True)]


def is_clean(body: bytes) -> bool:
    """Whether no control character, which JSON escapes all but one of, and nothing like a secret stands in it."""
    return not (b"\\" in body or b"\x7f" in body or is_suspicious(body))
