"""What a caller can reach: the pillars whose scope their token has, and in which their roles may use any tool."""

from domain.actors import Actor
from mcp_server.rights import rights
from mcp_server.server import House
from tools.spec import Pillar


async def pillars(house: House, actor: Actor) -> frozenset[str]:
    """Asked anew each time, so that what an admin changes shows in the next list of tools."""
    held = await rights(house, actor)
    specs = tuple(dict.fromkeys(held.catalogue.values()))
    return frozenset(
        pillar.value
        for pillar in Pillar
        if pillar.value in actor.scopes
        and any(pillar in spec.pillars and not held.policy.decide(held.roles, spec, pillar).denies for spec in specs)
    )
