"""A world full of secrets: tools that return them, brains that repeat them, people who type them in."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from agents.answer import Answer, Finding, Part, Source, Unknown
from agents.brain import Call, Emit, Gathered, Offer, Question, Understanding
from domain.errors import Refused, SourceError
from tests.house import Echo, ScriptedBrain, spec
from tests.planted import PLANTED
from tools.spec import AnySpec, Category, Pillar, Preview, Risk, ToolContext, ToolResult

ALL = tuple(planted.text for planted in PLANTED)
WHOLE = "\n".join(ALL)
BOTH = frozenset({Pillar.INQUIRY, Pillar.REVIVE})
TABLE = {"columns": [{"key": "line", "title": WHOLE}], "rows": [{"line": text} for text in ALL]}
LARGEST_QUESTION = 3500
log = structlog.get_logger("ai_ops")


async def read_logs(context: ToolContext, args: Echo) -> ToolResult:  # noqa: ARG001 - the spec's signature
    """A page of a log, and the query that a dashboard had for it."""
    rows = [{"line": text, "labels": {"detail": text}} for text in ALL]
    return ToolResult(status="ok", source="loki", data={"rows": rows}, query=WHOLE, cut=WHOLE)


async def read_much(context: ToolContext, args: Echo) -> ToolResult:
    """Too much for a record: it is kept as an artifact."""
    found = await read_logs(context, args)
    return ToolResult(status="ok", source="loki", data={"pages": [found.data] * 4}, query=args.text)


async def fail_elsewhere(context: ToolContext, args: Echo) -> ToolResult:  # noqa: ARG001
    raise SourceError(f"loki said: {WHOLE}", source="loki", request=WHOLE)


async def fail_here(context: ToolContext, args: Echo) -> ToolResult:  # noqa: ARG001
    log.warning("about to fail", line=WHOLE, nested={"rows": list(ALL)}, error=ValueError(WHOLE))
    logging.getLogger("loki").error("it said %s", WHOLE)
    raise RuntimeError(WHOLE)


async def refuse(context: ToolContext, args: Echo) -> ToolResult:  # noqa: ARG001
    raise Refused(f"cannot do {WHOLE}", code="invalid_arguments", alternative=f"do {WHOLE}")


async def preview(context: ToolContext, args: Echo) -> Preview:  # noqa: ARG001
    return Preview(title="Run the script", lines=ALL, diff=WHOLE, warnings=ALL, details={"text": WHOLE})


async def run_script(context: ToolContext, args: Echo) -> ToolResult:  # noqa: ARG001
    """A runbook's output, line by line and then whole."""
    for text in ALL:
        await context.progress(text)
    resource = {"type": "execution", "id": "1", "name": "script", "url": "https://x"}
    return ToolResult(status="ok", source="script", data={"resource": resource, "output": WHOLE, "lines": list(ALL)})


async def break_script(context: ToolContext, args: Echo) -> ToolResult:  # noqa: ARG001
    raise SourceError(f"it broke: {WHOLE}", source="script", is_uncertain=True)


def reading(name: str, handler: Any) -> AnySpec:
    return spec(name, handler, pillars=BOTH)


def writing(name: str, handler: Any) -> AnySpec:
    return spec(
        name,
        handler,
        pillars=frozenset({Pillar.REVIVE}),
        category=Category.AIOPS,
        risk=Risk.EXECUTE,
        permission="ai:revive:aiops:runbook:execute",
        idempotent=False,
        preview=preview,
    )


SPECS = (
    reading("query_logs", read_logs),
    reading("query_much", read_much),
    reading("query_elsewhere", fail_elsewhere),
    reading("query_here", fail_here),
    reading("query_refused", refuse),
    writing("execute_runbook", run_script),
    writing("execute_broken", break_script),
)


@dataclass(slots=True)
class Repeating(ScriptedBrain):
    """Repeats what it was told and what the tools said, in every field that an answer and a reading have."""

    told: list[str] = field(default_factory=list[str])

    async def understand(self, question: Question) -> Understanding:
        self.told += [question.text, *question.services, *question.selected, question.page]
        self.told += [message.content for message in question.history]
        slots = {"text": question.text, "page": WHOLE, "password": WHOLE}
        return Understanding(kind="query", intent="echo", slots=slots, plain=WHOLE, suggestions=ALL)

    async def plan(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], offer: Offer
    ) -> Sequence[Call]:
        calls = await ScriptedBrain.plan(
            self, question, understood, gathered, offer
        )  # slots have made it another class
        return [Call(tool=call.tool, arguments=call.arguments, label=WHOLE) for call in calls]

    async def write(
        self,
        question: Question,  # noqa: ARG002
        understood: Understanding,
        gathered: Sequence[Gathered],
        emit: Emit,
    ) -> Answer:
        await emit(WHOLE)
        said = [str(item.result) for item in gathered]
        self.told += said
        ids = tuple(str(item.result.execution_id) for item in gathered)
        return Answer(
            summary=WHOLE,
            findings=tuple(Finding(text=text, executions=ids) for text in (*ALL, *said)),
            data={"rows": list(ALL)},
            parts=(Part(kind="table", title=WHOLE, data=TABLE, executions=ids),),
            sources=tuple(
                Source(
                    execution=ids[0], tool=item.call.tool, source="loki", status="ok", query=item.result.query,
                    window=None, as_of=None, cut=item.result.cut, error=item.result.error,
                )
                for item in gathered
            ),
            suggestions=ALL,
            unknown=(Unknown(what=WHOLE, why=WHOLE, settle=WHOLE),),
            understood=understood.plain,
            notes=ALL,
        )  # fmt: skip


def questions() -> list[str]:
    """What people type, with every planted secret in one of them, none longer than is read."""
    found = [""]
    for text in ALL:
        if len(found[-1]) + len(text) > LARGEST_QUESTION:
            found.append("")
        found[-1] += f"{text}\n"
    return found
