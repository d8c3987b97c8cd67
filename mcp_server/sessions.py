"""Sessions of clients before 2026-07-28: kept by the process that opened them, and served by any other without.

A session's id names the process that keeps it and is bound to its user. It opens nothing by itself: each request is its
own token's. What a session adds is that a person can be asked in the middle of a call (elicitation): the answer comes
as a request of its own, which has to reach the process that asked. Where that process is gone, or another one was
asked, requests are answered all the same, each for itself; then a change waits for `confirm` instead.
"""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from hashlib import blake2s
from typing import Any, Literal, TypeAlias
from uuid import UUID, uuid4

from mcp.server import Server
from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from mcp_server.turning_away import RequestId, TurnedAway, id_of, method_of

IDLE_SECONDS = 1800.0
MOST_SESSIONS = 2000
PROCESS_DIGITS = 8
DIGEST_BYTES = 12
FULL = 503
Owner: TypeAlias = Literal["ours", "another's"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One HTTP request of somebody we know: `message` is its body as JSON, None where it has none."""

    scope: Scope
    body: bytes
    message: object
    receive: Receive
    send: Send
    user: UUID

    @property
    def method(self) -> str:
        return self.scope["method"]

    @property
    def session(self) -> str | None:
        return Headers(scope=self.scope).get(MCP_SESSION_ID_HEADER)

    @property
    def is_modern(self) -> bool:
        """Of the era without sessions, or of none that we know, which the SDK then says."""
        version = Headers(scope=self.scope).get(MCP_PROTOCOL_VERSION_HEADER)
        return version is not None and version not in HANDSHAKE_PROTOCOL_VERSIONS

    @property
    def opens_session(self) -> bool:
        return method_of(self.message) == "initialize"

    @property
    def answers_us(self) -> bool:
        """Whether it is the client's answer to a request of ours."""
        return method_of(self.message) is None and id_of(self.message) is not None

    def again(self) -> Receive:
        """The body once more, whole, and then whatever the client does next."""
        given = iter([{"type": "http.request", "body": self.body, "more_body": False}])

        async def receive() -> Message:
            return next(given, None) or await self.receive()

        return receive


class Sessions:
    """Use `running` once, around the serving. With `keeps` false no client is given a session at all."""

    def __init__(
        self, server: Server[Any], *, keeps: bool = True, most: int = MOST_SESSIONS, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._keeps = keeps
        self._process = uuid4().hex[:PROCESS_DIGITS]
        self._kept = StreamableHTTPSessionManager(server, session_idle_timeout=idle_seconds, max_sessions=most)
        self._passing = StreamableHTTPSessionManager(server, stateless=True)
        self._under_way: set[tuple[str, RequestId]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async with self._kept.run(), self._passing.run():
            yield

    async def serve(self, exchange: Exchange) -> None:
        """Answers the request. Raises TurnedAway for a session that is another user's, or here no more."""
        if exchange.is_modern or exchange.session is None:
            await self._serve_sessionless(exchange)
            return
        match self.owner(exchange.session, exchange.user):
            case "ours":
                with self._alone(exchange.session, exchange.message):
                    await self._serve_kept(exchange)
            case "another's":
                await self._serve_for_another(exchange)

    async def _serve_sessionless(self, exchange: Exchange) -> None:
        if exchange.is_modern:
            await self._kept.handle_request(exchange.scope, exchange.again(), exchange.send)
        elif exchange.opens_session and self._keeps:
            await self._open(exchange)
        elif exchange.method == "GET":
            raise TurnedAway(405, "There is no stream here without a session.", {"Allow": "POST"})
        else:
            await self._pass(exchange)

    async def _open(self, exchange: Exchange) -> None:
        """A session of its own; where there are as many as may be, the client is served without."""
        head: list[int] = []

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.append(message["status"])
            if head[0] != FULL:
                await exchange.send(self._outward(message, exchange.user))

        await self._kept.handle_request(exchange.scope, exchange.again(), send)
        if head == [FULL]:
            await self._pass(exchange)

    async def _serve_kept(self, exchange: Exchange) -> None:
        """By the session itself, under the name the SDK gave it; one that has ended is not found."""

        async def send(message: Message) -> None:
            await exchange.send(self._outward(message, exchange.user))

        headers = MutableHeaders(raw=list(exchange.scope["headers"]))
        headers[MCP_SESSION_ID_HEADER] = inner(exchange.session or "")
        await self._kept.handle_request({**exchange.scope, "headers": headers.raw}, exchange.again(), send)

    @contextmanager
    def _alone(self, session: str, message: object) -> Generator[None]:
        """No other request of this session has its id meanwhile: the SDK would answer one of the two, and never the
        other."""
        place = (session, id_of(message))
        if place[1] is None or method_of(message) is None:
            yield
            return
        if place in self._under_way:
            raise TurnedAway(400, f"The request {place[1]} of this session is under way; give each an id of its own.")
        self._under_way.add(place)
        try:
            yield
        finally:
            self._under_way.discard(place)

    async def _serve_for_another(self, exchange: Exchange) -> None:
        """For a process that is gone, or that this request did not reach."""
        if exchange.method == "GET":
            raise TurnedAway(405, "Another process keeps this session; it has no stream here.", {"Allow": "POST"})
        if exchange.method == "DELETE":
            raise TurnedAway(405, "Another process keeps this session; it ends there by itself.", {"Allow": "POST"})
        if exchange.answers_us:
            message = (
                "Another process asked this. Requests of one session must reach one process for forms to work: route "
                "by Mcp-Session-Id, or set MCP_SESSIONS=false, and pass the decision on with confirm."
            )
            raise TurnedAway(404, message)
        await self._pass(exchange)

    async def _pass(self, exchange: Exchange) -> None:
        headers = MutableHeaders(raw=list(exchange.scope["headers"]))
        del headers[MCP_SESSION_ID_HEADER]
        await self._passing.handle_request({**exchange.scope, "headers": headers.raw}, exchange.again(), exchange.send)

    def owner(self, session: str, user: UUID) -> Owner:
        """Whose process keeps the session of this user. Raises TurnedAway for a session that is none of theirs."""
        if session != self.name(session[:PROCESS_DIGITS], inner(session), user):
            raise TurnedAway(404, "There is no such session of yours; open a new one.")
        return "ours" if session.startswith(self._process) else "another's"

    def name(self, process: str, kept_as: str, user: UUID) -> str:
        """What a client knows the session by. Whoever makes one up for themselves gains nothing they could not ask."""
        bound = blake2s(f"{process}{kept_as}".encode(), key=user.bytes, digest_size=DIGEST_BYTES).hexdigest()
        return f"{process}{kept_as}{bound}"

    def _outward(self, message: Message, user: UUID) -> Message:
        if message["type"] != "http.response.start":
            return message
        headers = MutableHeaders(raw=list(message.get("headers", ())))
        if MCP_SESSION_ID_HEADER in headers:
            headers[MCP_SESSION_ID_HEADER] = self.name(self._process, headers[MCP_SESSION_ID_HEADER], user)
        return {**message, "headers": headers.raw}


def inner(session: str) -> str:
    """What the SDK calls the session."""
    return session[PROCESS_DIGITS : -2 * DIGEST_BYTES]
