"""Series made up for a query, so that it and another can be seen to answer alike: some it chooses, some it must not.

All of it follows from the query and the catalogue: the same query, the same series. A value lies near what the query
compares with, on both sides of it; series differ enough that no two answers are alike by chance.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeAlias

from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Expr,
    MatchOp,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    SubqueryExpr,
    UnaryExpr,
)

from tools.grafana.promql import COMPARISONS, Selected, nodes, selected
from tools.translate.catalogue import MetricCatalogue

PASSING, FAILING_EACH, MOST_VALUES = 12, 2, 4
BUCKETS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0)
# How many times what it is compared with a value is, and which share of a whole a part is.
SPREAD = (0.1, 0.55, 0.93, 1.04, 1.6, 4.0)
SHARES = (0.004, 0.03, 0.09, 0.45, 0.86, 0.97)
STEPPING = frozenset({"changes", "resets", "delta", "idelta", "deriv", "predict_linear"})
GROWING = frozenset({"rate", "irate", "increase"})
USUAL = 40.0
EXAMPLES = ((r"\.", "\0"), ("[0-9]", "0"), (r"\d", "0"), (".+", "x"), (".*", "x"), (".", "0"), ("\0", "."))
# One more label, by which series of the same metric are told apart and those of two metrics belong together.
COPY = "copy"
NOTHING_KNOWN: Mapping[str, frozenset[str]] = {}
Labels: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Values of a label that the query's matchers let pass, and values they do not."""

    passing: tuple[str, ...]
    failing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One series: a counter that grows by `level` a second, or a gauge that stands at it: exactly, every second series
    now and then at nothing (`whole`), with a slow wave (`gauge`), going up or down by steps (`steps`), or that far from
    the time it is looked at (`moment`)."""

    metric: str
    labels: Labels
    kind: str
    level: float
    phase: int

    def at(self, seconds: float, end: float) -> float:
        """The value so long after the series began; `end` is the time it is looked at from."""
        match self.kind:
            case "counter":
                return self.level * (seconds + 30 * math.sin(seconds / 600 + self.phase) + 60)
            case "moment":
                return end + self.level
            case "steps":
                return self.level + (seconds // (70 * (self.phase + 1))) * (-1) ** self.phase
            case "whole":
                return self.level if self.phase % 2 or seconds // 400 % 2 else 0.0
            case _:
                return self.level * (1 + 0.01 * math.sin(seconds / 600 + self.phase))


def made(references: Sequence[Expr], catalogue: MetricCatalogue) -> list[Made]:
    """The series of every metric that the queries select from."""
    found: dict[tuple[str, Labels], Made] = {}
    grouped = {label for tree in references for label in groupings(tree)}
    for item in (item for tree in references for item in selected(tree) if item.name):
        for one in of_selector(item, grouped, catalogue):
            found.setdefault((one.metric, one.labels), one)
    return list(found.values())


def groupings(tree: Expr) -> Iterator[str]:
    """The labels that the query's sums and matchings keep or drop."""
    for node in nodes(tree):
        if isinstance(node, AggregateExpr) and node.modifier:
            yield from node.modifier.labels
        if isinstance(node, BinaryExpr) and node.modifier and node.modifier.matching:
            yield from node.modifier.matching.labels


def of_selector(item: Selected, grouped: set[str], catalogue: MetricCatalogue) -> Iterator[Made]:
    metric = item.name or ""
    known = catalogue.labels_of(metric) if catalogue.is_known_in_full(metric) else NOTHING_KNOWN
    is_missed = bool(item.functions & {"absent", "absent_over_time"})
    names = {*known, *grouped, *(m.name for m in item.selector.matchers.matchers)} - {"__name__"}
    is_bucket = metric.endswith("_bucket")
    choices = {name: choice(name, item, known) for name in sorted(names - ({"le"} if is_bucket else set()))}
    for phase, labels in enumerate(labelled(choices)):
        if is_missed and phase < PASSING:
            continue
        one = valued(item, phase, is_counter=is_bucket or counts(item, catalogue))
        one = replace(one, metric=metric, labels=labels)
        yield from buckets(one, compared(item)[0]) if is_bucket else [one]


def counts(item: Selected, catalogue: MetricCatalogue) -> bool:
    return bool(item.functions & GROWING) or (catalogue.is_counter(item.name or "") and not item.functions & STEPPING)


def choice(name: str, item: Selected, known: Mapping[str, frozenset[str]]) -> Choice:
    matchers = [m for m in item.selector.matchers.matchers if m.name == name]
    likely = [value for m in matchers for value in examples(m.value, m.op)]
    likely += [*sorted(known.get(name, ()))[:MOST_VALUES], *(f"{name}-{place}" for place in range(3))]
    values = [value for value in dict.fromkeys(likely) if value]
    passing = [value for value in values if all(passes(m.op, m.value, value) for m in matchers)]
    failing = [value for value in values if value not in passing]
    return Choice(tuple(passing[:MOST_VALUES]), tuple(failing[:FAILING_EACH]))


def examples(pattern: str, op: MatchOp) -> Iterator[str]:
    """Texts that a simple regular expression matches; a plain value is its own."""
    yield pattern
    for part in pattern.strip("^$").split("|") if op in (MatchOp.Re, MatchOp.NotRe) else ():
        text = part
        for piece, stands_for in EXAMPLES:
            text = text.replace(piece, stands_for)
        yield re.sub(r"[()^$?]", "", text)


