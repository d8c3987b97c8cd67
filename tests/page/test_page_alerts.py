"""Alerts and runbooks on the page: the list, one alert with what is known around it, a runbook asked for from there."""

import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from domain.tokens import Claims, Key, mint
from tests.page.browser import PHONE, SECRET, Served, Shoot, Visits, Watched, serious
from tests.page.changing import World
from tests.web.entrance import HOUR

pytestmark = [pytest.mark.slow, pytest.mark.long]

SLOWLY_MS = 60_000
ROW = "tr[data-row]"
FIRST_IN_SIGHT = """() => {
    const box = document.querySelector('.rows'), head = box.querySelector('thead').getBoundingClientRect().bottom;
    const rows = [...box.querySelectorAll('tr[data-row]')];
    const row = rows.find((each) => each.getBoundingClientRect().bottom > head + 1);
    return row.querySelector('a').getAttribute('href');
}"""


@pytest.fixture
def served(changes: World) -> Served:
    changes.clears()
    return changes.served


def alert(changes: World, service: str) -> str:
    with changes.web() as web:
        found: list[dict[str, Any]] = web.get("/api/v1/alerts", params={"status": "firing"}).json()["alerts"]
    return next(each["id"] for each in found if each["service"] == service)


def fires(changes: World, name: str) -> None:
    """Alertmanager tells of one more alert."""
    claims = Claims(name="alertmanager", roles=frozenset(), scopes=frozenset({"ingest"}))
    token = mint(Key(secret=SECRET, issuer="trivium", audience="trivium"), claims, ttl=HOUR)
    one: dict[str, Any] = {
        "status": "firing",
        "labels": {"alertname": name, "service": "checkout", "severity": "critical"},
        "annotations": {"summary": "p99 above 2 s"},
        "startsAt": datetime.now(UTC).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": name.encode().hex()[:16],
    }
    body: dict[str, Any] = {
        "version": "4", "receiver": "trivium", "groupKey": name, "groupLabels": {}, "commonLabels": {},
        "commonAnnotations": {}, "externalURL": "", "status": "firing", "alerts": [one],
    }  # fmt: skip
    sent = httpx.post(
        f"{changes.served.url}/api/v1/alerts/webhook", json=body, headers={"Authorization": f"Bearer {token}"}
    )
    assert sent.status_code < 300, sent.text


def gathered(page: Page) -> None:
    """The run has ended, and what it learned is there."""
    expect(page.locator(".byline")).not_to_have_count(0, timeout=SLOWLY_MS)
    expect(page.locator(".part.arriving")).to_have_count(0)


