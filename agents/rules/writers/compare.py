"""Answers that put two or more sides beside each other: periods, services, environments, severities."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from agents.answer import Finding, Part
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found, Side, real_zero
from agents.rules.phrases import count, duration
from domain.windows import Window

Json: TypeAlias = dict[str, Any]
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Measured:
    """One side with its result."""

    side: Side
    found: Found

    @property
    def label(self) -> str:
        return self.side.label

    @property
    def window(self) -> Window | None:
        return self.side.slots.period.window if self.side.slots.period else None


def alerts(facts: Facts) -> Draft:
    return counted(facts, "get_alert_trends", "alert")


def incidents(facts: Facts) -> Draft:
    return counted(facts, "query_incidents", "incident")


def counted(facts: Facts, tool: str, noun: str) -> Draft:
    """The sides by their number, per day too when their windows differ in length."""
    sides = measured(facts, tool)
    if len(sides) < 2:
        return unknown(facts, noun)
    if not any(total(side) for side in sides):
        both = phrases.listing((side.label for side in sides), "or")
        return real_zero(
            f"No {facts.kind}{phrases.plural(noun)} for {both}{facts.scope}{facts.when}", sides_data(sides, facts)
        )
    return Draft(
        summary=f"{verdict(sides, facts.kind + noun)}{facts.scope}{facts.when}.",
        findings=(*(severity_finding(side) for side in sides), *length_finding(sides)),
        data=sides_data(sides, facts),
        parts=(count_table(sides, facts, noun),),
    )


def measured(facts: Facts, tool: str) -> list[Measured]:
    """The sides that could be read, in order; none when one of them could not."""
    pairs = [(side, facts.of(tool, side.label)) for side in facts.sides]
    read = [Measured(side, found) for side, found in pairs if found]
    return read if len(read) == len(pairs) else []


def unknown(facts: Facts, noun: str) -> Draft:
    sides = phrases.listing(side.label for side in facts.sides) or "the two sides"
    return Draft(
        summary=f"Not known: {phrases.plural(noun)} of {sides} could not both be read, so nothing is compared."
    )


def verdict(sides: Sequence[Measured], noun: str) -> str:
    """ "last week had more alerts than this week: 47 against 30 (57 % more)"; by the day when their lengths differ."""
    ordered = sorted(sides, key=measure(sides), reverse=True)
    if len(sides) > 2:
        listed = phrases.listing(f"{side.label} {total(side)}" for side in ordered)
        return f"{phrases.capital(phrases.plural(noun))}, most first: {listed}"
    high, low = ordered
    if measure(sides)(high) == measure(sides)(low):
        return f"{named(high)} and {low.label} had the same: {count(total(high), noun)} each"
    if same_length(sides):
        more = phrases.more(total(low), total(high))
        return (
            f"{named(high)} had more {phrases.plural(noun)} than {low.label}: {total(high)} against {total(low)}{more}"
        )
    more = phrases.more(rate(low), rate(high))
    return (
        f"{named(high)} had more {phrases.plural(noun)} a day than {low.label}: "
        f"{rate(high):.3g} against {rate(low):.3g}{more}; in all {total(high)} against {total(low)}"
    )


def named(side: Measured) -> str:
    """The label at the beginning of a sentence; a name keeps its own spelling."""
    return phrases.capital(side.label) if side.side.is_time else side.label


def measure(sides: Sequence[Measured]) -> Callable[[Measured], float]:
    """What the sides are judged by: their number, or the number a day when their windows differ in length."""
    return total if same_length(sides) else rate


def total(side: Measured) -> int:
    return side.found.data["total"]


def same_length(sides: Sequence[Measured]) -> bool:
    lengths = [side.window.length for side in sides if side.window]
    return not lengths or max(lengths) - min(lengths) < max(lengths) / 20


def rate(side: Measured) -> float:
    """How many a day."""
    return total(side) / (side.window.length / DAY) if side.window else 0.0


def length_finding(sides: Sequence[Measured]) -> tuple[Finding, ...]:
    if same_length(sides):
        return ()
    lengths = phrases.listing(
        f"{side.label} {duration(side.window.length.total_seconds())}" for side in sides if side.window
    )
    return (sides[0].found.finding(f"The times differ in length: {lengths}."),)


def severity_finding(side: Measured) -> Finding:
    severe = phrases.severities(side.found.data["by_severity"]) or "none"
    return side.found.finding(f"For {side.label}: {severe}.")


def numbers(side: Measured, facts: Facts) -> Json:
    data = side.found.data
    window = {"window": side.window.as_json(), "when": when(side, facts)} if side.window else {}
    return {"label": side.label, "total": data["total"], "by_severity": data["by_severity"], **window}


def sides_data(sides: Sequence[Measured], facts: Facts) -> Json:
    return {"sides": [numbers(side, facts) for side in sides], **difference(sides)}


def difference(sides: Sequence[Measured]) -> Json:
    if len(sides) != 2:
        return {}
    return {"difference": total(sides[1]) - total(sides[0])}


def count_table(sides: Sequence[Measured], facts: Facts, noun: str) -> Part:
    rows = [row | row["by_severity"] for row in (numbers(side, facts) for side in sides)]
    columns = [
        ("label", "Side"), ("when", "When"), ("total", phrases.capital(phrases.plural(noun))),
        ("critical", "Critical"), ("warning", "Warning"), ("info", "Info"),
    ]  # fmt: skip
    return cited(drawing.table("Side by side", columns, rows, sides[0].found), sides)


def cited(part: Part, sides: Sequence[Measured]) -> Part:
    """The part with the executions of every side."""
    executions = tuple(dict.fromkeys(side.found.execution for side in sides))
    return Part(kind=part.kind, title=part.title, data=part.data, executions=executions)


def mttr(facts: Facts) -> Draft:
    """The mean time to resolve of each side."""
    sides = measured(facts, "get_mttr_statistics")
    if len(sides) < 2:
        return unknown(facts, "incident")
    solved = [side for side in sides if side.found.data["mean_seconds"] is not None]
    summary = mttr_verdict(solved) if len(solved) > 1 else one_sided(sides, solved)
    return Draft(
        summary=f"{summary}{facts.scope}{facts.when}.",
        findings=tuple(side.found.finding(mttr_said(side)) for side in sides),
        data={"sides": [mttr_numbers(side) for side in sides], "mttr_difference_seconds": gap(solved)},
        parts=(mttr_table(sides, facts),),
    )


def mttr_verdict(solved: Sequence[Measured]) -> str:
    if len(solved) > 2:
        ordered = sorted(solved, key=mean_of)
        return "MTTR, fastest first: " + phrases.listing(f"{side.label} {duration(mean_of(side))}" for side in ordered)
    before, after = solved
    if duration(mean_of(before)) == duration(mean_of(after)):
        return f"MTTR is the same for {before.label} and {after.label}: {duration(mean_of(before))}"
    better = "shorter" if mean_of(after) < mean_of(before) else "longer"
    return (
        f"MTTR is {better} for {after.label}: {duration(mean_of(after))} against {duration(mean_of(before))} "
        f"for {before.label}"
    )


def one_sided(sides: Sequence[Measured], solved: Sequence[Measured]) -> str:
    """What can be said when a side has no resolved incident."""
    empty = phrases.listing(side.label for side in sides if side not in solved)
    known = "".join(f"; {side.label} had {duration(mean_of(side))}" for side in solved)
    return f"Not comparable: no resolved incident for {empty}{known}"


def mean_of(side: Measured) -> float:
    return side.found.data["mean_seconds"]


def gap(solved: Sequence[Measured]) -> float | None:
    return mean_of(solved[1]) - mean_of(solved[0]) if len(solved) == 2 else None


def mttr_said(side: Measured) -> str:
    data = side.found.data
    if data["count"] == 0:
        return f"For {side.label}: no resolved incident, {data['open']} open."
    return (
        f"For {side.label}: {duration(data['mean_seconds'])} over {count(data['count'], 'incident')}, "
        f"half within {duration(data['p50_seconds'])}, {data['open']} still open."
    )


def mttr_numbers(side: Measured) -> Json:
    data = side.found.data
    names: dict[str, str] = {
        "mttr_seconds": "mean_seconds", "median_seconds": "p50_seconds", "p90_seconds": "p90_seconds",
        "resolved": "count", "open": "open",
    }  # fmt: skip
    window = {"window": side.window.as_json()} if side.window else {}
    return {"label": side.label, **{name: data[key] for name, key in names.items()}, **window}


def mttr_table(sides: Sequence[Measured], facts: Facts) -> Part:
    rows = [
        {
            "label": side.label, "when": when(side, facts), "resolved": side.found.data["count"],
            "mttr": said(side.found.data["mean_seconds"]), "median": said(side.found.data["p50_seconds"]),
            "slow": said(side.found.data["p90_seconds"]), "open": side.found.data["open"],
        }
        for side in sides
    ]  # fmt: skip
    columns = [
        ("label", "Side"), ("when", "When"), ("mttr", "MTTR"), ("median", "Median"), ("slow", "90 % within"),
        ("resolved", "Resolved"), ("open", "Open"),
    ]  # fmt: skip
    return cited(drawing.table("Side by side", columns, rows, sides[0].found), sides)


def when(side: Measured, facts: Facts) -> str:
    return phrases.window(side.window, facts.zone) if side.window else ""


def said(seconds: float | None) -> str:
    return "–" if seconds is None else duration(seconds)
