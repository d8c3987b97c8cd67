"""The Ask view in a real browser before a real `serve`: from the question to the answer and its evidence."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.browser import PHONE, SECRET, Served, Shoot, Visits, Watched, ask, serious

pytestmark = pytest.mark.slow

ENDED = ".byline"
RATES = "what is the error rate of {} in the last 3 hours?"


def answered(page: Page, count: int = 1) -> None:
    """The run has ended with its answer."""
    expect(page.locator(ENDED)).to_have_count(count)
    expect(page.locator(".chip.accent .spin")).to_have_count(0)


def running(page: Page, served: Served, service: str) -> None:
    """A run that reads a source which does not answer yet; of another service each time, for answers are kept."""
    served.source.hold()
    ask(page, RATES.format(service))
    expect(page.locator(".steps .spin").first).to_be_visible()
    assert served.source.arrived.wait(20)


def test_a_question_is_answered_with_its_evidence_and_its_data(visit: Visits, shoot: Shoot) -> None:
    """UI-01 UI-02 UI-03 UI-05 EP-22."""
    page = visit("/inquiry")
    expect(page.get_by_role("heading", name="Ask about your systems")).to_be_visible()
    shoot(page, "ask-empty")
    ask(page, "events of the last 24 h")
    answered(page)
    expect(page.locator(".answer h3")).to_contain_text(re.compile(r"^\d+ events? in the last 24 h"))
    expect(page).to_have_url(re.compile(r"/ask/[0-9a-f-]{36}$"))
    expect(page).to_have_title(re.compile("^events of the last 24 h"))
    expect(page.locator(".byline")).to_contain_text("Answered by rules, no model")
    expect(page.get_by_role("complementary", name="Data").locator(".tile").first).to_contain_text("Events")
    expect(page.get_by_role("navigation", name="Main", exact=True).locator(".recent a").first).to_have_text(
        "events of the last 24 h"
    )
    shoot(page, "ask-events")
    assert serious(page) == []


def test_evidence_opens_its_plain_reading_before_its_query_and_leads_back(visit: Visits) -> None:
    """UI-02: the query behind a number is one press away."""
    page = visit()
    ask(page, "what is firing right now?")
    answered(page)
    chip = page.locator(".answer a.ev").first
    chip.focus()
    page.keyboard.press("e")
    row = page.locator("#e1")
    expect(row.locator("button.what")).to_be_focused()
    expect(row.locator(".more p").first).to_contain_text("Trivium alerts database was asked")
    expect(row.locator(".query pre")).to_contain_text("trivium.alerts")
    page.keyboard.press("Escape")
    expect(chip).to_be_focused()


def test_health_says_what_it_could_not_establish(visit: Visits, shoot: Shoot) -> None:
    """UI-01: a source that does not answer is told as unknown, never as good news."""
    page = visit()
    ask(page, "is checkout healthy?")
    answered(page)
    expect(page.locator(".answer h3")).to_contain_text("checkout")
    expect(page.locator(".steps summary")).to_contain_text("source")
    shoot(page, "ask-health")
    assert serious(page) == []


def test_an_impact_question_is_followed_by_one_of_its_suggestions(visit: Visits) -> None:
    """UI-04: what to ask next is one press away and stays in the conversation."""
    page = visit()
    ask(page, "what is the impact of the incident on orders-db?")
    answered(page)
    expect(page.locator(".answer .points li").first).to_be_visible()
    address = page.url
    page.locator(".next button").first.click()
    answered(page, 2)
    assert page.url == address
    expect(page.locator("article.turn")).to_have_count(2)


def test_sources_are_shown_while_they_are_read_and_the_answer_comes_once(
    visit: Visits, served: Served, shoot: Shoot
) -> None:
    """UI-01: streaming."""
    page = visit()
    running(page, served, "search")
    expect(page.locator(".steps summary")).to_contain_text("Reading, 1 of 1")
    expect(page.get_by_role("button", name="Stop, Escape")).to_be_visible()
    shoot(page, "ask-running")
    served.source.release()
    answered(page)
    expect(page.locator(".answer h3")).to_have_count(1)
    expect(page.locator(".steps summary")).to_contain_text("1 source read")
    expect(page.locator("aside.data .card").first).to_be_visible()
    assert serious(page) == []


def test_a_reload_in_the_middle_of_a_run_goes_on_with_it(visit: Visits, served: Served) -> None:
    """UI-01 CX-03."""
    page = visit()
    running(page, served, "shipping")
    expect(page).to_have_url(re.compile("/ask/"))
    page.reload()
    expect(page.locator(".steps summary")).to_contain_text("Reading")
    served.source.release()
    answered(page)
    before = page.locator(".answer").inner_text()
    page.reload()
    answered(page)
    assert page.locator(".answer").inner_text() == before


def test_a_line_that_is_cut_is_taken_up_again_without_doubling_a_word(visit: Visits, served: Served) -> None:
    """UI-01: the events that come after a cut follow on the last that was seen."""
    page = visit()
    visit.watched.expected += ["ERR_", "failed: GET"]
    running(page, served, "inventory")
    expect(page).to_have_url(re.compile("/ask/"))
    page.context.set_offline(True)
    expect(page.locator(".banner")).to_contain_text("The server does not answer")
    served.source.release()
    page.context.set_offline(False)
    answered(page)
    expect(page.locator(".banner")).to_have_count(0)
    expect(page.locator(".steps .step")).to_have_count(1)
    whole = page.locator(".answer").inner_text()
    page.reload()
    answered(page)
    assert page.locator(".answer").inner_text() == whole


def test_escape_stops_the_run_and_the_page_says_so(visit: Visits, served: Served, shoot: Shoot) -> None:
    """UI-01."""
    page = visit()
    running(page, served, "auth")
    page.keyboard.press("Escape")
    expect(page.locator(".turn .note")).to_contain_text("Stopped")
    expect(page.get_by_role("button", name="Ask, Enter")).to_be_visible()
    shoot(page, "ask-stopped")
    served.source.release()


def test_a_query_is_shown_changed_and_run(visit: Visits, served: Served, shoot: Shoot) -> None:
    """UI-01 UI-02 QT-14: query preview with edit."""
    page = visit()
    page.get_by_role("button", name="Queries first").click()
    ask(page, RATES.format("notifications"))
    card = page.locator("section.before")
    expect(card.locator("pre")).to_contain_text("http_requests_total")
    expect(card.get_by_role("button", name="Run query")).to_be_enabled()
    shoot(page, "ask-preview")
    assert serious(page) == []
    card.get_by_role("button", name="Edit").click()
    card.get_by_role("textbox").fill('sum(rate(http_requests_total{service="cart"}[5m]))')
    card.get_by_role("button", name="Run query").click()
    answered(page)
    assert 'sum(rate(http_requests_total{service="cart"}[5m]))' in served.source.asked
    page.locator("#e1 button.what").click()
    expect(page.locator("#e1 .query pre")).to_contain_text('service="cart"')


def test_a_query_that_ran_is_changed_and_run_beside_the_answer(visit: Visits, served: Served) -> None:
    """UI-02: the answer stays as it was; one's own query is drawn beneath the one it began from."""
    page = visit(role="admin")
    ask(page, RATES.format("orders-db"))
    answered(page)
    before = page.locator(".answer").inner_text()
    page.locator("#e1 button.what").click()
    page.locator("#e1").get_by_role("button", name="Edit and run").click()
    page.locator("#e1").get_by_role("textbox").fill("vector(7)")
    page.locator("#e1").get_by_role("button", name="Run").click()
    expect(page.locator("#e1 .own")).to_contain_text("Your query")
    assert "vector(7)" in served.source.asked
    assert page.locator(".answer").inner_text() == before


