"""Answers about the course of one incident."""

from typing import Any, TypeAlias

from agents.answer import Finding
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, real_zero
from agents.rules.writers.incidents import none, seconds, titled, told, unknown
from agents.rules.writers.stories import main_incident

Json: TypeAlias = dict[str, Any]
FIRING, CHANGE = "alert_fired", "change"
HIDDEN = Draft(summary="Not known: single incidents are not shown to this role.")


def timeline(facts: Facts) -> Draft:
    """What happened in which order."""
    main = main_incident(facts)
    if main is None:
        return without(facts)
    incident, found = main
    rows = events_of(facts)
    return Draft(
        summary=f"{told(incident)}: {course_said(incident, rows)}.",
        findings=turning_points(facts),
        data={"incident": incident, "events": list(rows)},
        parts=(*course(facts), drawing.incidents("Incident", [incident], found)),
        timeline=rows,
        next=(f"What caused {incident['number']}?", f"Impact of {incident['number']}"),
    )


def duration(facts: Facts) -> Draft:
    """How long it lasted, an open one until now."""
    main = main_incident(facts)
    if main is None:
        return without(facts)
    incident, found = main
    lasted = seconds(incident, facts)
    is_over = incident["status"] == "resolved"
    return Draft(
        summary=f"{titled(incident)}, lasted {phrases.duration(lasted)}{'' if is_over else ' so far, still open'}.",
        findings=turning_points(facts),
        data={"incident": incident, "duration_seconds": lasted},
        parts=(drawing.stat("Lasted", lasted, found, "s"), *course(facts)),
        timeline=events_of(facts),
        next=(f"What caused {incident['number']}?", f"Impact of {incident['number']}"),
    )


def without(facts: Facts) -> Draft:
    """Why there is no story to tell: nothing recorded, not shown to this role, or not read at all."""
    found = facts.of("query_incidents")
    if facts.slots.incident:
        return unnamed(facts, facts.slots.incident)
    if found is None:
        return unknown(facts)
    if found.data["total"]:
        return HIDDEN
    return none(facts, found)


def unnamed(facts: Facts, number: str) -> Draft:
    """The same for an incident that was named."""
    found = facts.of("get_incident_timeline")
    if found is None:
        return Draft(summary=f"Not known: {number} could not be read.")
    if found.data["events_total"]:
        return HIDDEN
    return real_zero(f"No incident called {number} is recorded", {"incident": None})


def course_said(incident: Json, rows: tuple[Json, ...]) -> str:
    fired = sum(row["kind"] == FIRING for row in rows) or incident["alert_count"]
    return f"{phrases.count(fired, 'alert')} on {phrases.count(len(services_of(incident)), 'service')}"


def services_of(incident: Json) -> list[str]:
    return sorted({incident["service"], *incident["services"]})


def events_of(facts: Facts) -> tuple[Json, ...]:
    """The events of the incident as rows of a timeline, in time order."""
    found = facts.of("get_incident_timeline")
    return tuple(event_row(event) for event in found.data["events"]) if found else ()


def event_row(event: Json) -> Json:
    return {"at": event["at"], "kind": event["kind"], "text": event["text"], "severity": event["severity"]}


def course(facts: Facts) -> tuple[drawing.Part, ...]:
    found, rows = facts.of("get_incident_timeline"), events_of(facts)
    return (drawing.events("Course of the incident", rows, found),) if found and rows else ()


def turning_points(facts: Facts) -> tuple[Finding, ...]:
    """The last change before the first alert, the first alert, and the end."""
    found = facts.of("get_incident_timeline")
    if found is None:
        return ()
    events = found.data["events"]
    fired = [event for event in events if event["kind"] == FIRING][:1]
    before = [event for event in events if event["kind"] == CHANGE and fired and event["at"] <= fired[0]["at"]][-1:]
    ended = [event for event in events if event["kind"] == "incident_resolved"][-1:]
    said = [("Before it", before), ("First alert", fired), ("End", ended)]
    return tuple(
        found.finding(f"{name}: {phrases.moment(event['at'])}, {event['text'].rstrip('.')}.")
        for name, chosen in said
        for event in chosen
    )
