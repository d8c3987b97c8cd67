"""Whom a call is for: over HTTP whoever its own request's token speaks for, never whoever opened the session."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from mcp.server import ServerRequestContext

if TYPE_CHECKING:
    from domain.actors import Actor

PLACE = "mcp_caller"


def bring(scope: MutableMapping[str, Any], actor: "Actor") -> None:
    """The request carries its own actor to whatever handles it."""
    scope.setdefault("state", {})[PLACE] = actor


def caller(context: ServerRequestContext[Any]) -> "Actor | None":
    """The actor that this very request brought; None on stdio, where the process itself acts for somebody."""
    return getattr(context.request, "scope", {}).get("state", {}).get(PLACE)


def always(actor: "Actor") -> Callable[[], Awaitable["Actor"]]:
    """Identifies as this actor, for one call."""

    async def identify() -> "Actor":
        return actor

    return identify
