"""Answers about metrics without a number: no source, no translation, no series, too long a time."""

from collections.abc import Sequence

from agents.answer import Unknown
from agents.rules import asking, metric_calls, phrases
from agents.rules.facts import Draft, Facts
from agents.rules.measurements import Measured

NO_SOURCE = (
    "No metrics source is connected, so this cannot be measured: set MCP_GRAFANA_URL to an mcp-grafana or "
    "PROMETHEUS_URL to a Prometheus. Alerts and incidents can be asked about."
)
NOT_CONFIGURED = "not_configured"
INSTEAD = (
    "What is firing right now?",
    "Which service has the highest alert frequency?",
    "Open incidents",
    "What was deployed today?",
)
DAYS = metric_calls.LONGEST * metric_calls.MOST_STRETCHES


def draft(facts: Facts) -> Draft:
    """Why there is no number; what went wrong is among the unknown already."""
    if is_unconnected(facts):
        return Draft(summary=NO_SOURCE, next=instead(facts))
    is_asked = any(each.call.tool == metric_calls.QUERY for each in facts.gathered)
    if not is_asked and metric_calls.is_too_long(facts):
        return too_long(facts)
    compared = " could not all be read, so nothing is compared" if facts.sides else ""
    return Draft(summary=f"Not known: {subject(facts)}{compared}.")


def is_unconnected(facts: Facts) -> bool:
    """Whether any call came back saying that nobody has connected a source."""
    results = [each.result for each in facts.gathered if each.call.tool == metric_calls.QUERY]
    return any(result.data.get("code") == NOT_CONFIGURED for result in results)


def instead(facts: Facts) -> tuple[str, ...]:
    """What can be asked of the record, of the service named."""
    if len(facts.slots.services) != 1:
        return INSTEAD
    service = facts.slots.services[0]
    return (
        f"Is {service} healthy right now?",
        f"How many alerts fired on {service} last week?",
        f"Open incidents on {service}",
        f"What was deployed to {service} today?",
    )


def subject(facts: Facts) -> str:
    return f"{asking.said(facts.slots)}{facts.scope}{facts.when}"


def too_long(facts: Facts) -> Draft:
    """That the time is longer than a source is asked about."""
    return Draft(
        summary=f"Not known: {subject(facts)}, since that is too long a time to ask a metrics source about.",
        unknown=(
            Unknown(
                what=phrases.capital(subject(facts)),
                why=f"A source is asked about {metric_calls.LONGEST.days} days at a time, and about {DAYS.days} days "
                "for one question.",
                settle="Ask about a shorter time.",
            ),
        ),
    )


def nothing(facts: Facts, one: Measured, failed: tuple[Unknown, ...]) -> Draft:
    """That the source answered and had no series: not a zero."""
    return Draft(
        summary=f"Nothing was measured: there are no series for {subject(facts)}. "
        "The source answered, so this is no zero.",
        data={"confidence": one.confidence, "series": []},
        unknown=failed,
        notes=one.notes,
        is_zero=True,
    )


def empty(facts: Facts, names: Sequence[str]) -> tuple[Unknown, ...]:
    """The sides without any series."""
    return tuple(
        Unknown(what=f"{asking.said(facts.slots)} for {name}", why="The source has no series for it.") for name in names
    )


def left(facts: Facts) -> tuple[Unknown, ...]:
    """The names there were too many of."""
    names = metric_calls.left_out(facts)
    if not names:
        return ()
    most = metric_calls.MOST_NAMES
    return (Unknown(what=phrases.listing(names), why=f"At most {most} names are measured for one question."),)


def no_alert(facts: Facts) -> Draft:
    """That no alert fits, or that alerts could not be read."""
    found = facts.of(metric_calls.HISTORY)
    if found is None:
        return Draft(summary=f"Not known: when the alert fired{facts.scope}, so nothing was measured.")
    return Draft(
        summary=f"No {facts.kind}alert fired{facts.scope}, so there is no time to measure "
        f"{asking.said(facts.slots)} at (the database answered, so this is a real zero).",
        data={"total_alerts": 0},
        is_zero=True,
    )


def no_incident(facts: Facts) -> Draft:
    """That no incident fits, or that incidents could not be read."""
    if facts.of("query_incidents") is None and facts.of("get_incident_timeline") is None:
        return Draft(summary=f"Not known: which incident it was{facts.scope}, so nothing was measured.")
    return Draft(
        summary=f"No incident was found{facts.scope}, so there is no time to measure {asking.said(facts.slots)} in "
        "(the database answered, so this is a real zero).",
        data={"total_incidents": 0},
        is_zero=True,
    )
