"""A small shop's Prometheus and Loki, as catalogues."""

from tools.translate.catalogue import LogCatalogue, MetricCatalogue
from tools.translate.situation import Situation

SERVICES = frozenset({"checkout", "payment"})
HOSTS = frozenset({"node-1:9100", "db-1:9100"})
WEB = {"service": SERVICES, "env": frozenset({"production", "staging"}), "status": frozenset({"200", "500"})}
PODS = {
    "container": SERVICES,
    "pod": frozenset({"checkout-7d9f-abcde", "payment-5c4b-klmno"}),
    "namespace": frozenset({"shop"}),
}
METRICS = MetricCatalogue(
    types={
        "http_requests_total": "counter",
        "http_request_duration_seconds_bucket": "",
        "http_request_duration_seconds_count": "",
        "http_request_duration_seconds_sum": "",
        "up": "gauge",
        "container_cpu_usage_seconds_total": "counter",
        "container_memory_working_set_bytes": "gauge",
        "kube_pod_container_status_restarts_total": "counter",
        "node_cpu_seconds_total": "counter",
        "node_memory_MemAvailable_bytes": "gauge",
        "node_memory_MemTotal_bytes": "gauge",
        "node_disk_io_time_seconds_total": "counter",
        "node_network_receive_bytes_total": "counter",
        "node_network_transmit_bytes_total": "counter",
        "node_load1": "gauge",
        "orders_created_total": "counter",
        "queue_depth": "gauge",
    },
    labels={
        "http_requests_total": WEB,
        "http_request_duration_seconds_bucket": {**WEB, "le": frozenset({"0.1", "1", "+Inf"})},
        "http_request_duration_seconds_count": WEB,
        "http_request_duration_seconds_sum": WEB,
        "up": {"job": SERVICES, "instance": HOSTS},
        "container_cpu_usage_seconds_total": PODS,
        "container_memory_working_set_bytes": PODS,
        "kube_pod_container_status_restarts_total": PODS,
        "node_cpu_seconds_total": {"instance": HOSTS, "mode": frozenset({"idle", "iowait"})},
        "node_memory_MemAvailable_bytes": {"instance": HOSTS},
        "node_memory_MemTotal_bytes": {"instance": HOSTS},
        "node_disk_io_time_seconds_total": {"instance": HOSTS, "device": frozenset({"sda"})},
        "node_network_receive_bytes_total": {"instance": HOSTS, "device": frozenset({"eth0", "lo"})},
        "node_network_transmit_bytes_total": {"instance": HOSTS, "device": frozenset({"eth0", "lo"})},
        "node_load1": {"instance": HOSTS},
        "orders_created_total": {"region": frozenset({"eu", "us"})},
        "queue_depth": {"service": SERVICES, "queue": frozenset({"emails"})},
    },
)
LOGS = LogCatalogue(
    {
        "app": SERVICES,
        "namespace": frozenset({"shop"}),
        "pod": frozenset({"checkout-7d9f-abcde"}),
        "level": frozenset({"info", "warn", "error"}),
    }
)
SHOP = Situation(metrics=METRICS, logs=LOGS)
