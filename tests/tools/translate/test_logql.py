"""LogQL: what is read and what is refused, written again without loss, held to what may be seen, bounded, repaired."""

import random
from datetime import timedelta

import pytest

from domain.errors import Refused
from tests.tools.translate.world import LOGS, SHOP
from tools.translate.logql.enforce import enforced
from tools.translate.logql.lexing import BadLogQL
from tools.translate.logql.parsing import parse
from tools.translate.logql.review import Asking, reviewed
from tools.translate.logql.tree import selections
from tools.translate.logql.writing import written
from tools.translate.situation import Situation

GOOD = [
    '{app="a"}',
    '{app="a", pod=~"b-.*", x!="y", z!~"w"}',
    '{app="a"} |= "error" != "retry" |~ "t.o" !~ `\\d+`',
    '{app="a"} |= "x" or "y"',
    '{app="a"} |> "<_> error <_>"',
    '{app="a"} |= ip("10.0.0.0/8")',
    '{app="a"} | json | line_format "{{.level}}: {{.message}}"',
    '{app="a"} | json code="response.code", msg | code >= 500',
    '{app="a"} | logfmt --strict --keep-empty',
    '{app="a"} | pattern "<ip> - <_>" | ip = ip("10.0.0.1")',
    '{app="a"} | regexp "(?P<code>\\\\d+)" | code != 200',
    '{app="a"} | unpack | decolorize | drop x, y="z" | keep w',
    '{app="a"} | json | (status = 500 or level = "error") and duration > 1.5s',
    '{app="a"} | json | size > 20KB | label_format a=b, c="{{.d}}"',
    'sum by (level) (count_over_time({app="a"}[24h]))',
    'sum(rate({app="a"} |= "x" [5m])) by (pod)',
    'topk(5, sum by (pod) (bytes_over_time({app="a"}[1h] offset 30m)))',
    'quantile_over_time(0.95, {app="a"} | json | unwrap duration(took) [5m]) by (app)',
    'sum(rate({app="a"} |= "x" [5m])) / sum(rate({app="a"}[5m])) > bool 0.1',
    'sum(count_over_time({app="a"}[1h])) or vector(0)',
    'label_replace(rate({app="a"}[1m]), "x", "$1", "app", "(.*)")',
    'absent_over_time({app="a"}[5m])',
    'rate({app="a"}[5m] |= "x")',
    '{app="a"} # why\n |= "x"',
]
BAD = [
    ("", "expected a stream selector"),
    ("{}", "at least one matcher"),
    ('{app=~".*"}', "at least one matcher"),
    ('{app!="a"}', "at least one matcher"),
    ('{app="a"', "expected '}'"),
    ("{app=a}", "double quotes"),
    ("{app='a'}", "not in single ones"),
    ('{app="a"} |= error', "double quotes or backticks"),
    ('{app="a"} |= "x', "does not end"),
    ('{app="a"} |= "\\d"', "is no escape"),
    ('{app="a"} |~ "("', "no regular expression"),
    ('{app="a"} |~ "(?=x)"', "RE2"),
    ('{app="a"} | nonsense', "expected a comparison"),
    ('{app="a"} | json | status > "x"', "cannot compare"),
    ('{app="a"} | line_format "{{.x"', "do not match"),
    ('{app="a"} | regexp "x"', "named group"),
    ('{app="a"} | pattern "x"', "at least one name"),
    ('{app="a"} more', "the end of the query"),
    ('rate({app="a"})', "a range like"),
    ('count_over_time({app="a"}[5])', "length of time"),
    ('rate({app="a"}[0s])', "longer than nothing"),
    ('sum({app="a"})', "lines cannot be calculated"),
    ('{app="a"} + 1', "lines cannot be calculated"),
    ('avg_over_time({app="a"}[5m])', "needs values"),
    ('count_over_time({app="a"} | unwrap x [5m])', "takes no unwrap"),
    ('count_over_time({app="a"}[5m]) by (app)', "cannot be grouped itself"),
    ('topk(rate({app="a"}[5m]))', "how many"),
    ('unknown({app="a"}[5m])', "function of LogQL"),
    ("(" * 80 + '{app="a"}' + ")" * 80, "nested too deeply"),
]


