"""Answers to "is it healthy": what alerts and incidents show, and that nothing else was looked at."""

from agents.answer import Finding, Unknown
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found
from agents.rules.writers.alerts import numbers, told, worst_first
from agents.rules.writers.incidents import told as incident_told

METRICS = Unknown(
    what="Error ratio, latency and availability",
    why="No metrics source is connected; alerts and incidents are all that was looked at.",
    settle="Connect Prometheus, then ask again.",
)


def now(facts: Facts) -> Draft:
    """Healthy by what is open at this moment."""
    alerts, incidents = facts.of("query_alerts_history"), facts.of("query_incidents")
    if alerts is None:
        return Draft(summary=f"Not known: which alerts are firing{facts.scope}.", unknown=(METRICS,))
    opened = incidents.data["total"] if incidents else 0
    return Draft(
        summary=f"{verdict(alerts, incidents)} {open_now(facts, alerts, incidents)}.",
        findings=(*alert_findings(alerts), *incident_findings(incidents)),
        data=numbers(alerts.data) | {"open_incidents": opened if incidents else None},
        parts=drawn(alerts, incidents, "Firing now, worst first"),
        unknown=(METRICS,),
    )


def verdict(alerts: Found, incidents: Found | None) -> str:
    """The verdict that alerts and incidents allow; it says that it is by them alone.

    No yes or no: "is it healthy" and "is it having problems" are both asked.
    """
    counts = [found.data["by_severity"] for found in (alerts, incidents) if found]
    if any(count["critical"] for count in counts):
        return "Unhealthy, by its alerts:"
    if any(count["warning"] for count in counts) or (incidents and incidents.data["total"]):
        return "Not quite healthy, by its alerts:"
    return "Healthy, by its alerts:"


def open_now(facts: Facts, alerts: Found, incidents: Found | None) -> str:
    total = alerts.data["total"]
    firing = f"{phrases.no_or(total, 'alert')} {phrases.verb(total or 2, 'is')} firing{facts.scope}"
    detail = f" ({phrases.severities(alerts.data['by_severity'])})" if total else ""
    if incidents is None:
        return f"{firing}{detail}"
    opened = incidents.data["total"]
    return f"{firing}{detail} and {phrases.no_or(opened, 'incident')} {phrases.verb(opened or 2, 'is')} open"


def past(facts: Facts) -> Draft:
    """Healthy by what fired and what was opened in a time that is named."""
    alerts, incidents = facts.of("query_alerts_history"), facts.of("query_incidents")
    if alerts is None:
        return Draft(summary=f"Not known: which alerts fired{facts.scope}{facts.when}.", unknown=(METRICS,))
    opened = incidents.data["total"] if incidents else 0
    return Draft(
        summary=f"{verdict(alerts, incidents)} {fired(facts, alerts, incidents)}{facts.when}.",
        findings=(*alert_findings(alerts), *incident_findings(incidents)),
        data=numbers(alerts.data) | {"total_incidents": opened if incidents else None},
        parts=drawn(alerts, incidents, "Alerts, worst first"),
        unknown=(METRICS,),
    )


def fired(facts: Facts, alerts: Found, incidents: Found | None) -> str:
    total = alerts.data["total"]
    detail = f" ({phrases.severities(alerts.data['by_severity'])})" if total else ""
    text = f"{phrases.no_or(total, 'alert')} fired{facts.scope}{detail}"
    if incidents is None:
        return text
    opened = incidents.data["total"]
    return f"{text} and {phrases.no_or(opened, 'incident')} {phrases.verb(opened or 2, 'was')} opened"


def alert_findings(alerts: Found) -> tuple[Finding, ...]:
    return tuple(alerts.finding(f"{told(alert)}.") for alert in worst_first(alerts.data["alerts"])[:3])


def incident_findings(incidents: Found | None) -> tuple[Finding, ...]:
    if incidents is None:
        return ()
    return tuple(incidents.finding(f"{incident_told(row)}.") for row in incidents.rows("incidents")[:3])


def drawn(alerts: Found, incidents: Found | None, title: str) -> tuple[drawing.Part, ...]:
    rows = worst_first(alerts.data["alerts"])
    stats = [drawing.stat("Alerts", alerts.data["total"], alerts)]
    if incidents:
        stats.append(drawing.stat("Incidents", incidents.data["total"], incidents))
    tables = [drawing.alerts(title, rows, alerts)] if rows else []
    if incidents and incidents.data["incidents"]:
        tables.append(drawing.incidents("Incidents", incidents.data["incidents"], incidents))
    return (*stats, *tables)
