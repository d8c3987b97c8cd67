"""The admin view in a real browser before a real `serve`: changes are weighed before they are made, then they bite."""

import json
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from tests import databases
from tests.domain.test_application_profiles import sample
from tests.mcp_world import listening
from tests.page.browser import PHONE, Served, Shoot, Visits, Watched, house, measured, serious

pytestmark = [pytest.mark.slow, pytest.mark.long]

TABS = (
    "permissions", "models", "mcp-servers", "datasources", "applications", "rules", "runbooks", "usage", "audit",
    "users", "me",
)  # fmt: skip
MESSAGE, MATRIX = "/api/v1/revive/message", "/api/v1/admin/ai/permissions/matrix"
RULE = "Create an auto-analyze rule for critical alerts of checkout"
EDIT = """
update trivium.audit_logs set target = %(target)s where id = (select min(id) from trivium.audit_logs)
returning (select target from trivium.audit_logs where id = (select min(id) from trivium.audit_logs)) as before
"""


@pytest.fixture(scope="module")
def served(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """A house of this module's own: what is changed here, policy and audit log, is nobody else's."""
    home = tmp_path_factory.mktemp("admin")
    more = {"APPROVAL_FOUR_EYES": "high"}
    with (
        measured() as source,
        databases.made(postgres, template) as name,
        house(home, postgres, name, source, more) as found,
    ):
        yield found


def web(served: Served, role: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {served.token(role)}"}
    return httpx.Client(base_url=served.url, headers=headers, timeout=60, trust_env=False)


def cell(page: Page, tool: str, role: str) -> Locator:
    return page.locator(f'button[aria-label^="{tool}, {role}:"]').last


def stage(page: Page, tool: str, role: str, effect: str) -> None:
    cell(page, tool, role).click()
    page.get_by_role("option", name=effect, exact=True).click()


def effect_of(served: Served, tool: str, role: str) -> Any:
    with web(served, "admin") as admin:
        rows = admin.get(MATRIX).json()["rows"]
    return next(row["cells"][role]["effect"] for row in reversed(rows) if row["tool"] == tool)


def go(page: Page, tab: str) -> None:
    """To a tab by its link, until it has read what it shows."""
    page.locator(f'.subnav a[href="/admin/{tab}"]').click()
    expect(page.locator(f'.subnav a[href="/admin/{tab}"][aria-current="page"]')).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".admin [aria-busy]")).to_have_count(0)


