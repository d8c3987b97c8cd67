"""The matrix of tools and roles: what it shows is what the door does, and changes are weighed and then made as one."""

import asyncio
from typing import Any

import httpx
import pytest

from domain.database import Pool
from tests.house import actor, spec
from tests.web.changes import MESSAGE, World, card_of, decide, making, proposed, rows
from tests.web.entrance import desk, person, signed
from tools.spec import AnySpec, Category, Pillar, Risk

MATRIX, PREVIEW = "/api/v1/admin/ai/permissions/matrix", "/api/v1/admin/ai/permissions/preview"
PERMISSIONS, LOG = "/api/v1/admin/ai/permissions", "/api/v1/admin/ai/audit/log"
MINE = "/api/v1/users/me/permissions"
BEN = person("ben", "operator")
DENY = {"role": "operator", "pillar": "revive", "tool": "create_dashboard", "effect": "deny"}


@pytest.fixture
def world() -> World:
    return World()


def both() -> AnySpec:
    """A reading tool of two pillars."""
    return spec(
        "query_loki",
        pillars=frozenset({Pillar.TROUBLESHOOTING, Pillar.REVIVE}),
        category=Category.GRAFANA,
        permission="ai:grafana:query",
        title="Query logs",
    )


async def version(web: httpx.AsyncClient) -> int:
    return (await web.get(MATRIX)).json()["version"]


async def sent(web: httpx.AsyncClient, *changes: dict[str, Any]) -> dict[str, Any]:
    return {"version": await version(web), "changes": list(changes)}


async def test_the_matrix_shows_every_tool_in_every_pillar_with_its_effect_for_each_role(
    pool: Pool, world: World
) -> None:
    """EP-12, PM-14, PM-19."""
    await actor(pool, "operator", "viewer", name="ben")
    async with desk(pool, world.spec(), both()) as web:
        body = (await web.get(MATRIX)).json()
    assert {role["name"]: role["people"] for role in body["roles"]} == {
        "admin": 1, "operator": 1, "engineer": 0, "viewer": 1,
    }  # fmt: skip
    assert [role["name"] for role in body["roles"]] == ["admin", "operator", "engineer", "viewer"]
    assert [(row["pillar"], row["category"], row["tool"]) for row in body["rows"]] == [
        ("troubleshooting", "troubleshooting", "query_loki"),
        ("revive", "grafana", "create_dashboard"),
        ("revive", "grafana", "query_loki"),
    ]
    loki, dashboard, _ = body["rows"]
    assert loki["cells"] == {
        "admin": {"effect": "allow", "scope": None, "rule": "*"},
        "operator": {"effect": "allow", "scope": None, "rule": "*"},
        "engineer": {"effect": "allow", "scope": "own_alerts", "rule": "query_*"},
        "viewer": {"effect": "deny", "scope": None, "rule": None},
    }
    assert (dashboard["title"], dashboard["risk"], dashboard["risk_level"]) == (
        "Create a dashboard",
        "create",
        "medium",
    )
    assert [dashboard["cells"][role]["effect"] for role in ("admin", "operator", "engineer")] == [
        "confirm", "confirm", "deny",
    ]  # fmt: skip
    assert (body["person"], dashboard["person"], dashboard["is_remote"]) == (None, None, False)


async def test_the_matrix_of_one_user_is_of_all_their_roles(pool: Pool, world: World) -> None:
    """PM-26."""
    await actor(pool, "operator", "viewer", name="ben")
    async with desk(pool, world.spec(), both()) as web:
        body = (await web.get(MATRIX, params={"user": "ben"})).json()
        nobody = await web.get(MATRIX, params={"user": "nobody"})
    assert body["person"] == {"name": "ben", "roles": ["operator", "viewer"], "is_disabled": False}
    assert [(row["tool"], row["person"]["effect"]) for row in body["rows"]] == [
        ("query_loki", "allow"), ("create_dashboard", "confirm"), ("query_loki", "allow"),
    ]  # fmt: skip
    assert (nobody.status_code, nobody.json()["message"]) == (404, "There is no user nobody.")


