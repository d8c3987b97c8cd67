"""Answers about deployments and other changes, and the alerts that followed them."""

from typing import Any, TypeAlias

from agents.answer import Finding
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found, real_zero
from agents.rules.phrases import count
from domain.windows import parse

Json: TypeAlias = dict[str, Any]
TOOL = "correlate_alerts_changes"
NOUNS = {
    "deployment": "deployment",
    "config": "configuration change",
    "feature_flag": "feature flag change",
    "infrastructure": "infrastructure change",
}
SHOWN = 5


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


def to(facts: Facts) -> str:
    """The scope as changes have it: made to a service, not on it."""
    return facts.scope.replace(" on ", " to ", 1)


def inside(facts: Facts, found: Found) -> list[Json]:
    """The changes of the window and the services themselves: the tool looks back an hour further, and at what the
    services stand on."""
    services = facts.slots.services
    rows = [row for row in found.rows("changes") if not services or row["service"] in services]
    if facts.slots.period is None:
        return rows
    window = facts.slots.period.window
    return [row for row in rows if window.start <= parse(row["occurred_at"]) < window.end]


def total(found: Found, rows: list[Json], noun: str) -> str:
    least = "at least " if len(found.data["changes"]) < found.data["changes_total"] else ""
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
