"""A large result for an MCP client: what is in it, and as many rows of one list as a model can be given."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson

from domain.actors import Actor
from domain.database import Pool
from domain.errors import NotFound, Refused
from domain.masking import masked_json
from domain.windows import stamp
from tools.large.opening import Opened, known, longest, opened, rows_of

MOST_ROWS = 100
LARGEST_ROWS = 48 * 1024
LARGEST_DOCUMENT = 8 * 1024
KNOWN = ("path", "offset")


async def page(pool: Pool, actor: Actor, artifact_id: UUID, asked: Mapping[str, str]) -> str:
    """JSON: the lists there are, rows of the one at `path` (the longest) from `offset`, and the next page's address.

    Raises NotFound for another's, Refused for an address that cannot be read.
    """
    unknown = asked.keys() - set(KNOWN)
    offset = asked.get("offset", "0")
    if unknown or not (offset.isascii() and offset.isdigit() and len(offset) < 10):
        raise Refused(
            "An artifact's address takes path and offset, a number of rows to leave out.", code="invalid_arguments"
        )
    found = await opened(pool, artifact_id, actor.user_id)
    told = about(found)
    if found.lists:
        path = known(found, asked["path"]) if asked.get("path") else longest(found)
        told |= await rows(pool, found, path, int(offset))
    elif asked.get("path"):
        raise NotFound(f"Artifact {artifact_id} has no long lists.")
    _, body = masked_json(told)
    return body.decode()


def about(found: Opened) -> dict[str, Any]:
    document = found.document if len(orjson.dumps(found.document)) <= LARGEST_DOCUMENT else None
    return {
        "artifact_id": str(found.artifact.id),
        "tool": found.artifact.tool,
        "size_bytes": found.artifact.size_bytes,
        "created_at": stamp(found.artifact.created_at),
        "lists": found.lists,
        "document": document,
    }


async def rows(pool: Pool, found: Opened, path: str, offset: int) -> dict[str, Any]:
    """As many as fit, at least one; a row that alone is too long is cut, as text."""
    shown: list[Any] = []
    size = 0
    for _, row in await rows_of(pool, found.artifact.id, path, offset, MOST_ROWS):
        body = orjson.dumps(row)
        size += len(body)
        if size > LARGEST_ROWS and shown:
            break
        shown.append(row if len(body) <= LARGEST_ROWS else body[:LARGEST_ROWS].decode(errors="ignore") + "…")
    total = found.lists[path]
    after = offset + len(shown)
    more = f"artifact://{found.artifact.id}?path={quote(path, safe='')}&offset={after}"
    following = more if shown and after < total else None
    return {"path": path, "offset": offset, "total": total, "rows": shown, "next": following}
