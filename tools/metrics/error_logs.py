"""Errors in the logs of an application: their patterns, and which of them the window before did not have."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from domain.errors import Refused
from domain.windows import Window, stamp
from tools.grafana.promql import quoted
from tools.metrics.asking import Line, LogSource
from tools.metrics.measuring import Subject
from tools.metrics.patterns import Pattern, grouped, same_as

State: TypeAlias = Literal["new", "more", "same", "less"]

LABELS = ("service_name", "service", "app", "application", "job", "container", "name")
ERRORS = '|~ "(?i)(error|exception|fatal|panic|traceback|fail|refused|timed? ?out)"'
MOST_LINES, SLICES = 1000, 4
MOST_PATTERNS = 20
GROWN, GROWN_BY = 2.0, 5


@dataclass(frozen=True, slots=True)
class Read:
    """Lines of one window; `total` counts all of them, of which `lines` may be a part."""

    lines: Sequence[Line]
    total: int

    @property
    def scale(self) -> float:
        """How many lines each line that was read stands for."""
        return self.total / len(self.lines) if self.lines else 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One pattern now and before, as estimates when not every line was read."""

    pattern: Pattern
    count: int
    before: int

    @property
    def state(self) -> State:
        if not self.before:
            return "new"
        if self.count >= max(GROWN * self.before, self.before + GROWN_BY):
            return "more"
        return "less" if GROWN * self.count <= self.before else "same"


@dataclass(frozen=True, slots=True)
class Errors:
    """`queries` are those whose answers are shown; `cut` what was not read or is not listed."""

    seen: tuple[Seen, ...]
    now: Read
    before: Read
    queries: tuple[str, ...]
    cut: str | None


async def errors(logs: LogSource, subjects: Sequence[Subject], window: Window) -> Errors:
    """Raises Refused when no log stream is named like any of the subjects, SourceError when Loki fails."""
    selector = await selector_of(logs, subjects, window)
    query = f"{selector} {ERRORS}"
    earlier = Window(window.start - window.length, window.start)
    now, before = await asyncio.gather(read(logs, query, window), read(logs, query, earlier))
    patterns, known = await asyncio.to_thread(lambda: (grouped(now.lines), grouped(before.lines)))
    seen = [
        Seen(pattern, round(pattern.count * now.scale), round(match.count * before.scale) if match else 0)
        for pattern in patterns
        for match in [same_as(pattern, known)]
    ]
    listed = sorted(seen, key=lambda item: (item.state != "new", item.state != "more", -item.count))[:MOST_PATTERNS]
    spans = [f"{query} from {stamp(one.start)} to {stamp(one.end)}" for one in (earlier, window)]
    return Errors(tuple(listed), now, before, tuple(spans), cut(seen, now, before))


def cut(seen: Sequence[Seen], now: Read, before: Read) -> str | None:
    partly = [
        f"{len(found.lines):,} of {found.total:,} error lines {when} were read, counts are estimates"
        for found, when in ((now, "in the window"), (before, "before it"))
        if len(found.lines) < found.total
    ]
    rest = [f"{MOST_PATTERNS} of {len(seen)} patterns are listed"] if len(seen) > MOST_PATTERNS else []
    return "; ".join(partly + rest) or None


async def read(logs: LogSource, query: str, window: Window) -> Read:
    """At most 1,000 lines, 250 from each quarter of the window: the newest alone would hide how it began."""
    seconds = max(1, int(window.length.total_seconds()))
    part = timedelta(seconds=seconds / SLICES)
    starts = [window.start + number * part for number in range(SLICES)]
    counted, parts = await asyncio.gather(
        logs.instant(f"sum(count_over_time({query} [{seconds}s]))", window.end),
        asyncio.gather(*(logs.lines(query, start, start + part, MOST_LINES // SLICES) for start in starts)),
    )
    lines = [line for found in parts for line in found]
    total = next((int(value) for series in counted for value in series.known), 0)
    return Read(lines, max(total, len(lines)))


async def selector_of(logs: LogSource, subjects: Sequence[Subject], window: Window) -> str:
    """The selector with most lines in the window: by the label that is known, else by those that usually name."""
    selectors = list(dict.fromkeys(selector for subject in subjects for selector in selectors_of(subject)))
    seconds = max(1, int(window.length.total_seconds()))
    counts = await asyncio.gather(
        *(logs.instant(f"sum(count_over_time({selector}[{seconds}s]))", window.end) for selector in selectors)
    )
    lines = [sum(value for series in found for value in series.known) for found in counts]
    if not any(lines):
        names = ", ".join(dict.fromkeys(subject.value for subject in subjects))
        raise Refused(
            f"No log stream of that time is named {names}; looked for the labels {', '.join(LABELS)}.",
            code="nothing_to_show",
            alternative="Give the application a profile with its log_label.",
        )
    return selectors[lines.index(max(lines))]


def selectors_of(subject: Subject) -> list[str]:
    if subject.label:
        return [f"{{{subject.label}={quoted(subject.value)}}}"]
    return [f"{{{label}={quoted(subject.value)}}}" for label in LABELS]
