"""The history that health is asked about: yesterday of abc-app, good but for a quarter of an hour (HD-11)."""

import json
from datetime import timedelta

from domain.database import Pool
from tests.tools.metrics_world import DAY, Told, constant, counter, during

SCRAPE = 15
END = DAY + timedelta(days=1)
TOTAL_PER_SECOND = 80.0
BUCKETS = {
    "0.1": (0.05, 0.05),
    "0.25": (0.05 + 0.90 * 0.15 / 0.145, 0.3),
    "0.5": (1.0, 5 / 6),
    "1": (1.0, 1.0),
    "+Inf": (1.0, 1.0),
}
WEB = {"metrics_prefix": "abc_web_", "log_label": "app=abc-web"}
PROFILE = {
    "name": "abc-app",
    "description": "Main web application",
    "architecture_info": {
        "type": "microservices",
        "components": ["web", "api", "worker", "database"],
        "language": "Python",
        "framework": "FastAPI",
    },
    "service_mappings": {
        "web": WEB,
        "api": {"metrics_prefix": "abc_api_", "log_label": "app=abc-api"},
    },
    "default_metrics": ["http_requests_total", "http_request_duration_seconds", "http_errors_total", "up"],
    "slos": {"availability": 0.999, "error_rate": 0.02, "p95_latency_ms": 500},
}
SAVE = """
insert into trivium.application_profiles
    (name, description, architecture_info, service_mappings, default_metrics, slos)
values (%(name)s, %(description)s, %(architecture_info)s, %(service_mappings)s, %(default_metrics)s, %(slos)s)
"""


def part(metric: str, labels: str, bad: tuple[str, str] | None) -> list[Told]:
    """Requests with 0.4 % errors and p95 at 245 ms; 5.2 % and 850 ms while it is bad."""

    def told(name: str, more: str, good: float, poor: float) -> Told:
        share = during(*bad, poor, good) if bad else constant(good)
        every = ",".join(filter(None, (labels, more)))
        grown = counter(lambda at: TOTAL_PER_SECOND * share(at), DAY)
        return Told(f"{metric}{name}{{{every}}}", DAY, END, SCRAPE, grown)

    return [
        told("http_requests_total", 'status="500"', 0.004, 0.052),
        told("http_requests_total", 'status="200"', 0.996, 0.948),
        *(told("http_request_duration_seconds_bucket", f'le="{le}"', *shares) for le, shares in BUCKETS.items()),
    ]


def history() -> list[Told]:
    up = during("03:00", "03:02", 0.0, 1.0)
    return [
        *part("abc_api_", "", ("14:30", "14:45")),
        *part("", 'app="abc-web"', None),
        Told('up{app="abc-api"}', DAY, END, SCRAPE, up),
        Told('up{app="abc-web"}', DAY, END, SCRAPE, constant(1.0)),
    ]


async def save_profile(pool: Pool, **changes: object) -> None:
    values = PROFILE | changes
    shown = {key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in values.items()}
    async with pool.connection() as db:
        await db.execute(SAVE, shown)
