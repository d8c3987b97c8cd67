"""The sample estate's services: whose they are, what they stand on, and which alerts they are known for."""

from dataclasses import dataclass

from domain.filters import Severity


@dataclass(frozen=True, slots=True)
class AlertKind:
    """An alerting rule; `minutes` is how long it typically fires."""

    name: str
    severity: Severity
    minutes: float
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`noise` is how many episodes of alerts an ordinary working day brings, `usual` names the alerts they are of."""

    name: str
    team: str
    purpose: str
    language: str
    depends_on: tuple[str, ...]
    usual: tuple[str, ...]
    replicas: int
    noise: float
    availability: float
    p95_latency_ms: int


ALERT_KINDS = {
    kind.name: kind
    for kind in (
        AlertKind("HighErrorRate", "critical", 16, "more than 5 % of requests fail"),
        AlertKind("TargetDown", "critical", 9, "the instance does not answer its scrapes"),
        AlertKind("HighLatency", "warning", 24, "95th percentile latency is above its objective"),
        AlertKind("PodCrashLooping", "warning", 21, "the container restarts again and again"),
        AlertKind("HighMemoryUsage", "warning", 45, "memory is above 90 % of its limit"),
        AlertKind("QueueBacklog", "warning", 38, "messages wait longer than five minutes"),
        AlertKind("ConnectionPoolExhausted", "critical", 18, "no database connection is free"),
        AlertKind("SlowQueries", "warning", 28, "queries take longer than a second"),
        AlertKind("ReplicationLag", "warning", 22, "the replica is more than 30 seconds behind"),
        AlertKind("DiskFillingUp", "critical", 70, "the volume is full within four hours at this rate"),
        AlertKind("UpstreamTimeouts", "warning", 14, "calls to an upstream time out"),
        AlertKind("CacheHitRateLow", "info", 55, "less than 60 % of reads are served from the cache"),
        AlertKind("CPUThrottling", "info", 33, "the container is throttled by its CPU limit"),
        AlertKind("CertificateExpiringSoon", "info", 180, "the certificate expires in less than 14 days"),
    )
}

SERVICES = {
    service.name: service
    for service in (
        Service(
            name="api-gateway", team="edge", purpose="Entrance of every web and mobile request", language="Go",
            depends_on=("auth", "web-frontend", "checkout", "search"),
            usual=("HighLatency", "UpstreamTimeouts", "CPUThrottling", "HighErrorRate"),
            replicas=12, noise=3.6, availability=0.9995, p95_latency_ms=250,
        ),
        Service(
            name="web-frontend", team="edge", purpose="Server-rendered pages of the shop", language="TypeScript",
            depends_on=("catalog", "search", "user-profile"),
            usual=("HighLatency", "HighMemoryUsage", "CacheHitRateLow"),
            replicas=8, noise=2.4, availability=0.999, p95_latency_ms=400,
        ),
        Service(
            name="auth", team="identity", purpose="Sign-in, tokens and permissions", language="Go",
            depends_on=("user-profile",),
            usual=("HighLatency", "TargetDown", "CertificateExpiringSoon"),
            replicas=6, noise=1.4, availability=0.9999, p95_latency_ms=120,
        ),
        Service(
            name="user-profile", team="identity", purpose="Addresses, preferences and consent", language="Kotlin",
            depends_on=(),
            usual=("SlowQueries", "CacheHitRateLow", "HighMemoryUsage"),
            replicas=4, noise=1.2, availability=0.999, p95_latency_ms=200,
        ),
        Service(
            name="checkout", team="shop", purpose="Basket to order, in one transaction", language="Java",
            depends_on=("payment-service", "orders", "inventory"),
            usual=("HighLatency", "HighErrorRate", "UpstreamTimeouts", "HighMemoryUsage"),
            replicas=10, noise=3.2, availability=0.9995, p95_latency_ms=500,
        ),
        Service(
            name="catalog", team="shop", purpose="Products, prices and pictures", language="Python",
            depends_on=("search",),
            usual=("CacheHitRateLow", "SlowQueries", "CPUThrottling"),
            replicas=6, noise=1.8, availability=0.999, p95_latency_ms=300,
        ),
        Service(
            name="payment-service", team="payments", purpose="Card and wallet payments, refunds", language="Java",
            depends_on=("orders-db",),
            usual=("UpstreamTimeouts", "HighLatency", "ConnectionPoolExhausted", "HighErrorRate"),
            replicas=8, noise=2.6, availability=0.9999, p95_latency_ms=600,
        ),
        Service(
            name="orders", team="shop", purpose="The record of every order and its state", language="Java",
            depends_on=("orders-db", "notifications"),
            usual=("SlowQueries", "QueueBacklog", "HighLatency"),
            replicas=6, noise=2.2, availability=0.9995, p95_latency_ms=350,
        ),
        Service(
            name="inventory", team="supply", purpose="Stock by warehouse, reservations", language="Python",
            depends_on=("orders-db",),
            usual=("SlowQueries", "PodCrashLooping", "QueueBacklog"),
            replicas=5, noise=2.0, availability=0.999, p95_latency_ms=300,
        ),
        Service(
            name="shipping", team="supply", purpose="Labels, carriers and tracking", language="Python",
            depends_on=("orders",),
            usual=("UpstreamTimeouts", "QueueBacklog", "PodCrashLooping"),
            replicas=4, noise=1.6, availability=0.995, p95_latency_ms=800,
        ),
        Service(
            name="search", team="discovery", purpose="Full-text search and facets", language="Rust",
            depends_on=(),
            usual=("HighLatency", "HighMemoryUsage", "CPUThrottling", "DiskFillingUp"),
            replicas=9, noise=2.8, availability=0.999, p95_latency_ms=180,
        ),
        Service(
            name="recommendations", team="discovery", purpose="What others bought", language="Python",
            depends_on=("user-profile", "catalog"),
            usual=("HighMemoryUsage", "PodCrashLooping", "HighLatency"),
            replicas=4, noise=2.4, availability=0.99, p95_latency_ms=700,
        ),
        Service(
            name="notifications", team="messaging", purpose="E-mail, push and SMS", language="Go",
            depends_on=("user-profile",),
            usual=("QueueBacklog", "UpstreamTimeouts", "CPUThrottling"),
            replicas=5, noise=1.8, availability=0.995, p95_latency_ms=1000,
        ),
        Service(
            name="orders-db", team="platform", purpose="Postgres of orders, inventory and payments", language="SQL",
            depends_on=(),
            usual=("ReplicationLag", "SlowQueries", "DiskFillingUp"),
            replicas=3, noise=1.0, availability=0.9999, p95_latency_ms=20,
        ),
    )
}  # fmt: skip
