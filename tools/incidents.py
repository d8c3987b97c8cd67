"""Questions about incidents: which there were, and how long they took to resolve."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import Field

from domain import incidents, resolution_times
from domain.filters import SEVERITIES, Filter
from domain.incidents import Facet, Incident, Order, Page, Share, Status
from domain.periods import Period, periods
from domain.resolution_times import Grouping, ResolutionTimes
from domain.windows import Window, stamp
from tools.arguments import (
    LAST_OFFSET,
    Environments,
    Narrowed,
    Services,
    Severities,
    Teams,
    TimeRange,
    Zone,
    owner,
    window_of,
)
from tools.replies import Evidence, beyond, reply, shows_rows, stamped
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

LongUnit: TypeAlias = Literal["day", "week", "month", "quarter"]
MONTH = timedelta(days=30)
LONGEST = 1_000_000_000
STATUSES: tuple[Status, ...] = ("open", "resolved")


class QueryIncidents(Narrowed):
    status: Status | None = Field(None, description="open without time_range: however old")
    longer_than_seconds: int = Field(0, ge=0, le=LONGEST, description="Open: until now")
    order: Order = "newest"
    limit: int = Field(50, ge=1, le=500, description="Most incidents listed")
    offset: int = Field(0, ge=0, le=LAST_OFFSET, description="Skip so many")

    def page(self, now: datetime) -> Page:
        return Page(
            status=self.status,
            longer_than=timedelta(seconds=self.longer_than_seconds),
            order=self.order,
            limit=self.limit,
            offset=self.offset,
            now=now,
        )


async def query_incidents(context: ToolContext, args: QueryIncidents) -> ToolResult:
    anytime = args.status == "open" and args.time_range is None
    chosen = args.filter(None if anytime else window_of(context, args.time_range), owner(context))
    page = args.page(context.clock())
    async with context.database.connection() as db:
        shares = await incidents.shares(db, chosen, page)
        listed = await incidents.listed(db, chosen, page) if shows_rows(context) else None
    rows = listed.rows if listed else []
    counts = counts_of(shares.rows)
    data = counts | {"incidents": [as_json(row) for row in rows], "limit": args.limit, "offset": args.offset}
    left_out = beyond(len(rows), counts["total"], "incidents") if listed else None
    return reply(context, data, counts["total"], Evidence((shares, listed), chosen.window, left_out))


def counts_of(shares: list[Share]) -> Json:
    statuses, severities = keyed(shares, "status"), keyed(shares, "severity")
    return {
        "total": sum(statuses.values()),
        "by_status": {status: statuses.get(status, 0) for status in STATUSES},
        "by_severity": {severity: severities.get(severity, 0) for severity in SEVERITIES},
        "by_service": [{"key": key, "count": count} for key, count in keyed(shares, "service").items()],
        "by_title": [{"key": key, "count": count} for key, count in keyed(shares, "title").items()],
    }


def keyed(shares: list[Share], facet: Facet) -> dict[str, int]:
    return {share.key: share.count for share in shares if share.facet == facet}


def as_json(incident: Incident) -> Json:
    return {
        "id": str(incident.id),
        "number": incident.name,
        "title": incident.title,
        "service": incident.service,
        "services": incident.services,
        "severity": incident.severity,
        "status": incident.status,
        "environment": incident.environment,
        "team": incident.team,
        "opened_at": stamp(incident.opened_at),
        "resolved_at": stamped(incident.resolved_at),
        "duration_seconds": incident.duration_seconds,
        "alert_count": incident.alert_count,
        "root_cause": incident.root_cause,
        "resolution": incident.resolution,
    }


QUERY_INCIDENTS = ToolSpec(
    name="query_incidents",
    title="Incidents",
    description="Incidents opened in a time range: counts by status, severity, service and title, and the list.",
    pillars=frozenset({Pillar.INQUIRY}),
    category=Category.INQUIRY,
    risk=Risk.READ,
    permission="ai:inquiry:read",
    args=QueryIncidents,
    handler=query_incidents,
)


class GetMttrStatistics(Args):
    service: Services = ()
    severity: Severities = ()
    environment: Environments = ()
    team: Teams = ()
    time_range: Annotated[TimeRange | None, Field(description="Default: the last 30 days")] = None
    period: LongUnit | None = Field(None, description="Also by calendar period")
    group_by: Grouping | None = Field(None, description="Also by this property")
    timezone: Zone = "UTC"
    limit: int = Field(20, ge=1, le=500, description="Most groups listed")


async def get_mttr_statistics(context: ToolContext, args: GetMttrStatistics) -> ToolResult:
    window = window_of(context, args.time_range, MONTH)
    spans = periods(window, args.period, ZoneInfo(args.timezone)) if args.period else []
    chosen = Filter(
        services=args.service,
        severities=args.severity,
        environments=args.environment,
        teams=args.team,
        window=window,
        owner=owner(context),
    )
    async with context.database.connection() as db:
        found = await resolution_times.resolution_times(db, chosen, spans, args.group_by)
    rows = found.rows
    everything = next((row for row in rows if row.facet == "all"), resolution_times.NOTHING)
    groups = [{"key": row.key} | middle(row) for row in rows if row.facet == "group"]
    data = overall(everything) | {"periods": by_period(spans, rows), "groups": groups[: args.limit]}
    left_out = beyond(len(data["groups"]), len(groups), "groups")
    return reply(context, data, everything.count + everything.open, Evidence((found,), window, left_out))


def by_period(spans: Iterable[Period], rows: Iterable[ResolutionTimes]) -> list[Json]:
    counted = {int(row.key): row for row in rows if row.facet == "period"}
    return [
        {"key": span.key}
        | Window(span.start, span.end).as_json()
        | middle(counted.get(number, resolution_times.NOTHING))
        for number, span in enumerate(spans, start=1)
    ]


def middle(times: ResolutionTimes) -> Json:
    return {
        "count": times.count,
        "open": times.open,
        "mean_seconds": times.mean_seconds,
        "p50_seconds": times.p50_seconds,
        "p90_seconds": times.p90_seconds,
    }


def overall(times: ResolutionTimes) -> Json:
    return middle(times) | {"min_seconds": times.min_seconds, "max_seconds": times.max_seconds}


GET_MTTR_STATISTICS = ToolSpec(
    name="get_mttr_statistics",
    title="Time to resolve",
    description="How long incidents opened in a time range took to resolve (MTTR): mean, median, 90th percentile.",
    pillars=frozenset({Pillar.INQUIRY}),
    category=Category.INQUIRY,
    risk=Risk.READ,
    permission="ai:inquiry:read",
    args=GetMttrStatistics,
    handler=get_mttr_statistics,
    aliases=("get_mttr_stats",),
)
