"""QT-13, must-show 3: no query reads a series that its asker may not see."""

import random

import promql_parser
import pytest
from promql_parser import MatchOp, VectorSelector

from domain.errors import Refused
from tests.tools.translate.promqltest import queries
from tests.tools.translate.test_promql_syntax import reads
from tools.grafana.promql import nodes
from tools.translate.promql.enforce import enforced
from tools.translate.promql.writing import groups_of

TEAM = {"team": ("red",)}
TEAMS = {"team": ("red", "b.ue"), "env": ("production",)}
SCALARS = ["1", "scalar(x)", "time()", "NaN"]
WHOLE = [
    'x{a="1"}',
    '{__name__=~"x.*"}',
    'x{team="blue"}',
    'x{team!="red"}',
    '{a="1" or team="blue"}',
    '{"x.y", "team"="blue"}',
]


def escapes(query: str) -> list[str]:
    """Selectors that do not ask for the team in every one of their groups."""
    found = [node for node in nodes(promql_parser.parse(query)) if isinstance(node, VectorSelector)]
    return [str(node) for node in found for group in groups_of(node) if not any(is_held(item) for item in group)]


def is_held(item: promql_parser.Matcher) -> bool:
    return item.name == "team" and item.op == MatchOp.Equal and item.value == "red"


def test_no_query_of_prometheus_escapes_its_label() -> None:
    for query in filter(reads, queries()):
        tree = promql_parser.parse(query)
        if "info(" in query:
            with pytest.raises(Refused, match="no selector names"):
                enforced(tree, TEAM)
            continue
        held = enforced(tree, TEAM)
        assert escapes(held) == [], (query, held)
        assert shape(held) == shape(query), query


def shape(query: str) -> list[str]:
    return [type(node).__name__ for node in nodes(promql_parser.parse(query))]


def made(dice: random.Random, depth: int) -> str:
    """A vector of any shape."""
    if depth == 0:
        return dice.choice(WHOLE) + dice.choice(["", "", " offset 5m", " @ start()", " @ 100 offset -1h"])
    inner, other = made(dice, depth - 1), made(dice, depth - 1)
    number = dice.choice(SCALARS)
    return dice.choice(
        [
            f"sum by (a) ({inner})",
            f"topk(scalar({other}), {inner})",
            f"quantile without (team) ({number}, {inner})",
            f'count_values("team", {inner})',
            f"rate({dice.choice(WHOLE)}[5m] offset 1m)",
            f"max_over_time(({inner})[1h:5m] @ end())",
            f"({inner}) + on (a) group_left (b) ({other})",
            f"({inner}) unless ({other})",
            f"-({inner})",
            f"absent({inner})",
            f'label_replace({inner}, "team", "red", "a", "(.*)")',
            f'label_join({inner}, "team", ",", "a", "b")',
            f"clamp({inner}, {number}, scalar({other}))",
            f"histogram_quantile(scalar({other}), {inner})",
            f"sort_desc(({inner}) > bool {number})",
            f"absent_over_time(({inner})[10m:])",
            f"vector(scalar({inner}))",
        ]
    )


def test_no_query_that_can_be_made_escapes_its_label() -> None:
    dice = random.Random(7)  # noqa: S311 - the same queries every time
    for _ in range(1500):
        query = made(dice, dice.randint(0, 4))
        assert escapes(enforced(promql_parser.parse(query), TEAM)) == [], query


@pytest.mark.parametrize(
    ("query", "held"),
    [
        ("x", 'x{team="red"}'),
        ('x{team="blue"}', 'x{team="blue",team="red"}'),
        ('{a="1" or b="2"}', '{a="1",team="red" or b="2",team="red"}'),
        ("rate(x[5m])[1h:1m]", 'rate(x{team="red"}[5m])[1h:1m]'),
        ('x{a="} or y{"}', 'x{a="} or y{",team="red"}'),
        ('x # {team=~".*"}', 'x{team="red"}'),
        ('{"a b\\"} or {team"}', '{__name__="a b\\"} or {team",team="red"}'),
    ],
)
def test_what_looks_like_a_way_out_is_none(query: str, held: str) -> None:
    assert enforced(promql_parser.parse(query), TEAM) == held


def test_several_values_are_a_pattern_of_exactly_those() -> None:
    assert enforced(promql_parser.parse("up"), TEAMS) == 'up{env="production",team=~"b\\\\.ue|red"}'


def test_whoever_may_see_nothing_is_refused() -> None:
    with pytest.raises(Refused, match="no value of the label team"):
        enforced(promql_parser.parse("up"), {"team": ()})


def test_a_function_that_reads_more_than_it_names_is_refused() -> None:
    with pytest.raises(Refused, match="no selector names"):
        enforced(promql_parser.parse("info(up)"), TEAM)


def test_without_any_label_the_query_stays_as_it_is() -> None:
    assert enforced(promql_parser.parse("info(up)"), {}) == "info(up)"
