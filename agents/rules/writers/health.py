"""Answers to "is it healthy": what alerts and incidents show, and what was measured against its objectives."""

from typing import Any, TypeAlias

from agents.answer import Finding
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found
from agents.rules.quantities import quantity, span
from agents.rules.writers import vitals
from agents.rules.writers.alerts import numbers, told, worst_first
from agents.rules.writers.incidents import told as incident_told
from agents.rules.writers.vitals import NAMES, Application, Sign

Json: TypeAlias = dict[str, Any]
MOST_DEGRADATIONS = 5
SIGNS = {"above": ">", "below": "<"}
NUMBERS = ("uptime", "error_rate", "p95_latency_ms", "total_requests")


def now(facts: Facts) -> Draft:
    """Healthy by what is open at this moment and by the last hour's numbers."""
    alerts, incidents = facts.of("query_alerts_history"), facts.of("query_incidents")
    if alerts is None:
        return measured_alone(facts, f"which alerts are firing{facts.scope}")
    opened = incidents.data["total"] if incidents else None
    return answered(facts, open_now(facts, alerts, incidents), {"open_incidents": opened}, "Firing now, worst first")


def past(facts: Facts) -> Draft:
    """Healthy by what fired, what was opened and what was measured in a time that is named."""
    alerts, incidents = facts.of("query_alerts_history"), facts.of("query_incidents")
    if alerts is None:
        return measured_alone(facts, f"which alerts fired{facts.scope}{facts.when}")
    opened = incidents.data["total"] if incidents else None
    said = f"{fired(facts, alerts, incidents)}{facts.when}"
    return answered(facts, said, {"total_incidents": opened}, "Alerts, worst first")


def answered(facts: Facts, recorded: str, counted: Json, title: str) -> Draft:
    """The record beside the measurements."""
    alerts, incidents = facts.of("query_alerts_history"), facts.of("query_incidents")
    found = vitals.measured(facts)
    return Draft(
        summary=f"{verdict(alerts, incidents, found)} {recorded}{in_short(found, facts)}.",
        findings=(*measurements(found), *alert_findings(alerts), *incident_findings(incidents)),
        data=(numbers(alerts.data) if alerts else {}) | counted | measured_data(found),
        parts=(*drawn(alerts, incidents, title), *vital_parts(found)),
        unknown=vitals.not_measured(facts),
    )


def measured_alone(facts: Facts, unknown: str) -> Draft:
    """What is measured stands without the alerts too; which alerts there were is not known."""
    found = vitals.measured(facts)
    return Draft(
        summary=f"Not known: {unknown}{in_short(found, facts)}.",
        findings=measurements(found),
        data=measured_data(found),
        parts=vital_parts(found),
        unknown=vitals.not_measured(facts),
    )


def verdict(alerts: Found | None, incidents: Found | None, found: tuple[Application, ...]) -> str:
    """The worse of what the record and the measurements say; it says which of them it is by.

    No yes or no: "is it healthy" and "is it having problems" are both asked.
    """
    counts = [each.data["by_severity"] for each in (alerts, incidents) if each]
    verdicts = {each.verdict for each in found}
    judged = verdicts & {"healthy", "degraded", "unhealthy"}
    by = "by its alerts and its metrics" if judged else "by its alerts"
    if any(count["critical"] for count in counts) or "unhealthy" in verdicts:
        return f"Unhealthy, {by}:"
    is_troubled = any(count["warning"] for count in counts) or (incidents and incidents.data["total"])
    if is_troubled or "degraded" in verdicts:
        return f"Not quite healthy, {by}:"
    return f"Healthy, {by if verdicts == judged else 'by its alerts'}:"


def in_short(found: tuple[Application, ...], facts: Facts) -> str:
    """The numbers of one application; of several how many keep to their objectives."""
    if not found:
        return ""
    one, *others = found
    if others:
        kept = sum(each.verdict == "healthy" for each in found)
        return f"; {kept} of {phrases.count(len(found), 'measured application')} kept to all objectives"
    said = [f"{name} {text}" for name, text in spoken(one)]
    name = "" if one.name in facts.slots.services else f"{one.name}: "
    return f"; {name}{', '.join(said)}" if said else ""


def spoken(application: Application) -> list[tuple[str, str]]:
    """The numbers of an application as words, those that were measured."""
    requests = application.requests
    told_of = [
        ("uptime", application.worst("uptime"), "percentunit"),
        ("error rate", application.worst("error_rate"), "percentunit"),
        ("p95 latency", application.worst("p95_latency"), "s"),
    ]
    said = [(name, quantity(value, unit)) for name, value, unit in told_of if value is not None]
    return [*said, *([("requests", f"{requests:,}")] if requests is not None else [])]


def measurements(found: tuple[Application, ...]) -> tuple[Finding, ...]:
    """Each application's numbers, the objectives it missed and when it was worse than them."""
    return tuple(
        Finding(text=text, executions=each.executions)
        for each in found
        for text in (*numbers_told(each, len(found) > 1), *missed(each), *degradations(each))
    )


def numbers_told(application: Application, is_one_of_several: bool) -> tuple[str, ...]:
    said = [f"{name} {text}" for name, text in spoken(application)]
    return (f"{application.name}: {', '.join(said)}.",) if is_one_of_several and said else ()


