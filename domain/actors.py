"""An actor: who asks, with which roles and teams, through which entrance."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Entrance(StrEnum):
    CLI = "cli"
    HTTP = "http"
    MCP = "mcp"
    STUDIO = "studio"
    SCRIPT = "script"
    RULE = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Made by an entrance after authentication; nothing reaches a graph or a tool without one.

    `roles` and `teams` are those of this moment; the door reads them anew at every call, and `ceiling`
    (the roles that the token itself grants) bounds whatever it reads. `scopes` are the doors of the house
    that the token opens: the three pillars, and `ingest`.
    """

    user_id: UUID
    name: str
    roles: frozenset[str]
    teams: frozenset[str]
    ceiling: frozenset[str]
    scopes: frozenset[str]
    entrance: Entrance
    request_id: str
