"""QT-02: words about logs become reviewed LogQL."""

from dataclasses import replace

import pytest

from tests.tools.translate.world import SHOP
from tools.translate.answers import Translation, Untranslated
from tools.translate.catalogue import LogCatalogue
from tools.translate.situation import Situation, profile
from tools.translate.translation import translate_to_logql


def translated(words: str, situation: Situation = SHOP) -> Translation:
    found = translate_to_logql(words, situation)
    assert isinstance(found, Translation), found
    return found


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ("Errors in logs for service checkout", '{app="checkout", level="error"}'),
        ("logs containing 'database timeout'", '{app=~".+"} |= "database timeout"'),
        ('checkout logs containing "refused" without retry', '{app="checkout"} |= "refused" != "retry"'),
        ("warnings and errors of payment", '{app="payment", level=~"error|warn"}'),
        ("logs of pod checkout-7d9f-abcde", '{pod="checkout-7d9f-abcde"}'),
        (
            "how many errors did checkout log in the last 24 hours",
            'sum(count_over_time({app="checkout", level="error"} [1d]))',
        ),
        ("log volume by level for checkout", 'sum by (level) (count_over_time({app="checkout"} [5m]))'),
        ("log rate of payment", 'sum(rate({app="payment"} [5m]))'),
        ("timeouts in checkout", '{app="checkout"} |~ "(?i)timeout"'),
        ("json logs of checkout where status is 500", '{app="checkout"} | json | status = 500'),
        (
            "p95 of duration in checkout logs",
            'quantile_over_time(0.95, {app="checkout"} | json | unwrap duration [5m])',
        ),
        ("everything from namespace shop except info", '{namespace="shop", level!="info"}'),
        (
            "which pods of checkout log timeouts",
            'sum by (pod) (count_over_time({app="checkout"} |~ "(?i)timeout" [1h]))',
        ),
    ],
)
def test_words_become_the_query_a_person_would_write(words: str, query: str) -> None:
    assert [item.query for item in translated(words).queries] == [query]


def test_a_number_of_lines_is_kept() -> None:
    query = translated("last 50 lines of checkout").queries[0]
    assert (query.query, query.kind, query.limit) == ('{app="checkout"}', "logs", 50)


def test_without_a_level_label_the_lines_are_searched() -> None:
    bare = Situation(logs=LogCatalogue({"app": frozenset({"checkout"})}))
    assert translated("errors of checkout", bare).queries[0].query == '{app="checkout"} |~ "(?i)error"'


def test_a_service_that_no_stream_has_is_refused_with_those_there_are() -> None:
    found = translate_to_logql("logs of nonesuch", SHOP)
    assert isinstance(found, Untranslated)
    assert (found.code, "checkout" in found.nearest) == ("unknown_name", True)


def test_the_profile_says_which_label_a_component_has() -> None:
    """HD-13."""
    mappings = {"web": {"metrics_prefix": "abc_web_", "log_label": "app=abc-web"}}
    situation = Situation(profile=profile("abc-app", mappings))
    assert translated("errors of web", situation).queries[0].query.startswith('{app="abc-web"}')


def test_what_the_asker_may_see_is_in_the_query() -> None:
    held = replace(SHOP, enforced={"namespace": ("shop",)})
    assert translated("logs of checkout", held).queries[0].query == '{app="checkout", namespace="shop"}'


def test_text_is_quoted_and_adds_nothing_to_the_query() -> None:
    """QT-13."""
    query = translated("checkout logs containing 'x\" | json | y=\"'").queries[0].query
    assert query == '{app="checkout"} |= "x\\" | json | y=\\""'


def test_a_query_is_read_back_in_plain_words() -> None:
    query = translated("timeouts in checkout in the last hour").queries[0]
    assert query.plain == "lines of checkout that match timeout, last 1 hour, the newest 100"
