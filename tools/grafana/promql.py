"""PromQL, read: whether it parses, which metrics it names, and what in it is probably not meant."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import promql_parser
from promql_parser import AggModifierType, AggregateExpr, BinaryExpr, Call, Expr, MatchOp, NumberLiteral, VectorSelector
from rapidfuzz import fuzz

MACRO = re.compile(r"\$\{?__(?:rate_interval|interval|range)(?P<unit>_ms|_s)?\}?")
VARIABLE = re.compile(r"\$\{(\w+)[^}]*\}|\$(\w+)|\[\[(\w+)[^\]]*\]\]")
OPEN_RANGE = re.compile(r"\[\$\{?\w+\}?")
GROWTH = {"rate", "irate", "increase", "resets", "changes", "absent", "absent_over_time", "timestamp"}
COMPARISONS = {"==", "!=", ">", "<", ">=", "<="}
COUNTING = {"count", "group", "count_values"}
STATUSES = {"status", "code", "status_code", "response_code", "http_status", "http_response_status_code"}
FAILING = re.compile(r"(?:^|_)(?:errors?|fail(?:ed|ures?)?|exceptions?)(?:_|$)")
NEAR_ENOUGH = 60
NOT_NUMBERS = {"MatrixSelector": "a range of samples", "SubqueryExpr": "a range of samples", "StringLiteral": "a text"}


class BadExpression(ValueError):  # noqa: N818 - what it is, not that it is an error
    """The expression is not PromQL, or its value cannot be drawn or compared. The message says why."""


@dataclass(frozen=True, slots=True)
class Selected:
    """One selector and what stands around it, outermost first."""

    selector: VectorSelector
    around: tuple[Expr, ...]

    @property
    def name(self) -> str | None:
        return name_of(self.selector)

    @property
    def functions(self) -> set[str]:
        return {expr.func.name for expr in self.around if isinstance(expr, Call)}

    @property
    def aggregations(self) -> set[str]:
        return {str(expr.op) for expr in self.around if isinstance(expr, AggregateExpr)}

    @property
    def is_divided(self) -> bool:
        return any(isinstance(expr, BinaryExpr) and str(expr.op) == "/" for expr in self.around)


def parse(text: str) -> Expr:
    """The expression as a tree; Grafana's `$__rate_interval` and its kin are read as five minutes.

    Raises BadExpression when it is not PromQL, or gives a range or a text where a number is needed.
    """
    try:
        expr = promql_parser.parse(settled(text))
    except ValueError as error:
        raise BadExpression(str(error)) from error
    kind = NOT_NUMBERS.get(type(expr).__name__)
    if kind:
        raise BadExpression(f"it gives {kind}, not numbers over time; write for example rate(...[5m]) around it")
    return expr


def settled(text: str) -> str:
    """`text` with Grafana's own macros, and variables used as a range, replaced by five minutes."""
    replaced = MACRO.sub(lambda found: {None: "5m", "_ms": "300000", "_s": "300"}[found["unit"]], text)
    return OPEN_RANGE.sub("[5m", replaced)


def variables(text: str) -> tuple[str, ...]:
    """The dashboard variables it uses, Grafana's own macros left out."""
    found = (next(filter(None, match.groups())) for match in VARIABLE.finditer(text))
    return tuple(dict.fromkeys(name for name in found if not name.startswith("__")))


def metric_names(text: str) -> tuple[str, ...]:
    """The metrics it names exactly, each once, in order. Raises BadExpression."""
    return tuple(dict.fromkeys(item.name for item in selected(parse(text)) if item.name))


def selected(expr: Expr) -> list[Selected]:
    """Every selector of the tree with what stands around it."""
    around: list[Expr] = []
    found: list[Selected] = []

    def enter(node: Expr) -> None:
        if isinstance(node, VectorSelector):
            found.append(Selected(node, tuple(around)))
        around.append(node)

    def leave(_: Expr) -> None:
        around.pop()

    promql_parser.walk(expr, enter, leave)
    return found


def name_of(selector: VectorSelector) -> str | None:
    """Its metric, written before the braces or as `__name__=` in them."""
    matchers = selector.matchers.matchers
    return selector.name or next((m.value for m in matchers if m.name == "__name__" and m.op == MatchOp.Equal), None)


def warnings(text: str) -> tuple[str, ...]:
    """What parses but is probably not meant, one sentence each. Raises BadExpression."""
    expr = parse(text)
    found = (warning for item in selected(expr) for warning in (raw_counter(item), share_of_nothing(item)) if warning)
    return tuple(dict.fromkeys([*quantile_warnings(expr), *found]))


