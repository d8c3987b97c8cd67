"""A query as somebody wrote it, answered for people: what came, what was left out, and of when it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.windows import Window
from tools.grafana.spans import Step, step_for
from tools.metrics import questions
from tools.metrics.fallback import Answered
from tools.metrics.questions import Language, Question
from tools.metrics.sources import Bound
from tools.spec import Json, Status, ToolResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`step_seconds` None fits the window; `instant` asks for the values at its end alone."""

    query: str
    window: Window
    step_seconds: int | None = None
    instant: bool = False


async def numbers(bound: Bound, language: Language, wanted: Wanted) -> ToolResult:
    """The series; those over 10,000 samples are asked for again in wider steps, and left out if that is not enough."""
    most = bound.answering.limits.results
    step = Step(0) if wanted.instant else step_for(wanted.window, wanted.step_seconds)
    answered = await bound.ask(asked(language, wanted, step))
    if not wanted.instant and answered.reply.samples > most:
        step = step_for(wanted.window, wanted.step_seconds or step.seconds, len(answered.reply.found))
        answered = await bound.ask(asked(language, wanted, step))
    shown = within(answered.reply.found, most)
    left_out = len(answered.reply.found) - len(shown)
    said = f"{len(shown):,} of {len(answered.reply.found):,} series are shown: aggregate or select fewer"
    data: Json = {"series": shown, "step_seconds": step.seconds or None, "url": answered.reply.url}
    cut = (step.said, answered.reply.cut, said if left_out else None)
    return result(answered, data, None if wanted.instant else wanted.window, cut)


def asked(language: Language, wanted: Wanted, step: Step) -> Question:
    if wanted.instant:
        return questions.instant(language, wanted.query, wanted.window.end)
    return questions.window(language, wanted.query, wanted.window.start, wanted.window.end, step.seconds)


async def lines(bound: Bound, query: str, window: Window, limit: int) -> ToolResult:
    """The newest lines, newest first; that there are more is said, and is no fault."""
    answered = await bound.ask(questions.lines(query, window.start, window.end, limit))
    shown = [{"timestamp": item["at"], "line": item["text"], "labels": item["labels"]} for item in answered.reply.found]
    found = result(answered, {"lines": shown}, window, ())
    return replace(found, cut=f"{answered.reply.cut} are shown") if answered.reply.cut else found


def result(answered: Answered, data: Json, window: Window | None, cut: Sequence[str | None]) -> ToolResult:
    """`cut` begins with what is only told; anything after it means that not all series are there."""
    status: Status = "ok" if any(data.get("series") or data.get("lines") or ()) else "empty"
    return ToolResult(
        status="truncated" if any(cut[1:]) else status,
        source=answered.source,
        data=data | {"datasource": answered.source},
        query=answered.question.written,
        window=window,
        as_of=answered.as_of,
        stale=answered.stale,
        cut="; ".join(filter(None, cut)) or None,
    )


def within(found: Sequence[Any], most: int) -> list[Any]:
    """The first series that have at most so many samples together."""
    shown: list[Any] = []
    samples = 0
    for item in found:
        samples += len(item["values"]) if "values" in item else 1
        if samples > most:
            return shown
        shown.append(item)
    return shown
