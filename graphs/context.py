"""What a node is given: the run's actor, tools, brain and clock. Passed as `context=`, never stored."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from agents.brain import Brain, Gathered, Offer, Question
from graphs.events import Event
from tools.call import Door
from tools.spec import ToolContext

Emit: TypeAlias = Callable[[Event], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One run's. `results` holds what the run gathered, by execution id: the state keeps only the ids.

    `preview`: queries are shown to the person before they run.
    `notes` are said with the answer: what became of a change that waited when this question came.
    """

    question: Question
    brain: Brain
    door: Door
    tools: ToolContext
    offer: Offer
    emit: Emit
    preview: bool = False
    notes: tuple[str, ...] = ()
    results: dict[str, Gathered] = field(default_factory=dict[str, Gathered])