def raw_counter(item: Selected) -> str | None:
    """A counter only grows: without rate or increase its value is a matter of when the process started."""
    name = item.name or ""
    is_raw = not item.functions & (GROWTH | {"histogram_quantile"}) and not item.aggregations & COUNTING
    if not name.endswith(("_total", "_bucket")) or not is_raw:
        return None
    return (
        f"{name} is a counter that grows since its process started: rate({name}[5m]) or increase(...) is usually meant"
    )


def share_of_nothing(item: Selected) -> str | None:
    """Failures per second say nothing about a percentage."""
    if item.is_divided or not item.functions & {"rate", "irate"} or not counts_failures(item.selector):
        return None
    return f"{item.name} gives failures per second: where their share of all requests is meant, divide by all requests"


def counts_failures(selector: VectorSelector) -> bool:
    matchers = selector.matchers.matchers
    failing = any(m.name in STATUSES and m.value.startswith("5") and m.op != MatchOp.NotEqual for m in matchers)
    return failing or bool(FAILING.search(name_of(selector) or ""))


def quantile_warnings(expr: Expr) -> Iterator[str]:
    for call in calls(expr, "histogram_quantile"):
        inner: Expr = call.args[1]
        parts = selected(inner)
        problem = quantile_problem(inner, parts) if parts else None
        if problem:
            yield f"histogram_quantile {problem}; usual is {repaired(call, parts[0].selector)}"


def quantile_problem(inner: Expr, parts: Sequence[Selected]) -> str | None:
    """What is wrong with what a quantile is taken of, None when nothing is. Beside buckets a join may name others."""
    buckets = [item for item in parts if (item.name or "_bucket").endswith("_bucket")]
    if not buckets:
        return f"needs the _bucket series of a histogram, and {parts[0].name} is none"
    if not all(item.functions & GROWTH for item in buckets):
        return "over buckets without rate looks at everything since the process started"
    sums = [node for node in nodes(inner) if isinstance(node, AggregateExpr)]
    if not sums:
        return "without sum by (le) gives one quantile per series, not one for all"
    if not all(keeps_le(node) for node in sums):
        return "loses its buckets where le is summed away"
    return None


def keeps_le(node: AggregateExpr) -> bool:
    if node.modifier is None:
        return False
    return ("le" in node.modifier.labels) == (node.modifier.type == AggModifierType.By)


def repaired(call: Call, selector: VectorSelector) -> str:
    """The usual form over the same histogram."""
    name = (name_of(selector) or "").removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
    kept = [str(matcher) for matcher in selector.matchers.matchers if matcher.name != "__name__"]
    chosen = f"{{{','.join(kept)}}}" if kept else ""
    share = call.args[0]
    quantile = f"{share.val:g}" if isinstance(share, NumberLiteral) else "0.95"
    return f"histogram_quantile({quantile}, sum by (le) (rate({name}_bucket{chosen}[5m])))"


def calls(expr: Expr, function: str) -> list[Call]:
    return [node for node in nodes(expr) if isinstance(node, Call) and node.func.name == function]


def nodes(expr: Expr) -> list[Expr]:
    found: list[Expr] = []

    def enter(node: Expr) -> None:
        found.append(node)

    promql_parser.walk(expr, enter)
    return found


def is_comparison(text: str) -> bool:
    """Whether the whole of it keeps only what passes a comparison, like `up == 0`. Raises BadExpression."""
    expr = parse(text)
    return (
        isinstance(expr, BinaryExpr)
        and str(expr.op) in COMPARISONS
        and not (expr.modifier and expr.modifier.return_bool)
    )


def nearest(name: str, names: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Existing metric names that resemble `name`, likest first: same beginning, then same words, then same letters."""
    known = {other: likeness(name, other) for other in names}
    start = max((known[other][0] for other in known), default=0)
    near = [other for other in known if known[other][0] == start and (start or known[other][2] >= NEAR_ENOUGH)]
    return tuple(sorted(near, key=lambda other: (-known[other][1], -known[other][2], other))[:most])


def likeness(name: str, other: str) -> tuple[int, int, float]:
    mine, theirs = name.split("_"), other.split("_")
    start = next((n for n, pair in enumerate(zip(mine, theirs, strict=False)) if pair[0] != pair[1]), len(mine))
    return start, len(set(mine) & set(theirs)), fuzz.ratio(name.lower(), other.lower())


def quoted(value: str) -> str:
    """`value` as a PromQL string."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def literal(value: str) -> str:
    """`value` as a regular expression (RE2) that matches nothing else."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", value)
