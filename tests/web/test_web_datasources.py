"""Datasources, application profiles and single queries over HTTP."""

from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.database import Pool
from domain.windows import stamp
from tests.domain.test_application_profiles import sample
from tests.grafana_server import Status
from tests.house import worker
from tests.mcp_grafana import Estate
from tests.source_server import SourceServer, source_server
from tests.tools.sources_world import KEYRING, opened
from tests.web.entrance import admin, client, entrance, parts_of, person
from tools.grafana import queries
from tools.metrics.sources import Sources
from tools.metrics.tally import Tally
from tools.resources import Resources
from tools.sources.grafana import Grafana
from tools.spec import AnySpec
from web.app import build

pytest_plugins = ("tests.grafana_fixtures",)

SOURCES, APPS = "/api/grafana/datasources", "/api/applications"
PROMETHEUS, LOKI = "/api/grafana/query/prometheus", "/api/grafana/query/loki"
DIRECT = {"name": "prom", "type": "prometheus", "through": "direct", "url": "http://127.0.0.1:9090"}
BEN, EVE = person("ben", "operator"), person("eve", "viewer")
ROWS = (
    "select tool_name, arguments, result_status, permission_granted from trivium.ai_tool_executions order by created_at"
)
CLOSE = "delete from trivium.ai_permissions where role_id = (select id from trivium.roles where name = 'viewer')"
LOG = "select action, target, details::text from trivium.audit_logs where action like 'datasource%%' order by id"


@asynccontextmanager
async def desk(
    pool: Pool, sources: Sources | None = None, *, grafana: Grafana | None = None, tally: Tally | None = None
) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of an app with these sources, signed as the admin Ann."""
    specs: tuple[AnySpec, ...] = queries.TOOLS
    async with worker(pool, *specs) as house:
        given = parts_of(pool, house.runner, house=house)
        resources = Resources(keyring=KEYRING, grafana=grafana, sources=sources)
        parts = replace(given, resources=resources, sources=sources, queried=tally)
        async with client(build(parts)) as web:
            web.headers.update(admin())
            yield web


@asynccontextmanager
async def through_grafana(pool: Pool, estate: Estate) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of an app whose only way to metrics and logs is mcp-grafana."""
    async with (
        estate.reach() as grafana,
        opened(pool, grafana=grafana) as sources,
        desk(pool, sources, grafana=grafana) as web,
    ):
        yield web


@pytest.fixture
async def web(pool: Pool) -> AsyncGenerator[httpx.AsyncClient]:
    async with opened(pool) as sources, desk(pool, sources) as client_of_app:
        yield client_of_app


@pytest.fixture
def source() -> Generator[SourceServer]:
    with source_server() as served:
        yield served


async def made(web: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    response = await web.post(SOURCES, json=DIRECT | given)
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_datasource_is_added_read_changed_and_removed(web: httpx.AsyncClient, pool: Pool) -> None:
    """EP-13, DB-08."""
    one = await made(web, api_key="s3cret-key", config_json={"username": "ann"}, allowed_roles=["operator"])
    assert one == {
        "id": one["id"], "name": "prom", "type": "prometheus", "through": "direct", "url": "http://127.0.0.1:9090",
        "grafana_uid": "", "has_api_key": True, "is_default": False, "is_enabled": True,
        "config_json": {"username": "ann"}, "allowed_roles": ["operator"], "version": 1,
        "created_at": one["created_at"], "updated_at": one["updated_at"],
    }  # fmt: skip
    path = f"{SOURCES}/{one['id']}"
    assert (await web.get(path)).json() == one
    assert (await web.get(SOURCES)).json() == {"datasources": [one]}
    changed = (await web.put(path, json={"is_default": True, "allowed_roles": []})).json()
    assert changed == one | {
        "is_default": True, "allowed_roles": [], "version": 2, "updated_at": changed["updated_at"],
    }  # fmt: skip
    assert (await web.put(path, json={"api_key": None})).json()["has_api_key"] is False
    assert (await web.put(path, json={"api_key": "another"})).json()["has_api_key"] is True
    assert (await web.delete(path)).status_code == 204
    for method in ("GET", "PUT", "DELETE"):
        assert (await web.request(method, path, json={})).status_code == 404
    async with pool.connection() as db:
        log = await (await db.execute(LOG)).fetchall()
    assert [entry["action"].removeprefix("datasource_") for entry in log] == [
        "added", "changed", "changed", "changed", "removed",
    ]  # fmt: skip


async def test_a_key_goes_in_and_never_comes_out(web: httpx.AsyncClient, pool: Pool) -> None:
    """EP-13, SE-07."""
    one = await made(web, api_key="s3cret-key")
    texts = [(await web.get(path)).text for path in (SOURCES, f"{SOURCES}/{one['id']}", f"{SOURCES}/health")]
    refused = await web.post(SOURCES, json=DIRECT | {"name": "x", "api_key": "s3cret-key", "is_default": 7})
    async with pool.connection() as db:
        rows = await (await db.execute("select to_jsonb(d)::text as t from trivium.grafana_datasources d")).fetchall()
        log = await (await db.execute(LOG)).fetchall()
    assert "s3cret-key" not in "".join([*texts, refused.text, str(rows), str(log)])
    assert refused.status_code == 422


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"type": "oracle"}, "type"),
    ({"url": "ftp://prom"}, "url"),
    ({"url": ""}, "body"),
    ({"grafana_uid": "abc"}, "body"),
    ({"through": "grafana"}, "body"),
    ({"name": "a\nb"}, "name"),
    ({"url": "http://ann:pass@prom:9090"}, "url"),
    ({"url": "http://169.254.169.254/latest"}, "url"),
    ({"url": "http://metadata.google.internal"}, "url"),
    ({"config_json": {"fallback_url": "http://[fe80::1]:9090"}}, "config_json.fallback_url"),
    ({"config_json": {"fallback_url": 7}}, "config_json.fallback_url"),
    ({"config_json": {"password": "hunter2hunter2"}}, "config_json"),
    ({"allowed_roles": ["king"]}, "allowed_roles"),
    ({"colour": "red"}, "colour"),
]


