"""PromQL, LogQL and TraceQL as written: read first, bounded, held to what the asker may see, told what was sent."""

from dataclasses import replace
from typing import Any

from pydantic import Field

from domain.errors import Refused, SourceError
from domain.windows import stamp
from tools import own
from tools.grafana import promql, replies
from tools.grafana.promql import BadExpression
from tools.grafana.reach import record, rows
from tools.grafana.replies import answer
from tools.grafana.spans import DatasourceName, Span
from tools.metrics import unset
from tools.metrics.queries import Wanted, lines, numbers
from tools.metrics.sources import Bound
from tools.sources.grafana import SOURCE, Datasource, Grafana
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

QUERY_SECONDS = 15.0
EVERY = frozenset(Pillar)
MOST_LINES = 1000
TRACES_OF_A_SEARCH = 20
OF_A_SEARCH = {"traces", "metrics"}  # a search that found none may tell what it looked through alone
SOURCES = {"query_prometheus": "metrics", "query_loki": "logs", "query_tempo": "traces"}


class QueryPrometheus(Span):
    query: str = Field(min_length=1, max_length=5000, description="PromQL")
    step: int | None = Field(None, ge=1, le=604_800, description="Seconds. Default: fits the range")
    instant: bool = Field(False, description="The value at `end` alone")
    datasource: DatasourceName = None


async def query_prometheus(context: ToolContext, args: QueryPrometheus) -> ToolResult:
    bound = context.resources.metrics
    if not isinstance(bound, Bound):
        return unset.METRICS
    await own.check_queries(context, (args.query,))
    wanted = Wanted(
        query=readable(args.query), window=args.window(context), step_seconds=args.step, instant=args.instant
    )
    return await numbers(bound.of(args.datasource), "promql", wanted)


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


class QueryLoki(Span):
    query: str = Field(min_length=1, max_length=5000, description="LogQL")
    limit: int = Field(100, ge=1, le=MOST_LINES, description="Most lines, newest first")
    datasource: DatasourceName = None


async def query_loki(context: ToolContext, args: QueryLoki) -> ToolResult:
    bound = context.resources.logs
    if not isinstance(bound, Bound):
        return unset.LOGS
    await own.check_queries(context, (args.query,))
    window = args.window(context)
    if args.query.lstrip().startswith("{"):
        return await lines(bound.of(args.datasource), args.query, window, args.limit)
    return await numbers(bound.of(args.datasource), "logql", Wanted(query=args.query, window=window))


class QueryTempo(Span):
    query: str = Field(
        min_length=1, max_length=5000, description='TraceQL, like { resource.service.name = "checkout" }'
    )
    datasource: DatasourceName = None


async def query_tempo(context: ToolContext, args: QueryTempo) -> ToolResult:
    grafana = context.resources.grafana
    if grafana is None:
        return replies.UNSET
    await own.check_queries(context, (args.query,))
    window = args.window(context)
    source = await chosen(grafana, "tempo", args.datasource)
    if context.resources.sources:
        await context.resources.sources.refuse_traces(context.actor, source.uid)
    times = {"start": stamp(window.start), "end": stamp(window.end)}
    asked: Json = {"datasourceUid": source.uid, "query": args.query, **times}
    found = record(await grafana.ask("search_tempo_traces", asked, deadline_seconds=QUERY_SECONDS))
    if not found.keys() & OF_A_SEARCH:
        raise SourceError(f"{SOURCE} answered without the traces of the search", source=SOURCE)
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
        pillars=EVERY,
        category=Category.GRAFANA,
        risk=Risk.READ,
        permission=f"ai:revive:grafana:{name.removeprefix('query_')}:read",
        args=args,
        handler=handler,
        source=SOURCES[name],
        deadline_seconds=35,
    )


QUERY_PROMETHEUS = spec(
    "query_prometheus",
    "Metrics",
    "Run a PromQL query over at most 7 days.",
    QueryPrometheus,
    query_prometheus,
)
QUERY_LOKI = spec("query_loki", "Logs", "Run a LogQL query over at most 7 days.", QueryLoki, query_loki)
QUERY_TEMPO = spec("query_tempo", "Traces", "Search traces with TraceQL over at most 7 days.", QueryTempo, query_tempo)
TOOLS = (QUERY_PROMETHEUS, QUERY_LOKI, QUERY_TEMPO)
