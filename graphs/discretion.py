"""Discretion: what a brain says holds no secret and no end of data, nor do the state, the record and the stream."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from agents import parts
from agents.answer import Answer, from_json
from agents.brain import Brain, Call, Emit, Gathered, Offer, Question, Understanding
from domain.masking import mask, mask_text, masked_json
from graphs.asking import Ask
from tools.spec import ToolResult


@dataclass(frozen=True, slots=True)
class Discreet:
    """A brain whose every word is looked through, and every part of its answers bounded, before anything is done with
    them."""

    brain: Brain

    @property
    def name(self) -> Literal["rules", "model"]:
        return self.brain.name

    async def understand(self, question: Question) -> Understanding:
        understood = await self.brain.understand(question)
        told = asdict(understood)
        masked, _ = masked_json(told)
        return understood if masked is told else Understanding(**masked)

    async def plan(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], offer: Offer
    ) -> Sequence[Call]:
        return [
            replace(call, arguments=mask(dict(call.arguments)), label=mask_text(call.label))
            for call in await self.brain.plan(question, understood, gathered, offer)
        ]

    def parts(self, question: Question, understood: Understanding) -> Sequence[str]:
        return self.brain.parts(question, understood)

    def diagnose(self, question: Question, gathered: Sequence[Gathered]) -> dict[str, Any]:
        return mask(self.brain.diagnose(question, gathered))

    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer:
        written = await self.brain.write(question, understood, gathered, emit)
        kept = replace(written, parts=tuple(map(parts.bounded, written.parts)))
        told = kept.as_json()
        masked, _ = masked_json(told)
        return kept if masked is told else from_json(masked)


def asked(ask: Ask) -> Ask:
    """What a person asked and marked, without the secrets in it: no brain reads them, so none can repeat them."""
    return replace(
        ask,
        text=mask_text(ask.text),
        services=tuple(map(mask_text, ask.services)),
        selected=tuple(map(mask_text, ask.selected)),
        page=mask_text(ask.page),
    )


def told(result: ToolResult) -> ToolResult:
    """A result whose query, cuts and error hold no secret; its data were masked at the door."""
    return replace(
        result,
        query=mask_text(result.query),
        cut=result.cut and mask_text(result.cut),
        error=result.error and mask_text(result.error),
    )
