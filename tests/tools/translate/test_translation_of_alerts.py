"""QT-22: what people write into alerts becomes the comparison they mean, where the names of metrics say enough."""

import pytest

from tests.tools.translate.world import SHOP
from tools.translate.answers import Translation
from tools.translate.catalogue import MetricCatalogue
from tools.translate.situation import Situation
from tools.translate.translation import translate_to_promql

OUTCOME = {"outcome": frozenset({"fail", "success"})}
CODES = {"code": frozenset({"2xx", "4xx", "5xx"})}
PLAIN = {"instance": frozenset({"a:1"})}
SETS = Situation(
    metrics=MetricCatalogue(
        types=dict.fromkeys(
            (
                "up", "cache_up", "cache_server_up", "cache_memory_used_bytes", "cache_memory_max_bytes",
                "cache_evictions_total", "cache_last_save_timestamp_seconds", "farm_workers_alive",
                "farm_workers_lost", "proxy_responses_total", "mesh_map_ops_total", "mesh_drops_timeout",
                "push_writes_total", "push_writes_failed_total", "edge_cert_expiry_seconds", "edge_cert_days_left",
                "broker_offset", "pool_disk_available_bytes", "pool_disk_size_bytes", "mill_latency_seconds_bucket",
            ),
            "",
        ),
        labels={
            "proxy_responses_total": CODES,
            "mesh_map_ops_total": OUTCOME,
            "up": {"job": frozenset({"cert-manager", "billing"})},
            "mill_latency_seconds_bucket": {"le": frozenset({"1", "+Inf"})},
            "farm_workers_alive": PLAIN,
        },
    )
)  # fmt: skip


def query(words: str, situation: Situation = SETS) -> str:
    found = translate_to_promql(words, situation)
    assert isinstance(found, Translation), found
    return found.queries[0].query


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("alert when cert-manager has disappeared", 'absent(up{job="cert-manager"})'),
        ("alert when the cache is down", "cache_up == 0"),
        ("alert when no farm workers are alive", "farm_workers_alive == 0"),
        ("alert when farm workers are lost", "farm_workers_lost > 0"),
        ("alert when cache memory used is above 90%", "cache_memory_used_bytes / cache_memory_max_bytes > 0.9"),
        ("alert when pool disk usage is over 90%", "1 - pool_disk_available_bytes / pool_disk_size_bytes > 0.9"),
        ("alert when less than 10% pool disk is available", "pool_disk_available_bytes / pool_disk_size_bytes < 0.1"),
        ("alert when cache evictions", "increase(cache_evictions_total[5m]) > 0"),
        ("alert when cache evictions ( evictions/s)", "rate(cache_evictions_total[5m]) > 0"),
        ("alert when more than 3 cache evictions in the last 10m", "increase(cache_evictions_total[10m]) > 3"),
        ("alert when mesh drops timeout in the last 5m", "increase(mesh_drops_timeout[5m]) > 0"),
        ("alert when mesh map ops are failing", 'increase(mesh_map_ops_total{outcome="fail"}[5m]) > 0'),
        (
            "alert when the proxy has more than 5% 4xx responses",
            'sum(rate(proxy_responses_total{code="4xx"}[5m])) / sum(rate(proxy_responses_total[5m])) > 0.05',
        ),
        (
            "alert when more than 1% of push writes failed",
            "sum(rate(push_writes_failed_total[5m])) / sum(rate(push_writes_total[5m])) > 0.01",
        ),
        (
            "alert when the cache has not been saved for 48 hours. Last save is too old",
            "time() - cache_last_save_timestamp_seconds > 172800",
        ),
        ("alert when edge cert expires in less than 7 days", "edge_cert_expiry_seconds - time() < 604800"),
        ("alert when broker offset decreased", "delta(broker_offset[5m]) < 0"),
        ("alert when farm workers lost is more than two", "farm_workers_lost > 2"),
        (
            "alert when the p99 of mill latency is above 2s",
            "histogram_quantile(0.99, sum by (le) (rate(mill_latency_seconds_bucket[5m]))) > 2",
        ),
    ],
)
def test_words_of_an_alert_mean_its_comparison(words: str, wanted: str) -> None:
    assert query(words) == wanted


def test_a_capital_m_behind_a_number_is_millions_and_a_small_one_minutes() -> None:
    assert query("alert when queue depth of emails is above 10M", SHOP).endswith("> 10000000")
    assert "[10m]" in query("orders created over 10m", SHOP)


def test_what_a_second_sentence_adds_is_no_name_that_has_to_exist() -> None:
    assert query("alert when the cache is down. Traffic goes to disk and is slow") == "cache_up == 0"


def test_the_same_value_named_twice_is_one_matcher() -> None:
    assert "|" not in query("alert when mesh map ops fail. The map ops of the mesh fail")
