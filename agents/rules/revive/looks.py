"""What one act that only reads came to: its sentence, its findings and its parts, whichever way it was read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from agents.answer import Answer, Finding, Part, Unknown
from agents.brain import Gathered, Understanding
from agents.rules import text
from agents.rules.lexicon import find
from agents.rules.revive import questions, sifted, tables, translated, vocabulary
from agents.rules.revive.plan import ITSELF, Case, is_change

Json: TypeAlias = dict[str, Any]
MORE = {"translate_query": translated.more, "get_sift_analysis": sifted.more}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """`text` says it in one sentence; `is_shown` when something supports it. `findings` are without that sentence."""

    text: str
    executions: tuple[str, ...] = ()
    is_shown: bool = False
    findings: tuple[Finding, ...] = ()
    parts: tuple[Part, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    notes: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    data: Json = field(default_factory=dict[str, Any])
    error: str = ""
    label: str = ""

    @property
    def finding(self) -> Finding:
        said = self.text if self.is_shown else f"{self.label}: not read. {self.error}".strip()
        return Finding(text=said, executions=self.executions)


def all_of(case: Case, understood: Understanding) -> list[Look]:
    """Each act that reads and was reached, in the order asked."""
    numbers = [number for number in range(1, len(case.acts) + 1) if not is_change(case, number)]
    return [found for number in numbers if (found := of(case, number, understood))]


def of(case: Case, number: int, understood: Understanding) -> Look | None:
    one, gathered = questions.asked(case.acts[number - 1]), case.of_act(number)
    if one and gathered:
        return of_question(questions.answer(one, case.question, understood, gathered), gathered)
    made = case.made(number, ITSELF)
    return of_call(made) if made else None


def of_question(answer: Answer, gathered: Sequence[Gathered]) -> Look:
    return Look(
        text=answer.summary,
        executions=tuple(str(each.result.execution_id or "") for each in gathered if each.result.supports_claims),
        is_shown=True,
        findings=answer.findings,
        parts=answer.parts,
        unknown=answer.unknown,
        notes=answer.notes,
        suggestions=tuple(said for said in answer.suggestions if is_ours(said)),
        data=answer.data,
    )


def is_ours(suggestion: str) -> bool:
    """Whether revive itself would answer it, not another pillar."""
    return not find(text.read(suggestion), vocabulary.load().tables["elsewhere"]) and suggestion != "Why?"


def of_call(made: Gathered) -> Look:
    tool, result, label = made.call.tool, made.result, made.call.label
    executions = (str(result.execution_id or ""),)
    if not result.supports_claims:
        return Look(text="", executions=executions, error=result.error or "", label=label)
    table = tables.part(tool, label, result.data, executions[0])
    findings, parts = MORE[tool](result.data, executions) if tool in MORE else ((), ())
    return Look(
        text=tables.said(tool, result.data),
        executions=executions,
        is_shown=True,
        findings=findings,
        parts=(*parts, *((table,) if table else ())),
        label=label,
    )
