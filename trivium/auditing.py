"""The audit commands: is the log what was recorded, and who did what, on whose approval, with what result."""

import asyncio
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.settings import Settings
from domain import activity, audit_anchors, audit_chain, database
from domain.activity import Deed, Search
from domain.actors import Actor, Entrance
from domain.audit_anchors import Anchor, AnchorDamaged
from domain.audit_chain import Problem, Verdict
from domain.database import MigrationError
from domain.errors import Refused
from domain.windows import Window, stamp
from tools.cleaning import strip_text
from trivium.cells import NOTHING, moment
from trivium.service import ConfigurationError, database_url, open_service

BROKEN = 4
LONGEST_ARGUMENTS = 160
MEANING: dict[Problem, str] = {
    "edited": "What this entry says cannot be trusted; the entries before it can.",
    "deleted": "Something that was on record has been taken out.",
    "reordered": "Entries were moved: the order in which things happened cannot be trusted from here on.",
    "unchained": "Somebody wrote into the table with its triggers off.",
    "cut_tail": "The newest entries were removed, or the database was restored from an older backup.",
    "head_mismatch": "The record of where the chain ends was changed.",
    "anchor_mismatch": "Somebody rewrote entries and recomputed the chain after them.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which deeds to list: those of the last `since`, newest first, at most `limit`."""

    since: timedelta
    limit: int
    user: str | None = None
    tool: str | None = None
    as_json: bool = False


async def verify(settings: Settings) -> int:
    """Says whether every entry is as it was recorded: 0 when all are, 4 when not. Changes nothing.

    The service may run meanwhile. The database is opened as it is, without migrating it.
    """
    path = settings.anchor_file
    anchors, damage = await asyncio.to_thread(anchors_of, path)
    async with AsyncExitStack() as stack:
        url = await database_url(settings, stack)
        opening = database.open_pool(url, size=2, prepare=settings.database_prepare)
        pool = await stack.enter_async_context(opening)
        async with pool.connection() as db:
            if not await audit_chain.is_there(db):
                raise MigrationError("This database has no audit chain yet: run `trivium migrate`.")
            verdict = await audit_chain.verify(db, anchors)
    console = Console(highlight=False, soft_wrap=True)
    for line in (*lines(verdict), damage or vouched(verdict, path, anchors)):
        console.print(line, markup=False)
    return 0 if verdict.is_intact and not damage else BROKEN


def anchors_of(path: Path) -> tuple[list[Anchor], str]:
    """The anchors, or none and what is wrong with their file. Raises ConfigurationError when it may not be read."""
    try:
        return audit_anchors.read(path), ""
    except AnchorDamaged as error:
        return [], f"{error} Without it nothing outside the database vouches for the log."
    except OSError as error:
        raise ConfigurationError(f"The anchor file {path} cannot be read: {error.strerror}.") from error


def lines(verdict: Verdict) -> list[str]:
    if verdict.problem is None:
        return [f"The audit log is intact: {verdict.entries:,} entries, digest {verdict.digest}."]
    entry = f", audit entry {verdict.entry_id}" if verdict.entry_id is not None else ""
    place = f" at {verdict.sequence:,} of the chain" if verdict.sequence is not None else ""
    return [
        f"The audit log is BROKEN{place}{entry}: {verdict.problem.replace('_', ' ')}.",
        verdict.explanation,
        MEANING[verdict.problem],
        f"The {verdict.entries:,} entries before it are as they were recorded.",
    ]


def vouched(verdict: Verdict, path: Path, anchors: list[Anchor]) -> str:
    if not anchors:
        return f"There is no anchor file {path}: that the end was not cut off is only the database's own word."
    written = f"last written {anchors[-1].written_at}"
    return f"The anchor file {path}, {written}, vouches for the first {verdict.anchored:,} entries."


async def show(settings: Settings, wanted: Wanted) -> int:
    """Prints who did what. An admin sees everybody's deeds, others their own. Raises Refused for somebody else's."""
    async with open_service(settings) as service:
        actor = await service.actor(Entrance.CLI)
        now = service.now()
        search = Search(
            user=visible(actor, wanted.user),
            tool=wanted.tool,
            window=Window(now - wanted.since, now + timedelta(minutes=1)),  # the database's clock may be ahead
            limit=wanted.limit + 1,
        )
        async with service.pool.connection() as db:
            found = (await activity.deeds(db, search)).rows
    if wanted.as_json:
        sys.stdout.buffer.write(orjson.dumps([as_json(deed) for deed in found[: wanted.limit]]) + b"\n")
    else:
        tell(found, wanted.limit)
    return 0


def visible(actor: Actor, asked: str | None) -> str | None:
    """Whose deeds the actor gets to see: None is everybody's."""
    if "admin" in actor.roles & actor.ceiling:
        return asked
    if asked in (None, actor.name):
        return actor.name
    raise Refused(
        f"{actor.name} sees only their own deeds, not those of {asked}.",
        code="permission_denied",
        permission="ai:revive:aiops:audit:read",
        alternative="Ask someone with the role admin.",
    )


def as_json(deed: Deed) -> dict[str, Any]:
    return asdict(deed) | {"summary": deed.summary}


def tell(found: list[Deed], limit: int) -> None:
    console = Console(highlight=False)
    if not found:
        console.print("Nothing was done in that time.")
        return
    table = Table(box=None, header_style="dim", pad_edge=False)
    for title in ("When (UTC)", "Who", "Did", "Approved by", "Result"):
        table.add_column(title, overflow="fold", no_wrap=title == "When (UTC)")
    for deed in found[:limit]:
        table.add_row(*(Text(cell) for cell in cells(deed)))
    console.print(table)
    if len(found) > limit:
        console.print(f"These are the newest {limit}: --limit, --user, --tool and --since show others.", style="dim")


def cells(deed: Deed) -> tuple[str, ...]:
    """The row of one deed; nothing in it can steer the terminal."""
    arguments = orjson.dumps(deed.arguments).decode() if deed.arguments else ""
    did = f"{deed.tool} {arguments}".strip()
    shown = did if len(did) <= LONGEST_ARGUMENTS else f"{did[:LONGEST_ARGUMENTS]}…"
    row = (moment(stamp(deed.at)), deed.requester, shown, approval(deed), ending(deed))
    return tuple(strip_text(cell) for cell in row)


def ending(deed: Deed) -> str:
    """What came of it."""
    if deed.status == "pending_approval":
        return "waiting" if deed.standing == "pending" else "not done"
    told = "" if deed.summary in ("ok", "empty") else deed.summary
    return f"{deed.status}: {told}" if told else deed.status


def approval(deed: Deed) -> str:
    """On whose word it was done, or was not."""
    through = f" ({deed.decided_through})" if deed.decided_through else ""
    match deed.standing:
        case None:
            return NOTHING
        case "approved" if deed.mode == "policy":
            return "the policy"
        case "approved":
            return f"{deed.decided_by}{through}"
        case "rejected":
            return f"rejected by {deed.decided_by}{through}"
        case "pending" | "expired" | "superseded":
            return deed.standing
