"""Everything that can be asked about the past, in the order that decides between intents of equal weight."""

from agents.rules.intents import alerts, conversation, health, incidents, resolution, stories

INTENTS = (
    *alerts.INTENTS,
    *incidents.INTENTS,
    *resolution.INTENTS,
    *stories.INTENTS,
    *health.INTENTS,
    *conversation.INTENTS,
)
