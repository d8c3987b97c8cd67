"""Large results on the command line: what is in one, some of its rows, the rows with a word, or all of it."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast
from uuid import UUID

import orjson

from config.settings import Settings
from domain import artifacts, query_sessions
from domain.actors import Actor, Entrance
from domain.errors import NotFound, Refused, SourceError
from domain.pieces import Piece
from tools.call import ApprovalNeeded
from tools.large import scanning
from tools.spec import Pillar, ToolContext, ToolResult
from trivium.service import Service, open_service

Json: TypeAlias = dict[str, Any]
NO_PILLAR = "This token opens no pillar in which results are read."
LARGER = "There is more: --offset {next_offset}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows of which result; `is_whole` goes before all else, then `grep`."""

    id: str
    path: str = ""
    offset: int = 0
    limit: int = 50
    grep: str = ""
    is_whole: bool = False


async def show(settings: Settings, wanted: Wanted) -> int:
    """It is printed: rows as one line of JSON each, behind their number."""
    artifact_id = read_id(wanted.id)
    async with open_service(settings) as service:
        actor = await service.actor(Entrance.CLI)
        if wanted.is_whole:
            await print_whole(service, actor, artifact_id)
            return 0
        result = await asked(service, actor, wanted)
    if result.status == "error":
        raise SourceError(result.error or "the result could not be read", source=result.source)
    sys.stdout.write("".join(f"{line}\n" for line in lines(result.data)))
    if result.cut:
        sys.stderr.write(f"{result.cut}\n")
    return 0


def read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        message = f"{text} is no id of a large result: take it from the answer that names it."
        raise Refused(message, code="invalid_arguments") from error


async def print_whole(service: Service, actor: Actor, artifact_id: UUID) -> None:
    """As it is read, so that its size does not matter. Raises NotFound for another's."""
    async with service.pool.connection() as db:
        found = await artifacts.fetch(db, artifact_id, user_id=actor.user_id)
    if found is None:
        raise NotFound(f"There is no artifact {artifact_id} of yours.")
    async for part in scanning.each(service.pool, found.id, None, as_it_is):
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.write(b"\n")


def as_it_is(piece: Piece) -> bytes:
    return piece.body


async def asked(service: Service, actor: Actor, wanted: Wanted) -> ToolResult:
    """Through the door, as for anybody else, so it is on record."""
    tool, arguments = call_of(wanted)
    context = await context_of(service, actor)
    try:
        return await service.door.call(context, tool, arguments)
    except ApprovalNeeded as needed:
        message = f"Reading waits for a person's approval: `trivium approve {needed.confirmation.id}`."
        raise Refused(message, code="not_approved") from needed


def call_of(wanted: Wanted) -> tuple[str, Json]:
    about = {"artifact_id": wanted.id, "path": wanted.path}
    if wanted.grep:
        return "grep_artifact", {**about, "pattern": wanted.grep, "limit": min(wanted.limit, 200)}
    return "read_artifact", {**about, "offset": wanted.offset, "limit": wanted.limit}


async def context_of(service: Service, actor: Actor) -> ToolContext:
    """In the first pillar that the actor's token opens. Raises Refused when there is none."""
    pillar = next((pillar for pillar in Pillar if pillar in actor.scopes), None)
    if pillar is None:
        raise Refused(NO_PILLAR, code="insufficient_permissions")
    async with service.pool.connection() as db:
        session = await query_sessions.current(db, actor.user_id, pillar.value)
    return ToolContext(
        actor=actor, pillar=pillar, session_id=session, run_id=None, message_id=None, database=service.pool,
        clock=service.now, resources=service.resources,
    )  # fmt: skip


def lines(data: Json) -> Iterable[str]:
    """What was read, in lines that a terminal can take whatever the result has in it."""
    if "matches" in data:
        yield from (f"{match['path']}/{match['row']} {text_of(match['value'])}" for match in data["matches"])
        yield f"{data['total_matches']:,} matches in {data['rows_searched']:,} rows."
    elif "rows" in data:
        yield from (f"{row['row']} {text_of(row['value'])}" for row in data["rows"])
        if data["next_offset"] is not None:
            yield LARGER.format(**data)
    elif "text" in data:
        yield text_of(data["text"])
    else:
        yield f"{data['of_tool']}, {data['size_bytes']:,} bytes, execution {data['of_execution']}"
        lists = cast("dict[str, int]", data.get("lists", {}))
        yield from (f"--path {path}: {count:,} rows" for path, count in lists.items())
        yield text_of(data["value"])


def text_of(value: Any) -> str:
    """A text as it is, anything else as JSON; without what would steer the terminal."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\t")
