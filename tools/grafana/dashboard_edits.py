"""Changes of dashboards: built on the version a person has seen, and refused when it is not the newest any more."""

import copy
from collections.abc import Iterator
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, Field

from domain.errors import Refused, SourceError
from tools.grafana import board
from tools.grafana.metrics import metrics_of
from tools.grafana.panel_arguments import MOST_PANELS, Panel, Replacement, Title, Uid
from tools.grafana.reach import SOURCE, change, listing, not_done, prometheus, reached, ready
from tools.grafana.reading import items, part, text
from tools.grafana.stored import (
    CONFLICTS,
    Stored,
    concrete,
    examined,
    panel_lines,
    panel_warnings,
    refuse_namesake,
    refuse_open,
    stored,
    verified,
)
from tools.sources.grafana import Datasource
from tools.spec import Args, Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec

HAND_MADE = ("transformations", "links", "repeat", "libraryPanel")
UNUSED = Datasource(uid="", name="", kind="", is_default=False)
NOTHING_ASKED = "Nothing to change was given: title, tags, add_panels, remove_panels or replace_panels."


def as_texts(value: object) -> object:
    """Panel ids may come as numbers."""
    if not isinstance(value, list | tuple):
        return value
    return [str(item) if isinstance(item, int) else item for item in cast("list[object]", value)]


class UpdateDashboard(Args):
    uid: Uid
    version: int | None = Field(None, ge=0, description="As last read; left out: the newest")
    title: Title | None = None
    tags: tuple[str, ...] | None = Field(None, max_length=20, description="All tags it will have")
    add_panels: tuple[Panel, ...] = Field((), max_length=MOST_PANELS)
    remove_panels: Annotated[
        tuple[str, ...], BeforeValidator(as_texts), Field(max_length=MOST_PANELS, description="By title or id")
    ] = ()
    replace_panels: tuple[Replacement, ...] = Field((), max_length=MOST_PANELS)
    datasource: str | None = Field(None, description="Prometheus name or uid of new panels; default: the default one")
    message: str | None = Field(None, max_length=500, description="For the version history")

    @property
    def new_panels(self) -> list[Panel]:
        return [*(item.new for item in self.replace_panels), *self.add_panels]

    @property
    def asks_something(self) -> bool:
        return bool(self.title or self.tags is not None or self.remove_panels or self.new_panels)


async def settle(context: ToolContext, args: UpdateDashboard) -> UpdateDashboard:
    """Wishes become expressions, and a missing version the one that stands."""
    grafana = reached(context)
    given: Json = {}
    if args.version is None:
        given["version"] = (await stored(grafana, args.uid)).version
    if args.new_panels:
        source = await prometheus(grafana, args.datasource)
        metrics = await metrics_of(context, source)
        given |= {
            "datasource": source.uid,
            "add_panels": tuple([await concrete(metrics, panel) for panel in args.add_panels]),
            "replace_panels": tuple(
                [item.model_copy(update={"new": await concrete(metrics, item.new)}) for item in args.replace_panels]
            ),
        }
    return args.model_copy(update=given)


async def preview(context: ToolContext, args: UpdateDashboard) -> Preview:
    grafana = reached(context)
    now = await stored(grafana, args.uid)
    now.refuse_other(args.version)
    refuse_unchangeable(now, args)
    if args.title:
        await refuse_namesake(grafana, args.title, now.folder_uid, now.uid)
    then = await changed(context, now, args)
    if then == now.json:
        raise Refused(f"The dashboard {now.title!r} already is as asked.", code="invalid_arguments")
    lines, warnings = await tried(context, args)
    panels = [panel["title"] for panel in board.summaries(then)]
    return Preview(
        title=f"Change the dashboard {now.title!r} in folder {now.folder}",
        lines=(f"From version {now.version} on: {now.link}", *lines),
        diff=board.diff(board.outline(now.json), board.outline(then), now.title),
        details={"title": then["title"], "panels": panels, "folder": now.folder},
        warnings=(*hand_made(now.json, args), *warnings),
    )


def refuse_unchangeable(now: Stored, args: UpdateDashboard) -> None:
    now.refuse_provisioned()
    if not args.asks_something:
        raise Refused(NOTHING_ASKED, code="invalid_arguments")
    if now.is_v2:
        raise Refused(
            f"The dashboard {now.title!r} is kept in Grafana's second schema, which Trivium reads but does not change.",
            code="not_changeable",
            alternative=f"Change it in Grafana: {now.link}.",
        )


async def tried(context: ToolContext, args: UpdateDashboard) -> tuple[list[str], list[str]]:
    """What each new panel gives now, as lines and warnings."""
    if not args.new_panels:
        return [], []
    metrics = await metrics_of(context, await prometheus(reached(context), args.datasource))
    parts = [(panel, await examined(metrics, panel)) for panel in args.new_panels]
    lines = [line for number, (panel, found) in enumerate(parts, start=1) for line in panel_lines(number, panel, found)]
    return lines, [warning for panel, found in parts for warning in panel_warnings(panel, found)]


