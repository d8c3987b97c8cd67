"""Whether something is, or was, healthy: by alerts, incidents and measurements, and whether it keeps its promises."""

from agents.rules.intents.shape import ALERT, DAY, INCIDENT, WEEK, Intent, Step
from agents.rules.intents.steps import HISTORY, INCIDENTS, OPEN_ALERTS
from agents.rules.splits import HEALTH, by_application, by_promise
from agents.rules.writers import health, objectives

HELD = ("service", "severity", "alert_name", "status", "longer_than_seconds")
MEASURED = Step(tool=HEALTH, takes=("application=one_service", "time_range"), holds=HELD, split=by_application)

INTENTS = (
    Intent(
        name="health_past",
        cues=("health period !timeline", "trouble period !timeline"),
        also="service alert list count rank trouble health",
        about="health by {kind}alerts, incidents and metrics{scope}",
        steps=(
            Step(tool=HISTORY.tool, takes=ALERT, fixed={"limit": 50}, holds=("status",)),
            Step(tool=INCIDENTS.tool, takes=INCIDENT, fixed={"limit": 10}, holds=("status",)),
            MEASURED,
        ),
        default=DAY,
        write=health.past,
        next=("And the {unit} before?", "Why?", "What was deployed{to} then?", "Is {service} healthy right now?"),
        examples=("Was {service} healthy yesterday?",),
    ),
    Intent(
        name="health_now",
        cues=("health", "trouble"),
        also="now service alert list count trouble health",
        about="health now by open {kind}alerts, incidents and metrics{scope}",
        steps=(
            OPEN_ALERTS,
            Step(
                tool=INCIDENTS.tool,
                takes=("service", "severity", "alert_name", "environment", "team"),
                fixed={"status": "open", "limit": 10},
                holds=("status",),
            ),
            MEASURED,
        ),
        default=None,
        write=health.now,
        next=(
            "Was {service} healthy yesterday?",
            "What was deployed{to} today?",
            "How many alerts fired{on} in the last 24 hours?",
        ),
        examples=("Is {service} healthy right now?",),
    ),
    Intent(
        name="objectives",
        cues=("slo", "portion health"),
        also="list health metric rank compare trend count service now trouble alert more length",
        about="uptime and objectives{scope}",
        steps=(Step(tool=HEALTH, takes=MEASURED.takes, holds=HELD, split=by_promise),),
        default=WEEK,
        write=objectives.promises,
        next=("And the {unit} before?", "Is {service} healthy right now?", "Open incidents{on}", "MTTR{on} last month"),
        examples=("SLO compliance of {service} last week",),
    ),
)
