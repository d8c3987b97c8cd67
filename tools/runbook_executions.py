"""What runbooks did: the list of executions, and each step of one."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from domain import runbook_executions
from domain.errors import NotFound
from domain.runbook_executions import Execution, ExecutionFilter, Status
from domain.windows import stamp
from tools.replies import beyond, stamped
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

SOURCE = "trivium executions"


class ListExecutions(Args):
    runbook: str | None = Field(None, max_length=100, description="Exact name of a runbook")
    status: Status | None = None
    since: AwareDatetime | None = Field(None, description="RFC 3339 with zone, included")
    limit: int = Field(20, ge=1, le=200, description="Most executions listed")


async def list_executions(context: ToolContext, args: ListExecutions) -> ToolResult:
    wanted = ExecutionFilter(runbook=args.runbook, status=args.status, since=args.since)
    async with context.database.connection() as db:
        found = await runbook_executions.newest(db, wanted, args.limit)
    total = found.rows[0].total if found.rows else 0
    return ToolResult(
        status="ok" if total else "empty",
        source=SOURCE,
        data={"total": total, "executions": [in_short(execution) for execution in found.rows]},
        query=found.query,
        as_of=context.clock(),
        cut=beyond(len(found.rows), total, "executions"),
    )


def in_short(execution: Execution) -> Json:
    failed = [step["name"] for step in execution.steps if step["status"] not in ("succeeded", "not_run", "running")]
    return {
        "id": str(execution.id),
        "runbook": execution.runbook_name,
        "version": execution.runbook_version,
        "kind": execution.kind,
        "status": execution.status,
        "user": execution.user,
        "approved_by": execution.approved_by,
        "reason": execution.reason,
        "parameters": execution.parameters,
        "steps": len(execution.steps),
        "failed_steps": failed,
        "hourly_cost": float(execution.hourly_cost) if execution.hourly_cost is not None else None,
        "started_at": stamp(execution.started_at),
        "finished_at": stamped(execution.finished_at),
        "seconds": execution.seconds,
    }


class GetExecutionDetails(Args):
    execution: UUID = Field(description="Id of the execution")


async def get_execution_details(context: ToolContext, args: GetExecutionDetails) -> ToolResult:
    async with context.database.connection() as db:
        found = await runbook_executions.fetch(db, args.execution)
    if not found.rows:
        raise NotFound(f"There is no execution {args.execution}.")
    execution = found.rows[0]
    data = in_short(execution) | {
        "steps": execution.steps,
        "result": execution.result,
        "confirmation": str(execution.confirmation_id) if execution.confirmation_id else None,
        "run": str(execution.run_id) if execution.run_id else None,
    }
    return ToolResult(status="ok", source=SOURCE, data={"execution": data}, query=found.query, as_of=context.clock())


LIST_EXECUTIONS = ToolSpec(
    name="list_executions",
    title="Runbook executions",
    description="Runbooks that were run: who, what, when, how it ended; newest first.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:execution:read",
    args=ListExecutions,
    handler=list_executions,
)
GET_EXECUTION_DETAILS = ToolSpec(
    name="get_execution_details",
    title="Runbook execution details",
    description="Every step of one execution with its exit code and output.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:execution:read",
    args=GetExecutionDetails,
    handler=get_execution_details,
)
TOOLS = (LIST_EXECUTIONS, GET_EXECUTION_DETAILS)
