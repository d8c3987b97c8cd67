"""The audit log's hash chain, verified from the rows themselves: no function of the database is believed."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeAlias

from psycopg.rows import class_row

from domain.audit_anchors import Anchor
from domain.database import Connection

Problem: TypeAlias = Literal[
    "edited", "deleted", "reordered", "unchained", "cut_tail", "head_mismatch", "anchor_mismatch"
]
GENESIS = "0" * 64
BATCH = 2000

IS_THERE = "select to_regclass('trivium.audit_chain') is not null as there"
SNAPSHOT = "set transaction isolation level repeatable read read only"
LINKS = """
select link.sequence, link.entry_id, link.digest,
    case when entry.id is not null then array[
        entry.id::text, trunc(extract(epoch from entry.at) * 1000000)::text, entry.user_id::text, entry.entrance,
        entry.request_id, entry.action, entry.target, entry.details::text, entry.ai_session_id::text,
        entry.ai_tool_name] end as fields
from trivium.audit_chain as link left join trivium.audit_logs as entry on entry.id = link.entry_id
where link.sequence > %(after)s
order by link.sequence, link.entry_id
"""
ANY_LATER = """
select exists (
    select from trivium.audit_chain as link join trivium.audit_logs as entry on entry.id = link.entry_id
    where link.sequence > %(after)s) as found
