"""The history that impact is asked about: server-01 from 10:15 to 10:45, as the seeds tell it (flow 3)."""

import math
from datetime import datetime, timedelta

from tests.tools.metrics_world import NOW, Told, Value, constant, counter, during

START = NOW - timedelta(hours=3)
BAD = ("10:15", "10:45")
ENDS = datetime.fromisoformat("2026-11-20T10:45:00+00:00")
BEGINS = datetime.fromisoformat("2026-11-20T10:15:00+00:00")
SERVER = 'instance="server-01:9100"'


def wavering(value: Value, share: float = 0.02) -> Value:
    """A little up and down, the same every time."""
    return lambda at: value(at) * (1 + share * math.sin(at / 7.3))


def told(metric: str, value: Value) -> Told:
    return Told(metric, START, NOW, 15, value)


def grown(metric: str, rate: Value) -> Told:
    return told(metric, counter(wavering(rate), START))


def history() -> list[Told]:
    busy = during(*BAD, 0.95, 0.45, NOW)
    free = during(*BAD, 0.08, 0.35, NOW)
    traffic = during(*BAD, 3e6, 1e6, NOW)
    return [
        told(f'node_cpu_seconds_total{{{SERVER},cpu="0",mode="idle"}}', counter(lambda at: 1 - busy(at), START)),
        told(f'node_cpu_seconds_total{{{SERVER},cpu="0",mode="user"}}', counter(busy, START)),
        told(f"node_memory_MemAvailable_bytes{{{SERVER}}}", wavering(lambda at: 8e9 * free(at), 0.01)),
        told(f"node_memory_MemTotal_bytes{{{SERVER}}}", constant(8e9)),
        grown(f'node_network_receive_bytes_total{{{SERVER},device="eth0"}}', traffic),
        grown(f'node_network_transmit_bytes_total{{{SERVER},device="eth0"}}', traffic),
        grown(f'node_disk_io_time_seconds_total{{{SERVER},device="sda"}}', constant(0.2)),
        grown('http_requests_total{service="checkout",status="200"}', constant(50.0)),
        grown('http_requests_total{service="checkout",status="500"}', constant(0.1)),
    ]
