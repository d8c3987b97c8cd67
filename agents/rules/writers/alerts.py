"""Answers about alerts: how many, which, what is firing, the trend."""

from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from agents.answer import Finding, Part
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found, real_zero
from agents.rules.phrases import count, share
from domain.windows import Window, parse

Json: TypeAlias = dict[str, Any]
TIME_GROUPINGS = {"hour": "by_hour", "day": "by_day", "week": "by_week", "month": "by_month", "quarter": "by_quarter"}
WORST_FIRST = {"critical": 0, "warning": 1, "info": 2}
LEVEL, FEW = 0.1, 10
UTC = ZoneInfo("UTC")


def how_many(facts: Facts) -> Draft:
    """The number, by severity and by day, and the newest ones."""
    trends, history = facts.of("get_alert_trends"), facts.of("query_alerts_history")
    found = trends or history
    if found is None:
        return unknown_number(facts)
    if found.data["total"] == 0:
        return none_fired(facts, found)
    findings = (*(by_time(trends, facts) if trends else ()), *(still_firing(history) if history else ()))
    drawn = (*series(facts, trends), *newest(history, facts)) if trends else newest(history, facts)
    return Draft(
        summary=f"{fired(facts, found.data)}.",
        findings=findings,
        data=numbers(found.data) | (buckets(trends) if trends else {}),
        parts=(
            drawing.stat("Alerts", found.data["total"], found),
            drawing.by_severity(found.data["by_severity"], found),
            *drawn,
        ),
    )


def unknown_number(facts: Facts) -> Draft:
    return Draft(summary=f"Not known: how many {facts.kind}alerts fired{facts.scope}{facts.when}.")


def none_fired(facts: Facts, found: Found) -> Draft:
    sentence = f"No {facts.kind}alerts fired{facts.scope}{facts.when}"
    return real_zero(sentence, numbers(found.data), (drawing.stat("Alerts", 0, found),))


def fired(facts: Facts, data: Json) -> str:
    """The verdict: "47 alerts fired on checkout, 9–15 Nov 2026 UTC: 5 critical, 42 warning"."""
    detail = "" if len(facts.slots.severities) == 1 else f": {phrases.severities(data['by_severity'])}"
    return f"{count(data['total'], facts.kind + 'alert')} fired{facts.scope}{facts.when}{detail}"


def numbers(data: Json) -> Json:
    return {"total_alerts": data["total"], "by_severity": data["by_severity"]}


def buckets(found: Found) -> Json:
    """The groups under the seeds' names: by_day [{date, count}], by_service [{key, count}]."""
    grouping = found.data["group_by"]
    name = "date" if grouping == "day" else "key"
    rows = [{name: group["key"], "count": group["count"]} for group in found.data["groups"]]
    days = {"by_day": by_day(found)} if grouping == "hour" else {}
    return {TIME_GROUPINGS.get(grouping, f"by_{grouping}"): rows, **days}


def by_day(found: Found) -> list[Json]:
    """Hours added up to days, in order: an hour's key begins with its day."""
    days: dict[str, int] = {}
    for group in found.rows("groups"):
        days[group["key"][:10]] = days.get(group["key"][:10], 0) + group["count"]
    return [{"date": date, "count": number} for date, number in days.items()]


def by_time(found: Found, facts: Facts) -> tuple[Finding, ...]:
    """When most of them fired, if there is more than one bucket to choose from."""
    peak, groups = found.data["peak"], found.data["groups"]
    is_told = len(groups) > 1 and found.data["total"] > 1 and found.data["group_by"] in TIME_GROUPINGS
    if not peak or not is_told:
        return ()
    when = bucket_name(found, peak["key"], facts)
    part = share(peak["count"], found.data["total"])
    return (found.finding(f"Most {lead(found)} {when}: {count(peak['count'], 'alert')}, {part} of them."),)


def lead(found: Found) -> str:
    return {"day": "on", "hour": "at"}.get(found.data["group_by"], "in")


def bucket_name(found: Found, key: str, facts: Facts) -> str:
    """A bucket as it is said: "Tue 10 Nov" for a day, "19 Nov 14:00 UTC" for an hour."""
    starts = {group["key"]: group["start"] for group in found.rows("groups")}
    match found.data["group_by"]:
        case "day":
            return phrases.date(starts[key], facts.zone)
        case "hour":
            return phrases.moment(starts[key])
        case _:
            return key


def still_firing(found: Found) -> tuple[Finding, ...]:
    """How many are not over yet."""
    firing = found.data["by_status"]["firing"]
    if firing == 0:
        return (found.finding("All of them are resolved."),)
    return (found.finding(f"{firing} {phrases.verb(firing, 'is')} still firing."),)


def series(facts: Facts, found: Found) -> tuple[Part, ...]:
    """The alerts of each bucket, when the grouping is one of time."""
    if found.data["group_by"] not in TIME_GROUPINGS:
        return ()
    points = [(group["start"], group["count"]) for group in found.data["groups"]]
    return (drawing.series(f"Alerts by {found.data['group_by']}{facts.scope}", "alerts", points, found),)


def newest(found: Found | None, facts: Facts) -> tuple[Part, ...]:
    if found is None or not found.data["alerts"]:
        return ()
    shown, total = len(found.data["alerts"]), found.data["total"]
    title = "Alerts, newest first" if shown == total else f"Newest {shown} of {total} alerts"
    return (drawing.alerts(f"{title}{facts.scope}", found.data["alerts"], found),)