def test_what_a_question_is_narrowed_to_is_sent_with_it(visit: Visits) -> None:
    """UI-01: time and services by chips, where the words say nothing else."""
    page = visit()
    page.get_by_role("button", name=re.compile("^Time, where")).click()
    page.get_by_role("menuitemradio", name="Last hour").click()
    page.get_by_role("button", name=re.compile("^Services, where")).click()
    page.get_by_role("menuitemcheckbox", name="checkout").click()
    page.keyboard.press("Escape")
    with page.expect_request("**/api/v1/inquiry/query") as sent:
        ask(page, "how many alerts fired?")
    body: dict[str, Any] = json.loads(sent.value.post_data or "{}")
    assert body["query"] == "how many alerts fired?"
    assert body["context"]["services"] == ["checkout"]
    start, end = (datetime.fromisoformat(body["context"]["time_range"][key]) for key in ("start", "end"))
    assert end - start == timedelta(hours=1)
    answered(page)
    expect(page.locator(".answer h3")).to_contain_text("checkout")


def test_an_answer_is_copied_with_its_evidence_and_its_queries(visit: Visits) -> None:
    """UI-01."""
    page = visit()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, "what is firing right now?")
    answered(page)
    page.locator(".byline").get_by_role("button", name="Copy").click()
    expect(page.locator(".byline")).to_contain_text("Copied")
    text = page.evaluate("navigator.clipboard.readText()")
    summary = page.locator(".answer h3").inner_text().split("\n")[0]
    assert text.startswith("what is firing right now?\n\n")
    assert (summary[:20] in text, "[e1]" in text, "e1 trivium alerts database: select" in text) == (True, True, True)