@pytest.mark.parametrize(("given", "field"), WRONG, ids=repr)
async def test_what_cannot_be_a_datasource_is_refused_by_its_field(
    web: httpx.AsyncClient, given: dict[str, Any], field: str
) -> None:
    """EP-13, SE-09, HD-02."""
    response = await web.post(SOURCES, json=DIRECT | given)
    assert response.status_code == 422, response.text
    assert {detail["field"] for detail in response.json()["details"]} == {field}
    assert (await web.get(SOURCES)).json() == {"datasources": []}


async def test_a_change_is_checked_as_a_new_one_is(web: httpx.AsyncClient) -> None:
    one = await made(web)
    for given in ({"url": ""}, {"through": "grafana"}, {"url": "http://169.254.169.254"}, {"allowed_roles": ["king"]}):
        assert (await web.put(f"{SOURCES}/{one['id']}", json=given)).status_code == 422
    assert (await web.get(f"{SOURCES}/{one['id']}")).json() == one


async def test_a_host_that_is_not_on_the_list_is_refused(pool: Pool) -> None:
    """SE-09."""
    async with opened(pool, allowed=("*.internal", "127.0.0.1")) as sources, desk(pool, sources) as web:
        assert (await web.post(SOURCES, json=DIRECT | {"url": "http://prom.example.org"})).status_code == 422
        await made(web)


async def test_a_name_that_is_taken_is_a_conflict(web: httpx.AsyncClient) -> None:
    await made(web)
    response = await web.post(SOURCES, json=DIRECT)
    assert (response.status_code, response.json()["error"]) == (409, "already_exists")


async def test_without_a_sealing_key_no_key_is_taken(pool: Pool) -> None:
    """SE-07."""
    async with worker(pool) as house, client(build(parts_of(pool, house.runner, house=house))) as web:
        response = await web.post(SOURCES, json=DIRECT | {"api_key": "x"}, headers=admin())
    assert (response.status_code, response.json()["details"][0]["field"]) == (422, "api_key")


async def test_only_admins_see_and_change_datasources(web: httpx.AsyncClient) -> None:
    """EP-13."""
    path = f"{SOURCES}/{uuid4()}"
    asked = [
        ("GET", SOURCES),
        ("POST", SOURCES),
        ("GET", f"{SOURCES}/health"),
        ("GET", path),
        ("PUT", path),
        ("DELETE", path),
    ]
    for method, where in asked:
        response = await web.request(method, where, json=DIRECT, headers=BEN)
        assert (response.status_code, response.json()["error"]) == (403, "insufficient_permissions")


