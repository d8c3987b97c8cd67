"""Questions that nothing here can answer, with words of the honest reply, and talk that is no question."""

NO_METRICS, NO_LOGS, NO_OBJECTIVES = "No metrics source", "No log source", "objectives are connected"
HONEST = (
    ("What's the average response time for checkout?", NO_METRICS),
    ("how slow is checkout on average", NO_METRICS),
    ("p95 latency of checkout over the last hour", NO_METRICS),
    ("Show me memory usage for the last week", NO_METRICS),
    ("how much memory is search using", NO_METRICS),
    ("Compare error rates between production and staging", NO_METRICS),
    ("error rate of checkout when the alert fired", NO_METRICS),
    ("CPU trends for search", NO_METRICS),
    ("Find all errors containing 'database timeout'", NO_LOGS),
    ('grep the logs for "database timeout"', NO_LOGS),
    ("Show me the last 100 log entries for pod checkout-3", NO_LOGS),
    ("tail the logs of checkout-3", NO_LOGS),
    ("What were the logs during the incident?", NO_LOGS),
    ("What's the uptime for checkout this month?", NO_OBJECTIVES),
    ("Show me SLO compliance", NO_OBJECTIVES),
    ("are we meeting our SLOs?", NO_OBJECTIVES),
    ("error budget left for checkout?", NO_OBJECTIVES),
    ("Create a dashboard for the checkout service", "Inquiry only reads"),
    ("restart checkout", "Inquiry only reads"),
    ("silence all alerts on search", "Inquiry only reads"),
    ("similar incidents to INC-12", "postmortems can be searched"),
    ("when do most incidents happen", "cannot be added up by time of day"),
    ("how many alerts lasted more than 10 minutes", "incidents can"),
    ("who is on call?", "No on-call schedule"),
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
