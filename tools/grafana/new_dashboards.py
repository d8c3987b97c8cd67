"""New dashboards: every expression parsed, its metrics found and tried before anybody is asked."""

from pydantic import Field

from domain.errors import Refused, SourceError
from tools.grafana import board
from tools.grafana.metrics import metrics_of
from tools.grafana.panel_arguments import MOST_PANELS, Panel, Title
from tools.grafana.reach import SOURCE, change, folder, folder_title, not_done, prometheus, reached, ready
from tools.grafana.reading import counted
from tools.grafana.stored import (
    CONFLICTS,
    concrete,
    examined,
    panel_lines,
    panel_warnings,
    refuse_namesake,
    refuse_open,
    verified,
)
from tools.spec import Args, Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec


class CreateDashboard(Args):
    title: Title
    panels: tuple[Panel, ...] = Field(min_length=1, max_length=MOST_PANELS)
    folder: str | None = Field(None, max_length=200, description="Title or uid; default: General")
    tags: tuple[str, ...] = Field((), max_length=20)
    datasource: str | None = Field(None, description="Prometheus name or uid; default: the default one")
    message: str | None = Field(None, max_length=500, description="For the version history")


async def settle(context: ToolContext, args: CreateDashboard) -> CreateDashboard:
    """Wishes become expressions, the folder and the datasource their uids."""
    grafana = reached(context)
    source, where = await prometheus(grafana, args.datasource), await folder(grafana, args.folder)
    metrics = await metrics_of(context, source)
    panels = tuple([await concrete(metrics, panel) for panel in args.panels])
    return args.model_copy(update={"panels": panels, "datasource": source.uid, "folder": where.uid or None})


async def preview(context: ToolContext, args: CreateDashboard) -> Preview:
    grafana = reached(context)
    source = await prometheus(grafana, args.datasource)
    place = await folder_title(grafana, args.folder or "")
    await refuse_namesake(grafana, args.title, args.folder or "")
    metrics = await metrics_of(context, source)
    parts = [(panel, await examined(metrics, panel)) for panel in args.panels]
    lines = [line for number, (panel, tried) in enumerate(parts, start=1) for line in panel_lines(number, panel, tried)]
    return Preview(
        title=f"Create the dashboard {args.title!r} in folder {place}",
        lines=(f"{counted(len(args.panels), 'panel')} on {source.name}:", *lines),
        details={"title": args.title, "panels": [panel.title for panel in args.panels], "folder": place},
        warnings=tuple(warning for panel, tried in parts for warning in panel_warnings(panel, tried)),
    )


async def create_dashboard(context: ToolContext, args: CreateDashboard) -> ToolResult:
    args = await ready(context, args, settle, preview)
    refuse_open(args.panels)
    grafana = reached(context)
    source = await prometheus(grafana, args.datasource)
    body = board.new(args.title, args.panels, args.tags, source)
    query = f"update_dashboard (new) {args.title!r}"
    sent: Json = {"dashboard": body, "overwrite": False, "message": args.message or "Created through Trivium"}
    try:
        await refuse_namesake(grafana, args.title, args.folder or "")
        saved = await change(grafana, "update_dashboard", sent | ({"folderUid": args.folder} if args.folder else {}))
    except Refused as error:
        return not_done(context, f"{error} Nothing was created.", query)
    except SourceError as error:
        if error.status not in CONFLICTS:
            raise
        text = f"There already is a dashboard {args.title!r} in that folder; nothing was created."
        return not_done(context, text, query)
    return await verified(context, grafana, body, saved, query)


CREATE_DASHBOARD = ToolSpec(
    name="create_dashboard",
    title="Create a dashboard",
    description="Create a Grafana dashboard; a panel is PromQL, or a wish (cpu, memory, error rate) for a service.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.CREATE,
    permission="ai:revive:grafana:dashboard:create",
    args=CreateDashboard,
    handler=create_dashboard,
    settle=settle,
    preview=preview,
    source=SOURCE,
    idempotent=False,
    deadline_seconds=40,
)
