"""Approvals on the page: what waits is read, approved, edited, rejected or left to expire, by whose word it is.

Grafana is the real mcp-grafana in front of the Grafana of tests; the runbook runs on a real sshd.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.browser import PHONE, Served, Shoot, Visits, Watched, serious
from tests.page.changing import AGE, LOST, World

pytestmark = pytest.mark.slow

DASHBOARD = "Create a dashboard for checkout with CPU, memory and request rate"
RULE = "create an auto-analyze rule named {} for critical alerts of checkout"
RUN = "run append-line with word=done because it hangs"
APPROVE, DIFF = "footer .btn.primary", ".diff >> nth=0"
CARD_LOOKS_AGAIN_MS = 12_000


@pytest.fixture
def served(changes: World) -> Served:
    """The house in which something can be changed, with nothing waiting and nothing made."""
    changes.clears()
    changes.grafana.grafana.forget()
    return changes.served


def card(page: Page, shown: dict[str, Any]) -> Locator:
    return page.locator(f'[data-confirm="{shown["confirmation_id"]}"]')


def ready(page: Page, shown: dict[str, Any]) -> Locator:
    """The card once its whole change was in sight and it may be approved."""
    found = card(page, shown)
    expect(found.get_by_role("timer")).to_be_visible()
    found.locator(DIFF).evaluate("box => box.scrollTo(0, box.scrollHeight)")
    expect(found.locator(APPROVE)).to_be_enabled()
    return found


def test_a_dashboard_is_read_to_its_end_approved_with_keys_alone_and_then_made(
    visit: Visits, changes: World, shoot: Shoot
) -> None:
    """UI-03, CF-03, RV-01."""
    shown = changes.waits(DASHBOARD)
    page = visit("/runs", role="admin")
    waiting = card(page, shown)
    expect(waiting.get_by_role("timer")).to_be_visible()
    expect(waiting.locator(APPROVE)).to_be_disabled()
    expect(waiting).to_contain_text("Scroll to the end of the change to approve it.")
    assert page.evaluate("document.activeElement === document.body")
    shoot(page, "approval-unread")
    page.keyboard.press("a")
    expect(waiting).to_be_focused()
    page.keyboard.press("Tab")
    expect(waiting.locator(DIFF)).to_be_focused()
    page.keyboard.press("End")
    expect(waiting.locator(APPROVE)).to_be_enabled()
    assert changes.grafana.grafana.writes == []
    page.keyboard.press("Tab")
    expect(waiting.get_by_role("button", name="Approve creation")).to_be_focused()
    shoot(page, "approval-waiting")
    page.keyboard.press("Enter")
    expect(waiting).to_contain_text(re.compile(r"Approved by ann \d\d:\d\d:\d\d, done in"))
    ((made, *_),) = changes.grafana.grafana.state.dashboards.values()
    link = waiting.get_by_role("link", name="Checkout overview")
    assert made["data"]["uid"] in (link.get_attribute("href") or "")
    shoot(page, "approval-done")


def test_an_edit_takes_the_place_of_a_request_and_only_what_was_edited_is_made(visit: Visits, changes: World) -> None:
    """CF-03, CF-11."""
    shown = changes.waits(RULE.format("first-name"))
    page = visit("/runs", role="admin")
    old = ready(page, shown)
    old.get_by_role("button", name="Edit").click()
    expect(old.get_by_label("name", exact=True)).to_be_focused()
    old.get_by_label("name", exact=True).fill("second-name")
    old.get_by_label("labels").fill("{not json")
    old.get_by_role("button", name="Make the new request").click()
    expect(old).to_contain_text("It is not JSON")
    old.get_by_label("labels").fill('{"env": "prod"}')
    old.get_by_role("button", name="Make the new request").click()
    new = page.locator(".confirm:not(.decided)", has_text="second-name")
    expect(new).to_contain_text("env: prod")
    assert changes.stands(shown["confirmation_id"])["status"] == "superseded"
    expect(new.locator(APPROVE)).to_be_enabled()
    new.locator(APPROVE).click()
    expect(page.locator(".confirm.decided", has_text="second-name")).to_contain_text("Approved by ann")
    with changes.web() as web:
        rules = web.post("/api/v1/revive/message", json={"message": "list auto-analyze rules"}).text
    assert "second-name" in rules
    assert "first-name" not in rules


def test_a_request_that_was_edited_elsewhere_cannot_be_approved_before_it_was_seen(
    visit: Visits, changes: World, shoot: Shoot
) -> None:
    """CF-11."""
    shown = changes.waits(RULE.format("rule-one"))
    page = visit("/runs", role="admin")
    ready(page, shown)
    arguments = changes.stands(shown["confirmation_id"])["details"]["arguments"] | {"name": "rule-two"}
    with changes.web() as web:
        path = f"/api/v1/revive/confirm/{shown['confirmation_id']}"
        assert web.post(path, json={"action": "edit", "arguments": arguments}).status_code == 200
    new = page.locator(".confirm:not(.decided)", has_text="This is not the request that was drawn before")
    expect(new).to_be_visible(timeout=CARD_LOOKS_AGAIN_MS)
    expect(new).to_contain_text("name: rule-two")
    expect(new.locator(APPROVE)).to_be_disabled()
    shoot(page, "approval-changed")
    new.get_by_role("button", name="I have read it").click()
    expect(new.locator(APPROVE)).to_be_enabled()
    page.reload()
    expect(page.locator(".confirm:not(.decided)")).to_have_count(1)


def test_a_rejection_is_kept_with_its_reason_and_nothing_is_made(visit: Visits, changes: World, shoot: Shoot) -> None:
    """CF-03."""
    shown = changes.waits(DASHBOARD)
    page = visit("/runs", role="admin", size=PHONE)
    waiting = card(page, shown)
    waiting.get_by_role("button", name="Reject").click()
    expect(waiting.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("not today")
    shoot(page, "approval-rejecting-phone")
    page.keyboard.press("Enter")
    expect(waiting).to_contain_text(
        re.compile(r"Rejected by ann \d\d:\d\d:\d\d, nothing was changed. Reason: not today")
    )
    assert (changes.stands(shown["confirmation_id"])["reason"], changes.grafana.grafana.writes) == ("not today", [])


def test_a_request_that_runs_out_says_so_and_can_no_longer_be_approved(
    visit: Visits, changes: World, shoot: Shoot
) -> None:
    """CF-01, CF-08."""
    shown = changes.waits(RULE.format("too-late"))
    page = visit("/runs", role="admin")
    waiting = ready(page, shown)
    changes.sets(AGE, 5)
    expect(waiting.get_by_role("timer")).to_have_class(re.compile("soon"), timeout=CARD_LOOKS_AGAIN_MS)
    expect(page.locator("p.sr[role=status]").last).to_have_text(re.compile(r"^[1-5] seconds left to approve.$"))
    shoot(page, "approval-soon")
    expect(waiting).to_contain_text(
        re.compile(r"Expired at .*, nothing was changed. Ask again."), timeout=CARD_LOOKS_AGAIN_MS
    )
    assert waiting.locator(APPROVE).count() == 0


def test_a_word_that_comes_too_late_is_told_what_was_decided(visit: Visits, changes: World, watched: Watched) -> None:
    """CF-11."""
    watched.expected.append("409")
    shown = changes.waits(RULE.format("twice"))
    page = visit("/runs", role="admin")
    waiting = ready(page, shown)
    with changes.web() as web:
        web.post(f"/api/v1/revive/confirm/{shown['confirmation_id']}", json={"action": "reject", "reason": "first"})
    waiting.locator(APPROVE).click()
    expect(waiting).to_contain_text("Rejected by ann")
    assert changes.stands(shown["confirmation_id"])["status"] == "rejected"


def test_whether_a_change_was_made_is_not_known_and_it_is_not_tried_again(
    visit: Visits, changes: World, shoot: Shoot
) -> None:
    """RV-25."""
    reply = changes.asks(DASHBOARD)
    changes.sets(LOST)
    page = visit(f"/runs/{reply['run_id']}", role="admin", scheme="dark")
    told = page.locator(".confirm.decided.unknown")
    expect(told).to_contain_text("whether it was done is not known")
    expect(told).to_contain_text("Check Checkout overview in Grafana; it will not be tried again.")
    shoot(page, "approval-unknown-dark")


def test_a_requester_is_told_who_can_and_the_second_person_approves(
    visit: Visits, changes: World, shoot: Shoot, watched: Watched
) -> None:
    """CF-04, RV-08."""
    watched.expected.append("/events net::ERR_ABORTED")  # the page hangs up at the last event
    changes.file.unlink(missing_ok=True)
    reply = changes.asks(RUN, "operator")
    shown = reply["response"]["action_required"]
    own = visit(f"/runs/{reply['run_id']}", role="operator")
    mine = card(own, shown)
    expect(mine).to_contain_text("Waiting for a second person")
    expect(mine).to_contain_text("Not you: a second person, ann")
    assert mine.locator(APPROVE).count() == 0
    other = visit("/runs", role="admin", scheme="dark")
    theirs = ready(other, shown)
    expect(theirs).to_contain_text("Waiting for you, the second person")
    assert theirs.get_by_role("button", name="Edit").count() == 0
    shoot(other, "approval-second-dark")
    theirs.get_by_role("button", name="Run on web-1").click()
    expect(theirs).to_contain_text(re.compile(r"Approved by ann .*, done in"))
    assert changes.file.read_text() == "done\n"
    expect(mine).to_contain_text("Approved by ann", timeout=CARD_LOOKS_AGAIN_MS)
    shoot(own, "approval-own-done")


def test_a_run_is_told_whole_and_one_that_waits_can_be_stopped(
    visit: Visits, changes: World, watched: Watched, shoot: Shoot
) -> None:
    """UI-03, RV-01."""
    watched.expected.append("/events net::ERR_ABORTED")  # the page hangs up at the last event
    done, stops = changes.asks(RULE.format("whole")), changes.asks(RULE.format("stopped"))
    with changes.web() as web:
        confirmation = done["response"]["action_required"]["confirmation_id"]
        web.post(f"/api/v1/revive/confirm/{confirmation}", json={"action": "approve", "reason": "go"})
    page = visit("/runs", role="admin")
    page.get_by_role("button", name="waiting").click()
    rows = page.get_by_role("table", name="Your runs").locator("tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link").click()
    waiting = card(page, stops["response"]["action_required"])
    expect(waiting.get_by_role("timer")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".bar .chip").first).to_have_text("stopped")
    expect(page.get_by_role("region", name="The record of this run")).to_contain_text("Ended")
    page.goto(f"{changes.served.url}/runs/{done['run_id']}")
    decided = page.locator(".confirm.decided")
    expect(decided).to_contain_text(re.compile("Approved by ann .*, done in .* Reason: go"))
    decided.get_by_text("What was asked").click()
    expect(decided.locator(".diff")).to_contain_text("name: whole")
    expect(page.locator(".bar .chip").first).to_have_text("done")
    shoot(page, "run-done")


def test_values_from_an_answer_are_underlined_and_said(visit: Visits, changes: World, shoot: Shoot) -> None:
    """RV-01."""
    made = changes.waits(DASHBOARD)
    with changes.web() as web:
        web.post(f"/api/v1/revive/confirm/{made['confirmation_id']}", json={"action": "approve"})
    shown = changes.waits("update the dashboard checkout: set the title to Checkout of the shop")
    page = visit("/runs", role="operator")
    waiting = card(page, shown)
    expect(waiting.locator(".diff .del").first).to_contain_text("removed: title: Checkout overview")
    expect(waiting.locator(".diff .add").first).to_contain_text("added: title: Checkout of the shop")
    expect(waiting).to_contain_text("One value is not from the person's words")
    uid = shown["details"]["arguments"]["uid"]
    expect(waiting.locator(".from-telemetry").first).to_have_text(uid)
    shoot(page, "approval-borrowed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), PHONE])
def test_runs_and_approvals_have_nothing_serious_for_axe(
    visit: Visits, changes: World, scheme: str, size: tuple[int, int]
) -> None:
    """UI-03."""
    shown = changes.waits(DASHBOARD)
    with changes.web() as web:
        web.post(
            f"/api/v1/revive/confirm/{changes.waits(RULE.format('no'))['confirmation_id']}", json={"action": "reject"}
        )
    page = visit("/runs", role="admin", scheme=scheme, size=size)
    waiting = ready(page, shown)
    assert serious(page) == []
    waiting.get_by_role("button", name="Edit").click()
    expect(waiting.get_by_label("title")).to_be_visible()
    assert serious(page) == []
