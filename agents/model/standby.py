"""What the rules give to a run of the model: the whole answer when it failed, else its data and drawings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from agents.answer import Answer, Source, Unknown
from agents.brain import Brain, Call, Emit, Gathered, Offer
from agents.model.conversation import Case, as_read
from agents.model.drawing import drawn
from agents.model.evidence import compact
from agents.model.proposals import of_rules
from domain.windows import stamp

Key: TypeAlias = tuple[str, str, str]


class Standby:
    """The rules' brain within one run. It remembers every call the rules wished for: their writer is used only when
    it has the result of each."""

    def __init__(self, brain: Brain) -> None:
        self._brain = brain
        self._wished: dict[Key, Call] = {}
        self._asked = False

    async def plan(self, case: Case, offer: Offer) -> tuple[Call, ...]:
        """What the rules would ask next and have no result of."""
        rules = as_read(case.understood)
        if rules.kind != "query":
            return ()
        self._asked = True
        calls = await self._brain.plan(case.question, rules, of_rules(case.gathered), offer)
        self._wished |= {key(call): call for call in calls}
        return self._missing(case)

    async def write(self, case: Case, emit: Emit) -> Answer:
        """The rules' answer, with the sources of everything gathered."""
        if self._can_write(case):
            return await self._written(case, emit)
        await emit(summary := without_words(case))
        return replace(bare(case), summary=summary)

    async def report(self, case: Case, emit: Emit) -> Answer:
        """The rules' answer whatever was gathered: in revive they also tell of what was not done."""
        return await self._written(case, emit)

    async def rest(self, case: Case) -> Answer:
        """An answer to put the model's words into: data, parts, timeline, sources, suggestions, what failed."""
        return await self._written(case, silent) if self._can_write(case) else bare(case)

    def _can_write(self, case: Case) -> bool:
        return self._asked and not self._missing(case)

    def _missing(self, case: Case) -> tuple[Call, ...]:
        have = {key(one.call) for one in case.gathered}
        return tuple(call for wished, call in self._wished.items() if wished not in have)

    async def _written(self, case: Case, emit: Emit) -> Answer:
        own = of_rules(case.gathered)
        answer = await self._brain.write(case.question, as_read(case.understood), own, emit)
        others = [one for one in case.gathered if one not in own]
        known = {execution for part in answer.parts for execution in part.executions}
        undrawn = [one for one in case.gathered if str(one.result.execution_id) not in known]
        return replace(
            answer,
            parts=(*answer.parts, *drawn(undrawn)),
            sources=tuple(source(one) for one in case.gathered),
            tools_used=tools_used(case.gathered),
            unknown=(*answer.unknown, *failures(others)),
        )


async def silent(text: str) -> None:
    """Emits nothing."""


def key(call: Call) -> Key:
    return call.tool, call.label, compact(dict(sorted(call.arguments.items())))


def without_words(case: Case) -> str:
    """What is said when neither brain can write about what was gathered."""
    rules = as_read(case.understood)
    if rules.reply:
        return rules.reply
    return f"Nobody could write this up. Results gathered: {len(case.gathered)}; the sources list them."


def bare(case: Case) -> Answer:
    """An answer without words: what stands behind it, and what failed."""
    return Answer(
        summary="",
        parts=drawn(case.gathered),
        sources=tuple(source(one) for one in case.gathered),
        suggestions=case.understood.suggestions,
        unknown=failures(case.gathered),
        tools_used=tools_used(case.gathered),
        understood=case.understood.plain,
    )


def tools_used(gathered: Sequence[Gathered]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.call.tool for one in gathered))


def source(one: Gathered) -> Source:
    result = one.result
    return Source(
        execution=str(result.execution_id or ""),
        tool=one.call.tool,
        source=result.source,
        status=result.status,
        query=result.query,
        window=dict(result.window.as_json()) if result.window else None,
        as_of=stamp(result.as_of) if result.as_of else None,
        stale=result.stale,
        cut=result.cut,
        error=result.error,
        artifact_id=str(result.artifact_id) if result.artifact_id else None,
    )


def failures(gathered: Sequence[Gathered]) -> tuple[Unknown, ...]:
    """A query that failed is never a finding: it is what could not be established."""
    return tuple(
        Unknown(
            what=f"What {one.call.tool} would have shown", why=one.result.error or one.result.cut or one.result.status
        )
        for one in gathered
        if not one.result.supports_claims
    )
