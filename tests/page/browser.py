"""A real `serve` on the sample estate, a browser before it, and watched pages; the fixtures are in conftest."""

import asyncio
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request
from psycopg.conninfo import make_conninfo
from starlette.requests import Request as Asked
from starlette.responses import Response

from domain.tokens import PILLARS, Claims, Key, mint
from tests.conformance import node
from tests.programs import free_port, running
from tests.source_server import SourceServer, listening

SECRET = "tests of the page sign with this, 32 bytes or more"
COOKIE = "trivium_session"
NAMES = {"admin": "ann", "engineer": "eve", "operator": "otto", "viewer": "vic"}
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
MEASURED = ("up", "http_requests_total", "http_request_duration_seconds_bucket", "process_cpu_seconds_total")
HELD_SECONDS = 60.0
ABORTED = "net::ERR_ABORTED"
PHONE = (390, 844)
DESK = (1440, 900)
Shoot = Callable[[Page, str], None]


@dataclass(slots=True)
class HeldSource(SourceServer):
    """A Prometheus that answers when it is let: `hold()` and it says nothing until `release()`."""

    gate: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        self.gate.clear()
        self.arrived.clear()

    def release(self) -> None:
        self.gate.set()

    async def answer(self, request: Asked) -> Response:
        self.arrived.set()
        await asyncio.to_thread(self.gate.wait, HELD_SECONDS)
        return await SourceServer.answer(self, request)


@dataclass(frozen=True, slots=True)
class Served:
    """The house at `url`; `source` is the Prometheus that it asks."""

    url: str
    source: HeldSource
    database_url: str

    def token(self, role: str, name: str | None = None) -> str:
        claims = Claims(name=name or NAMES[role], roles=frozenset({role}), scopes=frozenset(PILLARS))
        return mint(Key(secret=SECRET, issuer="trivium", audience="trivium"), claims, ttl=timedelta(hours=1))


@contextmanager
def measured() -> Generator[HeldSource]:
    port = free_port()
    source = HeldSource(url=f"http://127.0.0.1:{port}", value=0.04, names=list(MEASURED))
    source.release()
    with listening(source, port):
        yield source


@contextmanager
def house(
    home: Path, postgres: str, name: str, source: HeldSource, more: Mapping[str, str] | None = None
) -> Generator[Served]:
    """`trivium up` on this database: the page, its interface and the sample estate; `more` is added to its settings."""
    port, database_url = free_port(), make_conninfo(postgres, dbname=name)
    environment = {
        "DATABASE_URL": database_url,
        "TRIVIUM_JWT_SECRET": SECRET,
        "TRIVIUM_HOME": str(home),
        "AUDIT_ANCHOR_FILE": str(home / "audit.anchor"),
        "PROMETHEUS_URL": source.url,
        "PORT": str(port),
        **(more or {}),
    }
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "trivium", "up"]
    with running(command, ready=f"{url}/api/v1/health/ready", log=home / "up.log", environment=environment):
        yield Served(url=url, source=source, database_url=database_url)


@dataclass  # playwright puts an attribute on what it calls, so no slots
class Watched:
    """What went wrong on a page, unless a test said beforehand that it would: `expected` are parts of such texts."""

    problems: list[str] = field(default_factory=list[str])
    expected: list[str] = field(default_factory=list[str])

    def note(self, text: str) -> None:
        if not any(part in text for part in self.expected):
            self.problems.append(text)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.note(f"console: {message.text} at {message.location.get('url', '')}")

    def on_failed(self, request: Request) -> None:
        """What the browser calls aborted was left by its page, or is an event stream that was read to its end."""
        if request.failure != ABORTED:
            self.note(f"failed: {request.method} {request.url} {request.failure}")

    def on_request(self, request: Request) -> None:
        if request.url.endswith("/api/v1/csp-reports"):
            self.note(f"policy: {request.post_data}")

    def follow(self, page: Page) -> None:
        page.on("console", self.on_console)
        page.on("pageerror", lambda error: self.note(f"error: {error}"))
        page.on("requestfailed", self.on_failed)
        page.on("request", self.on_request)


@dataclass(slots=True)
class Visits:
    """Pages of one test: `visit("/alerts", role="operator")`; without a role nobody is signed in."""

    served: Served
    browser: Browser
    watched: Watched
    contexts: list[BrowserContext] = field(default_factory=list[BrowserContext])

    def __call__(
        self,
        path: str = "/",
        *,
        role: str | None = "engineer",
        size: tuple[int, int] = DESK,
        scheme: str = "light",
    ) -> Page:
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            has_touch=size == PHONE,
        )
        self.contexts.append(context)
        if role:
            context.add_cookies([{"name": COOKIE, "value": self.served.token(role), "url": self.served.url}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        self.watched.follow(page)
        page.goto(self.served.url + path)
        return page

    def close(self) -> None:
        with ExitStack() as stack:
            for context in self.contexts:
                stack.callback(context.close)


def axe() -> str:
    """axe-core as text, of the npm folder that .ci/run makes."""
    return node.package("axe-core", "axe.min.js").read_text()


def serious(page: Page, within: str | None = None) -> list[str]:
    """What axe calls serious or critical on the page as it stands: rule, then the elements."""
    page.evaluate(axe())
    found: dict[str, Any] = page.evaluate(
        "within => axe.run(within ?? document, { resultTypes: ['violations'] })", within
    )
    return [
        f"{rule['id']}: {[node['target'] for node in rule['nodes']]}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]


def ask(page: Page, question: str) -> None:
    """Types the question and sends it; returns at once."""
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")
