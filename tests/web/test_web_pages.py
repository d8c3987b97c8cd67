"""The web page's files: their headers, and that nothing but them is served."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from domain.database import Pool
from tests.web.entrance import bare, entrance
from web.csp import LARGEST_REPORT, POLICY
from web.pages import FOLDER

HTML = {"Accept": "text/html", "Authorization": ""}
VIEWS = ("/", "/alerts", "/runs", "/admin", "/admin/models", "/login", "/revive")


@pytest.mark.parametrize("path", VIEWS)
async def test_every_view_is_the_page_and_nothing_of_others_runs_in_it(path: str) -> None:
    async with bare() as web:
        response = await web.get(path, headers=HTML)
    headers = response.headers
    assert (response.status_code, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (headers["content-security-policy"], headers["referrer-policy"]) == (POLICY, "no-referrer")
    assert "<script>" not in response.text
    assert " style=" not in response.text
    assert "unsafe" not in POLICY


async def test_files_are_compressed_and_asked_again_by_their_tag() -> None:
    async with bare() as web:
        first = await web.get("/page/vendor/preact.js")
        again = await web.get("/page/vendor/preact.js", headers={"If-None-Match": first.headers["etag"]})
    assert (first.headers["content-encoding"], first.headers["cache-control"]) == ("gzip", "no-cache")
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/page/none.js", "/page/%2e%2e/desk.py", "/page/..%2fdesk.py", "/page/", "/alerts/x"])
async def test_nothing_but_the_pages_files_is_served(path: str) -> None:
    async with bare() as web:
        assert (await web.get(path, headers=HTML)).status_code == 404


FETCHED = re.compile(
    r"""(?:\b(?:src|href|srcset|action|poster)=|\b(?:from|import|fetch|url|EventSource|WebSocket)\s*\(?)\s*["'`]?(?:https?|wss?):?//""",
    re.IGNORECASE,
)


def test_no_file_of_the_page_fetches_from_a_remote_address() -> None:
    """Addresses that are shown as an example of what to type are no more than words."""
    own = (path for path in FOLDER.rglob("*") if path.suffix in (".js", ".css", ".html", ".svg"))
    found = [(path.name, line) for path in own for line in path.read_text().splitlines() if FETCHED.search(line)]
    assert found == []
    assert FETCHED.search('<img src="https://elsewhere.example/x.png">')
    assert FETCHED.search("@import url(http://elsewhere.example/x.css)")


async def test_a_report_of_the_policy_is_counted_and_a_huge_one_refused(pool: Pool) -> None:
    async with entrance(pool) as web:
        assert (await web.post("/api/v1/csp-reports", content=b"{}")).status_code == 204
        assert (await web.post("/api/v1/csp-reports", content=b"x" * (LARGEST_REPORT + 1))).status_code == 413
        told = (await web.get("/api/v1/metrics")).text
    counted = {
        sample.name: sample.value for family in text_string_to_metric_families(told) for sample in family.samples
    }
    assert counted["trivium_csp_reports_total"] == 1
