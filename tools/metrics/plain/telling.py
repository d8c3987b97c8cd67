"""What the queries gave as JSON: series in numbers, beside those of the time before, and charts of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from domain.windows import stamp
from tools.masking import mask_text
from tools.metrics.plain.planning import Plan
from tools.metrics.plain.running import Outcome
from tools.series import parts
from tools.series.series import Series, moment
from tools.series.summary import Summary, summarised
from tools.spec import Json
from tools.translate.answers import Query

MOST_SERIES, MOST_LINES = 20, 10
DRAWN, LEAST_DRAWN = 600, 60


@dataclass(frozen=True, slots=True)
class Pair:
    """A series and the same one of the other window, None without it."""

    now: Series
    before: Series | None

    @property
    def name(self) -> str:
        """Its labels without the metric's own name, which the query says."""
        labels = {name: value for name, value in self.now.labels.items() if name != "__name__"}
        return replace(self.now, labels=labels).name

    @property
    def summary(self) -> Summary:
        return summarised(self.now)


def pairs(outcome: Outcome) -> list[Pair]:
    """The highest mean first; what was not measured comes last."""
    earlier = {item.name: item for item in outcome.before.series} if outcome.before else {}
    found = [Pair(item, earlier.get(item.name)) for item in (outcome.now.series if outcome.now else ())]

    def rank(pair: Pair) -> tuple[float, str]:
        mean = pair.summary.mean
        return (math.inf if mean is None else -mean), pair.now.name

    return sorted(found, key=rank)


def query(outcome: Outcome) -> Json:
    """One entry of `queries`."""
    found = pairs(outcome)
    numbers = outcome.now
    return {
        **head(outcome.query),
        "step_seconds": numbers.step_seconds if numbers else outcome.query.step_seconds or None,
        "series_count": numbers.found if numbers else 0,
        "error": mask_text(str(outcome.failure)) if outcome.failure else None,
        "series": [line(pair, outcome.query.title) for pair in found[:MOST_SERIES]],
    }


def head(query: Query) -> Json:
    return {
        "title": query.title,
        "query": query.query,
        "plain": query.plain,
        "unit": query.unit,
        "kind": query.kind,
    }


def line(pair: Pair, title: str) -> Json:
    summary, before = pair.summary, summarised(pair.before) if pair.before else None
    peak = max(pair.now.samples, key=lambda sample: sample[1], default=None)
    return {
        "name": pair.name or title,
        "labels": dict(pair.now.labels),
        **numbers_of(summary),
        "peak_at": stamp(moment(peak[0])) if peak else None,
        "against": numbers_of(before) if before and before.samples else None,
        "change": parts.rounded(change(summary, before)),
    }


def numbers_of(summary: Summary) -> Json:
    found = {"last": summary.last, "mean": summary.mean, "min": summary.least, "max": summary.most}
    return {name: parts.rounded(value) for name, value in found.items()}


def change(now: Summary, before: Summary | None) -> float | None:
    """How much the mean moved, as a share of what it was; None from nothing."""
    if before is None or not before.mean or now.mean is None:
        return None
    return now.mean / before.mean - 1


def charts(outcomes: Sequence[Outcome], plan: Plan) -> list[Json]:
    """One for each query over time that has series; the other window's are laid over the first one's."""
    return [chart(outcome, plan) for outcome in outcomes
            if outcome.now and outcome.query.kind == "range" and outcome.now.series]  # fmt: skip


def chart(outcome: Outcome, plan: Plan) -> Json:
    found = pairs(outcome)[:MOST_LINES]
    shift = plan.window.start - plan.against.start if plan.against else timedelta()
    points = max(LEAST_DRAWN, DRAWN // max(1, len(found)))
    drawn: list[Json] = []
    for pair in found:
        name = pair.name or outcome.query.title
        drawn.append(parts.line(pair.now, name, points))
        if pair.before:
            drawn.append(parts.line(moved(pair.before, shift), f"{name} before", points))
    return parts.chart(outcome.query.title, outcome.query.unit, drawn)


def moved(series: Series, by: timedelta) -> Series:
    return replace(series, times=tuple(time + by.total_seconds() for time in series.times))


def cut(outcomes: Sequence[Outcome]) -> list[str]:
    """Everything that is not there, and why."""
    failed = [outcome for outcome in outcomes if outcome.failure]
    said = [f"{len(failed)} of {len(outcomes)} queries failed"] if failed else []
    said += [mask_text(text) for outcome in outcomes for text in outcome.cut]
    for outcome in outcomes:
        listed = len(outcome.now.series) if outcome.now else 0
        if listed > MOST_SERIES:
            said.append(f"{outcome.query.title}: {MOST_SERIES} of {listed:,} series are listed")
    return said
