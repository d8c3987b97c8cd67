"""The measured health of applications, put together from the calls for each of them and for each stretch of time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from agents.answer import Part, Unknown
from agents.parts import chart
from agents.rules import phrases, splits
from agents.rules.facts import Facts, Found
from domain.windows import Window, parse

Json: TypeAlias = dict[str, Any]
Verdict: TypeAlias = Literal["healthy", "degraded", "unhealthy", "incomplete", "no objectives"]
MOST_CHARTS = 8
BELOW = frozenset(("uptime",))
SECOND = timedelta(seconds=1)
NAMES = {"uptime": "Uptime", "error_rate": "Error rate", "p95_latency": "p95 latency", "requests": "Requests"}
SMALL = {"uptime": "uptime", "error_rate": "error rate", "p95_latency": "p95 latency", "requests": "requests"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One vital sign of one part over all the time that was looked at. `is_worst`: of the worst stretch, because no
    number of the whole can be made from its parts."""

    part: str
    measure: str
    value: float | None
    unit: str
    objective: float | None
    is_met: bool | None
    is_worst: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application; `found` are the results it is made of, in the order of time."""

    name: str
    verdict: Verdict
    signs: tuple[Sign, ...]
    degradations: tuple[Json, ...]
    more_degradations: int
    found: tuple[Found, ...]

    @property
    def executions(self) -> tuple[str, ...]:
        return tuple(each.execution for each in self.found)

    def worst(self, measure: str) -> float | None:
        """Of all parts: the least uptime, the highest of the rest."""
        values = [sign.value for sign in self.signs if sign.measure == measure and sign.value is not None]
        return (min if measure in BELOW else max)(values, default=None)

    @property
    def requests(self) -> int | None:
        values = [sign.value for sign in self.signs if sign.measure == "requests" and sign.value is not None]
        return round(sum(values)) if values else None

    def as_json(self) -> Json:
        latency = self.worst("p95_latency")
        return {
            "application": self.name,
            "verdict": self.verdict,
            "uptime": self.worst("uptime"),
            "error_rate": self.worst("error_rate"),
            "p95_latency_ms": None if latency is None else round(1000 * latency, 3),
            "total_requests": self.requests,
            "degradations": list(self.degradations),
        }


def measured(facts: Facts) -> tuple[Application, ...]:
    """Every application of which something was measured, in the order of the calls."""
    by_name: dict[str, list[Found]] = {}
    for found in facts.each(splits.HEALTH):
        if found.data["measures"]:
            by_name.setdefault(found.data["application"], []).append(found)
    return tuple(application(name, tuple(found)) for name, found in by_name.items())


def application(name: str, found: tuple[Found, ...]) -> Application:
    signs = tuple(whole(rows) for rows in in_groups(found))
    degraded = tuple(item for each in found for item in each.rows("degradations"))
    counted = sum(each.data["degradation_count"] for each in found)
    verdict = found[0].data["verdict"] if len(found) == 1 else judged(signs, degraded, found)
    return Application(
        name=name,
        verdict=verdict,
        signs=signs,
        degradations=degraded,
        more_degradations=counted - len(degraded),
        found=found,
    )


def in_groups(found: Sequence[Found]) -> list[list[Json]]:
    """The measures of each part, the stretches of each beside one another."""
    groups: dict[tuple[str, str], list[Json]] = {}
    for each in found:
        for row in each.rows("measures"):
            groups.setdefault((row["part"], row["measure"]), []).append(row | beside(each))
    return list(groups.values())


def beside(found: Found) -> Json:
    """When it was measured, for how long, and how many requests each part had then."""
    window = found.data["window"]
    requests = {row["part"]: row["value"] for row in found.rows("measures") if row["measure"] == "requests"}
    length = parse(window["end"]) - parse(window["start"])
    return {"seconds": length / SECOND, "requests_of": requests}


def whole(rows: list[Json]) -> Sign:
    """One sign of all stretches."""
    known = [row for row in rows if row["value"] is not None]
    first = rows[0]
    value = combined(known) if known else None
    return Sign(
        part=first["part"],
        measure=first["measure"],
        value=value,
        unit=first["unit"],
        objective=first["objective"],
        is_met=is_met(first, value),
        is_worst=first["measure"] == "p95_latency" and len(known) > 1,
    )


def combined(rows: list[Json]) -> float | None:
    """Uptime by time, errors by requests, requests together, of a latency the worst."""
    if len(rows) == 1:
        return rows[0]["value"]
    match rows[0]["measure"]:
        case "uptime":
            return mean([(row["value"], row["seconds"]) for row in rows])
        case "error_rate":
            return mean([(row["value"], row["requests_of"].get(row["part"])) for row in rows])
        case "requests":
            return sum(row["value"] for row in rows)
        case _:
            return max(row["value"] for row in rows)


def mean(weighed: list[tuple[float, float | None]]) -> float | None:
    """None when a weight is not known."""
    total = sum(weight or 0 for _, weight in weighed)
    if any(weight is None for _, weight in weighed) or not total:
        return None
    return sum(value * (weight or 0) for value, weight in weighed) / total


def is_met(row: Json, value: float | None) -> bool | None:
    objective = row["objective"]
    if objective is None or value is None:
        return None
    return value >= objective if row["measure"] in BELOW else value <= objective


def judged(signs: Sequence[Sign], degraded: Sequence[Json], found: Sequence[Found]) -> Verdict:
    """As the tool judges one stretch: healthy needs every objective measured and met, all of the time."""
    promised = [sign for sign in signs if sign.objective is not None]
    if not promised:
        return "no objectives"
    if any(sign.is_met is False for sign in promised):
        return "unhealthy"
    if degraded:
        return "degraded"
    is_whole = all(each.data["verdict"] == "healthy" for each in found)
    return "healthy" if is_whole and all(sign.is_met for sign in promised) else "incomplete"


def charts(applications: Iterable[Application]) -> tuple[Part, ...]:
    """The course of each sign with its threshold and its breaches, over all stretches."""
    return tuple(chart(drawn, each.executions) for each in applications for drawn in joined(each.found))[:MOST_CHARTS]


def joined(found: Sequence[Found]) -> list[Json]:
    """Charts of one title, one after the other in time."""
    by_title: dict[str, list[Json]] = {}
    for each in found:
        for drawn in each.rows("charts"):
            by_title.setdefault(drawn["title"], []).append(drawn)
    return [continued(drawn) for drawn in by_title.values()]


def continued(drawn: list[Json]) -> Json:
    first, *_ = drawn
    points = [point for each in drawn for line in each["series"][:1] for point in line["points"]]
    lines = [line | {"points": points} for line in first["series"][:1]]
    bands = [band for each in drawn for band in each["bands"]]
    return first | {"series": lines, "bands": bands} if len(drawn) > 1 else first


def not_measured(facts: Facts, most: int = splits.MOST_APPLICATIONS) -> tuple[Unknown, ...]:
    """What could not be measured of whom; and who (beyond `most`), and what time, was not looked at."""
    results = facts.each(splits.HEALTH)
    are_several = len({found.data["window"]["start"] for found in results}) > 1
    missing = [item for found in results for item in gaps(found, facts if are_several else None)]
    return (*missing, *unpromised(facts), *left_out(facts, most))


def gaps(found: Found, facts: Facts | None) -> list[Unknown]:
    """The parts that lack the same measures together; `facts` where the time has to be told as well."""
    by_part: dict[str, list[Json]] = {}
    for row in found.rows("not_measured"):
        by_part.setdefault(row["part"], []).append(row)
    alike: dict[tuple[str, ...], list[str]] = {}
    for part, rows in by_part.items():
        alike.setdefault(tuple(row["measure"] for row in rows), []).append(part)
    window = found.data["window"]
    time = f" in {splits.said(Window(parse(window['start']), parse(window['end'])), facts)}" if facts else ""
    return [
        Unknown(
            what=f"{phrases.listing([NAMES[measures[0]], *(SMALL[name] for name in measures[1:])])} of "
            f"{phrases.some(parts)}{time}",
            why=by_part[parts[0]][0]["why"],
        )
        for measures, parts in alike.items()
    ]


def unpromised(facts: Facts) -> tuple[Unknown, ...]:
    """Those that have no objectives to be held against."""
    without = dict.fromkeys(
        found.data["application"] for found in facts.each(splits.HEALTH) if found.data["verdict"] == "no objectives"
    )
    if not without:
        return ()
    return (
        Unknown(
            what=f"Whether {phrases.some(list(without))} keeps to its objectives",
            why="No objectives are set for it.",
            settle="Set availability, error_rate and p95_latency_ms in the slos of its application profile.",
        ),
    )


def left_out(facts: Facts, most: int) -> tuple[Unknown, ...]:
    """The applications and the time beyond what is asked for at once."""
    if not facts.each(splits.HEALTH):
        return ()
    others = (splits.watched(facts) if most == splits.MOST_PROMISED else splits.applications(facts))[most:]
    period, looked_at = facts.slots.period, splits.covered(facts)
    found: list[Unknown] = []
    if others:
        why = f"At most {most} applications are looked at for one answer."
        found.append(Unknown(what=f"The health of {phrases.some(others)}", why=why, settle="Ask for it by name."))
    if period and period.window.start < looked_at.start:
        before = Window(period.window.start, looked_at.start)
        what = f"The health in {phrases.window(before, facts.zone)}"
        why = f"Metrics are asked for {splits.MOST_STRETCHES} times seven days at most."
        found.append(Unknown(what=what, why=why, settle="Ask for a shorter time."))
    return tuple(found)
