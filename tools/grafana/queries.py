"""PromQL, LogQL and TraceQL through Grafana, as written: read first, bounded, and told what was sent."""

from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import Field

from domain.errors import Refused, SourceError
from domain.windows import Window, stamp
from tools.grafana import promql, reach, replies
from tools.grafana.promql import BadExpression
from tools.grafana.reach import record, rows
from tools.grafana.reading import part
from tools.grafana.replies import answer
from tools.grafana.spans import MOST_SAMPLES, DatasourceName, Span, Step, step_for
from tools.metrics.queries import Wanted, lines, numbers
from tools.metrics.sources import Bound
from tools.sources.grafana import SOURCE, Datasource, Grafana
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

QUERY_SECONDS = 15.0
BOTH = frozenset({Pillar.TROUBLESHOOTING, Pillar.REVIVE})
MOST_LINES = 1000
TRACES_OF_A_SEARCH = 20


class QueryPrometheus(Span):
    query: str = Field(min_length=1, max_length=5000, description="PromQL")
    step: int | None = Field(None, ge=1, le=604_800, description="Seconds. Default: fits the range")
    instant: bool = Field(False, description="The value at `end` alone")
    datasource: DatasourceName = None


@dataclass(frozen=True, slots=True)
class Series:
    """What Prometheus gave: every series with its [time, value] pairs, the values as Prometheus writes them."""

    found: tuple[Json, ...]
    url: str | None

    @property
    def samples(self) -> int:
        return sum(len(item["values"]) for item in self.found)


async def query_prometheus(context: ToolContext, args: QueryPrometheus) -> ToolResult:
    bound = context.resources.metrics
    if isinstance(bound, Bound):
        wanted = Wanted(
            query=readable(args.query), window=args.window(context), step_seconds=args.step, instant=args.instant
        )
        return await numbers(bound.of(args.datasource), "promql", wanted)
    grafana = context.resources.grafana
    if grafana is None:
        return replies.UNSET
    expr = readable(args.query)
    window = args.window(context)
    source = await reach.prometheus(grafana, args.datasource)
    if args.instant:
        asked = instant(source, expr, window)
        series = await asked_for(grafana, asked)
        step = Step(0)
    else:
        step = step_for(window, args.step)
        asked = ranged(source, expr, window, step)
        series = await asked_for(grafana, asked)
        if series.samples > MOST_SAMPLES:
            step = step_for(window, args.step or step.seconds, len(series.found))
            asked = ranged(source, expr, window, step)
            series = await asked_for(grafana, asked)
    shown, left_out = within(series)
    data: Json = {"series": shown, "step_seconds": step.seconds or None, "datasource": source.name, "url": series.url}
    cut = "; ".join(filter(None, (step.said, left_out))) or None
    result = answer(context, data, query=replies.sent("query_prometheus", asked), found=len(shown), cut=cut)
    seen = None if args.instant else window
    return replace(result, window=seen, status="truncated" if left_out else result.status)


def readable(query: str) -> str:
    """The query with Grafana's own macros settled. Raises Refused when it is no PromQL, before anything is sent."""
    try:
        promql.parse(query)
    except BadExpression as error:
        raise Refused(
            f"{query!r} is not a PromQL query that can be shown: {error}.",
            code="bad_expression",
            alternative="Correct it; plain words are not read here.",
        ) from error
    return promql.settled(query)


def instant(source: Datasource, query: str, window: Window) -> Json:
    return {"datasourceUid": source.uid, "expr": query, "queryType": "instant", "endTime": stamp(window.end)}


def ranged(source: Datasource, query: str, window: Window, step: Step) -> Json:
    times = {"startTime": stamp(window.start), "endTime": stamp(window.end), "stepSeconds": step.seconds}
    return {"datasourceUid": source.uid, "expr": query, "queryType": "range", **times}


async def asked_for(grafana: Grafana, asked: Json) -> Series:
    """Raises SourceError, in Prometheus's own words where it has some."""
    found = record(await grafana.ask("query_prometheus", asked, deadline_seconds=QUERY_SECONDS))
    if "data" not in found:
        raise SourceError(f"{SOURCE} answered without the data of the query", source=SOURCE)
    return Series(tuple(series_of(found["data"])), found.get("exploreUrl"))


def series_of(data: Any) -> list[Json]:
    """Vectors and matrices alike as {metric, values}; a scalar is one without labels."""
    items = cast("list[Any]", data) if isinstance(data, list) else []
    if items and not isinstance(items[0], dict):
        return [{"metric": {}, "values": [items]}]
    return [
        {"metric": item.get("metric") or {}, "values": item.get("values") or [item["value"]]}
        for item in rows(items)
        if item.get("values") or item.get("value")
    ]


