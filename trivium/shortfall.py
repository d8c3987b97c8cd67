"""Shortfall: which MCP servers an answer had to do without, said with it where they could have made a difference."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from agents.answer import Answer
from agents.brain import Brain, Call, Emit, Gathered, Offer, Question, Understanding
from config.settings import Settings
from tools.remote import RemoteTools
from tools.spec import Pillar, ToolResult

ALONE = "No MCP server is connected, so this comes from Trivium's own record alone."


@dataclass(frozen=True, slots=True)
class Candid:
    """A brain whose answers say what they had to do without. `is_alone`: there is no Grafana and no source either."""

    brain: Brain
    remote: RemoteTools
    is_alone: bool

    @property
    def name(self) -> Literal["rules", "model"]:
        return self.brain.name

    async def understand(self, question: Question) -> Understanding:
        return await self.brain.understand(question)

    async def plan(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], offer: Offer
    ) -> Sequence[Call]:
        return await self.brain.plan(question, understood, gathered, offer)

    def parts(self, question: Question, understood: Understanding) -> Sequence[str]:
        return self.brain.parts(question, understood)

    def diagnose(self, question: Question, gathered: Sequence[Gathered]) -> dict[str, Any]:
        return self.brain.diagnose(question, gathered)

    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer:
        written = await self.brain.write(question, understood, gathered, emit)
        missing = self.missing(question.pillar, written, [item.result for item in gathered])
        return replace(written, notes=(*written.notes, *missing)) if missing else written

    def missing(self, pillar: Pillar, written: Answer, results: Sequence[ToolResult]) -> tuple[str, ...]:
        """What could have made another answer: anything when a look-up failed, and for a model, which chooses among
        the tools that there are, every server that was away."""
        failed = {result.source for result in results if result.status == "error"}
        if self.is_alone and not self.remote.has_servers:
            return (ALONE,) if failed and pillar is not Pillar.REVIVE else ()
        away = self.remote.away(pillar)
        felt = away if written.brain == "model" else [name for name in away if f"mcp:{name}" in failed]
        return tuple(f"Tools of the MCP server {name} were away." for name in felt)


def candid(make: Callable[[], Brain], remote: RemoteTools, settings: Settings) -> Callable[[], Brain]:
    is_alone = not any((settings.mcp_grafana_url, settings.prometheus_url, settings.loki_url, settings.tempo_url))
    return lambda: Candid(make(), remote, is_alone)
