"""Where MCP servers may be: which addresses may be called and which programs may be started."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from domain import mcp_secrets, servers
from domain.errors import Refused
from domain.masking import MASK, mask
from domain.mcp_servers import McpServer, Place
from domain.secrets import Keyring
from tools.sources.mcp_http import Site

if TYPE_CHECKING:
    from tools.sources.mcp_session import Target

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}")
LOADERS = re.compile(
    r"PATH|HOME|SHELL|ENV|BASH_.*|LD_.*|DYLD_.*|PYTHON.*|NODE_.*|NPM_.*|UV_.*|PIP_.*|PERL.*|RUBY.*|GEM_.*|JAVA_.*"
    r"|_JAVA_.*|JDK_.*|GIT_.*|GCONV_PATH|GLIBC_.*|MALLOC_.*|DOCKER_.*|.*_PROXY"
)
OWN_HEADERS = frozenset({"host", "content-length", "content-type", "accept", "accept-encoding", "connection",
    "transfer-encoding", "mcp-session-id", "mcp-protocol-version"})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """`hosts` are globs. `commands` are the beginnings of command lines that the operator of this machine lets be
    started: an admin of Trivium is not the owner of its machine. None: no program is."""

    hosts: tuple[str, ...] = ("*",)
    commands: tuple[str, ...] = ()

    def refuse(self, place: Place) -> None:
        """Raises Refused for a place that is none or is closed, saying what would do."""
        if place.transport == "stdio":
            self.refuse_program(place)
        else:
            self.refuse_address(place)

    def refuse_program(self, place: Place) -> None:
        beginnings = [tuple(shlex.split(line)) for line in self.commands]
        if not any(line and place.command[: len(line)] == line for line in beginnings):
            raise Refused(
                f"{' '.join(place.command[:1]) or 'An empty command'} is no program that may be started here.",
                code="invalid_arguments",
                alternative=f"MCP_STDIO_COMMANDS names what may be: {', '.join(self.commands) or 'nothing so far'}.",
            )
        if any(not VARIABLE.fullmatch(name) or is_loader(name) for name in place.environment):
            raise no("the environment may not hold variables that decide what is run, such as PATH")
        refuse_secrets([*place.command, *(f"{name}={value}" for name, value in place.environment.items())])
        refuse_secrets(dict(place.environment))

    def refuse_address(self, place: Place) -> None:
        parts = urlsplit(place.url)
        try:
            host, _ = servers.safe_hostname(parts.hostname or ""), parts.port
        except ValueError as error:
            raise no(str(error)) from error
        if parts.scheme not in ("http", "https") or parts.username or parts.password or parts.fragment:
            raise no("the address is written like https://mcp.example.com/mcp, without user and password")
        if place.kind == "external" and parts.scheme != "https":
            raise no("an external server is reached by https alone")
        if not any(fnmatchcase(host, pattern.lower()) for pattern in self.hosts):
            raise no(f"{host} is not among the hosts of MCP_SERVER_HOSTS ({', '.join(self.hosts)})")
        refuse_secrets([place.url])

    async def target(self, server: McpServer, keyring: Keyring | None, connect_seconds: float) -> "Target":
        """Where the server is, with the secret that lets us in. Raises Refused, also when it was allowed once."""
        self.refuse(server.place)
        secret = await mcp_secrets.revealed(server, keyring)
        given = {server.credential_name: secret} if secret is not None and server.credential_name else {}
        if server.transport == "stdio":
            from tools.sources.mcp_stdio import Program  # noqa: PLC0415 - the SDK behind it is not paid for by the start

            environment = {**server.environment, **given}
            return Program(name=server.name, command=tuple(server.command), environment=environment)
        if server.credential_kind == "bearer":
            given = {"Authorization": f"Bearer {secret}"}
        return Site(
            url=server.url, headers=given, is_external=server.kind == "external", connect_seconds=connect_seconds
        )


def is_loader(name: str) -> bool:
    return LOADERS.fullmatch(name) is not None


def refuse_secrets(value: list[str] | Mapping[str, str]) -> None:
    """Raises Refused for a place that holds a secret in words: it would be shown to every admin and kept in the log."""
    shown = value if isinstance(value, list) else dict(value)
    if mask(shown) != shown or MASK in str(shown):
        raise no("it holds a secret: give that as the server's credential instead")


def refuse_credential_name(kind: str, name: str) -> None:
    """Raises Refused when no header or variable of this name can carry a secret."""
    if kind == "header" and (not HEADER.fullmatch(name) or name.lower() in OWN_HEADERS):
        raise no(f"{name!r} is no header that a secret can be sent in")
    if kind == "variable" and (not VARIABLE.fullmatch(name) or is_loader(name)):
        raise no(f"{name!r} is no variable that a secret can be given in")


def no(why: str) -> Refused:
    return Refused(f"The server cannot be taken: {why}.", code="invalid_arguments")
