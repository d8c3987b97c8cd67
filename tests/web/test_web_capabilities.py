from typing import Any

import pytest

from domain.database import Pool
from tests.house import spec
from tests.web.changes import MESSAGE, World, decide, making, proposed, rows
from tests.web.entrance import admin, desk, person, signed
from tools.spec import AnySpec, Category, Pillar, Risk

CAPABILITIES = "/api/v1/revive/capabilities"
PREFERENCES = "/api/v1/users/me/preferences"
STANDARD = {"default_pillar": "inquiry", "preferred_llm": None, "confirmation_level": "standard"}


def tool(name: str, category: Category, risk: Risk = Risk.READ) -> AnySpec:
    permission = f"ai:revive:{category.value}:{name.split('_', 1)[1]}:{risk.value}"
    return spec(name, category=category, risk=risk, permission=permission, pillars=frozenset({Pillar.REVIVE}))


TOOLS = (
    tool("search_dashboards", Category.GRAFANA),
    tool("create_dashboard", Category.GRAFANA, Risk.CREATE),
    tool("delete_dashboard", Category.GRAFANA, Risk.DELETE),
    tool("create_annotation", Category.GRAFANA, Risk.CREATE),
    tool("list_runbooks", Category.AIOPS),
    tool("execute_runbook", Category.AIOPS, Risk.EXECUTE),
    tool("create_runbook", Category.AIOPS, Risk.CREATE),
    tool("add_server", Category.AIOPS, Risk.CREATE),
    tool("list_credentials", Category.AIOPS),
    spec("query_alerts_history"),
)
ASK_ADMIN, ASK_EITHER = "Ask someone with the role admin.", "Ask someone with the role admin or operator."


def allowed(name: str, level: str = "low") -> dict[str, Any]:
    return {"name": name, "permission": "allow", "risk_level": level}


def asked(name: str, level: str, mode: str = "self") -> dict[str, Any]:
    return {"name": name, "permission": "confirm", "risk_level": level, "approval_mode": mode}


def denied(name: str, level: str, permission: str, alternative: str = ASK_ADMIN) -> dict[str, Any]:
    return {
        "name": name, "permission": "deny", "risk_level": level,
        "required_permission": f"ai:revive:{permission}", "alternative": alternative,
    }  # fmt: skip


async def effects(pool: Pool, *roles: str) -> dict[str, str]:
    async with desk(pool, *TOOLS) as web:
        modes = (await web.get(CAPABILITIES, headers=person("-".join(roles), *roles))).json()["modes"]
    return {each["name"]: each["permission"] for mode in modes.values() for each in mode["capabilities"]}


async def test_an_operator_sees_what_they_may_do_in_the_seeds_shape(pool: Pool) -> None:
    """EP-08, PM-04, PM-05, PM-08, RV-14."""
    async with desk(pool, *TOOLS) as web:
        response = await web.get(CAPABILITIES, headers=person("ben", "operator"))
    assert (response.status_code, response.json()) == (
        200,
        {
            "user_role": "operator",
            "user_roles": ["operator"],
            "confirmation_level": "standard",
            "modes": {
                "grafana": {
                    "enabled": True,
                    "capabilities": [
                        allowed("search_dashboards"),
                        asked("create_dashboard", "medium"),
                        denied("delete_dashboard", "high", "grafana:dashboard:delete"),
                        asked("create_annotation", "medium"),
                    ],
                },
                "aiops": {
                    "enabled": True,
                    "capabilities": [
                        allowed("list_runbooks"),
                        asked("execute_runbook", "high"),
                        denied("create_runbook", "medium", "aiops:runbook:create"),
                        denied("add_server", "medium", "aiops:server:create"),
                        allowed("list_credentials"),
                        denied("manage_runbooks", "medium", "aiops:runbook:create"),
                        denied("manage_servers", "medium", "aiops:server:create"),
                    ],
                },
            },
        },
    )


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("admin", {"delete_dashboard": "confirm", "create_annotation": "allow", "manage_servers": "confirm"}),
        ("engineer", {"search_dashboards": "allow", "create_dashboard": "deny", "list_credentials": "deny"}),
        ("viewer", {"search_dashboards": "allow", "list_runbooks": "allow", "manage_runbooks": "deny"}),
    ],
)
async def test_each_role_sees_its_own(pool: Pool, role: str, expected: dict[str, str]) -> None:
    """PM-06, PM-08."""
    found = await effects(pool, role)
    assert {name: found[name] for name in expected} == expected


async def test_a_user_of_two_roles_is_told_the_farthest_and_both(pool: Pool) -> None:
    async with desk(pool, *TOOLS) as web:
        body = (await web.get(CAPABILITIES, headers=person("ida", "viewer", "engineer"))).json()
    assert (body["user_role"], body["user_roles"]) == ("engineer", ["engineer", "viewer"])


