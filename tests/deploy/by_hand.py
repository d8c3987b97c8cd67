"""compose.yaml without a container engine: each service's own command, environment and files, on free loopback ports.

Names of services become addresses, paths of volumes become folders. Postgres is the tests' own; Loki, Tempo and Grafana
cannot run here, so nothing answers at their addresses, except a Grafana of tests behind mcp-grafana.
"""

import os
import re
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from tests.programs import ROOT, free_port, pause, program, running

Json: TypeAlias = dict[str, Any]
SECRETS = {
    "POSTGRES_PASSWORD": "postgres-by-hand",
    "REDIS_PASSWORD": "redis-by-hand",
    "GRAFANA_ADMIN_PASSWORD": "grafana-by-hand",
    "MCP_GRAFANA_SERVER_TOKEN": "caller-by-hand-0123456789",
    "TRIVIUM_JWT_SECRET": "signed by hand, with more than 32 bytes of it",
    "TRIVIUM_SECRET_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}
PORTS = {
    "redis:6379": "redis", "prometheus:9090": "prometheus", "alertmanager:9093": "alertmanager", "loki:3100": "loki",
    "tempo:3200": "tempo", "grafana:3000": "grafana", "mcp-grafana:8000": "mcp-grafana",
    "mcp-grafana-write:8000": "mcp-grafana-write", "trivium:8080": "trivium", "worker:8080": "worker",
}  # fmt: skip
PROGRAMS = {"prometheus": "prometheus", "alertmanager": "prometheus-alertmanager"}


@dataclass(slots=True)
class ByHand:
    """`ports` by the service's name; `variables` are what .env would hold."""

    folder: Path
    database_url: str
    variables: Mapping[str, str]
    grafana: str
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in PORTS.values()})
    services: Json = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        self.services = yaml.safe_load(self.filled((ROOT / "compose.yaml").read_text()))["services"]

    def filled(self, text: str) -> str:
        """Variables put in as compose does: `${NAME:?why}` must be there, `${NAME:-other}` need not."""

        def value(found: re.Match[str]) -> str:
            name, rest = found[1], found[2] or ""
            return self.variables[name] if rest.startswith(":?") else self.variables.get(name, rest[2:])

        return re.sub(r"\$\{(\w+)(:[?-][^}]*)?\}", value, text)

    def here(self, text: str) -> str:
        """The text with this machine's addresses and folders in place of the containers'."""
        text = re.sub(r"postgresql://trivium:[^@]*@postgres:5432/trivium", self.database_url, text)
        text = text.replace("http://grafana:3000", self.grafana)
        for address, name in PORTS.items():
            text = re.sub(rf"(?<![\w-]){re.escape(address)}", f"127.0.0.1:{self.ports[name]}", text)
        for inside, folder in self.folders().items():
            text = text.replace(inside, str(folder))
        return text

    def folders(self) -> dict[str, Path]:
        return {
            "/etc/prometheus": self.folder / "prometheus-config",
            "/etc/alertmanager": self.folder / "alertmanager-config",
            "=/prometheus": Path(f"={self.folder}/prometheus-data"),
            "=/alertmanager": Path(f"={self.folder}/alertmanager-data"),
            "/tokens": self.folder / "tokens",
            "/var/lib/trivium": self.folder / "home",
        }

    def configure(self) -> None:
        """The files of deploy/, with what only a container's network knows put in."""
        for name in ("prometheus", "alertmanager"):
            target = self.folder / f"{name}-config"
            target.mkdir()
            for source in (ROOT / "deploy" / name).iterdir():
                (target / source.name).write_text(self.here(self.resolved(source.read_text())))
        for name in ("tokens", "home"):
            (self.folder / name).mkdir()

    def resolved(self, text: str) -> str:
        """Prometheus finds processes by their service's name; here each is where it is, and is looked at sooner."""
        return (
            re.sub(
                r"dns_sd_configs:\n\s+- names: \[(\w+)\]\n\s+type: A\n\s+port: 8080",
                r'static_configs:\n      - targets: ["\1:8080"]',
                text,
            )
            .replace("_interval: 15s", "_interval: 1s")
            .replace("group_wait: 10s", "group_wait: 1s")
        )

    def environment(self, name: str) -> dict[str, str]:
        given = {key: self.here(str(value)) for key, value in self.services[name].get("environment", {}).items()}
        if name == "worker":
            given["WORKER_PORT"] = str(self.ports["worker"])
        return given | {"TRIVIUM_HOME": str(self.folder / "home"), "HOST": "127.0.0.1"}

    def command(self, name: str) -> list[str]:
        return [self.here(part) for part in self.services[name]["command"]]

    def healthy(self, name: str) -> bool:
        """The service's own health check, by the program it names."""
        _, *check = [self.here(part) for part in self.services[name]["healthcheck"]["test"]]
        check = [part.replace("127.0.0.1:9093", f"127.0.0.1:{self.ports['alertmanager']}") for part in check]
        check = [part.replace("127.0.0.1:9090", f"127.0.0.1:{self.ports['prometheus']}") for part in check]
        if check[0] == "redis-cli":
            check[1:1] = ["-p", str(self.ports["redis"])]
        given = {**os.environ, **self.environment(name)}
        done = subprocess.run([program(check[0]), *check[1:]], env=given, capture_output=True, check=False, timeout=10)
        return done.returncode == 0 and b"NOAUTH" not in done.stdout

    def url(self, name: str, path: str = "") -> str:
        return f"http://127.0.0.1:{self.ports[name]}{path}"


