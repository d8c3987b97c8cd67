import asyncio
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from config import policy
from domain import permissions
from domain.database import Pool
from tests.house import spec
from tests.web.changes import MESSAGE, WAITING, World, card_of, decide, making, proposed, rows
from tests.web.entrance import admin, bare, desk, person, signed
from tools.spec import Category, Pillar, Risk
from web.desk import Guarded
from web.operations import OPERATIONS

PERMISSIONS = "/api/v1/admin/ai/permissions"
ALIAS = "/api/v1/admin/ai-permissions"
USAGE, AUDIT, LOG = "/api/v1/admin/ai/usage", "/api/v1/admin/ai/audit", "/api/v1/admin/ai/audit/log"
USERS = "/api/v1/admin/users"
SOME_ID = "6e0fb0b4-5d0c-4b50-9d53-0f1c6a6a4a5e"
CLOSED = {
    "role": "operator", "pillar": "revive", "tool_category": "grafana", "tool_name": "create_dashboard",
    "permission": "deny",
}  # fmt: skip
BEN = person("ben", "operator")


@pytest.fixture
def world() -> World:
    return World()


async def row_of(web: httpx.AsyncClient, **wanted: Any) -> list[dict[str, Any]]:
    """The permission rows that have these values."""
    found = (await web.get(PERMISSIONS)).json()["permissions"]
    return [row for row in found if all(row[key] == value for key, value in wanted.items())]


async def test_only_admins_come_in_and_others_are_told_what_they_lack(pool: Pool) -> None:
    """EP-12, PM-16."""
    closed = [(item.method, item.path, item.entry.permission) for item in OPERATIONS if isinstance(item.entry, Guarded)]
    async with desk(pool) as web:
        for method, template, permission in closed:
            path = re.sub(r"\{\w+\}", SOME_ID, template)
            if permission is None:
                continue
            response = await web.request(method, path, headers=BEN, json={})
            assert (path, response.status_code, response.json()) == (
                path,
                403,
                {
                    "error": "insufficient_permissions",
                    "message": "Role 'operator' may not administer.",
                    "required_permission": permission,
                    "alternative": "Ask someone with the role admin.",
                },
            )
    guarded = {path for _, path, permission in closed if permission}
    managed = {path for method, path, _ in closed if path.startswith("/api/applications") and method != "GET"}
    administering = ("/admin/", "/grafana/datasources", "/plugins/ai-ops/llm-models")
    assert guarded == managed | {path for _, path, _ in closed if any(part in path for part in administering)}


async def test_a_token_of_less_than_its_user_does_not_administer(pool: Pool) -> None:
    async with desk(pool) as web:
        assert (await web.get(PERMISSIONS)).status_code == 200
        lesser = await web.get(PERMISSIONS, headers=person("ann", "viewer"))
        async with pool.connection() as db:
            await db.execute("delete from trivium.user_roles")
        revoked = await web.get(PERMISSIONS)
    assert (lesser.status_code, revoked.status_code) == (403, 403)


async def test_the_description_says_that_a_path_is_for_admins() -> None:
    async with bare() as web:
        paths = (await web.get("/openapi.json")).json()["paths"]
    assert paths[PERMISSIONS]["put"]["description"] == "Needs the role admin (`ai:admin:permissions:write`)."
    assert "description" not in paths["/api/v1/revive/message"]["post"]


async def test_permissions_are_listed_at_both_paths_with_the_seeds_keys(pool: Pool) -> None:
    """EP-11, EP-12."""
    async with desk(pool) as web:
        body, alias = (await web.get(PERMISSIONS)).json(), (await web.get(ALIAS)).json()
        found = await row_of(web, role="operator", tool_category="aiops", tool_name="execute_runbook")
    assert body == alias
    assert len(body["permissions"]) == len(policy.read().grants)
    assert sorted(role["name"] for role in body["roles"]) == ["admin", "engineer", "operator", "viewer"]
    roles = {role["name"]: role["id"] for role in body["roles"]}
    assert found == [
        {
            "id": found[0]["id"], "role_id": roles["operator"], "role": "operator", "pillar": "revive",
            "tool_category": "aiops", "tool_name": "execute_runbook", "permission": "confirm", "scope": None,
        }
    ]  # fmt: skip


