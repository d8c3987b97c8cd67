"""What can be asked about the unusual: what in a measure is unlike the same time of other days."""

from agents.rules.intents.shape import DAY, Intent, Step
from agents.rules.splits import by_measure
from agents.rules.writers import anomalies

INTENTS = (
    Intent(
        name="anomalies",
        cues=("anomaly",),
        also="metric measured faint list count service period alert now timeline health trouble error usual compare "
        "trend",
        about="what is unusual{scope}",
        steps=(
            Step(
                tool=anomalies.TOOL,
                takes=("application=one_service", "measure=wish", "time_range"),
                holds=("service", "status"),
                split=by_measure,
            ),
        ),
        default=DAY,
        write=anomalies.found,
        next=("Is {service} healthy right now?", "What was deployed{to} today?", "Errors in the logs of {service}"),
        examples=("Any anomalies in the latency of {service} today?",),
    ),
)
