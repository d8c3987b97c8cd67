"""Incidents of Grafana: mcp-grafana shows the plugin's failures as empty answers, so nothing empty is believed."""

import difflib
from dataclasses import replace
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from domain.errors import NotFound, SourceError
from tools.arguments import Many
from tools.grafana import replies
from tools.grafana.reach import reached, record, rows
from tools.grafana.reading import part, text
from tools.grafana.replies import answer, failed
from tools.sources.grafana import SOURCE, Grafana
from tools.spec import Args, Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec

Status: TypeAlias = Literal["active", "resolved"]
Title: TypeAlias = Annotated[str, Field(min_length=1, max_length=300)]
Severity: TypeAlias = Annotated[str, Field(min_length=1, max_length=60, description="As Grafana names it, like major")]
PAGES_PEOPLE = "Grafana may notify or page people when an incident is declared."
UNCHECKED = "mcp-grafana shows failures of the incident plugin as an empty list, and this one could not be checked"


class ListIncidents(Args):
    status: Status | None = None
    limit: int = Field(20, ge=1, le=100, description="Most incidents listed")


async def list_incidents(context: ToolContext, args: ListIncidents) -> ToolResult:
    grafana = context.resources.grafana
    if grafana is None:
        return replies.UNSET
    asked: Json = {"limit": args.limit} | ({"status": args.status} if args.status else {})
    found = record(await grafana.ask("list_incidents", asked))
    shown = [as_json(grafana, item) for item in rows(found, "incidents")]
    is_sure = bool(shown) or await grafana.incidents_answer()
    cut = f"only the newest {len(shown)} incidents are listed" if found.get("hasMore") else None
    query = replies.sent("list_incidents", asked)
    result = answer(context, {"incidents": shown}, query=query, found=len(shown), cut=cut)
    return result if is_sure else replace(result, status="truncated", cut=UNCHECKED)


def as_json(grafana: Grafana, item: Json) -> Json:
    number = text(item, "incidentId") or text(item, "incidentID")
    return {
        "id": number,
        "title": item.get("title"),
        "status": item.get("status"),
        "severity": item.get("severity"),
        "created_at": item.get("createdTime"),
        "modified_at": item.get("modifiedTime"),
        "url": link(grafana, number),
    }


def link(grafana: Grafana, number: str) -> str:
    return grafana.link(f"/a/grafana-irm-app/incidents/{number}")


class CreateIncident(Args):
    title: Title
    severity: Severity
    status: Status = "active"
    labels: Annotated[Many, Field(description="Label or labels", max_length=50)] = ()
    room_prefix: str = Field("incident", pattern=r"^[a-z0-9-]{1,20}$", description="Begins the name of its chat room")
    is_drill: bool = False


async def preview_create(context: ToolContext, args: CreateIncident) -> Preview:
    """Raises SourceError when the incident plugin does not answer."""
    grafana = reached(context)
    await grafana.incidents_answer()
    found = await active(grafana)
    same = [item for item in found if text(item, "title").casefold() == args.title.casefold()]
    already = f"{len(same)} active incident{'s' if len(same) > 1 else ''} already named so: {ids(same)}" if same else ""
    lines = (
        f"Title: {args.title}",
        f"Severity: {args.severity}",
        f"Status: {args.status}",
        f"Labels: {', '.join(args.labels) or 'none'}",
        f"Drill: {'yes' if args.is_drill else 'no'}",
    )
    details = args.model_dump(mode="json")
    warnings = tuple(filter(None, (PAGES_PEOPLE, already)))
    return Preview(title=f"Declare incident {args.title!r}", lines=lines, details=details, warnings=warnings)


async def active(grafana: Grafana) -> list[Json]:
    return rows(await grafana.ask("list_incidents", {"status": "active", "limit": 100}), "incidents")


def ids(found: list[Json]) -> str:
    return ", ".join(text(item, "incidentId") for item in found)


async def create_incident(context: ToolContext, args: CreateIncident) -> ToolResult:
    grafana = context.resources.grafana
    if grafana is None:
        return replies.UNSET
    asked: Json = {
        "title": args.title,
        "severity": args.severity,
        "status": args.status,
        "roomPrefix": args.room_prefix,
        "isDrill": args.is_drill,
        "labels": [{"label": label} for label in args.labels],
    }
    query = replies.sent("create_incident", asked)
    number = text(part(await grafana.change("create_incident", asked)), "incidentID")
    if not number:
        said = "Grafana answered without the id of an incident: it refused or failed and mcp-grafana does not say which"
        return failed(context, said, query=query, is_uncertain=True)
    resource = {"type": "incident", "id": number, "name": args.title, "url": link(grafana, number)}
    return replies.made(context, resource, query, status=args.status, severity=args.severity)


