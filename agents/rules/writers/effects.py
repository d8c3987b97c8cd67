"""What an alert or an incident did to what is measured: each measure during it beside the time before."""

from typing import Any, TypeAlias

from agents import parts
from agents.answer import Finding, Unknown
from agents.rules import drawing, phrases
from agents.rules.facts import Facts, Found
from agents.rules.quantities import quantity
from agents.rules.splits import HEALTH
from agents.rules.writers.stories import DURING, IMPACT
from domain.windows import Window, parse

Json: TypeAlias = dict[str, Any]
MOST_TOLD, MOST_OTHERS = 5, 5
COLUMNS: tuple[drawing.Column, ...] = (
    ("title", "Measure"),
    ("series", "Series"),
    ("before_said", "Before (median)"),
    ("during_said", "During (median)"),
    ("worst_said", "Most during"),
    ("verdict", "Verdict"),
)


def of_what(found: Found) -> str:
    """ "HighErrorRate on checkout, 19 Nov 14:33 UTC"."""
    alert = found.data["alert"]
    name = f"{alert['name']} on {found.data['service']}" if alert else found.data["service"]
    return f"{name}, {phrases.moment(found.data['at'])}"


def in_short(facts: Facts) -> str:
    """ "; error rate 5.2 %, 0.1 % in the 60 min before", "; nothing measured changed"; "" where nothing is known."""
    found = facts.of(IMPACT)
    if found is None or found.data["impacted"] == "unknown":
        return ""
    if found.data["impacted"] == "no":
        return f"; none of {phrases.count(len(found.rows('unchanged')), 'measure')} changed against the time before"
    return f"; {moved(found.rows('changed')[0])}, {baseline(found)}"


def moved(effect: Json) -> str:
    """ "error rate from 0.1 % to 5.2 %", the medians."""
    name = f" ({effect['series']})" if effect["series"] else ""
    before, after = (quantity(effect[side]["median"], effect["unit"]) for side in ("before", "after"))
    return f"{small(effect['title'])}{name} from {before} to {after}"


def small(title: str) -> str:
    """The title within a sentence; "CPU busy" stays as it is."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def baseline(found: Found) -> str:
    """ "against the 60 min before"."""
    window = found.data["baseline"]
    seconds = (parse(window["end"]) - parse(window["start"])).total_seconds()
    return f"against the {phrases.duration(seconds)} before"


def measured(facts: Facts) -> tuple[Finding, ...]:
    """What changed, the clearest first; whose alerts began then; how many requests failed."""
    return (*changed(facts), *others(facts), *failures(facts))


def changed(facts: Facts) -> tuple[Finding, ...]:
    found = facts.of(IMPACT)
    if found is None:
        return ()
    told = [found.finding(f"{phrases.capital(sentence(effect, found))}.") for effect in found.rows("changed")]
    calm = [small(effect["title"]) for effect in found.rows("unchanged")]
    same = phrases.some(list(dict.fromkeys(calm)), MOST_TOLD)
    rest = [found.finding(f"Not clearly changed: {same}, {baseline(found)}.")] if calm else []
    return (*told[:MOST_TOLD], *rest)


def sentence(effect: Json, found: Found) -> str:
    most = quantity(effect["after"]["most"], effect["unit"])
    return f"{moved(effect)} (median), {most} at most, {baseline(found)}"


def others(facts: Facts) -> tuple[Finding, ...]:
    """The other services whose alerts began then: possibly reached, at the same time is not because of it."""
    found = facts.of(IMPACT)
    if found is None or not found.rows("other_alerts"):
        return ()
    said = [f"{row['service']} {row['alerts']}" for row in found.rows("other_alerts")]
    text = f"Possibly reached, by alerts that began then: {phrases.some(said, MOST_OTHERS)}."
    return (Finding(text=text, executions=(found.execution,), confidence="possible"),)


def others_said(found: Found) -> str:
    number = len(found.rows("other_alerts"))
    return f"; alerts began on {phrases.count(number, 'other service')}" if number else ""


def failed_requests(facts: Facts) -> tuple[int, int] | None:
    """How many requests failed and how many there were while it lasted, of the parts where both are measured."""
    found = facts.of(HEALTH, DURING)
    if found is None:
        return None
    by_part: dict[str, dict[str, float]] = {}
    for row in found.rows("measures"):
        if row["value"] is not None:
            by_part.setdefault(row["part"], {})[row["measure"]] = row["value"]
    counted = [signs for signs in by_part.values() if {"error_rate", "requests"} <= signs.keys()]
    if not counted:
        return None
    failed = sum(signs["error_rate"] * signs["requests"] for signs in counted)
    return round(failed), round(sum(signs["requests"] for signs in counted))


def failures(facts: Facts) -> tuple[Finding, ...]:
    counted, found = failed_requests(facts), facts.of(HEALTH, DURING)
    if counted is None or found is None:
        return ()
    failed, total = counted
    return (found.finding(f"About {failed:,} of {total:,} requests failed while it lasted."),)


def effects(facts: Facts) -> Json:
    """The numbers of both for `data`; nothing where nothing was measured."""
    found, counted = facts.of(IMPACT), failed_requests(facts)
    keys = ("impacted", "baseline", "during", "changed", "other_alerts", "hypothesis")
    requests = {"failed_requests": counted[0], "total_requests": counted[1]} if counted else {}
    return ({key: found.data[key] for key in keys} if found else {}) | requests


def drawn(facts: Facts) -> tuple[drawing.Part, ...]:
    found = facts.of(IMPACT)
    if found is None:
        return ()
    rows = [row(effect) for effect in (*found.rows("changed"), *found.rows("unchanged"))]
    table = [drawing.table("During it, against the time before", COLUMNS, rows, found)] if rows else []
    return (*table, *(parts.chart(chart, (found.execution,)) for chart in found.rows("charts")))


def row(effect: Json) -> Json:
    unit = effect["unit"]
    return {
        **effect,
        "before_said": quantity(effect["before"]["median"], unit),
        "during_said": quantity(effect["after"]["median"], unit),
        "worst_said": quantity(effect["after"]["most"], unit),
    }


def not_measured(facts: Facts) -> tuple[Unknown, ...]:
    """The measures that nothing shows, in one line: most have the same reason."""
    found = facts.of(IMPACT)
    if found is None or not found.rows("not_measured"):
        return ()
    names = [row["measure"] for row in found.rows("not_measured")]
    during = Window(parse(found.data["during"]["start"]), parse(found.data["during"]["end"]))
    time = phrases.window(during, facts.zone)
    what = f"What it did to {phrases.some(names, 4)} of {found.data['service']}, {time}"
    return (Unknown(what=what, why=found.rows("not_measured")[0]["why"]),)