def passes(op: MatchOp, pattern: str, value: str) -> bool:
    if op in (MatchOp.Equal, MatchOp.NotEqual):
        return (pattern == value) == (op == MatchOp.Equal)
    try:
        return bool(re.fullmatch(pattern, value)) == (op == MatchOp.Re)
    except re.error:
        return False


def labelled(choices: Mapping[str, Choice]) -> Iterator[Labels]:
    """Some sets of labels that pass, then for each label some that fail by it alone."""
    for place in range(PASSING):
        yield together(choices, place, {COPY: str(place)})
    for name, each in choices.items():
        for place, value in enumerate(each.failing):
            yield together(choices, place, {name: value, COPY: f"{name}-{place}"})


def together(choices: Mapping[str, Choice], place: int, over: Mapping[str, str]) -> Labels:
    """Each label changes at a pace of its own; once every level was there all begin again, so that sums have two."""
    turn = place % len(SPREAD)
    picked = {
        name: each.passing[(turn // (1 + len(name) % 3)) % len(each.passing)]
        for name, each in choices.items()
        if each.passing
    }
    return tuple(sorted({**picked, **over}.items()))


def valued(item: Selected, phase: int, *, is_counter: bool) -> Made:
    """A series without name and labels: its kind and how high it stands."""
    limit, operator = compared(item)
    place, more = phase % len(SPREAD), 1 + 0.013 * phase
    plain = Made(metric="", labels=(), kind="gauge", level=(limit or USUAL) * SPREAD[place] * more, phase=phase)
    if is_moment(item):
        return replace(plain, kind="moment", level=(1 if is_ahead(item) else -1) * moment(limit) * SPREAD[place])
    if item.functions & STEPPING:
        return replace(plain, kind="steps")
    if item.is_divided:
        share = SHARES[place] if is_part(item) else 1.0
        return replace(plain, kind="counter" if is_counter else "gauge", level=500.0 * more * share)
    if is_counter:
        return replace(plain, kind="counter", level=(limit or 1) / seconds_of(item) * SPREAD[place] * more)
    if operator in ("==", "!=") or (operator and limit == 0):
        return replace(plain, kind="whole", level=(0.0, 1.0, limit, limit + (limit > 1), 1.0, 0.0)[place])
    return plain


def compared(item: Selected) -> tuple[float, str]:
    """The number that what the selector stands in is compared with, and how; (0, "") where with none."""
    for node in reversed(item.around):
        if isinstance(node, BinaryExpr) and str(node.op) in COMPARISONS:
            value = worth(node.rhs) if worth(node.rhs) is not None else worth(node.lhs)
            return value or 0.0, str(node.op)
    return 0.0, ""


def worth(expr: Expr) -> float | None:
    """The number that a part of a query without selectors is."""
    match expr:
        case NumberLiteral():
            return expr.val
        case ParenExpr():
            return worth(expr.expr)
        case UnaryExpr():
            inner = worth(expr.expr)
            return None if inner is None else -inner
        case BinaryExpr():
            return reckoned(str(expr.op), worth(expr.lhs), worth(expr.rhs))
        case _:
            return None


def reckoned(operator: str, left: float | None, right: float | None) -> float | None:
    if left is None or right is None or (operator == "/" and not right):
        return None
    results = {"*": left * right, "+": left + right, "-": left - right, "/": left / right if right else 0.0}
    return results.get(operator)


def is_moment(item: Selected) -> bool:
    """Whether its time is taken from now, or now from it."""
    return any(isinstance(node, BinaryExpr) and str(node.op) == "-" and "time()" in str(node) for node in item.around)


def is_ahead(item: Selected) -> bool:
    return any(
        isinstance(node, BinaryExpr) and str(node.op) == "-" and "time()" in str(node.rhs) for node in item.around
    )


def moment(limit: float) -> float:
    """How far away, in seconds; a small limit is one of days."""
    return limit if limit > 1000 else (limit or 10) * 86_400


def is_part(item: Selected) -> bool:
    """Whether it stands above the line of the innermost division."""
    line = next(node for node in reversed(item.around) if isinstance(node, BinaryExpr) and str(node.op) == "/")
    return any(str(part.selector) == str(item.selector) for part in selected(line.lhs))


def seconds_of(item: Selected) -> float:
    """The length an increase is taken over, 1 for a rate."""
    if "increase" not in item.functions:
        return 1.0
    ranges = [node.range for node in item.around if isinstance(node, (MatrixSelector, SubqueryExpr))]
    return (ranges[-1] or timedelta(minutes=5)).total_seconds() if ranges else 300.0


def buckets(one: Made, limit: float) -> Iterator[Made]:
    """The histogram of one series, around what its quantile is compared with."""
    scale = limit or 1.0
    for place, upper in enumerate((*BUCKETS, math.inf)):
        share = 1.0 if math.isinf(upper) else 0.08 + place * (0.1 + 0.012 * (one.phase % 6))
        le = "+Inf" if math.isinf(upper) else f"{upper * scale:g}"
        labels = tuple(sorted((*one.labels, ("le", le))))
        yield replace(one, labels=labels, level=3.0 * (1 + one.phase) * share)
