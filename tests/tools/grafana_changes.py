"""A change to Grafana as people meet it: shown, then carried out under its approval; and the faults it can meet."""

from dataclasses import replace
from uuid import uuid4

from domain.database import Pool
from tests import house
from tests.grafana_server import Cut, Fault, Hang, Page, Status
from tools import proposals
from tools.cleaning import validated
from tools.gates import Gate
from tools.handling import handled
from tools.resources import Resources
from tools.sources.grafana import Grafana
from tools.spec import AnySpec, Args, Json, Pillar, Preview, ToolContext, ToolResult

REFUSING: list[Fault] = [Status(401), Status(403), Status(404), Status(409), Status(412), Status(429)]
UNCLEAR: list[tuple[Fault, bool]] = [
    (fault, was_done) for fault in (Status(500), Page(), Hang(), Cut()) for was_done in (False, True)
]


async def context(pool: Pool, grafana: Grafana | None, *, approved: bool = True) -> ToolContext:
    made = await house.tool_context(pool, await house.actor(pool, "admin"), Pillar.REVIVE)
    return replace(made, resources=Resources(grafana=grafana), confirmation_id=uuid4() if approved else None)


async def shown(spec: AnySpec, given: ToolContext, arguments: Json) -> tuple[Args, Preview]:
    """What a person is shown, and the arguments as the door keeps them until they are approved."""
    settled, seen = await proposals.prepared(spec, given, validated(spec, arguments))
    kept = validated(spec, settled.model_dump(mode="json"))
    assert kept == settled
    return kept, seen


async def done(spec: AnySpec, given: ToolContext, arguments: Args) -> ToolResult:
    """What comes of it, as the door runs it."""
    return await handled(Gate(spec.source), spec, given, arguments)


async def read(spec: AnySpec, given: ToolContext, arguments: Json) -> ToolResult:
    return await spec.handler(given, validated(spec, arguments))


async def carried_out(spec: AnySpec, given: ToolContext, arguments: Json) -> ToolResult:
    kept, _ = await shown(spec, given, arguments)
    return await done(spec, given, kept)
