"""Who asks: the bearer token of a request becomes an actor whose token opens this door."""

from starlette.requests import Request

from domain.actors import Actor, Entrance
from domain.errors import Refused
from domain.identity import Identity
from domain.tokens import Unauthenticated
from domain.users import ADMIN
from web.desk import Guarded


async def admit(identity: Identity, request: Request, entry: Guarded) -> Actor:
    """The actor, with at least one of the entry's scopes, and its permission.

    Raises Unauthenticated without a valid token; Refused for a disabled user, for a token of other doors, and for
    everybody but admins where a permission is asked for.
    """
    actor = await identity.of_token(bearer(request), Entrance.HTTP, request.state.request_id)
    if actor.scopes.isdisjoint(entry.scopes):
        wanted = " or ".join(entry.scopes)
        message = f"This token does not open this door; it needs the scope {wanted}."
        raise Refused(message, code="insufficient_permissions", permission=f"scope {wanted}")
    if entry.permission and ADMIN not in actor.roles:
        roles = " and ".join(sorted(actor.roles)) or "none"
        raise Refused(
            f"Role '{roles}' may not administer.",
            code="insufficient_permissions",
            permission=entry.permission,
            alternative=f"Ask someone with the role {ADMIN}.",
        )
    return actor


def bearer(request: Request) -> str:
    """The token itself. Raises Unauthenticated when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send a token: `Authorization: Bearer TOKEN`; `trivium token` makes one.")
    return token.strip()
