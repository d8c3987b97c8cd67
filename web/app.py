"""The HTTP entrance, put together from its table of operations."""

import re

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web import refusals
from web.access import Access
from web.desk import Desk, Guarded, Open, Visit, WebParts
from web.gate import admit
from web.meters import Meters
from web.openapi import document
from web.operations import OPERATIONS
from web.operations.shape import Operation


def build(parts: WebParts) -> Starlette:
    """The app. It opens nothing and closes nothing: what is in `parts` has to outlive it."""
    desk = Desk(parts=parts, meters=Meters(parts.queried), document=orjson.dumps(document(OPERATIONS, parts.version)))
    app = Starlette(
        routes=[route(desk, operation) for operation in OPERATIONS],
        middleware=[Middleware(Access, meters=desk.meters)],
        exception_handlers=dict.fromkeys(refusals.HANDLED, refusals.answer),
    )
    app.router.redirect_slashes = False
    return app


def route(desk: Desk, operation: Operation) -> Route:
    """The operation at its path, where only a UUID fits a plain placeholder: anything else is not found."""

    async def serve(request: Request) -> Response:
        request.state.route = operation.template
        return await served(desk, operation.entry, request)

    return Route(re.sub(r"{(\w+)}", r"{\1:uuid}", operation.path), serve, methods=[operation.method])


async def served(desk: Desk, entry: Open | Guarded, request: Request) -> Response:
    """The handler's response; behind a guard only for an actor whose token opens this door."""
    match entry:
        case Open():
            return await entry.handler(desk)
        case Guarded():
            actor = await admit(desk.parts.identity, request, entry)
            return await entry.handler(Visit(desk=desk, request=request, actor=actor))
