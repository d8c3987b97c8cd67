"""Questions held to what their asker may see: every selector asks for the allowed values of each label."""

from collections.abc import Mapping
from dataclasses import replace

import promql_parser
from promql_parser import MatchOp, VectorSelector

from domain.enforcement import Labels
from domain.errors import Refused
from tools.metrics.questions import Language, Question
from tools.translate.logql import enforce as logql
from tools.translate.logql.lexing import BadLogQL
from tools.translate.logql.parsing import parse as parse_logql
from tools.translate.logql.tree import Logs
from tools.translate.logql.writing import written
from tools.translate.promql import enforce as promql
from tools.translate.promql.writing import OPERATORS, matcher


def narrowed(question: Question, labels: Labels) -> Question:
    """The question as it may be asked. Raises Refused when it cannot be held to the labels: then it is not asked."""
    if not labels:
        return question
    if question.form == "names":
        return replace(question, query=selector(labels))
    if question.form == "metadata":  # of metrics by name, and the names are asked for by the line above
        return question
    if question.form in ("labels", "values"):
        return replace(question, query=streams(labels))
    return replace(question, query=held(question.language, question.query, labels))


def held(language: Language, query: str, labels: Labels) -> str:
    """The query with the labels in each of its selectors. Raises Refused."""
    match language:
        case "promql":
            return held_promql(query, labels)
        case "logql":
            return held_logql(query, labels)


def held_promql(query: str, labels: Labels) -> str:
    try:
        tree = promql_parser.parse(query)
    except ValueError as error:
        raise unreadable("PromQL", query, error) from error
    return promql.enforced(tree, labels)


def held_logql(query: str, labels: Labels) -> str:
    try:
        tree = parse_logql(query)
    except BadLogQL as error:
        raise unreadable("LogQL", query, error) from error
    return logql.enforced(tree, labels)


def selector(labels: Labels) -> str:
    """What selects all that may be seen, in PromQL. Raises Refused when a label has no allowed value."""
    wanted = (promql.required(name, values) for name, values in sorted(labels.items()))
    return f"{{{','.join(matcher(item) for item in wanted)}}}"


def streams(labels: Labels) -> str:
    """What selects all that may be seen, in LogQL. Raises Refused when a label has no allowed value."""
    return written(Logs(tuple(logql.required(name, values) for name, values in sorted(labels.items()))))


def filters(selection: str) -> list[Mapping[str, str]]:
    """The matchers of a selector as mcp-grafana takes them.

    It writes each value between single quotes as it comes, so what would end such a text is escaped here.
    """
    tree = promql_parser.parse(selection)
    assert isinstance(tree, VectorSelector)  # noqa: S101 - `selector` wrote it
    return [{"name": item.name, "type": sign(item.op), "value": escaped(item.value)} for item in tree.matchers.matchers]


def sign(operator: MatchOp) -> str:
    return next(written for found, written in OPERATORS if found == operator)


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")


def unreadable(language: str, query: str, error: Exception) -> Refused:
    return Refused(
        f"{query!r} cannot be read as {language}, so it cannot be held to what you may see: {error}.",
        code="bad_expression",
        alternative="Correct it, or write it without what only the newest versions know.",
    )
