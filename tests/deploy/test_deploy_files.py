"""What is written for production: compose file, image, manifests, rules and dashboards, as their programs read them."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, TypeAlias

import kubernetes_validate
import pytest
import yaml

from config import VERSION
from config.settings import Settings
from tests.programs import ROOT, program

Json: TypeAlias = dict[str, Any]
COMPOSE = ROOT / "compose.yaml"
DEPLOY = ROOT / "deploy"
MANIFESTS = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.name != "kustomization.yaml")
KUBERNETES = "1.34"
NEEDED = re.compile(r"\$\{(\w+):\?[^}]+\}")
ANY = re.compile(r"\$\{(\w+)")


def compose() -> Json:
    return yaml.safe_load(COMPOSE.read_text())


def manifests() -> list[Json]:
    return [found for path in MANIFESTS for found in yaml.safe_load_all(path.read_text())]


def test_every_service_has_a_pinned_image_one_network_and_comes_back_by_itself() -> None:
    """DP-01, DP-02."""
    services: dict[str, Json] = compose()["services"]
    assert set(services) == {
        "postgres", "redis", "prometheus", "alertmanager", "loki", "tempo", "grafana", "mcp-grafana",
        "mcp-grafana-write", "prepare", "trivium", "worker",
    }  # fmt: skip
    for name, service in services.items():
        _, _, tag = service["image"].rpartition(":")
        assert re.match(r"v?\d+\.\d+\.\d+", tag), name
        assert service["networks"] == ["aiops-network"], name
        assert service["restart"] == ("no" if name == "prepare" else "unless-stopped"), name
    ports = {port.rpartition(":")[2] for service in services.values() for port in service.get("ports", ())}
    assert {"8080", "3000", "9090", "3100"} <= ports


def test_nothing_is_reached_from_outside_the_machine_unless_somebody_decides_so() -> None:
    published = [port for service in compose()["services"].values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_no_secret_has_a_default_and_the_example_names_each() -> None:
    """DESIGN 15: no default passwords."""
    text = COMPOSE.read_text()
    needed = set(NEEDED.findall(text))
    named = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert needed == {
        "POSTGRES_PASSWORD", "REDIS_PASSWORD", "GRAFANA_ADMIN_PASSWORD", "MCP_GRAFANA_SERVER_TOKEN",
        "TRIVIUM_JWT_SECRET", "TRIVIUM_SECRET_KEYS",
    }  # fmt: skip
    assert set(ANY.findall(text)) == named
    assert all(
        not line.partition("=")[2]
        for line in (ROOT / ".env.example").read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )


def test_what_is_waited_for_is_there_and_has_a_health_check_and_every_mount_exists() -> None:
    found = compose()
    services: dict[str, Json] = found["services"]
    for service in services.values():
        for name, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                assert "test" in services[name]["healthcheck"]
        for mount in service.get("volumes", ()):
            source = mount.partition(":")[0]
            assert (ROOT / source).is_dir() if source.startswith(".") else source in found["volumes"]
    checks = [service["healthcheck"] for service in services.values() if "test" in service.get("healthcheck", {})]
    assert checks
    assert all(
        (check["interval"], check["timeout"], check["retries"]) == ("30s", "10s", 3) for check in checks
    )  # LIM-12


@pytest.mark.parametrize("where", ["compose", "kubernetes"])
def test_every_variable_of_ours_is_a_setting(where: str) -> None:
    if where == "compose":
        given = set(compose()["services"]["trivium"]["environment"]) | set(
            compose()["services"]["worker"]["environment"]
        )
    else:
        maps = [
            found.get("data") or found.get("stringData")
            for found in manifests()
            if found["kind"] in ("ConfigMap", "Secret")
        ]
        given = {name for each in maps for name in each or ()}
    known = {name.upper() for name in Settings.model_fields} | {"MCP_GRAFANA_SERVER_TOKEN"}
    assert given <= known


def test_the_two_mcp_grafana_differ_in_what_they_can_do() -> None:
    """DP-03: reads have no tool that changes anything."""
    services = compose()["services"]
    read, write = services["mcp-grafana"]["command"], services["mcp-grafana-write"]["command"]
    assert set(read) - set(write) == {"mcp-grafana:8000", "--disable-write", "--disable-api"}


def test_the_image_is_slim_runs_as_nobody_in_particular_and_holds_only_what_is_served() -> None:
    text = (ROOT / "Dockerfile").read_text()
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", bases[0])
    last = text.rpartition("\nFROM ")[2]
    assert "USER 10001" in last
    assert "COPY . " not in last
    assert "-e " not in text
    assert "--require-hashes" in text
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert all((ROOT / name).exists() for name in kept)
    assert (ROOT / ".dockerignore").read_text().startswith("*\n")


def test_image_and_manifests_have_this_version() -> None:
    kustomization = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    assert compose()["services"]["trivium"]["image"] == f"trivium:{VERSION}"
    assert kustomization["images"] == [{"name": "trivium", "newTag": VERSION}]
    assert set(kustomization["resources"]) == {path.name for path in MANIFESTS} - {"secret.example.yaml"}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_every_manifest_is_what_kubernetes_takes(path: Path) -> None:
    for found in yaml.safe_load_all(path.read_text()):
        kubernetes_validate.validate(found, KUBERNETES, strict=True)


def test_every_pod_runs_without_rights_and_is_looked_at() -> None:
    pods = {
        found["metadata"]["name"]: found["spec"]["template"]["spec"]
        for found in manifests()
        if found["kind"] in ("Deployment", "Job")
    }
    assert set(pods) == {"trivium", "trivium-worker", "trivium-migrate"}
    for name, pod in pods.items():
        (container,) = pod["containers"]
        assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 10001)
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        if name != "trivium-migrate":
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)
            assert pod["terminationGracePeriodSeconds"] > 40


def test_selectors_find_their_pods() -> None:
    found = manifests()
    labels = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
        for each in found
        if each["kind"] == "Deployment"
    }
    for each in found:
        selector = each.get("spec", {}).get("selector")
        if each["kind"] in ("Deployment", "PodDisruptionBudget"):
            assert selector["matchLabels"].items() <= labels[each["metadata"]["name"]].items()
        if each["kind"] == "Service":
            assert selector.items() <= labels["trivium"].items()


def test_the_rules_that_watch_trivium_are_rules_and_fire_when_they_should() -> None:
    folder = DEPLOY / "prometheus"
    checked = subprocess.run(
        [program("promtool"), "check", "rules", "trivium.rules.yml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    tried = subprocess.run(
        [program("promtool"), "test", "rules", "trivium.rules.test.yml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, tried.returncode) == (0, 0), (
        checked.stdout + checked.stderr + tried.stdout + tried.stderr
    )
    rules = yaml.safe_load((folder / "trivium.rules.yml").read_text())["groups"][0]["rules"]
    tested = (folder / "trivium.rules.test.yml").read_text()
    untested = {rule["alert"] for rule in rules if f"alertname: {rule['alert']}\n" not in tested}
    assert untested == {"TriviumRunsSlow"}  # the test of the dashboards evaluates it


def test_alertmanagers_configuration_is_one() -> None:
    done = subprocess.run(
        [program("amtool"), "check-config", DEPLOY / "alertmanager" / "alertmanager.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_three_dashboards_each_panel_with_a_unit_and_a_query() -> None:
    """OB-07."""
    boards = [json.loads(path.read_text()) for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))]
    assert [board["uid"] for board in boards] == ["trivium-chat", "trivium-integration", "trivium-translation"]
    for board in boards:
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        assert all(panel["fieldConfig"]["defaults"]["unit"] and panel["targets"] for panel in board["panels"])
