"""Dashboards as Grafana holds them now, and whether what was saved is what was meant."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.errors import Refused, SourceError
from tools.grafana import board, wishes
from tools.grafana.metrics import Examined, Metrics
from tools.grafana.panel_arguments import Panel
from tools.grafana.panels import says_more
from tools.grafana.reach import ask, missing, record, rows, unsure
from tools.grafana.reading import part, text
from tools.grafana.replies import made
from tools.grafana.wishes import Words
from tools.sources.grafana import Grafana
from tools.spec import Json, ToolContext, ToolResult

CONFLICTS = (409, 412)
TRANSLATABLE = ("unknown_wish", "nothing_to_show")
PAGE, PAGES = 100, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One dashboard. `is_v2` is kept in Grafana's second schema, `is_provisioned` comes from a file."""

    uid: str
    title: str
    version: int
    folder_uid: str
    folder: str
    link: str
    updated: str
    updated_by: str
    is_v2: bool
    is_provisioned: bool
    json: Json

    @property
    def last_change(self) -> str:
        by = f" by {self.updated_by}" if self.updated_by else ""
        return f"version {self.version}" + (f", last changed {self.updated}{by}" if self.updated else "")

    @property
    def resource(self) -> Json:
        return {"type": "dashboard", "uid": self.uid, "name": self.title, "url": self.link}

    def changed_since(self, version: int) -> str:
        by = f" by {self.updated_by}" if self.updated_by else ""
        return f"The dashboard {self.title!r} was changed{by} since: version {version} is now {self.version}."

    def refuse_other(self, version: int | None) -> None:
        """Raises Refused unless this is the version that was read."""
        if version is None:
            raise Refused(
                f"Read the dashboard {self.title!r} first: it is at version {self.version}.",
                code="invalid_arguments",
                alternative=f"Send version={self.version} with the change.",
            )
        if version != self.version:
            raise Refused(
                self.changed_since(version), code="conflict", alternative="Read it again and change what is there now."
            )

    def refuse_provisioned(self) -> None:
        """Raises Refused when Grafana takes it from a file, and would not keep a change."""
        if self.is_provisioned:
            raise Refused(
                f"The dashboard {self.title!r} is provisioned from a file, so Grafana does not let it be changed.",
                code="not_changeable",
                alternative="Change the file it comes from, or save a copy under another title.",
            )


async def stored(grafana: Grafana, uid: str) -> Stored:
    """The dashboard with this uid as it stands. Raises NotFound, SourceError."""
    try:
        answer = record(await ask(grafana, "get_dashboard_by_uid", {"uid": uid}))
    except SourceError as error:
        raise missing(error, "dashboard", uid) from error
    body, meta = part(answer, "dashboard"), part(answer, "meta")
    return Stored(
        uid=uid,
        title=text(body, "title"),
        version=body.get("version") or meta.get("version") or await newest_version(grafana, uid),
        folder_uid=text(meta, "folderUid"),
        folder=text(meta, "folderTitle") or text(meta, "folderUid") or "General",
        link=grafana.link(text(meta, "url") or f"/d/{uid}"),
        updated=text(meta, "updated"),
        updated_by=text(meta, "updatedBy"),
        is_v2=bool(answer.get("isV2")),
        is_provisioned=bool(meta.get("provisioned")),
        json=body,
    )


async def newest_version(grafana: Grafana, uid: str) -> int:
    """For a Grafana whose dashboards do not carry their version themselves (12 and later)."""
    listed = rows(await ask(grafana, "list_dashboard_versions", {"uid": uid, "limit": 1}), "versions")
    return max((int(row.get("version") or 0) for row in listed), default=0)


async def namesake(grafana: Grafana, title: str, folder_uid: str) -> Json | None:
    """The dashboard of this title in this folder, whatever its letters' case."""
    for page in range(1, PAGES + 1):
        answer = record(await ask(grafana, "search_dashboards", {"query": title, "limit": PAGE, "page": page}))
        for hit in rows(answer, "dashboards"):
            if text(hit, "title").casefold() == title.casefold() and text(hit, "folderUid") == folder_uid:
                return hit
        if not answer.get("hasMore"):
            return None
    return None


