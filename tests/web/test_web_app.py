import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool
from starlette.routing import Route

from domain.database import Pool
from domain.errors import SourceError
from tests.house import ScriptedBrain, runner
from tests.web.entrance import QUERY, app, bare, client, entrance, signed
from web import pages

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
async def dead_pool() -> AsyncGenerator[Pool]:
    """A pool whose Postgres is not there."""
    kind, settings = AsyncConnection[DictRow], {"autocommit": True, "row_factory": dict_row}
    async with AsyncConnectionPool(
        NOWHERE, connection_class=kind, kwargs=settings, open=False, min_size=0, max_size=2, timeout=0.1
    ) as opened:
        yield opened


async def works() -> None:
    return None


async def fails() -> None:
    raise SourceError("away", source="redis")


async def hangs() -> None:
    await asyncio.Event().wait()


async def test_a_process_that_answers_is_alive_whatever_it_stands_on(dead_pool: Pool) -> None:
    """EP-21."""
    async with client(app(dead_pool, cast("Any", None))) as web:
        response = await web.get("/api/v1/health", headers={"Authorization": ""})
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_optional_parts_are_told_and_do_not_decide_whether_it_is_ready(pool: Pool) -> None:
    """EP-21."""
    async with entrance(pool, probes={"redis": fails, "model": works, "mcp": hangs}) as web:
        response = await web.get("/api/v1/health/ready", headers={"Authorization": ""})
    parts = {"postgres": "ok", "redis": "unavailable", "model": "ok", "mcp": "unavailable"}
    assert (response.status_code, response.json()) == (200, {"status": "ready", "parts": parts})


async def test_without_postgres_it_is_not_ready_and_says_which_part_is_away(dead_pool: Pool) -> None:
    async with client(app(dead_pool, cast("Any", None))) as web:
        response = await web.get("/api/v1/health/ready")
    body = {"status": "unavailable", "parts": {"postgres": "unavailable"}}
    assert (response.status_code, response.json()) == (503, body)


@pytest.mark.parametrize("path", [QUERY, "/api/v1/alerts/webhook", "/api/v1/changes"])
async def test_without_postgres_senders_are_told_to_try_again(dead_pool: Pool, path: str) -> None:
    async with client(app(dead_pool, cast("Any", None))) as web:
        response = await web.post(path, json={}, headers=signed(scopes=("inquiry", "ingest")))
    body = {"error": "database_unavailable", "message": "The database could not be reached; try again in 5 s."}
    assert (response.status_code, response.headers["retry-after"], response.json()) == (503, "5", body)


async def test_the_index_says_what_this_is_and_where_to_read_on() -> None:
    async with bare() as web:
        response = await web.get("/", headers={"Authorization": ""})
    assert response.json() == {
        "name": "Trivium",
        "version": "1.2.3",
        "openapi": "/openapi.json",
        "health": "/api/v1/health/ready",
    }


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/health/", "/api/v1/inquiry/sessions/x/messages"])
async def test_a_path_that_is_none_is_not_found(path: str) -> None:
    async with bare() as web:
        response = await web.get(path)
    assert (response.status_code, response.json()) == (
        404,
        {"error": "not_found", "message": "There is nothing at this path."},
    )


async def test_another_method_is_refused_with_those_that_are_taken() -> None:
    async with bare() as web:
        response = await web.get(QUERY)
    assert (response.status_code, response.headers["allow"], response.json()) == (
        405,
        "POST",
        {"error": "method_not_allowed", "message": "This path does not take this method."},
    )


