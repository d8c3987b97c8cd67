"""Answers to "why": the cause as far as it is recorded, else what came just before, as a possibility and no more."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from agents.answer import Finding, Unknown
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found, rows_of
from agents.rules.writers.changes import NOUNS as CHANGE_NOUNS
from agents.rules.writers.incidents import told
from agents.rules.writers.stories import AROUND, main_incident
from agents.rules.writers.timeline import course, events_of, without
from domain.windows import parse

Json: TypeAlias = dict[str, Any]
CHANGES = "correlate_alerts_changes"
SOON_MINUTES, ELSEWHERE_MINUTES = 60, 30
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Record:
    """A root cause that somebody wrote down, where it stands and what proves that."""

    cause: str
    place: str
    found: Found


@dataclass(frozen=True, slots=True)
class Suspect:
    """The change that looks most like a cause."""

    change: Json
    found: Found

    @property
    def name(self) -> str:
        """ "deployment “Release 2.4” of checkout"."""
        return f"{CHANGE_NOUNS[self.change['kind']]} “{self.change['summary']}” of {self.change['service']}"


def cause(facts: Facts) -> Draft:
    """The recorded cause of the main incident, or what began just before it."""
    main = main_incident(facts)
    if main is None:
        return without_incident(facts)
    incident, found = main
    record, suspect = recorded(incident, found, facts), likeliest(facts.of(CHANGES, AROUND), incident)
    return Draft(
        summary=verdict(incident, record, suspect),
        findings=(
            *proof(record),
            found.finding(f"{told(incident)}."),
            *suspicion(suspect),
            *(() if record else neighbours(incident, facts)),
            *also(facts),
        ),
        data={
            "incident": incident,
            "root_cause": record.cause if record else None,
            "suspected_change": suspect.change if suspect else None,
        },
        parts=(drawing.incidents("Incident", [incident], found), *change_table(facts), *course(facts)),
        timeline=events_of(facts),
        unknown=() if record else (not_recorded(incident),),
        next=(f"Timeline of {incident['number']}", f"Impact of {incident['number']}"),
    )


def verdict(incident: Json, record: Record | None, suspect: Suspect | None) -> str:
    name = f"{incident['number']} “{incident['title']}”"
    if record:
        return f"{name}: {phrases.first_sentence(record.cause)}, as {record.place} records."
    if suspect and suspect.change["same_service"]:
        return f"The cause of {name} is not recorded; alerts began {minutes(suspect)} after {suspect.name}."
    if suspect:
        return f"The cause of {name} is not recorded; possible: {suspect.name}, {minutes(suspect)} before its alerts."
    return f"The cause of {name} is not recorded, and no change shortly before it was found."


def recorded(incident: Json, found: Found, facts: Facts) -> Record | None:
    """The root cause in the incident's own postmortem, else in the incident."""
    for written in (facts.of("search_postmortems", AROUND), facts.of("search_postmortems")):
        for postmortem in rows_of(written, "postmortems"):
            if written and postmortem["incident_number"] == incident["number"] and postmortem["root_cause"]:
                return Record(postmortem["root_cause"], f"the postmortem “{postmortem['title']}”", written)
    return Record(incident["root_cause"], "the incident", found) if incident["root_cause"] else None


def proof(record: Record | None) -> tuple[Finding, ...]:
    if record is None:
        return ()
    return (record.found.finding(f"Root cause, from {record.place}: {record.cause.rstrip('.')}."),)


def likeliest(found: Found | None, incident: Json) -> Suspect | None:
    """The suspect among the changes before the incident opened."""
    opened = incident["opened_at"]
    return suspected(found, [change for change in rows_of(found, "changes") if change["occurred_at"] <= opened])


def suspected(found: Found | None, changes: list[Json]) -> Suspect | None:
    """The best change that more alerts followed within the hour than went before it.

    A change of another service proves less: it counts only within half an hour, and when no own one does.
    """
    own = (change for change in changes if change["same_service"] and looks_guilty(change, SOON_MINUTES))
    elsewhere = (change for change in changes if looks_guilty(change, ELSEWHERE_MINUTES))
    change = next(own, None) or next(elsewhere, None)
    return Suspect(change, found) if found and change else None


def looks_guilty(change: Json, within_minutes: float) -> bool:
    after = change["minutes_to_first_alert"]
    return change["alerts_after"] > change["alerts_before"] and after is not None and 0 <= after <= within_minutes


def minutes(suspect: Suspect) -> str:
    return phrases.duration(60 * suspect.change["minutes_to_first_alert"])


def suspicion(suspect: Suspect | None) -> tuple[Finding, ...]:
    """That alerts followed a change: possible, never more; in time is not because of."""
    if suspect is None:
        return ()
    change = suspect.change
    text = (
        f"Possible: {suspect.name} at {phrases.moment(change['occurred_at'])}; the first alert came "
        f"{minutes(suspect)} later ({change['alerts_after']} alerts after it, {change['alerts_before']} before)."
    )
    return (Finding(text=text, executions=(suspect.found.execution,), confidence="possible"),)


def neighbours(incident: Json, facts: Facts) -> tuple[Finding, ...]:
    """What postmortems of other incidents say that began within the hour before it: possible, never more."""
    written = facts.of("search_postmortems", AROUND)
    opened = parse(incident["opened_at"])
    return tuple(
        Finding(
            text=f"Possible: the postmortem “{row['title']}” of {row['service']}, "
            f"{phrases.moment(row['occurred_at'])}: {phrases.first_sentence(row['root_cause'])}.",
            executions=(written.execution,),
            confidence="possible",
        )
        for row in rows_of(written, "postmortems")
        if written and row["root_cause"] and opened - HOUR <= parse(row["occurred_at"]) <= opened
    )


def also(facts: Facts) -> tuple[Finding, ...]:
    """That there were other incidents at that time, so that the choice of one is seen."""
    found = facts.of("query_incidents")
    if found is None or facts.slots.named_period is None or found.data["total"] < 2:
        return ()
    return (found.finding(f"One of {found.data['total']} incidents{facts.scope}{facts.when}."),)


def not_recorded(incident: Json) -> Unknown:
    return Unknown(
        what=f"The cause of {incident['number']}",
        why="Neither the incident nor a postmortem of it records a root cause.",
        settle="Write the root cause into the incident, or troubleshoot one of its alerts.",
    )


def without_incident(facts: Facts) -> Draft:
    """What alerts and changes show when no incident is recorded."""
    found, changes = facts.of("query_incidents"), facts.of(CHANGES)
    if found is None or found.data["total"]:
        return without(facts)
    suspect = suspected(changes, rows_of(changes, "changes"))
    alerts = f"; {phrases.count(changes.data['alerts_total'], 'alert')} fired" if changes else ""
    return Draft(
        summary=f"No incident is recorded{facts.scope}{facts.when}{alerts}.",
        findings=suspicion(suspect),
        data={"incident": None, "root_cause": None, "suspected_change": suspect.change if suspect else None},
        parts=change_table(facts),
        unknown=(
            Unknown(
                what="What went wrong",
                why="No incident and no root cause are recorded for this time and place.",
                settle="Name the service and the time, or an incident like INC-12.",
            ),
        ),
    )


def change_table(facts: Facts) -> tuple[drawing.Part, ...]:
    found = facts.of(CHANGES, AROUND) or facts.of(CHANGES)
    if found is None or not found.data["changes"]:
        return ()
    return (drawing.changes("Changes before the alerts, likeliest first", found.data["changes"], found),)