def test_the_whole_story_goes_by_keyboard(visit: Visits) -> None:
    """UI-05: question, evidence, follow-up, search, help and a new question, without a pointer."""
    page = visit()
    expect(page.locator("#question")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("what is firing right now?")
    page.keyboard.press("Enter")
    answered(page)
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.locator("#e1 button.what")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("]")
    expect(page.get_by_role("complementary", name="Data")).to_be_hidden()
    page.keyboard.press("]")
    expect(page.get_by_role("complementary", name="Data")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search").type("theme: dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("n")
    expect(page.locator("#question")).to_be_focused()
    expect(page).to_have_url(re.compile(r"/$"))


def test_single_letters_rest_while_somebody_types_and_can_be_switched_off(visit: Visits) -> None:
    """UI-05."""
    page = visit()
    page.locator("#question").press_sequentially("n? [e]")
    expect(page.locator("#question")).to_have_value("n? [e]")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("Your settings")).click()
    page.get_by_label("Single-letter keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_divider_moves_by_keys_and_stays_where_it_was_put(visit: Visits) -> None:
    """UI-03: split screen."""
    page = visit()
    ask(page, "what is firing right now?")
    answered(page)
    divider, talk = page.get_by_role("separator", name="Width of the conversation"), page.locator("section.talk")
    divider.focus()
    expect(talk).to_have_css("width", "488px")
    page.keyboard.press("ArrowRight")
    expect(talk).to_have_css("width", "512px")
    page.keyboard.press("Home")
    page.reload()
    answered(page)
    expect(talk).to_have_css("width", "360px")


def test_dark_and_phone_show_the_same_answer(visit: Visits, shoot: Shoot) -> None:
    """UI-05: both themes and a phone, without a serious finding of axe."""
    page = visit(size=PHONE, scheme="dark")
    expect(page.get_by_role("navigation", name="Main, phone")).to_be_visible()
    shoot(page, "phone-dark-empty")
    ask(page, "is checkout healthy?")
    answered(page)
    shoot(page, "phone-dark-ask")
    assert serious(page) == []
    page.get_by_role("tab", name="Data").click()
    expect(page.get_by_role("complementary", name="Data")).to_be_visible()
    assert serious(page) == []
    shoot(page, "phone-dark-data")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_first_load_is_light_and_paints_before_any_script(visit: Visits, served: Served) -> None:
    """UI-05: html, styles and scripts of the Ask view stay under 150 KB as they travel."""
    visit.watched.expected.append("401")
    page = visit(role=None, path="/login")
    page.context.add_cookies([{"name": "trivium_session", "value": served.token("engineer"), "url": served.url}])
    sizes: dict[str, int] = {}
    page.on("requestfinished", lambda done: sizes.__setitem__(done.url, done.sizes()["responseBodySize"]))
    page.goto(served.url + "/", wait_until="networkidle")
    expect(page.locator("#question")).to_be_visible()
    mine = {url: size for url, size in sizes.items() if "/page/" in url or url.endswith("/")}
    assert sum(mine.values()) < 150_000, sorted(mine.items(), key=lambda each: -each[1])[:12]
    page.route("**/*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto(served.url + "/")
    expect(page.get_by_role("navigation", name="Main", exact=True)).to_contain_text("New question")


def test_signing_in_by_a_token_and_out_again(visit: Visits, served: Served, shoot: Shoot) -> None:
    """UI-05."""
    visit.watched.expected.append("401")
    page = visit(role=None)
    expect(page.get_by_role("heading", name="Sign in to Trivium")).to_be_visible()
    shoot(page, "sign-in")
    assert serious(page) == []
    page.get_by_label("Token").fill("not a token")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Not signed in")
    page.get_by_label("Token").fill(served.token("engineer"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ask about your systems")).to_be_visible()
    page.get_by_role("button", name=re.compile("Your settings")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Trivium")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in to Trivium")).to_be_visible()


def test_a_login_link_signs_in_once_and_leaves_no_code_in_the_address(visit: Visits, served: Served) -> None:
    """UI-05."""
    known = {"DATABASE_URL": served.database_url, "TRIVIUM_JWT_SECRET": SECRET, "PORT": served.url.rpartition(":")[2]}
    environment = {**os.environ, **known, "TRIVIUM_TOKEN": served.token("operator")}
    command = [sys.executable, "-m", "trivium", "login"]
    link = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout
    path = link.strip().removeprefix(served.url)
    page = visit(path, role=None)
    expect(page.get_by_role("button", name="Your settings, otto")).to_be_visible()
    assert page.url == served.url + "/"
    visit.watched.expected.append("status of 4")
    again = visit(path, role=None)
    expect(again.get_by_role("alert")).to_contain_text("Not signed in")


def test_an_ended_sign_in_keeps_what_was_typed(visit: Visits, served: Served, watched: Watched) -> None:
    """UI-05."""
    watched.expected.append("401")
    page = visit()
    page.locator("#question").fill("what is firing right now?")
    page.context.clear_cookies()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Sign in again")
    dialog.get_by_label("Token").fill(served.token("engineer"))
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Try again").click()
    answered(page)


def test_what_is_not_open_is_refused_with_the_permission_and_no_red(visit: Visits, shoot: Shoot) -> None:
    """UI-05: a refusal names what was not done, the permission and who can."""
    page = visit("/revive", role="viewer")
    ask(page, "delete dashboard abc123")
    note = page.locator(".turn .note")
    expect(note).to_contain_text("Not done: role 'viewer' cannot delete a dashboard")
    expect(note).to_contain_text("ai:revive:grafana:dashboard:delete")
    expect(page.locator(".note.critical")).to_have_count(0)
    shoot(page, "ask-refused")
