"""Answers to what is unusual: each anomaly with its baseline and score, and how it was judged."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from agents import parts
from agents.answer import Finding, Unknown
from agents.rules import drawing, phrases, splits
from agents.rules.facts import Draft, Facts, Found
from agents.rules.quantities import quantity, span
from domain.windows import Window

Json: TypeAlias = dict[str, Any]
TOOL = splits.ANOMALIES
MOST_TOLD, MOST_CHARTS = 5, 6
UNMEASURED = "nothing was measured in the time asked about"
COLUMNS: tuple[drawing.Column, ...] = (
    ("application", "Application"),
    ("measure", "Measure"),
    ("name", "Series"),
    ("start", "From (UTC)"),
    ("end", "To (UTC)"),
    ("peak_said", "Peak"),
    ("baseline_said", "Expected"),
    ("score", "Score"),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """One series of one measure of one application, as it was judged."""

    application: str
    measure: str
    unit: str
    series: Json
    found: Found

    @property
    def what(self) -> str:
        return f"{self.measure} of {self.application}"


def found(facts: Facts) -> Draft:
    """The anomalies in the time asked about, the clearest first."""
    series = judged(facts)
    if not series:
        return without(facts)
    rows = [row(each, item) for each in series for item in each.series["anomalies"]]
    rows.sort(key=lambda item: (-abs(item["score"]), item["start"]))
    known = [each for each in series if not each.series["too_little"]]
    return Draft(
        summary=f"{verdict(rows, known, facts)}.",
        findings=once((*(finding(item) for item in rows[:MOST_TOLD]), *changes(series), *methods(known))),
        data={
            "anomaly_count": len(rows),
            "anomalies": [{key: item[key] for key in item if key not in ("found", "unit")} for item in rows],
            "judged": [method_row(each) for each in series],
        },
        parts=(*table(rows, series), *charts(facts)),
        unknown=(*too_little(series), *left_out(facts)),
        is_zero=False,
    )


def judged(facts: Facts) -> list[Judged]:
    return [
        Judged(
            each.call.arguments["application"],
            each.call.arguments["measure"],
            unit_of(each.result.data),
            item | ({} if is_measured(chart) else {"too_little": UNMEASURED}),
            Found(each.result.data, str(each.result.execution_id or "")),
        )
        for each in facts.gathered
        if each.call.tool == TOOL and each.result.supports_claims
        for item, chart in zip(each.result.data["series"], each.result.data["charts"], strict=False)
    ]


def is_measured(chart: Json) -> bool:
    """Whether the time asked about has samples; the history before it may have all of those that were judged."""
    return any(value is not None for line in chart["series"][:1] for _, value in line["points"])


def unit_of(data: Json) -> str:
    return next((chart["unit"] for chart in data["charts"]), "")


def without(facts: Facts) -> Draft:
    """Nothing was judged: why, and so what is not known."""
    why = facts.why_not(TOOL) or ("No service is known." if not splits.watched(facts) else "Nothing was measured then.")
    return Draft(summary=f"Not known: whether anything was unusual{facts.scope}{facts.when}. {why}")


def row(each: Judged, item: Json) -> Json:
    return {
        **item,
        "application": each.application,
        "measure": each.measure,
        "peak_said": quantity(item["peak"], each.unit),
        "baseline_said": quantity(item["baseline"], each.unit),
        "found": each.found,
        "unit": each.unit,
    }


def verdict(rows: list[Json], known: list[Judged], facts: Facts) -> str:
    """How many anomalies there are and which is the clearest; "nothing" only of what was judged."""
    if rows:
        number = phrases.no_or(len(rows), "anomaly") if len(rows) != 1 else "1 anomaly"
        return f"{phrases.capital(number)} in {whats(known)}{facts.when}; the clearest: {said(rows[0])}"
    if not known:
        return f"Not known: whether anything was unusual{facts.scope}{facts.when}: too little was measured to judge by"
    samples = sum(each.series["samples"] for each in known)
    return f"Nothing unusual in {whats(known)}{facts.when}: {samples:,} samples were judged"


def whats(known: list[Judged]) -> str:
    return phrases.some(list(dict.fromkeys(each.what for each in known)))


def said(item: Json) -> str:
    """ "latency of checkout 850 ms, 120 ms expected, 19 Nov, 14:30–14:45 UTC (score 12.3)"."""
    name = f" ({item['name']})" if item["name"] else ""
    return (
        f"{item['measure']} of {item['application']}{name} {item['peak_said']}, {item['baseline_said']} expected, "
        f"{span(item['start'], item['end'])} (score {item['score']:.3g})"
    )


def finding(item: Json) -> Finding:
    return item["found"].finding(f"{phrases.capital(said(item))}, {phrases.count(item['samples'], 'sample')}.")


def once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Parts of an application that behaved alike are told once."""
    return tuple(dict.fromkeys(findings))


