"""The question what happened in one incident, in order."""

import re
from uuid import UUID

from pydantic import Field

from domain import incidents, timelines
from domain.database import Connection
from domain.errors import Refused
from domain.filters import Filter
from domain.found import Found
from domain.incidents import Incident
from domain.timelines import Event
from domain.windows import Window, stamp
from tools.arguments import LastDay, Services, owner, window_of
from tools.incidents import as_json
from tools.replies import Evidence, beyond, reply, shows_rows
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec


class GetIncidentTimeline(Args):
    incident: str | None = Field(None, description="Number like INC-12, or id")
    service: Services = Field((), description="Instead: the worst incident of this service in time_range")
    time_range: LastDay = None


async def get_incident_timeline(context: ToolContext, args: GetIncidentTimeline) -> ToolResult:
    refuse_unclear(args)
    window = None if args.incident else window_of(context, args.time_range)
    async with context.database.connection() as db:
        found = await find(db, context, args, window)
        events = await timeline(db, context, found.rows[0]) if found.rows else None
    told = events.rows if events else []
    total = told[0].events if told else 0
    shown = shows_rows(context)
    data: Json = {
        "incident": as_json(found.rows[0]) if found.rows and shown else None,
        "events": [event_json(event) for event in told] if shown else [],
        "events_total": total,
    }
    left_out = beyond(len(told), total, "events") if shown else None
    return reply(context, data, total, Evidence((found, events), window, left_out))


def refuse_unclear(args: GetIncidentTimeline) -> None:
    if not args.incident and not args.service:
        raise Refused(
            "Say which incident: its number like INC-12 or its id, or a service and a time range.",
            code="incident_missing",
        )
    if args.incident and (args.service or args.time_range):
        raise Refused(
            "Give either an incident, or a service and a time range, not both.",
            code="incident_or_service",
            alternative=f"leave out service and time_range to see {args.incident}",
        )


async def find(
    db: Connection, context: ToolContext, args: GetIncidentTimeline, window: Window | None
) -> Found[Incident]:
    chosen = Filter(services=args.service, window=window, owner=owner(context))
    if args.incident:
        return await incidents.find(db, chosen, reference(args.incident))
    return await incidents.worst(db, chosen, context.clock())


def reference(text: str) -> UUID | int:
    """`INC-12`, `inc-12` and `12` as 12, an id as an id. Raises Refused (`bad_incident`)."""
    number = re.fullmatch(r"(?:inc-)?([0-9]{1,18})", text.strip(), re.IGNORECASE)
    if number:
        return int(number[1])
    try:
        return UUID(text.strip())
    except ValueError as error:
        message = f"{text!r} is not an incident: write its number like INC-12, or its id."
        raise Refused(message, code="bad_incident", alternative="query_incidents lists them") from error


async def timeline(db: Connection, context: ToolContext, incident: Incident) -> Found[Event]:
    return await timelines.timeline(db, incident, Filter(owner=owner(context)), context.clock())


def event_json(event: Event) -> Json:
    return {
        "at": stamp(event.at),
        "kind": event.kind,
        "text": event.text,
        "service": event.service,
        "severity": event.severity,
        "id": event.id,
    }


GET_INCIDENT_TIMELINE = ToolSpec(
    name="get_incident_timeline",
    title="Incident timeline",
    description="What happened in one incident, in order: changes before it, alerts, resolution, postmortem.",
    pillars=frozenset({Pillar.INQUIRY, Pillar.TROUBLESHOOTING}),
    category=Category.INQUIRY,
    risk=Risk.READ,
    permission="ai:inquiry:read",
    args=GetIncidentTimeline,
    handler=get_incident_timeline,
    aliases=("get_timeline",),
)
