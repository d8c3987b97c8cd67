"""Answers about incidents: how many, which, the longest, what caused the most."""

from typing import Any, TypeAlias

from agents.answer import Finding
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found, real_zero
from agents.rules.phrases import count, share
from domain.windows import parse

Json: TypeAlias = dict[str, Any]


def how_many(facts: Facts) -> Draft:
    """The number, open and resolved, by severity."""
    found = facts.of("query_incidents")
    if found is None:
        return unknown(facts)
    if found.data["total"] == 0:
        return none(facts, found)
    return Draft(
        summary=f"{opened(facts, found.data)}.",
        findings=(*states(found), *most_affected(found), *longest_finding(found)),
        data=numbers(found.data),
        parts=(
            drawing.stat("Incidents", found.data["total"], found),
            drawing.by_severity(found.data["by_severity"], found, "incidents"),
            *listed(facts, found),
        ),
        next=next_questions(found),
    )


def which(facts: Facts) -> Draft:
    """The incidents themselves, newest first."""
    found = facts.of("query_incidents")
    if found is None:
        return unknown(facts)
    if found.data["total"] == 0:
        return none(facts, found)
    rows = found.data["incidents"]
    return Draft(
        summary=f"{last_few(facts, found) or opened(facts, found.data)}.",
        findings=tuple(found.finding(f"{told(row)}.") for row in rows[:5]),
        data=numbers(found.data) | {"incidents": rows},
        parts=listed(facts, found),
        timeline=tuple(row_of(row) for row in reversed(rows)),
        next=next_questions(found),
    )


def last_few(facts: Facts, found: Found) -> str:
    """What is said when only so many were asked for."""
    rows, total = found.rows("incidents"), found.data["total"]
    if not rows or not facts.slots.limit or len(rows) == total:
        return ""
    return f"The newest {len(rows)} of {counted(facts, total)}{facts.scope}{facts.when}"


def newest(facts: Facts) -> Draft:
    """The last one, then those before it."""
    found = facts.of("query_incidents")
    if found is None:
        return unknown(facts)
    rows = found.data["incidents"]
    if not rows:
        return none(facts, found) if found.data["total"] == 0 else no_rows(facts, found)
    return Draft(
        summary=f"The last incident{facts.scope} was {told(rows[0])}.",
        findings=tuple(found.finding(f"Before it: {told(row)}.") for row in rows[1:3]),
        data=numbers(found.data) | {"incidents": rows},
        parts=listed(facts, found),
        timeline=tuple(row_of(row) for row in reversed(rows)),
        next=(*next_questions(found), f"What caused {rows[0]['number']}?"),
    )


def per_period(facts: Facts) -> Draft:
    """How many were opened in each period: resolved and open together."""
    found = facts.of("get_mttr_statistics")
    if found is None:
        return unknown(facts)
    rows = [period | {"opened": period["count"] + period["open"]} for period in found.data["periods"]]
    total = found.data["count"] + found.data["open"]
    if total == 0:
        return real_zero(f"No {facts.kind}incident is recorded{facts.scope}{facts.when}", {"total_incidents": 0})
    peak = max(rows, key=lambda row: row["opened"])
    most = f"Most in {peak['key']}: {count(peak['opened'], 'incident')}, {share(peak['opened'], total)} of them."
    points = [(row["start"], row["opened"]) for row in rows]
    columns = [("key", "Period"), ("opened", "Opened"), ("count", "Resolved"), ("open", "Open")]
    opened_said = f"{count(total, facts.kind + 'incident')} {phrases.verb(total, 'was')} opened"
    return Draft(
        summary=f"{opened_said}{facts.scope}{facts.when}.",
        findings=(found.finding(most),),
        data={"total_incidents": total, "periods": [{"key": row["key"], "count": row["opened"]} for row in rows]},
        parts=(
            drawing.series(f"Incidents{facts.scope}", "incidents", points, found),
            drawing.table("By period", columns, rows, found),
        ),
    )


def longest(facts: Facts) -> Draft:
    """The one that lasted longest, open ones until now, then the runners-up."""
    found = facts.of("query_incidents")
    if found is None:
        return unknown(facts)
    rows = sorted(found.rows("incidents"), key=lambda row: seconds(row, facts), reverse=True)
    if not rows:
        return none(facts, found) if found.data["total"] == 0 else no_rows(facts, found)
    first, total = rows[0], counted(facts, found.data["total"])
    so_far = " so far, still open" if first["status"] == "open" else ""
    return Draft(
        summary=f"{titled(first)}, lasted {phrases.duration(seconds(first, facts))}{so_far}: "
        f"the longest of {total}{facts.scope}{facts.when}.",
        findings=tuple(found.finding(f"Then {told(row)}.") for row in rows[1:4]),
        data=numbers(found.data) | {"longest": first},
        parts=(drawing.stat("Longest", seconds(first, facts), found, "s"), *listed(facts, found)),
        next=(f"Timeline of {first['number']}", f"What caused {first['number']}?"),
    )


def seconds(incident: Json, facts: Facts) -> float:
    """How long it lasted, an open one until now."""
    if incident["duration_seconds"] is not None:
        return incident["duration_seconds"]
    return (facts.now - parse(incident["opened_at"])).total_seconds()


def most(facts: Facts) -> Draft:
    """Which service, and which kind of incident, came up most often."""
    found = facts.of("query_incidents")
    if found is None:
        return unknown(facts)
    if facts.slots.grouping == "severity":
        return how_many(facts)
    total, services, titles = found.data["total"], found.data["by_service"], found.data["by_title"]
    if not services:
        return none(facts, found)
    return Draft(
        summary=f"{leaders(services)} had the most incidents{facts.scope}{facts.when}: "
        f"{services[0]['count']} of {total} ({share(services[0]['count'], total)}).",
        findings=(*others(found), *repeated(found, titles), *recorded(facts)),
        data=numbers(found.data) | {"by_service": services, "by_title": titles},
        parts=(
            drawing.table("Incidents by service", [("key", "Service"), ("count", "Incidents")], services, found),
            drawing.table("Incidents by title", [("key", "Title"), ("count", "Incidents")], titles, found),
        ),
        next=next_questions(found),
    )


