"""Investigations of errors or slow requests, and those that a person made before."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias, cast
from uuid import UUID

import orjson
from pydantic import Field

from domain import investigations
from domain.errors import NotFound
from domain.investigations import Investigation
from domain.windows import Window, parse, stamp
from tools import own
from tools.arguments import LastDay, window_of
from tools.health import profile_of
from tools.metrics import objectives, unset
from tools.metrics.effects import Effect
from tools.metrics.error_logs import Errors, Seen, errors
from tools.metrics.measuring import Asked, Subject, asked_window
from tools.metrics.slow_requests import Slow, slow
from tools.replies import beyond
from tools.series import parts
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

Kind: TypeAlias = Literal["errors", "latency"]

NAME = "investigate_sift"
SOURCE = "trivium executions"
POINTS = 120
NO_TRACES = "slow traces are not looked at: no source of traces is asked"


class InvestigateSift(Args):
    application: str = Field(min_length=1, max_length=200, description="Application or service name")
    time_range: LastDay = None
    investigation_type: Kind = "errors"


async def investigate_sift(context: ToolContext, args: InvestigateSift) -> ToolResult:
    profile = await profile_of(context, args.application)
    await own.check(context, args.application, *(profile.service_mappings if profile else ()))
    wanted = window_of(context, args.time_range)
    window = asked_window(wanted.start, wanted.end, context.clock())
    whose = objectives.parts(args.application, profile)
    about: Json = {"application": args.application, "type": args.investigation_type, "window": window.as_json()}
    match args.investigation_type:
        case "errors":
            result = await of_errors(context, whose.subjects, window, about)
        case "latency":
            result = await of_latency(context, whose.subjects, window, about)
    left_out = "; ".join(filter(None, (result.cut, whose.cut)))
    return replace(result, window=window, as_of=context.clock(), cut=left_out or None)


async def of_errors(context: ToolContext, subjects: Sequence[Subject], window: Window, about: Json) -> ToolResult:
    logs = context.resources.logs
    if logs is None:
        return unset.LOGS
    found = await errors(logs, subjects, window)
    return ToolResult(
        status="ok" if found.now.total else "empty",
        source=logs.name,
        data=about | error_report(found),
        query="; ".join(found.queries),
        cut=found.cut,
    )


def error_report(found: Errors) -> Json:
    return {
        "errors": found.now.total,
        "errors_before": found.before.total,
        "new_patterns": sum(item.state == "new" for item in found.seen),
        "patterns": [pattern_json(item) for item in found.seen],
        "method": "lines with the same words but for values are one pattern; new: not among those of the window before",
    }


def pattern_json(item: Seen) -> Json:
    return {
        "pattern": item.pattern.template,
        "count": item.count,
        "count_before": item.before,
        "state": item.state,
        "first_at": stamp(item.pattern.first_at),
        "last_at": stamp(item.pattern.last_at),
        "example": item.pattern.example,
    }


async def of_latency(context: ToolContext, subjects: Sequence[Subject], window: Window, about: Json) -> ToolResult:
    source = context.resources.metrics
    if source is None:
        return unset.METRICS
    asked = Asked(source)
    await asked.names()
    found = await slow(asked, subjects, window)
    return ToolResult(
        status="ok", source=source.name, data=about | latency_report(found), query=asked.query, cut=NO_TRACES
    )


def latency_report(found: Slow) -> Json:
    return {
        "percentiles": [latency_json(effect) for effect in found.percentiles],
        "endpoints": [
            {
                "label": one.label,
                "endpoint": one.name,
                "p95": parts.rounded(one.now),
                "p95_before": parts.rounded(one.before),
            }
            for one in found.endpoints
        ],
        "charts": [
            parts.chart(effect.measure.way.title, effect.series.unit, [parts.line(effect.series, points=POINTS)])
            for effect in found.percentiles
        ],
    }


def latency_json(effect: Effect) -> Json:
    return {
        "measure": effect.measure.wish,
        "title": effect.measure.way.title,
        "unit": effect.series.unit,
        "query": effect.query,
        **parts.comparison(effect.compared),
        "change": parts.change_mark(effect.change, effect.measure.way.title) if effect.change else None,
    }


class ListSiftInvestigations(Args):
    limit: int = Field(20, ge=1, le=100, description="Most listed, newest first")


async def list_sift_investigations(context: ToolContext, args: ListSiftInvestigations) -> ToolResult:
    async with context.database.connection() as db:
        found = await investigations.newest(db, context.actor.user_id, NAME, args.limit)
    total = found.rows[0].total if found.rows else 0
    return ToolResult(
        status="ok" if total else "empty",
        source=SOURCE,
        data={"total": total, "investigations": [in_short(item) for item in found.rows]},
        query=found.query,
        as_of=context.clock(),
        cut=beyond(len(found.rows), total, "investigations"),
    )


def in_short(item: Investigation) -> Json:
    return {
        "id": str(item.id),
        "application": item.arguments.get("application"),
        "type": item.arguments.get("investigation_type", "errors"),
        "time_range": item.arguments.get("time_range"),
        "at": stamp(item.created_at),
    }


class GetSiftAnalysis(Args):
    investigation_id: UUID = Field(description="From list_sift_investigations")


async def get_sift_analysis(context: ToolContext, args: GetSiftAnalysis) -> ToolResult:
    """What was found then, as it was found. Raises NotFound when it is not one of the actor's."""
    async with context.database.connection() as db:
        found = await investigations.by_id(db, context.actor.user_id, NAME, args.investigation_id)
    if not found.rows:
        raise NotFound(f"You have no investigation {args.investigation_id}.")
    item = found.rows[0]
    kept = await asyncio.to_thread(orjson.loads, item.result or "{}")
    data = cast("dict[str, Any]", kept.get("data") or {})
    return ToolResult(
        status="ok" if data else "empty",
        source=SOURCE,
        data=in_short(item) | {"analysis": data},
        query=found.query,
        window=window_in(data),
        as_of=item.created_at,
    )


def window_in(analysis: Json) -> Window | None:
    window = cast("dict[str, str]", analysis.get("window") or {})
    return Window(parse(window["start"]), parse(window["end"])) if window else None


INVESTIGATE_SIFT = ToolSpec(
    name=NAME,
    title="Investigate",
    description="Error patterns in the logs of an application, or its latency by endpoint, beside the window before.",
    pillars=frozenset({Pillar.INQUIRY, Pillar.TROUBLESHOOTING}),
    category=Category.TROUBLESHOOTING,
    risk=Risk.READ,
    permission="ai:troubleshooting:read",
    args=InvestigateSift,
    handler=investigate_sift,
    source="logs",
    deadline_seconds=30,
)
LIST_SIFT_INVESTIGATIONS = ToolSpec(
    name="list_sift_investigations",
    title="Investigations",
    description="Your earlier investigations with investigate_sift.",
    pillars=frozenset({Pillar.TROUBLESHOOTING, Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.READ,
    permission="ai:revive:grafana:sift:read",
    args=ListSiftInvestigations,
    handler=list_sift_investigations,
)
GET_SIFT_ANALYSIS = ToolSpec(
    name="get_sift_analysis",
    title="Analysis of an investigation",
    description="What one of your earlier investigations found.",
    pillars=frozenset({Pillar.TROUBLESHOOTING, Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.READ,
    permission="ai:revive:grafana:sift:read",
    args=GetSiftAnalysis,
    handler=get_sift_analysis,
)
TOOLS = (INVESTIGATE_SIFT, LIST_SIFT_INVESTIGATIONS, GET_SIFT_ANALYSIS)
