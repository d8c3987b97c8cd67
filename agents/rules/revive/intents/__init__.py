"""What can be asked of revive, as one table: what belongs to AIOps, then what belongs to Grafana."""

from agents.rules.revive.intents import (
    alerting,
    dashboards,
    grafana,
    platform,
    questions,
    runbooks,
    sift,
    translations,
)
from agents.rules.revive.intents.shape import Intent

INTENTS: tuple[Intent, ...] = (
    *runbooks.INTENTS,
    *platform.INTENTS,
    *dashboards.INTENTS,
    *alerting.INTENTS,
    *grafana.INTENTS,
    *sift.INTENTS,
    *translations.INTENTS,
    *questions.INTENTS,
)
BY_NAME = {intent.name: intent for intent in INTENTS}
