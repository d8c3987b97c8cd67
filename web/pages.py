"""The web page: its files, the views that its address names, and the headers that keep it to itself."""

import os
from collections.abc import Mapping
from pathlib import Path

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.csp import POLICY

FOLDER = Path(__file__).parent / "page"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-cache",  # asked again each time, answered 304: a new build is never mixed with an old one
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
VIEWS = (
    "/inquiry",
    "/revive",
    "/ask/{session_id:uuid}",
    "/alerts",
    "/alerts/{alert_id:uuid}",
    "/alerts/{alert_id:uuid}/chat",
    "/runs",
    "/runs/{run_id:uuid}",
    "/runbooks",
    "/runbooks/{runbook_id:uuid}",
    "/admin",
    "/admin/{tab}",
    "/login",
)


class PageFiles(StaticFiles):
    """The page's files, each with the page's headers."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        scope["state"]["route"] = "page"
        return await super().get_response(path, scope)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(HEADERS)
        return response


async def view(request: Request) -> Response:
    """Every view is the same document; its script reads the address."""
    request.state.route = "page"
    return document()


def document() -> Response:
    return FileResponse(FOLDER / "index.html", headers=dict(HEADERS), media_type="text/html")


def is_wanted(request: Request) -> bool:
    """Whether the caller is a browser that opens a page, rather than a program that reads JSON."""
    return "text/html" in request.headers.get("accept", "")


COMPRESSED = [Middleware(GZipMiddleware, minimum_size=1024)]
ROUTES: tuple[BaseRoute, ...] = (
    *(Route(path, view, methods=["GET"], middleware=COMPRESSED) for path in VIEWS),
    Mount("/page", PageFiles(directory=FOLDER, check_dir=False), middleware=COMPRESSED),
)