"""
HEAD = "select sequence, digest from trivium.audit_head"
UNCHAINED = """
select count(*) as entries, min(id) as first from trivium.audit_logs as entry
where not exists (select from trivium.audit_chain where entry_id = entry.id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One place of the chain and the entry it names: its columns as text, None when there is no such entry."""

    sequence: int
    entry_id: int
    digest: str
    fields: list[str | None] | None


@dataclass(frozen=True, slots=True)
class Break:
    """The first place that is not as it was recorded."""

    problem: Problem
    sequence: int | None
    entry_id: int | None
    explanation: str


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the chain holds: the last sequence that is proven, its digest, and the last anchor that agreed."""

    sequence: int = 0
    digest: str = GENESIS
    anchored: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`entries` hold from the first on, `anchored` of them by an anchor too; a break is described by the rest.

    `sequence` is the broken place in the chain (None for an entry outside it), `entry_id` the audit entry there.
    """

    entries: int
    digest: str
    anchored: int
    problem: Problem | None = None
    sequence: int | None = None
    entry_id: int | None = None
    explanation: str = ""

    @property
    def is_intact(self) -> bool:
        return self.problem is None


async def is_there(db: Connection) -> bool:
    """Whether this database has a chain: one that was never migrated has none."""
    row = await (await db.execute(IS_THERE)).fetchone()
    return row is not None and row["there"]


async def verify(db: Connection, anchors: Sequence[Anchor] = ()) -> Verdict:
    """Every entry read once, in batches, in one snapshot; the first break ends it.

    Read the anchors before: an anchor made after the snapshot would know more than the snapshot does.
    """
    async with db.transaction():
        await db.execute(SNAPSHOT)
        reached, broken = await walk(db, {anchor.sequence: anchor for anchor in anchors})
        broken = broken or await short(db, reached, anchors) or await unchained(db)
    verdict = Verdict(entries=reached.sequence, digest=reached.digest, anchored=reached.anchored)
    return verdict if broken is None else described(verdict, broken)


def described(verdict: Verdict, broken: Break) -> Verdict:
    return Verdict(
        entries=verdict.entries,
        digest=verdict.digest,
        anchored=verdict.anchored,
        problem=broken.problem,
        sequence=broken.sequence,
        entry_id=broken.entry_id,
        explanation=broken.explanation,
    )


async def walk(db: Connection, anchors: dict[int, Anchor]) -> tuple[Reached, Break | None]:
    """The links in order, as far as they hold."""
    reached = Reached()
    async with links(db, "audit_links", after=None) as found:
        async for link in found:
            if broken := await misfit(db, reached, link):
                return reached, broken
            if (anchor := anchors.get(link.sequence)) and anchor.digest != link.digest:
                return reached, rewritten(reached, anchor)
            anchored = link.sequence if anchor else reached.anchored
            reached = Reached(link.sequence, link.digest, anchored)
    return reached, None


@asynccontextmanager
async def links(db: Connection, name: str, after: int | None) -> AsyncGenerator[AsyncGenerator[Link]]:
    """The links after a sequence (None: all, also those that should not be), never more than a batch in memory."""
    async with db.cursor(name, row_factory=class_row(Link)) as cursor:
        cursor.itersize = BATCH
        await cursor.execute(LINKS, {"after": -(2**63) if after is None else after})
        yield (link async for link in cursor)


def digest(previous: str, fields: Sequence[str | None]) -> str:
    """SHA-256 over the digest before and each field as `length:text,` or `-,`: no two rows have one text."""
    text = previous + "".join("-," if field is None else f"{len(field)}:{field}," for field in fields)
    return sha256(text.encode()).hexdigest()


async def misfit(db: Connection, reached: Reached, link: Link) -> Break | None:
    """What is wrong with the link that comes next, None when it is the right one."""
    expected = reached.sequence + 1
    if link.sequence < expected:
        return Break("unchained", link.sequence, link.entry_id, f"Place {link.sequence} of the chain is there twice.")
    if link.sequence > expected:
        return Break(
            "deleted", expected, None, f"The chain has nothing at {expected}, but goes on at {link.sequence}: removed."
        )
    if link.fields is None:
        return await lost(db, link)
    if digest(reached.digest, link.fields) != link.digest:
        return await altered(db, reached, link)
    return None


async def lost(db: Connection, link: Link) -> Break:
    """The entry of a link is gone: one of the middle, or with all that came after it."""
    row = await (await db.execute(ANY_LATER, {"after": link.sequence})).fetchone()
    if row and row["found"]:
        return Break("deleted", link.sequence, link.entry_id, f"Audit entry {link.entry_id} was deleted.")
    return Break(
        "cut_tail", link.sequence, link.entry_id, f"Audit entry {link.entry_id} and all after it were deleted."
    )


async def altered(db: Connection, reached: Reached, link: Link) -> Break:
    """The digest does not fit the entry: it was changed, unless a later one turns out to belong here."""
    place = str(link.entry_id)
    async with links(db, "audit_later_links", after=link.sequence) as later:
        async for other in later:
            if other.fields is None:
                continue
            renamed = digest(reached.digest, [place, *other.fields[1:]])
            if digest(reached.digest, other.fields) in (link.digest, other.digest) or renamed == link.digest:
                told = f"What belongs at {link.sequence} stands at {other.sequence} (audit entry {other.entry_id})."
                return Break("reordered", link.sequence, link.entry_id, told)
    told = (
        f"Audit entry {place} is not what was recorded: it or its digest was edited, or another was removed before it."
    )
    return Break("edited", link.sequence, link.entry_id, told)


def rewritten(reached: Reached, anchor: Anchor) -> Break:
    told = (
        f"The chain agrees with itself but not with the anchor of {anchor.written_at}: one or more of the entries "
        f"{reached.anchored + 1} to {anchor.sequence} were rewritten, or the anchor file is another database's."
    )
    return Break("anchor_mismatch", anchor.sequence, None, told)


async def short(db: Connection, reached: Reached, anchors: Sequence[Anchor]) -> Break | None:
    """Whether the head or an anchor knows of entries that the chain does not have any more."""
    row = await (await db.execute(HEAD)).fetchone()
    known = max((anchor.sequence for anchor in anchors), default=0)
    if known > reached.sequence:
        told = f"The anchor file knows {known} entries, the chain {reached.sequence}: its end was cut off."
        return Break("cut_tail", reached.sequence + 1, None, told)
    if row is None:
        return Break("head_mismatch", reached.sequence, None, "The head of the chain is missing.")
    if row["sequence"] > reached.sequence:
        told = f"The head knows {row['sequence']} entries, the chain {reached.sequence}: its end was cut off."
        return Break("cut_tail", reached.sequence + 1, None, told)
    if (row["sequence"], row["digest"]) != (reached.sequence, reached.digest):
        told = f"The head says {row['sequence']}, {row['digest'][:12]}; the chain ends at {reached.sequence}."
        return Break("head_mismatch", reached.sequence, None, told)
    return None


async def unchained(db: Connection) -> Break | None:
    row = await (await db.execute(UNCHAINED)).fetchone()
    if not row or not row["entries"]:
        return None
    told = f"Entries outside the chain: {row['entries']}, the first is {row['first']}. They were not put in by Trivium."
    return Break("unchained", None, row["first"], told)
