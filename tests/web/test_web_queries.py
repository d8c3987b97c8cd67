"""Single queries over HTTP at datasources of their own: who may ask, who answers, and of when it is."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import pytest

from domain.database import Pool
from domain.windows import parse
from tests.grafana_server import Status
from tests.house import worker
from tests.source_server import Line, SourceServer, source_server
from tests.tools.sources_world import KEYRING, now, opened
from tests.web.entrance import admin, client, parts_of, person
from tools.grafana import queries
from tools.metrics.sources import Sources
from tools.resources import Resources
from web.app import build

SOURCES = "/api/grafana/datasources"
PROMETHEUS, LOKI = "/api/grafana/query/prometheus", "/api/grafana/query/loki"
BEN, EVE = person("ben", "operator"), person("eve", "engineer")
ROWS = "select result_status from trivium.ai_tool_executions order by created_at"


@pytest.fixture
def source() -> Generator[SourceServer]:
    with source_server() as served:
        yield served


@asynccontextmanager
async def desk(pool: Pool, sources: Sources) -> AsyncGenerator[httpx.AsyncClient]:
    async with worker(pool, *queries.TOOLS) as house:
        given = parts_of(pool, house.runner, house=house)
        resources = Resources(keyring=KEYRING, sources=sources)
        async with client(build(replace(given, resources=resources, sources=sources))) as web:
            web.headers.update(admin())
            yield web


async def test_a_datasource_answers_those_who_may_ask_it_by_name_or_id(pool: Pool, source: SourceServer) -> None:
    """PM-25, EP-15."""
    draft: dict[str, Any] = {"name": "shop", "type": "prometheus", "through": "direct", "url": source.url}
    async with opened(pool) as sources, desk(pool, sources) as web:
        row = (await web.post(SOURCES, json=draft | {"allowed_roles": ["operator"]})).json()
        found = [
            await web.post(PROMETHEUS, json={"query": "up", "instant": True, "datasource": name}, headers=headers)
            for name in ("shop", row["id"])
            for headers in (BEN, EVE)
        ]
        async with pool.connection() as db:
            rows = await (await db.execute(ROWS)).fetchall()
    assert [answer.status_code for answer in found] == [200, 403, 200, 403]
    assert found[1].json()["error"] == "datasource_not_allowed"
    assert found[0].json()["data"]["series"][0]["value"][1] == "1.0"
    assert [row["result_status"] for row in rows] == ["success", "blocked", "success", "blocked"]
    assert len(source.requests) == 1


async def test_an_old_answer_is_marked_in_the_reply(pool: Pool, source: SourceServer) -> None:
    """HD-18, EP-15."""
    asked = {"query": "up", "instant": True, "end": now().isoformat()}
    async with opened(pool, source.url) as sources, desk(pool, sources) as web:
        fresh = (await web.post(PROMETHEUS, json=asked)).json()
    source.fault = Status(503)
    async with opened(pool, source.url) as sources, desk(pool, sources) as web:
        stale = (await web.post(PROMETHEUS, json=asked)).json()
        refused = await web.post(PROMETHEUS, json=asked | {"query": "down"})
    assert (fresh["stale"], stale["stale"], stale["data"]["series"]) == (False, True, fresh["data"]["series"])
    assert parse(stale["as_of"]) == parse(fresh["as_of"])
    assert isinstance(parse(stale["as_of"]), datetime)
    assert (refused.status_code, refused.json()["error"]) == (502, "source_unavailable")


async def test_lines_are_masked_on_their_way(pool: Pool, source: SourceServer) -> None:
    """EP-15."""
    secret = "glsa_0123456789abcdefghijABCDEFGHIJ01"
    source.lines = [Line("checkout", int(now().timestamp()) * 10**9 - 1, f"login token={secret} failed")]
    async with opened(pool, loki=source.url) as sources, desk(pool, sources) as web:
        answer = await web.post(LOKI, json={"query": '{app="checkout"}'})
    assert answer.json()["status"] == "ok"
    assert secret not in answer.text
    assert "failed" in answer.text
