"""Large results over HTTP: whole and by rows, to whoever asked for them, and named by the answers that cut them."""

import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from domain import artifacts
from domain.database import Pool
from domain.pieces import Piece
from tests.house import actor, door, runner, spec, tool_context
from tests.web.entrance import QUERY, client, frames, listening, parts_of, person, signed
from tests.web.entrance import entrance as whole_entrance
from tools.spec import Args, ToolContext, ToolResult
from web import refusals
from web.access import Access
from web.app import route
from web.desk import Desk
from web.meters import Meters
from web.operations.artifacts import OPERATIONS

LINES = [{"n": n, "text": "é" * 100} for n in range(3000)]


@asynccontextmanager
async def served(pool: Pool) -> AsyncGenerator[Starlette]:
    async with runner(pool) as running:
        desk = Desk(parts=parts_of(pool, running), meters=Meters(), document=b"{}")
        yield Starlette(
            routes=[route(desk, operation) for operation in OPERATIONS],
            middleware=[Middleware(Access, meters=desk.meters)],
            exception_handlers=dict.fromkeys(refusals.HANDLED, refusals.answer),
        )


@asynccontextmanager
async def entrance(pool: Pool) -> AsyncGenerator[httpx.AsyncClient]:
    async with served(pool) as app, client(app) as opened:
        yield opened


def giving(data: dict[str, Any]) -> Any:
    """A handler that always finds this."""

    async def handler(_context: ToolContext, _args: Args) -> ToolResult:
        return ToolResult(status="ok", source="echo", data=data)

    return handler


async def kept(pool: Pool, data: dict[str, Any], name: str = "ann") -> UUID:
    """A large result of Ann's."""
    context = await tool_context(pool, await actor(pool, "engineer", name=name))
    result = await door(pool, spec(handler=giving(data))).call(context, "query_echo", {})
    assert result.artifact_id
    return result.artifact_id


async def kept_megabytes(pool: Pool, megabytes: int) -> UUID:
    """A result of Ann's with so many rows of a kilobyte, kept as a source's handler does, piece by piece."""
    rows = b",".join([orjson.dumps({"text": "x" * 1013})] * 100)
    first, count = Piece(kind="rows", body=rows, path="/rows", row_count=100), megabytes * 10
    execution = await kept(pool, {"lines": LINES})
    async with pool.connection() as db:
        user = (await actor(pool, "engineer", name="ann")).user_id
        origin = await artifacts.fetch(db, execution, user_id=user)
        assert origin
        made = await artifacts.begin(db, execution_id=origin.execution_id, user_id=user)
        bodies = [Piece(kind="json", body=b'{"rows":['), first]
        bodies += [
            Piece(kind="rows", body=b"," + rows, path="/rows", first_row=100 * number, row_count=100)
            for number in range(1, count)
        ]
        for number, piece in enumerate([*bodies, Piece(kind="json", body=b"]}")]):
            await artifacts.append(db, made, number, piece)
        await artifacts.complete(db, made, sum(len(piece.body) for piece in bodies) + 2)
    return made


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


@pytest.mark.parametrize("role", ["viewer", "engineer", "admin"])
async def test_a_role_opens_nobody_elses_result_and_closes_no_own_one(pool: Pool, role: str) -> None:
    """AU-08."""
    foreign, own = await kept(pool, {"lines": LINES}), await kept(pool, {"lines": LINES}, name="vic")
    async with entrance(pool) as web:
        web.headers.update(person("vic", role))
        answers = [await web.get(f"/api/v1/artifacts/{each}{end}") for each in (foreign, own) for end in ("", "/rows")]
    assert [answer.status_code for answer in answers] == [404, 404, 200, 200]
    assert b"text" not in answers[0].content + answers[1].content


async def test_a_result_is_for_who_may_ask(pool: Pool) -> None:
    made = await kept(pool, {"lines": LINES})
    async with entrance(pool) as web:
        for path in (f"/api/v1/artifacts/{made}", f"/api/v1/artifacts/{made}/rows"):
            nobody = await web.get(path, headers={"Authorization": ""})
            ingest = await web.get(path, headers=signed("ann", roles=(), scopes=("ingest",)))
            assert (nobody.status_code, ingest.status_code) == (401, 403)
        assert (await web.get("/api/v1/artifacts/not-an-id")).status_code == 404


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"limit": 0}, "limit"), ({"limit": 1001}, "limit"), ({"offset": -1}, "offset"), ({"offset": "x"}, "offset"),
        ({"path": "x" * 501}, "path"), ({"page": 1}, "page"),
    ],
)  # fmt: skip
async def test_bounds_of_a_page_are_named(pool: Pool, parameters: dict[str, Any], field: str) -> None:
    """QT-20."""
    made = await kept(pool, {"lines": LINES})
    async with entrance(pool) as web:
        refused = await web.get(f"/api/v1/artifacts/{made}/rows", params=parameters)
        beyond = await web.get(f"/api/v1/artifacts/{made}/rows", params={"offset": 3000, "limit": 1000})
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (422, field)
    assert (beyond.status_code, beyond.json()["rows"], beyond.json()["total"]) == (200, [], 3000)


async def test_a_result_without_a_long_list_says_so(pool: Pool) -> None:
    made = await kept(pool, {"numbers": {f"n{n}": n for n in range(9000)}})
    async with entrance(pool) as web:
        refused = await web.get(f"/api/v1/artifacts/{made}/rows")
        whole = await web.get(f"/api/v1/artifacts/{made}")
    assert (refused.status_code, refused.json()["error"]) == (400, "no_list")
    assert len(whole.json()["numbers"]) == 9000


async def test_an_answer_names_the_whole_of_what_it_was_made_from(pool: Pool) -> None:
    """CX-07: in JSON and in the stream, and only where there is more than was shown."""
    large, small = spec(handler=giving({"lines": LINES})), spec(handler=giving({"lines": []}))
    async with whole_entrance(pool, large) as web:
        evidence = (await web.post(QUERY, json={"query": "one"})).json()["answer"]["evidence"]
        stream = await web.post(QUERY, json={"query": "two"}, headers={"Accept": "text/event-stream"})
        named = [item["artifact_id"] for item in (*evidence, *frames(stream.text)[-1][2]["answer"]["evidence"])]
        downloads = [await web.get(f"/api/v1/artifacts/{each}") for each in named]
    assert len(set(named)) == 2
    assert [each.json() for each in downloads] == [{"lines": LINES}] * 2
    async with whole_entrance(pool, small) as web:
        (item,) = (await web.post(QUERY, json={"query": "one"})).json()["answer"]["evidence"]
    assert item["artifact_id"] is None


async def test_a_download_needs_no_more_memory_however_large_it_is(pool: Pool) -> None:
    """CX-07: 50 MB through a real server, beside 2 MB."""
    ids = [await kept_megabytes(pool, megabytes) for megabytes in (2, 2, 50)]
    async with served(pool) as app, listening(app) as web:
        found = [await downloaded(web, each) for each in ids]
    assert [size // 1_000_000 for size, _ in found] == [2, 2, 51]
    assert found[2][1] < found[1][1] + 1_000_000, found


async def downloaded(web: httpx.AsyncClient, artifact_id: UUID) -> tuple[int, int]:
    """Bytes that came, and the most memory that was in use meanwhile."""
    tracemalloc.start()
    try:
        async with web.stream("GET", f"/api/v1/artifacts/{artifact_id}") as response:
            assert response.status_code == 200
            size = sum([len(part) async for part in response.aiter_raw()])
        return size, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