async def test_a_preview_names_who_gains_and_who_loses_and_changes_nothing(pool: Pool, world: World) -> None:
    """EP-12, PM-18."""
    await actor(pool, "engineer", name="eve")
    await actor(pool, "engineer", "admin", name="max")
    await actor(pool, "operator", name="ben")
    give = {"role": "engineer", "pillar": "revive", "tool": "create_dashboard", "effect": "confirm"}
    async with desk(pool, world.spec(), brain=making("checkout"), four_eyes=("medium",)) as web:
        await proposed(web, headers=person("max", "admin"))
        before = (await web.get(MATRIX)).json()
        body = (await web.post(PREVIEW, json=await sent(web, give, DENY))).json()
        assert (await web.get(MATRIX)).json() == before
    gained, lost = body["effects"]
    assert gained == {
        "role": "engineer", "pillar": "revive", "tool": "create_dashboard", "title": "Create a dashboard",
        "risk": "create", "risk_level": "medium",
        "before": {"effect": "deny", "scope": None, "rule": None},
        "after": {"effect": "confirm", "scope": None, "rule": "create_dashboard"},
        "approval_mode": "four_eyes", "gain": ["eve"], "lose": [], "looser": [], "tighter": [], "same": ["max"],
        "used": [],
    }  # fmt: skip
    assert (lost["lose"], lost["gain"], lost["after"]["effect"], lost["approval_mode"]) == (
        ["ben"],
        [],
        "deny",
        "policy",
    )
    assert (body["version"], body["runs"]) == (before["version"], [])