def leaders(groups: list[Json]) -> str:
    """Whoever has the first place, all of them when it is shared."""
    return phrases.some([group["key"] for group in groups if group["count"] == groups[0]["count"]])


def others(found: Found) -> tuple[Finding, ...]:
    groups = found.data["by_service"]
    rest = [f"{group['key']} {group['count']}" for group in groups if group["count"] < groups[0]["count"]]
    return (found.finding(f"Then {phrases.some(rest, 3)}."),) if rest else ()


def repeated(found: Found, titles: list[Json]) -> tuple[Finding, ...]:
    """The title that came back, if any did."""
    if not titles or titles[0]["count"] < 2:
        return (found.finding("No title came up twice."),) if titles else ()
    return (found.finding(f"Most often: “{titles[0]['key']}”, {titles[0]['count']} times."),)


def recorded(facts: Facts) -> tuple[Finding, ...]:
    """The root causes that people wrote down: only those are causes."""
    written = facts.of("search_postmortems")
    if written is None:
        return ()
    told_of = [row for row in written.rows("postmortems") if row["root_cause"]]
    if not told_of:
        return (written.finding("No root cause is recorded in a postmortem of that time."),)
    said = "; ".join(f"{row['service']}: {phrases.first_sentence(row['root_cause'])}" for row in told_of[:3])
    return (written.finding(f"Root causes recorded in postmortems: {len(told_of)}. {said}."),)


def unknown(facts: Facts) -> Draft:
    return Draft(summary=f"Not known: which {facts.kind}incidents there were{facts.scope}{facts.when}.")


def none(facts: Facts, found: Found) -> Draft:
    sentence = f"No {facts.kind}incident{longer(facts)} is recorded{facts.scope}{facts.when}"
    return real_zero(sentence, numbers(found.data), (drawing.stat("Incidents", 0, found),))


def no_rows(facts: Facts, found: Found) -> Draft:
    """The number alone: the rows that would tell more were left out of the result."""
    return Draft(
        summary=f"{opened(facts, found.data)}; which of them is not shown to this role.", data=numbers(found.data)
    )


def opened(facts: Facts, data: Json) -> str:
    """The verdict: "12 incidents were opened on checkout, Oct 2026 UTC: 3 critical, 9 warning"."""
    total = data["total"]
    verb = "" if facts.slots.status else f" {phrases.verb(total, 'was')} opened"
    detail = "" if len(facts.slots.severities) == 1 else f": {phrases.severities(data['by_severity'])}"
    return f"{counted(facts, total)}{verb}{facts.scope}{facts.when}{detail}"


def counted(facts: Facts, total: int) -> str:
    """ "3 critical incidents longer than 1 h"."""
    return f"{count(total, facts.kind + 'incident')}{longer(facts)}"


def longer(facts: Facts) -> str:
    """The length that was asked for, as it follows the noun; "" when none was."""
    seconds = facts.slots.longer_than
    return f" longer than {phrases.duration(seconds)}" if seconds else ""


def numbers(data: Json) -> Json:
    return {"total_incidents": data["total"], "by_status": data["by_status"], "by_severity": data["by_severity"]}


def states(found: Found) -> tuple[Finding, ...]:
    by_status = found.data["by_status"]
    if by_status["open"] == 0:
        return (found.finding("All of them are resolved."),)
    return (found.finding(f"{by_status['open']} open, {by_status['resolved']} resolved."),)


def most_affected(found: Found) -> tuple[Finding, ...]:
    groups = found.data["by_service"]
    if len(groups) < 2:
        return ()
    return (found.finding(f"Most on {leaders(groups)}: {groups[0]['count']}."),)


def longest_finding(found: Found) -> tuple[Finding, ...]:
    rows = [row for row in found.data["incidents"] if row["duration_seconds"] is not None]
    if len(rows) < 2 or len(rows) < found.data["total"]:
        return ()
    return (found.finding(f"Longest: {told(max(rows, key=lambda row: row['duration_seconds']))}."),)


def told(incident: Json) -> str:
    """One incident in words: "INC-12 “Checkout down” on checkout (critical), 10 Jan 14:02 UTC, 43 min"."""
    if incident["duration_seconds"] is not None and incident["status"] == "resolved":
        state = f"resolved after {phrases.duration(incident['duration_seconds'])}"
    else:
        state = "still open"
    return f"{titled(incident)}, {state}"


def titled(incident: Json) -> str:
    """ "INC-12 “Checkout down” on checkout (critical), 10 Jan 14:02 UTC"."""
    return (
        f"{incident['number']} “{incident['title']}” on {incident['service']} ({incident['severity']}), "
        f"{phrases.moment(incident['opened_at'])}"
    )


def row_of(incident: Json) -> Json:
    text = f"{incident['number']} {incident['title']} opened on {incident['service']}"
    return {"at": incident["opened_at"], "kind": "incident_opened", "text": text, "severity": incident["severity"]}


def listed(facts: Facts, found: Found) -> tuple[drawing.Part, ...]:
    rows = found.data["incidents"]
    return (drawing.incidents(f"Incidents{facts.scope}", rows, found),) if rows else ()


def next_questions(found: Found) -> tuple[str, ...]:
    return tuple(f"Timeline of {row['number']}" for row in found.data["incidents"][:1])
