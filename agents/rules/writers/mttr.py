"""Answers about the time to resolve: the mean, how it is spread, its trend, by whom."""

from typing import Any, TypeAlias

from agents.answer import Finding
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found, real_zero
from agents.rules.phrases import count, duration

Json: TypeAlias = dict[str, Any]
MINUTE = 60
FEW = 3
ASKED = {
    "median": ("Median time to resolve", "p50_seconds"),
    "slow_tenth": ("90th percentile of the time to resolve", "p90_seconds"),
}
PERIOD_COLUMNS: tuple[drawing.Column, ...] = (
    ("key", "Period"),
    ("count", "Resolved"),
    ("open", "Open"),
    ("mttr", "MTTR"),
    ("median", "Median"),
    ("slow", "90 % within"),
)


def mean(facts: Facts) -> Draft:
    """MTTR is the mean; the median and the ninth decile say how even it is, and come first when they are asked for."""
    found = facts.of("get_mttr_statistics")
    if found is None:
        return unknown(facts)
    if found.data["count"] == 0:
        return none(facts, found)
    data = found.data
    asked, key = measure(facts)
    beside = "" if key == "mean_seconds" else f"; mean {duration(data['mean_seconds'])}"
    return Draft(
        summary=f"{asked} was {duration(data[key])} over "
        f"{count(data['count'], facts.kind + 'resolved incident')}{facts.scope}{facts.when}{beside}.",
        findings=(*spread(found), *still_open(found), *groups_said(found)),
        data=numbers(data),
        parts=(drawing.stat(asked, data[key], found, "s"), *grouped(found)),
    )


def measure(facts: Facts) -> tuple[str, str]:
    """What is asked for and its key in the data: the mean, if no other."""
    return next((ASKED[name] for name in facts.slots.concepts if name in ASKED), ("MTTR", "mean_seconds"))


def unknown(facts: Facts) -> Draft:
    return Draft(summary=f"Not known: the time to resolve incidents{facts.scope}{facts.when}.")


def none(facts: Facts, found: Found) -> Draft:
    opened = found.data["open"]
    also = f"; {count(opened, 'incident')} {phrases.verb(opened, 'is')} still open" if opened else ""
    sentence = f"No MTTR: no {facts.kind}incident{facts.scope} opened{facts.when} is resolved{also}"
    return real_zero(sentence, numbers(found.data))


def numbers(data: Json) -> Json:
    return {
        "mttr_seconds": data["mean_seconds"],
        "median_seconds": data["p50_seconds"],
        "p90_seconds": data["p90_seconds"],
        "resolved": data["count"],
        "open": data["open"],
    }


def spread(found: Found) -> tuple[Finding, ...]:
    data = found.data
    if data["count"] < 2:
        return ()
    return (
        found.finding(f"Half were resolved within {duration(data['p50_seconds'])}, 90 % within "
                      f"{duration(data['p90_seconds'])}."),
        found.finding(f"Fastest {duration(data['min_seconds'])}, slowest {duration(data['max_seconds'])}."),
    )  # fmt: skip


def still_open(found: Found) -> tuple[Finding, ...]:
    opened = found.data["open"]
    if not opened:
        return ()
    return (found.finding(f"{count(opened, 'incident')} {phrases.verb(opened, 'is')} still open and not in the mean."),)


def groups_said(found: Found) -> tuple[Finding, ...]:
    solved = [group for group in found.data["groups"] if group["mean_seconds"] is not None]
    if len(solved) < 2:
        return ()
    slowest = max(solved, key=lambda group: group["mean_seconds"])
    fastest = min(solved, key=lambda group: group["mean_seconds"])
    return (
        found.finding(
            f"Slowest: {slowest['key']}, {duration(slowest['mean_seconds'])}; "
            f"fastest: {fastest['key']}, {duration(fastest['mean_seconds'])}."
        ),
    )


def grouped(found: Found) -> tuple[drawing.Part, ...]:
    groups = sorted(found.rows("groups"), key=lambda group: group["mean_seconds"] or 0, reverse=True)
    return (drawing.table("MTTR by group", PERIOD_COLUMNS, map(readable, groups), found),) if groups else ()


