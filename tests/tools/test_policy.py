import csv
from itertools import product

import pytest

import tools
from config import policy as defaults
from domain import permissions
from domain.database import Pool
from domain.permissions import Rule
from tests.house import spec
from tests.scenarios.cells import MATRIX, NOT_BUILT_YET, ROLES
from tools.policy import Policy
from tools.spec import AnySpec, Category, Pillar, Risk, Scope

CHANGES = {"create": "create", "add": "create", "update": "update", "delete": "delete", "execute": "execute"}
PLACES = (("troubleshooting", "troubleshooting"), ("revive", "grafana"), ("revive", "aiops"))


def default_policy() -> Policy:
    return Policy(1, tuple(as_rule(grant) for grant in defaults.read().grants))


def as_rule(grant: defaults.Grant) -> Rule:
    return Rule(
        role=grant.role,
        pillar=grant.pillar,
        category=grant.category,
        tool=grant.tool,
        effect=grant.permission,
        scope=grant.scope,
    )


Cell = tuple[AnySpec, Pillar, str, str]


def cells() -> list[Cell]:
    """Tool, pillar, role and what the table says of them."""
    with MATRIX.open() as file:
        rows = list(csv.DictReader(file))
    return [
        (tool(row["tool"], row["pillar"], row["category"], row["risk"]), Pillar(row["pillar"]), role, row[role])
        for row, role in product(rows, ROLES)
    ]


def tool(name: str, pillar: str, category: str, risk: str = "read") -> AnySpec:
    return spec(name, pillars=frozenset({Pillar(pillar)}), category=Category(category), risk=Risk(risk))


def label(value: object) -> str:
    return str(getattr(value, "name", value))


@pytest.mark.parametrize(("spec", "pillar", "role", "expected"), cells(), ids=label)
def test_every_role_and_tool_stand_as_the_table_says(spec: AnySpec, pillar: Pillar, role: str, expected: str) -> None:
    decision = default_policy().decide([role], spec, pillar)
    assert ":".join([decision.effect, *sorted(decision.scopes)]) == expected


def test_the_table_has_every_tool_in_each_of_its_pillars_and_those_still_to_be_built() -> None:
    """PM-01."""
    places = [(pillar, said.name) for said, pillar, role, _ in cells() if role == "admin"]
    assert sorted(places) == sorted(
        {*NOT_BUILT_YET, *((pillar, known.name) for known in tools.ALL for pillar in known.pillars)}
    )
    built = {known.name: known for known in tools.ALL}
    for said, pillar, _, _ in cells():
        if known := built.get(said.name):
            assert (said.risk, said.category_in(pillar)) == (known.risk, known.category_in(pillar)), said.name


def test_a_viewer_asks_inquiry_for_aggregates_alone() -> None:
    """PM-14, PM-15."""
    found = {spec.name: default_policy().decide(["viewer"], spec, Pillar.INQUIRY) for spec in tools.ALL}
    assert {name: decision.scopes for name, decision in found.items() if not decision.denies} == {
        **dict.fromkeys(("get_mttr_statistics", "get_alert_trends", "get_event_count"), frozenset[Scope]()),
        "get_application_health": frozenset(),
        **dict.fromkeys(("query_alerts_history", "query_incidents"), frozenset({Scope.AGGREGATED_ONLY})),
    }


@pytest.mark.parametrize("role", ["operator", "engineer", "viewer"])
def test_no_change_slips_through_a_pattern_that_was_meant_for_reads(role: str) -> None:
    """PM-11: whatever may come to be called delete_artifact or add_knowledge."""
    policy = default_policy()
    things = {spec.name.partition("_")[2] for spec in tools.ALL}
    for verb, risk in CHANGES.items():
        for thing, place in product(sorted(things), PLACES):
            found = policy.decide([role], tool(f"{verb}_{thing}", *place, risk), Pillar(place[0]))
            assert found.effect in (("deny", "confirm") if role == "operator" else ("deny",)), f"{verb}_{thing} {place}"


