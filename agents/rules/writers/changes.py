"""Answers about deployments and other changes, and the alerts that followed them."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from agents.answer import Finding
from agents.brain import Call
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found, real_zero
from agents.rules.phrases import count
from domain.windows import Window, parse

Json: TypeAlias = dict[str, Any]
TOOL = "correlate_alerts_changes"
NOUNS = {
    "deployment": "deployment",
    "config": "configuration change",
    "feature_flag": "feature flag change",
    "infrastructure": "infrastructure change",
}
SHOWN = 5
UNDOING = re.compile(r"\b(?:roll(?:s|ed|ing)?[\s-]?back|rollback|revert(?:s|ed|ing)?)\b", re.IGNORECASE)
FURTHER: Mapping[str, timedelta | None] = {"last 90 days": timedelta(days=90), "all time": None}


def made(facts: Facts) -> Draft:
    """The changes of the window in time order; with alerts asked for, those that alerts followed first."""
    found = facts.of(TOOL)
    noun = NOUNS.get(facts.slots.kind or "", "change")
    if found is None:
        return Draft(summary=f"Not known: which {noun}s were made{facts.scope}{facts.when}.")
    rows = inside(facts, found)
    if not rows:
        return real_zero(f"No {noun} is recorded{facts.scope}{facts.when}", numbers(found, rows))
    followed = [row for row in rows if row["minutes_to_first_alert"] is not None]
    return Draft(
        summary=f"{total(found, rows, noun)} {phrases.verb(len(rows), 'was')} made{to(facts)}{facts.when}; "
        f"{after(followed, rows)}.",
        findings=findings(facts, found, rows, followed),
        data=numbers(found, rows),
        parts=(drawing.changes(f"Changes{facts.scope}", newest_first(rows), found),),
        timeline=tuple(row_of(row) for row in reversed(newest_first(rows))),
        next=("Which alerts fired then?",) if followed else (),
    )


def undone(facts: Facts) -> Draft:
    """Those of the changes whose own summary says that they undo another."""
    found = facts.of(TOOL)
    rows = inside(facts, found) if found else []
    if found is None or not rows:
        return made(facts)
    undoing = [row for row in newest_first(rows) if UNDOING.search(row["summary"])]
    return Draft(
        summary=f"{len(undoing) or 'None'} of {total(found, rows, 'change')}{to(facts)} "
        f"{'say that they roll' if len(undoing) > 1 else 'says that it rolls'} something back{facts.when}.",
        findings=(*(found.finding(f"{told(row)}.") for row in undoing[:SHOWN]), *perhaps_missing(found)),
        data=numbers(found, undoing),
        parts=(drawing.changes(f"Changes{facts.scope}", undoing or newest_first(rows), found),),
        timeline=tuple(row_of(row) for row in reversed(undoing)),
    )


def further_back(facts: Facts) -> tuple[Call, ...]:
    """The same call over a longer time, and a longer one, until a change of the services is found."""
    calls: list[Call] = []
    before = ""
    for label, length in FURTHER.items():
        found = facts.of(TOOL, before)
        if found is None or of_services(facts, found):
            break
        window = Window(facts.now - length if length else phrases.DAWN, facts.now)
        arguments = {**facts.gathered[0].call.arguments, "time_range": window.as_json()}
        calls.append(Call(tool=TOOL, arguments=arguments, label=label))
        before = label
    return tuple(calls)


def last(facts: Facts) -> Draft:
    """The newest change, from the shortest time that has one."""
    results = [facts.of(TOOL, label) for label in ("", *FURTHER)]
    read = [found for found in results if found]
    noun = NOUNS.get(facts.slots.kind or "", "change")
    if not read:
        return Draft(summary=f"Not known: which {noun} was the last{to(facts)}.")
    found = read[-1]
    rows = newest_first(of_services(facts, found))
    if not rows and len(read) == len(results) and is_whole(found):
        return real_zero(f"No {noun} is recorded{facts.scope}", numbers(found, rows))
    if not rows:
        return Draft(summary=f"Not known: which {noun} was the last{to(facts)}; none is among those listed.")
    return Draft(
        summary=f"The last {noun}{to(facts)}: {told(rows[0])}.",
        findings=perhaps_missing(found),
        data=numbers(found, rows[:1]),
        parts=(drawing.changes(f"Changes{facts.scope}", rows, found),),
        timeline=(row_of(rows[0]),),
    )


def perhaps_missing(found: Found) -> tuple[Finding, ...]:
    """That a change may not have been listed: a list that is cut begins with the likeliest causes of alerts."""
    if is_whole(found):
        return ()
    shown, known = len(found.rows("changes")), found.data["changes_total"]
    return (found.finding(f"Only {shown} of {known} changes were listed, so one may be missing."),)


def is_whole(found: Found) -> bool:
    """Whether every change of the time is listed."""
    return len(found.rows("changes")) == found.data["changes_total"]


def to(facts: Facts) -> str:
    """The scope as changes have it: made to a service, not on it."""
    return facts.scope.replace(" on ", " to ", 1)


def inside(facts: Facts, found: Found) -> list[Json]:
    """The changes of the window and the services themselves: the tool looks back an hour further, and at what the
    services stand on."""
    rows = of_services(facts, found)
    if facts.slots.period is None:
        return rows
    window = facts.slots.period.window
    return [row for row in rows if window.start <= parse(row["occurred_at"]) < window.end]


def of_services(facts: Facts, found: Found) -> list[Json]:
    services = facts.slots.services
    return [row for row in found.rows("changes") if not services or row["service"] in services]


def total(found: Found, rows: list[Json], noun: str) -> str:
    least = "" if is_whole(found) else "at least "
    return least + count(len(rows), noun)


def after(followed: list[Json], rows: list[Json]) -> str:
    if not followed:
        return "no alert followed within an hour"
    if len(rows) == 1:
        return "alerts followed it within an hour"
    return f"alerts followed {len(followed)} of them within an hour"


def findings(facts: Facts, found: Found, rows: list[Json], followed: list[Json]) -> tuple[Finding, ...]:
    """Those that alerts followed, best score first, when alerts were asked for; else the newest."""
    chosen = followed if "alert" in facts.slots.concepts and followed else newest_first(rows)
    return tuple(found.finding(f"{told(row)}.") for row in chosen[:SHOWN])


def newest_first(rows: list[Json]) -> list[Json]:
    return sorted(rows, key=lambda row: (row["occurred_at"], row["id"]), reverse=True)


def told(change: Json) -> str:
    """One change in words, with what followed it."""
    version = f" {change['version']}" if change["version"] else ""
    author = f" by {change['author']}" if change["author"] else ""
    kind = phrases.capital(NOUNS[change["kind"]])
    what = f"{kind} of {change['service']}{version}{author}, “{change['summary']}”"
    text = f"{phrases.moment(change['occurred_at'])}: {what}"
    minutes = change["minutes_to_first_alert"]
    return text if minutes is None else f"{text}; first alert {phrases.duration(60 * minutes)} later"


def row_of(change: Json) -> Json:
    return {"at": change["occurred_at"], "kind": "change", "text": told(change), "severity": None}


def numbers(found: Found, rows: list[Json]) -> Json:
    return {
        "total_changes": len(rows),
        "total_alerts": found.data["alerts_total"],
        "correlated_alerts": found.data["correlated_alerts"],
        "changes": rows,
    }
