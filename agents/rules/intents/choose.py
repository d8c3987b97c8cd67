"""Chooses the intent whose cue weighs most among those a question fulfils."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.rules.intents.shape import Intent
from agents.rules.lexicon import Concept
from agents.rules.slots import Slots

TIME_GROUPINGS = frozenset(("hour", "day", "week", "month", "quarter"))

# What the slots themselves say, beside the words: each weighs this much in a cue.
DERIVED = {
    "service_named": 1, "alert_named": 2, "period": 1, "numbered": 6, "topic": 1, "bucketed": 2, "grouped": 2,
    "services2": 2, "environments2": 2, "severities2": 2, "periods2": 2, "limited": 1, "lasting": 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue of an intent: what it needs, what it forbids, and what adds to its weight when it is there."""

    intent: Intent
    needs: frozenset[str]
    forbids: frozenset[str]
    also: frozenset[str]

    def fits(self, present: frozenset[str]) -> bool:
        return self.needs <= present and not self.forbids & present


@dataclass(frozen=True, slots=True)
class Chooser:
    """Every cue of a table in its order, the weight of each concept, and which concepts are subjects of a question."""

    cues: tuple[Cue, ...]
    weights: Mapping[str, int]
    subjects: frozenset[str]

    def choose(self, slots: Slots) -> Intent | None:
        """The intent of the heaviest cue that fits, the earlier of equal ones; None when none fits.

        A severity without a subject is one of alerts: "criticals on checkout".
        """
        present = frozenset(slots.concepts) | derived(slots)
        if slots.severities and not present & self.subjects:
            present |= {"alert"}
        fitting = [cue for cue in self.cues if cue.fits(present)]
        return max(fitting, key=lambda cue: self.weight(cue, present)).intent if fitting else None

    def weight(self, cue: Cue, present: frozenset[str]) -> int:
        return sum(self.weights[concept] for concept in cue.needs | (cue.also & present))


def chooser(intents: Sequence[Intent], concepts: Mapping[str, Concept]) -> Chooser:
    """The chooser of a table.

    Raises:
        KeyError: a cue names a concept that neither the lexicon nor the slots have.
    """
    weights = DERIVED | {name: concept.weight for name, concept in concepts.items()}
    subjects = frozenset(name for name, concept in concepts.items() if concept.group == "subject")
    return Chooser(tuple(cue(intent, text, weights) for intent in intents for text in intent.cues), weights, subjects)


def cue(intent: Intent, text: str, weights: Mapping[str, int]) -> Cue:
    words = text.split()
    needs = frozenset(word for word in words if word[0] != "!")
    forbids = frozenset(word[1:] for word in words if word[0] == "!")
    also = frozenset(intent.also.split())
    unknown = (needs | forbids | also) - weights.keys()
    if unknown:
        raise KeyError(f"intent {intent.name}: no concept called {sorted(unknown)}")
    return Cue(intent, needs, forbids, also)


def derived(slots: Slots) -> set[str]:
    """The concepts that filled slots stand for; a named alert makes the question one of alerts."""
    found = {
        "service_named": slots.services,
        "alert_named": slots.alerts,
        "alert": slots.alerts,
        "period": slots.periods,
        "numbered": slots.incident,
        "topic": slots.topic,
        "limited": slots.limit,
        "lasting": slots.longer_than,
        "bucketed": slots.grouping in TIME_GROUPINGS,
        "grouped": slots.grouping and slots.grouping not in TIME_GROUPINGS,
        "services2": len(slots.services) > 1,
        "environments2": len(slots.environments) > 1,
        "severities2": len(slots.severities) == 2,
        "periods2": len(slots.periods) > 1,
        "open": slots.status == "firing",
    }
    return {name for name, is_there in found.items() if is_there}