def rule(
    role: str,
    effect: defaults.Effect,
    tool: str | None = None,
    category: str | None = None,
    scope: str | None = None,
) -> Rule:
    return Rule(role=role, pillar="revive", category=category, tool=tool, effect=effect, scope=scope)


DASHBOARD = tool("create_dashboard", "revive", "grafana", "create")


@pytest.mark.parametrize(
    ("rules", "roles", "effect"),
    [
        ([], ["a"], "deny"),
        ([rule("b", "allow")], ["a"], "deny"),
        ([rule("a", "allow")], ["a"], "allow"),
        ([rule("a", "allow"), rule("a", "deny", "create_dashboard")], ["a"], "deny"),
        ([rule("a", "deny"), rule("a", "allow", "create_dashboard")], ["a"], "allow"),
        ([rule("a", "deny", "create_*"), rule("a", "allow", "create_dash*")], ["a"], "allow"),
        ([rule("a", "allow", category="grafana"), rule("a", "deny")], ["a"], "allow"),
        ([rule("a", "allow", category="aiops")], ["a"], "deny"),
        ([rule("a", "confirm", "create_*"), rule("a", "audit_only", "crea*ard")], ["a"], "confirm"),
        ([rule("a", "confirm"), rule("b", "allow")], ["a", "b"], "allow"),
        ([rule("a", "confirm"), rule("b", "audit_only")], ["a", "b"], "audit_only"),
        ([rule("a", "deny"), rule("b", "allow")], ["a", "b"], "deny"),
        ([rule("b", "allow")], ["a", "b"], "allow"),
    ],
)
def test_the_most_specific_row_wins_and_an_explicit_deny_stands(
    rules: list[Rule], roles: list[str], effect: str
) -> None:
    """PM-19."""
    assert Policy(1, tuple(rules)).decide(roles, DASHBOARD, Pillar.REVIVE).effect == effect


@pytest.mark.parametrize(
    ("first", "second"), [("deny", "allow"), ("deny", "confirm"), ("confirm", "audit_only"), ("audit_only", "allow")]
)
def test_at_equal_specificity_the_stricter_row_wins(first: defaults.Effect, second: defaults.Effect) -> None:
    decided = Policy(1, (rule("a", second, "create_da*"), rule("a", first, "create_*a*"))).decide(
        ["a"], DASHBOARD, Pillar.REVIVE
    )
    assert decided.effect == first


def test_a_role_without_a_scope_beats_one_with() -> None:
    rules = (rule("a", "allow", scope="own_alerts"), rule("b", "allow"))
    assert Policy(1, rules).decide(["a", "b"], DASHBOARD, Pillar.REVIVE).scopes == frozenset()
    assert Policy(1, rules).decide(["a"], DASHBOARD, Pillar.REVIVE).scopes == {Scope.OWN_ALERTS}


def test_a_refusal_names_the_roles_that_would_get_through() -> None:
    assert default_policy().decide(["viewer"], DASHBOARD, Pillar.REVIVE).allowing == ("admin", "operator")


async def test_seeding_twice_leaves_the_same_rows_and_keeps_what_an_admin_changed(pool: Pool) -> None:
    """PM-09."""
    async with pool.connection() as db:
        before = await permissions.rules(db)
        await db.execute("update trivium.ai_permissions set permission = 'deny' where tool_name = 'execute_runbook'")
        changed = await permissions.rules(db)
        await permissions.seed(db, defaults.read())
        after = await permissions.rules(db)
    assert before != changed
    assert after == changed
    assert len(after) == len(defaults.read().grants)


async def test_every_change_of_a_permission_moves_the_version(pool: Pool) -> None:
    async with pool.connection() as db:
        before = await permissions.version(db)
        await db.execute("update trivium.ai_permissions set permission = 'deny' where tool_name = 'execute_runbook'")
        assert await permissions.version(db) == before + 1
