"""Signing in at the page: a one-time link or a token becomes a cookie that no script can read."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from domain import login_links, tokens
from domain.actors import Entrance
from domain.tokens import Unauthenticated
from web.desk import Desk, Visit
from web.gate import COOKIE, token_of
from web.models.signing_in import MeReply, SessionOpening
from web.reading import body_of
from web.replies import reply

LONGEST_COOKIE = 4000  # browsers keep 4,096 bytes, name and attributes included


async def get_me(visit: Visit) -> Response:
    actor = visit.actor
    body = MeReply(
        id=actor.user_id,
        name=actor.name,
        roles=tuple(sorted(actor.roles)),
        teams=tuple(sorted(actor.teams)),
        scopes=tuple(sorted(actor.scopes)),
        is_admin="admin" in actor.roles,
        expires_at=tokens.expiry(token_of(visit.request)),
    )
    return reply(body)


async def open_session(desk: Desk, request: Request) -> Response:
    """The cookie is set. Raises Unauthenticated for a code or a token that lets nobody in."""
    asked = await body_of(request, SessionOpening)
    token = asked.token or await token_of_link(desk, asked.code or "", request.state.request_id)
    await desk.parts.identity.of_token(token, Entrance.HTTP, request.state.request_id)
    if len(token) > LONGEST_COOKIE:
        raise Unauthenticated(
            f"This token has {len(token)} characters, more than a browser keeps as a cookie ({LONGEST_COOKIE}). "
            "Ask your identity provider for one without groups, or put a proxy in front that sends it as a header."
        )
    response = Response(status_code=204)
    seconds = int((tokens.expiry(token) - datetime.now(UTC)).total_seconds())
    response.set_cookie(
        COOKIE, token, max_age=seconds, path="/", secure=request.url.scheme == "https", httponly=True, samesite="strict"
    )
    return response


async def token_of_link(desk: Desk, code: str, request_id: str) -> str:
    """A new token of whoever the link was made for. Raises Unauthenticated."""
    parts = desk.parts
    if parts.key is None:
        raise Unauthenticated("There are no login links here: TRIVIUM_JWT_SECRET is not set. Send a token instead.")
    async with parts.pool.connection() as db, db.transaction():
        found = await login_links.redeem(db, code, request_id)
    if found is None:
        raise Unauthenticated("This login link was used already or is too old. `trivium login` makes another.")
    return tokens.mint(parts.key, found.claims, ttl=found.lasts)


async def close_session(_desk: Desk, _request: Request) -> Response:
    """The cookie goes; the token itself ends when it expires."""
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response
