"""Acting: one change after another is proposed, decided by a person, and carried out under that approval alone.

The nodes of every graph that changes something. None of them is the boundary: the door and its ledger are.
"""

import asyncio
from dataclasses import asdict, replace
from typing import Any, Literal, TypeAlias
from uuid import UUID

from agents.brain import Call, Gathered
from domain import confirmations
from domain.confirmations import Confirmation
from domain.errors import Refused, SourceError
from graphs import cards, discretion, provenance
from graphs.context import Context
from graphs.events import ConfirmationRequired, ToolUse
from graphs.gathering import refused
from tools import decisions, ledger
from tools.decisions import Verdict
from tools.masking import mask_text
from tools.proposals import Step
from tools.spec import ToolResult

Json: TypeAlias = dict[str, Any]
POLL_SECONDS = 0.5
NOT_DONE = {
    "rejected": "It was rejected; nothing was done.",
    "expired": "Nobody decided within five minutes, so it expired; nothing was done.",
    "superseded": "It was set aside before anybody decided; nothing was done.",
}


async def standing(context: Context, ordinal: int) -> Confirmation | None:
    """The confirmation that stands for this step of the run."""
    run_id = context.tools.run_id
    assert run_id is not None  # noqa: S101 - graphs walk inside a run
    async with context.tools.database.connection() as db:
        return await confirmations.of_step(db, run_id, ordinal)


async def proposed(context: Context, call: Call, ordinal: int, so_far: list[Gathered]) -> Confirmation | Gathered:
    """The confirmation of this step, made once however often the step is walked; or why there can be none."""
    found = await standing(context, ordinal)
    if found and found.tool == call.tool:
        return found
    if found and not found.is_open:
        message = f"This step was {found.tool} before a worker died; it is {found.outcome or found.status}."
        return Gathered(call, ToolResult(status="error", source="approval", error=message, tool=call.tool))
    notes = provenance.borrowed(call, context.question, so_far)
    return await put(context, call, Step(ordinal=ordinal, notes=notes, replaces=found.id if found else None))


async def shown(context: Context, call: Call, ordinal: int) -> Confirmation | Gathered:
    """The confirmation of a query that somebody wants to see before it runs, made once."""
    found = await standing(context, ordinal)
    return found or await put(context, call, Step(ordinal=ordinal, is_asked=True))


async def put(context: Context, call: Call, step: Step) -> Confirmation | Gathered:
    """What the door makes of the proposal."""
    try:
        made = await context.door.propose(context.tools, call.tool, call.arguments, step)
    except Refused as refusal:
        return Gathered(call, refused(call, refusal))
    except SourceError as error:
        return Gathered(call, failed(call, error))
    return made if isinstance(made, Confirmation) else await told(context, call, step.ordinal, discretion.told(made))


def failed(call: Call, error: SourceError) -> ToolResult:
    """What could not be looked at, or could not be written down after it was made."""
    return ToolResult(
        status="error",
        source=error.source,
        error=mask_text(str(error)),
        tool=call.tool,
        is_uncertain=error.is_uncertain,
    )


async def ask(context: Context, found: Confirmation) -> None:
    """Whoever follows the run sees what waits for them."""
    await context.emit(ToolUse(tool=found.tool, status="pending_approval", execution_id=str(found.proposed_in or "")))
    shown = cards.card(found)
    run_id = str(context.tools.run_id)
    await context.emit(ConfirmationRequired(run_id=run_id, confirmation_id=str(found.id), action=shown))


async def hear(context: Context, ordinal: int, answer: object) -> Confirmation | None:
    """The step's confirmation after what came in by the graph itself, which decides like any other entrance.

    Most often the answer says nothing (the decision was made elsewhere and this only wakes the run).
    """
    found = await standing(context, ordinal)
    said = cards.answered(answer, str(found.id)) if found and found.is_open else None
    if not found or not said:
        return found
    verdict = Verdict(action="approve" if said[0] == "approve" else "reject", reason=mask_text(said[1])[:500])
    try:
        return await decisions.decide(context.door, context.tools.database, context.tools.actor, found.id, verdict)
    except Refused:
        return await standing(context, ordinal)


def way(found: Confirmation | None) -> Literal["execute", "propose", "report"]:
    """Where the step goes from here: done, asked again, or told."""
    if found is None or found.is_expired or found.status in ("rejected", "superseded", "expired"):
        return "report"
    return "propose" if found.status == "pending" else "execute"