async def test_health_tells_of_each_datasource_and_why(pool: Pool, source: SourceServer) -> None:
    """EP-13."""
    async with opened(pool, loki=source.url) as sources, desk(pool, sources) as web:
        await made(web, name="good", url=source.url)
        await made(web, name="dead", url="http://127.0.0.1:9", config_json={"fallback_url": source.url})
        await made(web, name="off", url=source.url, is_enabled=False)
        await made(web, name="influx", type="influxdb", url=source.url)
        await made(web, name="remote", through="grafana", url="", grafana_uid="abc")
        found = {item["name"]: item for item in (await web.get(f"{SOURCES}/health")).json()["datasources"]}
    states = {name: item["state"] for name, item in found.items()}
    assert states == {
        "good": "healthy", "dead": "unhealthy", "off": "disabled", "influx": "unknown", "remote": "unhealthy",
        "loki": "healthy",
    }  # fmt: skip
    assert "cannot be reached" in found["dead"]["reason"]
    assert [way["is_healthy"] for way in found["dead"]["ways"]] == [False, True]
    assert found["good"]["reason"] == ""


async def test_a_profile_is_added_read_changed_and_removed(web: httpx.AsyncClient) -> None:
    """EP-14, HD-13."""
    response = await web.post(APPS, json=sample())
    one = response.json()
    assert response.status_code == 201
    assert {name: one[name] for name in sample()} == sample()
    path = f"{APPS}/{one['id']}"
    assert (await web.get(path, headers=EVE)).json() == one
    listed = (await web.get(APPS, headers=EVE)).json()
    assert (listed["applications"], listed["pagination"]["total"]) == ([one], 1)
    source = await made(web)
    changed = (await web.put(path, json={"slos": {"availability": 0.99}, "datasource_id": source["id"]})).json()
    assert changed == one | {
        "slos": {"availability": 0.99}, "datasource_id": source["id"], "updated_at": changed["updated_at"],
    }  # fmt: skip
    assert (await web.put(path, json={"datasource_id": None})).json()["datasource_id"] is None
    for headers, status in ((BEN, 403), (admin(), 204)):
        assert (await web.delete(path, headers=headers)).status_code == status
    assert (await web.get(path)).status_code == 404


async def test_a_profile_that_cannot_be_is_refused(web: httpx.AsyncClient) -> None:
    """EP-14."""
    await web.post(APPS, json={"name": "shop"})
    cases: list[tuple[dict[str, Any], int]] = [
        ({"name": "shop"}, 409), ({"name": ""}, 422), ({"name": "x", "slos": {"a": "fast"}}, 422),
        ({"name": "x", "datasource_id": str(uuid4())}, 422),
        ({"name": "x", "architecture_info": {"password": "hunter2hunter2"}}, 422), ({"name": "x", "owner": "me"}, 422),
    ]  # fmt: skip
    for given, status in cases:
        assert (await web.post(APPS, json=given)).status_code == status, given
    assert (await web.post(APPS, json={"name": "y"}, headers=BEN)).status_code == 403


async def test_a_query_goes_through_the_door(pool: Pool, grafana_estate: Estate) -> None:
    """EP-15."""
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    asked = {"query": "vector(2)", "start": stamp(end - timedelta(minutes=5)), "end": stamp(end), "step": "1m"}
    async with through_grafana(pool, grafana_estate) as web:
        found = (await web.post(PROMETHEUS, json=asked)).json()
        instant = (await web.post(PROMETHEUS, json={"query": "vector(3)", "instant": True}, headers=BEN)).json()
        lines = (await web.post(LOKI, json={"query": '{app="checkout"}', "limit": 10})).json()
        async with pool.connection() as db:
            rows = await (await db.execute(ROWS)).fetchall()
            sessions = await (await db.execute("select count(*) as n from trivium.ai_sessions")).fetchone()
    assert (found["status"], len(found["data"]["series"][0]["values"]), found["start"]) == ("ok", 6, asked["start"])
    assert "vector(2)" in found["query"]
    assert found["execution_id"]
    assert instant["data"]["series"][0]["value"][1] == "3"
    assert lines["status"] == "empty"
    assert [(row["tool_name"], row["result_status"]) for row in rows] == [
        ("query_prometheus", "success"), ("query_prometheus", "success"), ("query_loki", "success"),
    ]  # fmt: skip
    assert rows[0]["arguments"]["step"] == 60
    assert sessions == {"n": 2}


