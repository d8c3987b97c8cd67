"""Annotations: marks on Grafana's graphs that say what happened when."""

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

from pydantic import AliasChoices, AwareDatetime, Field, model_validator

from domain.errors import Refused, SourceError
from domain.windows import Window, stamp
from tools.arguments import Many
from tools.grafana import replies
from tools.grafana.reach import reached, record, rows
from tools.grafana.reading import part
from tools.grafana.replies import answer, failed, from_milliseconds, milliseconds
from tools.sources.grafana import SOURCE, Grafana
from tools.spec import Args, Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec

Tags: TypeAlias = Annotated[Many, Field(description="Tag or tags", max_length=50)]


class CreateAnnotation(Args):
    text: str = Field(min_length=1, max_length=10_000)
    tags: Tags = ()
    time: AwareDatetime | None = Field(None, description="Default: the moment it is made")
    time_end: AwareDatetime | None = Field(None, description="Makes it a region")
    dashboard_uid: str | None = Field(None, max_length=100, description="Default: shown by its tags everywhere")
    panel_id: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def hangs_together(self) -> "CreateAnnotation":
        if self.panel_id is not None and self.dashboard_uid is None:
            raise ValueError("panel_id needs the dashboard_uid it is on")
        if self.time_end is not None and (self.time is None or self.time_end < self.time):
            raise ValueError("time_end needs a time that is not after it")
        return self


async def preview(context: ToolContext, args: CreateAnnotation) -> Preview:
    """Raises Refused when there is no such dashboard or panel."""
    grafana = reached(context)
    when = stamp(args.time) if args.time else "the moment it is made"
    until = f" to {stamp(args.time_end)}" if args.time_end else ""
    where = await place(grafana, args) if args.dashboard_uid else "every dashboard that shows these tags"
    lines = (f"Text: {args.text}", f"Time: {when}{until}", f"Where: {where}", f"Tags: {', '.join(args.tags) or 'none'}")
    return Preview(title=f"Annotate {where}", lines=lines, details=args.model_dump(mode="json", exclude_none=True))


async def place(grafana: Grafana, args: CreateAnnotation) -> str:
    try:
        board = record(await grafana.ask("get_dashboard_summary", {"uid": args.dashboard_uid}))
    except SourceError as error:
        if error.status == 404:
            raise Refused(
                f"Grafana has no dashboard {args.dashboard_uid!r}.",
                code="not_found",
                alternative="search_dashboards finds it by its title.",
            ) from error
        raise
    name = f"dashboard {board.get('title') or args.dashboard_uid}"
    if args.panel_id is None:
        return name
    panels = {panel.get("id"): panel.get("title") for panel in rows(board.get("panels"))}
    if args.panel_id not in panels:
        known = ", ".join(f"{key} ({title})" for key, title in panels.items()) or "none"
        raise Refused(f"The {name} has no panel {args.panel_id}.", code="not_found", alternative=f"Panels: {known}.")
    return f"panel {panels[args.panel_id] or args.panel_id} of {name}"


async def create_annotation(context: ToolContext, args: CreateAnnotation) -> ToolResult:
    grafana = context.resources.grafana
    if grafana is None:
        return replies.UNSET
    time = args.time or context.clock()
    asked: Json = {"text": args.text, "tags": list(args.tags), "time": milliseconds(time)}
    asked |= {"timeEnd": milliseconds(args.time_end)} if args.time_end else {}
    asked |= {"dashboardUid": args.dashboard_uid} if args.dashboard_uid else {}
    asked |= {"panelId": args.panel_id} if args.panel_id else {}
    query = replies.sent("create_annotation", asked)
    number = part(await grafana.change("create_annotation", asked), "Payload").get("id")
    if not isinstance(number, int) or number <= 0:
        said = "Grafana answered without the number of an annotation, so it may have been made or not"
        return failed(context, said, query=query, is_uncertain=True)
    url = grafana.link(f"/d/{args.dashboard_uid}") if args.dashboard_uid else None
    return replies.made(context, {"type": "annotation", "id": number, "name": args.text[:80], "url": url}, query)


class ListAnnotations(Args):
    start: AwareDatetime | None = Field(
        None, validation_alias=AliasChoices("from", "start"), description="Default: however old"
    )
    end: AwareDatetime | None = Field(
        None, validation_alias=AliasChoices("to", "end"), description="Default: however new"
    )
    tags: Tags = ()
    dashboard_uid: str | None = Field(None, max_length=100)
    limit: int = Field(100, ge=1, le=1000, description="Most annotations listed, newest first")


async def list_annotations(context: ToolContext, args: ListAnnotations) -> ToolResult:
    grafana = context.resources.grafana
    if grafana is None:
        return replies.UNSET
    asked: Json = {"limit": args.limit + 1}
    asked |= {"from": milliseconds(args.start)} if args.start else {}
    asked |= {"to": milliseconds(args.end or context.clock())} if args.start or args.end else {}
    asked |= {"tags": list(args.tags)} if args.tags else {}
    asked |= {"dashboardUid": args.dashboard_uid} if args.dashboard_uid else {}
    found = rows(await grafana.ask("get_annotations", asked), "Payload")
    shown = [as_json(grafana, item) for item in found[: args.limit]]
    cut = f"only the newest {args.limit} annotations are listed" if len(found) > args.limit else None
    query = replies.sent("get_annotations", asked)
    return replace(
        answer(context, {"annotations": shown}, query=query, found=len(shown), cut=cut), window=window_of(context, args)
    )


def window_of(context: ToolContext, args: ListAnnotations) -> Window | None:
    end = args.end or context.clock()
    return Window(args.start, end) if args.start and args.start < end else None


def as_json(grafana: Grafana, item: Json) -> Json:
    board: Any = item.get("dashboardUID")
    return {
        "id": item.get("id"),
        "text": item.get("text"),
        "tags": item.get("tags") or [],
        "time": from_milliseconds(item.get("time")),
        "time_end": from_milliseconds(item.get("timeEnd")),
        "dashboard_uid": board or None,
        "panel_id": item.get("panelId") or None,
        "author": item.get("login") or None,
        "url": grafana.link(f"/d/{board}") if board else None,
    }


CREATE_ANNOTATION = ToolSpec(
    name="create_annotation",
    title="Annotate a graph",
    description="Mark a moment or a span on Grafana's graphs with a text and tags.",
    pillars=frozenset({Pillar.TROUBLESHOOTING, Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.CREATE,
    permission="ai:revive:grafana:annotation:create",
    args=CreateAnnotation,
    handler=create_annotation,
    preview=preview,
    source=SOURCE,
    idempotent=False,
    deadline_seconds=35,
)
LIST_ANNOTATIONS = ToolSpec(
    name="list_annotations",
    title="Annotations",
    description="Annotations of Grafana's graphs by time, tags (all of them) or dashboard.",
    pillars=frozenset(Pillar),
    category=Category.GRAFANA,
    risk=Risk.READ,
    permission="ai:revive:grafana:annotation:read",
    args=ListAnnotations,
    handler=list_annotations,
    source=SOURCE,
    deadline_seconds=20,
    aliases=("get_annotations",),
)
TOOLS = (CREATE_ANNOTATION, LIST_ANNOTATIONS)
