"""What the policy's rows mean for tools of registered MCP servers."""

import pytest

from config import policy as defaults
from config.policy import Effect
from domain.permissions import Rule
from tests.house import spec
from tools.policy import Policy
from tools.spec import AnySpec, Category, Pillar, Risk

SEEDED = tuple(
    Rule(role=row.role, pillar=row.pillar, category=row.category, tool=row.tool, effect=row.permission, scope=row.scope)
    for row in defaults.read().grants
)


def remote(risk: Risk, name: str = "k8s__pod_restart", pillar: Pillar = Pillar.REVIVE) -> AnySpec:
    category = Category.AIOPS if pillar is Pillar.REVIVE else Category(pillar.value)
    return spec(name, pillars=frozenset({pillar}), category=category, risk=risk, is_remote=True)


def row(tool: str | None, effect: Effect, role: str = "admin", pillar: str = "revive") -> Rule:
    return Rule(role=role, pillar=pillar, category=None, tool=tool, effect=effect, scope=None)


@pytest.mark.parametrize(
    ("role", "risk", "pillar", "effect"),
    [
        ("admin", Risk.READ, Pillar.REVIVE, "allow"),
        ("admin", Risk.CREATE, Pillar.REVIVE, "confirm"),
        ("admin", Risk.UPDATE, Pillar.REVIVE, "confirm"),
        ("admin", Risk.EXECUTE, Pillar.REVIVE, "confirm"),
        ("admin", Risk.DELETE, Pillar.REVIVE, "deny"),
        ("operator", Risk.EXECUTE, Pillar.REVIVE, "deny"),
        ("operator", Risk.EXECUTE, Pillar.TROUBLESHOOTING, "confirm"),
        ("operator", Risk.DELETE, Pillar.TROUBLESHOOTING, "deny"),
        ("operator", Risk.READ, Pillar.TROUBLESHOOTING, "allow"),
        ("engineer", Risk.READ, Pillar.INQUIRY, "allow"),
        ("engineer", Risk.EXECUTE, Pillar.TROUBLESHOOTING, "deny"),
        ("viewer", Risk.READ, Pillar.INQUIRY, "deny"),
    ],
)
def test_by_default_a_change_of_a_remote_tool_is_asked_about_and_a_deletion_is_closed(
    role: str, risk: Risk, pillar: Pillar, effect: Effect
) -> None:
    """MC-05: whoever may change anything there at all is asked, and no role may delete."""
    assert Policy(1, SEEDED).decide({role}, remote(risk, pillar=pillar), pillar).effect == effect


@pytest.mark.parametrize(
    ("rules", "effect"),
    [
        ((row(None, "allow"),), "deny"),
        ((row("*pod*", "allow"),), "deny"),
        ((row("k8s__pod_delete", "allow"),), "confirm"),
        ((row("k8s__*", "allow"),), "confirm"),
        ((row("k8s__*", "audit_only"),), "confirm"),
        ((row("k8s__*", "allow"), row("k8s__pod_delete", "deny")), "deny"),
        ((row(None, "deny"), row("k8s__*", "allow")), "confirm"),
        ((row(None, "allow"), row("k8s__*", "allow", role="other")), "confirm"),
    ],
)
def test_a_deletion_needs_a_row_that_names_tools_of_servers(rules: tuple[Rule, ...], effect: Effect) -> None:
    deleting = remote(Risk.DELETE, "k8s__pod_delete")
    assert Policy(1, rules).decide({"admin", "other"}, deleting, Pillar.REVIVE).effect == effect


def test_our_own_tools_are_decided_on_as_before() -> None:
    ours = spec("delete_dashboard", pillars=frozenset({Pillar.REVIVE}), category=Category.GRAFANA, risk=Risk.DELETE)
    assert Policy(1, (row(None, "allow"),)).decide({"admin"}, ours, Pillar.REVIVE).effect == "allow"
