"""Going through an artifact piece by piece: one look at the table, a few pieces, then the next look."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from domain import artifacts
from domain.artifacts import Stored
from domain.database import Pool
from domain.pieces import Piece
from tools.large.patterns import Pattern, folded, text_of
from tools.large.tallies import Tally

T = TypeVar("T")


async def each(pool: Pool, artifact_id: UUID, path: str | None, work: Callable[[Piece], T]) -> AsyncGenerator[T]:
    """What `work` made of every piece (of `path`), in order; unpacking and work are done beside the event loop.

    No connection is held in between, however slow the one who takes the results is.
    """
    last = -1
    while True:
        async with pool.connection() as db:
            found = await artifacts.following(db, artifact_id, last, path)
        if not found:
            return
        for stored in found:
            yield await asyncio.to_thread(done, stored, work)
        last = found[-1].number


def done(stored: Stored, work: Callable[[Piece], T]) -> T:
    return work(stored.piece())


@dataclass(slots=True, kw_only=True)
class Search:
    """Rows with the pattern: all are counted, the first are kept with the rows around them."""

    pattern: Pattern
    around: int
    limit: int
    matches: list["Match"] = field(default_factory=list["Match"])
    total: int = 0
    rows: int = 0
    before: deque[Any] = field(default_factory=deque[Any])
    at: str = ""

    def look(self, piece: Piece) -> None:
        self.rows += piece.row_count
        if not self.around and not self.pattern.may_be_in(folded(piece.body)):
            return
        if piece.path != self.at:
            self.before, self.at = deque(maxlen=self.around), piece.path
        for place, row in enumerate(piece.rows(), piece.first_row):
            self.consider(piece.path, place, row)

    def consider(self, path: str, place: int, row: Any) -> None:
        for match in self.matches[-self.around - 1 :] if self.around else ():
            if match.path == path and place - match.row <= self.around:
                match.after.append(row)
        if self.pattern.is_in(text_of(row)):
            self.total += 1
            if len(self.matches) < self.limit:
                self.matches.append(Match(path, place, row, list(self.before)))
        self.before.append(row)


@dataclass(slots=True)
class Match:
    path: str
    row: int
    value: Any
    before: list[Any]
    after: list[Any] = field(default_factory=list[Any])


@dataclass(frozen=True, slots=True)
class Counting:
    """A tally of the rows with the pattern, or of all."""

    tally: Tally
    pattern: Pattern | None

    def look(self, piece: Piece) -> None:
        if self.pattern and not self.pattern.may_be_in(folded(piece.body)):
            return
        for row in piece.rows():
            if self.pattern is None or self.pattern.is_in(text_of(row)):
                self.tally.add(row)
