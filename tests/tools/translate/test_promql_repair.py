"""QT-04 to QT-11: the seeds' own sample queries are partly wrong; each is repaired, or refused with a reason."""

from datetime import timedelta

import pytest

from domain.errors import Refused
from tests.tools.translate.world import METRICS, SHOP
from tools.grafana.promql import parse
from tools.translate.promql.check import problems
from tools.translate.promql.renaming import Bench
from tools.translate.promql.repair import repaired
from tools.translate.promql.review import Asking, reviewed
from tools.translate.promql.writing import written

DAY = timedelta(days=1)
NODE = '{instance="node-1:9100"}'
RECEIVED = 'sum by (instance) (rate(node_network_receive_bytes_total{instance="node-1:9100",device!="lo"}[5m]))'
LATENCY = 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{service="checkout"}[5m])))'
ERRORS = (
    '(sum(rate(http_requests_total{service="checkout",status=~"5.."}[5m])) or vector(0)) / '
    'sum(rate(http_requests_total{service="checkout"}[5m]))'
)


@pytest.mark.parametrize(
    ("row", "query", "asking", "right"),
    [
        (
            "QT-04", 'rate(cpu_usage_seconds_total{app="checkout"}[1h])', Asking(),
            'sum by (pod) (rate(container_cpu_usage_seconds_total{container="checkout",container!=""}[1h]))',
        ),
        (
            "QT-04", 'rate(cpu_usage{app="checkout"}[1h])', Asking(),
            'sum by (pod) (rate(container_cpu_usage_seconds_total{container="checkout",container!=""}[1h]))',
        ),
        (
            "QT-06", "histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m]))", Asking(),
            "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
        ),
        (
            "QT-07", 'sum(kube_pod_container_status_restarts_total{app="checkout"})', Asking(span=DAY),
            'sum(increase(kube_pod_container_status_restarts_total{container="checkout"}[1d]))',
        ),
        ("QT-08", 'rate(http_errors_total{app="checkout"}[5m])', Asking(meant="error rate"), ERRORS),
        (
            "QT-08", 'rate(http_errors_total{app="checkout"}[1d])', Asking(meant="error rate"),
            ERRORS.replace("[5m]", "[1d]"),
        ),
        (
            "QT-09", 'histogram_quantile(0.95, http_duration_seconds{app="checkout"})', Asking(),
            LATENCY,
        ),
        (
            "QT-11", 'node_cpu_usage{instance="node-1:9100"}', Asking(),
            '1 - avg by (instance) (rate(node_cpu_seconds_total{instance="node-1:9100",mode="idle"}[5m]))',
        ),
        (
            "QT-11", 'node_memory_usage{instance="node-1:9100"}', Asking(),
            f"1 - node_memory_MemAvailable_bytes{NODE} / node_memory_MemTotal_bytes{NODE}",
        ),
        (
            "QT-11", 'node_disk_io{instance="node-1:9100"}', Asking(),
            'max by (instance, device) (rate(node_disk_io_time_seconds_total{instance="node-1:9100"}[5m]))',
        ),
        (
            "QT-11", 'node_network_traffic{instance="node-1:9100"}', Asking(),
            f"{RECEIVED} + {RECEIVED.replace('receive', 'transmit')}",
        ),
    ],
)  # fmt: skip
def test_a_wrong_sample_query_is_repaired_and_says_so(row: str, query: str, asking: Asking, right: str) -> None:
    done = reviewed(query, asking, SHOP)
    assert done.query.query == right, row
    assert done.repairs, row


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('rate(cpu_usage{app="nobody"}[1h])', "unknown_metric"),
        ('sum(kube_pod_container_status_restarts_total{app="nobody"})', "unknown_label"),
        ("histogram_quantile(0.95, node_load1)", "quantile"),
        ("sum by (service) (up) / sum by (pod) (up)", "matching"),
        ("no_such_metric", "unknown_metric"),
        ("sum(up", "bad_expression"),
        ("rate(up)", "bad_expression"),
        ('up{job=~"("}', "bad_expression"),
    ],
)
def test_what_cannot_be_repaired_is_refused_with_a_reason(query: str, code: str) -> None:
    """QT-12: syntax, names and types."""
    with pytest.raises(Refused) as refused:
        reviewed(query, Asking(), SHOP)
    assert refused.value.code == code
    assert str(refused.value)


def test_an_unknown_metric_is_answered_with_what_resembles_it() -> None:
    with pytest.raises(Refused) as refused:
        reviewed("node_load5", Asking(), SHOP)
    assert (refused.value.alternative or "").startswith("The nearest there is: node_load1, ")


@pytest.mark.parametrize(
    ("query", "right"),
    [
        ('sum(rate(http_requests_total{status="5xx"}[5m]))', 'sum(rate(http_requests_total{status=~"5.."}[5m]))'),
        ('up{instance="node-.*"}', 'up{instance=~"node-.*"}'),
        ("sum(http_requests_total)", "sum(rate(http_requests_total[5m]))"),
        ("sum(rate(http_requests[5m]))", "sum(rate(http_requests_total[5m]))"),
        (
            "histogram_quantile(0.9, sum by (service) (rate(http_request_duration_seconds_bucket[1m])))",
            "histogram_quantile(0.9, sum by (le, service) (rate(http_request_duration_seconds_bucket[1m])))",
        ),
    ],
)
def test_slips_are_repaired(query: str, right: str) -> None:
    assert written(repaired(parse(query), Bench(catalogue=METRICS))[0]) == right


@pytest.mark.parametrize(
    "query",
    [
        "sum by (service) (rate(http_requests_total[5m]))",
        'up{job="checkout"} == 0',
        "count(http_requests_total)",
        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
        'rate(http_requests_total{status=~"5.."}[5m]) / rate(http_requests_total[5m])',
        "max_over_time(rate(http_requests_total[5m])[1h:])",
        'sum(http_requests_total{service="checkout"} @ 100)',
    ],
)
def test_a_right_query_stays_as_it_is(query: str) -> None:
    expr, said = repaired(parse(query), Bench(catalogue=METRICS))
    assert (expr.prettify(), said) == (parse(query).prettify(), ())


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("rate(node_load1[5m])", {"rate_of_gauge"}),
        ("http_requests_total", {"raw_counter"}),
        ('rate(http_requests_total{status=~"5.."}[5m])', {"share_of_nothing"}),
        ('up{job="nobody"}', {"unknown_value"}),
        ("up + on (job) node_load1", set[str]()),
    ],
)
def test_what_is_probably_not_meant_is_said(query: str, codes: set[str]) -> None:
    assert {problem.code for problem in problems(parse(query), METRICS)} == codes
