"""A Grafana over real HTTP for tests: its API in memory, every request on record, and faults switched on by route.

with grafana_server() as grafana:
    ...  # a client at grafana.url with Bearer EDITOR or VIEWER; what it sent is in grafana.requests
    with grafana.failing("/api/annotations", Status(403), method="POST"):
        ...  # with done=True the request is carried out first, and only its answer is lost
"""

import asyncio
import json
import re
import socket
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests import grafana_api, grafana_extras
from tests.grafana_api import State

Json: TypeAlias = dict[str, Any]

EDITOR, VIEWER = "glsa_editor_0123456789abcdefghij", "glsa_viewer_0123456789abcdefghij"
ROLES = {EDITOR: "Editor", VIEWER: "Viewer"}
ROUTES = (*grafana_api.ROUTES, *grafana_extras.ROUTES)
READING_POSTS = re.compile(
    r"/(?:resources|proxy/uid/[^/]+)/api/v1/(?:query|labels|series|IncidentsService\.(?:Query|Get)|FieldsService\.Get)"
)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Status:
    """Grafana's own JSON error."""

    status: int
    message: str = "scripted failure"
    body: Json = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Page:
    """A proxy's page instead of Grafana."""

    status: int = 502
    html: str = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer until the client goes away or `seconds` have passed."""

    seconds: float = 3


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends in the middle of the body."""


@dataclass(frozen=True, slots=True)
class Huge:
    """A list of strings of about this many bytes, with status 200."""

    bytes: int = 12_000_000


Fault: TypeAlias = Status | Page | Hang | Cut | Huge


@dataclass(frozen=True, slots=True)
class Switched:
    """A fault that is on. `done`: the request is carried out all the same. `method` None: any."""

    prefixes: tuple[str, ...]
    fault: Fault
    done: bool
    method: str | None

    def meets(self, seen: "Seen") -> bool:
        return seen.path.startswith(self.prefixes) and self.method in (None, seen.method)


@dataclass(frozen=True, slots=True)
class Seen:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_write(self) -> bool:
        return self.method not in ("GET", "HEAD") and not READING_POSTS.search(self.path)


@dataclass(slots=True)
class GrafanaServer:
    """`state` may be read and filled by tests; `requests` are in order of arrival."""

    url: str
    state: State
    requests: list[Seen] = field(default_factory=list[Seen])
    faults: list[Switched] = field(default_factory=list[Switched])

    @contextmanager
    def failing(
        self, prefix: str | tuple[str, ...], fault: Fault, *, done: bool = False, method: str | None = None
    ) -> Generator[None]:
        """Every request whose path begins with `prefix`, or one of them, meets `fault` until the block ends."""
        entry = Switched((prefix,) if isinstance(prefix, str) else prefix, fault, done, method)
        self.faults.append(entry)
        try:
            yield
        finally:
            self.faults.remove(entry)

    @property
    def writes(self) -> list[Seen]:
        return [seen for seen in self.requests if seen.is_write]

    def forget(self) -> None:
        """As it was at the start: nothing made, nothing on record, no fault."""
        self.requests.clear()
        self.faults.clear()
        self.state.reset()

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        seen = Seen(request.method, path, request.url.query, dict(request.headers), await request.body())
        self.requests.append(seen)
        met = next((switched for switched in self.faults if switched.meets(seen)), None)
        if met is None:
            return await self.handle(request, seen)
        if met.done:
            await self.handle(request, seen)
        return await failed(request, met.fault)

    async def handle(self, request: Request, seen: Seen) -> Response:
        role = ROLES.get(seen.headers.get("authorization", "").removeprefix("Bearer "))
        if role is None:
            return JSONResponse({"message": "Invalid API key"}, 401)
        if role == "Viewer" and seen.is_write:
            message = "You'll need additional permissions to perform this action."
            return JSONResponse({"accessErrorId": "ACE0000000001", "message": message, "title": "Access denied"}, 403)
        for method, pattern, handler in ROUTES:
            match = re.fullmatch(pattern, seen.path)
            if match and method in (seen.method, "*"):
                return await handler(self.state, request, *match.groups())
        return JSONResponse({"message": "Not found"}, 404)


async def failed(request: Request, fault: Fault) -> Response:
    match fault:
        case Status():
            return JSONResponse({"message": fault.message, **fault.body}, fault.status)
        case Page():
            return HTMLResponse(fault.html, fault.status)
        case Hang():
            await gone(request, fault.seconds)
            return Response(status_code=504)
        case Cut():
            return StreamingResponse(half(), headers={"content-length": "1000"}, media_type="application/json")
        case Huge():
            body = json.dumps(["x" * 1000] * (fault.bytes // 1000))
            return Response(body, media_type="application/json")


async def half() -> AsyncGenerator[bytes]:
    """Raising ends the connection before the body does."""
    yield b'{"uid": "half'
    raise ConnectionAbortedError("the scenario breaks off here")


async def gone(request: Request, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


@contextmanager
def grafana_server(prometheus: str | None = None) -> Generator[GrafanaServer]:
    """A server on a free loopback port, in a thread of its own; `prometheus` is the URL that its proxy leads to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        served = GrafanaServer(url=url, state=State(url=url, prometheus=prometheus))
        app = Starlette(routes=[Route("/{path:path}", served.answer, methods=METHODS)])
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="grafana-server")
        thread.start()
        try:
            yield served
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)
            assert not thread.is_alive(), "the Grafana server did not stop"
