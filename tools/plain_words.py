"""Metrics and logs asked about in plain words: the words become queries, the queries numbers and lines."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import Field

from domain.errors import Refused
from domain.windows import stamp
from tools import own, replies
from tools.arguments import TimeRange
from tools.grafana.spans import DatasourceName
from tools.metrics import unset
from tools.metrics.plain import lines, planning, showing, telling, wishes
from tools.metrics.plain.lines import Found
from tools.metrics.plain.planning import Plan
from tools.metrics.plain.running import Outcome, Runner, first_failure
from tools.metrics.plain.wishes import Wish
from tools.metrics.sources import Bound
from tools.spec import Args, Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec

HIDDEN = "the lines are hidden: your role sees aggregates only"
Question: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=500, description="Plain words; services as the database spells them")
]
Queries: TypeAlias = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=5000)], ...],
    Field(max_length=8, description="A person's own queries, run instead"),
]
Over: TypeAlias = Annotated[TimeRange | None, Field(description="Default: what the words say, else the last hour")]


class QueryMetrics(Args):
    question: Question
    time_range: Over = None
    against: TimeRange | None = Field(None, description="A time to compare with")
    datasource: DatasourceName = None
    queries: Queries = ()


class QueryLogs(Args):
    question: Question
    time_range: Over = None
    limit: int = Field(lines.USUAL, ge=1, le=lines.MOST, description="Lines")
    datasource: DatasourceName = None
    queries: Queries = ()


class TranslateQuery(Args):
    question: Question
    language: Literal["promql", "logql"] | None = Field(None, description="Default: decided from the words")
    time_range: Over = None
    datasource: DatasourceName = None


def wish_of(args: QueryMetrics | QueryLogs) -> Wish:
    return Wish(
        question=args.question,
        language="logql" if isinstance(args, QueryLogs) else "promql",
        window=window(args.time_range),
        against=window(args.against) if isinstance(args, QueryMetrics) else None,
        datasource=args.datasource,
        queries=args.queries,
    )


async def plan_of(context: ToolContext, args: QueryMetrics | QueryLogs) -> tuple[Bound, Plan]:
    """Raises Refused when nothing is connected, or when there is no query for the words."""
    bound = context.resources.logs if isinstance(args, QueryLogs) else context.resources.metrics
    if not isinstance(bound, Bound):
        raise Refused(unset.METRICS.error or "Nothing is connected.", code="not_configured")
    return await planning.planned(bound, context.database, wish_of(args), context.clock())


A = TypeVar("A", bound="QueryMetrics | QueryLogs")


async def settle(context: ToolContext, args: A) -> A:
    """The words become the queries and the time that a person is shown."""
    _, plan = await plan_of(context, args)
    shown = {"queries": showing.queries(plan), "time_range": TimeRange(**showing.time_range(plan))}
    return args.model_copy(update=shown)


async def preview(context: ToolContext, args: QueryMetrics | QueryLogs) -> Preview:
    source, plan = await plan_of(context, args)
    return showing.preview(plan, source.name)


async def query_metrics(context: ToolContext, args: QueryMetrics) -> ToolResult:
    bound = context.resources.metrics
    if not isinstance(bound, Bound):
        return unset.METRICS
    wish = wish_of(args)
    source, plan = await planning.planned(bound, context.database, wish, context.clock())
    await own.check_queries(context, (query.query for query in plan.queries))
    outcomes = await Runner(source).all(plan)
    more = {"against_window": plan.against.as_json() if plan.against else None}
    return answered(source, wish, plan, outcomes, (more, Found()))


async def query_logs(context: ToolContext, args: QueryLogs) -> ToolResult:
    bound = context.resources.logs
    if not isinstance(bound, Bound):
        return unset.LOGS
    wish = wish_of(args)
    source, plan = await planning.planned(bound, context.database, wish, context.clock())
    await own.check_queries(context, (query.query for query in plan.queries))
    numbers, found = await lines.all_of(Runner(source), plan, args.limit)
    if found.rows and not replies.shows_rows(context):
        found = lines.hidden(found, HIDDEN)
    more = {"rows": list(found.rows), "total": found.total, "by_level": dict(found.by_level)}
    return answered(source, wish, plan, [*numbers, *found.outcomes], (more, found))


async def translate_query(context: ToolContext, args: TranslateQuery) -> ToolResult:
    """Nothing is run but what says which metrics and streams there are."""
    language = args.language or wishes.language_of(args.question)
    bound = context.resources.logs if language == "logql" else context.resources.metrics
    if not isinstance(bound, Bound):
        return unset.LOGS if language == "logql" else unset.METRICS
    wish = Wish(question=args.question, language=language, window=window(args.time_range), datasource=args.datasource)
    source, plan = await planning.planned(bound, context.database, wish, context.clock())
    queries = [
        telling.head(query) | {"step_seconds": query.step_seconds or None, "points": query.points}
        for query in plan.queries
    ]
    return ToolResult(
        status="ok",
        source=source.name,
        data={**told(wish, plan), "queries": queries, "window": plan.window.as_json()},
        query=args.question,
        window=plan.window,
        as_of=context.clock(),
    )


def window(asked: TimeRange | None) -> Any:
    return asked.window() if asked else None


def told(wish: Wish, plan: Plan) -> Json:
    """How the question was read, and how sure that is."""
    found, against = plan.translation, plan.against
    compared = [f"It is compared with {stamp(against.start)} to {stamp(against.end)}."] if against else []
    return {
        "question": wish.question,
        "language": wish.language,
        "confidence": found.confidence,
        "why": list(found.why),
        "assumed": list(found.assumed),
        "repairs": list(found.repairs),
        "notes": [*found.notes, *compared],
        "missing": [{"what": item.what, "why": item.why} for item in found.missing],
    }


def answered(
    source: Bound, wish: Wish, plan: Plan, outcomes: Sequence[Outcome], more: tuple[Json, Found]
) -> ToolResult:
    """What came, in the order of the plan. Raises what failed when nothing came: then nobody knows that nothing is."""
    data, found = more
    is_found = bool(found.rows or found.total) or any(item.has_series for item in outcomes)
    failure = first_failure(outcomes)
    if failure and not is_found:
        raise failure
    ordered = sorted(outcomes, key=lambda item: plan.queries.index(item.query))
    times = [*(item.now.as_of for item in outcomes if item.now), *found.as_of]
    return ToolResult(
        status="ok" if is_found else "empty",
        source=source.name,
        data={
            **told(wish, plan),
            "queries": [telling.query(item) for item in ordered],
            "charts": telling.charts(ordered, plan),
            "window": plan.window.as_json(),
            **data,
        },
        query="; ".join(query.query for query in plan.queries),
        window=plan.window,
        as_of=min(times, default=None),
        cut="; ".join([*telling.cut(ordered), *found.cut]) or None,
    )


def spec(name: str, title: str, description: str, args: type[Args], handler: Any) -> ToolSpec[Any]:
    """`query_metrics` reads metrics, `query_logs` logs; translating counts as metrics."""
    resource = {"query_metrics": "metrics", "query_logs": "logs", "translate_query": "translate"}[name]
    return ToolSpec(
        name=name,
        title=title,
        description=description,
        pillars=frozenset(Pillar),
        category=Category.GRAFANA,
        risk=Risk.READ,
        permission=f"ai:revive:grafana:{resource}:read",
        args=args,
        handler=handler,
        source="logs" if resource == "logs" else "metrics",
        deadline_seconds=40,
        settle=None if name == "translate_query" else settle,
        preview=None if name == "translate_query" else preview,
    )


QUERY_METRICS = spec(
    "query_metrics", "Metrics in plain words", "Numbers for a question in plain words, beside those of another time.",
    QueryMetrics, query_metrics,
)  # fmt: skip
QUERY_LOGS = spec(
    "query_logs", "Logs in plain words", "Log lines and counts for a question in plain words.", QueryLogs, query_logs
)
TRANSLATE_QUERY = spec(
    "translate_query", "Translation", "The PromQL or LogQL for a question in plain words; nothing is run.",
    TranslateQuery, translate_query,
)  # fmt: skip
TOOLS = (QUERY_METRICS, QUERY_LOGS, TRANSLATE_QUERY)
