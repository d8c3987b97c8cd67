"""Log lines that answer a question: the newest of them with their levels, and how many there are in all."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from domain.errors import Refused, SourceError
from domain.windows import Window, stamp
from tools.masking import mask_text
from tools.metrics import questions
from tools.metrics.plain.planning import Plan
from tools.metrics.plain.running import Numbers, Outcome, Runner, numbers
from tools.metrics.sources import line as line_of
from tools.spec import Json
from tools.translate.answers import Query
from tools.translate.logql.parsing import parse
from tools.translate.logql.tree import Aggregation, Grouping, LineFilter, Logs, Parse, RangeAggregation
from tools.translate.logql.writing import written

USUAL, MOST = 100, 1000
LEVELS = ("level", "severity", "detected_level")
UNKNOWN = "unknown"
ALIASES = {
    "err": "error", "eror": "error", "erro": "error", "warning": "warn", "information": "info", "informational": "info",
    "notice": "info", "dbg": "debug", "crit": "critical", "emerg": "fatal", "emergency": "fatal", "panic": "fatal",
}  # fmt: skip
NAMES = frozenset({"trace", "debug", "info", "warn", "error", "critical", "fatal"})
KEYS = ("level", "severity", "lvl", "log.level", "levelname", "loglevel")
LOGFMT = re.compile(r"\b(?:level|severity|lvl)=\"?(\w+)", re.IGNORECASE)
WRITTEN = re.compile(r"\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERR|ERROR|CRIT|CRITICAL|FATAL|PANIC)\b")
BRACKETED = re.compile(
    r"[\[<(](trace|debug|info|notice|warn|warning|err|error|crit|critical|fatal|panic)[\])>]", re.IGNORECASE
)
LEADING = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`total` is what Loki counted in the window, None when it did not; `by_level` is of the same lines."""

    outcomes: tuple[Outcome, ...] = ()
    rows: tuple[Json, ...] = ()
    total: int | None = None
    by_level: Mapping[str, int] = field(default_factory=dict[str, int])
    cut: tuple[str, ...] = ()
    as_of: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One query's newest lines, and all of its lines counted."""

    outcome: Outcome
    rows: tuple[tuple[int, Json], ...] = ()
    levels: Counter[str] | None = None
    as_of: datetime | None = None
    said: str | None = None


async def all_of(runner: Runner, plan: Plan, limit: int) -> tuple[list[Outcome], Found]:
    """The numbers and the lines of a plan, all asked at once."""
    queries = [query for query in plan.queries if query.kind == "logs"]
    outcomes, reads = await asyncio.gather(
        runner.all(plan), asyncio.gather(*(read(runner, plan, query, limit) for query in queries))
    )
    return (outcomes, together(reads, limit)) if queries else (outcomes, counted_by(outcomes, plan.window))


async def read(runner: Runner, plan: Plan, query: Query, limit: int) -> Read:
    window = plan.window
    wanted = min(query.limit if limit == USUAL and query.limit else limit, MOST)
    lines, counted = await asyncio.gather(newest(runner, query, window, wanted), levels(runner, plan, query))
    if isinstance(lines, Refused | SourceError):
        return Read(outcome=Outcome(query=query, failure=lines, cut=(f"{query.title} failed: {lines}",)))
    said = None if isinstance(counted, Counter) else f"{query.title}: its lines could not be counted: {counted}"
    return replace(lines, levels=counted if isinstance(counted, Counter) else None, said=said)


async def newest(runner: Runner, query: Query, window: Window, limit: int) -> Read | Refused | SourceError:
    async with runner.places:
        try:
            answered = await runner.bound.ask(questions.lines(query.query, window.start, window.end, limit))
        except (Refused, SourceError) as error:
            return error
    rows = tuple((int(item["at"]), row(item)) for item in answered.reply.found)
    return Read(outcome=Outcome(query=query), rows=rows, as_of=answered.as_of)


async def levels(runner: Runner, plan: Plan, query: Query) -> Counter[str] | Refused | SourceError:
    """How many lines of each level the query finds in the window, as Loki counts them."""
    asked = replace(query, query=counting(query.query, plan), kind="instant", unit="short")
    async with runner.places:
        try:
            return by_level(await numbers(runner.bound, asked, plan.window))
        except (Refused, SourceError) as error:
            return error


def counting(text: str, plan: Plan) -> str:
    """What only shapes lines is left out: a line that is no JSON makes a count fail, and is a line all the same."""
    node = parse(text)
    assert isinstance(node, Logs)  # noqa: S101 - only such queries give lines
    logs = replace(node, stages=tuple(item for item in node.stages if isinstance(item, LineFilter)))
    logs = logs if is_filtered_first(node) else node
    is_parsed = any(isinstance(item, Parse) for item in logs.stages)
    level = plan.view.logs.first(LEVELS[:2]) or ("level" if is_parsed else None)
    by = tuple(filter(None, (level, "detected_level")))
    seconds = int(plan.window.length.total_seconds())
    count = RangeAggregation(function="count_over_time", logs=logs, seconds=seconds)
    return written(Aggregation(function="sum", of=count, grouping=Grouping("by", by)))


