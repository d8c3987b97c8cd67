"""Recall: what a run had gathered before it waited, read back from the record by whichever worker goes on."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeAlias
from uuid import UUID

import orjson

from agents.brain import Call, Gathered
from domain import executions
from domain.executions import Recalled
from graphs.context import Context
from tools.large import scanning
from tools.preview import LARGEST_WHOLE
from tools.spec import Status, ToolResult

Json: TypeAlias = dict[str, Any]
LOST: Json = {"status": "error", "error": "The result is no longer on record."}


async def gathered(context: Context, made: Sequence[Json]) -> list[Gathered]:
    """The results of the calls {execution, call}, in their order; those of before a pause as they were recorded."""
    lost = [UUID(each["execution"]) for each in made if each["execution"] and each["execution"] not in context.results]
    if lost:
        async with context.tools.database.connection() as db:
            records = {str(record.id): record for record in await executions.recall(db, lost)}
        for each in made:
            if each["execution"] and each["execution"] not in context.results:
                found = await recalled(context, Call(**each["call"]), records.get(each["execution"]))
                context.results[each["execution"]] = found
    return [context.results[each["execution"]] if each["execution"] else failed(each) for each in made]


def made(item: Gathered) -> Json:
    """A call that was made, as the state keeps it: by its execution, or with its error where it was given up before."""
    execution, call = item.result.execution_id, asdict(item.call)
    return {"execution": str(execution), "call": call} if execution else (
        {"execution": "", "call": call, "error": item.result.error, "data": item.result.data}
    )  # fmt: skip


def failed(made: Json) -> Gathered:
    """A call that was given up, for example because it took too long."""
    call = Call(**made["call"])
    return Gathered(
        call, ToolResult(status="error", source=call.tool, error=made["error"], data=made["data"], tool=call.tool)
    )


async def recalled(context: Context, call: Call, record: Recalled | None) -> Gathered:
    kept: Json = orjson.loads(record.result) if record and record.result else LOST
    status: Status = "forbidden" if kept["status"] == "refused" else kept["status"]
    result = ToolResult(
        status=status,
        source="record",
        data=await whole(context, record) or kept.get("data") or {},
        error=kept.get("error"),
        artifact_id=record.artifact_id if record else None,
        execution_id=record.id if record else None,
        tool=call.tool,
    )
    return Gathered(call, result)


async def whole(context: Context, record: Recalled | None) -> Json | None:
    """The data of a result whose record is only its preview; None where the record is all, or it is too much."""
    if record is None or record.artifact_id is None or (record.size_bytes or 0) > LARGEST_WHOLE:
        return None
    pieces = [piece async for piece in scanning.each(context.tools.database, record.artifact_id, None, lambda it: it)]
    return orjson.loads(b"".join(piece.body for piece in pieces))
