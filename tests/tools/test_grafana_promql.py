import pytest

from tools.grafana import promql
from tools.grafana.promql import BadExpression

KNOWN = (
    "node_cpu_seconds_total",
    "node_cpu_guest_seconds_total",
    "node_memory_MemAvailable_bytes",
    "node_memory_MemTotal_bytes",
    "node_disk_io_time_seconds_total",
    "node_network_receive_bytes_total",
    "process_cpu_seconds_total",
    "up",
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sum(rate(x[5m]", "unclosed"),
        ("rate(up)", "expected type matrix"),
        ("", "no expression"),
        ("up[5m]", "a range of samples"),
        ("rate(up[5m])[1h:1m]", "a range of samples"),
        ('"up"', "a text"),
        ('up{job=~"("}', "illegal regex"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_reason(text: str, said: str) -> None:
    with pytest.raises(BadExpression, match=said):
        promql.parse(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("up", ("up",)),
        ("a / b + a", ("a", "b")),
        ('{__name__="up",job="x"}', ("up",)),
        ('{__name__=~"up.*"}', ()),
        ("sum by (le) (rate(a_bucket[$__rate_interval]))", ("a_bucket",)),
        ("rate(a_total[$window]) > bool 0", ("a_total",)),
        ("vector(1)", ()),
        ("max_over_time(rate(a_total[5m])[1h:1m]) unless on (job) up offset 1d", ("a_total", "up")),
    ],
)
def test_the_metrics_of_an_expression_are_those_it_names_exactly(text: str, names: tuple[str, ...]) -> None:
    assert promql.metric_names(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("rate(a[$__rate_interval])", ()),
        ('a{job="$job", pod=~"${pod:regex}"}', ("job", "pod")),
        ('a{job="[[job]]"}', ("job",)),
        ("a", ()),
    ],
)
def test_the_variables_of_a_dashboard_are_told_from_those_of_grafana(text: str, names: tuple[str, ...]) -> None:
    assert promql.variables(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "up",
        "rate(a_total[5m])",
        "increase(a_total[1h])",
        "count(a_total)",
        "absent(a_total)",
        "node_memory_MemTotal_bytes",
        "sum(rate(a_total{status=~'5..'}[5m])) / sum(rate(a_total[5m]))",
        "increase(a_errors_total[1h])",
        "histogram_quantile(0.95, sum by (le) (rate(a_bucket[5m])))",
        "histogram_quantile(0.95, sum by (job, le) (rate(a_bucket[5m])))",
        "histogram_quantile(0.95, sum without (instance) (rate(a_bucket[5m])))",
        "histogram_quantile(0.95, sum by (le) (rate(a_bucket[5m])) * on (job) group_left () a_info)",
        'rate(cpu_usage_seconds_total{app="abc"}[1h])',
    ],
)
def test_what_is_meant_is_not_warned_about(text: str) -> None:
    """QT-04: the first of the seeds' pairs is right as it stands."""
    assert promql.warnings(text) == ()


USUAL_P95 = "usual is histogram_quantile(0.95, sum by (le) (rate({}[5m])))"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m]))", "one quantile per series"),
        (
            "histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m]))",
            USUAL_P95.format("http_request_duration_seconds_bucket"),
        ),
        ('sum(kube_pod_container_status_restarts_total{app="abc"})', "is a counter"),
        ('rate(http_errors_total{app="abc"}[1d])', "where their share of all requests is meant"),
        ('sum(rate(http_requests_total{status=~"5.."}[5m]))', "where their share of all requests is meant"),
        ('histogram_quantile(0.95, http_duration_seconds{app="abc"})', "needs the _bucket series"),
        (
            'histogram_quantile(0.95, http_duration_seconds{app="abc"})',
            USUAL_P95.format('http_duration_seconds_bucket{app="abc"}'),
        ),
        ("histogram_quantile(0.95, sum by (le) (a_bucket))", "without rate"),
        ("histogram_quantile(0.95, sum by (job) (rate(a_bucket[5m])))", "loses its buckets"),
        ("histogram_quantile(0.95, sum without (le) (rate(a_bucket[5m])))", "loses its buckets"),
        ("histogram_quantile(0.95, sum(rate(a_bucket[5m])))", "loses its buckets"),
        ("a_total > 5", "is a counter"),
    ],
)
def test_what_is_probably_not_meant_is_warned_about(text: str, said: str) -> None:
    """QT-06, QT-07, QT-08, QT-09: the seeds' own samples that are wrong."""
    assert any(said in warning for warning in promql.warnings(text)), promql.warnings(text)


def test_the_same_warning_is_given_once() -> None:
    assert len(promql.warnings("a_total + a_total")) == 1


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("node_cpu_usage", "node_cpu_seconds_total"),
        ("node_memory_usage", "node_memory_MemTotal_bytes"),
        ("node_disk_io", "node_disk_io_time_seconds_total"),
        ("node_network_traffic", "node_network_receive_bytes_total"),
        ("nod_cpu_seconds_total", "node_cpu_seconds_total"),
    ],
)
def test_the_nearest_metric_is_the_one_that_was_probably_meant(name: str, first: str) -> None:
    """QT-11: names of the seeds that no exporter has."""
    assert promql.nearest(name, KNOWN)[0] == first


def test_nothing_is_near_to_a_name_like_no_other() -> None:
    assert promql.nearest("zzz", KNOWN) == ()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("up == 0", True), ("a > 5", True), ("a > bool 5", False), ("a + 5", False), ("sum(a > 5)", False)],
)
def test_a_comparison_that_filters_is_told_from_other_expressions(text: str, is_one: bool) -> None:
    assert promql.is_comparison(text) is is_one


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb", '"} or vector(1) #', "checkout"])
def test_a_quoted_value_stays_one_value(value: str) -> None:
    [item] = promql.selected(promql.parse(f"up{{job={promql.quoted(value)}}}"))
    assert [(matcher.name, matcher.value) for matcher in item.selector.matchers.matchers] == [("job", value)]


def test_the_nearest_metrics_begin_alike_where_any_does() -> None:
    assert promql.nearest("node_cpu_usage", KNOWN) == ("node_cpu_seconds_total", "node_cpu_guest_seconds_total")
