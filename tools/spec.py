"""What a tool is: a frozen description, its arguments and one async function."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Literal, TypeAlias, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.actors import Actor
from domain.confirmations import RiskLevel
from domain.database import Pool
from domain.windows import Window
from tools.resources import NOTHING, Resources

Json: TypeAlias = dict[str, Any]
Progress: TypeAlias = Callable[[str], Awaitable[None]]
Status: TypeAlias = Literal["ok", "empty", "error", "forbidden", "truncated"]


class Pillar(StrEnum):
    INQUIRY = "inquiry"
    TROUBLESHOOTING = "troubleshooting"
    REVIVE = "revive"


class Category(StrEnum):
    INQUIRY = "inquiry"
    TROUBLESHOOTING = "troubleshooting"
    GRAFANA = "grafana"
    AIOPS = "aiops"


class Risk(StrEnum):
    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    EXECUTE = "execute"


LEVELS: dict[Risk, RiskLevel] = {
    Risk.READ: "low",
    Risk.CREATE: "medium",
    Risk.UPDATE: "high",
    Risk.DELETE: "high",
    Risk.EXECUTE: "high",
}


class Scope(StrEnum):
    """What a permission row narrows a tool to; the handler leaves out the rest and says so in `cut`."""

    OWN_ALERTS = "own_alerts"
    AGGREGATED_ONLY = "aggregated_only"
    VIEW_ONLY = "view_only"


class Args(BaseModel):
    """Arguments of a tool: unknown keys are refused, so a typo never answers another question."""

    model_config = ConfigDict(extra="forbid", frozen=True)


A = TypeVar("A", bound=Args)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What came back and where from. `data` is JSON; an empty result is an answer, an error never is.

    `query` is the exact query sent with its parameters, `window` what it covered, `as_of` when it was asked,
    `cut` what was left out and why. `execution_id` is set by the door and names the row that proves it.
    A write puts what it made under `data["resource"]` {type, id or uid, name, url?}. `is_uncertain` marks an error
    after which the change may have been made all the same: nobody may report it as not done.
    """

    status: Status
    source: str
    data: Json = field(default_factory=dict[str, Any])
    query: str = ""
    window: Window | None = None
    as_of: datetime | None = None
    stale: bool = False
    cut: str | None = None
    error: str | None = None
    is_uncertain: bool = False
    artifact_id: UUID | None = None
    execution_id: UUID | None = None
    tool: str = ""

    @property
    def supports_claims(self) -> bool:
        return self.status in ("ok", "empty")


async def silent(text: str) -> None:
    """Progress that nobody follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a change will do, for the person who decides: readable, complete, and made before anything is done.

    `lines` say it in words, most important first. `diff` is a unified diff when something that exists is changed.
    `details` are the seeds' own keys ({title, panels, folder} of a dashboard). `warnings` stand out on the card.
    `level` raises the risk level above the tool's own; it never lowers it.
    """

    title: str
    lines: tuple[str, ...] = ()
    diff: str = ""
    details: Json = field(default_factory=dict[str, Any])
    warnings: tuple[str, ...] = ()
    level: RiskLevel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    """What a handler may touch; passed in, never imported. `scopes` is what the door narrowed this call to.

    `progress` tells whoever follows the run a line of output while the handler works. `confirmation_id` is the
    approval under which a change is made, and `execution_id` the row of this call; the door sets both.
    """

    actor: Actor
    pillar: Pillar
    session_id: UUID
    run_id: UUID | None
    message_id: UUID | None
    database: Pool
    clock: Callable[[], datetime]
    scopes: frozenset[Scope] = frozenset()
    resources: Resources = NOTHING
    progress: Progress = silent
    confirmation_id: UUID | None = None
    execution_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec(Generic[A]):
    """One tool. The model, MCP and the door all read this; nobody writes a schema or a hint twice.

    `source` names the system behind it: calls to one source share a concurrency limit and a circuit breaker.
    `preview` may read, and raises Refused when the change could not be made as asked; a change without one is shown
    by its arguments. `secrets` are the arguments that are sealed before anything else sees or keeps them. `settle`
    makes what is open concrete (a wish becomes an expression, a missing version the one that stands) before the
    preview, so that a person approves exactly what will be done. `is_remote`: it is a registered MCP server's, and what
    it does is known by its server's word alone.
    """

    name: str
    title: str
    description: str
    pillars: frozenset[Pillar]
    category: Category
    risk: Risk
    permission: str
    args: type[A]
    handler: Callable[[ToolContext, A], Awaitable[ToolResult]]
    source: str = "trivium"
    aliases: tuple[str, ...] = ()
    idempotent: bool = True
    deadline_seconds: float = 10
    preview: Callable[[ToolContext, A], Awaitable[Preview]] | None = None
    settle: Callable[[ToolContext, A], Awaitable[A]] | None = None
    secrets: tuple[str, ...] = ()
    is_remote: bool = False

    @property
    def is_read(self) -> bool:
        return self.risk is Risk.READ

    def category_in(self, pillar: Pillar) -> Category:
        """The category that permission rows of `pillar` speak of: only revive has several."""
        return self.category if pillar is Pillar.REVIVE else Category(pillar.value)


AnySpec: TypeAlias = ToolSpec[Any]
Catalogue: TypeAlias = Mapping[str, AnySpec]