async def test_a_question_that_is_no_json_is_refused(pool: Pool) -> None:
    async with entrance(pool) as web:
        response = await web.post(QUERY, content=b'{"query": ', headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json().keys() == {"error", "message"}
    assert response.json()["error"] == "invalid_json"


async def test_every_response_has_an_id_and_safe_headers() -> None:
    async with bare() as web:
        for path in ("/", "/nothing", QUERY, "/api/v1/metrics"):
            headers = (await web.get(path, headers={"X-Request-ID": "order 66"})).headers
            assert (headers["x-request-id"], headers["x-content-type-options"], headers["cache-control"]) == (
                "order 66",
                "nosniff",
                "no-store",
            )
            assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("given", ["", "x" * 101, "a\tb", "caf\u00e9"])
async def test_a_request_id_that_is_not_sane_is_replaced(given: str) -> None:
    async with bare() as web:
        made = (await web.get("/", headers=[(b"X-Request-ID", given.encode("latin-1"))])).headers["x-request-id"]
    assert len(made) == 32
    assert made.isalnum()


async def test_the_request_id_stands_on_the_run(pool: Pool) -> None:
    async with entrance(pool) as web:
        await web.post(QUERY, json={"query": "one"}, headers={"X-Request-ID": "order 66"})
    async with pool.connection() as db:
        row = await (await db.execute("select request_id, entrance from trivium.runs")).fetchone()
    assert row == {"request_id": "order 66", "entrance": "http"}


class BrokenDirectory:
    async def current(self) -> None:
        raise ZeroDivisionError("secret detail")


async def test_a_bug_is_answered_plainly_with_an_id_and_logged_once(
    pool: Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    async with runner(pool) as running:
        served = app(pool, running, directory=cast("Any", BrokenDirectory()))
        async with client(served) as web:
            response = await web.get("/api/v1/inquiry/suggestions")
    body, logged = response.json(), capsys.readouterr().out
    incident = body["message"].removeprefix("Trivium failed on this request; its log has it as ").rstrip(".")
    assert (response.status_code, body.keys(), body["error"]) == (500, {"error", "message"}, "internal_error")
    assert response.headers["x-request-id"]
    assert len(incident) == 12
    assert logged.count(incident) == 1
    assert "secret detail" not in response.text


async def test_the_access_line_has_the_route_and_neither_body_nor_token(
    pool: Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = signed()
    async with entrance(pool, brain=ScriptedBrain(rounds=())) as web:
        run_id = (await web.post(QUERY, json={"query": "a private question"}, headers=headers)).json()["run_id"]
        await web.get(f"/api/v1/runs/{run_id}", headers=headers)
    logged = capsys.readouterr().out
    assert "/api/v1/runs/{run_id}" in logged
    assert run_id not in logged
    assert "private" not in logged
    assert headers["Authorization"] not in logged


async def test_requests_are_measured_by_route_method_and_status(dead_pool: Pool) -> None:
    """EP-21, OB-05; also while Postgres is away."""
    async with client(app(dead_pool, cast("Any", None))) as web:
        await web.get("/api/v1/health")
        await web.get("/invented")
        await web.request("INVENTED", "/also-invented")
        response = await web.get("/api/v1/metrics", headers={"Authorization": ""})
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    counted = {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"]): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
        if sample.name == "trivium_http_request_duration_seconds_count"
    }
    assert counted == {
        ("GET", "/api/v1/health", "200"): 1.0,
        ("unmatched", "unmatched", "404"): 2.0,
    }


async def test_the_description_has_every_route_and_every_reference_resolves() -> None:
    nothing: Any = None
    served = app(nothing, nothing)
    async with client(served) as web:
        document = (await web.get("/openapi.json", headers={"Authorization": ""})).json()
    routes = {
        (route.path.replace(":uuid", "").replace(":path", ""), method.lower())
        for route in served.routes
        if isinstance(route, Route) and route not in pages.ROUTES
        for method in (route.methods or set()) - {"HEAD"}
    }
    paths = document["paths"]
    assert document["openapi"] == "3.1.0"
    assert {(path, method) for path, methods in paths.items() for method in methods} == routes
    assert references(document) <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def references(value: Any) -> set[str]:
    match value:
        case {"$ref": str(reference)}:
            return {reference}
        case dict():
            return set[str]().union(*(references(entry) for entry in cast("dict[str, Any]", value).values()))
        case list():
            return set[str]().union(*(references(entry) for entry in cast("list[Any]", value)))
        case _:
            return set()


async def test_the_description_gives_every_status_its_body_and_every_operation_its_own_id() -> None:
    async with bare() as web:
        paths: dict[str, Any] = (await web.get("/openapi.json")).json()["paths"]
    operations = [operation for methods in paths.values() for operation in methods.values()]
    bodiless = {
        status
        for operation in operations
        for status, response in operation["responses"].items()
        if not response.get("content")
    }
    guarded = [operation for operation in operations if operation["security"]]
    assert bodiless == {"204"}
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all({"401", "403", "500", "503"} <= operation["responses"].keys() for operation in guarded)
    assert all(
        {"413", "415", "400"} <= operation["responses"].keys() for operation in operations if "requestBody" in operation
    )


async def test_what_is_described_is_what_is_answered(pool: Pool) -> None:
    async with entrance(pool) as web:
        document = (await web.get("/openapi.json")).json()
        told = (await web.post(QUERY, json={"query": "one"})).json()
    schema = document["components"]["schemas"]["QueryReply"]
    answer = document["components"]["schemas"]["AnswerTold"]
    assert told.keys() == schema["properties"].keys()
    assert told["answer"].keys() == answer["properties"].keys()


async def test_paths_describe_their_parameters() -> None:
    async with bare() as web:
        paths = (await web.get("/openapi.json")).json()["paths"]
    listed = paths["/api/v1/inquiry/sessions/{session_id}/messages"]["get"]["parameters"]
    events = paths["/api/v1/runs/{run_id}/events"]["get"]["parameters"]
    assert [(item["in"], item["name"]) for item in listed] == [
        ("path", "session_id"), ("query", "page"), ("query", "per_page"),
    ]  # fmt: skip
    assert [(item["in"], item["name"]) for item in events] == [("path", "run_id"), ("header", "Last-Event-ID")]