def readable(row: Json) -> Json:
    """A period or group with its times as they are said, "–" where nothing was resolved."""
    times = {"mttr": row["mean_seconds"], "median": row["p50_seconds"], "slow": row["p90_seconds"]}
    return row | {name: "–" if seconds is None else duration(seconds) for name, seconds in times.items()}


def ranking(facts: Facts) -> Draft:
    """Who takes longest."""
    found = facts.of("get_mttr_statistics")
    if found is None:
        return unknown(facts)
    solved = [group for group in found.data["groups"] if group["mean_seconds"] is not None]
    if not solved:
        return none(facts, found)
    slowest = max(solved, key=lambda group: group["mean_seconds"])
    return Draft(
        summary=f"{slowest['key']} takes longest{facts.scope}{facts.when}: MTTR "
        f"{duration(slowest['mean_seconds'])} over {count(slowest['count'], 'resolved incident')}.",
        findings=(*groups_said(found), *spread(found)),
        data=numbers(found.data) | {"groups": found.data["groups"]},
        parts=grouped(found),
    )


def trend(facts: Facts) -> Draft:
    """MTTR of each period, and whether it got better."""
    found = facts.of("get_mttr_statistics")
    if found is None:
        return unknown(facts)
    solved = [period for period in found.data["periods"] if period["mean_seconds"] is not None]
    if not solved:
        return none(facts, found)
    return Draft(
        summary=f"{moved(solved)}; {duration(found.data['mean_seconds'])} over all{facts.scope}{facts.when}.",
        findings=(*best_and_worst(solved, found), *gaps(found), *still_open(found)),
        data=numbers(found.data) | {"periods": found.data["periods"]},
        parts=(curve(found, facts), by_period(found)),
    )


def moved(solved: list[Json]) -> str:
    """The first half of the periods against the second; the first against the last when there are only a few."""
    if len(solved) == 1:
        return f"MTTR is known for {solved[0]['key']} only: {duration(solved[0]['mean_seconds'])}"
    half = len(solved) // 2 if len(solved) > FEW else 1
    before, after = weighted(solved[:half]), weighted(solved[-half:])
    verb = "stayed level" if duration(before) == duration(after) else "got shorter" if after < before else "got longer"
    return f"MTTR {verb}: {duration(before)} in {span(solved[:half])}, {duration(after)} in {span(solved[-half:])}"


def weighted(periods: list[Json]) -> float:
    """The mean over all incidents of these periods."""
    total = sum(period["count"] for period in periods)
    return sum(period["mean_seconds"] * period["count"] for period in periods) / total


def span(periods: list[Json]) -> str:
    first, last = periods[0]["key"], periods[-1]["key"]
    return first if first == last else f"{first} to {last}"


def best_and_worst(solved: list[Json], found: Found) -> tuple[Finding, ...]:
    if len(solved) < 3:
        return ()
    best = min(solved, key=lambda period: period["mean_seconds"])
    worst = max(solved, key=lambda period: period["mean_seconds"])
    return (
        found.finding(
            f"Best {best['key']} with {duration(best['mean_seconds'])}, "
            f"worst {worst['key']} with {duration(worst['mean_seconds'])}."
        ),
    )


def gaps(found: Found) -> tuple[Finding, ...]:
    """How many periods have no mean: nothing was resolved in them."""
    empty = [period["key"] for period in found.data["periods"] if period["mean_seconds"] is None]
    return (found.finding(f"No incident to measure in {phrases.some(empty)}."),) if empty else ()


def by_period(found: Found) -> drawing.Part:
    return drawing.table("By period", PERIOD_COLUMNS, map(readable, found.rows("periods")), found)


def curve(found: Found, facts: Facts) -> drawing.Part:
    points = [
        (period["start"], None if period["mean_seconds"] is None else period["mean_seconds"] / MINUTE)
        for period in found.data["periods"]
    ]
    return drawing.series(f"MTTR{facts.scope}", "min", points, found)
