"""One incident as the tools tell it: which one is meant, and the later calls that gather the rest of its story."""

from datetime import datetime, timedelta
from typing import Any, TypeAlias

from agents.brain import Call
from agents.rules.facts import Facts, Found, rows_of
from agents.rules.slots import SEVERITIES
from domain.windows import Window, parse

Json: TypeAlias = dict[str, Any]
AROUND = "around the incident"
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
    """Its course, and the incidents that opened while it lasted."""
    main = main_incident(facts)
    if main is None:
        return ()
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
    return (*timeline_of_main(facts), Call(tool="query_incidents", arguments=meanwhile, label=AROUND))


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
