"""Recall: what a run had gathered before it waited, read back from the record by whichever worker goes on."""

from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

import orjson

from agents.brain import Call, Gathered
from domain import executions
from domain.executions import Recalled
from graphs.context import Context
from tools.spec import ToolResult

Json: TypeAlias = dict[str, Any]
LOST: Json = {"status": "error", "error": "The result is no longer on record."}


async def gathered(context: Context, made: Sequence[Json]) -> list[Gathered]:
    """The results of the calls {execution, call}, in their order; those of before a pause as they were recorded."""
    lost = [UUID(each["execution"]) for each in made if each["execution"] not in context.results]
    records: dict[str, Recalled] = {}
    if lost:
        async with context.tools.database.connection() as db:
            records = {str(record.id): record for record in await executions.recall(db, lost)}
    return [
        context.results.get(each["execution"]) or recalled(Call(**each["call"]), each["execution"], records)
        for each in made
    ]


def recalled(call: Call, execution: str, records: dict[str, Recalled]) -> Gathered:
    record = records.get(execution)
    kept: Json = orjson.loads(record.result) if record and record.result else LOST
    status = "forbidden" if kept["status"] == "refused" else kept["status"]
    result = ToolResult(
        status=status,
        source="record",
        data=kept.get("data") or {},
        error=kept.get("error"),
        execution_id=UUID(execution),
        tool=call.tool,
    )
    return Gathered(call, result)
