"""MCP servers over HTTP: registered, looked at, decided on, changed and removed by admins alone."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.database import Pool
from domain.secrets import Keyring
from tests.house import actor, worker
from tests.mcp_world import PROGRAM, listening
from tests.tools.remote_world import REACH, call, remote_tools
from tests.tools.sources_world import KEYRING
from tests.web.entrance import admin, client, parts_of, person
from tools.remote import Reach, RemoteTools
from tools.remote_health import once
from tools.remote_places import Allowed
from tools.resources import Resources
from web.app import build

SERVERS = "/api/v1/admin/mcp-servers"
SECRET = "hunter22-hunter22"
CLUSTER: dict[str, Any] = {"name": "k8s", "transport": "stdio", "command": list(PROGRAM)}
HTTP: dict[str, Any] = {"name": "web", "transport": "http", "url": "http://127.0.0.1:9/mcp"}
LOG = "select action, target, details::text as details from trivium.audit_logs where action like 'mcp%%' order by id"
BEN, EVE = person("ben", "operator"), person("eve", "viewer")


@dataclass(frozen=True, slots=True)
class World:
    web: httpx.AsyncClient
    remote: RemoteTools
    pool: Pool

    async def made(self, **given: Any) -> dict[str, Any]:
        response = await self.web.post(SERVERS, json=given if "transport" in given else CLUSTER | given)
        assert response.status_code == 201, response.text
        return response.json()

    async def tools(self, path: str) -> dict[str, dict[str, Any]]:
        response = await self.web.get(f"{path}/tools")
        return {tool["name"]: tool for tool in response.json()["tools"]}

    async def decided(self, path: str, tool: str, risk: str | None = "read", *pillars: str) -> httpx.Response:
        seen = (await self.tools(path))[tool]
        body = {"fingerprint": seen["fingerprint"], "risk": risk, "pillars": list(pillars)}
        return await self.web.put(f"{path}/tools/{tool}", json=body)

    async def log(self) -> list[dict[str, Any]]:
        async with self.pool.connection() as db:
            return await (await db.execute(LOG)).fetchall()


@asynccontextmanager
async def opened(pool: Pool, reach: Reach = REACH, keyring: Keyring | None = KEYRING) -> AsyncGenerator[World]:
    """An app over the tools of registered servers, its client signed as the admin Ann."""
    async with remote_tools(pool, replace(reach, keyring=keyring)) as remote, worker(pool) as house:
        given = parts_of(pool, house.runner, house=house)
        parts = replace(given, resources=Resources(keyring=keyring), remote=remote)
        async with client(build(parts)) as web:
            web.headers.update(admin())
            yield World(web, remote, pool)


@pytest.fixture
async def world(pool: Pool) -> AsyncGenerator[World]:
    async with opened(pool) as made:
        yield made


async def test_a_server_is_registered_read_changed_and_removed(world: World) -> None:
    """EP-19, MC-08, DB-16."""
    one = await world.made(description="the lab", environment={"CLUSTER": "lab"})
    assert one == {
        "id": one["id"], "name": "k8s", "family": "k8s", "description": "the lab", "transport": "stdio",
        "kind": "internal", "url": "", "command": list(PROGRAM), "environment": {"CLUSTER": "lab"},
        "credential": {"kind": "none", "name": "", "kept": None}, "status": "unhealthy", "is_enabled": True,
        "is_usable": False, "consecutive_failures": 0, "last_checked_at": None, "last_healthy_at": None,
        "last_error": "", "created_at": one["created_at"], "updated_at": one["updated_at"],
    }  # fmt: skip
    path = f"{SERVERS}/{one['id']}"
    assert (await world.web.get(path)).json() == one
    assert (await world.web.get(SERVERS)).json() == {"servers": [one]}
    changed = (await world.web.put(path, json={"family": "clusters", "is_enabled": False})).json()
    assert changed == one | {"family": "clusters", "is_enabled": False, "updated_at": changed["updated_at"]}
    assert (await world.web.put(path, json={"in_maintenance": True})).json()["status"] == "maintenance"
    assert (await world.web.delete(path)).status_code == 204
    assert (await world.web.get(SERVERS)).json() == {"servers": []}
    assert [(entry["action"], entry["target"]) for entry in await world.log()] == [
        ("mcp_server_added", "k8s"),
        ("mcp_server_changed", "k8s"),
        ("mcp_server_changed", "k8s"),
        ("mcp_server_removed", "k8s"),
    ]


async def test_a_server_that_is_not_there_is_not_found(world: World) -> None:
    path = f"{SERVERS}/{uuid4()}"
    decision = {"fingerprint": "x", "risk": None}
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", path, {}), ("PUT", path, {}), ("DELETE", path, {}), ("POST", f"{path}/check", {}),
        ("POST", f"{path}/refresh", {}), ("GET", f"{path}/tools", {}), ("PUT", f"{path}/tools/pods_list", decision),
    ]  # fmt: skip
    for method, where, body in asked:
        response = await world.web.request(method, where, json=body)
        assert (where, method, response.status_code, response.json()["error"]) == (where, method, 404, "not_found")
    one = await world.made()
    unknown = await world.web.put(f"{SERVERS}/{one['id']}/tools/none", json=decision)
    assert unknown.status_code == 404


async def test_only_admins_see_and_change_servers(world: World) -> None:
    """EP-19."""
    path = f"{SERVERS}/{(await world.made())['id']}"
    for who, status in (({"Authorization": ""}, 401), (BEN, 403), (EVE, 403)):
        for method, where in (("GET", SERVERS), ("POST", SERVERS), ("GET", path), ("PUT", path), ("DELETE", path),
                              ("POST", f"{path}/check"), ("POST", f"{path}/refresh"), ("GET", f"{path}/tools"),
                              ("PUT", f"{path}/tools/pods_list")):  # fmt: skip
            assert (await world.web.request(method, where, json={}, headers=who)).status_code == status, where
    assert len(await world.log()) == 1


@pytest.mark.parametrize("kind", ["header", "bearer", "variable"])
async def test_a_secret_goes_in_and_never_comes_out(world: World, kind: str) -> None:
    """EP-19, SE-07."""
    name = {"header": "X-Api-Key", "bearer": "", "variable": "CLUSTER_TOKEN"}[kind]
    place = CLUSTER if kind == "variable" else HTTP
    one = await world.made(**place, credential={"kind": kind, "name": name, "secret": SECRET})
    path = f"{SERVERS}/{one['id']}"
    assert one["credential"] == {"kind": kind, "name": name, "kept": "sealed"}
    texts = [(await world.web.get(where)).text for where in (SERVERS, path, f"{path}/tools")]
    texts.append((await world.web.put(path, json={"description": "changed"})).text)
    refused = await world.web.post(
        SERVERS, json=place | {"name": "b", "is": 7, "credential": {"kind": kind, "secret": SECRET}}
    )
    async with world.pool.connection() as db:
        rows = await (await db.execute("select to_jsonb(s)::text as t from trivium.mcp_servers s")).fetchall()
    assert SECRET not in "".join([*texts, refused.text, str(rows), str(await world.log())])
    assert refused.status_code == 422
    assert (await world.web.put(path, json={"credential": None})).json()["credential"]["kept"] is None


WRONG: list[tuple[dict[str, Any], str]] = [
    (CLUSTER | {"name": "K8s"}, "name"),
    (CLUSTER | {"name": "a__b"}, "name"),
    (CLUSTER | {"family": "a b"}, "family"),
    (CLUSTER | {"transport": "pigeon"}, "transport"),
    (CLUSTER | {"colour": "red"}, "colour"),
    (CLUSTER | {"kind": "external"}, "transport"),
    (CLUSTER | {"url": "http://127.0.0.1/mcp"}, "transport"),
    (CLUSTER | {"command": []}, "command"),
    (CLUSTER | {"command": ["/bin/sh", "-c", "id"]}, "command"),
    (CLUSTER | {"command": [*PROGRAM, "--token", "abcdefgh12345678"]}, "command"),
    (CLUSTER | {"environment": {"LD_PRELOAD": "/x.so"}}, "command"),
    (CLUSTER | {"environment": {"API_TOKEN": SECRET}}, "command"),
    (CLUSTER | {"credential": {"kind": "bearer", "secret": SECRET}}, "credential.kind"),
    (CLUSTER | {"credential": {"kind": "variable", "name": "PATH", "secret": SECRET}}, "credential.name"),
    (CLUSTER | {"credential": {"kind": "variable", "secret": SECRET}}, "credential.name"),
    (CLUSTER | {"credential": {"kind": "variable", "name": "TOKEN"}}, "credential"),
    (CLUSTER | {"credential": {"kind": "variable", "name": "TOKEN", "reference": "/etc/x"}}, "credential.reference"),
    (CLUSTER | {"credential": {"kind": "none", "secret": SECRET}}, "credential"),
    (HTTP | {"command": ["x"]}, "transport"),
    (HTTP | {"url": ""}, "url"),
    (HTTP | {"url": "http://169.254.169.254/latest"}, "url"),
    (HTTP | {"url": "http://ann:pass@127.0.0.1/mcp"}, "url"),
    (HTTP | {"url": "http://127.0.0.1/mcp", "kind": "external"}, "url"),
    (HTTP | {"url": "https://mcp.example.org/mcp"}, "url"),
    (HTTP | {"credential": {"kind": "header", "name": "Host", "secret": SECRET}}, "credential.name"),
    (HTTP | {"credential": {"kind": "header", "name": "A", "secret": "x", "reference": "env:X"}}, "credential"),
]


@pytest.mark.parametrize(
    ("given", "field"), WRONG, ids=[f"{field}-{number}" for number, (_, field) in enumerate(WRONG)]
)
async def test_what_cannot_be_a_server_is_refused_by_its_field(pool: Pool, given: dict[str, Any], field: str) -> None:
    """EP-19, SE-09."""
    narrow = replace(REACH, allowed=Allowed(hosts=("127.*", "169.*"), commands=(PROGRAM[0],)))
    async with opened(pool, narrow) as world:
        response = await world.web.post(SERVERS, json=given)
        assert response.status_code == 422, response.text
        assert {detail["field"] for detail in response.json()["details"]} == {field}
        assert SECRET not in response.text
        assert (await world.web.get(SERVERS)).json() == {"servers": []}


async def test_a_change_is_checked_as_a_new_server_is(world: World) -> None:
    path = f"{SERVERS}/{(await world.made())['id']}"
    before = (await world.web.get(path)).json()
    for given in (
        {"command": ["/bin/sh"]}, {"transport": "http"}, {"url": "http://127.0.0.1/mcp"}, {"name": "other"},
        {"credential": {"kind": "bearer", "secret": SECRET}}, {"environment": {"PATH": "/x"}}, {"is_enabled": "yes"},
    ):  # fmt: skip
        assert (await world.web.put(path, json=given)).status_code == 422, given
    assert (await world.web.get(path)).json() == before


async def test_a_sealed_secret_is_not_sent_to_another_place_than_it_was_given_for(world: World) -> None:
    """SE-09: whoever cannot read a secret cannot have it delivered elsewhere."""
    one = await world.made(**HTTP, credential={"kind": "bearer", "secret": SECRET})
    path, elsewhere = f"{SERVERS}/{one['id']}", "http://127.0.0.2:9/mcp"
    refused = await world.web.put(path, json={"url": elsewhere})
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (422, "credential")
    assert (await world.web.put(path, json={"url": HTTP["url"], "description": "same"})).status_code == 200
    moved = await world.web.put(path, json={"url": elsewhere, "credential": {"kind": "bearer", "secret": SECRET}})
    assert (moved.status_code, moved.json()["url"]) == (200, elsewhere)


async def test_a_name_that_is_taken_is_a_conflict(world: World) -> None:
    await world.made()
    response = await world.web.post(SERVERS, json=CLUSTER)
    assert (response.status_code, response.json()["error"]) == (409, "already_exists")


async def test_without_a_sealing_key_no_secret_is_taken_and_a_reference_is(pool: Pool) -> None:
    """SE-07."""
    async with opened(pool, keyring=None) as world:
        sent = {"kind": "variable", "name": "CLUSTER_TOKEN", "secret": SECRET}
        refused = await world.web.post(SERVERS, json=CLUSTER | {"credential": sent})
        assert (refused.status_code, refused.json()["details"][0]["field"]) == (422, "credential.secret")
        named = {"kind": "variable", "name": "CLUSTER_TOKEN", "reference": "env:CLUSTER_SECRET"}
        assert (await world.made(credential=named))["credential"]["kept"] == "env:CLUSTER_SECRET"


async def test_a_tool_is_denied_until_an_admin_gives_it_a_risk_and_answers_from_then_on(world: World) -> None:
    """EP-19, MC-10, TS-22."""
    path, ann = f"{SERVERS}/{(await world.made())['id']}", await actor(world.pool, "admin", name="ann")
    checked = (await world.web.post(f"{path}/check")).json()
    assert (checked["status"], checked["is_usable"], checked["last_error"]) == ("healthy", True, "")
    seen = (await world.tools(path))["pods_list"]
    assert (seen["standing"], seen["called"], seen["risk"]) == ("undecided", "k8s__pods_list", None)
    assert seen["input_schema"]["properties"].keys() == {"namespace", "limit"}
    assert world.remote.specs() == ()
    decided = await world.decided(path, "pods_list", "read", "inquiry")
    assert (decided.status_code, decided.json()) == (200, seen | {
        "standing": "allowed", "risk": "read", "pillars": ["inquiry"], "permission": "ai:inquiry:mcp:k8s:read",
        "decided_by": "ann", "decided_at": decided.json()["decided_at"],
    })  # fmt: skip
    assert (await call(world.remote, ann, "k8s__pods_list", limit=1)).status == "ok"
    denied = await world.decided(path, "pods_list", None)
    assert denied.json()["standing"] == "denied"
    assert world.remote.specs() == ()
    assert [entry["action"] for entry in await world.log()] == [
        "mcp_server_added", "mcp_server_checked", "mcp_tool_decided", "mcp_tool_decided",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"risk": "execute", "pillars": ["inquiry"]}, 422),
        ({"risk": "read", "pillars": []}, 422),
        ({"risk": "read", "pillars": ["gossip"]}, 422),
        ({"risk": "shout", "pillars": ["revive"]}, 422),
        ({"risk": "read"}, 422),
        ({"risk": "read", "pillars": ["inquiry"], "fingerprint": "of another"}, 409),
    ],
    ids=str,
)
async def test_a_decision_that_cannot_be_leaves_the_tool_as_it_was(
    world: World, given: dict[str, Any], status: int
) -> None:
    path = f"{SERVERS}/{(await world.made())['id']}"
    await world.web.post(f"{path}/check")
    seen = (await world.tools(path))["pods_list"]
    response = await world.web.put(f"{path}/tools/pods_list", json={"fingerprint": seen["fingerprint"]} | given)
    assert response.status_code == status, response.text
    assert (await world.tools(path))["pods_list"] == seen


async def test_a_server_that_keeps_failing_rests_until_somebody_looks_and_finds_it_well(pool: Pool) -> None:
    """MC-09: unhealthy after three failures, in maintenance after ten; a look by hand ends that, a refresh does not."""
    async with opened(pool) as world:
        one = await world.made()
        path = f"{SERVERS}/{one['id']}"
        world.remote.reach = replace(REACH, allowed=Allowed())
        for _ in range(12):
            await once(world.remote, 0)
        resting = (await world.web.get(path)).json()
        assert (resting["status"], resting["consecutive_failures"]) == ("maintenance", 10)
        failed = await world.web.post(f"{path}/refresh")
        assert (failed.status_code, failed.json()["error"]) == (502, "source_unavailable")
        assert (await world.web.post(f"{path}/check")).json()["status"] == "maintenance"
        world.remote.reach = REACH
        refreshed = await world.web.post(f"{path}/refresh")
        assert (refreshed.status_code, refreshed.json()["server"]["status"]) == (200, "maintenance")
        assert "pods_list" in {tool["name"] for tool in refreshed.json()["tools"]}
        assert (await world.web.post(f"{path}/check")).json()["status"] == "healthy"
        looks = [entry["details"] for entry in await world.log() if entry["action"] == "mcp_server_checked"]
    assert ['"after": "healthy"' in details for details in looks] == [False, False, False, True]


async def test_a_refresh_shows_what_the_server_lists_now_and_denies_what_has_changed(world: World) -> None:
    """MC-11: the rug pull is seen by whoever asks for the list."""
    path, ann = f"{SERVERS}/{(await world.made())['id']}", await actor(world.pool, "admin", name="ann")
    await world.web.post(f"{path}/check")
    for tool in ("pods_list", "twist", "grow"):
        assert (await world.decided(path, tool, "read", "inquiry")).status_code == 200
    for tool in ("k8s__twist", "k8s__grow"):
        assert (await call(world.remote, ann, tool)).status == "ok"
    found = {tool["name"]: tool["standing"] for tool in (await world.web.post(f"{path}/refresh")).json()["tools"]}
    assert (found["pods_list"], found["jobs_list"], found["twist"]) == ("changed", "undecided", "allowed")
    assert list(world.remote) == ["k8s__grow", "k8s__twist"]


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_a_server_at_a_url_is_registered_and_answers(world: World, transport: str, tmp_path: Path) -> None:
    """MC-02: streamable HTTP and SSE; stdio is what the other tests register."""
    ann = await actor(world.pool, "admin", name="ann")
    with listening(transport, tmp_path / "server.log") as url:
        one = await world.made(name="k8s", transport=transport, url=url)
        path = f"{SERVERS}/{one['id']}"
        assert (await world.web.post(f"{path}/check")).json()["status"] == "healthy"
        await world.decided(path, "pods_list", "read", "inquiry")
        assert (await call(world.remote, ann, "k8s__pods_list", limit=1)).status == "ok"
        await world.remote.close()
    assert (await world.web.post(f"{path}/check")).json()["consecutive_failures"] == 1
