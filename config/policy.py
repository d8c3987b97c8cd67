"""The default permissions of `policy.toml` as rows."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

DEFAULTS = Path(__file__).with_name("policy.toml")
Effect: TypeAlias = Literal["allow", "confirm", "deny", "audit_only"]
EFFECTS: tuple[Effect, ...] = ("allow", "confirm", "deny", "audit_only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One row of `ai_permissions`. `category` and `tool` None mean all; `tool` may be a glob."""

    role: str
    pillar: str
    category: str | None
    tool: str | None
    permission: Effect
    scope: str | None


@dataclass(frozen=True, slots=True)
class Defaults:
    """`roles` by name with their description, `grants` in file order."""

    roles: dict[str, str]
    grants: tuple[Grant, ...]


def read(path: Path = DEFAULTS) -> Defaults:
    table = tomllib.loads(path.read_text())
    return Defaults(table["roles"], tuple(grant for entry in table["grants"] for grant in grants(entry)))


def grants(entry: dict[str, Any]) -> Iterator[Grant]:
    for effect in EFFECTS:
        for tool in entry.get(effect, ()):
            yield Grant(
                role=entry["role"],
                pillar=entry["pillar"],
                category=entry.get("category"),
                tool=None if tool == "*" else tool,
                permission=effect,
                scope=entry.get("scope"),
            )
