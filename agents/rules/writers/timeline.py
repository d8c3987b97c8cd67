"""Answers about the course of one incident, and about whom it reached."""

from typing import Any, TypeAlias

from agents.answer import Finding, Unknown
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found, real_zero, rows_of
from agents.rules.writers.incidents import none, seconds, titled, told, unknown
from agents.rules.writers.stories import AROUND, main_incident

Json: TypeAlias = dict[str, Any]
FIRING, CHANGE = "alert_fired", "change"
USERS = Unknown(
    what="How many users were affected",
    why="No source here counts users or requests; alerts, incidents, changes and postmortems are all there is.",
    settle="Connect a metrics source that counts requests, then ask again.",
)
HIDDEN = Draft(summary="Not known: single incidents are not shown to this role.")
HOSTS = Unknown(
    what="CPU, memory and traffic during it",
    why="No metrics source is connected.",
    settle="Connect Prometheus, then ask again.",
)


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


def impact(facts: Facts) -> Draft:
    """Which services it reached, for how long, with how many alerts; users are counted nowhere."""
    main = main_incident(facts)
    if main is None:
        draft = without(facts)
        return Draft(summary=draft.summary, data=draft.data, parts=draft.parts, unknown=(USERS,))
    incident, found = main
    services, beside = services_of(incident), meanwhile(facts, incident)
    first = "Users are not counted by any source. " if "user" in facts.slots.concepts else ""
    return Draft(
        summary=f"{first}{incident['number']} affected {phrases.count(len(services), 'service')} "
        f"({phrases.some(services)}){lasting(incident)}{opened_beside(beside)}.",
        findings=(
            found.finding(f"{told(incident)}."),
            *reach(facts, incident, found),
            *possibly_reached(facts, beside),
        ),
        data={"incident": incident, "services": services, "meanwhile": beside, "users": None},
        parts=(*stats(incident, services, found), *course(facts)),
        timeline=events_of(facts),
        unknown=(USERS, HOSTS),
        next=(f"What caused {incident['number']}?", f"Timeline of {incident['number']}"),
    )


def meanwhile(facts: Facts, incident: Json) -> list[Json]:
    """The incidents of other services that opened while it lasted, the earliest first."""
    own = services_of(incident)
    return [row for row in rows_of(facts.of("query_incidents", AROUND), "incidents") if row["service"] not in own]


def opened_beside(beside: list[Json]) -> str:
    if not beside:
        return ""
    services = phrases.some(sorted({row["service"] for row in beside}))
    return f"; meanwhile {phrases.count(len(beside), 'incident')} opened on {services}"


def possibly_reached(facts: Facts, beside: list[Json]) -> tuple[Finding, ...]:
    """The incidents that opened meanwhile, each possibly part of it: at the same time is not because of it."""
    found = facts.of("query_incidents", AROUND)
    if found is None:
        return ()
    return tuple(
        Finding(text=f"Possibly part of it: {told(row)}.", executions=(found.execution,), confidence="possible")
        for row in beside[:5]
    )


def lasting(incident: Json) -> str:
    if incident["duration_seconds"] is None or incident["status"] != "resolved":
        return " and is still open"
    return f" for {phrases.duration(incident['duration_seconds'])}"


def reach(facts: Facts, incident: Json, found: Found) -> tuple[Finding, ...]:
    """How many alerts of which service, from its course when that was read."""
    course_found = facts.of("get_incident_timeline")
    fired = [event for event in course_found.data["events"] if event["kind"] == FIRING] if course_found else []
    if course_found is None or not fired:
        return (found.finding(f"{phrases.count(incident['alert_count'], 'alert')} belong to it."),)
    tally = {name: sum(event["service"] == name for event in fired) for name in services_of(incident)}
    ordered = sorted(tally.items(), key=lambda pair: (-pair[1], pair[0]))
    said = phrases.listing(f"{name} {number}" for name, number in ordered if number)
    return (course_found.finding(f"{phrases.count(len(fired), 'alert')} fired in it: {said}."),)


def stats(incident: Json, services: list[str], found: Found) -> tuple[drawing.Part, ...]:
    rows = [{"service": name} for name in services]
    return (
        drawing.stat("Services affected", len(services), found),
        drawing.stat("Alerts", incident["alert_count"], found),
        drawing.table("Affected services", [("service", "Service")], rows, found),
    )
