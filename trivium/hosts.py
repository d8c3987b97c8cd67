"""MCP hosts: where each keeps its servers on this machine, and how one of them is written there.

Sources: the hosts' own documentation of their configuration files, read in November 2026 (docs/hosts.md).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a host's file depends on. `platform` as `sys.platform` says it; `folder` is the project's."""

    platform: str
    home: Path
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def settings(self, name: str) -> Path:
        """The folder in which programs with windows keep what a person sets."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support" / name
        if self.platform == "win32":
            return Path(self.environment.get("APPDATA") or self.home / "AppData" / "Roaming") / name
        return Path(self.environment.get("XDG_CONFIG_HOME") or self.home / ".config") / name


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """`servers` is the object that holds them; `in_project` the same file of one project, None where there is none.

    `variable` is how a value of the environment is written, `typed` says that each server says what it is.
    `asks_for`: the host asks the person for a secret and keeps it; None where the environment has to have it.
    """

    name: str
    title: str
    servers: str
    file: Callable[[Machine], Path]
    in_project: str | None = None
    typed: bool = True
    takes_urls: bool = True
    variable: str = "${{{}}}"
    asks_for: str | None = None
    afterwards: str = ""


def claude_code(machine: Machine) -> Path:
    return Path(machine.environment.get("CLAUDE_CONFIG_DIR") or machine.home) / ".claude.json"


HOSTS = {
    host.name: host
    for host in (
        Host(
            name="claude-desktop",
            title="Claude Desktop",
            servers="mcpServers",
            file=lambda machine: machine.settings("Claude") / "claude_desktop_config.json",
            typed=False,
            takes_urls=False,
            afterwards="Quit Claude Desktop and start it again.",
        ),
        Host(
            name="claude-code",
            title="Claude Code",
            servers="mcpServers",
            file=claude_code,
            in_project=".mcp.json",
            afterwards="A new session has it; /mcp shows how it is.",
        ),
        Host(
            name="vscode",
            title="VS Code",
            servers="servers",
            file=lambda machine: machine.settings("Code") / "User" / "mcp.json",
            in_project=".vscode/mcp.json",
            variable="${{env:{}}}",
            asks_for="${input:trivium-token}",
            afterwards="Start it with the command MCP: List Servers.",
        ),
        Host(
            name="cursor",
            title="Cursor",
            servers="mcpServers",
            file=lambda machine: machine.home / ".cursor" / "mcp.json",
            in_project=".cursor/mcp.json",
            typed=False,
            variable="${{env:{}}}",
            afterwards="Switch it on in Cursor's settings, under MCP.",
        ),
    )
}
INPUT: Json = {
    "type": "promptString",
    "id": "trivium-token",
    "description": "Trivium: a token from `trivium token`",
    "password": True,
}


def program(host: Host, command: tuple[str, ...], environment: Mapping[str, str]) -> Json:
    """The server as a program that the host starts."""
    told: Json = {"type": "stdio"} if host.typed else {}
    told |= {"command": command[0], "args": list(command[1:])}
    return told | ({"env": dict(environment)} if environment else {})


def address(host: Host, url: str, token: str | None) -> Json:
    """The server at an address; `token` names the variable that holds what is sent as its bearer."""
    told: Json = {"type": "http"} if host.typed else {}
    told |= {"url": url}
    if token is None:
        return told
    value = host.asks_for or host.variable.format(token)
    return told | {"headers": {"Authorization": f"Bearer {value}"}}