def preview(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Preview of changes")


def test_a_change_is_weighed_by_name_applied_at_once_and_bites_at_the_next_call(
    visit: Visits, served: Served, shoot: Shoot
) -> None:
    """UI-06 EP-12 SE-03."""
    with web(served, "viewer") as vic, web(served, "admin") as ann:
        for _ in range(2):
            assert vic.post(MESSAGE, json={"message": "list servers"}).status_code == 200
        waiting = ann.post(MESSAGE, json={"message": RULE}).json()
        page = visit("/admin", role="admin")
        stage(page, "list_servers", "viewer", "deny")
        stage(page, "create_auto_analyze_rule", "admin", "deny")
        panel = preview(page)
        expect(panel.get_by_role("heading", name="2 changes, not applied")).to_be_visible()
        lost = panel.locator(".change").nth(0)
        expect(lost.get_by_role("heading")).to_contain_text("1 viewer loses")
        expect(lost).to_contain_text("Lose: vic")
        expect(lost).to_contain_text("1 of them used it in the last 30 days: vic (twice).")
        expect(panel.locator(".note.warning")).to_contain_text(
            "1 run in progress: ann, create_auto_analyze_rule as admin"
        )
        expect(cell(page, "list_servers", "viewer")).to_have_accessible_name(
            "list_servers, viewer: deny, was allow, not applied"
        )
        assert effect_of(served, "list_servers", "viewer") == "allow"
        shoot(page, "admin-staged")
        panel.get_by_role("button", name="Apply 2 changes").click()
        expect(panel.get_by_role("status")).to_contain_text("2 changes applied")
        expect(cell(page, "list_servers", "viewer")).to_have_accessible_name("list_servers, viewer: deny")
        refused = vic.post(MESSAGE, json={"message": "list servers"})
        assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_permissions")
        card = waiting["response"]["action_required"]["confirmation_id"]
        late = ann.post(f"/api/v1/revive/confirm/{card}", json={"action": "approve"})
        assert (late.status_code, late.json()["error"]) == (403, "permission_denied")
    page.get_by_role("button", name="History", exact=True).click()
    history = page.get_by_role("dialog", name="History of permissions")
    expect(history.locator("li").first).to_contain_text("admin: revive/aiops/create_auto_analyze_rule")
    expect(history.locator("li").nth(1)).to_contain_text("viewer: revive/aiops/list_servers")
    assert serious(page) == []


def test_staged_changes_survive_a_policy_that_moved_and_are_weighed_anew(
    visit: Visits, served: Served, watched: Watched
) -> None:
    """UI-06 EP-12."""
    watched.expected.append("409")
    page = visit("/admin/permissions", role="admin")
    stage(page, "list_runbooks", "viewer", "deny")
    expect(preview(page).locator(".change")).to_have_count(1)
    with web(served, "admin") as ann:
        row = {"role": "viewer", "pillar": "inquiry", "tool_name": "get_event_count", "permission": "deny"}
        assert ann.put("/api/v1/admin/ai/permissions", json=row).status_code == 200
    preview(page).get_by_role("button", name="Apply 1 change").click()
    expect(preview(page).locator(".note.critical, .note.warning, .note.info").first).to_contain_text(
        "nothing was changed"
    )
    expect(cell(page, "get_event_count", "viewer")).to_have_accessible_name("get_event_count, viewer: deny")
    expect(preview(page).get_by_role("heading", name="1 change, not applied")).to_be_visible()
    assert effect_of(served, "list_runbooks", "viewer") == "allow"
    preview(page).get_by_role("button", name="Apply 1 change").click()
    expect(preview(page).get_by_role("status")).to_contain_text("1 change applied")
    assert effect_of(served, "list_runbooks", "viewer") == "deny"


def test_the_matrix_is_read_and_changed_with_the_keyboard_alone(visit: Visits, served: Served) -> None:
    """UI-06."""
    page = visit("/admin/permissions", role="admin")
    first = page.locator('.matrix [tabindex="0"]')
    expect(first).to_have_count(1)
    first.focus()
    expect(first).to_have_accessible_name("query_alerts_history, admin: allow")
    page.keyboard.press("End")
    expect(page.locator(":focus")).to_have_accessible_name("query_alerts_history, viewer: aggregates")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(":focus")).to_have_accessible_name("get_alert_trends, engineer: allow")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name="allow", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_accessible_name(
        "get_alert_trends, engineer: confirm, was allow, not applied"
    )
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(page.locator(":focus")).to_have_accessible_name(
        "get_alert_trends, engineer: confirm, was allow, not applied"
    )
    page.keyboard.press("Control+End")
    expect(page.locator(":focus")).to_have_accessible_name(re.compile(r", viewer: "))
    expect(page.locator('.matrix [tabindex="0"]')).to_have_count(1)
    preview(page).get_by_role("button", name="Undo this change: get_alert_trends, engineer").focus()
    page.keyboard.press("Enter")
    expect(preview(page).get_by_role("heading", name="No change staged")).to_be_visible()
    assert effect_of(served, "get_alert_trends", "engineer") == "allow"


def test_the_matrix_is_filtered_and_looked_at_as_somebody(visit: Visits, served: Served) -> None:
    """UI-06."""
    with web(served, "operator") as otto:
        otto.get("/api/v1/users/me")
    page = visit("/admin/permissions", role="admin")
    page.get_by_label("Filter tools").fill("annotation")
    expect(page.locator(".matrix tbody th[scope=row]")).to_have_text(
        [re.compile("annotation")] * page.locator(".matrix tbody th[scope=row]").count()
    )
    page.get_by_label("Filter tools").fill("")
    page.get_by_role("button", name="Changes things").click()
    expect(page.locator(".matrix tbody th small").filter(has_text=re.compile("^read$"))).to_have_count(0)
    page.get_by_role("button", name="Try as…").click()
    page.get_by_label("Find a person").fill("otto")
    page.get_by_role("button", name="otto").click()
    expect(page).to_have_url(re.compile(r"\?as=otto$"))
    expect(page.locator(".matrix thead th").nth(1)).to_contain_text("otto")
    expect(page.locator(".note").filter(has_text="As otto (operator)")).to_be_visible()


