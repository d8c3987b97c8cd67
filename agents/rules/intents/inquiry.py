"""Everything that can be asked about the past, in the order that decides between intents of equal weight."""

from agents.rules.intents import (
    alerts,
    anomalies,
    conversation,
    health,
    incidents,
    knowledge,
    logs,
    metrics,
    optimise,
    resolution,
    stories,
)

INTENTS = (
    *alerts.INTENTS,
    *incidents.INTENTS,
    *resolution.INTENTS,
    *stories.INTENTS,
    *health.INTENTS,
    *logs.INTENTS,
    *anomalies.INTENTS,
    *metrics.INTENTS,
    *optimise.INTENTS,
    *knowledge.INTENTS,
    *conversation.INTENTS,
)
