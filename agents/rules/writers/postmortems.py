"""Answers from postmortems: whether it was seen before, and what was learnt."""

from typing import Any, TypeAlias

from agents.answer import Finding
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found, real_zero
from agents.rules.phrases import count

Json: TypeAlias = dict[str, Any]
COLUMNS: tuple[drawing.Column, ...] = (
    ("occurred_at", "When (UTC)"),
    ("title", "Postmortem"),
    ("service", "Service"),
    ("incident_number", "Incident"),
    ("root_cause", "Root cause"),
    ("resolution", "Resolution"),
    ("lessons", "Lessons"),
    ("url", "Link"),
)


def search(facts: Facts) -> Draft:
    """What postmortems match, the closest first, with their recorded causes and lessons."""
    found = facts.of("search_postmortems")
    about = f" mention “{facts.slots.topic}”" if facts.slots.topic else " are on record"
    if found is None:
        return Draft(summary=f"Not known: which postmortems{about}{about_scope(facts)}.")
    total, rows = found.data["total"], found.data["postmortems"]
    if total == 0:
        return real_zero(f"No postmortems{about}{about_scope(facts)}{facts.when}", numbers(found))
    verb = about.replace(" mention ", " mentions ").replace(" are ", " is ") if total == 1 else about
    first = rows[0]
    which = f"; {closest(facts)}" if total > 1 else ":"
    return Draft(
        summary=f"{count(total, 'postmortem')}{verb}{about_scope(facts)}{facts.when}{which} “{first['title']}” "
        f"({first['service']}, {phrases.moment(first['occurred_at'])}).",
        findings=tuple(finding for row in rows[:3] for finding in said(row, found)),
        data=numbers(found),
        parts=(drawing.table("Postmortems", COLUMNS, rows, found),),
        timeline=tuple(row_of(row) for row in sorted(rows, key=lambda row: row["occurred_at"])),
        next=tuple(f"Timeline of {row['incident_number']}" for row in rows[:1] if row["incident_number"]),
    )


def about_scope(facts: Facts) -> str:
    """The scope as postmortems have it: on record for a service."""
    return facts.scope.replace(" on ", " for ", 1)


def closest(facts: Facts) -> str:
    return "the closest is" if facts.slots.topic else "the newest is"


def said(postmortem: Json, found: Found) -> tuple[Finding, ...]:
    """The recorded cause, resolution and lessons of one postmortem, in one finding; nothing when none is recorded."""
    recorded = [
        f"{name}: {postmortem[key].rstrip('.')}"
        for name, key in (("root cause", "root_cause"), ("resolved by", "resolution"), ("lessons", "lessons"))
        if postmortem[key]
    ]
    return (found.finding(f"“{postmortem['title']}”: {'; '.join(recorded)}."),) if recorded else ()


def row_of(postmortem: Json) -> Json:
    return {
        "at": postmortem["occurred_at"], "kind": "postmortem", "text": postmortem["title"], "severity": None,
    }  # fmt: skip


def numbers(found: Found) -> Json:
    return {"total_postmortems": found.data["total"], "postmortems": found.data["postmortems"]}
