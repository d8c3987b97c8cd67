"""From a question to the queries that answer it: its time, what exists, the translation, and the review of it."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from domain.database import Pool
from domain.errors import Refused
from domain.windows import Window
from tools.cleaning import canonical, sha256
from tools.grafana.promql import selected
from tools.metrics.plain import catalogues, profiles
from tools.metrics.plain.memory import Memory, View
from tools.metrics.plain.profiles import Application, Spoken
from tools.metrics.plain.wishes import Wish, against_of, has_course, limits_of, window_of
from tools.metrics.questions import Language
from tools.metrics.sources import Bound
from tools.translate import reading
from tools.translate.answers import Query, Reviewed, Translation, Untranslated, unique
from tools.translate.catalogue import Labels, MetricCatalogue
from tools.translate.logql import review as logql_review
from tools.translate.promql import naming
from tools.translate.promql import review as promql_review
from tools.translate.promql.library import template_metrics
from tools.translate.situation import Situation
from tools.translate.translation import translate_to_logql, translate_to_promql

MOST_QUERIES = 8
UNKNOWN_NAME = "unknown_name"

B = TypeVar("B", bound=Bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be asked over `window`; `earlier` are the same queries for `against`, in the same order."""

    translation: Translation
    window: Window
    against: Window | None = None
    earlier: tuple[Query, ...] = ()
    view: View = field(default_factory=lambda: View(""))

    @property
    def queries(self) -> tuple[Query, ...]:
        return self.translation.queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a translation stands on."""

    bound: Bound
    words: str
    application: Application
    situation: Situation
    view: View


async def planned(bound: B, database: Pool, wish: Wish, now: datetime) -> tuple[B, Plan]:
    """The plan, and the datasource that it is for.

    Raises:
        Refused: the words have no translation, a query is at fault, or it looks at too much.
        SourceError: the source does not say what it has.
    """
    words = " ".join(wish.question.split()).rstrip(" ?!.")
    asked = reading.read(words)
    limits = limits_of(bound)
    window = window_of(asked, wish, now, limits)
    against = against_of(asked, wish, window, limits)
    application = await profiles.named(database, words, bound.kind)
    source = bound.of(wish.datasource or application.datasource)
    view = await viewed(source, words, wish, window)
    situation = Situation(
        metrics=view.metrics,
        logs=view.logs,
        profile=application.profile,
        enforced=await source.enforced(),
        limits=limits,
        window=window,
        compares_apart=True,
    )
    ground = Ground(bound=source, words=words, application=application, situation=situation, view=view)
    found = await given(ground, wish) if wish.queries else await translated(ground, wish.language)
    earlier = await as_of(ground, wish, against, found) if against else ()
    return source, Plan(translation=found, window=window, against=against, earlier=earlier, view=view)


async def viewed(bound: Bound, words: str, wish: Wish, window: Window) -> View:
    if wish.language == "logql":
        return await catalogues.logs(bound, window)
    named = names_in(wish.queries)

    def about(known: MetricCatalogue) -> Collection[str]:
        return template_metrics() | naming.nearest(reading.read(words), known) | named

    return await catalogues.metrics(bound, " ".join((words, *sorted(named))), about, window.end)


def names_in(queries: Iterable[str]) -> frozenset[str]:
    """The metrics that a person's queries name. Raises Refused when one is no PromQL."""
    return frozenset(item.name for text in queries for item in selected(promql_review.read(text)) if item.name)


async def translated(ground: Ground, language: Language) -> Translation:
    """Raises Refused."""
    found = await attempted(ground, language)
    if UNKNOWN_NAME in codes(found) and language == "promql":
        found = await attempted(await with_the_gone(ground), language)
    if isinstance(found, Untranslated):
        raise Refused(found.reason, code=found.code, alternative=instead(found))
    return found


def codes(found: Translation | Untranslated) -> list[str]:
    """Why there is no query, or why some measures have none."""
    return [found.code] if isinstance(found, Untranslated) else [item.code for item in found.missing]


async def with_the_gone(ground: Ground) -> Ground:
    """Also knowing what there was when the window began: what died in it is asked about all the same."""
    window = ground.situation.window
    assert window is not None  # noqa: S101 - `planned` has set it

    def about(known: MetricCatalogue) -> Collection[str]:
        return template_metrics() | naming.nearest(reading.read(ground.words), known)

    before = await catalogues.metrics(ground.bound, ground.words, about, window.start)
    now, gone = ground.view.metrics, before.metrics
    labels = {metric: merged(now, gone, metric) for metric in {*now.labels, *gone.labels}}
    both = MetricCatalogue(types=now.types, labels=labels, series=now.series, help=now.help)
    view = View(f"{ground.view.version} {before.version}", metrics=both)
    return replace(ground, view=view, situation=replace(ground.situation, metrics=both))


