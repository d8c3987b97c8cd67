"""A Grafana query through the door, against one raw POST of the same to the same mcp-grafana."""

import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import httpx
import orjson

from bench.measure import Row, in_turns, scratch
from domain.database import Pool
from domain.windows import Window, stamp
from tests.house import actor, door, tool_context
from tests.mcp_grafana import CALLER, READ_ONLY, mcp_grafana
from tests.programs import free_port, running
from tools.grafana import reach
from tools.grafana.queries import QUERY_PROMETHEUS
from tools.grafana.spans import HOUR, bounded, step_for
from tools.metrics import questions
from tools.metrics.sources import SourceSettings, open_sources
from tools.metrics.through_grafana import prometheus_arguments
from tools.resources import Resources
from tools.sources.grafana import Addresses, open_grafana
from tools.sources.mcp import HEADERS
from tools.spec import Json, Pillar, ToolContext

TURNS = 300
QUERY = "up"
RUN = """
insert into trivium.runs (session_id, user_id, graph, entrance, request_id, question)
values (%(session)s, %(user)s, 'troubleshooting', 'script', 'bench', 'up') returning id"""


async def rows() -> AsyncGenerator[Row]:
    with TemporaryDirectory() as folder, started(Path(folder)) as address:
        async with open_grafana(address) as grafana, scratch() as (pool, _), httpx.AsyncClient() as http:
            given = Resources(grafana=grafana)
            async with open_sources(SourceSettings(), pool, given) as sources:
                plain = await tool_context(pool, await actor(pool, "engineer"), Pillar.TROUBLESHOOTING)
                resources = replace(given, sources=sources)
                run = await running_in(pool, plain)
                context = replace(plain, clock=lambda: datetime.now(UTC), resources=resources, run_id=run)
                assert address.mcp_url
                yield await query_row(context, http, address.mcp_url)


async def running_in(pool: Pool, context: ToolContext) -> UUID:
    """A run of the session: graphs call the door within one."""
    values = {"session": context.session_id, "user": context.actor.user_id}
    async with pool.connection() as db:
        row = await (await db.execute(RUN, values)).fetchone()
    assert row
    return row["id"]


@contextmanager
def started(folder: Path) -> Generator[Addresses]:
    """The Grafana of tests and the real mcp-grafana before it, each in a process of its own."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "bench.double", str(port)]
    with (
        running(command, ready=f"{url}/ready", log=folder / "grafana.log"),
        mcp_grafana(url, folder / "mcp.log", *READ_ONLY) as mcp_url,
    ):
        yield Addresses(mcp_url=mcp_url, mcp_token=CALLER, url=url)


async def query_row(context: ToolContext, http: httpx.AsyncClient, url: str) -> Row:
    """Both ask for an hour, call by call in turns; the door for another one each time, so that no answer is one it
    knows already. The door's datasource list is warm, as it is for five minutes."""
    entry, latest, earlier = door(context.database, QUERY_PROMETHEUS), context.clock(), count()
    body, headers = await raw(context, bounded(latest - HOUR, latest)), {**HEADERS, "Authorization": f"Bearer {CALLER}"}

    async def ours() -> None:
        end = latest - timedelta(minutes=next(earlier))
        arguments = {"query": QUERY, "start": stamp(end - HOUR), "end": stamp(end)}
        result = await entry.call(context, QUERY_PROMETHEUS.name, arguments)
        assert result.data["series"]

    async def floor() -> None:
        answer = await http.post(url, content=body, headers=headers)
        assert not answer.json()["result"].get("isError")

    best, least = await in_turns(ours, floor, turns=TURNS)
    return Row(
        what="query_prometheus through the door and mcp-grafana; floor: one raw POST of the same",
        ours=best * 1000, floor=least * 1000, unit="ms", goal="≤ 1.5×", met=best <= 1.5 * least,
    )  # fmt: skip


async def raw(context: ToolContext, window: Window) -> bytes:
    """What the tool sends for this window."""
    grafana = context.resources.grafana
    assert grafana
    source = await reach.prometheus(grafana, None)
    question = questions.window("promql", QUERY, window.start, window.end, step_for(window, None).seconds)
    asked = {"datasourceUid": source.uid, **prometheus_arguments(question)}
    call: Json = {"name": QUERY_PROMETHEUS.name, "arguments": asked}
    return orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})