async def test_a_query_that_may_not_be_asked_or_fails_says_so(pool: Pool, grafana_estate: Estate) -> None:
    """EP-15."""
    async with through_grafana(pool, grafana_estate) as web:
        async with pool.connection() as db:
            await db.execute(CLOSE)
        closed = await web.post(PROMETHEUS, json={"query": "up"}, headers=EVE)
        long = {"query": "up", "start": "2026-11-01T00:00:00Z", "end": "2026-11-20T00:00:00Z"}
        with grafana_estate.grafana.failing("/api/datasources/proxy/uid/loki", Status(500)):
            failed = await web.post(LOKI, json={"query": '{app="checkout"}'})
        answers = {
            "closed": closed, "failed": failed, "bad": await web.post(PROMETHEUS, json={"query": "sum("}),
            "long": await web.post(PROMETHEUS, json=long),
            "step": await web.post(PROMETHEUS, json={"query": "up", "step": "soon"}),
        }  # fmt: skip
    assert {name: (answer.status_code, answer.json()["error"]) for name, answer in answers.items()} == {
        "closed": (403, "permission_denied"), "failed": (502, "source_unavailable"), "bad": (400, "bad_expression"),
        "long": (400, "range_too_long"), "step": (422, "validation_error"),
    }  # fmt: skip


async def test_an_applications_metrics_and_lines_come_part_by_part(pool: Pool, grafana_estate: Estate) -> None:
    """EP-15."""
    nanoseconds = int(datetime.now(UTC).timestamp()) * 10**9
    streams = [{"stream": {"app": "abc-web"}, "values": [[str(nanoseconds), "a line"]]}]
    grafana_estate.grafana.state.streams = streams
    async with through_grafana(pool, grafana_estate) as web:
        one = (await web.post(APPS, json=sample())).json()
        metrics = (await web.get(f"/api/grafana/metrics/{one['id']}", params={"step": "1m"})).json()
        logs = (await web.get(f"/api/grafana/logs/{one['id']}", params={"contains": "timeout", "limit": 5})).json()
        missing = await web.get(f"/api/grafana/metrics/{uuid4()}")
        bare = (await web.post(APPS, json={"name": "bare"})).json()
        nothing = await web.get(f"/api/grafana/metrics/{bare['id']}")
    assert [(item["part"], item["metric"]) for item in metrics["metrics"]] == [
        (part, metric) for part in ("api", "web") for metric in sample()["default_metrics"]
    ]
    assert {item["status"] for item in metrics["metrics"]} == {"empty"}
    assert [(item["part"], item["status"]) for item in logs["logs"]] == [("api", "ok"), ("web", "ok")]
    assert '{app="abc-web"} |= "timeout"' in logs["logs"][1]["query"]
    assert (missing.status_code, nothing.status_code) == (404, 400)


async def test_queries_are_counted_by_the_seeds_names(pool: Pool, source: SourceServer) -> None:
    """OB-01, OB-02."""
    tally = Tally()
    async with AsyncExitStack() as stack:
        sources = await stack.enter_async_context(opened(pool, source.url, tally=tally))
        web = await stack.enter_async_context(desk(pool, sources, tally=tally))
        target = await sources.chooser.choose("prometheus", ())
        tally("loki", "error", 0.3)
        tally("loki", "success", 99)
        tally(target.kind, "cached", None)
        text = (await web.get("/api/v1/metrics")).text
    lines = set(text.splitlines())
    assert {
        "# TYPE aiops_grafana_queries_total counter",
        'aiops_grafana_queries_total{datasource_type="loki",status="error"} 1.0',
        'aiops_grafana_queries_total{datasource_type="prometheus",status="cached"} 1.0',
        "# TYPE aiops_grafana_query_duration_seconds histogram",
        'aiops_grafana_query_duration_seconds_bucket{datasource_type="loki",le="0.25"} 0.0',
        'aiops_grafana_query_duration_seconds_bucket{datasource_type="loki",le="0.5"} 1.0',
        'aiops_grafana_query_duration_seconds_bucket{datasource_type="loki",le="+Inf"} 2.0',
        'aiops_grafana_query_duration_seconds_count{datasource_type="loki"} 2.0',
        'aiops_grafana_query_duration_seconds_sum{datasource_type="loki"} 99.3',
    } <= lines


@pytest.mark.parametrize(
    ("kept", "why"),
    [({"a": 1e300}, "64 bits"), ({"a": [2**70]}, "64 bits"), ({"a": "x\0y"}, "NUL"), ({"\0": 1}, "NUL")],
)
async def test_what_could_not_be_read_again_is_not_kept(pool: Pool, kept: dict[str, Any], why: str) -> None:
    """A row with such a value would keep everybody from the whole list."""
    async with entrance(pool) as web:
        web.headers.update(admin())
        application = await web.post("/api/applications", json={"name": "shop", "architecture_info": kept})
        source = {"name": "d", "type": "prometheus", "grafana_uid": "p", "config_json": kept}
        datasource = await web.post("/api/grafana/datasources", json=source)
        listed = await web.get("/api/applications")
    assert (application.status_code, datasource.status_code, listed.status_code) == (422, 422, 200)
    assert why in application.json()["message"]
