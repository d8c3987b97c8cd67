"""A question as it was put: into which language it goes, over which time, and within which limits."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.errors import Refused
from domain.windows import Window
from tools.metrics.questions import Language
from tools.metrics.sources import Bound
from tools.translate.promql.bounds import refuse_long
from tools.translate.reading import Asked
from tools.translate.situation import Limits

HOUR = timedelta(hours=1)
LEAST_STEP = 60  # the seeds' default step
ONE_VALUE = ("topk", "bottomk", "sort")
RANGE = re.compile(r"\[\s*((?:\d+(?:ms|[smhdwy]))+)\s*[\]:]")
LENGTH = re.compile(r"(\d+)(ms|[smhdwy])")
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
OF_LOGS = re.compile(
    r"\b(?:logs?|logged|log ?lines?|lines|(?:error|log) messages?|stack ?traces?|tracebacks?|tail|grep)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A question as it was put. `window` None: what the words say, else the last hour; `queries` are a person's own,
    asked instead of a translation."""

    question: str
    language: Language
    window: Window | None = None
    against: Window | None = None
    datasource: str | None = None
    queries: tuple[str, ...] = ()


def limits_of(bound: Bound) -> Limits:
    limits = bound.answering.limits
    return Limits(range_hours=limits.hours, results=limits.results, least_step_seconds=LEAST_STEP)


def window_of(asked: Asked, wish: Wish, now: datetime, limits: Limits) -> Window:
    """In whole seconds, ended by now. Raises Refused when it has not begun, or is longer than is asked for."""
    span, ago = asked.times.span or HOUR, asked.times.ago or timedelta()
    window = wish.window or Window(now - ago - span, now - ago)
    return bounded(Window(window.start, min(window.end, now)) if window.start < now else None, limits)


def against_of(asked: Asked, wish: Wish, window: Window, limits: Limits) -> Window | None:
    before = asked.times.before
    other = wish.against or (Window(window.start - before, window.end - before) if before else None)
    return bounded(other, limits) if other else None


def bounded(window: Window | None, limits: Limits) -> Window:
    """Raises Refused."""
    if window is None:
        raise Refused("The time range has not begun yet.", code="invalid_arguments")
    refuse_long(window.length, limits, "The question looks over {}")
    start, end = window.start.replace(microsecond=0), window.end.replace(microsecond=0)
    if end <= start:
        raise Refused("The end must be a second or more after the start.", code="invalid_arguments")
    return Window(start, end)


def has_course(text: str, span: timedelta) -> bool:
    """Whether a person's query is worth asking over time: not when it looks over all of it, or ranks what it finds."""
    return span.total_seconds() not in ranges(text) and not text.lstrip().startswith(ONE_VALUE)


def ranges(text: str) -> set[float]:
    """How many seconds its ranges look over: who looks over the whole window wants one value of it."""
    return {sum(int(count) * SECONDS[unit] for count, unit in LENGTH.findall(found)) for found in RANGE.findall(text)}


def language_of(words: str) -> Language:
    """LogQL where lines are asked for, else PromQL."""
    return "logql" if OF_LOGS.search(words) else "promql"