def missed(application: Application) -> tuple[str, ...]:
    """The objectives it did not keep to over the whole time."""
    return tuple(
        f"{NAMES[sign.measure]} of {sign.part}: {quantity(sign.value, sign.unit)}"
        f"{' in its worst seven days' if sign.is_worst else ''}, "
        f"the objective is {quantity(sign.objective, sign.unit)}."
        for sign in application.signs
        if sign.is_met is False
    )


def degradations(application: Application) -> tuple[str, ...]:
    """When it was worse than its objectives, the earliest first, and how that ended."""
    shown = application.degradations[:MOST_DEGRADATIONS]
    more = len(application.degradations) + application.more_degradations - len(shown)
    rest = (f"{phrases.count(more, 'more time')} it was worse than its objectives.",) if more else ()
    return (*(degradation(item) for item in shown), *rest)


def degradation(item: Json) -> str:
    """ "19 Nov, 14:30–14:45 UTC: error rate 5.2 % > 2 %, self-resolved after 15 min"."""
    said = [
        f"{breach['name']} {quantity(breach['peak'], breach['unit'])} {side(breach)} "
        f"{quantity(breach['threshold'], breach['unit'])}"
        for breach in item["breaches"]
    ]
    return f"{span(item['start'], item['end'])}: {', '.join(said)}, {ended(item)}."


def side(breach: Json) -> str:
    return SIGNS["above" if breach["peak"] > breach["threshold"] else "below"]


def ended(item: Json) -> str:
    length = phrases.duration(60 * item["minutes"])
    if item["self_resolved"]:
        return f"self-resolved after {length}"
    if any(breach["ended"] == "ongoing" for breach in item["breaches"]):
        return f"still so at the end of the time, after {length}"
    if any(breach["ended"] == "no data" for breach in item["breaches"]):
        return f"nothing was measured after {length}"
    return f"over after {length}, with {phrases.count(len(item['interventions']), 'change')} on record meanwhile"


def measured_data(found: tuple[Application, ...]) -> Json:
    """The seeds' names for one application; all of them beside each other."""
    if not found:
        return {}
    each = [application.as_json() for application in found]
    alone = {key: each[0][key] for key in (*NUMBERS, "verdict", "degradations")} if len(each) == 1 else {}
    return alone | {"applications": each}


def vital_parts(found: tuple[Application, ...]) -> tuple[drawing.Part, ...]:
    return (*(objectives_table(each) for each in found), *vitals.charts(found))


def objectives_table(application: Application) -> drawing.Part:
    """Each sign of each part beside its objective."""
    columns = [
        ("part", "Part"),
        ("measure", "Measure"),
        ("value", "Measured"),
        ("objective", "Objective"),
        ("met", "Met"),
    ]
    rows = [row(sign) for sign in application.signs]
    part = drawing.table(f"{application.name} against its objectives", columns, rows, application.found[0])
    return drawing.Part(kind=part.kind, title=part.title, data=part.data, executions=application.executions)


def row(sign: Sign) -> Json:
    met = {True: "yes", False: "no", None: ""}[sign.is_met]
    objective = "" if sign.objective is None else quantity(sign.objective, sign.unit)
    name = f"{NAMES[sign.measure]}{', worst seven days' if sign.is_worst else ''}"
    value = (
        f"{sign.value:,.0f}"
        if sign.measure == "requests" and sign.value is not None
        else quantity(sign.value, sign.unit)
    )
    return {"part": sign.part, "measure": name, "value": value, "objective": objective, "met": met}


def open_now(facts: Facts, alerts: Found, incidents: Found | None) -> str:
    total = alerts.data["total"]
    firing = f"{phrases.no_or(total, 'alert')} {phrases.verb(total or 2, 'is')} firing{facts.scope}"
    detail = f" ({phrases.severities(alerts.data['by_severity'])})" if total else ""
    if incidents is None:
        return f"{firing}{detail}"
    opened = incidents.data["total"]
    return f"{firing}{detail} and {phrases.no_or(opened, 'incident')} {phrases.verb(opened or 2, 'is')} open"


def fired(facts: Facts, alerts: Found, incidents: Found | None) -> str:
    total = alerts.data["total"]
    detail = f" ({phrases.severities(alerts.data['by_severity'])})" if total else ""
    text = f"{phrases.no_or(total, 'alert')} fired{facts.scope}{detail}"
    if incidents is None:
        return text
    opened = incidents.data["total"]
    return f"{text} and {phrases.no_or(opened, 'incident')} {phrases.verb(opened or 2, 'was')} opened"


def alert_findings(alerts: Found | None) -> tuple[Finding, ...]:
    if alerts is None:
        return ()
    return tuple(alerts.finding(f"{told(alert)}.") for alert in worst_first(alerts.data["alerts"])[:3])


def incident_findings(incidents: Found | None) -> tuple[Finding, ...]:
    if incidents is None:
        return ()
    return tuple(incidents.finding(f"{incident_told(row)}.") for row in incidents.rows("incidents")[:3])


def drawn(alerts: Found | None, incidents: Found | None, title: str) -> tuple[drawing.Part, ...]:
    if alerts is None:
        return ()
    rows = worst_first(alerts.data["alerts"])
    stats = [drawing.stat("Alerts", alerts.data["total"], alerts)]
    if incidents:
        stats.append(drawing.stat("Incidents", incidents.data["total"], incidents))
    tables = [drawing.alerts(title, rows, alerts)] if rows else []
    if incidents and incidents.data["incidents"]:
        tables.append(drawing.incidents("Incidents", incidents.data["incidents"], incidents))
    return (*stats, *tables)
