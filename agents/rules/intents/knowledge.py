"""What can be asked about what is written down: runbooks, guides and postmortems for a symptom or an alert."""

from agents.rules.intents.shape import Intent, Step
from agents.rules.writers import knowledge

INTENTS = (
    Intent(
        name="knowledge",
        cues=("knowledge",),
        also="alert alert_named service_named list count fired cause trouble incident metric log measured faint error "
        "when newest topic mttr change impact health slo firing saving timeline",
        about="what is written down{scope}",
        steps=(
            Step(
                tool="search_knowledge",
                takes=("query=looked_up", "limit=few"),
                fixed={"limit": 3},
                holds=("service", "alert_name", "status", "severity"),
            ),
        ),
        default=None,
        searches=True,
        keeps_alerts=True,
        write=knowledge.known,
        next=("Have we seen this before?", "Open incidents{on}"),
        examples=("Is there a runbook for disk full?",),
    ),
)
