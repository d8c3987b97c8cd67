"""`/mcp`: the server over streamable HTTP, in both eras of the protocol, behind a token of its caller's own.

Each request is admitted by itself: where it was sent (Host, Origin), whose token it carries, how large it is, which
scope it needs. Only then does the SDK see it. Runs are no part of a request: one that is cut off goes on.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import orjson
from mcp.server import Server
from psycopg import OperationalError
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.actors import Actor, Entrance
from domain.errors import Refused
from domain.identity import Identity
from domain.masking import mask_text
from domain.tokens import PILLARS, Unauthenticated
from mcp_server.arguments import LONGEST_WAIT_SECONDS
from mcp_server.callers import bring
from mcp_server.listing import TOOLS
from mcp_server.oauth import METADATA, Resource, lacking
from mcp_server.places import Places
from mcp_server.sessions import Exchange, Sessions
from mcp_server.turning_away import TurnedAway, answer, method_of

PATH = "/mcp"
MOST_BYTES = 1 << 20
MOST_AT_ONCE = 100
READ_SECONDS = 30.0
CALL_SECONDS = LONGEST_WAIT_SECONDS + 75.0
STREAM_SECONDS = 900.0
RETRY_SECONDS = 5
LISTEN = "subscriptions/listen"
READ_BY_PAGES = ("Mcp-Session-Id", "WWW-Authenticate", "X-Request-ID")


async def nothing_left() -> None:
    """No call leaves anything under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpParts:
    """What the front hall gives. `public_url` is what clients know the house by, where that is not what they send as
    Host; `issuers` are those who grant tokens for it. Without sessions (`keeps_sessions`) nobody is asked mid-call.
    `finish` lets what calls left under way end, when the serving has ended.
    What goes on for `call_seconds`, longer than any wait for a run, is cut off, and a stream after `stream_seconds`.
    """

    server: Server[Any]
    identity: Identity
    places: Places
    issuers: tuple[str, ...] = ()
    public_url: str | None = None
    keeps_sessions: bool = True
    call_seconds: float = CALL_SECONDS
    stream_seconds: float = STREAM_SECONDS
    finish: Callable[[], Awaitable[None]] = nothing_left


