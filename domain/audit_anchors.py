"""Anchors of the audit chain: a file outside the database that remembers how far the chain had come, and when."""

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypeAlias

import psycopg
import structlog
from psycopg.rows import class_row

from domain.database import Pool
from domain.embedded_postgres import locks
from domain.ending import ended
from domain.windows import parse, stamp

Look: TypeAlias = Literal["idle", "written", "lost", "cut", "rewritten", "damaged", "unwritable", "away"]
PAUSE_SECONDS = 1.0
LINE = re.compile(r"(?P<sequence>[1-9]\d{0,18}) (?P<digest>[0-9a-f]{64}) (?P<at>[0-9T:.-]{19,26}Z)")
WAIT = "Nothing is lost: the anchor moves on when that is mended."
VERIFY = "Run `trivium audit verify`. The anchor file stays as it is; after a restore you meant, move it away."
RESTORE = "Put it back from a backup: until then nothing vouches for what came before."
TAMPERED: dict[Look, str] = {"cut": VERIFY, "rewritten": VERIFY, "damaged": VERIFY, "lost": RESTORE}

HEAD = """
select head.sequence, head.digest,
    (select digest from trivium.audit_chain where sequence = %(anchored)s) as at_anchor
from trivium.audit_head as head
"""

log = structlog.get_logger("ai_ops")


class AnchorDamaged(Exception):  # noqa: N818 - it names a state, like the standard's own
    """The anchor file cannot be read as one; the message says where."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """At `at` the chain had come to `sequence` with this digest. A line of the file: `sequence digest time`."""

    sequence: int
    digest: str
    at: datetime

    @property
    def written_at(self) -> str:
        return stamp(self.at)

    @property
    def line(self) -> str:
        return f"{self.sequence} {self.digest} {self.written_at}\n"

    @property
    def hour(self) -> datetime:
        return self.at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def read(path: Path) -> list[Anchor]:
    """The anchors in order, none when there is no such file. Raises AnchorDamaged, OSError when it may not be read."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    if not text.endswith("\n"):
        raise AnchorDamaged(f"The anchor file {path} is {'cut off in its last line' if text else 'empty'}.")
    anchors = [read_line(path, number, line) for number, line in enumerate(text.removesuffix("\n").split("\n"), 1)]
    for number, (earlier, later) in enumerate(pairwise(anchors), 2):
        if later.sequence <= earlier.sequence:
            raise AnchorDamaged(f"The anchor file {path} goes backwards at line {number}.")
    return anchors


def read_line(path: Path, number: int, line: str) -> Anchor:
    match = LINE.fullmatch(line)
    try:
        if match:
            return Anchor(int(match["sequence"]), match["digest"], parse(match["at"]))
    except ValueError:
        pass
    raise AnchorDamaged(f"Line {number} of the anchor file {path} is no anchor: {line[:100]!r}.")


def added(anchors: Sequence[Anchor], newest: Anchor) -> list[Anchor]:
    """With `newest` at the end, in place of one of the same hour: a year is 8,760 lines at most."""
    kept = anchors[:-1] if anchors and anchors[-1].hour == newest.hour else anchors
    return [*kept, newest]


def write(path: Path, last: Anchor | None, newest: Anchor) -> bool:
    """The file ends with `newest` and is on the disk; False when another process writes, or `last` is not its end.

    A new file is renamed over the old one, so a reader or a power cut sees either. Raises OSError, AnchorDamaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with locks.opened(path.with_name(f"{path.name}.lock")) as lock:
        if not locks.own(lock):
            return False
        anchors = read(path)
        if (anchors[-1] if anchors else None) != last:
            return False
        draft = path.with_name(f"{path.name}.new")
        put_on_disk(draft, "".join(anchor.line for anchor in added(anchors, newest)))
        draft.replace(path)
        flush(path.parent)
    return True


def put_on_disk(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def flush(folder: Path) -> None:
    """The folder itself is on the disk, and the rename in it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the chain ends, and what it says now of the place that was asked about."""

    sequence: int
    digest: str
    at_anchor: str | None


NO_HEAD = Head(sequence=0, digest="", at_anchor=None)


def judge(head: Head, last: Anchor | None) -> tuple[Look, str]:
    """`written` when the anchor may move on to the head, `idle` when it is there; else what is wrong."""
    if last and head.sequence < last.sequence:
        told = f"The audit log's end was cut off: {last.sequence} entries were anchored, {head.sequence} are left."
        return "cut", told
    if last and head.at_anchor != last.digest:
        return "rewritten", f"The audit log was rewritten: entry {last.sequence} is not what was anchored."
    return ("written" if head.sequence > (last.sequence if last else 0) else "idle"), ""


class Anchoring:
    """Moves the last anchor on as the head moves. It never goes backwards and never covers another history."""

    def __init__(self, pool: Pool, path: Path, clock: Callable[[], datetime] = now) -> None:
        self._pool = pool
        self._path = path
        self._clock = clock
        self._anchored: Anchor | None = None
        self._standing: Look = "idle"

    async def step(self) -> Look:
        """One look at the head. What stands in the way is logged once, for as long as it does not change."""
        told = ""
        try:
            standing, told = await self._look()
        except AnchorDamaged as error:
            standing, told = "damaged", str(error)
        except OSError as error:
            standing, told = "unwritable", f"The anchor file {self._path} cannot be kept: {error.strerror}."
        except psycopg.Error as error:
            standing, told = "away", f"The head of the audit chain cannot be read: {error}"
        if told and standing != self._standing:
            tell = log.critical if standing in TAMPERED else log.warning
            tell("audit anchor", problem=standing, told=told, what_to_do=TAMPERED.get(standing, WAIT))
        self._standing = standing
        return standing

    async def _look(self) -> tuple[Look, str]:
        """The file is read only when the head is no longer where this process put the anchor."""
        known = self._anchored
        head = await self._head(known)
        if known and (head.sequence, head.digest) == (known.sequence, known.digest):
            return "idle", ""
        anchors = await asyncio.to_thread(read, self._path)
        last = anchors[-1] if anchors else None
        head = await self._head(last)
        standing, told = judge(head, last)
        if standing == "written":
            newest = Anchor(head.sequence, head.digest, self._clock().replace(microsecond=0))
            if not await asyncio.to_thread(write, self._path, last, newest):
                return "idle", ""  # another process was at it: the next look sees what it wrote
            self._anchored = newest
            if known and last is None:
                return "lost", f"The anchor file {self._path} was gone and is begun anew at {newest.sequence}."
        return standing, told

    async def _head(self, anchor: Anchor | None) -> Head:
        async with self._pool.connection() as db, db.cursor(row_factory=class_row(Head)) as cursor:
            await cursor.execute(HEAD, {"anchored": anchor.sequence if anchor else 0})
            return await cursor.fetchone() or NO_HEAD


@asynccontextmanager
async def keep_anchored(pool: Pool, path: Path) -> AsyncGenerator[None]:
    """While this is open the anchor follows the head, at most a second behind; leaving moves it there once more."""
    anchoring = Anchoring(pool, path)
    keeper = asyncio.create_task(follow(anchoring), name="audit anchor")
    try:
        yield
    finally:
        await ended([keeper])
        await anchoring.step()


async def follow(anchoring: Anchoring) -> None:
    while True:
        await anchoring.step()
        await asyncio.sleep(PAUSE_SECONDS)
