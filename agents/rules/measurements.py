"""What `query_metrics` gave, read once: the results of several stretches of time put together to one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from agents.answer import Confidence, Finding
from agents.rules.facts import AGAIN, Facts, Found, again
from agents.rules.metric_calls import QUERY
from domain.windows import parse

Json: TypeAlias = dict[str, Any]
SURE, LIKELY = 0.85, 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series: `before` is its mean in the window it is compared with; None what was not measured."""

    name: str
    last: float | None
    mean: float | None
    least: float | None
    most: float | None
    peak_at: str | None
    before: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One query with what it gave, most first. `count` is how many series there were in all."""

    title: str
    query: str
    plain: str
    unit: str
    kind: str
    lines: tuple[Line, ...]
    count: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All that one side gave. `charts` are as `tools.series.parts` makes them, `missing` what was asked for beside it
    and why there is none."""

    label: str
    shown: tuple[Shown, ...]
    charts: tuple[Json, ...]
    confidence: float
    why: tuple[str, ...]
    notes: tuple[str, ...]
    executions: tuple[str, ...]
    missing: tuple[tuple[str, str], ...] = ()

    @property
    def main(self) -> Shown | None:
        """The first query that gave anything."""
        return next((each for each in self.shown if each.lines), None)

    @property
    def sureness(self) -> Confidence:
        return "certain" if self.confidence >= SURE else "likely" if self.confidence >= LIKELY else "possible"

    def finding(self, text: str) -> Finding:
        return Finding(text=text, executions=self.executions, confidence=self.sureness)


def of(facts: Facts, labels: Sequence[str], label: str = "") -> Measured | None:
    """What the calls of these labels gave together; None when one of them gave nothing that supports a claim."""
    found = [each for each in (answered(facts, name) for name in labels) if each]
    return together(found, label) if found and len(found) == len(labels) else None


def answered(facts: Facts, label: str) -> Found | None:
    """What the call of this label gave, or the same with another name."""
    names = [each.call.label for each in facts.gathered if each.call.label.startswith(again(label))]
    return next((found for name in (label, *names) if (found := facts.of(QUERY, name))), None)


def other_names(facts: Facts) -> tuple[str, ...]:
    """The names that the source has for what is called otherwise here."""
    labels = [each.call.label for each in facts.gathered if AGAIN in each.call.label and each.result.supports_claims]
    return tuple(dict.fromkeys(label.rpartition(AGAIN)[2] for label in labels))


def together(found: Sequence[Found], label: str) -> Measured:
    """The results of consecutive stretches as one."""
    every = [each.data for each in found]
    weights = [hours(data) for data in every]
    return Measured(
        label=label,
        shown=tuple(merged([data["queries"][at] for data in every], weights) for at in common(every)),
        charts=tuple(joined([data["charts"] for data in every])),
        confidence=min(data["confidence"] for data in every),
        why=unique(every, "why"),
        notes=unique(every, "assumed", "repairs", "notes"),
        executions=tuple(dict.fromkeys(each.execution for each in found)),
        missing=tuple(dict.fromkeys((item["what"], item["why"]) for data in every for item in data.get("missing", ()))),
    )


def common(every: Sequence[Json]) -> range:
    """The places of the queries that every stretch has: the same words give the same queries."""
    return range(min(len(data["queries"]) for data in every))


def hours(data: Json) -> float:
    window = data["window"]
    return (parse(window["end"]) - parse(window["start"])).total_seconds() / 3600


def unique(every: Sequence[Json], *names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for name in names for data in every for text in data[name]))


def merged(queries: Sequence[Json], weights: Sequence[float]) -> Shown:
    """The same query over several stretches; each as the tool has it when there is one."""
    first, *_ = queries
    names = dict.fromkeys(series["name"] for query in queries for series in query["series"])
    lines = [line(list(having(queries, weights, name))) for name in names]
    return Shown(
        title=first["title"],
        query=first["query"],
        plain=first["plain"],
        unit=first["unit"],
        kind=first["kind"],
        lines=tuple(sorted(lines, key=lambda each: -(each.mean if each.mean is not None else float("-inf")))),
        count=max(query["series_count"] for query in queries),
        error="; ".join(dict.fromkeys(query["error"] for query in queries if query["error"])),
    )


def having(queries: Sequence[Json], weights: Sequence[float], name: str) -> Iterable[tuple[Json, float]]:
    """The series of this name with the hours it is of, in order of time."""
    for query, weight in zip(queries, weights, strict=True):
        for series in query["series"]:
            if series["name"] == name:
                yield series, weight


def line(parts: Sequence[tuple[Json, float]]) -> Line:
    """One series from its stretches: the mean weighs their lengths, the last value is of the last one."""
    means = [(series["mean"], weight) for series, weight in parts if series["mean"] is not None]
    most = max((series for series, _ in parts if series["max"] is not None), key=highest, default=None)
    against = parts[-1][0]["against"]
    return Line(
        name=parts[0][0]["name"],
        last=next((series["last"] for series, _ in reversed(parts) if series["last"] is not None), None),
        mean=sum(mean * weight for mean, weight in means) / sum(weight for _, weight in means) if means else None,
        least=min((series["min"] for series, _ in parts if series["min"] is not None), default=None),
        most=most["max"] if most else None,
        peak_at=most["peak_at"] if most else None,
        before=against["mean"] if against else None,
    )


def highest(series: Json) -> float:
    return series["max"]


def joined(charts: Sequence[Sequence[Json]]) -> Iterable[Json]:
    """Each chart with the points of all stretches, series by series."""
    first, *rest = charts
    for at, chart in enumerate(first):
        later = [each[at] for each in rest if at < len(each)]
        yield chart | {"series": [extended(series, later) for series in chart["series"]]}


def extended(series: Json, later: Sequence[Json]) -> Json:
    found = (more for chart in later for more in chart["series"] if more["name"] == series["name"])
    return series | {"points": [*series["points"], *(point for more in found for point in more["points"])]}
