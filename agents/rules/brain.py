"""The rules brain: reads questions with a lexicon and a table of intents, and needs no language model."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from agents.answer import Answer
from agents.brain import Call, Emit, Gathered, Offer, Question, Understanding
from agents.rules import describe, index, lexicon, offers, plan, write
from agents.rules.intents import choose, inquiry
from agents.rules.intents.shape import Intent
from agents.rules.revive import brain as revive
from agents.rules.slots import Slots, from_json
from agents.rules.troubleshooting import brain as troubleshooting
from agents.rules.troubleshooting import playbooks
from agents.rules.troubleshooting.playbooks import Shelf
from agents.rules.understand import Mind, understand
from domain.names import Names
from tools.spec import Pillar

Json: TypeAlias = dict[str, Any]


class RulesBrain:
    """The same question, names, data and clock give the same bytes. Holds the lexicon, and the names of one version."""

    name: Literal["rules"] = "rules"

    def __init__(self, intents: tuple[Intent, ...] = inquiry.INTENTS, shelf: Shelf | None = None) -> None:
        words = lexicon.load()
        self._shelf = shelf or playbooks.load()
        self._by_name = {intent.name: intent for intent in intents}
        self._mind = Mind(
            lexicon=words,
            intents=intents,
            chooser=choose.chooser(intents, words.concepts),
            index=index.build(Names(), words.words.generic),
        )

    async def understand(self, question: Question) -> Understanding:
        mind = self._mind_of(question.names)
        if question.pillar is Pillar.REVIVE:
            return revive.understand(question, mind.lexicon, mind.index)
        if question.pillar is Pillar.TROUBLESHOOTING:
            return troubleshooting.understand(question, mind.lexicon, mind.index)
        return understand(question, mind)

    async def plan(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], offer: Offer
    ) -> Sequence[Call]:
        if question.pillar is Pillar.REVIVE:
            return revive.plan(question, understood, gathered, offer)
        if question.pillar is Pillar.TROUBLESHOOTING:
            return troubleshooting.plan(question, understood, gathered, self._shelf)
        intent = self._by_name.get(understood.intent)
        if intent is None or understood.kind != "query":
            return ()
        slots = from_json(understood.slots) or Slots()
        return plan.calls(intent, describe.facts(intent, slots, question, gathered), offer)

    def parts(self, question: Question, understood: Understanding) -> Sequence[str]:
        return troubleshooting.parts(question, understood)

    def diagnose(self, question: Question, gathered: Sequence[Gathered]) -> Json:
        return troubleshooting.diagnosed(question, gathered, self._shelf)

    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer:
        if question.pillar is Pillar.REVIVE:
            return await revive.write(question, understood, gathered, emit)
        if question.pillar is Pillar.TROUBLESHOOTING:
            return await troubleshooting.write(question, understood, gathered, emit, self._shelf)
        intent = self._by_name.get(understood.intent)
        if intent is None or understood.kind != "query":
            return await write.reply(understood, emit)
        return await write.write(intent, question, understood, gathered, emit)

    def _mind_of(self, names: Names) -> Mind:
        """The mind that knows these names; they are indexed anew only when they changed."""
        if names.version != self._mind.index.version:
            self._mind = replace(self._mind, index=index.build(names, self._mind.lexicon.words.generic))
        return self._mind


def suggestions(names: Names) -> tuple[str, ...]:
    """Questions to begin with, about services the database really holds."""
    return offers.first_questions(inquiry.INTENTS, names)