def within(series: Series) -> tuple[list[Json], str | None]:
    """The first series that have at most 10,000 samples together, and what was left out."""
    shown: list[Json] = []
    samples = 0
    for item in series.found:
        samples += len(item["values"])
        if samples > MOST_SAMPLES:
            return shown, f"{len(shown):,} of {len(series.found):,} series are shown: aggregate or select fewer"
        shown.append(item)
    return shown, None


class QueryLoki(Span):
    query: str = Field(min_length=1, max_length=5000, description="LogQL")
    limit: int = Field(100, ge=1, le=MOST_LINES, description="Most lines, newest first")
    datasource: DatasourceName = None


async def query_loki(context: ToolContext, args: QueryLoki) -> ToolResult:
    bound = context.resources.logs
    if isinstance(bound, Bound):
        window = args.window(context)
        if args.query.lstrip().startswith("{"):
            return await lines(bound.of(args.datasource), args.query, window, args.limit)
        return await numbers(bound.of(args.datasource), "logql", Wanted(query=args.query, window=window))
    grafana = context.resources.grafana
    if grafana is None:
        return replies.UNSET
    window = args.window(context)
    source = await chosen(grafana, "loki", args.datasource)
    asked: Json = {
        "datasourceUid": source.uid,
        "logql": args.query,
        "limit": args.limit,
        "startRfc3339": stamp(window.start),
        "endRfc3339": stamp(window.end),
    }
    is_metric = not args.query.lstrip().startswith("{")
    asked |= {"queryType": "range", "stepSeconds": step_for(window, None).seconds} if is_metric else {}
    found = record(await grafana.ask("query_loki_logs", asked, deadline_seconds=QUERY_SECONDS))
    if "data" not in found:
        raise SourceError(f"{SOURCE} answered without the data of the query", source=SOURCE)
    shown = rows(found, "data")
    is_cut = bool(part(found, "metadata").get("resultsTruncated"))
    cut = f"only the newest {len(shown)} lines are shown" if is_cut else None
    data: Json = {"series" if is_metric else "lines": shown, "datasource": source.name}
    result = answer(context, data, query=replies.sent("query_loki_logs", asked), found=len(shown), cut=cut)
    return replace(result, window=window)


class QueryTempo(Span):
    query: str = Field(
        min_length=1, max_length=5000, description='TraceQL, like { resource.service.name = "checkout" }'
    )
    datasource: DatasourceName = None


async def query_tempo(context: ToolContext, args: QueryTempo) -> ToolResult:
    grafana = context.resources.grafana
    if grafana is None:
        return replies.UNSET
    window = args.window(context)
    source = await chosen(grafana, "tempo", args.datasource)
    times = {"start": stamp(window.start), "end": stamp(window.end)}
    asked: Json = {"datasourceUid": source.uid, "query": args.query, **times}
    found = record(await grafana.ask("search_tempo_traces", asked, deadline_seconds=QUERY_SECONDS))
    traces = rows(found, "traces")
    data: Json = {"traces": traces, "datasource": source.name}
    query = replies.sent("search_tempo_traces", asked)
    cut = "Tempo stops after so many traces: there may be more" if len(traces) >= TRACES_OF_A_SEARCH else None
    return replace(answer(context, data, query=query, found=len(traces), cut=cut), window=window)


async def chosen(grafana: Grafana, kind: str, asked: str | None) -> Datasource:
    """The datasource of this kind with this uid or name, else the first. Raises Refused naming those there are."""
    known = [item for item in await grafana.datasources() if kind in item.kind]
    wanted = [item for item in known if asked in (item.uid, item.name)] if asked else known
    if wanted:
        return wanted[0]
    named = f" {asked!r}" if asked else ""
    names = ", ".join(item.name for item in known) or "none"
    raise Refused(f"Grafana has no {kind.title()} datasource{named}.", code="not_found", alternative=f"There: {names}.")


def spec(name: str, title: str, description: str, args: type[Args], handler: Any) -> ToolSpec[Any]:
    return ToolSpec(
        name=name,
        title=title,
        description=description,
        pillars=BOTH,
        category=Category.GRAFANA,
        risk=Risk.READ,
        permission=f"ai:revive:grafana:{name.removeprefix('query_')}:read",
        args=args,
        handler=handler,
        source=SOURCE,
        deadline_seconds=35,
    )


QUERY_PROMETHEUS = spec(
    "query_prometheus", "Metrics", "Run a PromQL query over at most 7 days.", QueryPrometheus, query_prometheus
)
QUERY_LOKI = spec("query_loki", "Logs", "Run a LogQL query over at most 7 days.", QueryLoki, query_loki)
QUERY_TEMPO = spec("query_tempo", "Traces", "Search traces with TraceQL over at most 7 days.", QueryTempo, query_tempo)
TOOLS = (QUERY_PROMETHEUS, QUERY_LOKI, QUERY_TEMPO)
