"""Which expression shows what an alert rule is to watch: those of the panel library, tried against what there is."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from agents.rules.revive import measures
from agents.rules.revive.finding import Stuck
from tools.grafana import panels
from tools.grafana.panels import Candidate

Json: TypeAlias = dict[str, Any]
LONGEST_QUERY = 4500
SHARES = ("%", "percent", "pct")


def queries(wish: str, service: str) -> tuple[str, ...]:
    """Queries that together say which of the candidates have series now, each short enough to be sent."""
    return tuple(panels.probe(group) for group in groups(panels.candidates(wish, service)))


def groups(ways: Sequence[Candidate]) -> list[list[Candidate]]:
    """The candidates in their order, cut where a query would become too long."""
    found: list[list[Candidate]] = []
    for way in ways:
        if found and len(panels.probe([*found[-1], way])) <= LONGEST_QUERY:
            found[-1].append(way)
        else:
            found.append([way])
    return found


def chosen(wish: str, service: str, answers: Sequence[Mapping[str, Any]]) -> Candidate | None:
    """The first candidate that has series now; `answers` are those to `queries`, in their order."""
    for group, answer in zip(groups(panels.candidates(wish, service)), answers, strict=True):
        places = [int(series["metric"]["way"]) for series in answer.get("series") or ()]
        if places:
            return group[min(places)]
    return None


def of_query(query: Mapping[str, Any], words: str, condition: Mapping[str, Any]) -> Json | Stuck:
    """The same for a query that was translated from words."""
    way = Candidate(title=query["title"] or words, expr=query["query"], unit=query["unit"], metrics=(), selector="")
    return fitted(way, words, "", condition)


def fitted(way: Candidate | None, wish: str, service: str, condition: Mapping[str, Any]) -> Json | Stuck:
    """The expression and the condition in its unit; why not, when the two do not go together."""
    if way is None:
        return Stuck(f"No metric shows {wish} of {service} now. Give the expression itself, in backquotes.", asks=False)
    is_share = way.unit == "percentunit"
    if condition["unit"] in SHARES and not is_share:
        whose = f" of {service}" if service else ""
        return Stuck(
            f"{way.title}{whose} is no share, so a percentage of it means nothing. Above or below which number?"
        )
    if is_share and not condition["unit"] and condition["value"] > 1:
        return Stuck(f"{way.title} is a share of 1. Is {condition['value']:g} % meant?")
    value = measures.scaled(condition)
    if way.unit == "ms":
        value = round(value * 1000, 6) if condition["unit"] else value
    return {"expr": way.expr, "condition": {"op": condition["op"], "value": value}}


def changed(rule: Mapping[str, Any], threshold: Mapping[str, Any]) -> Json | Stuck:
    """The condition of a rule with another threshold, in the scale that it has: some count percent up to 100."""
    now = rule.get("condition")
    if not now:
        return Stuck(f"{rule.get('title')} has no single threshold, so it cannot be changed like that.", asks=False)
    counts_percent = threshold["unit"] in SHARES and now["value"] > 1
    value = float(threshold["value"]) if counts_percent else measures.scaled(threshold)
    return {"op": now["op"], "value": value}
