"""Questions that nothing here can answer, some for want of a source, with words of the reply; and mere talk."""

from dataclasses import dataclass

NO_METRICS = "No metrics source is connected"
UNMEASURED = "No metrics are connected: set MCP_GRAFANA_URL to an mcp-grafana, or PROMETHEUS_URL to a Prometheus."
NO_LOGS = "No logs are connected: set MCP_GRAFANA_URL to an mcp-grafana, or LOKI_URL to a Loki."
METRICS, AT_AN_ALERT = ("query_metrics",), ("query_alerts_history", "query_metrics")
HEALTH, LOGS, INCIDENT_LOGS = ("get_application_health",), ("query_logs",), ("query_incidents", "query_logs")
READS_ONLY = "Inquiry only reads"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Questions of one meaning that get an honest no, in which `said` stands; `tools` are asked for it and have no
    source to ask, in `calls` calls, one of each unless it says otherwise."""

    name: str
    said: str
    asked: tuple[str, ...]
    tools: tuple[str, ...] = ()
    calls: int = 0


GROUPS = (
    Unanswered(
        name="average response time",
        said=NO_METRICS,
        tools=METRICS,
        asked=(
            "What's the average response time for service checkout?",
            "What's the average response time for checkout?",
            "how slow is checkout on average",
            "avg response time checkout",
            "mean latency of checkout?",
            "how quickly does checkout respond on average?",
            "average latency for the checkout service please",
            "how long does checkout take to respond on average?",
            "response time of checkout, typically?",
            "typical response times of the checkout service?",
            "checkout mean response time?",
        ),
    ),
    Unanswered(
        name="memory usage",
        said=NO_METRICS,
        tools=METRICS,
        asked=(
            "Show me memory usage for the last week",
            "memory usage last week",
            "how much memory did we use over the last week?",
            "RAM usage past 7 days",
            "can you show me last week's memory consumption",
            "mem usage for the last week pls",
            "how has memory utilisation looked over the last week?",
            "how much RAM have we been using this past week?",
        ),
    ),
    Unanswered(
        name="error rates compared",
        said=NO_METRICS,
        tools=METRICS,
        calls=2,
        asked=(
            "Compare error rates between production and staging",
            "error rate prod vs staging",
            "is the error rate higher in production than in staging?",
            "production vs. staging error rates",
            "how do error rates in prod and staging compare?",
            "staging and prod error rates side by side please",
            "what's the difference in error rate between staging and production",
            "show error rates for prod and staging next to each other",
        ),
    ),
    Unanswered(
        name="CPU usage",
        said=NO_METRICS,
        tools=METRICS,
        asked=(
            "CPU usage for app checkout in last hour",
            "cpu of checkout last hour",
            "how much CPU did checkout burn in the last hour?",
            "checkout cpu utilisation past hour",
            "show CPU load for checkout, last 60 minutes",
            "what was checkout's cpu like over the last hour?",
        ),
    ),
    Unanswered(
        name="other metrics",
        said=NO_METRICS,
        tools=METRICS,
        asked=(
            "p95 latency of checkout over the last hour",
            "how much memory is search using",
            "CPU trends for search",
        ),
    ),
    Unanswered(
        name="a metric at an alert",
        said=NO_METRICS,
        tools=AT_AN_ALERT,
        asked=("error rate of checkout when the alert fired",),
    ),
    Unanswered(
        name="errors in logs",
        said=NO_LOGS,
        tools=LOGS,
        asked=(
            "Find all errors containing 'database timeout'",
            'grep the logs for "database timeout"',
            "any log lines with 'database timeout'?",
            "show errors that mention 'database timeout'",
            "search the logs for database timeout",
            "where do we see 'database timeout' errors?",
            "look for 'database timeout' in the error logs",
            "pls grep 'database timeout' in logs",
        ),
    ),
    Unanswered(
        name="last log entries",
        said=NO_LOGS,
        tools=LOGS,
        asked=(
            "Show me the last 100 log entries for pod checkout-3",
            "tail the logs of checkout-3",
            "last 100 log lines of pod checkout-3",
            "tail -n 100 checkout-3",
            "give me the most recent 100 log lines from the checkout-3 pod",
            "logs of checkout-3 please, last hundred lines",
            "kubectl logs checkout-3 --tail=100",
            "what did pod checkout-3 log most recently?",
            "need the final 100 lines of checkout-3's logs",
            "show me the newest 100 log lines of checkout-3",
        ),
    ),
    Unanswered(
        name="logs of the incident",
        said=NO_LOGS,
        tools=INCIDENT_LOGS,
        asked=(
            "What were the logs during the incident?",
            "show me the logs from during the incident",
            "what did the logs say during the incident?",
            "log output while the incident was going on",
            "logs for the incident window pls",
            "anything in the logs at the time of the incident?",
            "can I see what was logged during the incident",
            "what do the logs from the incident say?",
        ),
    ),
    Unanswered(
        name="uptime",
        said=UNMEASURED,
        tools=HEALTH,
        asked=(
            "What's the uptime for app checkout this month?",
            "What's the uptime for checkout this month?",
            "checkout uptime this month",
            "how much of this month was checkout up?",
            "what percentage of the time has checkout been available this month?",
            "availability of checkout this month so far",
            "uptime % for checkout, month to date",
            "how many nines did checkout manage this month?",
            "what percent of this month was checkout reachable?",
            "can you tell me how available checkout has been this month?",
        ),
    ),
    Unanswered(
        name="objectives",
        said=UNMEASURED,
        tools=HEALTH,
        asked=(
            "Show me SLO compliance",
            "are we meeting our SLOs?",
            "SLO status",
            "how are we doing against our SLOs?",
            "are any of our service level objectives breached?",
            "slo compliance report please",
            "which services are missing their SLO?",
            "how's our SLO attainment looking?",
            "is any service out of SLO?",
        ),
    ),
    Unanswered(
        name="error budget",
        said=UNMEASURED,
        tools=HEALTH,
        asked=("error budget left for checkout?",),
    ),
    Unanswered(
        name="dashboard",
        said=READS_ONLY,
        asked=(
            "Create a dashboard for the checkout service",
            "make me a dashboard for checkout",
            "build a checkout dashboard",
            "can you set up a dashboard for the checkout service?",
            "new dashboard for checkout please",
            "I need a dashboard for checkout",
            "please create a Grafana dashboard for checkout",
            "add a dashboard for checkout",
            "set up a new dashboard showing checkout",
            "please add a checkout dashboard",
        ),
    ),
    Unanswered(
        name="deeds",
        said=READS_ONLY,
        asked=(
            "restart checkout",
            "silence all alerts on search",
        ),
    ),
    Unanswered(
        name="similar incidents",
        said="postmortems can be searched",
        asked=("similar incidents to INC-12",),
    ),
    Unanswered(
        name="incidents by time of day",
        said="cannot be added up by time of day",
        asked=("when do most incidents happen",),
    ),
    Unanswered(
        name="alerts that lasted long",
        said="incidents can",
        asked=("how many alerts lasted more than 10 minutes",),
    ),
    Unanswered(
        name="incidents that were brief",
        said="those that lasted longer than a time can",
        asked=("incidents shorter than 10 minutes", "how many incidents lasted less than 10 minutes last week"),
    ),
    Unanswered(
        name="on call",
        said="No on-call schedule",
        asked=("who is on call?",),
    ),
)
USERS = (
    "How many users were impacted?",
    "how many customers did the Jan 10 outage affect",
    "how many people were hit by the outage on January 10?",
    "how much money did we lose in the outage",
)
NOBODY = (
    ("how many alerts on billing-service last week?", "billing-service"),
    ("alerts for billing-service last week", "billing-service"),
    ("is billing healthy?", "billing"),
    ("MTTR for warehouse-sync", "warehouse-sync"),
    ("why was billing-service down on Jan 10", "billing-service"),
)
TALK = ("hello", "good morning!", "thanks, that's all", "who are you?", "what can you do?")
