"""One LogQL query on its way out, whoever wrote it: read, repaired, checked, bounded, held to what may be seen."""

from dataclasses import dataclass
from datetime import timedelta

from domain.errors import Refused
from tools.translate.answers import Query, Reviewed
from tools.translate.logql.bounds import bounded
from tools.translate.logql.check import problems
from tools.translate.logql.enforce import enforced
from tools.translate.logql.lexing import BadLogQL
from tools.translate.logql.parsing import parse
from tools.translate.logql.plain import plain
from tools.translate.logql.repair import repaired
from tools.translate.logql.tree import Logs
from tools.translate.promql.review import refuse_fatal, seconds
from tools.translate.situation import Situation

USUAL_LINES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How the query is to be asked: `over` is the time lines are looked for in, or a course is drawn over. `by_level`:
    a bare count is split by level."""

    title: str = ""
    unit: str = "short"
    over: timedelta | None = None
    ago: timedelta | None = None
    limit: int = USUAL_LINES
    by_level: bool = False


def reviewed(text: str, asking: Asking, situation: Situation) -> Reviewed:
    """The query as it may be sent, what was repaired in it, and what is worth knowing of it.

    Raises:
        Refused: it is no LogQL, names what does not exist, asks for too much, or cannot be held to what may be seen.
    """
    try:
        node, repairs = repaired(parse(text), situation.logs, by_level=asking.by_level)
    except BadLogQL as error:
        raise Refused(f"{text!r} is not valid LogQL: {error}.", code="bad_expression") from error
    found = problems(node, situation.logs)
    refuse_fatal(found)
    is_lines = isinstance(node, Logs)
    limit = min(asking.limit or USUAL_LINES, situation.limits.results) if is_lines else 0
    bounds = bounded(node, asking.over, limit, situation)
    query = Query(
        title=asking.title or plain(node),
        query=enforced(node, situation.enforced),
        language="logql",
        kind="logs" if is_lines else "range" if asking.over else "instant",
        plain=plain(node, asking.over, limit),
        unit=asking.unit,
        step_seconds=bounds.step_seconds,
        series=bounds.series,
        points=bounds.points,
        limit=limit,
        over_seconds=seconds(asking.over),
        ago_seconds=seconds(asking.ago),
    )
    return Reviewed(query=query, repairs=repairs, notes=tuple(problem.says for problem in found))
