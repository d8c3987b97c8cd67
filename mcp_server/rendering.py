"""How a run stands, as a tool result: structured for programs, a short text for whoever reads along."""

from collections.abc import Sequence

import mcp_types as types

from agents.answer import Answer, Source, from_json, text_of
from domain.errors import Refused
from domain.runs import Run, RunStatus
from graphs.live import Outcome
from mcp_server.results import Json, RunList, RunResult, RunRow, Status

LIFTED = frozenset({"summary", "tools_used", "tokens_used"})


def result(outcome: Outcome) -> types.CallToolResult:
    """A failed run is an error, so that nobody takes it for a finding."""
    answer = outcome.answer
    rendered = RunResult(
        status=told(outcome.status),
        run_id=outcome.run_id,
        session_id=outcome.session_id,
        summary=summary(outcome),
        answer=body(answer) if answer else None,
        tools_used=answer.tools_used if answer else (),
        tokens_used=answer.tokens_used if answer else 0,
        next_step=next_step(outcome),
    )
    return types.CallToolResult(
        content=[types.TextContent(text=text(outcome, rendered))],
        structured_content=rendered.model_dump(mode="json", exclude_none=True),
        is_error=outcome.status == "failed",
    )


def listed(runs: Sequence[Run]) -> types.CallToolResult:
    rows = tuple(
        RunRow(
            run_id=run.id,
            session_id=run.session_id,
            status=told(run.status),
            question=run.question,
            asked_at=run.created_at,
        )
        for run in runs
    )
    lines = [f"{row.asked_at:%Y-%m-%d %H:%M} {row.status} {row.run_id}: {row.question}" for row in rows]
    return types.CallToolResult(
        content=[types.TextContent(text="\n".join(lines) or "There are no runs of yours yet.")],
        structured_content=RunList(runs=rows).model_dump(mode="json"),
    )


def standing(run: Run) -> Outcome:
    """The run as its record has it."""
    return Outcome(
        run_id=run.id,
        session_id=run.session_id,
        status=run.status,
        answer=from_json(run.answer) if run.answer else None,
        error=run.error,
    )


def told(status: RunStatus) -> Status:
    return "running" if status == "queued" else status


def summary(outcome: Outcome) -> str:
    if outcome.error:
        return outcome.error["message"]
    if outcome.answer:
        return outcome.answer.summary
    return "Still working on it." if told(outcome.status) == "running" else f"The run is {outcome.status}."


def body(answer: Answer) -> Json:
    """The answer without what stands beside it."""
    return {key: value for key, value in answer.as_json().items() if key not in LIFTED}


def next_step(outcome: Outcome) -> str:
    match outcome.status:
        case "queued" | "running":
            return f"Call get_run with run_id {outcome.run_id} and wait_seconds 45."
        case "awaiting_confirmation":
            return "A person has to approve it first; then call get_run."
        case "completed":
            return f"To follow up, call ask with session_id {outcome.session_id}."
        case "failed":
            return (outcome.error or {}).get("alternative") or "Correct what the message names, then ask again."
        case "rejected" | "expired" | "cancelled":
            return "Nothing more comes of this run; ask again if it is still wanted."


def text(outcome: Outcome, rendered: RunResult) -> str:
    if outcome.answer is None or outcome.error:
        return (
            rendered.summary if rendered.next_step in rendered.summary else f"{rendered.summary} {rendered.next_step}"
        )
    sources = "; ".join(map(source, outcome.answer.sources))
    return "\n".join(filter(None, (text_of(outcome.answer), f"Sources: {sources}" if sources else "")))


def source(item: Source) -> str:
    window = f", {item.window['start']} to {item.window['end']}" if item.window else ""
    return f"{item.tool}{window}, execution {item.execution}"


def refusal(refused: Refused) -> str:
    """Why, which permission was missing, and what to do instead."""
    needed = f"It needs {refused.permission}." if refused.permission else ""
    return " ".join(filter(None, (str(refused), needed, refused.alternative)))
