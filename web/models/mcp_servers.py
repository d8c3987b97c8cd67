"""MCP servers as an admin sees, changes and decides on them; of a secret only where it is kept."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, SecretStr

from domain.mcp_server_tools import PillarName, RiskName, Standing
from domain.mcp_servers import CredentialKind, Kind, Status, Transport
from web.models.shape import Sent, Time, Told, Word

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=24)]
Url = Annotated[str, Field(max_length=2000, pattern=r"^$|^https?://\S+$")]
Text = Annotated[str, Field(max_length=1000)]
Argument = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00\r\n]+$")]
Value = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00\r\n]*$")]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=8000)]
Reference = Annotated[str, Field(max_length=500, pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:/\S+)$")]
FAMILY = (
    "Servers of one family do the same work: their tools go by its name, to whichever is healthy. Default: the name"
)
COMMAND = "For stdio: the program and its arguments, each a word; MCP_STDIO_COMMANDS says which may be started"


class CredentialSent(Sent):
    """What the server asks of its callers: a bearer token, a header `name`, or for a program an environment variable
    `name`. Either the `secret` itself, which is sealed and never told again, or a `reference` to it."""

    kind: CredentialKind
    name: Annotated[str, Field(max_length=100)] = ""
    secret: Secret | None = Field(default=None, description="Write-only; kept sealed")
    reference: Reference | None = Field(default=None, description="env:NAME or file:/path where Trivium runs")


class McpServerSent(Sent):
    """`url` for http and sse, `command` and `environment` for stdio. An external server is one in the open internet."""

    name: Name
    family: Name | None = Field(default=None, description=FAMILY)
    description: Text = ""
    transport: Transport
    kind: Kind = "internal"
    url: Url = ""
    command: list[Argument] = Field(default_factory=list, max_length=50, description=COMMAND)
    environment: dict[str, Value] = Field(default_factory=dict, max_length=50, description="Of a program; no secrets")
    credential: CredentialSent | None = None


class McpServerChange(Sent):
    """Keys that are not sent stay, the name always; `credential` null takes it away. A server that is elsewhere now
    has all its tools decided anew, and is told its secret again."""

    family: Name | None = None
    description: Text | None = None
    transport: Transport | None = None
    kind: Kind | None = None
    url: Url | None = None
    command: list[Argument] | None = Field(default=None, max_length=50)
    environment: dict[str, Value] | None = Field(default=None, max_length=50)
    credential: CredentialSent | None = None
    is_enabled: bool | None = None
    in_maintenance: bool | None = Field(default=None, description="In maintenance a server is neither used nor checked")


class CredentialTold(Told):
    """`kept`: sealed, env:NAME, file:/path, or null without a secret."""

    kind: CredentialKind
    name: str
    kept: str | None


class McpServerTold(Told):
    """`is_usable`: switched on and healthy. `last_error` is of the last look, empty after one that went well."""

    id: UUID
    name: str
    family: str
    description: str
    transport: Transport
    kind: Kind
    url: str
    command: tuple[str, ...]
    environment: dict[str, str]
    credential: CredentialTold
    status: Status
    is_enabled: bool
    is_usable: bool
    consecutive_failures: int
    last_checked_at: Time | None
    last_healthy_at: Time | None
    last_error: str
    created_at: Time
    updated_at: Time


class McpServersReply(Told):
    servers: tuple[McpServerTold, ...]


class McpToolTold(Told):
    """`description`, `input_schema` and `hints` are the server's own words, which decide nothing; `risk`, `pillars` and
    `permission` are what an admin decided. `called` is the tool's name in Trivium, for calls and permission rows.
    `problem` says why it cannot be used whatever is decided."""

    name: str
    called: str
    description: str
    input_schema: dict[str, Any]
    hints: dict[str, Any]
    problem: str
    standing: Standing
    fingerprint: str
    risk: RiskName | None
    pillars: tuple[PillarName, ...]
    permission: str | None
    decided_by: str | None
    decided_at: Time | None
    first_seen_at: Time
    changed_at: Time


class McpToolsReply(Told):
    """By name; those that the server lists no more are `gone`."""

    server: McpServerTold
    tools: tuple[McpToolTold, ...]


class McpToolDecision(Sent):
    """The decision on the tool that was seen, named by its `fingerprint`. `risk` null denies it."""

    fingerprint: Word
    risk: RiskName | None
    pillars: list[PillarName] = Field(default_factory=list[PillarName], max_length=3)
