"""Who asks: the bearer token of a request becomes an actor whose token opens this door."""

from starlette.requests import Request

from domain.actors import Actor, Entrance
from domain.errors import Refused
from domain.identity import Identity
from domain.tokens import Unauthenticated
from domain.users import ADMIN
from web.desk import Guarded

COOKIE = "trivium_session"
PAGE_HEADER = "X-Trivium-Page"
HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})


async def admit(identity: Identity, request: Request, entry: Guarded) -> Actor:
    """The actor, with at least one of the entry's scopes, and its permission.

    Raises Unauthenticated without a valid token; Refused for a disabled user, for a token of other doors, and for
    everybody but admins where a permission is asked for.
    """
    actor = await identity.of_token(token_of(request), Entrance.HTTP, request.state.request_id)
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


def token_of(request: Request) -> str:
    """The token itself: of the header, else of the page's cookie. Raises Unauthenticated when there is none.

    A browser sends the cookie by itself, so what changes something must say that our page sent it: another site's
    page cannot set a header here. Raises Refused where it does not.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        raise Unauthenticated("Send a token: `Authorization: Bearer TOKEN`; `trivium token` makes one.")
    if request.method not in HARMLESS and PAGE_HEADER not in request.headers:
        message = (
            f"A request with the page's cookie needs the header {PAGE_HEADER}, which only the page itself can set."
        )
        raise Refused(message, code="permission_denied")
    return cookie