async def test_without_a_role_no_mode_is_open(pool: Pool) -> None:
    async with desk(pool, *TOOLS) as web:
        body = (await web.get(CAPABILITIES, headers=person("noa"))).json()
    assert (body["user_role"], [mode["enabled"] for mode in body["modes"].values()]) == ("none", [False, False])


async def test_what_needs_a_second_person_says_so(pool: Pool) -> None:
    async with desk(pool, *TOOLS, four_eyes=("high",)) as web:
        modes = (await web.get(CAPABILITIES, headers=person("ben", "operator"))).json()["modes"]
    assert asked("execute_runbook", "high", "four_eyes") in modes["aiops"]["capabilities"]
    assert asked("create_dashboard", "medium", "self") in modes["grafana"]["capabilities"]


async def test_a_group_is_open_only_where_all_of_it_is(pool: Pool) -> None:
    """RV-14: who may create runbooks and not delete them does not manage them."""
    rule = {"role": "operator", "pillar": "revive", "tool_name": "create_runbook", "permission": "allow"}
    async with desk(pool, *TOOLS, tool("delete_runbook", Category.AIOPS, Risk.DELETE)) as web:
        await web.put("/api/v1/admin/ai/permissions", json=rule)
    found = await effects(pool, "operator")
    assert (found["create_runbook"], found["manage_runbooks"]) == ("allow", "allow")
    async with desk(pool, *TOOLS, tool("delete_runbook", Category.AIOPS, Risk.DELETE)) as web:
        modes = (await web.get(CAPABILITIES, headers=person("ben", "operator"))).json()["modes"]
    assert denied("manage_runbooks", "high", "aiops:runbook:delete") in modes["aiops"]["capabilities"]


async def test_a_strict_user_sees_that_they_are_asked_about_every_change(pool: Pool) -> None:
    """CF-09."""
    async with desk(pool, *TOOLS) as web:
        await web.put(PREFERENCES, json={"confirmation_level": "strict"})
        body = (await web.get(CAPABILITIES)).json()
    assert body["confirmation_level"] == "strict"
    assert asked("create_annotation", "medium") in body["modes"]["grafana"]["capabilities"]
    assert allowed("search_dashboards") in body["modes"]["grafana"]["capabilities"]


async def test_preferences_have_defaults_and_keep_what_is_not_sent(pool: Pool) -> None:
    """DB-06."""
    async with desk(pool) as web:
        before = (await web.get(PREFERENCES)).json()
        first = (await web.put(PREFERENCES, json={"confirmation_level": "strict"})).json()
        second = (await web.put(PREFERENCES, json={"default_pillar": "revive", "preferred_llm": "small"})).json()
        after = (await web.get(PREFERENCES)).json()
        others = (await web.get(PREFERENCES, headers=admin("bob"))).json()
        inquirer = await web.get(PREFERENCES, headers=signed("ida"))
    assert (before, first) == (STANDARD, STANDARD | {"confirmation_level": "strict"})
    assert second == after
    assert after == {"default_pillar": "revive", "preferred_llm": "small", "confirmation_level": "strict"}
    assert (others, inquirer.json()) == (STANDARD, STANDARD)


async def test_a_preference_that_is_none_is_refused(pool: Pool) -> None:
    """CF-09: there is no level below the policy's."""
    async with desk(pool) as web:
        for body, field in (
            ({"confirmation_level": "none"}, "confirmation_level"),
            ({"confirmation_level": None}, "confirmation_level"),
            ({"colour": "red"}, "colour"),
            ({"default_pillar": "gossip"}, "default_pillar"),
        ):
            response = await web.put(PREFERENCES, json=body)
            assert (response.status_code, response.json()["details"][0]["field"]) == (422, field)
        assert (await web.get(PREFERENCES)).json() == STANDARD


async def test_a_change_of_preferences_is_on_the_audit_log(pool: Pool) -> None:
    async with desk(pool) as web:
        await web.put(PREFERENCES, json={"confirmation_level": "strict"})
    found = await rows(pool, "select action, target, details, entrance from trivium.audit_logs")
    details = {"before": {}, "after": {"confirmation_level": "strict"}}
    assert found == [{"action": "preferences_changed", "target": "ann", "details": details, "entrance": "http"}]


async def test_a_preference_tightens_what_is_allowed_and_loosens_nothing(pool: Pool) -> None:
    """CF-09."""
    world = World()
    note = world.spec("create_annotation")
    async with desk(pool, note, brain=making("note", tool="create_annotation")) as web:
        await web.put(PREFERENCES, json={"confirmation_level": "strict"})
        card = (await proposed(web))["response"]["action_required"]
        assert world.made == []
        await decide(web, card)
        await web.put(PREFERENCES, json={"confirmation_level": "standard"})
        again = (await web.post(MESSAGE, json={"message": "note it"})).json()
    assert (again["status"], world.made) == ("completed", ["note", "note"])
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        await proposed(web)
    assert world.made == ["note", "note"]
