"""How this process is: alive, ready, measured, and described."""

import asyncio
from typing import Literal, TypeAlias

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from psycopg import OperationalError
from starlette.responses import Response

from domain import auto_analyses
from domain.database import Pool
from domain.errors import SourceError
from web.desk import Desk, Probe
from web.models.health import HealthReply, IndexReply, ReadyReply
from web.replies import reply

State: TypeAlias = Literal["ok", "unavailable"]
PROBE_SECONDS = 2.0


async def live(_desk: Desk) -> Response:
    """Asks nothing of anybody: a process that answers this need not be restarted."""
    return reply(HealthReply(status="ok"))


async def ready(desk: Desk) -> Response:
    """200 when Postgres answers, else 503; the optional parts are told and decide nothing."""
    names = ("postgres", *desk.parts.probes)
    probes = (lambda: ask_postgres(desk.parts.pool), *desk.parts.probes.values())
    states = await asyncio.gather(*(state(probe) for probe in probes))
    parts = dict(zip(names, states, strict=True))
    if parts["postgres"] == "ok":
        return reply(ReadyReply(status="ready", parts=parts))
    return reply(ReadyReply(status="unavailable", parts=parts), 503)


async def state(probe: Probe) -> State:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await probe()
    except (OperationalError, SourceError, TimeoutError):
        return "unavailable"
    return "ok"


async def ask_postgres(pool: Pool) -> None:
    async with pool.connection() as db:
        await db.execute("select 1")


async def metrics(desk: Desk) -> Response:
    desk.meters.analysed(await analyses(desk.parts.pool))
    return Response(desk.meters.exposition(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


async def analyses(pool: Pool) -> dict[str, int]:
    """How many analyses of rules there are by status; nothing while Postgres is away, for the rest is told all the
    same."""
    try:
        async with asyncio.timeout(PROBE_SECONDS), pool.connection() as db:
            return dict.fromkeys(auto_analyses.STATUSES, 0) | await auto_analyses.counts(db)
    except (OperationalError, TimeoutError):
        return {}


async def openapi(desk: Desk) -> Response:
    return Response(desk.document, media_type="application/json")


async def index(desk: Desk) -> Response:
    body = IndexReply(
        name="Trivium", version=desk.parts.version, openapi="/openapi.json", health="/api/v1/health/ready"
    )
    return reply(body)