@pytest.mark.parametrize("query", GOOD)
def test_logql_is_read_and_written_without_loss(query: str) -> None:
    tree = parse(query)
    assert parse(written(tree)) == tree


@pytest.mark.parametrize(("query", "why"), BAD)
def test_what_is_no_logql_is_refused_with_the_reason(query: str, why: str) -> None:
    with pytest.raises(BadLogQL, match=why.replace("(", r"\(").replace("{", r"\{")):
        parse(query)


@pytest.mark.parametrize("query", GOOD)
def test_no_query_escapes_its_label(query: str) -> None:
    """QT-13 for logs."""
    held = parse(enforced(parse(query), {"app": ("b", "c"), "env": ("staging",)}))
    for logs in selections(held):
        assert [(m.label, m.operator, m.value) for m in logs.matchers[-2:]] == [
            ("app", "=~", "b|c"),
            ("env", "=", "staging"),
        ]


def test_no_damaged_query_escapes_its_label() -> None:
    """Whatever still reads after a character was changed is held all the same."""
    dice = random.Random(11)  # noqa: S311 - the same queries every time
    still = 0
    for _ in range(4000):
        query = list(dice.choice(GOOD))
        for _ in range(dice.randint(1, 3)):
            query[dice.randrange(len(query))] = dice.choice('{}()[]|="`\\,a1 #')
        try:
            tree = parse("".join(query))
        except BadLogQL:
            continue
        still += 1
        held = parse(enforced(tree, {"env": ("staging",)}))
        assert all(logs.matchers[-1].value == "staging" for logs in selections(held)), "".join(query)
    assert still > 200


def test_the_seeds_sample_is_taken_as_it_is() -> None:
    """QT-05."""
    query = '{app="checkout"} |= "error" | json | line_format "{{.level}}: {{.message}}"'
    done = reviewed(query, Asking(), SHOP)
    assert (done.query.query, done.query.kind, done.query.limit, done.repairs) == (query, "logs", 100, ())


def test_the_seeds_label_is_exchanged_for_the_one_that_has_the_service() -> None:
    done = reviewed('{service="checkout"} |= "error"', Asking(), SHOP)
    assert done.query.query == '{app="checkout"} |= "error"'
    assert done.repairs == ("No stream has a label service: app has the value checkout.",)


@pytest.mark.parametrize(
    ("by_level", "right"),
    [
        (False, 'sum(count_over_time({app="checkout"} [1d]))'),
        (True, 'sum by (level) (count_over_time({app="checkout"} [1d]))'),
    ],
)
def test_a_count_per_stream_becomes_one_number(by_level: bool, right: str) -> None:
    """QT-10."""
    done = reviewed('count_over_time({app="checkout"}[24h])', Asking(by_level=by_level), SHOP)
    assert done.query.query == right
    assert done.repairs


@pytest.mark.parametrize(
    ("query", "over", "code"),
    [
        ('{app="checkout"}', timedelta(hours=169), "range_too_long"),
        ('sum(count_over_time({app="checkout"}[30d]))', None, "range_too_long"),
        ('sum(rate({app="checkout"}[5m] offset 30d))', None, "range_too_long"),
        ('{nolabel="x"}', None, "unknown_label"),
        ("{app=", None, "bad_expression"),
    ],
)
def test_a_query_out_of_bounds_is_refused(query: str, over: timedelta | None, code: str) -> None:
    """QT-12 for logs."""
    with pytest.raises(Refused) as refused:
        reviewed(query, Asking(over=over), SHOP)
    assert refused.value.code == code


def test_lines_are_never_more_than_the_limit() -> None:
    assert reviewed('{app="checkout"}', Asking(limit=50_000), SHOP).query.limit == 10_000


def test_a_value_that_no_stream_has_is_said() -> None:
    done = reviewed('{app="nobody"}', Asking(), Situation(logs=LOGS))
    assert done.notes == ("No stream has app='nobody'.",)


def test_a_filter_on_a_field_that_nothing_parsed_is_said() -> None:
    done = reviewed('{app="checkout"} | status = 500', Asking(), SHOP)
    assert done.notes == ("status is no label of the streams: put | json or | logfmt before it.",)
