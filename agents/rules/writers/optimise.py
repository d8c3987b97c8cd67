"""Answers about money: what could be saved, by removing what is idle and shrinking what is larger than its work."""

from typing import Any, TypeAlias

from agents.answer import Finding, Unknown
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found
from agents.rules.phrases import NARROW

Json: TypeAlias = dict[str, Any]
TOOL = "recommend_optimizations"
MOST_TOLD, MOST_NOT_JUDGED = 5, 5
KINDS = {
    "idle": ("remove", "idle resource", "idle resources"),
    "oversized": ("rightsize", "resource larger than its work", "resources larger than their work"),
}
ALL = ("", "way to save", "ways to save")
COLUMNS: tuple[drawing.Column, ...] = (
    ("priority", "Priority"),
    ("resource", "Resource"),
    ("kind", "Kind"),
    ("service", "Service"),
    ("environment", "Environment"),
    ("reason", "Why"),
    ("proposal", "What to do"),
    ("monthly_cost", "Costs a month"),
    ("monthly_savings", "Saves a month"),
)


def savings(facts: Facts) -> Draft:
    """What could be saved and where, the most urgent first; of the idle or the oversized alone when they are named."""
    found = facts.of(TOOL)
    if found is None:
        return Draft(summary=f"Not known: what could be saved{facts.scope}. {facts.why_not(TOOL)}")
    action, *nouns = next((KINDS[name] for name in KINDS if name in facts.slots.concepts), ALL)
    rows = [row for row in found.rows("recommendations") if action in ("", row["action"])]
    return Draft(
        summary=f"{verdict(rows, nouns, found)}{facts.scope}{money(rows, found)}.",
        findings=(*(told(row, found) for row in rows[:MOST_TOLD]), *costs(found)),
        data=numbers(rows, found),
        parts=drawn(rows, found),
        unknown=(*not_judged(found), *other_services(facts)),
        is_zero=False,
    )


def verdict(rows: list[Json], nouns: list[str], found: Found) -> str:
    looked_at = sum(found.data["cost_analysis"]["resources"].values())
    if not looked_at:
        return "Not known: nothing that could be judged is measured"
    one, many = nouns
    return f"{len(rows) or 'No'} {one if len(rows) == 1 else many} of {looked_at:,} measured"


def money(rows: list[Json], found: Found) -> str:
    """ ": 1,234.50 USD a month"; nothing where nothing has a price."""
    total = total_of(rows)
    if not rows:
        return ""
    if not any(row["monthly_savings"] is not None for row in rows):
        return ": what that would save is not known, nothing of it has a price"
    unpriced = sum(row["monthly_savings"] is None for row in rows)
    rest = f", {unpriced} of them without a price" if unpriced else ""
    return f": {amount(total, found)} a month{rest}"


def total_of(rows: list[Json]) -> float:
    return round(sum(row["monthly_savings"] or 0 for row in rows), 2)


def amount(value: float, found: Found) -> str:
    return f"{value:,.2f}{NARROW}{found.data['currency']}"


def told(row: Json, found: Found) -> Finding:
    saves = "" if row["monthly_savings"] is None else f", saves {amount(row['monthly_savings'], found)} a month"
    of = f" of {row['service']}" if row["service"] else ""
    what = f"{phrases.capital(row['priority'])}: {row['kind']} {row['resource']}{of}"
    return found.finding(f"{what}, {row['reason']}: {row['proposal']}{saves}.")


def costs(found: Found) -> tuple[Finding, ...]:
    """What all of it costs, as far as it has a price."""
    analysis = found.data["cost_analysis"]
    if not analysis["monthly_cost"]:
        return ()
    has = phrases.verb(analysis["unpriced"], "has")
    unpriced = f"; {analysis['unpriced']:,} {has} no price" if analysis["unpriced"] else ""
    return (found.finding(f"All that is measured costs {amount(analysis['monthly_cost'], found)} a month{unpriced}."),)


def numbers(rows: list[Json], found: Found) -> Json:
    return {
        "recommendations": rows,
        "recommendation_count": found.data["recommendation_count"],
        "total_monthly_savings": found.data["total_monthly_savings"],
        "shown_monthly_savings": total_of(rows),
        "currency": found.data["currency"],
        "cost_analysis": found.data["cost_analysis"],
    }


def drawn(rows: list[Json], found: Found) -> tuple[drawing.Part, ...]:
    stat = drawing.stat("Could be saved a month", total_of(rows), found, found.data["currency"])
    return (stat, drawing.table("What could be saved", COLUMNS, rows, found)) if rows else ()


def not_judged(found: Found) -> tuple[Unknown, ...]:
    reasons: list[str] = found.data["not_judged"]
    if not reasons:
        return ()
    return (Unknown(what="What could be saved on the rest", why=f"{phrases.some(reasons, MOST_NOT_JUDGED)}."),)


def other_services(facts: Facts) -> tuple[Unknown, ...]:
    others = facts.slots.services[1:]
    why = "One service is looked at at a time."
    return (Unknown(what=f"What could be saved on {phrases.some(others)}", why=why),) if others else ()
