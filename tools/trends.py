"""How alerts are spread over time, services, severities, names and environments."""

from typing import TypeAlias
from zoneinfo import ZoneInfo

from pydantic import Field

from domain import trends
from domain.alert_counts import Counts
from domain.filters import Filter
from domain.found import Found
from domain.periods import Period, Unit, periods
from domain.trends import Facet, InPeriod
from domain.windows import Window
from tools.arguments import Narrowed, Zone, owner, window_of
from tools.replies import Evidence, beyond, reply
from tools.spec import Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

GroupBy: TypeAlias = Unit | Facet
NOTHING = Counts(critical=0, warning=0, info=0)


class GetAlertTrends(Narrowed):
    group_by: GroupBy = Field("day", description="Calendar unit or property")
    timezone: Zone = "UTC"
    limit: int = Field(20, ge=1, le=500, description="Most groups listed; time buckets are all listed")


async def get_alert_trends(context: ToolContext, args: GetAlertTrends) -> ToolResult:
    window = window_of(context, args.time_range)
    chosen = args.filter(window, owner(context))
    match args.group_by:
        case "service" | "severity" | "alert_name" | "environment":
            return await spread_by_facet(context, chosen, args.group_by, args.limit)
        case "hour" | "day" | "week" | "month" | "quarter":
            spans = periods(window, args.group_by, ZoneInfo(args.timezone))
            return await spread_over_time(context, chosen, args.group_by, spans)


async def spread_by_facet(context: ToolContext, chosen: Filter, facet: Facet, limit: int) -> ToolResult:
    async with context.database.connection() as db:
        found = await trends.by_facet(db, chosen, facet, limit)
    everything, *listed = found.rows
    groups = [group_json(group.key, group) for group in listed]
    data = spread(everything, facet, groups) | {"group_count": everything.groups}
    left_out = beyond(len(groups), everything.groups, "groups")
    return reply(context, data, everything.total, Evidence((found,), chosen.window, left_out))


async def spread_over_time(context: ToolContext, chosen: Filter, unit: Unit, spans: list[Period]) -> ToolResult:
    async with context.database.connection() as db:
        found = await trends.by_period(db, chosen, spans)
    counted = {row.number: row for row in found.rows}
    groups = [
        group_json(span.key, counted.get(number, NOTHING)) | Window(span.start, span.end).as_json()
        for number, span in enumerate(spans, start=1)
    ]
    everything = summed(found)
    data = spread(everything, unit, groups) | {"group_count": len(groups)}
    return reply(context, data, everything.total, Evidence((found,), chosen.window))


def summed(found: Found[InPeriod]) -> Counts:
    return Counts(
        critical=sum(row.critical for row in found.rows),
        warning=sum(row.warning for row in found.rows),
        info=sum(row.info for row in found.rows),
    )


def group_json(key: str | None, counts: Counts) -> Json:
    return {"key": key, "count": counts.total, "by_severity": counts.by_severity}


def spread(everything: Counts, group_by: GroupBy, groups: list[Json]) -> Json:
    peak = max(groups, key=lambda group: group["count"], default=None)
    return {
        "total": everything.total,
        "by_severity": everything.by_severity,
        "group_by": group_by,
        "groups": groups,
        "peak": {"key": peak["key"], "count": peak["count"]} if peak and everything.total else None,
    }


GET_ALERT_TRENDS = ToolSpec(
    name="get_alert_trends",
    title="Alert trends",
    description="Counts of alerts per hour, day, week, month or quarter, or per service, severity, name, environment.",
    pillars=frozenset({Pillar.INQUIRY}),
    category=Category.INQUIRY,
    risk=Risk.READ,
    permission="ai:inquiry:read",
    args=GetAlertTrends,
    handler=get_alert_trends,
)