def changes(series: list[Judged]) -> tuple[Finding, ...]:
    """Where the level of a series moved for good."""
    return tuple(
        each.found.finding(
            f"The level of {each.what} moved at {phrases.moment(change['at'])}: "
            f"from {quantity(change['before'], each.unit)} to {quantity(change['after'], each.unit)}."
        )
        for each in series
        for change in each.series["changes"][:2]
        if quantity(change["before"], each.unit) != quantity(change["after"], each.unit)
    )


def methods(known: list[Judged]) -> tuple[Finding, ...]:
    """How each measure was judged, and by how much."""
    return tuple(each.found.finding(f"{phrases.capital(each.what)}: {method(each.series)}.") for each in known)


def method(series: Json) -> str:
    """ "robust z-score against the daily season of 7 days, threshold 8, 2,016 samples, 3 missing"."""
    missing = f", {series['missing']:,} missing" if series["missing"] else ""
    recurring = f", {series['recurring']} excursions like many others left out" if series["recurring"] else ""
    return f"{series['method']}, threshold {series['threshold']:g}, {series['samples']:,} samples{missing}{recurring}"


def method_row(each: Judged) -> Json:
    keys = ("name", "method", "season", "seasons", "threshold", "samples", "missing", "recurring", "too_little")
    return {"application": each.application, "measure": each.measure} | {key: each.series[key] for key in keys}


def table(rows: list[Json], series: list[Judged]) -> tuple[drawing.Part, ...]:
    if not rows:
        return ()
    part = drawing.table("Anomalies, the clearest first", COLUMNS, rows, series[0].found)
    executions = tuple(dict.fromkeys(item["found"].execution for item in rows))
    return (drawing.Part(kind=part.kind, title=part.title, data=part.data, executions=executions),)


def charts(facts: Facts) -> tuple[drawing.Part, ...]:
    """The courses with what was expected; those that have anomalies first."""
    drawn = [(chart, found.execution) for found in facts.each(TOOL) for chart in found.rows("charts")]
    drawn.sort(key=lambda pair: not pair[0]["bands"])
    return tuple(parts.chart(chart, (execution,)) for chart, execution in drawn[:MOST_CHARTS])


def too_little(series: list[Judged]) -> tuple[Unknown, ...]:
    return tuple(
        Unknown(what=f"Whether {each.what} was unusual", why=f"{phrases.capital(each.series['too_little'])}.")
        for each in series
        if each.series["too_little"]
    )


def left_out(facts: Facts) -> tuple[Unknown, ...]:
    """The services that were not looked at, and the time before the last seven days."""
    most = splits.MOST_APPLICATIONS if facts.slots.measure else splits.MOST_WATCHED
    others, last = splits.watched(facts)[most:], splits.stretches(facts)[-1]
    found_: list[Unknown] = []
    if others:
        why = f"At most {most} are looked at for one answer."
        found_.append(Unknown(what=f"Whether anything was unusual on {phrases.some(others)}", why=why))
    period = facts.slots.period
    if period and period.window.start < last.start:
        before = phrases.window(Window(period.window.start, last.start), facts.zone)
        why = "Seven days at most are judged at once."
        found_.append(Unknown(what=f"What was unusual in {before}", why=why, settle="Ask for a shorter time."))
    return tuple(found_)
