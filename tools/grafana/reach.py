"""The Grafana of a call: its folders, its Prometheus, and how its failures are told."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar, cast

from domain.errors import NotFound, Refused, SourceError
from tools.grafana.replies import failed
from tools.sources.grafana import SOURCE, Datasource, Grafana
from tools.spec import Args, Json, Preview, ToolContext, ToolResult

A = TypeVar("A", bound=Args)
Settle: TypeAlias = Callable[[ToolContext, A], Awaitable[A]]
Shown: TypeAlias = Callable[[ToolContext, A], Awaitable[Preview]]

READ_SECONDS = 8.0
CHANGE_SECONDS = 15.0
NO_GRAFANA = "No Grafana is configured here."
PROMETHEUS_LIKE = ("prometheus", "victoriametrics-metrics", "mimir")


@dataclass(frozen=True, slots=True)
class Folder:
    uid: str
    title: str


GENERAL = Folder("", "General")


def reached(context: ToolContext) -> Grafana:
    """The Grafana that is configured. Raises Refused when there is none."""
    if context.resources.grafana is None:
        raise Refused(
            NO_GRAFANA, code="not_configured", alternative="Set MCP_GRAFANA_URL to the address of an mcp-grafana."
        )
    return context.resources.grafana


async def ask(grafana: Grafana, tool: str, arguments: Json) -> Any:
    return await grafana.ask(tool, arguments, deadline_seconds=READ_SECONDS)


async def folders(grafana: Grafana) -> tuple[Folder, ...]:
    found = await ask(grafana, "search_folders", {"query": ""})
    return tuple(Folder(str(row["uid"]), str(row["title"])) for row in rows(found, "dashboards"))


async def folder(grafana: Grafana, asked: str | None) -> Folder:
    """The folder with this uid or title. Raises Refused when there is none, or more than one of that title."""
    if not asked or asked.casefold() == GENERAL.title.casefold():
        return GENERAL
    known = await folders(grafana)
    exact = [item for item in known if item.uid == asked]
    found = exact or [item for item in known if item.title.casefold() == asked.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        uids = ", ".join(item.uid for item in found)
        raise Refused(f"There are {len(found)} folders named {asked!r}.", code="invalid_arguments",
                      alternative=f"Say which by its uid: {uids}.")  # fmt: skip
    titles = ", ".join(sorted(item.title for item in known)[:20]) or "none"
    raise Refused(
        f"There is no folder {asked!r} in Grafana.", code="not_found", alternative=f"Folders there: {titles}."
    )


async def folder_title(grafana: Grafana, uid: str) -> str:
    """The title of a folder by its uid, the uid itself when Grafana does not list it."""
    if not uid:
        return GENERAL.title
    return next((item.title for item in await folders(grafana) if item.uid == uid), uid)


async def prometheus(grafana: Grafana, asked: str | None) -> Datasource:
    """The Prometheus datasource with this uid or name, else the default one, else the first.

    Raises Refused when there is none, or when what was named is none.
    """
    known = [item for item in await grafana.datasources() if is_prometheus(item)]
    wanted = [item for item in known if asked in (item.uid, item.name)] if asked else known
    if wanted:
        return wanted[0]
    names = ", ".join(item.name for item in known)
    raise Refused(
        f"Grafana has no Prometheus datasource {asked!r}." if asked else "Grafana has no Prometheus datasource.",
        code="not_found",
        alternative=f"Prometheus datasources there: {names}." if names else None,
    )


def is_prometheus(item: Datasource) -> bool:
    return any(kind in item.kind for kind in PROMETHEUS_LIKE)


def rows(answer: Any, key: str | None = None) -> list[Json]:
    """The list in an answer, empty for null. Raises SourceError when there is none where one belongs."""
    value: Any = answer
    if key is not None:
        value = cast("Json", answer).get(key) if isinstance(answer, dict) else answer
    if value is None:
        return []
    if not isinstance(value, list):
        raise SourceError(f"{SOURCE} answered with something that is no list", source=SOURCE)
    return [cast("Json", item) for item in cast("list[Any]", value) if isinstance(item, dict)]


def record(answer: Any, *, is_uncertain: bool = False) -> Json:
    """The object an answer is. Raises SourceError when it is none, uncertain when it was to tell of a change."""
    if not isinstance(answer, dict):
        message = f"{SOURCE} answered with something that is no object"
        raise SourceError(message, source=SOURCE, is_uncertain=is_uncertain)
    return cast("Json", answer)


def missing(error: SourceError, what: str, uid: str) -> Exception:
    """A 404 as the caller's to correct; anything else as it was."""
    return NotFound(f"There is no {what} with the uid {uid!r} in Grafana.") if error.status == 404 else error


async def change(grafana: Grafana, tool: str, arguments: Json) -> Json:
    """What Grafana says it made of a change. Raises SourceError, uncertain when the change may have been made."""
    answer = await grafana.change(tool, arguments, deadline_seconds=CHANGE_SECONDS)
    return record(answer, is_uncertain=True)


def not_done(context: ToolContext, said: str, query: str) -> ToolResult:
    """A change that was surely not made."""
    return failed(context, said, query=query, is_uncertain=False)


def unsure(context: ToolContext, said: str, query: str, resource: Json | None = None) -> ToolResult:
    """A change that may have been made, or was made otherwise than approved: nobody may report it as done or not."""
    data = {"resource": resource} if resource else {}
    return replace(failed(context, said, query=query, is_uncertain=True), data=data)


def listing(names: Sequence[str], most: int = 5) -> str:
    """`a, b and 3 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


async def ready(context: ToolContext, args: A, settle: Settle[A], preview: Shown[A]) -> A:
    """The arguments as they are carried out. What a policy lets pass without an approval was shown to nobody, so it is
    made concrete and checked here. Raises Refused, SourceError; nothing was done."""
    if context.confirmation_id:
        return args
    settled = await settle(context, args)
    await preview(context, settled)
    return settled
