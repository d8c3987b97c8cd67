"""Answers about who has most alerts, or which alert fires most."""

from typing import Any, TypeAlias

from agents.answer import Finding
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found
from agents.rules.phrases import count, share
from agents.rules.writers.alerts import buckets, none_fired, numbers, unknown_number

Json: TypeAlias = dict[str, Any]
NOUNS = {"service": "service", "alert_name": "alert", "severity": "severity", "environment": "environment"}


def most(facts: Facts) -> Draft:
    """Who had the most, with shares."""
    found = facts.of("get_alert_trends")
    if found is None:
        return unknown_number(facts)
    groups, total = found.data["groups"], found.data["total"]
    if not groups:
        return none_fired(facts, found)
    noun = NOUNS[found.data["group_by"]]
    title = f"{phrases.capital(phrases.plural(noun))} with the most alerts{facts.scope}"
    return Draft(
        summary=f"{first_place(groups)} {led(facts, noun)}{facts.scope}{facts.when}: "
        f"{groups[0]['count']} of {count(total, facts.kind + 'alert')} ({share(groups[0]['count'], total)}).",
        findings=runners_up(found),
        data=numbers(found.data) | buckets(found),
        parts=(drawing.table(title, rank_columns(noun), ranked(groups, total), found),),
    )


def led(facts: Facts, noun: str) -> str:
    """What the first one did more than the others: an alert fires, a service has alerts."""
    return "fired most" if noun == "alert" else f"had the most {facts.kind}alerts"


def first_place(groups: list[Json]) -> str:
    """The leader, or all who share the first place."""
    best = [group["key"] or "(unnamed)" for group in groups if group["count"] == groups[0]["count"]]
    return phrases.some(best)


def runners_up(found: Found) -> tuple[Finding, ...]:
    groups, total = found.data["groups"], found.data["total"]
    rest = [group for group in groups if group["count"] < groups[0]["count"]][:3]
    said = [f"{group['key']} {group['count']} ({share(group['count'], total)})" for group in rest]
    severe = phrases.severities(groups[0]["by_severity"])
    first = found.finding(f"Of {groups[0]['key']}: {severe}.")
    return (first, found.finding(f"Then {phrases.listing(said)}.")) if said else (first,)


def rank_columns(noun: str) -> list[drawing.Column]:
    return [
        ("key", phrases.capital(noun)),
        ("count", "Alerts"),
        ("share", "Share"),
        ("critical", "Critical"),
        ("warning", "Warning"),
        ("info", "Info"),
    ]


def ranked(groups: list[Json], total: int) -> list[Json]:
    return [{**group, **group["by_severity"], "share": share(group["count"], total)} for group in groups]
