"""Anomalies of a query or of a measure of an application: what is unlike the same time of other days."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from domain.errors import Refused
from domain.windows import Window
from tools import own
from tools.arguments import LastDay, window_of
from tools.grafana import promql
from tools.grafana.promql import BadExpression
from tools.grafana.spans import rounded
from tools.health import profile_of
from tools.metrics import objectives, unset
from tools.metrics.measuring import Asked, asked_window, course, measure, step_of
from tools.metrics.vitals import in_seconds
from tools.series import parts
from tools.series.series import Season, Series
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

if TYPE_CHECKING:
    from tools.series.unusual import Unusual

HISTORY: dict[str | None, timedelta] = {"weekly": timedelta(weeks=4)}
USUAL_HISTORY = timedelta(hours=168)
POINTS_OF_HISTORY = 2016
MOST_SERIES, POINTS, LEAST_POINTS = 10, 800, 40


class DetectAnomalies(Args):
    query: str | None = Field(None, max_length=5000, description="PromQL; or name application and measure")
    application: str | None = Field(None, max_length=200, description="Application or service name")
    measure: str | None = Field(None, max_length=100, description="Like cpu, error rate, latency p99")
    time_range: LastDay = None
    season: Season | None = Field(None, description="Default: found in the data")

    @model_validator(mode="after")
    def names_something(self) -> "DetectAnomalies":
        if (self.query is None) == (self.application is None) or (self.application is None) != (self.measure is None):
            raise ValueError("give either a query, or an application and a measure")
        return self


@dataclass(frozen=True, slots=True)
class Titled:
    """What came over the window and its history, and how a chart of it is called."""

    title: str
    series: Sequence[Series]


async def detect_anomalies(context: ToolContext, args: DetectAnomalies) -> ToolResult:
    source = context.resources.metrics
    if source is None:
        return unset.METRICS
    wanted = window_of(context, args.time_range)
    window = asked_window(wanted.start, wanted.end, context.clock())
    history = Window(min(window.start, window.end - HISTORY.get(args.season, USUAL_HISTORY)), window.end)
    asked = Asked(source)
    await own.check_queries(context, (args.query or "",))
    found = await (of_query(asked, args, history) if args.query else of_measure(context, asked, args, history))
    listed = sorted(found.series, key=lambda item: item.name)[:MOST_SERIES]
    judged = await asyncio.to_thread(examined, listed, args.season)
    left_out = f"{MOST_SERIES} of {len(found.series)} series are judged" if len(found.series) > MOST_SERIES else None
    judgements = [told(item, result, window) for item, result in zip(listed, judged, strict=True)]
    return ToolResult(
        status="ok" if judgements else "empty",
        source=source.name,
        data={
            "title": found.title,
            "window": window.as_json(),
            "history": history.as_json(),
            "anomaly_count": sum(len(item["anomalies"]) for item in judgements),
            "series": judgements,
            "charts": [
                chart(found.title, item, result, window, max(LEAST_POINTS, POINTS // (2 * len(listed))))
                for item, result in zip(listed, judged, strict=True)
            ],
        },
        query=asked.query,
        window=history,
        as_of=context.clock(),
        cut=left_out,
    )


async def of_query(asked: Asked, args: DetectAnomalies, history: Window) -> Titled:
    """Raises Refused when it is no PromQL."""
    query = args.query or ""
    try:
        promql.parse(query)
    except BadExpression as error:
        raise Refused(f"{query!r} is not a PromQL query that gives numbers: {error}.", code="bad_expression") from error
    query = promql.settled(query)
    step = rounded(history.length.total_seconds() / POINTS_OF_HISTORY)
    return Titled(query, (await course(asked, lambda _: query, history, step)).series)


async def of_measure(context: ToolContext, asked: Asked, args: DetectAnomalies, history: Window) -> Titled:
    """The measure of each part of the application. Raises Refused when none of them has it."""
    application, wish = args.application or "", args.measure or ""
    profile = await profile_of(context, application)
    await own.check(context, application, *(profile.service_mappings if profile else ()))
    whose = objectives.parts(application, profile)
    refused: Refused | None = None
    titles: list[str] = []
    series: list[Series] = []
    for subject in whose.subjects:
        try:
            found = await measure(asked, wish, subject, history)
        except Refused as error:
            refused = error
            continue
        step = await step_of(asked, found, history, POINTS_OF_HISTORY)
        titles.append(found.way.title)
        series += [in_seconds(item, found) for item in (await course(asked, found.over, history, step)).series]
    if refused and not titles:
        raise refused
    return Titled(titles[0], series)


def examined(listed: Sequence[Series], season: Season | None) -> "list[Unusual]":
    from tools.series.unusual import unusual  # noqa: PLC0415 - numpy costs a tenth of a second that other runs save

    return [unusual(item, season) for item in listed]


def told(series: Series, found: "Unusual", window: Window) -> Json:
    """What lies in the window; the history before it only says what is ordinary."""
    judged = found.judged
    inside = [item for item in judged.anomalies if item.end > window.start]
    return {
        "name": series.name,
        "anomalies": [parts.anomaly_band(item, series.name) for item in inside],
        "changes": [parts.change_mark(item, series.name) for item in found.changes if item.at > window.start],
        "method": judged.method,
        "season": judged.season,
        "seasons": judged.seasons,
        "threshold": judged.threshold,
        "scale": parts.rounded(judged.scale),
        "samples": judged.samples,
        "missing": judged.missing,
        "recurring": judged.recurring,
        "too_little": judged.too_little,
    }


def chart(title: str, series: Series, found: "Unusual", window: Window, points: int) -> Json:
    judged = found.judged
    shown = series.between(window.start, window.end)
    lines = [parts.line(shown, points=points)]
    if judged.expected:
        lines.append(parts.line(judged.expected.between(window.start, window.end), "expected", points))
    inside = [item for item in judged.anomalies if item.end > window.start]
    moved = [item for item in found.changes if item.at > window.start]
    return parts.chart(
        f"{title}, {series.name}" if series.name else title,
        series.unit,
        lines,
        bands=[parts.anomaly_band(item, series.name) for item in inside],
        marks=[parts.change_mark(item, series.name) for item in moved],
    )


DETECT_ANOMALIES = ToolSpec(
    name="detect_anomalies",
    title="Anomalies",
    description="What in a metric is unlike the same time of other days: windows with score, baseline and method.",
    pillars=frozenset(Pillar),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:anomaly:read",
    args=DetectAnomalies,
    handler=detect_anomalies,
    source="metrics",
    deadline_seconds=30,
)
TOOLS = (DETECT_ANOMALIES,)
