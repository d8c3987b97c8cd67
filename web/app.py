"""The HTTP entrance, put together from its table of operations."""

import re
from collections.abc import Iterable

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from web import pages, refusals
from web.access import Access
from web.completions import problems
from web.desk import Desk, Guarded, Open, Unsigned, Visit, WebParts
from web.gate import admit
from web.meters import Meters
from web.openapi import document
from web.operations import OPERATIONS, house
from web.operations.shape import Operation


def build(parts: WebParts, beside: Iterable[BaseRoute] = ()) -> Starlette:
    """The app. It opens nothing and closes nothing: what is in `parts` has to outlive it.

    What the front hall puts `beside` its own operations gets the same request ids, log lines and measurements.
    """
    meters = Meters(parts.queried, parts.counts)
    desk = Desk(parts=parts, meters=meters, document=orjson.dumps(document(OPERATIONS, parts.version)))
    app = Starlette(
        routes=[*beside, *(route(desk, operation) for operation in OPERATIONS), *pages.ROUTES],
        middleware=[Middleware(Access, meters=desk.meters)],
        exception_handlers=dict.fromkeys(refusals.HANDLED, problems.answer),
    )
    app.router.redirect_slashes = False
    app.state.left = parts.runner.left if parts.runner else None
    return app


def build_probes(parts: WebParts) -> Starlette:
    """Only what whoever watches a process asks: a worker's whole HTTP."""
    desk = Desk(parts=parts, meters=Meters(parts.queried, parts.counts), document=b"")
    routes = [route(desk, operation) for operation in house.PROBES]
    return Starlette(routes=routes, middleware=[Middleware(Access, meters=desk.meters)])


def route(desk: Desk, operation: Operation) -> Route:
    """The operation at its path, where only a UUID fits a plain placeholder: anything else is not found."""

    async def serve(request: Request) -> Response:
        request.state.route = operation.template
        return await served(desk, operation.entry, request)

    return Route(re.sub(r"{(\w+)}", r"{\1:uuid}", operation.path), serve, methods=[operation.method])


async def served(desk: Desk, entry: Open | Unsigned | Guarded, request: Request) -> Response:
    """The handler's response; behind a guard only for an actor whose token opens this door."""
    match entry:
        case Open():
            return await entry.handler(desk)
        case Unsigned():
            return await entry.handler(desk, request)
        case Guarded():
            actor = await admit(desk.parts.identity, request, entry)
            return await entry.handler(Visit(desk=desk, request=request, actor=actor))
