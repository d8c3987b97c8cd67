"""Models that stand in for each other: within one run the next one is asked when one gives nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.model.asking import ModelFailed, ask

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk, BaseMessage

    from agents.brain import Emit

NOBODY = "no model can be asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """What came of one request: how long it took, what it cost, and "" or why there was no answer."""

    seconds: float
    tokens_in: int = 0
    tokens_out: int = 0
    error: str = ""


def forget(_experience: Experience) -> None:
    """Keeps nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model that may be asked; `heed` is told what came of it each time. `deadline_seconds` bounds each reply."""

    name: str
    model: BaseChatModel
    deadline_seconds: float
    heed: Callable[[Experience], None] = forget

    async def ask(
        self, messages: Sequence[BaseMessage], schemas: Sequence[dict[str, Any]], emit: Emit | None
    ) -> AIMessageChunk:
        """Raises ModelFailed."""
        model = self.model.bind_tools(schemas) if schemas else self.model
        started = time.perf_counter()
        try:
            reply = await ask(model, messages, self.deadline_seconds, emit)
        except ModelFailed as failed:
            self.heed(Experience(seconds=time.perf_counter() - started, error=str(failed)))
            raise
        used = reply.usage_metadata
        self.heed(
            Experience(
                seconds=time.perf_counter() - started,
                tokens_in=used["input_tokens"] if used else 0,
                tokens_out=used["output_tokens"] if used else 0,
            )
        )
        return reply


class Succession:
    """The models of one run, in the order in which they are asked. `passed` says which gave nothing, and why: none of
    them is asked again in this run."""

    def __init__(self, candidates: Sequence[Candidate], passed: Sequence[str] = ()) -> None:
        self._left = list(candidates)
        self.passed = list(passed)

    @property
    def names(self) -> tuple[str, ...]:
        """Those that can still be asked."""
        return tuple(each.name for each in self._left)

    async def ask(
        self, messages: Sequence[BaseMessage], schemas: Sequence[dict[str, Any]], emit: Emit | None
    ) -> AIMessageChunk:
        """The reply of the first that gives one. Raises ModelFailed when none does, or when one has broken off in the
        middle of what the person hears."""
        while self._left:
            heard = Ear(emit)
            candidate = self._left[0]
            try:
                return await candidate.ask(messages, schemas, heard.emit if emit else None)
            except ModelFailed as failed:
                if heard.anything or len(self._left) == 1:
                    raise
                self._left.pop(0)
                self.passed.append(f"{candidate.name} ({failed})")
        raise ModelFailed(NOBODY)


@dataclass(slots=True)
class Ear:
    """Passes on what is said, and remembers whether anything was."""

    to: Emit | None
    anything: bool = False

    async def emit(self, text: str) -> None:
        self.anything = True
        if self.to:
            await self.to(text)
