"""Whether something is, or was, healthy: as far as alerts and incidents show."""

from agents.rules.intents.shape import ALERT, DAY, INCIDENT, Intent, Step
from agents.rules.intents.steps import HISTORY, INCIDENTS, OPEN_ALERTS
from agents.rules.writers import health

INTENTS = (
    Intent(
        name="health_past",
        cues=("health period !timeline", "trouble period !timeline"),
        also="service alert list count rank trouble health",
        about="health by {kind}alerts and incidents{scope}",
        steps=(
            Step(tool=HISTORY.tool, takes=ALERT, fixed={"limit": 50}, holds=("status",)),
            Step(tool=INCIDENTS.tool, takes=INCIDENT, fixed={"limit": 10}, holds=("status",)),
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
        about="health now by open {kind}alerts and incidents{scope}",
        steps=(
            OPEN_ALERTS,
            Step(
                tool=INCIDENTS.tool,
                takes=("service", "severity", "alert_name", "environment", "team"),
                fixed={"status": "open", "limit": 10},
                holds=("status",),
            ),
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
)
