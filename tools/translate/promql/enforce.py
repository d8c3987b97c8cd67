"""The asker's label matchers, put into every selector of a query, so that it can read no other series."""

from collections.abc import Collection, Mapping

import promql_parser
from promql_parser import Call, Expr, Matcher, MatchOp, VectorSelector

from domain.errors import Refused
from tools.grafana.promql import literal, nodes
from tools.translate.promql.writing import Groups, groups_of, matcher, written

READS_MORE = ("info",)


def enforced(expr: Expr, labels: Mapping[str, Collection[str]]) -> str:
    """The query in which every selector also asks for one of the allowed values of each of `labels`.

    What was written is read again and looked at selector by selector before it is given out.

    Raises:
        Refused: a label has no allowed value, or the query reads series that no selector of it names.
    """
    wanted = [required(name, labels[name]) for name in sorted(labels)]
    if not wanted:
        return written(expr)
    refuse_hidden_reads(expr)

    def with_them(selector: VectorSelector) -> Groups:
        return [[*group, *lacking(group, wanted)] for group in groups_of(selector)]

    text = written(expr, with_them)
    if not holds(promql_parser.parse(text), wanted):
        raise Refused("The query cannot be held to what you may see.", code="not_enforceable")
    return text


def required(name: str, values: Collection[str]) -> Matcher:
    """The matcher that lets only these values pass. Raises Refused when there are none."""
    allowed = sorted({value for value in values if value})
    if not allowed:
        raise Refused(
            f"You may see no value of the label {name}.",
            code="nothing_visible",
            alternative="Ask an administrator for access to a team or an environment.",
        )
    if len(allowed) == 1:
        return Matcher(MatchOp.Equal, name, allowed[0])
    return Matcher(MatchOp.Re, name, "|".join(literal(value) for value in allowed))


def refuse_hidden_reads(expr: Expr) -> None:
    """`info()` joins with target_info, which stands in no selector."""
    for node in nodes(expr):
        if isinstance(node, Call) and node.func.name in READS_MORE:
            raise Refused(
                f"{node.func.name}() reads series that no selector names, so it cannot be held to what you may see.",
                code="not_enforceable",
                alternative="Join with target_info yourself: x * on (job, instance) group_left (version) target_info.",
            )


def lacking(group: Collection[Matcher], wanted: Collection[Matcher]) -> list[Matcher]:
    """Those that the selector does not have already, letter by letter."""
    has = {matcher(item) for item in group}
    return [item for item in wanted if matcher(item) not in has]


def holds(expr: Expr, wanted: Collection[Matcher]) -> bool:
    """Whether every selector has all these matchers in every one of its groups."""
    asked = {matcher(item) for item in wanted}
    return all(
        asked <= {matcher(item) for item in group}
        for node in nodes(expr)
        if isinstance(node, VectorSelector)
        for group in groups_of(node)
    )
