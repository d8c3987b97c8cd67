from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware

from domain.database import Pool
from tests.house import actor, door, runner, spec, tool_context
from tests.web.entrance import client, parts_of, signed
from tools.spec import Args, ToolContext, ToolResult
from web import refusals
from web.access import Access
from web.app import route
from web.desk import Desk
from web.meters import Meters
from web.operations.artifacts import OPERATIONS

LINES = [{"n": n, "text": "é" * 100} for n in range(3000)]


@asynccontextmanager
async def entrance(pool: Pool) -> AsyncGenerator[httpx.AsyncClient]:
    async with runner(pool) as running:
        desk = Desk(parts=parts_of(pool, running), meters=Meters(), document=b"{}")
        app = Starlette(
            routes=[route(desk, operation) for operation in OPERATIONS],
            middleware=[Middleware(Access, meters=desk.meters)],
            exception_handlers=dict.fromkeys(refusals.HANDLED, refusals.answer),
        )
        async with client(app) as opened:
            yield opened


async def kept(pool: Pool, data: dict[str, Any]) -> UUID:
    """A large result of Ann's."""

    async def handler(_context: ToolContext, _args: Args) -> ToolResult:
        return ToolResult(status="ok", source="echo", data=data)

    context = await tool_context(pool, await actor(pool, "engineer", name="ann"))
    result = await door(pool, spec(handler=handler)).call(context, "query_echo", {})
    assert result.artifact_id
    return result.artifact_id


async def test_a_large_result_is_downloaded_as_it_was(pool: Pool) -> None:
    """CX-07."""
    made = await kept(pool, {"total": 3000, "lines": LINES})
    async with entrance(pool) as web:
        response = await web.get(f"/api/v1/artifacts/{made}")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.content == orjson.dumps({"total": 3000, "lines": LINES})
    assert response.headers["content-disposition"] == f'attachment; filename="query_echo-{made}.json"'


async def test_rows_come_in_pages(pool: Pool) -> None:
    """QT-20."""
    made = await kept(pool, {"total": 3000, "lines": LINES})
    async with entrance(pool) as web:
        page = await web.get(f"/api/v1/artifacts/{made}/rows", params={"offset": 2998, "limit": 5})
        missing = await web.get(f"/api/v1/artifacts/{made}/rows", params={"path": "/nothing"})
        wrong = await web.get(f"/api/v1/artifacts/{made}/rows", params={"limit": 1001})
    assert page.json() == {
        "artifact_id": str(made), "path": "/lines", "offset": 2998, "total": 3000, "rows": LINES[2998:],
        "lists": {"/lines": 3000},
    }  # fmt: skip
    assert (missing.status_code, wrong.status_code) == (404, 422)


async def test_anothers_large_result_is_not_found(pool: Pool) -> None:
    made = await kept(pool, {"total": 3000, "lines": LINES})
    async with entrance(pool) as web:
        for path in (f"/api/v1/artifacts/{made}", f"/api/v1/artifacts/{made}/rows", f"/api/v1/artifacts/{uuid4()}"):
            foreign = await web.get(path, headers=signed("bob", roles=("admin",)))
            assert (foreign.status_code, foreign.json()["error"]) == (404, "not_found")