class UpdateIncident(Args):
    incident_id: str = Field(min_length=1, max_length=100)
    title: Title | None = None
    severity: Severity | None = None
    status: Status | None = None

    @model_validator(mode="after")
    def changes_something(self) -> "UpdateIncident":
        if not self.changes():
            raise ValueError("name what changes: title, severity or status")
        return self

    def changes(self) -> dict[str, str]:
        wanted = {"title": self.title, "severity": self.severity, "status": self.status}
        return {name: value for name, value in wanted.items() if value is not None}


async def preview_update(context: ToolContext, args: UpdateIncident) -> Preview:
    """Raises NotFound when there is no such incident."""
    now = await incident_of(reached(context), args.incident_id)
    before = [f"{name}: {text(now, name)}" for name in ("title", "severity", "status")]
    changed = {name: text(now, name) for name in ("title", "severity", "status")} | args.changes()
    after = [f"{name}: {value}" for name, value in changed.items()]
    diff = "\n".join(difflib.unified_diff(before, after, "now", "after", lineterm=""))
    lines = tuple(f"{name}: {text(now, name)} becomes {value}" for name, value in args.changes().items())
    warnings = () if diff else ("It is already so: nothing would change.",)
    details = args.model_dump(mode="json", exclude_none=True)
    title = f"Change incident {text(now, 'title')!r}"
    return Preview(title=title, lines=lines, diff=diff, details=details, warnings=warnings)


async def incident_of(grafana: Grafana, number: str) -> Json:
    """The incident as it is now. Raises NotFound, and SourceError when Grafana does not say."""
    try:
        found = record(await grafana.ask("get_incident", {"id": number}))
    except SourceError as error:
        if error.status == 404:
            raise NotFound(f"Grafana has no incident {number!r}.") from error
        raise
    if text(found, "incidentID") != number:
        await grafana.incidents_answer()
        raise SourceError(f"Grafana did not show incident {number!r}", source=SOURCE)
    return found


async def update_incident(context: ToolContext, args: UpdateIncident) -> ToolResult:
    """Each field is a request of its own over there, and a failed one may look like a success: the incident is read
    again whatever the answer was, and what it then says is what happened."""
    grafana = context.resources.grafana
    if grafana is None:
        return replies.UNSET
    asked: Json = {"incidentId": args.incident_id, **args.changes()}
    query = replies.sent("update_incident", asked)
    lost: SourceError | None = None
    try:
        await grafana.change("update_incident", asked)
    except SourceError as error:
        lost = error
    try:
        now = await incident_of(grafana, args.incident_id)
    except (SourceError, NotFound) as error:
        said = f"whether the incident was changed is not known: {lost or error}"
        return failed(context, said, query=query, is_uncertain=lost is None or lost.is_uncertain)
    undone = {name: text(now, name) for name, value in args.changes().items() if text(now, name) != value}
    if undone:
        still = ", ".join(f"{name} is still {value!r}" for name, value in undone.items())
        said = f"the incident was not changed as asked: {still}{f' ({lost})' if lost else ''}"
        return failed(context, said, query=query, is_uncertain=lost is not None and lost.is_uncertain)
    title = text(now, "title")
    resource = {"type": "incident", "id": args.incident_id, "name": title, "url": link(grafana, args.incident_id)}
    return replies.made(context, resource, query, status=text(now, "status"), severity=text(now, "severity"))


LIST_INCIDENTS = ToolSpec(
    name="list_incidents",
    title="Grafana incidents",
    description="Incidents declared in Grafana, newest first.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.READ,
    permission="ai:revive:grafana:incident:read",
    args=ListIncidents,
    handler=list_incidents,
    source=SOURCE,
    deadline_seconds=30,
)
CREATE_INCIDENT = ToolSpec(
    name="create_incident",
    title="Declare an incident",
    description="Declare an incident in Grafana; this may page people.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.CREATE,
    permission="ai:revive:grafana:incident:create",
    args=CreateIncident,
    handler=create_incident,
    preview=preview_create,
    source=SOURCE,
    idempotent=False,
    deadline_seconds=35,
)
UPDATE_INCIDENT = ToolSpec(
    name="update_incident",
    title="Change an incident",
    description="Change title, severity or status of an incident in Grafana, for example resolve it.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.UPDATE,
    permission="ai:revive:grafana:incident:update",
    args=UpdateIncident,
    handler=update_incident,
    preview=preview_update,
    source=SOURCE,
    idempotent=False,
    deadline_seconds=60,
)
TOOLS = (LIST_INCIDENTS, CREATE_INCIDENT, UPDATE_INCIDENT)
