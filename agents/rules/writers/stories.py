"""One incident as the tools tell it: which one is meant, and the later calls that gather the rest of its story."""

from datetime import datetime, timedelta
from typing import Any, TypeAlias

from agents.brain import Call
from agents.rules.facts import Facts, Found, rows_of
from agents.rules.slots import SEVERITIES
from domain.windows import Window, parse

Json: TypeAlias = dict[str, Any]
AROUND, DURING, THE_ALERT = "around the incident", "during it", "the alert"
HISTORY, IMPACT, HEALTH = "query_alerts_history", "analyze_impact", "get_application_health"
LONGEST, NEAR = timedelta(hours=168), timedelta(minutes=5)
LEAST_MINUTES, USUAL_MINUTES, MOST_MINUTES = 10, 60, 1440
LEAD, TAIL, DAY, MINUTE = timedelta(hours=2), timedelta(minutes=30), timedelta(days=1), timedelta(minutes=1)
MOST_CHANGES, MOST_POSTMORTEMS = 10, 10


def main_incident(facts: Facts) -> tuple[Json, Found] | None:
    """The incident the answer is about and what shows it: the one named, else the newest; of a named time the worst,
    first one that a postmortem was written of, then the one with most alerts."""
    timeline = facts.of("get_incident_timeline")
    if timeline and timeline.data["incident"]:
        return timeline.data["incident"], timeline
    found = facts.of("query_incidents")
    if found is None or not found.rows("incidents"):
        return None
    if facts.slots.named_period is None:
        return found.rows("incidents")[0], found
    written = {row["incident_number"] for row in rows_of(facts.of("search_postmortems"), "postmortems")}
    rows = found.rows("incidents")
    return min(rows, key=lambda row: (SEVERITIES.index(row["severity"]), row["number"] not in written)), found


def timeline_of_main(facts: Facts) -> tuple[Call, ...]:
    """The course of the main incident."""
    main = main_incident(facts)
    return (Call(tool="get_incident_timeline", arguments={"incident": main[0]["number"]}),) if main else ()


def impact_of_main(facts: Facts) -> tuple[Call, ...]:
    """Its course, the incidents that opened while it lasted, and what it did to what is measured."""
    main = main_incident(facts)
    if main is None:
        return measured_impact(facts)
    incident = main[0]
    opened = parse(incident["opened_at"])
    ended = parse(incident["resolved_at"]) if incident["resolved_at"] else facts.now
    meanwhile: Json = {
        "time_range": Window(opened, max(ended, opened + MINUTE)).as_json(),
        "order": "oldest",
        "limit": 10,
    }
    if incident["environment"]:
        meanwhile["environment"] = incident["environment"]
    return (
        *timeline_of_main(facts),
        Call(tool="query_incidents", arguments=meanwhile, label=AROUND),
        *measured_impact(facts),
        *requests_of_main(facts),
    )


def measured_impact(facts: Facts) -> tuple[Call, ...]:
    """Of the alert named, else of the main incident's service from its beginning on, else of the service's last
    alert."""
    alert, main = facts.of(HISTORY, THE_ALERT), main_incident(facts)
    if alert and alert.rows("alerts"):
        return (Call(tool=IMPACT, arguments={"alert_id": alert.rows("alerts")[0]["id"]}),)
    if main:
        incident = main[0]
        minutes = round((incident["duration_seconds"] or 0) / 60) or USUAL_MINUTES
        arguments = {
            "service": incident["service"],
            "time": incident["opened_at"],
            "window_minutes": min(max(minutes, LEAST_MINUTES), MOST_MINUTES),
        }
        return (Call(tool=IMPACT, arguments=arguments),)
    if facts.slots.services and is_of_newest(facts):
        return (Call(tool=IMPACT, arguments={"service": facts.slots.services[0]}),)
    return ()


def is_of_newest(facts: Facts) -> bool:
    """Whether no incident, alert or time is spoken of, and there was no incident to be found."""
    slots, found = facts.slots, facts.of("query_incidents")
    is_said = slots.alerts or slots.incident or slots.named_period or "incident" in slots.concepts
    return not is_said and found is not None and not found.data["total"]


def requests_of_main(facts: Facts) -> tuple[Call, ...]:
    """How many requests came and failed while it lasted, where it is asked whom it hit."""
    main = main_incident(facts)
    if main is None or "user" not in facts.slots.concepts:
        return ()
    window = while_it_lasted(main[0], facts.now, timedelta())
    arguments = {"application": main[0]["service"], "time_range": window.as_json()}
    return (Call(tool=HEALTH, arguments=arguments, label=DURING),)


def while_it_lasted(incident: Json, now: datetime, beside: timedelta = NEAR) -> Window:
    """From a little before it began until a little after it ended, seven days at most and not beyond now."""
    opened = parse(incident["opened_at"])
    ended = parse(incident["resolved_at"]) if incident["resolved_at"] else now
    start = opened - beside
    return Window(start, max(min(ended + beside, now, start + LONGEST), opened + MINUTE))


def story_of_main(facts: Facts) -> tuple[Call, ...]:
    """Its course, the changes around its beginning and what was written afterwards about it or its neighbours."""
    main = main_incident(facts)
    if main is None:
        return ()
    incident = main[0]
    opened = parse(incident["opened_at"])
    services = sorted({incident["service"], *incident["services"]})
    changes = {"service": services, "time_range": around(opened, LEAD, TAIL), "limit": MOST_CHANGES}
    written = {"time_range": around(opened, DAY, DAY), "limit": MOST_POSTMORTEMS}
    return (
        *timeline_of_main(facts),
        Call(tool="correlate_alerts_changes", arguments=changes, label=AROUND),
        Call(tool="search_postmortems", arguments=written, label=AROUND),
    )


def around(moment: datetime, before: timedelta, after: timedelta) -> Json:
    return Window(moment - before, moment + after).as_json()