def which(facts: Facts) -> Draft:
    """The alerts themselves, newest first."""
    found = facts.of("query_alerts_history")
    if found is None:
        return unknown_number(facts)
    if found.data["total"] == 0:
        return none_fired(facts, found)
    rows = found.data["alerts"]
    return Draft(
        summary=f"{listed(facts, found)}.",
        findings=(*(found.finding(f"Newest: {told(rows[0])}.") for _ in rows[:1]), *still_firing(found)),
        data=numbers(found.data) | {"alerts": rows},
        parts=(*newest(found, facts), drawing.by_severity(found.data["by_severity"], found)),
        timeline=tuple(row(alert) for alert in reversed(rows)),
    )


def listed(facts: Facts, found: Found) -> str:
    """All that fired; or how many of them are listed, first when only so many were asked for."""
    shown, total = len(found.rows("alerts")), found.data["total"]
    if not 0 < shown < total:
        return fired(facts, found.data)
    if facts.slots.limit:
        return f"The newest {shown} of {count(total, facts.kind + 'alert')}{facts.scope}{facts.when}"
    return f"{fired(facts, found.data)}; the newest {shown} are listed"


def told(alert: Json) -> str:
    """One alert in words: name, severity, where, since when and how long."""
    state = "still firing" if alert["status"] == "firing" else "resolved"
    if alert["duration_seconds"] is not None and alert["status"] == "resolved":
        state = f"resolved after {phrases.duration(alert['duration_seconds'])}"
    return f"{alert['name']} ({alert['severity']}) on {alert['service']}, {phrases.moment(alert['starts_at'])}, {state}"


def row(alert: Json) -> Json:
    """One alert as a row of a timeline."""
    text = f"{alert['name']} fired on {alert['service']}"
    return {"at": alert["starts_at"], "kind": "alert_fired", "text": text, "severity": alert["severity"]}


def firing(facts: Facts) -> Draft:
    """What is open at this moment, the worst first."""
    found = facts.of("query_alerts_history")
    if found is None:
        return Draft(summary=f"Not known: which {facts.kind}alerts are firing{facts.scope}.")
    total, rows = found.data["total"], worst_first(found.data["alerts"])
    data = numbers(found.data) | {"alerts": rows}
    if total == 0:
        return real_zero(f"No {facts.kind}alert is firing{facts.scope}", data, (drawing.stat("Firing", 0, found),))
    return Draft(
        summary=f"{count(total, facts.kind + 'alert')} {phrases.verb(total, 'is')} firing{facts.scope} now: "
        f"{phrases.severities(found.data['by_severity'])}.",
        findings=tuple(found.finding(f"{told(alert)}.") for alert in rows[:5]),
        data=data,
        parts=(drawing.stat("Firing", total, found), drawing.alerts("Firing now, worst first", rows, found)),
        next=("Why?", *(f"What was deployed to {alert['service']} today?" for alert in rows[:1])),
    )


def worst_first(alerts: list[Json]) -> list[Json]:
    """Critical before warning before info; within one severity as they came, newest first."""
    return sorted(alerts, key=lambda alert: WORST_FIRST.get(alert["severity"], len(WORST_FIRST)))


def events(facts: Facts) -> Draft:
    """Alerts counted as events, and when there were most."""
    found = facts.of("get_event_count")
    if found is None:
        return Draft(summary=f"Not known: how many events there were{facts.scope}{facts.when}.")
    data, levels = found.data, found.data["by_level"]
    numbers = {"total_events": data["total"], "by_level": levels, "busiest": data["busiest"]}
    parts = (drawing.stat("Events", data["total"], found),)
    if data["total"] == 0:
        return real_zero(f"No {facts.kind}events{facts.scope}{facts.when}", numbers, parts)
    return Draft(
        summary=f"{count(data['total'], facts.kind + 'event')}{facts.scope}{facts.when}: {phrases.severities(levels)}.",
        findings=(*busiest(found), found.finding("Events here are alerts that fired; logs are not counted.")),
        data=numbers,
        parts=(*parts, drawing.by_severity(levels, found, "events")),
    )


def busiest(found: Found) -> tuple[Finding, ...]:
    busy = found.data["busiest"]
    if not busy or found.data["total"] < 2:
        return ()
    part = share(busy["count"], found.data["total"])
    span = phrases.window(Window(parse(busy["start"]), parse(busy["end"])), UTC)
    return (found.finding(f"Busiest: {span} with {count(busy['count'], 'event')}, {part} of them."),)


def trend(facts: Facts) -> Draft:
    """How the number moved: second half against first, and the peak; the peak first where that is asked for."""
    found = facts.of("get_alert_trends")
    if found is None:
        return unknown_number(facts)
    if found.data["total"] == 0:
        return none_fired(facts, found)
    direction, halves = direction_of(found)
    peak = by_time(found, facts)
    is_of_peak = "rank" in facts.slots.concepts and bool(peak)
    return Draft(
        summary=peak[0].text if is_of_peak else f"{direction}: {fired(facts, found.data)}.",
        findings=(found.finding(f"{fired(facts, found.data)}."), *halves) if is_of_peak else (*halves, *peak),
        data=numbers(found.data) | buckets(found) | {"peak": found.data["peak"], "direction": direction.lower()},
        parts=(*series(facts, found), drawing.by_severity(found.data["by_severity"], found)),
    )


def direction_of(found: Found) -> tuple[str, tuple[Finding, ...]]:
    """Rising, Falling or Level by more than a tenth, with the two numbers that show it; below ten alerts no trend."""
    counts = [group["count"] for group in found.data["groups"]]
    half = len(counts) // 2
    if half == 0:
        return "One bucket only", ()
    if sum(counts) < FEW:
        return "Too few for a trend", ()
    first, second = sum(counts[:half]), sum(counts[-half:])
    moved = abs(second - first) > LEVEL * first
    direction = ("Rising" if second > first else "Falling") if moved else "Level"
    return direction, (found.finding(f"{first} in the first half of that time, {second} in the second."),)