def is_filtered_first(logs: Logs) -> bool:
    """Whether nothing behind the line filters decides which lines there are."""
    kinds = [isinstance(item, LineFilter) for item in logs.stages]
    others = [item for item in logs.stages if not isinstance(item, LineFilter)]
    shaping = all(isinstance(item, Parse) or getattr(item, "stage", "") in SHAPES for item in others)
    return shaping and kinds == sorted(kinds, reverse=True)


SHAPES = ("line_format", "label_format", "drop", "keep", "decolorize")


def by_level(found: Numbers) -> Counter[str]:
    counts = Counter[str]()
    for series in found.series:
        label = next((series.labels[name] for name in LEVELS if series.labels.get(name)), "")
        counts[normal(label) or UNKNOWN] += round(series.known[0]) if series.known else 0
    return counts


def together(reads: Sequence[Read], limit: int) -> Found:
    """Lines of all queries, the newest first. Totals of several are added up when one line cannot be of two."""
    merged = {(at, repr(told)): (at, told) for item in reads for at, told in item.rows}
    rows = sorted(merged.values(), key=lambda pair: pair[0], reverse=True)
    most = max(limit, *(len(item.rows) for item in reads)) if len(reads) == 1 else limit
    counts = [item.levels for item in reads if item.levels is not None]
    is_sum = len(counts) == len(reads) and (len(reads) == 1 or are_apart(reads))
    total = sum(sum(item.values()) for item in counts) if is_sum else None
    shown = tuple(told for _, told in rows[:most])
    said = [item.said for item in reads if item.said]
    if total is not None and len(shown) < total:
        said.append(f"the newest {len(shown):,} of {total:,} lines are shown")
    elif total is None and (len(rows) > most or any(len(item.rows) >= item.outcome.query.limit > 0 for item in reads)):
        said.append(f"the newest {len(shown):,} lines are shown, and there may be more")
    return Found(
        outcomes=tuple(item.outcome for item in reads),
        rows=shown,
        total=total,
        by_level=shares(sum(counts, Counter[str]())) if is_sum else {},
        cut=tuple(mask_text(text) for text in said),
        as_of=tuple(item.as_of for item in reads if item.as_of),
    )


def hidden(found: Found, said: str) -> Found:
    """Its counts without the lines."""
    return replace(found, rows=(), cut=(said,))


def are_apart(reads: Sequence[Read]) -> bool:
    """Whether the selectors name different values of one label."""
    named = [
        {item.label: item.value for item in node.matchers if item.operator == "="}
        for node in (parse(read.outcome.query.query) for read in reads)
        if isinstance(node, Logs)
    ]
    labels = set(named[0]).intersection(*named[1:])
    return any(len({one[label] for one in named}) == len(named) for label in labels)


def counted_by(outcomes: Sequence[Outcome], window: Window) -> Found:
    """Where the question itself is a count over the window, its value is the total."""
    counts = [item.now for item in outcomes if item.now and is_count(item.query.query, window)]
    if len(counts) != 1 or len(outcomes) != 1:
        return Found()
    found = by_level(counts[0])
    return Found(total=sum(found.values()), by_level=shares(found))


def is_count(text: str, window: Window) -> bool:
    node = parse(text)
    if not isinstance(node, Aggregation) or node.function != "sum" or not isinstance(node.of, RangeAggregation):
        return False
    is_grouped_alike = node.grouping is None or set(node.grouping.labels) <= set(LEVELS)
    is_whole = node.of.seconds == window.length.total_seconds() and not node.of.offset_seconds
    return node.of.function == "count_over_time" and is_whole and is_grouped_alike


def shares(counts: Counter[str]) -> dict[str, int]:
    """By level, the most first; nothing when no line says one."""
    return dict(counts.most_common()) if set(counts) - {UNKNOWN} else {}


def row(item: Mapping[str, Any]) -> Json:
    found = line_of(dict(item))
    labels = dict(sorted(found.labels.items()))
    return {"at": stamp(found.at), "level": level(labels, found.text), "text": found.text, "labels": labels}


def level(labels: Mapping[str, str], text: str) -> str:
    """Of its labels, its fields or its words, the first that say one; "" when none does."""
    said = (*(labels.get(name, "") for name in LEVELS), field_of(text), word_of(text))
    return next((found for value in said if (found := normal(value))), "")


def normal(value: str) -> str:
    name = value.strip().lower()
    return ALIASES.get(name, name if name in NAMES else "")


def field_of(text: str) -> str:
    if text.lstrip().startswith("{"):
        try:
            read: Any = json.loads(text)
        except ValueError:
            read = None
        entry = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
        return next((str(entry[key]) for key in KEYS if entry.get(key)), "")
    found = LOGFMT.search(text)
    return found[1] if found else ""


def word_of(text: str) -> str:
    found = BRACKETED.search(text[:LEADING]) or WRITTEN.search(text[:LEADING])
    return found[1] if found else ""
