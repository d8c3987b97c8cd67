"""How this process is: alive, ready, measured, and described."""

import asyncio
from typing import Literal, TypeAlias

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from psycopg import OperationalError
from starlette.requests import Request
from starlette.responses import Response

from domain import auto_analyses, backlog
from domain.database import Pool
from domain.errors import SourceError
from web import pages
from web.desk import Desk, Probe
from web.models.health import HealthReply, IndexReply, ReadyReply
from web.replies import reply

State: TypeAlias = Literal["ok", "unavailable"]
PROBE_SECONDS = 2.0


async def live(_desk: Desk) -> Response:
    """Asks nothing of anybody: a process that answers this need not be restarted."""
    return reply(HealthReply(status="ok"))


async def ready(desk: Desk) -> Response:
    """200 when Postgres answers, else 503, also when this process is going down; the optional parts are told and
    decide nothing."""
    names = ("postgres", *desk.parts.probes)
    probes = (lambda: ask_postgres(desk.parts.pool), *desk.parts.probes.values())
    states = await asyncio.gather(*(state(probe) for probe in probes))
    parts = dict(zip(names, states, strict=True))
    if parts["postgres"] != "ok":
        return reply(ReadyReply(status="unavailable", parts=parts), 503)
    if desk.parts.runner.leaving.is_set():
        return reply(ReadyReply(status="draining", parts=parts), 503)
    return reply(ReadyReply(status="ready", parts=parts))


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
    await measure(desk)
    return Response(desk.meters.exposition(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


async def measure(desk: Desk) -> None:
    """What is open in the whole house, asked now; nothing of it while Postgres is away, for the rest is told all the
    same."""
    pool, meters = desk.parts.pool, desk.meters
    meters.pooled(connections(pool))
    try:
        async with asyncio.timeout(PROBE_SECONDS), pool.connection() as db:
            analyses = dict.fromkeys(auto_analyses.STATUSES, 0) | await auto_analyses.counts(db)
            runs, waiting = await backlog.runs(db), await backlog.confirmations(db)
    except (OperationalError, TimeoutError):
        analyses, runs, waiting = {}, {}, {}
    meters.analysed(analyses)
    meters.waiting(runs, waiting)


def connections(pool: Pool) -> dict[str, int]:
    """This process' connections: those at work, those that wait for work, and the callers that wait for one."""
    found = pool.get_stats()
    size, idle = found.get("pool_size", 0), found.get("pool_available", 0)
    return {"used": size - idle, "idle": idle, "wanted": found.get("requests_waiting", 0)}


async def openapi(desk: Desk) -> Response:
    return Response(desk.document, media_type="application/json")


async def index(desk: Desk, request: Request) -> Response:
    """The page for a browser, a pointer to what can be read for a program."""
    if pages.is_wanted(request):
        request.state.route = "page"
        return pages.document()
    body = IndexReply(
        name="Trivium", version=desk.parts.version, openapi="/openapi.json", health="/api/v1/health/ready"
    )
    return reply(body)
