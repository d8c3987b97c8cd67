"""Login links: the web page opened once, from the terminal of whoever may."""

import sys

from config.settings import Settings
from domain import login_links
from domain.actors import Actor, Entrance
from trivium.service import ConfigurationError, Service, open_service


async def print_link(settings: Settings) -> int:
    async with open_service(settings) as service:
        sys.stdout.write(await link(service, await service.actor(Entrance.CLI)) + "\n")
    return 0


async def link(service: Service, actor: Actor) -> str:
    """The page's address with a code that lets the actor in, once, within ten minutes. The code stands behind `#`: it
    gets into no server's log. Raises ConfigurationError without a key to sign the session with.
    """
    if service.key is None:
        raise ConfigurationError(
            "There is no key to sign a session with: set TRIVIUM_JWT_SECRET, or paste a token of your identity "
            "provider into the page."
        )
    async with service.pool.connection() as db, db.transaction():
        code = await login_links.make(db, actor)
    return f"{address(service.settings)}/login#code={code}"


def address(settings: Settings) -> str:
    """Where a browser on this machine reaches `serve`."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


async def invitation(service: Service) -> str:
    """What `up` says to whoever started it; nothing where it is unknown who that is."""
    if not service.settings.is_embedded:
        return ""
    owner = await service.identity.owner(Entrance.CLI, "up")
    valid = int(login_links.VALID.total_seconds() // 60)
    return (
        f"\n  Open {await link(service, owner)}\n  (once, within {valid} minutes; `./dev run login` makes another)\n\n"
    )
