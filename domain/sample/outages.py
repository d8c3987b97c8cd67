"""The named outages of the sample estate: what was changed, what broke in which order, what people wrote afterwards."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A service that the outage reached: minutes after the first, and with which alerts."""

    service: str
    after_minutes: int
    alerts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """`days_ago` counts back from the current UTC day; the first hit is the service that was changed and broke.

    `cause` is what the change record says, `cause_minutes` how long before the first alert it happened.
    """

    days_ago: int
    hour: int
    minute: int
    lasted_minutes: int
    kind: Literal["deployment", "config", "feature_flag", "infrastructure"]
    cause: str
    cause_minutes: int
    author: str
    hits: tuple[Hit, ...]
    title: str
    summary: str
    root_cause: str
    resolution: str
    lessons: str


OUTAGES = (
    Outage(
        days_ago=9, hour=14, minute=10, lasted_minutes=74, kind="config", cause_minutes=8, author="mira.holt",
        cause="Lower the database connection pool of payment-service from 50 to 10",
        hits=(
            Hit(service="payment-service", after_minutes=0,
                alerts=("ConnectionPoolExhausted", "HighLatency", "HighErrorRate")),
            Hit(service="checkout", after_minutes=3, alerts=("UpstreamTimeouts", "HighErrorRate", "HighLatency")),
            Hit(service="api-gateway", after_minutes=6, alerts=("UpstreamTimeouts", "HighLatency")),
        ),
        title="Payments failed after the connection pool was made smaller",
        summary="For 74 minutes four of ten payments failed and checkout answered with errors or very late.",
        root_cause="A config change lowered the connection pool of payment-service from 50 to 10. At full load all "
        "connections were taken, requests queued for a free one, and checkout gave up waiting after five seconds.",
        resolution="The pool was set back to 50 and the pods were restarted one after the other.",
        lessons="Pool sizes are now checked against peak concurrency before a rollout, and the alert on pool use fires "
        "at 80 % instead of at exhaustion.",
    ),
    Outage(
        days_ago=24, hour=10, minute=35, lasted_minutes=131, kind="deployment", cause_minutes=22, author="jonas.weil",
        cause="Deploy search 3.8.0 with the new index format",
        hits=(
            Hit(service="search", after_minutes=0, alerts=("DiskFillingUp", "TargetDown", "HighLatency")),
            Hit(service="catalog", after_minutes=9, alerts=("SlowQueries", "CacheHitRateLow")),
            Hit(service="web-frontend", after_minutes=12, alerts=("HighLatency",)),
        ),
        title="Search was down while the index migration filled the disks",
        summary="Search returned nothing for over two hours; the shop's pages were slow because the catalog took over.",
        root_cause="Version 3.8.0 rewrote the index beside the old one. Both together did not fit on the volume, the "
        "disks ran full and the nodes stopped one by one.",
        resolution="The volumes were grown, 3.7.4 was rolled back in, and the half-written index was removed.",
        lessons="A migration that needs twice the space says so in its plan; free space is a gate of the deployment.",
    ),
    Outage(
        days_ago=38, hour=6, minute=0, lasted_minutes=52, kind="infrastructure", cause_minutes=40,
        author="platform-bot",
        cause="Rotate the internal certificate authority",
        hits=(
            Hit(service="auth", after_minutes=0, alerts=("TargetDown", "HighErrorRate")),
            Hit(service="api-gateway", after_minutes=2, alerts=("HighErrorRate", "UpstreamTimeouts")),
            Hit(service="checkout", after_minutes=4, alerts=("HighErrorRate",)),
            Hit(service="web-frontend", after_minutes=5, alerts=("HighLatency",)),
        ),
        title="Nobody could sign in after the certificate rotation",
        summary="Sign-in failed for everyone for 52 minutes in the early morning; open sessions went on working.",
        root_cause="The pods of auth had loaded the old trust bundle at their start and refused certificates that the "
        "new authority signed. The rotation did not restart them.",
        resolution="All pods of auth were restarted and loaded the new bundle.",
        lessons="Trust bundles are read again when they change, and a rotation begins on one service in staging.",
    ),
    Outage(
        days_ago=52, hour=2, minute=20, lasted_minutes=66, kind="infrastructure", cause_minutes=11,
        author="platform-bot",
        cause="Replace the primary node of orders-db during the maintenance window",
        hits=(
            Hit(service="orders-db", after_minutes=0, alerts=("TargetDown", "ReplicationLag")),
            Hit(service="orders", after_minutes=1, alerts=("HighErrorRate", "SlowQueries", "QueueBacklog")),
            Hit(service="inventory", after_minutes=2, alerts=("SlowQueries", "PodCrashLooping")),
            Hit(service="payment-service", after_minutes=4, alerts=("ConnectionPoolExhausted",)),
        ),
        title="The failover of orders-db took an hour instead of a minute",
        summary="Orders could not be written for 66 minutes at night; 1,900 of them were replayed from the queue.",
        root_cause="The replica was 40 minutes behind because of a long report query, so the failover waited for it to "
        "catch up while the old primary was already gone.",
        resolution="The report was cancelled, the replica caught up and was promoted; the services reconnected.",
        lessons="A failover is refused while the replica lags over 30 seconds; reports run on a replica of their own.",
    ),
    Outage(
        days_ago=67, hour=16, minute=45, lasted_minutes=187, kind="feature_flag", cause_minutes=15,
        author="lena.brandt",
        cause="Turn on daily digest e-mails for all customers",
        hits=(
            Hit(service="notifications", after_minutes=0, alerts=("QueueBacklog", "CPUThrottling")),
            Hit(service="user-profile", after_minutes=10, alerts=("SlowQueries", "HighMemoryUsage")),
            Hit(service="orders", after_minutes=25, alerts=("QueueBacklog",)),
        ),
        title="Order confirmations were three hours late",
        summary="E-mails and push messages waited up to three hours, order confirmations among them.",
        root_cause="The flag put a digest for every customer into the same queue as order confirmations, 2.3 million "
        "messages at once.",
        resolution="The flag was turned off, the digests were removed from the queue and workers were doubled.",
        lessons="Bulk and transactional messages have separate queues; flags for all customers are raised in steps.",
    ),
    Outage(
        days_ago=81, hour=11, minute=5, lasted_minutes=43, kind="config", cause_minutes=3, author="tomas.ek",
        cause="Apply the per-client rate limit to the api-gateway",
        hits=(
            Hit(service="api-gateway", after_minutes=0, alerts=("HighErrorRate", "CPUThrottling")),
            Hit(service="web-frontend", after_minutes=2, alerts=("HighLatency",)),
            Hit(service="recommendations", after_minutes=6, alerts=("HighLatency",)),
        ),
        title="The rate limiter turned good traffic away",
        summary="A third of all requests were answered with 429 for 43 minutes.",
        root_cause="The limit counted by address, and office proxies and mobile carriers put thousands of "
        "customers behind one address.",
        resolution="The rule was removed; later it came back counting by client id.",
        lessons="New limits run in report-only mode for a day before they reject anything.",
    ),
)  # fmt: skip