def test_thousands_of_alerts_are_windowed_sorted_and_opened_with_keys(visit: Visits, shoot: Shoot) -> None:
    """UI-03."""
    page = visit("/alerts?span=30", role="admin")
    table = page.get_by_role("table", name="Alerts, last 30 days")
    expect(page.get_by_text(re.compile(r"^5,\d\d\d alerts, as of"))).to_be_visible(timeout=SLOWLY_MS)
    assert int(table.get_attribute("aria-rowcount") or 0) > 5000
    assert table.locator(ROW).count() < 100
    page.get_by_role("button", name="Severity").click()
    expect(page.get_by_role("columnheader", name="Severity")).to_have_attribute("aria-sort", "ascending")
    expect(table.locator(ROW).first).to_contain_text("critical")
    page.locator(".rows").evaluate("box => box.scrollTo(0, box.scrollHeight)")
    expect(table.locator(ROW).last).to_contain_text("info")
    shoot(page, "alerts-sorted")
    page.get_by_role("button", name="critical").click()
    expect(page.get_by_text(re.compile(r"^[\d,]+ alerts of 5,\d\d\d"))).to_be_visible()
    page.get_by_label("Service").select_option("payment-service")
    page.get_by_label("Words in an alert").fill("no database connection")
    expect(table.locator(ROW).first).to_contain_text("ConnectionPoolExhausted")
    page.keyboard.press("Tab")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(table.locator(f"{ROW} >> nth=1").get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/alerts/[0-9a-f-]{36}$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("ConnectionPoolExhausted")
    page.go_back()
    expect(page.get_by_label("Service")).to_have_value("payment-service")


def test_alerts_that_come_in_above_do_not_move_what_is_read(visit: Visits, changes: World) -> None:
    page = visit("/alerts?span=30", role="admin")
    told = page.get_by_text(re.compile(r"^5,\d\d\d alerts, as of"))
    expect(told).to_be_visible(timeout=SLOWLY_MS)
    page.locator(".rows").evaluate("box => box.scrollTo(0, 3205)")
    expect(page.locator(ROW).first).not_to_have_attribute("aria-rowindex", "2")
    before, count = page.evaluate(FIRST_IN_SIGHT), told.text_content() or ""
    fires(changes, "FreshAlert")
    page.get_by_role("button", name="Refresh").click()
    expect(told).not_to_contain_text(count.partition(",")[0] + "," + count.partition(",")[2].partition(" ")[0] + " ")
    assert page.evaluate(FIRST_IN_SIGHT) == before
    page.locator(".rows").evaluate("box => box.scrollTo(0, 0)")
    expect(page.locator(ROW).first).to_contain_text("FreshAlert")


def test_a_real_zero_is_told_from_a_refusal(visit: Visits, watched: Watched, shoot: Shoot) -> None:
    """PM-12."""
    watched.expected += ["403", "/api/v1/alerts"]
    page = visit("/alerts", role="engineer")
    expect(page.get_by_text("No alert is firing")).to_be_visible()
    expect(page.locator(".note")).to_contain_text("so this is a real zero of what Alertmanager and Grafana have sent")
    expect(page.locator(".note")).to_contain_text("only alerts of your teams or assigned to you are counted")
    shoot(page, "alerts-zero")
    page = visit("/alerts", role="viewer")
    expect(page.locator(".note.refused")).to_contain_text("role 'viewer' cannot use alert history")
    expect(page.locator(".note.refused")).to_contain_text("Ask someone with the role admin or engineer or operator.")
    assert page.get_by_text("real zero").count() == 0
    shoot(page, "alerts-refused")


def test_an_alert_is_troubleshot_with_its_context_hypotheses_and_evidence(
    visit: Visits, changes: World, watched: Watched, shoot: Shoot
) -> None:
    """TS-04, CX-11."""
    watched.expected.append("/events net::ERR_ABORTED")  # the page hangs up at the last event
    path = f"/alerts/{alert(changes, 'payment-service')}"
    page = visit(path, role="admin")
    expect(page.get_by_role("heading", name="payment-service: more than 5 % of requests fail")).to_be_visible()
    expect(page.get_by_role("region", name="On record")).to_contain_text("in 30 days")
    page.get_by_role("button", name="Find the cause").click()
    gathered(page)
    context = page.get_by_role("complementary", name="Context")
    expect(context.get_by_role("region", name="Changes before it")).to_contain_text("Deploy payment-service")
    expect(context.get_by_role("region", name="Error lines")).to_contain_text("Unknown.")
    expect(context.locator(".data-head")).to_contain_text(re.compile(r"\d of 8 arrived, \d unknown"))
    lead = page.locator(".hyp.lead")
    expect(lead).to_contain_text(re.compile("likely|possible|unlikely"))
    expect(lead).to_contain_text("Would settle it")
    assert "%" not in (page.locator(".answer").first.text_content() or "").replace("5 %", "")
    shoot(page, "alert-diagnosed")
    chip = lead.locator("a.ev").first
    chip.click()
    expect(page.locator(f'.step[data-evidence="{chip.get_attribute("data-execution")}"]')).to_be_visible()
    page.keyboard.press("Escape")
    expect(chip).to_be_focused()
    page.locator("#question").fill("Who is on call?")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".byline")).to_have_count(2, timeout=SLOWLY_MS)
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    expect(context.get_by_role("region", name="Similar incidents")).to_contain_text("INC-")
    expect(page.locator(".hyp.lead")).to_be_visible()