async def test_a_permission_is_put_by_role_id_and_replaces_the_one_row(pool: Pool, world: World) -> None:
    """EP-11, PM-20."""
    async with desk(pool, world.spec()) as web:
        roles = {role["name"]: role["id"] for role in (await web.get(ALIAS)).json()["roles"]}
        by_id = {key: value for key, value in CLOSED.items() if key != "role"} | {"role_id": roles["operator"]}
        first = await web.put(ALIAS, json=by_id)
        second = await web.put(PERMISSIONS, json=CLOSED | {"permission": "confirm"})
        found = await row_of(web, role="operator", tool_name="create_dashboard")
        everything = await web.put(
            PERMISSIONS, json={"role": "viewer", "pillar": "inquiry", "tool_name": "*", "permission": "deny"}
        )
        again = await web.put(PERMISSIONS, json={"role": "viewer", "pillar": "inquiry", "permission": "allow"})
        whole = await row_of(web, role="viewer", pillar="inquiry", tool_name=None)
    assert (first.status_code, first.json()) == (
        200,
        {"id": found[0]["id"], "message": "Permission updated successfully"},
    )
    assert second.json()["id"] == first.json()["id"]
    assert [(row["permission"], row["role_id"]) for row in found] == [("confirm", roles["operator"])]
    assert everything.json()["id"] == again.json()["id"] == whole[0]["id"]
    assert [row["permission"] for row in whole] == ["allow"]


