"""The answer to at which time of day most alerts fire."""

from collections import Counter
from typing import Any, TypeAlias

from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found
from agents.rules.writers.alerts import none_fired, numbers, unknown_number
from domain.windows import parse

Json: TypeAlias = dict[str, Any]
HOURS, FEW = 24, 3
COLUMNS: tuple[drawing.Column, ...] = (("hour", "From"), ("count", "Alerts"))


def times_of_day(facts: Facts) -> Draft:
    """The hours of the asker's day with most alerts, all days added up."""
    found = facts.of("get_alert_trends")
    if found is None:
        return unknown_number(facts)
    total = found.data["total"]
    if total == 0:
        return none_fired(facts, found)
    rows = added_up(facts, found)
    ranked = sorted(rows, key=lambda row: -row["count"])
    most = ranked[0]["count"]
    first = [row["hour"] for row in ranked if row["count"] == most]
    then = [f"{row['hour']} with {row['count']}" for row in ranked if 0 < row["count"] < most]
    return Draft(
        summary=f"Most {facts.kind}alerts fired in the hour from {phrases.some(first, FEW)} "
        f"{phrases.zone_name(facts.zone)}{facts.scope}{facts.when}: {most} of {total} ({phrases.share(most, total)})"
        f"{' each' if len(first) > 1 else ''}.",
        findings=(found.finding(f"Then from {phrases.listing(then[:FEW])}."),) if then else (),
        data=numbers(found.data) | {"by_hour_of_day": rows},
        parts=(drawing.table(f"Alerts by time of day{facts.scope}", COLUMNS, rows, found),),
    )


def added_up(facts: Facts, found: Found) -> list[Json]:
    """A row for each hour of the day, from midnight on: when it begins, and its alerts on all days together."""
    hours: Counter[int] = Counter()
    for group in found.rows("groups"):
        hours[parse(group["start"]).astimezone(facts.zone).hour] += group["count"]
    return [{"hour": f"{hour:02}:00", "count": hours[hour]} for hour in range(HOURS)]
