"""The table of tools and roles (ACCEPTANCE section 3), and every tool of it with a deed behind it that only counts."""

import csv
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import tools
from tools.spec import AnySpec, Args, Catalogue, Category, Pillar, Scope, ToolContext, ToolResult

MATRIX = Path(__file__).parents[1] / "data" / "role_tool_matrix.csv"
ROLES = ("admin", "operator", "engineer", "viewer")
NOT_BUILT_YET: set[tuple[Pillar, str]] = set()

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGXBmOJzhoc8NkrvDXIGrGLYLBWIUSMIG4SxrBs6cOmM"
ARGUMENTS: dict[str, dict[str, Any]] = {
    "get_incident_timeline": {"service": "checkout"},
    "get_application_health": {"application": "checkout"},
    "analyze_impact": {"service": "checkout"},
    "detect_anomalies": {"application": "checkout", "measure": "cpu"},
    "search_knowledge": {"query": "connections"},
    "read_artifact": {"artifact_id": str(UUID(int=1))},
    "grep_artifact": {"artifact_id": str(UUID(int=1)), "pattern": "error"},
    "aggregate_artifact": {"artifact_id": str(UUID(int=1))},
    "investigate_sift": {"application": "checkout"},
    "get_alert_details": {"alert": "HighErrorRate"},
    "get_similar_incidents": {"text": "errors"},
    "get_runbook": {"query": "errors"},
    "suggest_ssh_command": {"command": "uptime", "explanation": "How busy it is"},
    "get_sift_analysis": {"investigation_id": str(UUID(int=1))},
    "query_metrics": {"question": "CPU of checkout"},
    "query_logs": {"question": "errors of checkout"},
    "translate_query": {"question": "CPU of checkout"},
    "get_dashboard_by_uid": {"uid": "checkout"},
    "create_dashboard": {"title": "Checkout", "panels": [{"title": "Up", "expr": "up"}]},
    "update_dashboard": {"uid": "checkout", "title": "Checkout, again"},
    "delete_dashboard": {"uid": "checkout"},
    "get_alert_rule_by_uid": {"uid": "errors"},
    "create_alert_rule": {"title": "Errors", "expr": "up", "condition": {"op": "below", "value": 1}, "folder": "Shop"},
    "update_alert_rule": {"uid": "errors", "title": "Errors, again"},
    "delete_alert_rule": {"uid": "errors"},
    "query_prometheus": {"query": "up"},
    "query_loki": {"query": '{app="checkout"}'},
    "query_tempo": {"query": "{}"},
    "create_annotation": {"text": "A release"},
    "create_incident": {"title": "Checkout is down", "severity": "major"},
    "update_incident": {"incident_id": "12", "status": "resolved"},
    "get_runbook_details": {"runbook": "restart"},
    "create_runbook": {"name": "restart", "steps": [{"kind": "wait", "name": "a moment", "seconds": 1}]},
    "execute_runbook": {"runbook": "restart", "reason": "it hangs"},
    "get_execution_details": {"execution": str(UUID(int=1))},
    "get_server_details": {"server": "web-1"},
    "add_server": {"name": "web-1", "hostname": "web-1.example.com", "username": "deploy", "host_key": KEY},
    "create_credential": {"name": "deploy", "kind": "token", "reference": "env:DEPLOY_TOKEN"},
    "create_auto_analyze_rule": {"name": "checkout", "service": "checkout"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What the table says of one tool, asked for in one pillar by one role."""

    spec: AnySpec
    pillar: Pillar
    role: str
    effect: str
    scope: Scope | None

    @property
    def category(self) -> str:
        """As the record has it."""
        return f"revive_{self.spec.category}" if self.pillar is Pillar.REVIVE else self.pillar.value


def table() -> dict[tuple[Pillar, str], dict[str, str]]:
    """Pillar and tool to role to `allow`, `allow:scope`, `confirm` or `deny`."""
    found: dict[tuple[Pillar, str], dict[str, str]] = {}
    with MATRIX.open() as file:
        for row in csv.DictReader(file):
            found[Pillar(row["pillar"]), row["tool"]] = {role: row[role] for role in ROLES}
    return {place: roles for place, roles in found.items() if place not in NOT_BUILT_YET}


def cells(pillar: Pillar, *roles: str) -> list[Cell]:
    """The table's cells of the tools that there are, in the order of the catalogue."""
    known = table()
    specs = [spec for spec in tools.ALL if pillar in spec.pillars]
    return [cell(spec, pillar, role, known[pillar, spec.name][role]) for spec, role in product(specs, roles or ROLES)]


def cell(spec: AnySpec, pillar: Pillar, role: str, said: str) -> Cell:
    effect, _, scope = said.partition(":")
    return Cell(spec=spec, pillar=pillar, role=role, effect=effect, scope=Scope(scope) if scope else None)


@dataclass(slots=True)
class Deeds:
    """Every tool but those that are inquiry's alone does nothing here but be counted; `done` has its name once for each
    time."""

    done: list[str] = field(default_factory=list[str])

    def catalogue(self) -> Catalogue:
        return {name: self.counted(spec) for name, spec in tools.catalogue().items()}

    def counted(self, spec: AnySpec) -> AnySpec:
        """The same tool, to the door and to whoever asks for it."""
        if is_real(spec):
            return spec

        async def count(context: ToolContext, args: Args) -> ToolResult:  # noqa: ARG001 - a handler's signature
            self.done.append(spec.name)
            return ToolResult(status="ok", source="test", data=told(spec, context.scopes))

        return replace(spec, handler=count, preview=None, settle=None)


def is_real(spec: AnySpec) -> bool:
    """Whether the tool itself answers here: those of inquiry alone, which need nothing but the database."""
    return spec.category is Category.INQUIRY


def told(spec: AnySpec, scopes: frozenset[Scope]) -> dict[str, Any]:
    """What a counted tool answers with."""
    data = {"resource": {"type": "thing", "name": spec.name}}
    return data | ({"scopes": sorted(scopes)} if scopes else {})
