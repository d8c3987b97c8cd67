import re

import pytest

from tools.grafana import panels, promql
from tools.grafana.panels import Candidate

SERVICES = ("checkout", "", 'we"ird\\na.me', "a b")
UNITS = {"short", "percentunit", "bytes", "Bps", "s", "ms", "reqps", "d"}


def every_candidate(service: str) -> list[Candidate]:
    return [way for wish in panels.library() for way in panels.candidates(wish, service)]


@pytest.mark.parametrize("service", SERVICES)
def test_every_expression_parses_and_names_the_metrics_it_says(service: str) -> None:
    for way in every_candidate(service):
        assert set(promql.metric_names(way.expr)) == set(way.metrics), way
        assert set(promql.metric_names(way.selector)) <= set(way.metrics), way


def test_no_expression_of_the_library_would_be_warned_about() -> None:
    assert [way.expr for way in every_candidate("checkout") if promql.warnings(way.expr)] == []


def test_every_unit_is_one_of_grafanas() -> None:
    assert {way.unit for way in every_candidate("checkout")} <= UNITS


def test_no_placeholder_is_left() -> None:
    ways = [way for service in SERVICES for way in every_candidate(service)]
    assert [
        way for way in ways if re.search(r"\$(match|quantile|percentile)", f"{way.title}{way.expr}{way.selector}")
    ] == []


def test_every_matcher_names_the_service_and_nothing_else() -> None:
    """A service name out of an alert cannot add to the expression."""
    hostile = 'x"} or vector(1) or up{job="'
    for way in every_candidate(hostile):
        for item in promql.selected(promql.parse(way.expr)):
            said = [m.value for m in item.selector.matchers.matchers if "vector" in m.value]
            assert len(said) == 1, way
    alike = [item.name for way in every_candidate("x") for item in promql.selected(promql.parse(way.expr))]
    assert alike == [item.name for way in every_candidate(hostile) for item in promql.selected(promql.parse(way.expr))]


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("cpu", "CPU"),
        ("CPU usage", "CPU"),
        ("memory", "Memory"),
        ("request rate", "Request rate"),
        ("request_rate", "Request rate"),
        ("error_rate", "Error rate"),
        ("error rate of requests", "Error rate"),
        ("latency_p99", "Latency"),
        ("p95", "Latency"),
        ("95th percentile response time", "Latency"),
        ("disk", "Disk space"),
        ("disk io", "Disk I/O"),
        ("network", "Network"),
        ("pod restarts", "Restarts"),
        ("saturation", "Saturation"),
        ("connections", "Connections"),
        ("queue depth", "Queue"),
    ],
)
def test_a_wish_is_known_by_its_words(words: str, title: str) -> None:
    wish = panels.known(words)
    assert wish
    assert wish.title == title


@pytest.mark.parametrize("words", ["", "happiness", "cpux", "supper"])
def test_a_wish_nobody_knows_has_no_candidates(words: str) -> None:
    assert panels.known(words) is None
    assert panels.candidates(words, "checkout") == ()


@pytest.mark.parametrize(
    ("wish", "quantile", "title"),
    [
        ("latency", "0.95", "Latency, p95"),
        ("p99 latency", "0.99", "Latency, p99"),
        ("latency_p99", "0.99", "Latency, p99"),
        ("p99.9 latency", "0.999", "Latency, p99.9"),
        ("90th percentile latency", "0.9", "Latency, p90"),
        ("median latency", "0.5", "Latency, p50"),
        ("latency of the last 24 h", "0.95", "Latency, p95"),
    ],
)
def test_a_latency_is_of_the_percentile_that_was_named(wish: str, quantile: str, title: str) -> None:
    first = panels.candidates(wish, "checkout")[0]
    assert first.title == title
    assert first.expr.startswith(f"histogram_quantile({quantile}, ")


def test_the_same_wish_always_has_the_same_candidates_in_the_same_order() -> None:
    assert panels.candidates("cpu", "checkout") == panels.candidates("cpu", "checkout")
    assert [way.metrics[0] for way in panels.candidates("cpu", "")] == [
        "container_cpu_usage_seconds_total",
        "node_cpu_seconds_total",
        "process_cpu_seconds_total",
        "process_cpu_usage",
    ]


def test_an_existing_candidate_has_all_its_metrics() -> None:
    ways = panels.candidates("memory", "checkout")
    half = panels.existing(ways, {"node_memory_MemAvailable_bytes", "process_resident_memory_bytes"})
    both = panels.existing(ways, {"node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"})
    assert {way.metrics for way in half} == {("process_resident_memory_bytes",)}
    assert {way.metrics for way in both} == {("node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes")}
    assert panels.existing(ways, set()) == ()


def test_an_error_rate_is_a_share_of_all_requests() -> None:
    """QT-08."""
    for way in panels.candidates("error rate", "checkout"):
        assert " / sum(rate(" in way.expr
        assert way.unit == "percentunit"


def test_one_query_asks_for_all_candidates_at_once() -> None:
    ways = panels.candidates("cpu", "checkout")
    names = promql.metric_names(panels.probe(ways))
    assert set(names) == {name for way in ways for name in promql.metric_names(way.selector)}