def until_healthy(world: ByHand, name: str) -> None:
    for _ in range(300):
        if world.healthy(name):
            return
        pause(0.2)
    pytest.fail(f"{name} is not healthy by its own health check")


@contextmanager
def shim(folder: Path) -> Generator[str]:
    """A PATH on which `trivium` is this build, as in the image."""
    folder.mkdir()
    (folder / "trivium").write_text(f'#!/bin/sh\nexec {sys.executable} -m trivium "$@"\n')
    (folder / "trivium").chmod(0o755)
    yield f"{folder}:{os.environ['PATH']}"


@contextmanager
def composed(world: ByHand) -> Generator[ByHand]:
    """Everything that can run here runs, in the order in which compose starts it."""
    world.configure()
    with ExitStack() as stack:
        path = stack.enter_context(shim(world.folder / "bin"))
        start_redis(world, stack)
        prepare(world, path)
        for name, flags in (("mcp-grafana", ()), ("mcp-grafana-write", ())):
            start_mcp_grafana(world, stack, name, flags)
        for name, port in (("trivium", "trivium"), ("worker", "worker")):
            given = {**world.environment(name), "PATH": path, "PORT": str(world.ports[port])}
            command = ["trivium", *world.command(name)]
            ready = world.url(name, "/api/v1/health/ready")
            stack.enter_context(
                running(["env", *command], ready=ready, log=world.folder / f"{name}.log", environment=given)
            )
        start_watchers(world, stack)
        yield world


def start_redis(world: ByHand, stack: ExitStack) -> None:
    server, *flags = world.command("redis")
    log = world.folder / "redis.log"
    with log.open("wb") as output:
        process = stack.enter_context(
            subprocess.Popen(
                [program(server), *flags, "--port", str(world.ports["redis"]), "--bind", "127.0.0.1"],
                stdout=output,
                stderr=output,
            )
        )
    stack.callback(process.terminate)
    until_healthy(world, "redis")


def prepare(world: ByHand, path: str) -> None:
    """The one container that runs once: its own script."""
    shell, flags = world.services["prepare"]["entrypoint"]
    (script,) = world.command("prepare")
    given = {**os.environ, **world.environment("prepare"), "PATH": path}
    for _ in range(2):  # a second `up` runs it again
        subprocess.run([shell, flags, script], env=given, check=True, timeout=120)


def start_mcp_grafana(world: ByHand, stack: ExitStack, name: str, flags: tuple[str, ...]) -> None:
    binary = Path(sys.executable).with_name("mcp-grafana")
    command = [part.replace("0.0.0.0:8000", f"127.0.0.1:{world.ports[name]}") for part in world.command(name)]
    ready, log = world.url(name, "/healthz"), world.folder / f"{name}.log"
    stack.enter_context(running([binary, *command, *flags], ready=ready, log=log, environment=world.environment(name)))


def start_watchers(world: ByHand, stack: ExitStack) -> None:
    for name, binary in PROGRAMS.items():
        command = [program(binary), *world.command(name), f"--web.listen-address=127.0.0.1:{world.ports[name]}"]
        ready, log = world.url(name, "/-/ready"), world.folder / f"{name}.log"
        stack.enter_context(running(command, ready=ready, log=log))