def test_a_mcp_server_is_registered_looked_at_and_one_of_its_tools_allowed(
    visit: Visits, watched: Watched, shoot: Shoot, tmp_path: Path
) -> None:
    """UI-06 EP-19."""
    watched.expected.append("422")
    with listening("http", tmp_path / "mcp.log") as url:
        page = visit("/admin/mcp-servers", role="admin")
        page.get_by_role("button", name="Register a server").click()
        page.get_by_label("Name", exact=True).fill("Kubernetes")
        page.get_by_label("URL", exact=True).fill(url)
        page.get_by_role("button", name="Register server").click()
        name = page.get_by_label("Name", exact=True)
        expect(name).to_have_attribute("aria-invalid", "true")
        expect(name).to_be_focused()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Register a server").click()
        expect(page.get_by_label("URL", exact=True)).to_have_value(url)
        name.fill("k8s")
        page.get_by_role("button", name="Register server").click()
        expect(page.get_by_role("heading", name="k8s").first).to_be_visible()
        page.get_by_role("button", name="Check now").click()
        expect(page.locator(".facts")).to_contain_text("answers")
        expect(page.locator(".card").nth(1)).to_contain_text("wait for a decision")
        page.get_by_role("button", name="nodes_list").click()
        expect(page.get_by_role("dialog")).to_contain_text("[U+202E]")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="pods_list").click()
        page.get_by_label("What it does").select_option("read")
        page.get_by_label("Troubleshooting").check()
        assert serious(page) == []
        page.get_by_role("button", name="Allow pods_list").click()
        row = page.get_by_role("row").filter(has=page.get_by_role("button", name="pods_list"))
        expect(row).to_contain_text("allowed")
        shoot(page, "admin-mcp")
        go(page, "permissions")
        expect(cell(page, "k8s__pods_list", "admin")).to_have_accessible_name("k8s__pods_list, admin: allow")
        go(page, "mcp-servers")
        page.get_by_role("link", name="k8s").click()
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_role("button", name="Keep it")).to_be_focused()
        page.get_by_role("button", name="Remove k8s").click()
        expect(page.get_by_text("No MCP server is registered")).to_be_visible()


def test_the_audit_says_that_it_is_whole_and_where_it_is_broken(visit: Visits, served: Served, shoot: Shoot) -> None:
    """UI-06 AU-07."""
    page = visit("/admin/audit", role="admin")
    expect(page.get_by_text("The audit log is intact")).to_be_visible()
    expect(page.get_by_role("img", name="chain verified")).to_be_visible()
    before = edited(served, "another target")
    try:
        page.get_by_role("button", name="Verify now").click()
        expect(page.get_by_role("alert")).to_contain_text("The audit log is broken at 1 of the chain, audit entry")
        expect(page.get_by_role("img", name="chain broken")).to_be_visible()
        shoot(page, "admin-audit-broken")
        assert serious(page) == []
    finally:
        edited(served, before)
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("The audit log is intact")).to_be_visible()


def edited(served: Served, target: str) -> str:
    """The first entry of the audit log has another target, behind every trigger; returns the one it had."""
    with psycopg.connect(served.database_url) as db:
        db.execute("set local session_replication_role = replica")
        row = db.execute(EDIT, {"target": target}).fetchone()
    assert row
    return str(row[0])


def test_the_audit_is_filtered_and_an_entry_opens_to_the_whole_record(visit: Visits) -> None:
    """UI-06 EP-12."""
    page = visit("/admin/audit?view=log", role="admin")
    page.get_by_label("Action").fill("permission_changed")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page).to_have_url(re.compile("action=permission_changed"))
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("permission_changed")
    rows.first.get_by_role("button").click()
    expect(page.locator(".details-json")).to_contain_text('"after"')
    page.get_by_label("Action").fill("nothing_like_it")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_text("Nothing is on record that fits")).to_be_visible()


def test_the_sample_profile_is_loaded_as_it_stands_and_errors_stand_at_their_field(
    visit: Visits, watched: Watched, served: Served
) -> None:
    """UI-06 HD-13 EP-14."""
    watched.expected.append("422")
    page = visit("/admin/applications", role="admin")
    page.get_by_role("button", name="Add a profile").click()
    page.get_by_role("button", name="JSON", exact=True).click()
    whole = page.get_by_label("The whole profile as JSON")
    whole.fill('{"name": "shop",\n "slos": }')
    page.get_by_role("button", name="Add profile").click()
    expect(whole).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".wrong")).to_contain_text("this is no JSON")
    whole.fill(json.dumps(sample()))
    page.get_by_role("button", name="Fields").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value(sample()["name"])
    page.get_by_label("Objectives, as JSON").fill('{"availability": "high"}')
    page.get_by_role("button", name="Add profile").click()
    expect(page.get_by_label("Objectives, as JSON")).to_be_focused()
    expect(page.locator(".wrong")).to_contain_text("availability")
    expect(page.get_by_label("Description")).to_have_value(sample()["description"])
    page.get_by_label("Objectives, as JSON").fill(json.dumps(sample()["slos"]))
    page.get_by_role("button", name="Add profile").click()
    expect(page.get_by_role("row").filter(has_text=sample()["name"])).to_be_visible()
    with web(served, "admin") as ann:
        found = ann.get("/api/applications", params={"per_page": 100}).json()["applications"]
    made = next(one for one in found if one["name"] == sample()["name"])
    assert {key: made[key] for key in sample()} == sample()