async def test_a_preview_says_who_used_the_tool_lately_and_which_runs_it_would_bite(pool: Pool, world: World) -> None:
    """SE-03."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        await decide(web, await card_of(web, headers=BEN), headers=BEN)
        waiting = await proposed(web, headers=BEN)
        body = (await web.post(PREVIEW, json=await sent(web, DENY))).json()
        allowing = (await web.post(PREVIEW, json=await sent(web, DENY | {"effect": "allow"}))).json()
    assert body["effects"][0]["used"] == [{"user": "ben", "times": 3}]
    assert body["runs"] == [
        {
            "run_id": waiting["run_id"], "user": "ben", "tool": "create_dashboard", "pillar": "revive",
            "status": "awaiting_confirmation",
        }
    ]  # fmt: skip
    assert (allowing["effects"][0]["looser"], allowing["runs"]) == (["ben"], [])


async def test_changes_stand_together_each_with_its_audit_entry_and_bite_at_the_next_call(
    pool: Pool, world: World
) -> None:
    """EP-12, SE-03."""
    async with desk(pool, world.spec(), both(), brain=making("checkout")) as web:
        card = await card_of(web, headers=BEN)
        close = {"role": "viewer", "pillar": "revive", "tool": "query_loki", "effect": "allow", "scope": "view_only"}
        given = await sent(web, DENY, close)
        put = await web.put(MATRIX, json=given)
        late = await decide(web, card, headers=BEN)
        refused = await web.post(MESSAGE, json={"message": "make it"}, headers=BEN)
        after = (await web.get(MATRIX)).json()
        log = (await web.get(LOG, params={"action": "permission_changed"})).json()
    assert (put.status_code, put.json()) == (200, {"version": after["version"], "changed": 2})
    assert (late.status_code, refused.status_code, world.made) == (403, 403, [])
    assert after["version"] > given["version"]
    assert [(entry["target"], entry["details"]["after"]) for entry in reversed(log["entries"])] == [
        ("operator: revive/grafana/create_dashboard", {"role": "operator", "permission": "deny", "scope": None}),
        ("viewer: revive/grafana/query_loki", {"role": "viewer", "permission": "allow", "scope": "view_only"}),
    ]


async def test_taking_a_cells_own_row_away_lets_a_wider_row_decide(pool: Pool, world: World) -> None:
    """PM-19."""
    async with desk(pool, world.spec()) as web:
        await web.put(MATRIX, json=await sent(web, DENY))
        undo = await sent(web, DENY | {"effect": None})
        told = (await web.post(PREVIEW, json=undo)).json()["effects"][0]
        await web.put(MATRIX, json=undo)
        again = await web.put(MATRIX, json=await sent(web, DENY | {"effect": None}))
        cell = (await web.get(MATRIX)).json()["rows"][0]["cells"]["operator"]
    assert (told["before"]["effect"], told["after"]) == ("deny", cell)
    assert cell == {"effect": "confirm", "scope": None, "rule": "create_*"}
    assert again.status_code == 200


async def test_changes_of_a_policy_that_moved_meanwhile_are_not_made(pool: Pool, world: World) -> None:
    """EP-12."""
    async with desk(pool, world.spec()) as web:
        given = await sent(web, DENY)
        await web.put(PERMISSIONS, json={"role": "viewer", "pillar": "inquiry", "permission": "allow"})
        before, now = (await web.get(PERMISSIONS)).json(), await version(web)
        late = await web.put(MATRIX, json=given)
        assert (await web.get(PERMISSIONS)).json() == before
    assert (late.status_code, late.json()) == (
        409,
        {
            "error": "policy_moved",
            "message": f"The policy is at version {now} and your changes were weighed against "
            f"{given['version']}: nothing was changed.",
            "alternative": "Load the matrix again; your changes are kept and weighed anew.",
        },
    )


async def test_of_two_who_change_the_same_policy_at_once_one_is_told_that_it_moved(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec()) as web:
        one, other = await sent(web, DENY), await sent(web, DENY | {"effect": "allow"})
        first, second = await asyncio.gather(web.put(MATRIX, json=one), web.put(MATRIX, json=other))
        log = (await web.get(LOG, params={"action": "permission_changed"})).json()
    assert sorted((first.status_code, second.status_code)) == [200, 409]
    assert log["total"] == 1


async def test_when_one_change_cannot_stand_none_does(fresh_pool: Pool, world: World) -> None:
    async with desk(fresh_pool, world.spec(), both()) as web:
        given = await sent(web, DENY, DENY | {"tool": "query_loki"})
        before = (await web.get(PERMISSIONS)).json()
        async with fresh_pool.connection() as db:
            await db.execute("alter table trivium.audit_logs add check (target not like '%query_loki') not valid")
        failed = await web.put(MATRIX, json=given)
        assert ((await web.get(PERMISSIONS)).json(), failed.status_code) == (before, 500)


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"tool": "create_dashbord"}, "changes[1].tool"),
    ({"pillar": "inquiry"}, "changes[1].tool"),
    ({"role": "emperor"}, "changes[1].role"),
    ({"effect": "maybe"}, "changes[1].effect"),
    ({"scope": "everything"}, "changes[1].scope"),
    ({"tool": "create_*"}, "changes[1].tool"),
    ({"note": "x"}, "changes[1].note"),
    ({}, "changes[1].tool"),
)


async def test_what_cannot_be_a_change_is_refused_by_its_place(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec()) as web:
        before = (await web.get(PERMISSIONS)).json()
        for wrong, field in WRONG:
            body = await sent(web, DENY, DENY | wrong)
            for response in (await web.post(PREVIEW, json=body), await web.put(MATRIX, json=body)):
                assert (wrong, response.status_code, response.json()["details"][0]["field"]) == (wrong, 422, field)
        none = await web.put(MATRIX, json={"version": 1, "changes": []})
        assert (none.status_code, (await web.get(PERMISSIONS)).json()) == (422, before)


async def test_only_admins_read_try_and_make_changes(pool: Pool, world: World) -> None:
    """PM-26."""
    async with desk(pool, world.spec()) as web:
        body = await sent(web, DENY)
        for who, status in ((BEN, 403), (person("eve", "viewer"), 403), ({"Authorization": ""}, 401)):
            answers = [
                await web.get(MATRIX, headers=who),
                await web.post(PREVIEW, json=body, headers=who),
                await web.put(MATRIX, json=body, headers=who),
            ]
            assert [answer.status_code for answer in answers] == [status] * 3
    assert await rows(pool, "select id from trivium.audit_logs where action = 'permission_changed'") == []


async def test_everybody_sees_what_they_may_do_what_waits_and_who_else_can(pool: Pool, world: World) -> None:
    """EP-08, PM-22."""
    remove = world.spec("delete_dashboard", risk=Risk.DELETE, permission="ai:revive:grafana:dashboard:delete")
    async with desk(pool, world.spec(), remove, both(), four_eyes=("medium",)) as web:
        ben = (await web.get(MINE, headers=BEN)).json()
        narrow = (await web.get(MINE, headers=person("ben", "viewer"))).json()
    assert (ben["name"], ben["roles"], ben["confirmation_level"]) == ("ben", ["operator"], "standard")
    assert [(pillar["pillar"], pillar["is_open"]) for pillar in ben["pillars"]] == [
        ("inquiry", True), ("troubleshooting", True), ("revive", True),
    ]  # fmt: skip
    create, delete, loki = ben["pillars"][2]["tools"]
    assert create == {
        "tool": "create_dashboard", "title": "Create a dashboard", "category": "grafana", "risk": "create",
        "risk_level": "medium", "effect": "confirm", "scope": None, "approval_mode": "four_eyes",
        "required_permission": None, "who_can": [],
    }  # fmt: skip
    assert (delete["effect"], delete["who_can"], delete["required_permission"]) == (
        "deny", ["admin"], "ai:revive:grafana:dashboard:delete",
    )  # fmt: skip
    assert (loki["effect"], narrow["roles"]) == ("allow", [])


async def test_what_is_closed_by_the_token_is_told_as_closed(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec()) as web:
        told = (await web.get(MINE, headers=signed("eve", roles=("engineer",), scopes=("inquiry",)))).json()
    assert [pillar["is_open"] for pillar in told["pillars"]] == [True, False, False]
