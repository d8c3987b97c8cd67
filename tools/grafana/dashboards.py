"""Dashboards: found, looked at, and deleted; making and changing them stands beside this."""

from pydantic import Field

from domain.errors import NotFound, SourceError
from tools.grafana import board
from tools.grafana.dashboard_edits import UPDATE_DASHBOARD
from tools.grafana.new_dashboards import CREATE_DASHBOARD
from tools.grafana.panel_arguments import Uid
from tools.grafana.reach import SOURCE, ask, not_done, reached, ready, record, rows, unsure
from tools.grafana.reading import counted, text
from tools.grafana.replies import answer, made, sent
from tools.grafana.stored import Stored, stored
from tools.sources.grafana import Grafana
from tools.spec import Args, Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec

PERMISSION = "ai:revive:grafana:dashboard:"


class SearchDashboards(Args):
    query: str = Field("", max_length=200, description="Words of the title; empty: all")
    tags: tuple[str, ...] = Field((), description="All of these")
    limit: int = Field(20, ge=1, le=100)


async def search_dashboards(context: ToolContext, args: SearchDashboards) -> ToolResult:
    grafana = reached(context)
    asked: Json = {"limit": args.limit}
    asked |= {"query": args.query} if args.query else {}
    asked |= {"tag": list(args.tags)} if args.tags else {}
    page = record(await ask(grafana, "search_dashboards", asked))
    hits = [hit_json(grafana, hit) for hit in rows(page, "dashboards")]
    cut = f"only the first {args.limit} are listed" if page.get("hasMore") else None
    data = {"dashboards": hits, "listed": len(hits)}
    return answer(context, data, query=sent("search_dashboards", asked), found=len(hits), cut=cut)


def hit_json(grafana: Grafana, hit: Json) -> Json:
    return {
        "uid": text(hit, "uid"),
        "title": text(hit, "title"),
        "folder": text(hit, "folderTitle") or "General",
        "tags": hit.get("tags") or [],
        "url": grafana.link(text(hit, "url")),
    }


SEARCH_DASHBOARDS = ToolSpec(
    name="search_dashboards",
    title="Dashboards",
    description="Grafana dashboards by title and tags.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.READ,
    permission=PERMISSION + "read",
    args=SearchDashboards,
    handler=search_dashboards,
    source=SOURCE,
    deadline_seconds=20,
)


class GetDashboardByUid(Args):
    uid: Uid
    full: bool = Field(False, description="The whole JSON, not the summary")


async def get_dashboard_by_uid(context: ToolContext, args: GetDashboardByUid) -> ToolResult:
    kept = await stored(reached(context), args.uid)
    data = summary(kept) | ({"json": kept.json} if args.full else {})
    return answer(context, data, query=sent("get_dashboard_by_uid", {"uid": args.uid}), found=1)


def summary(kept: Stored) -> Json:
    return {
        "uid": kept.uid,
        "title": kept.title,
        "version": kept.version,
        "folder": kept.folder,
        "folder_uid": kept.folder_uid,
        "tags": kept.json.get("tags") or [],
        "updated": kept.updated,
        "updated_by": kept.updated_by,
        "url": kept.link,
        "panels": board.summaries(kept.json),
        "variables": board.variables(kept.json),
    }


GET_DASHBOARD_BY_UID = ToolSpec(
    name="get_dashboard_by_uid",
    title="One dashboard",
    description="A dashboard's panels with their expressions, its variables, version and folder.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.READ,
    permission=PERMISSION + "read",
    args=GetDashboardByUid,
    handler=get_dashboard_by_uid,
    source=SOURCE,
    deadline_seconds=20,
)


class DeleteDashboard(Args):
    uid: Uid
    version: int | None = Field(None, ge=0, description="As last read; left out: the newest")


async def settle_delete(context: ToolContext, args: DeleteDashboard) -> DeleteDashboard:
    """The version that a person will see is the one that may go."""
    if args.version is not None:
        return args
    return args.model_copy(update={"version": (await stored(reached(context), args.uid)).version})


async def preview_delete(context: ToolContext, args: DeleteDashboard) -> Preview:
    kept = await stored(reached(context), args.uid)
    kept.refuse_other(args.version)
    kept.refuse_provisioned()
    panels = [panel["title"] or "untitled" for panel in board.summaries(kept.json)]
    return Preview(
        title=f"Delete the dashboard {kept.title!r} from folder {kept.folder}",
        lines=(
            f"It has {counted(len(panels), 'panel')}: {', '.join(panels)}" if panels else "It has no panels",
            f"It stands at {kept.last_change}",
            kept.link,
        ),
        details={"title": kept.title, "panels": panels, "folder": kept.folder},
        warnings=("Its versions go with it: only a copy of its JSON can bring it back.",),
    )


async def delete_dashboard(context: ToolContext, args: DeleteDashboard) -> ToolResult:
    args = await ready(context, args, settle_delete, preview_delete)
    grafana = reached(context)
    query = f"DELETE /api/dashboards/uid/{args.uid}"
    try:
        kept = await stored(grafana, args.uid)
    except NotFound as error:
        return not_done(context, f"{error} Somebody may have deleted it meanwhile.", query)
    if args.version is not None and kept.version != args.version:
        return not_done(context, kept.changed_since(args.version) + " It was not deleted.", query)
    try:
        await grafana.delete_dashboard(args.uid)
    except SourceError as error:
        if error.status != 404:
            raise
        return not_done(context, f"The dashboard {kept.title!r} was deleted by someone else meanwhile.", query)
    return await gone(context, grafana, kept, query)


async def gone(context: ToolContext, grafana: Grafana, kept: Stored, query: str) -> ToolResult:
    """The result of a deletion that Grafana reported as done: ok only when the dashboard cannot be found any more."""
    try:
        await stored(grafana, kept.uid)
    except NotFound:
        resource = {"type": "dashboard", "uid": kept.uid, "name": kept.title}
        return made(context, resource, query, deleted=True, folder=kept.folder)
    except SourceError as error:
        text = f"Grafana said it deleted {kept.title!r}, but whether it is gone could not be read: {error}"
        return unsure(context, text, query, kept.resource)
    return unsure(
        context, f"Grafana said it deleted {kept.title!r}, but it is still there: {kept.link}", query, kept.resource
    )


DELETE_DASHBOARD = ToolSpec(
    name="delete_dashboard",
    title="Delete a dashboard",
    description="Delete one dashboard for good.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.DELETE,
    permission=PERMISSION + "delete",
    args=DeleteDashboard,
    handler=delete_dashboard,
    settle=settle_delete,
    preview=preview_delete,
    source=SOURCE,
    idempotent=False,
    deadline_seconds=40,
)

TOOLS = (SEARCH_DASHBOARDS, GET_DASHBOARD_BY_UID, CREATE_DASHBOARD, UPDATE_DASHBOARD, DELETE_DASHBOARD)
