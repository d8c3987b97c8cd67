"""The calls that several intents make."""

from agents.rules.intents.shape import ALERT, INCIDENT, Step

HISTORY = Step(tool="query_alerts_history", takes=(*ALERT, "status", "limit"), fixed={"limit": 20})
INCIDENTS = Step(
    tool="query_incidents",
    takes=(*INCIDENT, "status=incident_status", "longer_than_seconds", "limit"),
    fixed={"order": "newest", "limit": 50},
)
OPEN_ALERTS = Step(
    tool="query_alerts_history",
    takes=tuple(name for name in ALERT if name != "time_range"),
    fixed={"status": "firing", "limit": 100},
    holds=("status",),
)
