"""QT-01, QT-03, QT-15, QT-23: words become reviewed queries, or a refusal that says what there is instead."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import promql_parser
import pytest

from domain.windows import Window
from tests.tools.translate.world import METRICS, SHOP
from tools.translate.answers import Translation, Untranslated
from tools.translate.catalogue import MetricCatalogue
from tools.translate.lexicon import lexicon
from tools.translate.promql.library import library
from tools.translate.promql.ways import bare
from tools.translate.situation import Situation, profile
from tools.translate.translation import translate_to_promql

ALL = 'sum(rate(http_requests_total{service="checkout"}[5m]))'
FAILED = 'sum(rate(http_requests_total{service="checkout",status=~"5.."}[5m]))'
COUNTED = 'sum(increase(http_requests_total{service="checkout"}[2h]))'
ERRORS = f"({FAILED} or vector(0)) / {ALL}"
SERVED = "sum by (service) (rate(http_requests_total[5m]))"
BY_SERVICE = SERVED.replace("[", '{status=~"5.."}[') + " / " + SERVED
IDLE = 'rate(node_cpu_seconds_total{instance="node-1:9100",mode="idle"}[5m])'
LATENCY = 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{service="checkout"}[5m])))'
CPU = 'sum by (pod) (rate(container_cpu_usage_seconds_total{container="checkout",container!=""}[5m]))'
END = datetime(2026, 11, 20, 12, tzinfo=UTC)


def translated(words: str, situation: Situation = SHOP) -> Translation:
    found = translate_to_promql(words, situation)
    assert isinstance(found, Translation), found
    return found


def refused(words: str, situation: Situation = SHOP) -> Untranslated:
    found = translate_to_promql(words, situation)
    assert isinstance(found, Untranslated), found
    return found


@pytest.mark.parametrize(
    ("words", "queries"),
    [
        ("CPU usage for app checkout in last hour", [CPU]),
        ("error rate of checkout", [ERRORS]),
        ("95th percentile response time of checkout", [LATENCY]),
        ("p99 latency of checkout", [LATENCY.replace("0.95", "0.99")]),
        ("requests per second of checkout", ['sum(rate(http_requests_total{service="checkout"}[5m]))']),
        ("how many requests did checkout get in the last 2 hours", [COUNTED]),
        ("request rate by status", ["sum by (status) (rate(http_requests_total[5m]))"]),
        ("top 3 services by traffic", ["topk(3, sum by (service) (rate(http_requests_total[5m])))"]),
        ("orders created per minute by region", ["60 * sum by (region) (rate(orders_created_total[5m]))"]),
        ("queue depth of payment", ['queue_depth{service="payment"}']),
        ("max queue depth of payment in the last day", ['max_over_time(queue_depth{service="payment"}[1d])']),
        ("which services have an error rate above 5%", [f"{BY_SERVICE} > 0.05"]),
        ("p95 latency of checkout over 500ms", [f"{LATENCY} > 0.5"]),
        ("instances that are down", ["up == 0"]),
        ("how many targets are down", ["count(up == 0)"]),
        ("restarts of checkout in the last 24 hours", [
            'sum by (pod) (increase(kube_pod_container_status_restarts_total{container="checkout"}[1d]))'
        ]),
        ("cpu of node-1", [f"1 - avg by (instance) ({IDLE})"]),
        ("node_load1", ["node_load1"]),
        ("rate of orders_created_total over 10 minutes", ["sum(rate(orders_created_total[10m]))"]),
        ("500 responses of checkout", ['sum(rate(http_requests_total{service="checkout",status="500"}[5m]))']),
    ],
)  # fmt: skip
def test_words_become_the_query_a_person_would_write(words: str, queries: list[str]) -> None:
    """QT-01, QT-04, QT-06, QT-08."""
    assert [query.query for query in translated(words).queries] == queries


def test_a_question_of_health_becomes_three_queries() -> None:
    """QT-03."""
    found = translated("was checkout healthy yesterday")
    assert [query.query for query in found.queries] == [ERRORS, 'up{job="checkout"}', LATENCY]
    assert {(query.kind, query.over_seconds, query.ago_seconds) for query in found.queries} == {
        ("range", 86_400, 86_400)
    }


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("compare error rate of checkout between production and staging", 2),
        ("compare the cpu of checkout and payment", 2),
        ("cpu and memory of checkout", 2),
        ("request rate of checkout compared to yesterday", 2),
        ("cpu of checkout", 1),
    ],
)
def test_a_comparison_becomes_one_query_each(words: str, count: int) -> None:
    assert len({query.query for query in translated(words).queries}) == count


def test_what_is_compared_with_an_earlier_time_is_shifted_by_as_much() -> None:
    now, then = translated("request rate of checkout compared to last week").queries
    assert then.query == now.query.replace("[5m]", "[5m] offset 1w")


def test_the_windows_that_the_caller_read_are_used() -> None:
    window = Window(END - timedelta(hours=6), END)
    against = Window(END - timedelta(days=2, hours=6), END - timedelta(days=2))
    now, then = translated("error rate of checkout", replace(SHOP, window=window, against=against)).queries
    assert (now.kind, now.over_seconds, now.step_seconds) == ("range", 21_600, 15)
    assert "offset 2d" in then.query


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("cpu of nonesuch", "unknown_name"),
        ("certificates of checkout", "nothing_to_show"),
        ("happiness of the team", "nothing_read"),
        ("", "nothing_read"),
        ("please", "nothing_read"),
        ("orders created this month", "range_too_long"),
        ("latency of checkout over the last 30 days", "range_too_long"),
    ],
)
def test_what_cannot_be_translated_is_refused_with_a_reason(words: str, code: str) -> None:
    found = refused(words)
    assert (found.code, bool(found.reason)) == (code, True)


def test_a_refusal_names_what_there_is() -> None:
    assert "checkout" in refused("cpu of nonesuch").nearest


def test_a_name_that_is_nearly_right_is_read_and_said() -> None:
    found = translated("latency of chekout")
    assert found.queries[0].query == LATENCY
    assert "chekout was read as checkout." in found.assumed
    assert found.confidence < 1


def test_nothing_known_is_said_and_not_guessed() -> None:
    assert refused("cpu of checkout", Situation(metrics=MetricCatalogue({}))).code == "no_catalogue"


def test_confidence_falls_with_what_was_not_read() -> None:
    """QT-23."""
    sure, unsure = translated("error rate of checkout"), translated("wobbly error rate of checkout")
    assert sure.confidence == 1
    assert unsure.confidence < sure.confidence
    assert unsure.why == ("not accounted for: wobbly",)


@pytest.mark.parametrize("words", ["error rate of checkout", "compare cpu of checkout and payment", "cpu of nonesuch"])
def test_the_same_words_always_give_the_same_answer(words: str) -> None:
    assert translate_to_promql(words, SHOP) == translate_to_promql(words, SHOP)


def test_what_the_asker_may_see_is_in_every_query() -> None:
    held = replace(SHOP, enforced={"env": ("staging",)})
    for query in translated("was checkout healthy yesterday", held).queries:
        assert query.query.count('env="staging"') >= 1


def test_the_profile_says_which_prefix_a_component_has() -> None:
    """QT-04, HD-13: the sample profile of the seeds."""
    types = {"abc_api_http_requests_total": "counter", "abc_web_http_requests_total": "counter"}
    labels = {name: {"status": frozenset({"200", "500"})} for name in types}
    mappings = {
        "web": {"metrics_prefix": "abc_web_", "log_label": "app=abc-web"},
        "api": {"metrics_prefix": "abc_api_", "log_label": "app=abc-api"},
    }
    situation = Situation(metrics=MetricCatalogue(types=types, labels=labels), profile=profile("abc-app", mappings))
    assert translated("request rate of api", situation).queries[0].query == "sum(rate(abc_api_http_requests_total[5m]))"


def test_a_hostile_name_adds_nothing_to_the_query() -> None:
    """QT-13: a value that is in the catalogue is quoted, and one that is not is refused."""
    hostile = 'x"} or up{job="'
    types = {"up": "gauge"}
    situation = Situation(metrics=MetricCatalogue(types=types, labels={"up": {"job": frozenset({hostile})}}))
    found = translate_to_promql(f'is "{hostile}" up', situation)
    if isinstance(found, Translation):
        tree = promql_parser.parse(found.queries[0].query)
        assert isinstance(tree, promql_parser.VectorSelector)


def test_every_template_parses() -> None:
    """QT-15."""
    for wish in library().values():
        for family in wish.families:
            promql_parser.parse(bare(family.expr))
            promql_parser.parse(bare(family.selector))


def test_every_measure_of_the_lexicon_has_a_template() -> None:
    assert set(lexicon().measures.values()) - {"hit rate"} <= set(library())


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("error rate of checkout over the last 24 hours", "error ratio of checkout, 5-minute windows, last 24 hours"),
        ("p95 latency of checkout", "p95 of http_request_duration_seconds of checkout, 5-minute windows"),
        ("top 3 services by traffic", "the 3 highest of http_requests_total per second per service, 5-minute windows"),
        ("instances that are down", "up, where equal to 0"),
        ("max queue depth of payment in the last day", "highest of queue_depth over 24 hours of payment"),
    ],
)
def test_a_query_is_read_back_in_plain_words(words: str, plain: str) -> None:
    assert translated(words).queries[0].plain == plain


def test_metrics_are_those_of_the_catalogue_only() -> None:
    for words in ("cpu of checkout", "memory of node-1", "error rate of payment", "queue depth"):
        for query in translated(words).queries:
            names = [n.name for n in _selectors(query.query)]
            assert set(names) <= set(METRICS.types)


def _selectors(query: str) -> list[promql_parser.VectorSelector]:
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(query), visit)
    return found


def test_measures_that_nothing_shows_are_named_beside_those_that_are_shown() -> None:
    """QT-03: the golden signals of a host are its CPU; the rest is missing, and nothing is shown in its place."""
    found = translated("golden signals of node-1")
    assert [query.query for query in found.queries] == [f"1 - avg by (instance) ({IDLE})"]
    assert [(item.what, item.code) for item in found.missing] == [
        ("Request rate", "unknown_name"), ("Error rate", "unknown_name"), ("Latency", "unknown_name"),
    ]  # fmt: skip
    assert found.missing[0].why == "http_requests_total has no series of 'node-1'."
    assert refused("golden signals of nobody").code == "unknown_name"


def test_two_measures_are_not_read_as_one_of_them_twice() -> None:
    assert [query.query for query in translated("cpu and latency of checkout").queries] == [CPU, LATENCY]
