"""Whose service it is, where a role may look at its own alerts only."""

from domain import alert_details
from domain.errors import NotFound
from tools.arguments import owner
from tools.spec import ToolContext


async def check(context: ToolContext, service: str) -> None:
    """Raises NotFound when the call is narrowed to own alerts, and the service never had one of the actor's."""
    mine = owner(context)
    if mine is None:
        return
    async with context.database.connection() as db:
        found = await alert_details.newest(db, service, mine)
    if not found.rows:
        raise NotFound(f"{service} has no alert of your teams or assigned to you.")
