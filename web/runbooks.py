"""Runbooks over HTTP, each through its tool's door: the list, one in full, and what they did. None is run from here."""

from starlette.responses import Response

from tools.spec import Pillar, ToolResult
from web.calls import about, called, entered, succeeded
from web.desk import Visit
from web.models.runbooks import (
    ExecutionReply,
    ExecutionsAsked,
    ExecutionsReply,
    ExecutionTold,
    RunbookListed,
    RunbookReply,
    RunbooksAsked,
    RunbooksReply,
)
from web.reading import parameters_of
from web.replies import Json, reply

REVIVE = (Pillar.REVIVE,)


async def list_runbooks(visit: Visit) -> Response:
    """Those that the words find, best first. Raises Refused."""
    asked = parameters_of(visit.request, RunbooksAsked)
    found = await looked_up(visit, "list_runbooks", asked.model_dump(exclude_none=True))
    listed = tuple(RunbookListed(**runbook) for runbook in found.data["runbooks"])
    return reply(RunbooksReply(**about(found), total=found.data["total"], runbooks=listed))


async def get_runbook(visit: Visit) -> Response:
    """Raises NotFound."""
    found = await looked_up(visit, "get_runbook_details", {"runbook": str(visit.request.path_params["runbook_id"])})
    return reply(RunbookReply(**about(found), runbook=found.data["runbook"]))


async def list_executions(visit: Visit) -> Response:
    asked = parameters_of(visit.request, ExecutionsAsked)
    found = await looked_up(visit, "list_executions", asked.model_dump(mode="json", exclude_none=True))
    listed = tuple(ExecutionTold(**execution) for execution in found.data["executions"])
    return reply(ExecutionsReply(**about(found), total=found.data["total"], executions=listed))


async def get_execution(visit: Visit) -> Response:
    """Raises NotFound."""
    execution_id = str(visit.request.path_params["execution_id"])
    found = await looked_up(visit, "get_execution_details", {"execution": execution_id})
    return reply(ExecutionReply(**about(found), execution=found.data["execution"]))


async def looked_up(visit: Visit, tool: str, arguments: Json) -> ToolResult:
    """What the tool says to the caller. Raises Refused, NotFound and SourceError."""
    return succeeded(await called(await entered(visit, tool, REVIVE), tool, arguments))
