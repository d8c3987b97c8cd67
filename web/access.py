"""Around every request: an id, safe headers, one log line, one measurement, and an answer even to a bug."""

import time
from dataclasses import dataclass
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.tracing import served, told
from web.completions import problems
from web.meters import Meters
from web.models.problems import Problem
from web.replies import reply

LONGEST_ID = 100
UNMATCHED = "unmatched"
CLIENT_LEFT = 499  # nginx's number for a caller who did not wait for the answer
log = structlog.get_logger("ai_ops")


@dataclass(slots=True)
class Passage:
    """One response on its way out; `status` is known once its head has been sent."""

    send: Send
    request_id: str
    status: int | None = None

    async def forward(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Cache-Control", "no-store")
        await self.send(message)


@dataclass(frozen=True, slots=True)
class Access:
    """The outermost layer, and the boundary at which a bug is logged once and answered plainly."""

    app: ASGIApp
    meters: Meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        passage, started = Passage(send, request_id(scope)), time.perf_counter()
        scope.setdefault("state", {})["request_id"] = passage.request_id
        structlog.contextvars.bind_contextvars(request_id=passage.request_id)
        try:
            with served("request", Headers(scope=scope)) as made:
                await self.app(scope, receive, passage.forward)
                told(made, *self.named(scope), passage.status or CLIENT_LEFT)
        except ClientDisconnect:
            return
        except Exception:
            if passage.status is not None:
                raise  # too late for an answer: the server cuts the connection and logs it
            problem = bug(passage.request_id)
            body = problems.bug(problem) if scope["path"].startswith(problems.PREFIX) else problem
            await reply(body, 500)(scope, receive, passage.forward)
        finally:
            self.note(scope, passage, time.perf_counter() - started)

    def named(self, scope: Scope) -> tuple[str, str]:
        """The route's template and the method; one name for all that fit no route."""
        route = scope["state"].get("route", UNMATCHED)
        return route, scope["method"] if route != UNMATCHED else UNMATCHED

    def note(self, scope: Scope, passage: Passage, seconds: float) -> None:
        """Measured by the route's template, so that ids and invented paths or methods make no series of their own."""
        (route, method), status = self.named(scope), passage.status or CLIENT_LEFT
        self.meters.answered(route, method, status, seconds)
        log.info(
            "request", request_id=passage.request_id, method=method, route=route, status=status,
            ms=round(seconds * 1000, 1),
        )  # fmt: skip
        structlog.contextvars.unbind_contextvars("request_id")


def request_id(scope: Scope) -> str:
    """The caller's own id when it is short and printable, else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if 0 < len(given) <= LONGEST_ID and given.isascii() and given.isprintable() else uuid4().hex


def bug(of_request: str) -> Problem:
    """Logs the exception being handled; the answer carries the id under which the log has it."""
    incident = uuid4().hex[:12]
    log.exception("request failed", request_id=of_request, error_id=incident)
    message = f"Trivium failed on this request; its log has it as {incident}."
    return Problem(error="internal_error", message=message)
