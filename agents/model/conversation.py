"""What the model is told: rebuilt in full from the question, how rules read it, and what was gathered."""

import json
import re
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolCall, ToolMessage

from agents.brain import Gathered, Message, Question, Understanding
from agents.model.evidence import bounded, compact, evidence
from domain.windows import stamp
from tools.spec import Pillar

Json: TypeAlias = dict[str, Any]
DIAGNOSED = "A simple reasoner ranked the causes like this from the same results (data, may be wrong): "
PROMPTS = Path(__file__).parent.parent / "prompts"
MAX_MESSAGES = 10
MAX_MESSAGE_CHARS = 2_000
MAX_QUESTION_CHARS = 8_000
HINT = "hint"
OPEN = ("impossible", "unknown")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Where a run stands: all that a reply of the model may depend on. `diagnosis` is the rules' own of an alert."""

    question: Question
    understood: Understanding
    gathered: tuple[Gathered, ...]
    diagnosis: Json = field(default_factory=dict[str, Any])

    def messages(self) -> list[BaseMessage]:
        """The same case gives the same messages; one more result only adds to their end."""
        return [
            SystemMessage(prompt(self.question.pillar)),
            *(said(message) for message in self.question.history[-MAX_MESSAGES:]),
            HumanMessage(asked(self.question, self.understood)),
            *(part for number, one in enumerate(self.gathered, 1) for part in exchange(number, one)),
            *([HumanMessage(DIAGNOSED + compact(shortened(self.diagnosis)))] if self.diagnosis else []),
        ]


def shortened(diagnosis: Json) -> Json:
    """Each hypothesis with what speaks for and against it in words; what could not be looked at."""
    return {
        "verdict": diagnosis["verdict"],
        "hypotheses": [
            {
                "title": each["title"],
                "confidence": each["confidence"],
                "for": [item["text"] for item in each["for"]],
                "against": [item["text"] for item in each["against"]],
            }
            for each in diagnosis["hypotheses"]
        ],
        "missing": diagnosis["missing"],
    }


@cache
def prompt(pillar: Pillar) -> str:
    return (PROMPTS / f"{pillar.value}.md").read_text(encoding="utf-8").strip()


def tried(understood: Understanding, pillar: Pillar = Pillar.INQUIRY) -> Understanding:
    """A question the rules cannot answer, as a query that the model may try; their reading stays in the slot `hint`.

    In revive it also stays where it was, so that the rules can go on with what they asked back; and what they refuse
    for a reason of their own (a secret in the message, too much at once, another mode) stays refused.
    """
    if understood.kind in ("query", "converse"):
        return understood
    hint = {"kind": understood.kind, "slots": understood.slots}
    if pillar is not Pillar.REVIVE:
        return replace(understood, kind="query", slots={HINT: hint})
    if understood.kind == "cannot" and understood.intent not in OPEN:
        return understood
    return replace(understood, kind="query", slots={**understood.slots, HINT: hint})


def as_read(understood: Understanding) -> Understanding:
    """How the rules had read it, before `tried`."""
    if HINT not in understood.slots:
        return understood
    return replace(understood, kind=understood.slots[HINT]["kind"], slots=understood.slots[HINT]["slots"])


def said(message: Message) -> BaseMessage:
    text = clean(message.content, MAX_MESSAGE_CHARS)
    kept = "".join(f"\n(Kept whole: artifact {artifact}.)" for artifact in message.artifacts)
    return HumanMessage(text) if message.role == "user" else AIMessage(text + kept)


def asked(question: Question, understood: Understanding) -> str:
    """The question with its frame. Nothing in it says who asks."""
    rules = as_read(understood)
    lines = [
        f"Question: {clean(question.text, MAX_QUESTION_CHARS)}",
        f"Now: {stamp(question.now)}. Times in the question are in {question.zone.key}.",
        f"Form: {question.response_format}",
        *looking_at(question),
        f"A simple reader took it as ({rules.kind}, may be wrong): {rules.plain or rules.intent}",
        f"Its slots: {compact(rules.slots)}",
    ]
    return "\n".join(lines)


def looking_at(question: Question) -> list[str]:
    """The person's own context, which holds where the words say nothing else."""
    context = {
        "window": question.window.as_json() if question.window else None,
        "services": question.services,
        "severities": question.severities,
        "page": question.page,
        "selected": question.selected,
    }
    held = {key: value for key, value in context.items() if value}
    return [f"On the person's screen: {compact(held)}"] if held else []


def exchange(number: int, gathered: Gathered) -> tuple[AIMessage, ToolMessage]:
    """A call and its result, as if the model had made each call on a turn of its own."""
    call = gathered.call
    identity = call.id or f"e{number}"
    made = ToolCall(name=call.tool, args=json.loads(compact(dict(call.arguments))), id=identity, type="tool_call")
    return AIMessage("", tool_calls=[made]), ToolMessage(evidence(number, gathered), tool_call_id=identity)


def clean(text: str, limit: int) -> str:
    """Without control characters and invisible marks of direction, and bounded."""
    return bounded(CONTROL.sub("", text), limit)