async def refuse_namesake(grafana: Grafana, title: str, folder_uid: str, own_uid: str = "") -> None:
    """Raises Refused when another dashboard of the folder has this title."""
    other = await namesake(grafana, title, folder_uid)
    if other is None or other.get("uid") == own_uid:
        return
    raise Refused(
        f"There already is a dashboard {other['title']!r} in that folder: {grafana.link(text(other, 'url'))}.",
        code="already_exists",
        alternative=f"Update it (update_dashboard, uid {other.get('uid')}), or choose another title or folder.",
    )


async def concrete(metrics: Metrics, panel: Panel) -> Panel:
    """The panel with the expression that its wish comes to. Raises Refused when nothing can show it."""
    if panel.wish is None:
        return panel
    if metrics.words and says_more(panel.wish):
        return await wishes.panel_of(metrics.words, panel)
    try:
        way = await metrics.resolved(panel.wish, panel.service)
    except Refused as error:
        if metrics.words is None or error.code not in TRANSLATABLE:
            raise
        return await translated(metrics.words, panel, error)
    about = f"{panel.wish} of {panel.service}" if panel.service else panel.wish
    given = {
        "title": panel.title or way.title,
        "expr": way.expr,
        "unit": panel.unit or way.unit,
        "description": panel.description or about,
    }
    return panel.model_copy(update={**given, "wish": None, "service": ""})


async def translated(words: Words, panel: Panel, error: Refused) -> Panel:
    """What the library cannot show, by the translator; why the library cannot where neither can but it knows it."""
    try:
        return await wishes.panel_of(words, panel)
    except Refused:
        if error.code == "unknown_wish":
            raise
        raise error from None


async def examined(metrics: Metrics, panel: Panel) -> list[Examined]:
    """What each of its expressions gives now. Raises Refused naming the panel, and for a wish that is still one."""
    refuse_open([panel])
    return [await metrics.examined(f"Panel {panel.title!r}", query.expr) for query in panel.all_queries]


def refuse_open(panels: Iterable[Panel]) -> None:
    """Raises Refused when a panel is still a wish: what is made is what was shown."""
    for panel in panels:
        if panel.wish:
            raise Refused(f"The wish {panel.wish!r} was not made an expression yet.", code="invalid_arguments")


def panel_lines(number: int, panel: Panel, parts: list[Examined]) -> list[str]:
    unit = f", {panel.unit}" if panel.unit else ""
    head = f"{number}. {panel.title} ({panel.type}{unit})"
    asked = [f"   {panel.description}"] if panel.description else []
    return [head, *asked, *(line for item in parts for line in query_lines(item))]


def query_lines(item: Examined) -> list[str]:
    """The expression with what it gives now, and what it says in words."""
    plain = wishes.in_words(item.expr)
    return [f"   {item.expr} → {item.says}", *([f"   in words: {plain}"] if plain else [])]


def panel_warnings(panel: Panel, parts: list[Examined]) -> list[str]:
    return [f"{panel.title}: {warning}" for item in parts for warning in item.warnings]


def shape(body: Json) -> tuple[str, list[tuple[str, list[str]]]]:
    """What must come back as it was sent."""
    panels = [(item["title"], item["expressions"]) for item in board.summaries(body)]
    return text(body, "title"), panels


async def verified(context: ToolContext, grafana: Grafana, sent: Json, saved: Json, query: str) -> ToolResult:
    """The result of a save that Grafana reported as done: ok only when reading it back gives what was sent."""
    uid, version = text(saved, "uid"), saved.get("version")
    title = text(sent, "title")
    if not uid:
        return unsure(context, f"Grafana did not say where it saved {title!r}; look for it there.", query)
    try:
        now = await stored(grafana, uid)
    except (SourceError, Refused) as error:
        resource = {"type": "dashboard", "uid": uid, "name": title, "url": grafana.link(f"/d/{uid}")}
        return unsure(
            context, f"Grafana said it saved {title!r}, but it could not be read back: {error}", query, resource
        )
    if shape(now.json) != shape(sent) or now.version != version:
        said = f"Grafana saved {title!r} as version {version}, but now holds version {now.version}, which differs"
        return unsure(context, f"{said} from what was approved: {now.link}", query, now.resource)
    panels = [item["title"] for item in board.summaries(now.json)]
    return made(context, now.resource, query, version=now.version, folder=now.folder, panels=panels)
