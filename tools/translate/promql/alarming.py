"""When something is worth a word though no number was named: it failed, is missing, is over, or falls."""

import re
from collections.abc import Collection

from promql_parser import BinaryExpr

from tools.grafana.promql import parse
from tools.translate.promql.naming import parts
from tools.translate.promql.ways import Way
from tools.translate.promql.writing import duration, number
from tools.translate.reading import Asked

LOOSE = frozenset({"==", "!=", ">", "<", ">=", "<=", "and", "or", "unless"})
GROWTH = re.compile(r"(?:sum|avg|max|min)\((?P<growth>(?:rate|increase)\((?P<inner>[^()]*)\[(?P<range>\w+)\]\))\)")
WORKING = re.compile(r"(?:_up|^up|_success|_successful|_healthy|_ready|_connected)$")
NONE = frozenset({"no", "not", "without", "empty", "zero", "never", "none", "lost", "exhausted", "missing"})
FAILING = re.compile(
    r"(?:^|_)(?:un\w+|fail\w*|missing|lost|offline|error\w*|down|dropped|rejected|not)(?:_|$)", re.IGNORECASE
)
FALLING = frozenset({"decreased", "decreasing", "falling", "fell", "shrinking"})
NEAR = 4


def each(text: str) -> str:
    """The query series by series: an alert says which of them it is."""
    found = GROWTH.fullmatch(text)
    return found["growth"] if found else text


def alarm(text: str, way: Way, asked: Asked) -> str:
    """The query with the comparison that the words mean."""
    words = {asked.lower(place) for place in range(len(asked.words))}
    if text.startswith("absent("):
        return text
    if text.endswith(" - time()"):
        return f"{text} < 0"
    if text.startswith("time() - ") and asked.times.long:
        return f"{text} > {number(asked.times.long.total_seconds())}"
    if WORKING.search(way.metric) or is_none(way, asked):
        return f"{guarded(text)} == 0"
    if words & FALLING and re.fullmatch(r"\w+(?:\{[^}]*\})?", text):
        return f"delta({text}[{duration(asked.times.long) if asked.times.long else '5m'}]) < 0"
    return f"{guarded(grown(text, asked))} > 0"


def grown(text: str, asked: Asked) -> str:
    """How much more it became, unless its pace is spoken of."""
    found = re.fullmatch(r"rate\((?P<inner>[^()]*)\)", text)
    is_pace = "rate" in asked.statistics or asked.per == 1 or "/s" in asked.words
    return f"increase({found['inner']})" if found and not is_pace else text


def is_none(way: Way, asked: Asked) -> bool:
    """Whether the words miss what the metric counts: "no free cores"; a metric of what is missing says so itself."""
    if FAILING.search(way.metric) or "rate(" in way.template:
        return False
    said = {part for place in way.covered for part in parts(asked.lower(place))}
    places = [place for place in range(len(asked.words)) if asked.lower(place) in NONE]
    return bool(said) and any(way.covered & set(range(place - 1, place + NEAR)) for place in places)


def guarded(text: str, binding: Collection[str] = LOOSE) -> str:
    """In brackets where an operator behind it would take it apart."""
    expr = parse(text)
    return f"({text})" if isinstance(expr, BinaryExpr) and (not binding or str(expr.op) in binding) else text