def merged(one: MetricCatalogue, other: MetricCatalogue, metric: str) -> Labels:
    mine, theirs = one.labels.get(metric, {}), other.labels.get(metric, {})
    nothing = frozenset[str]()
    return {label: mine.get(label, nothing) | theirs.get(label, nothing) for label in {*mine, *theirs}}


def instead(found: Untranslated) -> str | None:
    if not found.nearest:
        return None
    listed = ", ".join(found.nearest)
    return listed if listed.endswith(".") else f"There is: {listed}."


async def attempted(ground: Ground, language: Language) -> Translation | Untranslated:
    """One translation for each way the question is said; those there are none of count only when there is no other."""
    spoken = said(ground, language)
    found = [await remembered(ground, words, language) for words in spoken.variants]
    done = [item for item in found if isinstance(item, Translation)]
    return together(done, spoken.assumed) if done else found[0]


def said(ground: Ground, language: Language) -> Spoken:
    situation = ground.situation
    if language == "logql":
        values = frozenset[str]().union(*situation.logs.values.values())
        return profiles.for_logs(ground.words, ground.application, values)
    metrics = situation.metrics
    return profiles.for_metrics(ground.words, ground.application, metrics.types, frozenset(metrics.services))


def together(done: Sequence[Translation], assumed: tuple[str, ...]) -> Translation:
    return Translation(
        queries=tuple({query.query: query for item in done for query in item.queries}.values())[:MOST_QUERIES],
        confidence=min(item.confidence for item in done),
        why=unique(item.why for item in done),
        repairs=unique(item.repairs for item in done),
        notes=unique(item.notes for item in done),
        assumed=(*assumed, *unique(item.assumed for item in done)),
        missing=tuple(dict.fromkeys(missing for item in done for missing in item.missing)),
    )


async def remembered(ground: Ground, words: str, language: Language) -> Translation | Untranslated:
    """From memory when the same words stand on the same ground."""
    memory = ground.bound.memory
    key = ground_key(ground, words, language)
    found = memory.translations.get(key)
    if found:
        memory.count(language, "cached")
        return found
    return await made(memory, key, words, (language, ground.situation))


async def made(memory: Memory, key: str, words: str, into: tuple[Language, Situation]) -> Translation | Untranslated:
    language, situation = into
    translate = translate_to_promql if language == "promql" else translate_to_logql
    found = await asyncio.to_thread(translate, words, situation)
    memory.count(language, "success" if isinstance(found, Translation) else "refused")
    return memory.translations.keep(key, found)


def ground_key(ground: Ground, words: str, language: Language) -> str:
    """All that the translation depends on."""
    situation, limits = ground.situation, ground.situation.limits
    window = situation.window
    parts = {
        "words": [language, words],
        "ground": [ground.view.version, ground.application.version],
        "limits": [limits.range_hours, limits.results, limits.least_step_seconds],
        "seen": {name: sorted(values) for name, values in situation.enforced.items()},
        "seconds": window.length.total_seconds() if window else None,
    }
    return sha256(canonical(parts))


async def as_of(ground: Ground, wish: Wish, against: Window, found: Translation) -> tuple[Query, ...]:
    """The same queries for the other window: ranges in them are as long as it is."""
    window = ground.situation.window
    if wish.queries or (window and window.length == against.length):
        return found.queries
    other = await translated(replace(ground, situation=replace(ground.situation, window=against)), wish.language)
    return other.queries if len(other.queries) == len(found.queries) else found.queries


async def given(ground: Ground, wish: Wish) -> Translation:
    """A person's queries, each reviewed; those that are the translation's own keep their names and units.

    Raises Refused for the first that may not be sent.
    """
    ours = await attempted(ground, wish.language)
    known = {query.query: query for query in ours.queries} if isinstance(ours, Translation) else {}
    if isinstance(ours, Translation) and all(text in known for text in wish.queries):
        return replace(ours, queries=tuple(known[text] for text in wish.queries))
    done = [reviewed(text, wish.language, ground.situation) for text in wish.queries]
    return Translation(
        queries=tuple(known.get(item.query.query, item.query) for item in done),
        confidence=1.0,
        why=("the queries were written by a person",),
        repairs=unique(item.repairs for item in done),
        notes=unique(item.notes for item in done),
    )


def reviewed(text: str, language: Language, situation: Situation) -> Reviewed:
    assert situation.window is not None  # noqa: S101 - `planned` has set it
    span = situation.window.length
    is_course = has_course(text, span)
    if language == "promql":
        over = span if is_course else None
        return promql_review.reviewed(text, promql_review.Asking(over=over, span=span), situation)
    over = span if is_course or text.lstrip().startswith("{") else None
    return logql_review.reviewed(text, logql_review.Asking(over=over, by_level=True), situation)
