"""Answers about whom an incident or an alert reached, and what it did to what is measured."""

from typing import Any, TypeAlias

from agents.answer import Finding, Unknown
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found, rows_of
from agents.rules.writers.effects import (
    drawn,
    effects,
    failed_requests,
    in_short,
    measured,
    not_measured,
    of_what,
    others_said,
)
from agents.rules.writers.incidents import told
from agents.rules.writers.stories import AROUND, IMPACT, main_incident
from agents.rules.writers.timeline import FIRING, course, events_of, services_of, without

Json: TypeAlias = dict[str, Any]
UNCOUNTED = "Users are not counted by any source. "
WHO = "How many users were affected"
USERS = Unknown(
    what=WHO,
    why="No source here counts users, and how many requests it had then was not measured.",
    settle="Connect a metrics source that counts its requests, then ask again.",
)
SENDERS = Unknown(what=WHO, why="Requests are counted; who sent them is not.")


def impact(facts: Facts) -> Draft:
    """Which services it reached, for how long, with how many alerts, and what it did to what is measured."""
    main = main_incident(facts)
    if main is None:
        return of_alert(facts)
    incident, found = main
    services, beside = services_of(incident), meanwhile(facts, incident)
    first = UNCOUNTED if "user" in facts.slots.concepts else ""
    return Draft(
        summary=f"{first}{incident['number']} affected {phrases.count(len(services), 'service')} "
        f"({phrases.some(services)}){lasting(incident)}{opened_beside(beside)}{in_short(facts)}.",
        findings=(
            found.finding(f"{told(incident)}."),
            *reach(facts, incident, found),
            *possibly_reached(facts, beside),
            *measured(facts),
        ),
        data={"incident": incident, "services": services, "meanwhile": beside, "users": None} | effects(facts),
        parts=(*stats(incident, services, found), *course(facts), *drawn(facts)),
        timeline=events_of(facts),
        unknown=(users(facts), *not_measured(facts)),
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


def of_alert(facts: Facts) -> Draft:
    """The same of an alert without an incident, by what is measured and by the alerts of others then."""
    found = facts.of(IMPACT)
    if found is None:
        draft = without(facts)
        return Draft(summary=draft.summary, data=draft.data, parts=draft.parts, unknown=(users(facts),))
    first = UNCOUNTED if "user" in facts.slots.concepts else ""
    return Draft(
        summary=f"{first}{of_what(found)}{in_short(facts)}{others_said(found)}.",
        findings=measured(facts),
        data={"incident": None, "users": None} | effects(facts),
        parts=drawn(facts),
        unknown=(users(facts), *not_measured(facts)),
    )


def users(facts: Facts) -> Unknown:
    """That nobody counts users, and whether somebody counts requests."""
    return USERS if failed_requests(facts) is None else SENDERS