def test_a_runbook_that_fits_an_alert_is_filled_in_asked_for_and_runs_after_the_second_word(
    visit: Visits, changes: World, watched: Watched, shoot: Shoot
) -> None:
    """RV-08, RV-25, TS-04."""
    watched.expected.append("/events net::ERR_ABORTED")
    changes.file.unlink(missing_ok=True)
    page = visit(f"/alerts/{alert(changes, 'payment-service')}", role="operator")
    page.locator("#question").fill("Which runbook fits?")
    page.keyboard.press("Enter")
    gathered(page)
    page.get_by_role("link", name="Fill in and run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Append a line")
    asked = page.get_by_role("button", name="Ask to run")
    expect(asked).to_be_disabled()
    page.get_by_label("word").select_option("again")
    page.get_by_label("Reason").fill("the errors go on")
    asked.click()
    card = page.locator(".confirm:not(.decided)")
    expect(card).to_contain_text("echo again >>")
    expect(card).to_contain_text("Reason: the errors go on")
    shoot(page, "runbook-asked")
    assert not changes.file.exists()
    with changes.web() as web:
        (waiting,) = web.get("/api/v1/revive/confirmations").json()["confirmations"]
        web.post(f"/api/v1/revive/confirm/{waiting['confirmation_id']}", json={"action": "approve"})
    expect(page.locator(".confirm.decided")).to_contain_text(re.compile("Approved by ann .*, done in"))
    assert changes.file.read_text() == "again\n"
    ran = page.get_by_role("region", name="Last executions").locator("li").first
    expect(ran).to_contain_text("the errors go on")
    ran.locator("summary").click()
    expect(ran).to_contain_text("appended again")
    shoot(page, "runbook-ran")


def test_what_is_written_in_a_runbook_is_text_and_never_markup_of_its_own(visit: Visits, shoot: Shoot) -> None:
    page = visit("/runbooks", role="engineer")
    page.get_by_role("link", name="Append a line").click()
    prose = page.locator(".prose")
    expect(prose.get_by_role("link", name="the wiki")).to_have_attribute("rel", "noopener noreferrer")
    expect(prose.locator("strong")).to_have_text("Look first")
    assert prose.locator("img, form, script, style, [style], [onerror]").count() == 0
    expect(prose).to_contain_text("<img src=x onerror=alert(1)>")
    page.get_by_role("link", name="All runbooks").click()
    page.get_by_label("Search runbooks and what is known").fill("requests fail")
    found = page.locator("details.document").first
    found.locator("summary").click()
    expect(found.locator(".prose")).to_be_visible()
    shoot(page, "runbooks-found")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), PHONE])
def test_alerts_and_runbooks_have_nothing_serious_for_axe(
    visit: Visits, changes: World, watched: Watched, scheme: str, size: tuple[int, int]
) -> None:
    """UI-03."""
    watched.expected.append("/events net::ERR_ABORTED")
    page = visit("/alerts", role="admin", scheme=scheme, size=size)
    expect(page.locator(ROW).first).to_be_visible()
    assert serious(page) == []
    page.locator(ROW).first.get_by_role("link").click()
    expect(page.get_by_role("button", name="Find the cause").or_(page.locator(".byline")).first).to_be_visible()
    assert serious(page) == []
    if size == PHONE:
        page.get_by_role("tab", name=re.compile("Context")).click()
        assert serious(page) == []
    page.goto(f"{changes.served.url}/runbooks?q=fail")
    expect(page.locator("details.document").first).to_be_visible()
    assert serious(page) == []
    page.goto(f"{changes.served.url}/runbooks")
    page.get_by_role("link", name="Append a line").click()
    expect(page.get_by_role("button", name="Ask to run")).to_be_visible()
    assert serious(page) == []
