"""Reading large results by parts: what is in them, some of their rows, the rows with a word, numbers over all rows."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field

from domain.errors import NotFound, Refused
from tools.large import pointers, scanning
from tools.large.opening import NO_LIST, Opened, at, known, lists_told, longest, opened, rows_of
from tools.large.patterns import is_expression, pattern
from tools.large.pointers import NOWHERE
from tools.large.scanning import Counting, Search
from tools.large.tallies import Operation, Tally
from tools.preview import preview, shorten
from tools.replies import beyond
from tools.spec import AnySpec, Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

SOURCE = "trivium artifacts"
FULL = "p95 is of the first million values"
LARGEST_REPLY = 24 * 1024
LONGEST_TEXT = 8_000
LITERAL = "the pattern is read as plain words with * and |, not as a regular expression"


class ReadArtifact(Args):
    artifact_id: UUID
    path: str = Field("", max_length=500, description="Like /lines or /lines/17/text; none: what there is")
    offset: int = Field(0, ge=0, description="First row, or first character of a text")
    limit: int = Field(50, ge=1, le=500, description="Most rows")


async def read_artifact(context: ToolContext, args: ReadArtifact) -> ToolResult:
    found = await opened(context.database, args.artifact_id, context.actor.user_id)
    path = pointers.pointer(args.path)
    if path in found.lists:
        return await page(context, found, path, args)
    value = await at(context.database, found, path)
    if value is NOWHERE:
        raise NotFound(f"There is nothing at {path} of artifact {args.artifact_id}. {lists_told(found)}")
    return reply(context, found, path, told(value, args) | ({} if path else {"lists": found.lists}))


def told(value: Any, args: ReadArtifact) -> Json:
    if isinstance(value, str) and len(value) > LONGEST_TEXT // 4:
        part = value[args.offset : args.offset + LONGEST_TEXT]
        return {"text": part, "offset": args.offset, "total_characters": len(value)}
    shown, cut = ({"value": value}, "") if small(value) else preview({"value": value})
    return shown | ({"shortened": cut} if cut else {})


def small(value: Any) -> bool:
    return len(orjson.dumps(value)) <= LARGEST_REPLY


async def page(context: ToolContext, found: Opened, path: str, args: ReadArtifact) -> ToolResult:
    total = found.lists[path]
    rows = await rows_of(context.database, found.artifact.id, path, args.offset, args.limit)
    shown = fitting(rows)
    last = shown[-1][0] + 1 if shown else args.offset
    data: Json = {
        "path": path,
        "total_rows": total,
        "offset": args.offset,
        "rows": [{"row": place, "value": value} for place, value in shown],
        "next_offset": last if last < total else None,
    }
    return reply(context, found, path, data, joined(beyond(len(shown), total, "rows"), shortened(rows, shown)))


def fitting(rows: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """The first rows that a reply has room for, with their long texts cut; at least one, however large."""
    room, kept = LARGEST_REPLY, list[tuple[int, Any]]()
    for place, value in rows:
        short = shorten(value, 50)
        room -= len(orjson.dumps(short))
        if room < 0 and kept:
            break
        kept.append((place, short if room >= 0 else shorten(value, 1)))
    return kept


def shortened(rows: list[tuple[int, Any]], shown: list[tuple[int, Any]]) -> str | None:
    return "long texts and lists in the rows are shortened" if shown != rows[: len(shown)] else None


class GrepArtifact(Args):
    artifact_id: UUID
    pattern: str = Field(min_length=1, max_length=200, description="Plain words; * anything between, | either")
    path: str = Field("", max_length=500, description="Default: every list and text")
    context_rows: int = Field(0, ge=0, le=10, description="Rows before and after each match")
    limit: int = Field(20, ge=1, le=200, description="Most matches shown; all are counted")


async def grep_artifact(context: ToolContext, args: GrepArtifact) -> ToolResult:
    found = await opened(context.database, args.artifact_id, context.actor.user_id)
    path = known(found, args.path) if args.path else None
    search = Search(pattern=pattern(args.pattern), around=args.context_rows, limit=args.limit)
    async for _ in scanning.each(context.database, found.artifact.id, path, search.look):
        pass
    told_matches = [(number, match_told(match)) for number, match in enumerate(search.matches)]
    shown = fitting(told_matches)
    data: Json = {
        "total_matches": search.total,
        "rows_searched": search.rows,
        "matches": [value for _, value in shown],
    }
    notes = (
        beyond(len(shown), search.total, "matches"),
        shortened(told_matches, shown),
        LITERAL if is_expression(args.pattern) else None,
        None if found.lists else NO_LIST,
    )
    sent = f"rows with {args.pattern!r} in {path or 'every list'}"
    return emptied(reply(context, found, sent, data, joined(*notes)), search.total)


def match_told(match: scanning.Match) -> Json:
    around = {"before": match.before, "after": match.after}
    return {"path": match.path, "row": match.row, "value": match.value} | {
        side: rows for side, rows in around.items() if rows
    }


class AggregateArtifact(Args):
    artifact_id: UUID
    op: Operation = "count"
    field: str = Field("", max_length=200, description="Number in each row, like duration or values.1")
    group_by: str = Field("", max_length=200, description="Like level or labels.service; none: all rows together")
    path: str = Field("", max_length=500, description="Default: the longest list")
    pattern: str = Field("", max_length=200, description="Only rows with it, as in grep_artifact")
    top: int = Field(20, ge=1, le=100, description="Most groups shown, highest first")


async def aggregate_artifact(context: ToolContext, args: AggregateArtifact) -> ToolResult:
    found = await opened(context.database, args.artifact_id, context.actor.user_id)
    if args.op != "count" and not args.field:
        raise Refused(f"{args.op} needs a field.", code="invalid_arguments", alternative="Name the number's field.")
    path = known(found, args.path) if args.path else longest(found)
    tally = Tally(
        operation=args.op,
        way=pointers.steps(args.field),
        by=pointers.steps(args.group_by) if args.group_by else None,
    )
    counting = Counting(tally, pattern(args.pattern) if args.pattern else None)
    async for _ in scanning.each(context.database, found.artifact.id, path, counting.look):
        pass
    groups = tally.results()
    data: Json = {
        "path": path,
        "op": args.op,
        "groups": groups[: args.top],
        "total_groups": len(groups),
        "rows": tally.seen,
        "rows_without_number": tally.skipped,
    }
    sent = f"{args.op}({args.field}) by ({args.group_by}) of {path} with {args.pattern!r}"
    notes = (beyond(min(args.top, len(groups)), len(groups), "groups"), FULL if tally.is_full else None)
    return emptied(reply(context, found, sent, data, joined(*notes)), tally.seen)


def reply(context: ToolContext, found: Opened, sent: str, data: Json, cut: str | None = None) -> ToolResult:
    artifact = found.artifact
    about = {"artifact_id": str(artifact.id), "of_execution": str(artifact.execution_id), "of_tool": artifact.tool}
    return ToolResult(
        status="ok",
        source=SOURCE,
        data={**about, "size_bytes": artifact.size_bytes, **data},
        query=f"artifact {artifact.id}: {sent or 'outline'}",
        as_of=context.clock(),
        cut=cut,
    )


def emptied(result: ToolResult, matched: int) -> ToolResult:
    return result if matched else replace(result, status="empty")


def joined(*notes: str | None) -> str | None:
    return "; ".join(filter(None, notes)) or None


def tool(
    verb: str, texts: tuple[str, str], args: type[Args], handler: Callable[[ToolContext, Any], Awaitable[ToolResult]]
) -> AnySpec:
    return ToolSpec(
        name=f"{verb}_artifact",
        title=texts[0],
        description=texts[1],
        pillars=frozenset(Pillar),
        category=Category.AIOPS,
        risk=Risk.READ,
        permission="ai:revive:aiops:artifact:read",
        args=args,
        handler=handler,
        deadline_seconds=30,
    )


TOOLS = (
    tool("read", ("Read a large result", "Part of a result that was cut."), ReadArtifact, read_artifact),
    tool("grep", ("Search a large result", "Rows of a cut result with given words."), GrepArtifact, grep_artifact),
    tool(
        "aggregate",
        ("Add up a large result", "Counts, sums and percentiles over a cut result."),
        AggregateArtifact,
        aggregate_artifact,
    ),
)
