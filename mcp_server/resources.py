"""Resources: the caller's own runs and large results, and runbooks as the caller may see them. Another's is not there.

A list begins with the newest run; every page ends with a cursor that says where the next begins.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qs, quote, unquote
from uuid import UUID

import mcp_types as types
import orjson
from mcp.shared.exceptions import MCPError

from domain import run_pages, runbooks
from domain.actors import Actor
from domain.errors import NotFound, SourceError
from domain.masking import mask_text
from domain.run_pages import After
from domain.windows import stamp
from mcp_server import artifacts, markdown
from mcp_server.direct import called
from mcp_server.listing import CARD_RESOURCE, icons
from mcp_server.parts import quoted
from mcp_server.rights import rights
from mcp_server.server import House
from mcp_server.waiting import confirmation_of

PAGE = 50
MOST_RUNBOOKS = 1000
LONGEST_TITLE = 100
READS_RUNBOOKS = "get_runbook_details"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins: behind a run, or behind the runbook of this name."""

    kind: Literal["run", "runbook"]
    name: str = ""
    at: datetime | None = None

    def cursor(self) -> str:
        body = orjson.dumps([self.kind, self.name, self.at])
        return base64.urlsafe_b64encode(body).decode()


def place_of(cursor: str | None) -> Place | None:
    """Raises MCPError for what is no cursor of ours."""
    if cursor is None:
        return None
    try:
        kind, name, at = orjson.loads(base64.b64decode(cursor.encode(), b"-_", validate=True))
        if kind == "run":
            return Place(kind="run", name=str(UUID(name)), at=datetime.fromisoformat(at))
        if kind == "runbook":
            return Place(kind="runbook", name=str(name))
    except (ValueError, TypeError, AttributeError, binascii.Error):
        pass
    raise MCPError(code=types.INVALID_PARAMS, message="There is no page of that cursor; list from the start again.")


async def listed(house: House, cursor: str | None) -> types.ListResourcesResult:
    place = place_of(cursor)
    actor = await house.identify()
    found: list[types.Resource] = [] if place else [CARD_RESOURCE]
    if place is None or place.kind == "run":
        after = After(place.at, UUID(place.name)) if place and place.at else None
        async with house.runner.parts.pool.connection() as db:
            rows = await run_pages.older(db, user_id=actor.user_id, after=after, limit=PAGE + 1)
        found += map(of_run, rows[:PAGE])
        if len(rows) > PAGE:
            last = rows[PAGE - 1]
            following = Place(kind="run", name=str(last.id), at=last.created_at)
            return types.ListResourcesResult(resources=found, next_cursor=following.cursor())
    names = await runbooks_after(house, actor, place.name if place and place.kind == "runbook" else "")
    found += map(of_runbook, names[:PAGE])
    more = Place(kind="runbook", name=names[PAGE - 1].name).cursor() if len(names) > PAGE else None
    return types.ListResourcesResult(resources=found, next_cursor=more)


def of_run(row: run_pages.Listed) -> types.Resource:
    return types.Resource(
        name=f"run-{str(row.id)[:8]}",
        title=mask_text(quoted(row.question))[:LONGEST_TITLE],
        uri=f"run://{row.id}",
        description=f"{row.graph}, {row.status}, asked {stamp(row.created_at)}",
        mime_type="text/markdown",
        icons=icons(),
        annotations=types.Annotations(last_modified=stamp(row.finished_at or row.created_at)),
    )


async def runbooks_after(house: House, actor: Actor, name: str) -> list[runbooks.Listed]:
    """By name; none at all for whoever may not look at them."""
    if (await rights(house, actor)).to_named(READS_RUNBOOKS) is None:
        return []
    async with house.runner.parts.pool.connection() as db:
        found = await runbooks.matching(db, runbooks.Wanted(limit=MOST_RUNBOOKS))
    return sorted((row for row in found.rows if row.name > name and row.is_enabled), key=lambda row: row.name)


def of_runbook(row: runbooks.Listed) -> types.Resource:
    return types.Resource(
        name=row.name,
        title=mask_text(row.title or row.name)[:LONGEST_TITLE],
        uri=f"runbook://{quote(row.name)}",
        description=mask_text(quoted(row.description)) or None,
        mime_type="text/markdown",
        icons=icons(),
    )


async def read(house: House, uri: str) -> types.ReadResourceResult:
    """Raises NotFound for what is not there or another's, Refused for a runbook the caller may not see."""
    scheme, _, rest = uri.partition("://")
    name, _, query = rest.partition("?")
    name = unquote(name).rstrip("/")
    actor = await house.identify()
    match scheme:
        case "run":
            text = await run(house, actor, name)
        case "runbook":
            text = await runbook(house, actor, name)
        case "artifact":
            asked = {key: values[-1] for key, values in parse_qs(query).items()}
            text = await artifacts.page(house.runner.parts.pool, actor, identity(name, uri), asked)
        case _:
            raise missing(uri)
    kind = "application/json" if scheme == "artifact" else "text/markdown"
    return types.ReadResourceResult(contents=[types.TextResourceContents(uri=uri, mime_type=kind, text=text)])


async def run(house: House, actor: Actor, name: str) -> str:
    found = await house.runner.fetch(actor, identity(name, f"run://{name}"))
    return markdown.of_run(found, await confirmation_of(house, actor, found))


async def runbook(house: House, actor: Actor, name: str) -> str:
    result = await called(house, actor, READS_RUNBOOKS, {"runbook": name})
    if result.status == "error":
        raise SourceError(result.error or f"{result.source} failed", source=result.source)
    return markdown.of_runbook(result.data["runbook"])


def identity(name: str, uri: str) -> UUID:
    try:
        return UUID(name)
    except ValueError as error:
        raise missing(uri) from error


def missing(uri: str) -> NotFound:
    return NotFound(f"There is no resource {quoted(uri)} of yours.")
