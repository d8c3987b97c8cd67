"""The MCP server as `serve` puts it at /mcp, beside the HTTP entrance and on the same open service."""

from functools import partial
from urllib.parse import urlsplit

from config.settings import Settings
from domain.actors import Actor
from domain.tokens import Unauthenticated
from mcp_server.http import Endpoint, HttpParts, build
from mcp_server.places import places
from mcp_server.server import House
from mcp_server.server import build as build_server
from trivium.service import Service


def of(service: Service) -> Endpoint:
    """The endpoint; use its `running` around the serving."""
    house = House(
        runner=service.runner, approvals=service.approvals, identify=nobody, zone=service.settings.zone
    )  # fmt: skip

    async def opened() -> House:
        return house

    settings = service.settings
    parts = HttpParts(
        server=build_server(opened),
        identity=service.identity,
        places=places(
            settings.host, settings.trivium_public_url, settings.mcp_allowed_hosts, settings.mcp_allowed_origins
        ),
        issuers=issuers(settings),
        public_url=settings.trivium_public_url,
        keeps_sessions=settings.mcp_sessions,
        finish=partial(house.finish, settings.drain_seconds),
    )
    return build(parts)


async def nobody() -> Actor:
    """Every request brings its own caller; one that did not is nobody's."""
    raise Unauthenticated("This request came without a caller.")


def issuers(settings: Settings) -> tuple[str, ...]:
    """Who grants tokens for this server: as set, else the identity provider where it is known by its address."""
    if settings.trivium_oauth_issuers:
        return settings.trivium_oauth_issuers
    issuer = settings.trivium_jwt_issuer
    is_address = urlsplit(issuer).scheme in ("https", "http")
    return (issuer,) if settings.trivium_jwks_url and is_address else ()
