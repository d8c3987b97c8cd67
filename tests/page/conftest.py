"""Fixtures of the page's tests: `visit("/alerts", role="operator")` gives a page of somebody who is signed in.

At the end of a test each page must have had no error on its console, no request that failed and no report against the
content security policy; `watched.expected` takes parts of texts that a test brings about itself.
"""

import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import databases
from tests.page.browser import OPTIONS, Served, Shoot, Visits, Watched, house, measured
from tests.page.changing import World, world
from tests.programs import program

SECONDS = 20


@pytest.fixture(scope="session")
def served(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """Started once for all modules; what one test asked another may find among the recent conversations."""
    home = tmp_path_factory.mktemp("page")
    with measured() as source, databases.made(postgres, template) as name, house(home, postgres, name, source) as found:
        yield found


@pytest.fixture(scope="session")
def changes(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    """A house in which something can be changed; an update or an execution needs a second person there."""
    with world(tmp_path_factory.mktemp("changing"), postgres, template, APPROVAL_FOUR_EYES="high") as made:
        yield made


@pytest.fixture(scope="module")
def chromium() -> Generator[Browser]:
    path = program("chromium")
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def visit(served: Served, chromium: Browser, watched: Watched) -> Generator[Visits]:
    served.source.release()
    visits = Visits(served=served, browser=chromium, watched=watched)
    yield visits
    served.source.release()
    visits.close()
    assert watched.problems == []


@pytest.fixture
def page_of(visit: Visits) -> Callable[[str, str], Page]:
    """`page_of("operator", "/alerts")`: a page of somebody of this role."""
    return lambda role, path: visit(path, role=role)


@pytest.fixture
def shoot() -> Shoot:
    """Keeps a picture under $TRIVIUM_SHOTS when that is set."""
    folder = os.environ.get("TRIVIUM_SHOTS")

    def keep(page: Page, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"{name}.png"))

    return keep