async def update_dashboard(context: ToolContext, args: UpdateDashboard) -> ToolResult:
    args = await ready(context, args, settle, preview)
    refuse_open(args.new_panels)
    grafana = reached(context)
    query = f"update_dashboard {args.uid} from version {args.version}"
    try:
        now = await stored(grafana, args.uid)
        now.refuse_other(args.version)
        refuse_unchangeable(now, args)
        then = await changed(context, now, args)
    except Refused as error:
        return not_done(context, f"{error} Nothing was changed.", query)
    sent = {"dashboard": then, "overwrite": False, "message": args.message or "Changed through Trivium"}
    try:
        saved = await change(
            grafana, "update_dashboard", sent | ({"folderUid": now.folder_uid} if now.folder_uid else {})
        )
    except SourceError as error:
        if error.status not in CONFLICTS:
            raise
        return not_done(context, await conflict(context, now, error), query)
    return await verified(context, grafana, then, saved, query)


async def conflict(context: ToolContext, now: Stored, error: SourceError) -> str:
    """Why Grafana did not take the change: somebody was quicker, or the title is taken."""
    try:
        newest = await stored(reached(context), now.uid)
    except (Refused, SourceError):
        return f"Grafana did not take the change, and nothing was changed: {error}"
    if newest.version != now.version:
        return f"{newest.changed_since(now.version)} Nothing was changed by this."
    return f"Grafana did not take the change, and nothing was changed: {error}"


async def changed(context: ToolContext, now: Stored, args: UpdateDashboard) -> Json:
    """The dashboard as it will be saved. Raises Refused when a panel that is named is not there."""
    source = await prometheus(reached(context), args.datasource) if args.new_panels else UNUSED
    return edited(now.json | {"version": now.version}, args, source)


def edited(body: Json, args: UpdateDashboard, source: Datasource) -> Json:
    """`body` with the changes of `args`; what they do not speak of stays as it is."""
    then = copy.deepcopy(body)
    then |= {"title": args.title} if args.title else {}
    then |= {"tags": list(args.tags)} if args.tags is not None else {}
    number = max((identity(panel) for panel in every_panel(then)), default=0) + 1
    for item in args.replace_panels:
        home, place = located(then, item.panel)
        old = cast("Json", home[place])
        home[place] = board.drawn(item.new, identity(old) or number, part(old, "gridPos"), source)
        number += 1
    for name in args.remove_panels:
        home, place = located(then, name)
        del home[place]
    below = max((bottom(panel) for panel in items(then, "panels")), default=0)
    added = [
        board.drawn(panel, number + place, board.place(place, below), source)
        for place, panel in enumerate(args.add_panels)
    ]
    return then | {"panels": [*(then.get("panels") or []), *added]}


def every_panel(body: Json) -> Iterator[Json]:
    for panel in items(body, "panels"):
        yield panel
        yield from items(panel, "panels")


def identity(panel: Json) -> int:
    found = panel.get("id")
    return found if isinstance(found, int) else 0


def bottom(panel: Json) -> int:
    square = part(panel, "gridPos")
    return int(square.get("y") or 0) + int(square.get("h") or 0)


def located(body: Json, name: str) -> tuple[list[Any], int]:
    """The list that holds the panel with this id or title, and its place. Raises Refused for none or several."""
    homes = [home for home in (body.get("panels"), *(row.get("panels") for row in items(body, "panels"))) if home]
    places = [
        (home, place, cast("Json", panel))
        for home in cast("list[list[Any]]", homes)
        for place, panel in enumerate(home)
        if isinstance(panel, dict) and cast("Json", panel).get("type") != "row"
    ]
    by_id = [(home, place) for home, place, panel in places if str(panel.get("id")) == name]
    titled = [(home, place) for home, place, panel in places if text(panel, "title").casefold() == name.casefold()]
    found = by_id or titled
    if len(found) == 1:
        return found[0]
    known = [f"{text(panel, 'title') or 'untitled'} (id {panel.get('id')})" for _, _, panel in places]
    raise Refused(
        f"The dashboard has {len(found) or 'no'} panel{'s' if found else ''} {name!r}.",
        code="invalid_arguments",
        alternative=f"Its panels are {listing(known, most=MOST_PANELS)}." if known else None,
    )


def hand_made(body: Json, args: UpdateDashboard) -> Iterator[str]:
    """A replaced panel loses what somebody gave it by hand."""
    for item in args.replace_panels:
        home, place = located(body, item.panel)
        old = cast("Json", home[place])
        lost = [name for name in HAND_MADE if old.get(name)]
        lost += ["overrides"] if items(old, "fieldConfig", "overrides") else []
        if lost:
            yield f"{item.panel}: the new panel does not take over its {listing(lost)}"


UPDATE_DASHBOARD = ToolSpec(
    name="update_dashboard",
    title="Change a dashboard",
    description="Change a Grafana dashboard's title, tags or panels; what is not named stays.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.UPDATE,
    permission="ai:revive:grafana:dashboard:update",
    args=UpdateDashboard,
    handler=update_dashboard,
    settle=settle,
    preview=preview,
    source=SOURCE,
    idempotent=False,
    deadline_seconds=40,
)