async def test_a_changed_permission_bites_at_the_next_call(pool: Pool, world: World) -> None:
    """SE-03, EP-12."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        card = await card_of(web, headers=BEN)
        await web.put(PERMISSIONS, json=CLOSED)
        late = await decide(web, card, headers=BEN)
        refused = await web.post(MESSAGE, json={"message": "make it"}, headers=BEN)
        await web.put(PERMISSIONS, json=CLOSED | {"permission": "allow"})
        done = await web.post(MESSAGE, json={"message": "make it"}, headers=BEN)
    assert (late.status_code, late.json()["error"]) == (403, "permission_denied")
    assert (refused.status_code, refused.json()["error"]) == (403, "permission_denied")
    assert (done.json()["status"], world.made) == ("completed", ["checkout"])


async def test_a_permission_that_was_taken_away_is_gone_and_stays_so_at_the_next_start(
    pool: Pool, world: World
) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        found = await row_of(web, role="operator", pillar="revive", tool_name="create_*", tool_category="grafana")
        path = f"{PERMISSIONS}/{found[0]['id']}"
        deleted, again = await web.delete(path), await web.delete(path)
        refused = await web.post(MESSAGE, json={"message": "make it"}, headers=BEN)
        async with pool.connection() as db:
            await permissions.seed(db, policy.read())
        still = await web.post(MESSAGE, json={"message": "make it"}, headers=BEN)
    assert (deleted.status_code, deleted.content, again.status_code) == (204, b"", 404)
    assert (refused.status_code, still.status_code, world.made) == (403, 403, [])


async def test_changes_of_permissions_are_on_the_audit_log_with_what_stood_before(pool: Pool, world: World) -> None:
    """EP-12."""
    async with desk(pool, world.spec()) as web:
        made = (await web.put(PERMISSIONS, json=CLOSED)).json()["id"]
        await web.put(PERMISSIONS, json=CLOSED | {"permission": "allow"})
        await web.delete(f"{PERMISSIONS}/{made}")
        log = (await web.get(LOG)).json()
    deny, allow = ({"role": "operator", "permission": effect, "scope": None} for effect in ("deny", "allow"))
    assert [(entry["action"], entry["details"]) for entry in log["entries"]] == [
        ("permission_removed", {"id": made, "before": allow}),
        ("permission_changed", {"id": made, "before": deny, "after": allow}),
        ("permission_changed", {"id": made, "before": None, "after": deny}),
    ]
    assert {(entry["user"], entry["target"]) for entry in log["entries"]} == {
        ("ann", "operator: revive/grafana/create_dashboard")
    }


async def test_a_change_without_its_audit_entry_does_not_stand(fresh_pool: Pool, world: World) -> None:
    async with desk(fresh_pool, world.spec()) as web:
        before = (await web.get(PERMISSIONS)).json()
        async with fresh_pool.connection() as db:
            await db.execute("alter table trivium.audit_logs add check (action <> 'permission_changed') not valid")
        failed = await web.put(PERMISSIONS, json=CLOSED)
        after = (await web.get(PERMISSIONS)).json()
    assert (failed.status_code, after) == (500, before)


INVALID: tuple[tuple[dict[str, Any], str], ...] = (
    ({"role_id": str(uuid4()), "role": "operator"}, "body"),
    ({"role": None}, "body"),
    ({"role": "nobody"}, "role"),
    ({"role": None, "role_id": SOME_ID}, "role"),
    ({"pillar": "inquiry"}, "body"),
    ({"tool_name": "create_dashbord"}, "tool_name"),
    ({"tool_name": "Create Dashboard"}, "tool_name"),
    ({"tool_category": "aiops"}, "tool_name"),
    ({"permission": "maybe"}, "permission"),
    ({"scope": "everything"}, "scope"),
    ({"note": "x"}, "note"),
)


async def test_a_permission_that_would_hold_nothing_is_refused(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec()) as web:
        before = (await web.get(PERMISSIONS)).json()
        for change, field in INVALID:
            response = await web.put(PERMISSIONS, json=CLOSED | change)
            assert (change, response.status_code, response.json()["details"][0]["field"]) == (change, 422, field)
        assert (await web.get(PERMISSIONS)).json() == before


async def test_users_are_listed_and_changed_key_by_key(pool: Pool) -> None:
    async with desk(pool) as web:
        await web.get(WAITING, headers=BEN)
        listed = (await web.get(USERS, params={"per_page": 1, "page": 2})).json()
        ben = listed["users"][0]
        teams = (await web.put(f"{USERS}/{ben['id']}", json={"teams": ["web", "core", "web"]})).json()
        roles = (await web.put(f"{USERS}/{ben['id']}", json={"roles": ["viewer", "engineer"]})).json()
        same = (await web.put(f"{USERS}/{ben['id']}", json={})).json()
        none = (await web.put(f"{USERS}/{ben['id']}", json={"roles": [], "teams": []})).json()
        log = (await web.get(LOG, params={"action": "user_changed"})).json()
    assert ben == {"id": ben["id"], "name": "ben", "roles": ["operator"], "teams": [], "is_disabled": False}
    assert listed["pagination"] == {"page": 2, "per_page": 1, "total": 2}
    assert teams == ben | {"teams": ["core", "web"]}
    assert roles == same == teams | {"roles": ["engineer", "viewer"]}
    assert none == ben | {"roles": []}
    newest, *_, oldest = log["entries"]
    assert (log["total"], newest["target"], newest["user"]) == (4, "ben", "ann")
    assert oldest["details"] == {
        "before": {"roles": ["operator"], "teams": [], "is_disabled": False},
        "after": {"roles": ["operator"], "teams": ["core", "web"], "is_disabled": False},
    }


async def test_what_is_taken_from_a_user_is_gone_at_their_next_request(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        card = await card_of(web, headers=BEN)
        ben = (await web.get(USERS)).json()["users"][1]
        await web.put(f"{USERS}/{ben['id']}", json={"roles": ["viewer"]})
        demoted = await decide(web, card, headers=BEN)
        await web.put(f"{USERS}/{ben['id']}", json={"roles": ["operator"], "is_disabled": True})
        disabled = await decide(web, card, headers=BEN)
        await web.put(f"{USERS}/{ben['id']}", json={"is_disabled": False})
        back = await decide(web, card, headers=BEN)
    assert [demoted.status_code, disabled.status_code, back.status_code] == [403, 403, 200]
    assert world.made == ["checkout"]


async def test_the_last_admin_can_neither_leave_nor_be_disabled(pool: Pool) -> None:
    async with desk(pool) as web:
        ann = (await web.get(USERS)).json()["users"][0]
        path = f"{USERS}/{ann['id']}"
        alone = [await web.put(path, json=body) for body in ({"roles": ["viewer"]}, {"is_disabled": True})]
        await web.get(WAITING, headers=admin("bob"))
        bob = (await web.get(USERS)).json()["users"][1]
        await web.put(f"{USERS}/{bob['id']}", json={"is_disabled": True})
        beside_disabled = await web.put(path, json={"roles": []})
        await web.put(f"{USERS}/{bob['id']}", json={"is_disabled": False})
        stays = await web.put(path, json={"roles": ["admin", "viewer"], "teams": ["core"]})
        leaves = await web.put(path, json={"roles": ["viewer"]})
        after = await web.get(USERS)
    refusal = {
        "error": "last_admin",
        "message": "ann is the last admin: nobody could change permissions any more.",
        "alternative": "Make somebody else an admin first.",
    }
    assert [(each.status_code, each.json()) for each in (*alone, beside_disabled)] == [(409, refusal)] * 3
    assert [stays.status_code, leaves.status_code, after.status_code] == [200, 200, 403]


async def test_two_admins_who_dismiss_each_other_leave_one(pool: Pool) -> None:
    async with desk(pool) as web:
        await web.get(WAITING, headers=admin("bob"))
        ann, bob = (await web.get(USERS)).json()["users"]
        await asyncio.gather(
            web.put(f"{USERS}/{bob['id']}", json={"roles": []}),
            web.put(f"{USERS}/{ann['id']}", json={"roles": []}, headers=admin("bob")),
        )
    assert len(await rows(pool, "select user_id from trivium.user_roles")) == 1


async def test_a_user_or_a_role_that_is_not_there_is_named(pool: Pool) -> None:
    async with desk(pool) as web:
        ann = (await web.get(USERS)).json()["users"][0]
        missing = await web.put(f"{USERS}/{SOME_ID}", json={"teams": ["core"]})
        unknown = await web.put(f"{USERS}/{ann['id']}", json={"roles": ["admin", "emperor"]})
        typo = await web.put(f"{USERS}/{ann['id']}", json={"role": ["admin"]})
    assert (missing.status_code, unknown.status_code, typo.status_code) == (404, 422, 422)
    assert unknown.json() == {
        "error": "validation_error",
        "message": "There is no role emperor.",
        "details": [{"field": "roles", "message": "There is no role emperor."}],
        "alternative": "Roles here: admin, engineer, operator, viewer.",
    }


async def test_usage_counts_calls_by_tool_and_what_one_user_came_to(pool: Pool, world: World) -> None:
    """EP-12, AU-04, AU-05."""
    async with desk(pool, world.spec(), spec(), brain=making("checkout")) as web:
        await decide(web, await card_of(web))
        await web.post(MESSAGE, json={"message": "make it"}, headers=person("eve", "engineer"))
        body = (await web.get(USAGE, params={"user": "ann"})).json()
        later = (await web.get(USAGE, params={"since": body["until"], "until": "2999-01-01T00:00:00Z"})).json()
        nobody = await web.get(USAGE, params={"user": "nobody"})
        backwards = await web.get(USAGE, params={"since": body["until"], "until": body["since"]})
    used = body["tools"][0]
    assert body.keys() == {"since", "until", "tools", "activity"}
    assert [tool["tool"] for tool in body["tools"]] == ["create_dashboard"]
    assert used == {
        "tool": "create_dashboard", "calls": 3, "users": 2, "successes": 1, "errors": 0, "blocked": 1, "asked": 1,
        "p50_ms": used["p50_ms"], "p95_ms": used["p95_ms"],
    }  # fmt: skip
    activity = body["activity"]
    assert {key: activity[key] for key in ("user", "questions", "proposals", "carried_out", "approvals_given")} == {
        "user": "ann", "questions": 1, "proposals": 1, "carried_out": 1, "approvals_given": 1,
    }  # fmt: skip
    assert (later["tools"], later["activity"]) == ([], None)
    assert (nobody.status_code, backwards.status_code) == (404, 422)


async def test_the_audit_says_who_did_what_on_whose_approval_with_what_result(pool: Pool, world: World) -> None:
    """EP-12, AU-08."""
    async with desk(pool, world.spec(), brain=making("checkout"), four_eyes=("medium",)) as web:
        asked = await proposed(web, headers=BEN)
        await decide(web, asked["response"]["action_required"])
        await web.post(MESSAGE, json={"message": "make it"}, headers=person("eve", "engineer"))
        whole = (await web.get(AUDIT)).json()
        of_ben = (await web.get(AUDIT, params={"user": "ben", "tool": "create_dashboard", "status": "success"})).json()
        first = (await web.get(AUDIT, params={"per_page": 1})).json()
        second = (await web.get(AUDIT, params={"per_page": 1, "page": 2})).json()
        early = (await web.get(AUDIT, params={"until": "2020-01-01T00:00:00Z"})).json()
        wrong = await web.get(AUDIT, params={"status": "fine"})
    deed = of_ben["deeds"][0]
    assert [each["status"] for each in whole["deeds"]] == ["blocked", "success"]
    assert whole["deeds"][1] == deed
    keys = ("requester", "decided_by", "mode", "standing", "outcome", "summary", "arguments", "run_id", "entrance")
    told = {key: deed[key] for key in keys}
    assert told == {
        "requester": "ben", "decided_by": "ann", "mode": "four_eyes", "standing": "approved", "outcome": "succeeded",
        "summary": "dashboard Checkout", "arguments": {"title": "checkout"}, "run_id": asked["run_id"],
        "entrance": "http",
    }  # fmt: skip
    assert deed["confirmation_id"] == asked["response"]["action_required"]["confirmation_id"]
    assert ([each["id"] for each in first["deeds"]], first["has_more"]) == ([whole["deeds"][0]["id"]], True)
    assert ([each["id"] for each in second["deeds"]], second["has_more"]) == ([deed["id"]], False)
    assert (early["deeds"], wrong.status_code) == ([], 422)


async def test_the_log_can_be_narrowed_and_comes_in_pages(pool: Pool, world: World) -> None:
    """EP-12."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        await decide(web, await card_of(web, headers=BEN), headers=BEN)
        whole = (await web.get(LOG)).json()
        approved = (await web.get(LOG, params={"action": "action_approved", "user": "ben"})).json()
        of_ann = (await web.get(LOG, params={"user": "ann"})).json()
        page = (await web.get(LOG, params={"tool": "create_dashboard", "per_page": 2, "page": 2})).json()
    assert [entry["action"] for entry in whole["entries"]] == [
        "action_finished", "action_started", "action_approved", "action_proposed", "session_started",
    ]  # fmt: skip
    assert [entry["sequence"] for entry in whole["entries"]] == [5, 4, 3, 2, 1]
    assert (whole["total"], of_ann["total"]) == (5, 0)
    assert [(entry["user"], entry["target"]) for entry in approved["entries"]] == [("ben", "create_dashboard")]
    assert ([entry["action"] for entry in page["entries"]], page["total"]) == (
        ["action_approved", "action_proposed"],
        4,
    )


async def test_an_unknown_group_of_tools_can_be_closed_before_it_is_there(pool: Pool) -> None:
    """A glob is a rule for what comes; only a whole name that no tool has is a mistake."""
    tool = spec("list_runbooks", category=Category.AIOPS, pillars=frozenset({Pillar.REVIVE}), risk=Risk.READ)
    rule = {"role": "engineer", "pillar": "revive", "tool_category": "aiops", "permission": "deny"}
    async with desk(pool, tool) as web:
        glob = await web.put(PERMISSIONS, json=rule | {"tool_name": "reboot_*"})
        name = await web.put(PERMISSIONS, json=rule | {"tool_name": "reboot_server"})
    assert glob.status_code == 200
    assert name.json()["details"] == [
        {"field": "tool_name", "message": "there is no such tool there; tools: list_runbooks"}
    ]


async def test_a_machine_that_only_sends_alerts_does_not_administer(pool: Pool) -> None:
    async with desk(pool) as web:
        response = await web.get(PERMISSIONS, headers=signed("hook", roles=("admin",), scopes=("ingest",)))
    assert (response.status_code, response.json()["error"]) == (403, "insufficient_permissions")
    assert await rows(pool, "select action from trivium.audit_logs") == []
