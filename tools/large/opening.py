"""An artifact opened: whose it is, what long lists it has, and any part of it without the rest."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from domain import artifacts
from domain.artifacts import Artifact, Stored
from domain.database import Pool
from domain.errors import NotFound, Refused
from tools.large import pointers
from tools.large.pointers import NOWHERE

LARGEST_OUTLINE = 256 * 1024
NO_LIST = "only long lists and texts are gone through, and it has none"


@dataclass(frozen=True, slots=True)
class Opened:
    """An artifact of the actor's; `lists` are the rows of every long list and text by its path."""

    artifact: Artifact
    lists: dict[str, int]
    document: Any


async def opened(pool: Pool, artifact_id: UUID, user_id: UUID) -> Opened:
    """The artifact of this user with its outline. Raises NotFound for another's."""
    async with pool.connection() as db:
        found = await artifacts.fetch(db, artifact_id, user_id=user_id)
        if found is None:
            raise NotFound(f"There is no artifact {artifact_id} of yours.")
        stored: list[Stored] = []
        while more := await artifacts.outline(db, artifact_id, stored[-1].number if stored else -1):
            stored += more
    lists: dict[str, int] = {}
    for piece in stored:
        if piece.kind != "json":
            lists[piece.path] = piece.first_row + piece.row_count
    return Opened(found, lists, await asyncio.to_thread(document, stored, lists))


def document(stored: list[Stored], lists: dict[str, int]) -> Any:
    """The JSON with a sentence in the place of every long list or text; None when even that is too long."""
    parts: list[bytes] = []
    told = set[str]()
    for piece in stored:
        if piece.kind == "json":
            parts.append(piece.piece().body)
        elif piece.path not in told:
            said = f"{lists[piece.path]:,} {'lines' if piece.kind == 'text' else 'entries'}: read {piece.path}"
            parts.append(orjson.dumps(said)[1:-1] if piece.kind == "text" else orjson.dumps(said))
            told.add(piece.path)
    text = b"".join(parts)
    return orjson.loads(text) if len(text) <= LARGEST_OUTLINE else None


def lists_told(found: Opened) -> str:
    return f"Its lists: {', '.join(found.lists)}." if found.lists else "It has no long lists."


async def at(pool: Pool, found: Opened, path: str) -> Any:
    """What stands at a path that is no long list: in one of its entries, or in the document around them."""
    inside = pointers.split(path, tuple(found.lists))
    if inside is None:
        if found.document is None:
            raise Refused(
                "What is around its long lists is too large to be shown.",
                code="too_large",
                alternative=f"Read one of its lists, or download it. {lists_told(found)}",
            )
        return pointers.within(found.document, pointers.steps(path))
    listed, row, rest = inside
    rows = await rows_of(pool, found.artifact.id, listed, row, 1)
    return pointers.within(rows[0][1], rest) if rows and rows[0][0] == row else NOWHERE


async def rows_of(pool: Pool, artifact_id: UUID, path: str, first: int, count: int) -> list[tuple[int, Any]]:
    """Rows of a list from number `first`, at most `count`, each with its number."""
    rows: list[tuple[int, Any]] = []
    place = first
    while len(rows) < count:
        async with pool.connection() as db:
            piece = await artifacts.holding(db, artifact_id, path, place)
        if piece is None:
            break
        numbered = list(enumerate(piece.rows(), piece.first_row))
        rows += [row for row in numbered if row[0] >= place][: count - len(rows)]
        place = piece.first_row + piece.row_count
    return rows


def known(found: Opened, path: str) -> str:
    """One of the artifact's lists. Raises NotFound naming them."""
    written = pointers.pointer(path)
    if written not in found.lists:
        raise NotFound(f"There is no long list at {written} of artifact {found.artifact.id}. {lists_told(found)}")
    return written


def longest(found: Opened) -> str:
    """Raises Refused when there is no long list."""
    if not found.lists:
        raise Refused(
            f"Artifact {found.artifact.id}: {NO_LIST}.",
            code="no_list",
            alternative="read_artifact shows what is in it.",
        )
    return max(found.lists, key=lambda path: found.lists[path])
