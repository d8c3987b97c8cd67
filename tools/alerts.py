"""Questions about alerts: which fired, and how many."""

from pydantic import AliasChoices, Field

from domain import alert_counts, alerts
from domain.alert_counts import Events
from domain.alerts import Alert, Page, Status
from domain.filters import Filter
from domain.periods import HOUR
from domain.windows import Window, stamp
from tools.arguments import (
    LAST_OFFSET,
    AlertNames,
    Environments,
    LastDay,
    Narrowed,
    Services,
    Severities,
    owner,
    window_of,
)
from tools.replies import Evidence, beyond, reply, shows_rows, stamped
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec


class QueryAlertsHistory(Narrowed):
    status: Status | None = Field(None, description="firing without time_range: every open alert, however old")
    limit: int = Field(100, ge=1, le=1000, description="Most alerts listed, newest first")
    offset: int = Field(0, ge=0, le=LAST_OFFSET, description="Skip so many")


async def query_alerts_history(context: ToolContext, args: QueryAlertsHistory) -> ToolResult:
    anytime = args.status == "firing" and args.time_range is None
    chosen = args.filter(None if anytime else window_of(context, args.time_range), owner(context))
    page = Page(status=args.status, limit=args.limit, offset=args.offset)
    async with context.database.connection() as db:
        totals = await alerts.totals(db, chosen)
        listed = await alerts.newest(db, chosen, page) if shows_rows(context) else None
    counts = totals.rows[0].of(args.status)
    rows = listed.rows if listed else []
    data: Json = {
        "total": counts.total,
        "by_severity": counts.by_severity,
        "by_status": by_status(totals.rows[0], args.status),
        "alerts": [as_json(alert) for alert in rows],
        "limit": args.limit,
        "offset": args.offset,
    }
    left_out = beyond(len(rows), counts.total, "alerts") if listed else None
    return reply(context, data, counts.total, Evidence((totals, listed), chosen.window, left_out))


def by_status(totals: alerts.Totals, asked: Status | None) -> dict[str, int]:
    statuses: tuple[Status, ...] = ("firing", "resolved")
    return {status: totals.of(status).total if asked in (None, status) else 0 for status in statuses}


def as_json(alert: Alert) -> Json:
    return {
        "id": str(alert.id),
        "name": alert.name,
        "service": alert.service,
        "severity": alert.severity,
        "status": alert.status,
        "starts_at": stamp(alert.starts_at),
        "ends_at": stamped(alert.ends_at),
        "duration_seconds": alert.duration_seconds,
        "summary": alert.summary,
        "environment": alert.environment,
        "team": alert.team,
        "instance": alert.instance,
    }


QUERY_ALERTS_HISTORY = ToolSpec(
    name="query_alerts_history",
    title="Alert history",
    description="Alerts that started in a time range: how many, by severity and status, and the newest of them.",
    pillars=frozenset({Pillar.INQUIRY, Pillar.TROUBLESHOOTING}),
    category=Category.INQUIRY,
    risk=Risk.READ,
    permission="ai:inquiry:read",
    args=QueryAlertsHistory,
    handler=query_alerts_history,
)


class EventFilters(Args):
    severity: Severities = ()
    alert_name: AlertNames = ()
    environment: Environments = ()


class GetEventCount(Args):
    service: Services = Field((), validation_alias=AliasChoices("service", "app_id"))
    time_range: LastDay = None
    filters: EventFilters = Field(EventFilters(), description="Which events count")


async def get_event_count(context: ToolContext, args: GetEventCount) -> ToolResult:
    window = window_of(context, args.time_range)
    chosen = Filter(
        services=args.service,
        severities=args.filters.severity,
        names=args.filters.alert_name,
        environments=args.filters.environment,
        window=window,
        owner=owner(context),
    )
    async with context.database.connection() as db:
        found = await alert_counts.events(db, chosen)
    events = found.rows[0]
    data: Json = {"total": events.total, "by_level": events.by_severity, "busiest": busiest(events, window)}
    return reply(context, data, events.total, Evidence((found,), window))


def busiest(events: Events, window: Window) -> Json | None:
    """The busiest two hours, as far as they lie in the window."""
    if events.busy_from is None:
        return None
    start, end = max(events.busy_from, window.start), min(events.busy_from + 2 * HOUR, window.end)
    return {"start": stamp(start), "end": stamp(end), "count": events.busy_count}


GET_EVENT_COUNT = ToolSpec(
    name="get_event_count",
    title="Count events",
    description="How many alert events a service had, by level, and its busiest two hours.",
    pillars=frozenset({Pillar.INQUIRY}),
    category=Category.INQUIRY,
    risk=Risk.READ,
    permission="ai:inquiry:read",
    args=GetEventCount,
    handler=get_event_count,
)
