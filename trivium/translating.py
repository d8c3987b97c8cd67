"""`trivium translate`: plain words to queries, with what was decided on the way; nothing is run but catalogue reads."""

import asyncio
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson
from rich.console import Console

from config.settings import Settings
from domain.errors import Refused
from tools.gates import Gate
from tools.sources.endpoint import Endpoint
from tools.sources.loki import Loki
from tools.sources.prometheus import Prometheus
from tools.translate import files, loading, reading
from tools.translate.answers import Query, Translation, Untranslated
from tools.translate.promql import naming
from tools.translate.promql.library import template_metrics
from tools.translate.situation import Limits, Situation
from tools.translate.sources import FromLoki, FromPrometheus
from tools.translate.translation import translate_to_logql, translate_to_promql

NOT_TRANSLATED = 4
NO_CATALOGUE = "Nothing says what exists: set PROMETHEUS_URL or LOKI_URL, or give --catalogue."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to translate into, and what says which metrics and streams there are."""

    is_logql: bool = False
    as_json: bool = False
    prometheus_url: str | None = None
    loki_url: str | None = None
    catalogue: Path | None = None
    limits: Limits = field(default_factory=Limits)


def wanted(settings: Settings, is_logql: bool, as_json: bool, catalogue: Path | None) -> Wanted:
    """As the house is set up: its own Prometheus and Loki, its own limits."""
    return Wanted(
        is_logql=is_logql,
        as_json=as_json,
        prometheus_url=settings.prometheus_url,
        loki_url=settings.loki_url,
        catalogue=catalogue,
        limits=Limits(range_hours=settings.max_query_range_hours, results=settings.max_query_results),
    )


async def once(words: str, wanted: Wanted) -> int:
    """The translation is printed: 0, or 4 when there is none, with what there is instead."""
    translation = await translated(words, wanted)
    if wanted.as_json:
        sys.stdout.buffer.write(orjson.dumps(translation.as_json(), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        show(translation, Console(highlight=False, soft_wrap=True))
    return NOT_TRANSLATED if isinstance(translation, Untranslated) else 0


async def translated(words: str, wanted: Wanted) -> Translation | Untranslated:
    """Raises Refused when nothing says what exists, SourceError when who should say it does not answer."""
    situation = await situation_for(words, wanted)
    if wanted.is_logql:
        return translate_to_logql(words, situation)
    return translate_to_promql(words, situation)


async def situation_for(words: str, wanted: Wanted) -> Situation:
    situation = Situation(limits=wanted.limits)
    if wanted.catalogue:
        metrics, logs = await asyncio.to_thread(files.read, wanted.catalogue)
        return replace(situation, metrics=metrics, logs=logs)
    url = wanted.loki_url if wanted.is_logql else wanted.prometheus_url
    if not url:
        raise Refused(NO_CATALOGUE, code="no_catalogue")
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient())
        name = httpx.URL(url).netloc.decode()
        endpoint = Endpoint(name=name, url=url, http=http, gate=Gate(name))
        if wanted.is_logql:
            return replace(situation, logs=await loading.logs(FromLoki(Loki(endpoint))))
        ask = FromPrometheus(Prometheus(endpoint), lambda: datetime.now(UTC))
        known = await loading.metrics(ask)
        about = template_metrics() | naming.nearest(reading.read(words), known)
        return replace(situation, metrics=await loading.with_labels(ask, known, about))


def show(translation: Translation | Untranslated, console: Console) -> None:
    if isinstance(translation, Untranslated):
        console.print(translation.reason, style="yellow", markup=False)
        if translation.nearest:
            console.print(f"There is: {', '.join(translation.nearest)}", markup=False)
        return
    for query in translation.queries:
        console.print(f"{query.title}: {query.plain}", style="bold", markup=False)
        console.print(f"  {query.query}", markup=False)
        console.print(f"  {asked_as(query)}", style="dim", markup=False)
    console.print(f"confidence {translation.confidence:.2f}: {'; '.join(translation.why)}", markup=False)
    for title, sentences in (
        ("repaired", translation.repairs),
        ("assumed", translation.assumed),
        ("note", translation.notes),
        ("missing", tuple(f"{item.what}: {item.why}" for item in translation.missing)),
    ):
        for sentence in sentences:
            console.print(f"{title}: {sentence}", markup=False)


def asked_as(query: Query) -> str:
    match query.kind:
        case "logs":
            return f"{query.language}, the newest {query.limit} lines"
        case "range":
            span = timedelta(seconds=query.over_seconds)
            return f"{query.language}, every {query.step_seconds} s over {span}, about {query.points:,} samples"
        case "instant":
            return f"{query.language}, at one instant, about {query.series:,} series"