@dataclass(slots=True)
class Passage:
    """One response on its way out, which can be ended in good order before its time."""

    send: Send
    has_begun: bool = False
    has_ended: bool = False

    async def forward(self, message: Message) -> None:
        self.has_begun = True
        self.has_ended = message["type"] == "http.response.body" and not message.get("more_body")
        await self.send(message)

    async def end(self) -> None:
        if self.has_begun and not self.has_ended:
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The ASGI app at PATH. Use `running` around the serving; `sessions` are of this one process."""

    parts: HttpParts
    sessions: Sessions
    open: Counter[UUID] = field(default_factory=Counter[UUID])

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async with self.sessions.running():
            yield
        await self.parts.finish()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["route"] = PATH
        request, message = Request(scope, receive), None
        try:
            actor = await self.admit(request)
            bring(scope, actor)
            with self.counted(actor.user_id):
                body = await whole(request)
                message = read(body)
                self.check_scope(request, actor, message)
                passage = Passage(send)
                exchange = Exchange(
                    scope=scope, body=body, message=message, receive=receive, send=passage.forward, user=actor.user_id
                )
                await self.serve(exchange, passage)
        except TurnedAway as refusal:
            await answer(refusal, message)(scope, receive, send)
        except ClientDisconnect:
            return

    async def serve(self, exchange: Exchange, passage: Passage) -> None:
        """A call that goes on longer than any wait for a run is cut off; a stream is opened anew, with its token."""
        is_stream = exchange.method == "GET" or method_of(exchange.message) == LISTEN
        try:
            async with asyncio.timeout(self.parts.stream_seconds if is_stream else self.parts.call_seconds):
                await self.sessions.serve(exchange)
        except TimeoutError:
            await passage.end()

    async def admit(self, request: Request) -> Actor:
        """Whom this very request is for. Raises TurnedAway."""
        self.check_place(request)
        try:
            token = bearer(request)
            return await self.parts.identity.of_token(token, Entrance.MCP, request_id(request))
        except Unauthenticated as error:
            problem = "invalid_token" if "authorization" in request.headers else None
            challenge = self.resource(request).challenge(problem, PILLARS, str(error) if problem else None)
            raise TurnedAway(401, str(error), {"WWW-Authenticate": challenge}) from error
        except Refused as error:
            raise TurnedAway(403, mask_text(str(error))) from error
        except OperationalError as error:
            message = f"The database could not be reached; try again in {RETRY_SECONDS} s."
            raise TurnedAway(503, message, {"Retry-After": str(RETRY_SECONDS)}) from error

    def check_place(self, request: Request) -> None:
        if not self.parts.places.takes_host(request.headers.get("host", "")):
            message = (
                "This server does not answer to the host of this request. Add it to MCP_ALLOWED_HOSTS, or set "
                "TRIVIUM_PUBLIC_URL to the address that clients use."
            )
            raise TurnedAway(421, message)
        if not self.parts.places.takes_origin(request.headers.get("origin")):
            raise TurnedAway(403, "Pages of this origin may not ask this server: add it to MCP_ALLOWED_ORIGINS.")

    def check_scope(self, request: Request, actor: Actor, message: object) -> None:
        """Raises TurnedAway naming the scope to ask for, beside those that the token has."""
        needed = {entry.name: entry.pillar for entry in TOOLS.values() if entry.pillar}
        wanted = lacking(message, actor.scopes, needed)
        if not wanted:
            return
        words = f"This token does not open this; it needs the scope {' or '.join(wanted)}."
        asked = [pillar for pillar in PILLARS if pillar in actor.scopes or pillar in wanted]
        challenge = self.resource(request).challenge("insufficient_scope", asked, words)
        raise TurnedAway(403, words, {"WWW-Authenticate": challenge})

    @contextmanager
    def counted(self, user: UUID) -> Generator[None]:
        if self.open[user] >= MOST_AT_ONCE:
            message = f"{MOST_AT_ONCE} requests of this user are open; end some, and try again."
            raise TurnedAway(429, message, {"Retry-After": str(RETRY_SECONDS)})
        self.open[user] += 1
        try:
            yield
        finally:
            self.open[user] -= 1
            if not self.open[user]:
                del self.open[user]

    def resource(self, request: Request) -> Resource:
        url = self.parts.public_url or f"{request.url.scheme}://{request.headers['host']}"
        return Resource(base=url.rstrip("/"), path=PATH, issuers=self.parts.issuers)

    async def metadata(self, request: Request) -> Response:
        """Who grants tokens for this server, for everybody to read."""
        request.state.route = METADATA
        try:
            self.check_place(request)
        except TurnedAway as refusal:
            return answer(refusal)
        if not self.parts.issuers:
            message = "Nobody but this house grants tokens for it: `trivium token` makes one."
            return answer(TurnedAway(404, message))
        document = orjson.dumps(self.resource(request).document())
        return Response(document, media_type="application/json", headers={"Access-Control-Allow-Origin": "*"})

    def for_pages(self) -> ASGIApp:
        """Itself; where pages may ask, a browser is told so."""
        origins = sorted(self.parts.places.origins)
        if not origins:
            return self
        return CORSMiddleware(self, origins, ("GET", "POST", "DELETE"), ("*",), expose_headers=READ_BY_PAGES)

    def routes(self) -> list[BaseRoute]:
        return [
            Route(PATH, self.for_pages()),
            Route(METADATA, self.metadata),
            Route(METADATA + PATH, self.metadata),
        ]


def build(parts: HttpParts) -> Endpoint:
    """The endpoint. It opens nothing: what is in `parts` has to outlive it."""
    return Endpoint(parts, Sessions(parts.server, keeps=parts.keeps_sessions))


def bearer(request: Request) -> str:
    """The token itself. Raises Unauthenticated when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send a token: `Authorization: Bearer TOKEN`; `trivium token` makes one.")
    return token.strip()


def request_id(request: Request) -> str:
    return getattr(request.state, "request_id", None) or uuid4().hex


async def whole(request: Request) -> bytes:
    """The body. Raises TurnedAway when it is too large or does not come."""
    found = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.stream():
                found += chunk
                if len(found) > MOST_BYTES:
                    raise TurnedAway(413, f"A request may have {MOST_BYTES // 1024} KiB.")
    except TimeoutError as error:
        raise TurnedAway(408, f"The request did not come whole within {READ_SECONDS:.0f} s.") from error
    return bytes(found)


def read(body: bytes) -> object:
    """The body as JSON; what is none is the protocol's to refuse."""
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return None
