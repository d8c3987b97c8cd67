"""The asker's label matchers, put into every stream selector of a LogQL query."""

from collections.abc import Collection, Mapping, Sequence

from domain.errors import Refused
from tools.grafana.promql import literal
from tools.translate.logql.parsing import parse
from tools.translate.logql.tree import Logs, Matcher, Node, selections
from tools.translate.logql.writing import written


def enforced(node: Node, labels: Mapping[str, Collection[str]]) -> str:
    """The query in which every stream selector also asks for one of the allowed values of each of `labels`; what was
    written is read again and looked at before it is given out.

    Raises:
        Refused: a label has no allowed value.
    """
    wanted = tuple(required(name, labels[name]) for name in sorted(labels))

    def with_them(logs: Logs) -> Sequence[Matcher]:
        return (*logs.matchers, *(item for item in wanted if item not in logs.matchers))

    text = written(node, with_them)
    if not all(set(wanted) <= set(logs.matchers) for logs in selections(parse(text))):
        raise Refused("The query cannot be held to what you may see.", code="not_enforceable")
    return text


def required(name: str, values: Collection[str]) -> Matcher:
    allowed = sorted({value for value in values if value})
    if not allowed:
        raise Refused(
            f"You may see no value of the label {name}.",
            code="nothing_visible",
            alternative="Ask an administrator for access to a team or an environment.",
        )
    if len(allowed) == 1:
        return Matcher(name, "=", allowed[0])
    return Matcher(name, "=~", "|".join(literal(value) for value in allowed))
