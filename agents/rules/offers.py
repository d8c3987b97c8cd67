"""Questions to suggest: made from the table's own examples and from names that the database really holds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from string import Formatter

from agents.rules import describe, phrases
from agents.rules.intents.shape import Intent
from agents.rules.slots import Slots
from agents.rules.times import Unit
from domain.names import Names

AFTER_NOTHING = (
    "And the {unit} before?",
    "Is {service} healthy right now?",
    "How many alerts fired{on} last month?",
    "Open incidents{on}",
    "What is firing right now?",
)
MOST_FOLLOW_UPS, MOST_FIRST = 4, 8


def fill(templates: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """The templates whose every placeholder has a value, filled, each once."""
    fillable = [template for template in templates if placeholders(template) <= values.keys()]
    return tuple(dict.fromkeys(phrases.capital(template.format(**values)) for template in fillable))


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def follow_ups(intent: Intent, slots: Slots, raised: Sequence[str] = ()) -> tuple[str, ...]:
    """Two to four questions to go on with, those that the findings raised first."""
    return tuple(dict.fromkeys((*raised, *fill(intent.next, values(slots)))))[:MOST_FOLLOW_UPS]


def after_nothing(slots: Slots) -> tuple[str, ...]:
    """What to ask when there was nothing to find."""
    return fill(AFTER_NOTHING, values(slots))[:MOST_FOLLOW_UPS]


def instead(intent: Intent, slots: Slots, names: Names) -> tuple[str, ...]:
    """What can be asked in place of what nothing here answers: of the service named, else of the first known."""
    known = {"service": names.services[0]} if names.services else {}
    return fill(intent.next, known | values(slots))[:MOST_FOLLOW_UPS]


def values(slots: Slots) -> dict[str, str]:
    """What the placeholders stand for; one without a sensible value is absent."""
    found = {"on": describe.scope(replace(slots, others=())), "to": ""}
    if len(slots.services) == 1:
        found |= {"service": slots.services[0], "to": f" to {slots.services[0]}"}
    if slots.period and slots.period.unit is not Unit.SPAN and not slots.period.why:
        found["unit"] = slots.period.unit.value
    if not slots.by:
        found["by_pod"] = "by pod"
    if not slots.severities:
        found["severity"] = "critical"
    return found | {f"by_{unit}": f"by {unit}" for unit in ("hour", "month", "service") if unit != slots.grouping}


def first_questions(intents: Sequence[Intent], names: Names, most: int = MOST_FIRST) -> tuple[str, ...]:
    """Questions to begin with; those about a service name the first one the database holds."""
    known = {"service": names.services[0]} if names.services else {}
    one_each = [fill(intent.examples, known)[:1] for intent in intents if intent.examples]
    return tuple(question for questions in one_each for question in questions)[:most]


def nearest(intents: Sequence[Intent], concepts: Sequence[str], names: Names) -> tuple[str, ...]:
    """Questions that share most with what was not understood, then the usual ones."""
    said = set(concepts)
    closeness = {intent.name: len(said & set(" ".join((*intent.cues, intent.also)).split())) for intent in intents}
    ordered = sorted(intents, key=lambda intent: -closeness[intent.name])
    return first_questions(ordered, names, MOST_FOLLOW_UPS)