def test_models_stand_in_for_each_other_in_an_order_that_the_keyboard_changes(visit: Visits, served: Served) -> None:
    """UI-06."""
    with web(served, "admin") as ann:
        for name, order in (("first", None), ("second", 1), ("third", 2)):
            body = {
                "name": name, "environment": "LAB", "base_url": "http://127.0.0.1:9/v1", "model": name,
                "is_default": order is None, "fallback_order": order, "is_enabled": False,
            }  # fmt: skip
            assert ann.post("/api/v1/admin/llm-models", json=body).status_code == 201
        page = visit("/admin/models", role="admin")
        earlier = page.get_by_role("button", name="Ask third earlier")
        earlier.focus()
        page.keyboard.press("Enter")
        expect(earlier).to_be_disabled()
        expect(page.locator("tbody tr b")).to_have_text(["first", "third", "second"])
        page.get_by_role("row").filter(has_text="second").drag_to(page.get_by_role("row").filter(has_text="third"))
        expect(page.locator("tbody tr b")).to_have_text(["first", "second", "third"])
        page.get_by_role("button", name="Make default: second").click()
        expect(page.locator("tbody tr b").first).to_have_text("second")
        models = ann.get("/api/v1/admin/llm-models").json()["models"]
    assert [model["name"] for model in models if model["is_default"]] == ["second"]


def test_a_user_is_changed_and_shut_out_with_the_deeds_name_asked_first(visit: Visits, served: Served) -> None:
    """UI-06."""
    with web(served, "engineer") as eve:
        eve.get("/api/v1/users/me")
        page = visit("/admin/users", role="admin")
        page.get_by_role("button", name="Change eve").click()
        page.get_by_label("Teams").fill("shop, core")
        page.get_by_role("button", name="Save eve").click()
        row = page.get_by_role("row").filter(has_text="eve")
        expect(row).to_contain_text("core, shop")
        page.get_by_role("button", name="Disable eve").click()
        page.get_by_role("dialog").get_by_role("button", name="Disable eve").click()
        expect(row).to_contain_text("disabled")
        assert eve.get("/api/v1/users/me").status_code == 403
        page.get_by_role("button", name="Let in eve").click()
        page.get_by_role("dialog").get_by_role("button", name="Let eve in").click()
        expect(row).to_contain_text("active")
        assert eve.get("/api/v1/users/me").status_code == 200


def test_who_is_no_admin_sees_in_words_what_they_may_do_and_nothing_else(
    visit: Visits, watched: Watched, shoot: Shoot
) -> None:
    """UI-06 EP-08 PM-22."""
    watched.expected.append("/api/v1/alerts")  # the rail counts alerts, which a viewer does not see
    page = visit("/admin/permissions", role="viewer")
    expect(page.get_by_role("navigation", name="Admin").get_by_role("link")).to_have_text(["What I may do"])
    expect(page.locator(".note").first).to_contain_text("vic: viewer")
    closed = page.get_by_role("list", name="Closed to you").last
    expect(closed).to_contain_text("Who can: ")
    expect(page.get_by_role("list", name="You may").first).to_contain_text("Narrowed to aggregates.")
    shoot(page, "admin-me")
    assert serious(page) == []


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_every_tab_is_free_of_serious_findings(visit: Visits, shoot: Shoot, look: str) -> None:
    """UI-06."""
    page = visit("/admin", role="admin", size=PHONE if look == "phone" else (1440, 900), scheme=look)
    for tab in TABS:
        go(page, tab)
        shoot(page, f"admin-{tab}-{look}")
        assert (tab, serious(page)) == (tab, [])
        assert page.evaluate("document.querySelector('#main').scrollWidth <= innerWidth"), tab


def test_on_a_phone_staged_changes_are_reviewed_on_a_sheet_of_their_own(visit: Visits) -> None:
    """UI-06."""
    page = visit("/admin/permissions", role="admin", size=PHONE)
    stage(page, "search_postmortems", "admin", "deny")
    expect(page.get_by_text("1 change, not applied").first).to_be_visible()
    page.get_by_role("button", name="Review").click()
    expect(preview(page).get_by_role("heading", name="1 admin loses")).to_be_visible()
    expect(page.locator(".matrix")).not_to_be_visible()
    preview(page).get_by_role("button", name="Discard").click()
    expect(page.locator(".matrix")).to_be_visible()
