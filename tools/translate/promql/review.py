"""One query on its way out, whoever wrote it: parsed, repaired, checked, bounded, held to what the asker may see."""

import re
from dataclasses import dataclass
from datetime import timedelta

from promql_parser import Expr, ParenExpr

from domain.errors import Refused
from tools.grafana.promql import BadExpression, parse, quoted
from tools.translate.answers import Query, Reviewed
from tools.translate.promql.bounds import bounded
from tools.translate.promql.check import Problem, problems
from tools.translate.promql.enforce import enforced
from tools.translate.promql.plain import plain
from tools.translate.promql.repair import Bench, repaired
from tools.translate.promql.writing import written
from tools.translate.situation import Situation

TEXT = re.compile(r"""\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|\#[^\n]*""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How the query is to be asked: as a course `over` so long a time, at one instant when there is none. `meant` is
    the measure, `span` how long a time the question is about and `ago` how long before now that ended, where known."""

    title: str = ""
    unit: str = "short"
    over: timedelta | None = None
    meant: str = ""
    span: timedelta | None = None
    ago: timedelta | None = None


def reviewed(text: str, asking: Asking, situation: Situation) -> Reviewed:
    """The query as it may be sent, what was repaired in it, and what is worth knowing of it.

    Raises:
        Refused: it is no PromQL, names what does not exist, asks for too much, or cannot be held to what may be seen.
    """
    bench = Bench(catalogue=situation.metrics, span=asking.span, meant=asking.meant)
    expr, repairs = repaired(read(text), bench)
    expr = unwrapped(expr)
    found = problems(expr, situation.metrics)
    refuse_fatal(found)
    bounds = bounded(expr, asking.over, situation.window.end if situation.window else None, situation)
    query = Query(
        title=asking.title or plain(expr),
        query=enforced(expr, situation.enforced),
        language="promql",
        kind="range" if asking.over else "instant",
        plain=plain(expr, asking.over),
        unit=asking.unit,
        step_seconds=bounds.step_seconds,
        series=bounds.series,
        points=bounds.points,
        over_seconds=seconds(asking.over),
        ago_seconds=seconds(asking.ago),
    )
    return Reviewed(query=query, repairs=repairs, notes=tuple(problem.says for problem in found))


def seconds(length: timedelta | None) -> int:
    return round(length.total_seconds()) if length else 0


def read(text: str) -> Expr:
    """The tree of the query; a text in backticks is taken as it stands. Raises Refused when it is no PromQL."""
    try:
        return parse(TEXT.sub(in_double_quotes, text))
    except BadExpression as error:
        raise Refused(f"{text!r} is not valid PromQL: {error}.", code="bad_expression") from error


def in_double_quotes(found: re.Match[str]) -> str:
    """Prometheus reads no escapes between backticks, and our parser does."""
    return quoted(found[0][1:-1]) if found[0].startswith("`") else found[0]


def unwrapped(expr: Expr) -> Expr:
    return parse(written(expr.expr)) if isinstance(expr, ParenExpr) else expr


def refuse_fatal(found: tuple[Problem, ...]) -> None:
    for problem in found:
        if problem.is_fatal:
            near = f"The nearest there is: {', '.join(problem.nearest)}." if problem.nearest else None
            raise Refused(problem.says, code=problem.code, alternative=near)