async def carried_out(context: Context, call: Call, ordinal: int) -> Gathered:
    """What came of the step: carried out here and now, or once before, never twice."""
    found = await standing(context, ordinal)
    if found is None:
        missing = ToolResult(status="forbidden", source="approval", error="Nothing was approved.", tool=call.tool)
        return Gathered(call, missing)
    if not found.may_start:
        found = await settled(context, found)
        if found.is_open:  # somebody walked the graph past the question
            found = await closed(context, found)
        return Gathered(call, known(found))
    await context.emit(ToolUse(tool=call.tool, status="executing", label=call.label))
    try:
        result = discretion.told(
            await context.door.call(context.tools, found.tool, found.arguments, approval_id=found.id)
        )
    except Refused as refusal:
        if refusal.code == "already_executed":  # another worker was faster by a moment: what came of it is the result
            return Gathered(call, known(await settled(context, await reread(context, found))))
        result = refused(call, refusal)
    except SourceError as error:
        result = failed(call, error)
    return await told(context, call, ordinal, result)


async def told(context: Context, call: Call, ordinal: int, result: ToolResult) -> Gathered:
    """The result with how its confirmation stands, after the event that tells it."""
    execution = str(result.execution_id) if result.execution_id else None
    await context.emit(ToolUse(tool=call.tool, status=result.status, label=call.label, execution_id=execution))
    found = await standing(context, ordinal)
    return Gathered(call, with_standing(result, found) if found else result)


async def settled(context: Context, found: Confirmation) -> Confirmation:
    """The confirmation once nobody is at it any more: another worker finishes, or its lease runs out."""
    while found.outcome == "executing" and not found.is_abandoned:
        await asyncio.sleep(POLL_SECONDS)
        found = await reread(context, found)
    if found.outcome == "executing":
        await reconcile(context)
        found = await reread(context, found)
    return found


async def closed(context: Context, found: Confirmation) -> Confirmation:
    """An undecided confirmation whose run goes on without an answer: it can no longer be approved."""
    async with context.tools.database.connection() as db:
        await confirmations.supersede(db, found.id, reason="the run went on without a decision")
    return await reread(context, found)


async def left_open(context: Context, changes: list[Json]) -> list[Gathered]:
    """The changes of this run that still waited for a word: none comes any more, and nothing of them was done."""
    assert context.tools.run_id is not None  # noqa: S101 - graphs walk inside a run
    async with context.tools.database.connection() as db:
        found = [each for each in await confirmations.of_run(db, context.tools.run_id) if each.is_open]
    return [Gathered(Call(**changes[each.ordinal - 1]), known(await closed(context, each))) for each in found]


async def reconcile(context: Context) -> None:
    async with context.tools.database.connection() as db:
        await ledger.tidy(db)


async def reread(context: Context, found: Confirmation) -> Confirmation:
    async with context.tools.database.connection() as db:
        return await confirmations.fetch(db, found.id) or found


def known(found: Confirmation) -> ToolResult:
    """The result as the ledger has it: of a change that was not made, or that was made before."""
    kept = found.result or {}
    uncertain = found.outcome in ("unknown", "executing")
    status = "forbidden" if found.outcome is None else "ok" if found.outcome == "succeeded" else "error"
    result = ToolResult(
        status=status,
        source="approval" if found.outcome is None else kept.get("source", "record"),
        data={"resource": kept.get("resource")} if kept.get("resource") else {},
        error=NOT_DONE.get("expired" if found.is_expired else found.status)
        if found.outcome is None
        else kept.get("error"),
        is_uncertain=uncertain,
        execution_id=found.executed_in or found.proposed_in,
        tool=found.tool,
    )
    return with_standing(result, found)


def with_standing(result: ToolResult, found: Confirmation) -> ToolResult:
    return replace(result, data={**result.data, "confirmation": cards.standing(found)})


def deed(item: Gathered) -> Json:
    """A change and its result as JSON, small enough for the state."""
    result = item.result
    return {
        "call": asdict(item.call),
        "status": result.status,
        "source": result.source,
        "data": result.data,
        "error": result.error,
        "is_uncertain": result.is_uncertain,
        "execution": str(result.execution_id) if result.execution_id else None,
    }


def from_deed(kept: Json) -> Gathered:
    execution = kept["execution"]
    result = ToolResult(
        status=kept["status"],
        source=kept["source"],
        data=kept["data"],
        error=kept["error"],
        is_uncertain=kept["is_uncertain"],
        execution_id=UUID(execution) if execution else None,
        tool=kept["call"]["tool"],
    )
    return Gathered(Call(**kept["call"]), result)
