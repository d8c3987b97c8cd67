"""Who asks: the bearer token of a request becomes an actor whose token opens this door."""

from starlette.requests import Request

from domain.actors import Actor, Entrance
from domain.errors import Refused
from domain.identity import Identity
from domain.tokens import Unauthenticated


async def admit(identity: Identity, request: Request, scopes: tuple[str, ...]) -> Actor:
    """The actor, with at least one of `scopes`.

    Raises Unauthenticated without a valid token; Refused for a disabled user and for a token of other doors.
    """
    actor = await identity.of_token(bearer(request), Entrance.HTTP, request.state.request_id)
    if actor.scopes.isdisjoint(scopes):
        wanted = " or ".join(scopes)
        message = f"This token does not open this door; it needs the scope {wanted}."
        raise Refused(message, code="insufficient_permissions", permission=f"scope {wanted}")
    return actor


def bearer(request: Request) -> str:
    """The token itself. Raises Unauthenticated when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send a token: `Authorization: Bearer TOKEN`; `trivium token` makes one.")
    return token.strip()
