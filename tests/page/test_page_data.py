"""The data panel in a real browser: tables, charts, logs and files; at its limits, in the dark and on a phone."""

import csv
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.page.browser import PHONE, Served, Shoot, Visits, serious
from tests.page.data_world import (
    BEGIN,
    EVIL,
    MANY,
    PAINTED,
    SOURCE,
    error_ratio,
    is_inked,
    names,
    part,
    pixels,
    plot,
    reddest,
    rows,
    show,
)

pytestmark = [pytest.mark.slow, pytest.mark.long]


def test_an_answer_of_the_sample_estate_is_drawn_as_chart_and_table(visit: Visits, shoot: Shoot) -> None:
    """UI-03: what the graphs really emit, drawn without any help."""
    page = visit(f"/ask/{asked(visit.served, 'are alerts going up?')}")
    data = page.get_by_role("complementary", name="Data")
    chart = data.get_by_role("group", name=re.compile("^Alerts by day, "))
    expect(chart).to_be_visible()
    expect(chart.locator("canvas")).to_be_visible()
    severities = data.get_by_role("table", name="By severity")
    expect(severities.locator("tbody td:first-child")).to_have_text(["critical", "warning", "info"])
    expect(data.locator(".data-head .sub")).to_contain_text(re.compile("UTC.* as of"))
    shoot(page, "data-real")
    assert serious(page, ".data") == []


def asked(served: Served, question: str) -> str:
    """The session of a question that was asked and answered outside the page."""
    headers = {"Authorization": f"Bearer {served.token('engineer')}"}
    with httpx.Client(base_url=served.url, headers=headers, timeout=60, trust_env=False) as web:
        return web.post("/api/v1/inquiry/query", json={"query": question}).json()["session_id"]


def test_a_table_sorts_by_what_its_cells_mean(visit: Visits) -> None:
    page = visit()
    show(page, [rows(9)])
    table = page.get_by_role("table", name="Alerts")
    expect(table.locator("th[aria-sort]")).to_have_text("Started")
    table.get_by_role("button", name="Severity").click()
    expect(table.locator('th[aria-sort="ascending"]')).to_have_text("Severity")
    assert names(page) == ["Alert2", "Alert5", "Alert8", "Alert1", "Alert4", "Alert7", "Alert0", "Alert3", "Alert6"]
    table.get_by_role("button", name="Severity").click()
    expect(table.locator('th[aria-sort="descending"]')).to_have_text("Severity")
    assert names(page)[:3] == ["Alert0", "Alert3", "Alert6"]
    table.get_by_role("button", name="Severity").click()
    expect(table.locator("th[aria-sort]")).to_have_count(0)
    assert names(page) == [f"Alert{at}" for at in range(9)]


def test_a_filter_says_how_many_of_all_it_shows(visit: Visits) -> None:
    page = visit()
    show(page, [rows(300)])
    card = page.locator(".card.listed")
    expect(card.locator("header .sub")).to_have_text("300 of 300")
    card.get_by_role("button", name="Filter").click()
    page.keyboard.type("alert29 crit")
    expect(card.locator("header .sub")).to_have_text("3 of 300")
    assert names(page) == ["Alert291", "Alert294", "Alert297"]
    page.keyboard.press("Escape")
    expect(card.locator("header .sub")).to_have_text("300 of 300")


def test_ten_thousand_rows_stay_windowed_and_every_one_is_reached(visit: Visits) -> None:
    page = visit()
    show(page, [rows(10_000)])
    wrap = page.locator(".table-wrap")
    expect(page.locator("header .sub")).to_have_text("10,000 of 10,000")
    assert page.locator("tr[data-row]").count() < 60
    wrap.evaluate("box => { box.scrollTop = box.scrollHeight; }")
    expect(page.get_by_role("cell", name="Alert9999", exact=True)).to_be_visible()
    assert page.locator("tr[data-row]").count() < 60
    wrap.evaluate("box => { box.scrollTop = box.scrollHeight / 2; }")
    expect(page.get_by_role("cell", name="Alert5000", exact=True)).to_be_visible()
    page.get_by_role("button", name="Count").click()
    page.get_by_role("button", name="Count").click()
    wrap.evaluate("box => { box.scrollTop = 0; }")
    expect(page.locator("tr[data-row]").first).to_contain_text("10,006")


def test_a_row_shows_all_it_holds_and_one_with_a_target_leads_there(visit: Visits) -> None:
    page = visit()
    long = "a summary that is far longer than any column of a table would ever be wide, to its very last word"
    columns = [{"key": "name", "title": "Alert"}, {"key": "text", "title": "Summary"}]
    show(page, [part("table", "Alerts", {"columns": columns, "rows": [{"name": "Disk", "text": long}]})])
    page.get_by_role("button", name="Summary").focus()
    page.keyboard.press("Tab")
    expect(page.locator("tr[data-row]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="The chosen row")).to_contain_text(long)
    page.get_by_role("button", name="Close the row").click()
    target = [{"name": "Disk", "text": long, "runbook_id": "abc"}]
    show(page, [part("table", "Alerts", {"columns": columns, "rows": target})])
    expect(page.get_by_role("link", name="Disk")).to_have_attribute("href", "/runbooks/abc")


def test_a_drag_zooms_and_a_double_click_shows_all_again(visit: Visits, shoot: Shoot) -> None:
    page = visit()
    show(page, [error_ratio()])
    box = plot(page).bounding_box()
    assert box
    expect(page.locator(".overview .brush")).to_have_count(0)
    page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 70, steps=8)
    page.mouse.up()
    strip = page.locator(".overview")
    expect(strip).to_have_attribute("aria-label", re.compile(r"shown is Thu 19 Nov, 13:1\d–16:4\d"))
    expect(page.locator(".overview .brush")).to_have_count(1)
    shoot(page, "data-zoomed")
    plot(page).dblclick()
    expect(page.locator(".overview .brush")).to_have_count(0)
    page.get_by_role("button", name="3\u00a0h").click()
    expect(strip).to_have_attribute("aria-label", re.compile(r"shown is Thu 19 Nov, 13:0\d–16:0\d"))


def test_keys_zoom_and_move_the_crosshair_point_by_point(visit: Visits) -> None:
    page = visit()
    show(page, [error_ratio()])
    chart = page.get_by_role("group", name=re.compile("^Error ratio, Thu 19 Nov, 00:00–24:00"))
    chart.focus()
    page.keyboard.press("+")
    strip = page.locator(".overview")
    expect(strip).to_have_attribute("aria-label", re.compile("shown is Thu 19 Nov, 06:00–18:00"))
    page.keyboard.press("+")
    expect(strip).to_have_attribute("aria-label", re.compile("shown is Thu 19 Nov, 09:00–15:00"))
    page.keyboard.press("ArrowRight")
    expect(page.locator(".readout")).to_contain_text("Thu 19 Nov, 09:00")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".readout")).to_contain_text("Thu 19 Nov, 09:01")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".readout")).to_contain_text("0.05\u202f%")
    expect(page.locator(".answered p[role=status]")).to_have_text("09:00: 0.05\u202f%, 0.05\u202f×\u202flimit")
    page.keyboard.press("-")
    page.keyboard.press("0")
    expect(page.locator(".overview .brush")).to_have_count(0)


def test_one_crosshair_stands_over_all_charts_with_one_readout_beside_the_point(visit: Visits) -> None:
    page = visit()
    second = error_ratio() | {"title": "Again"}
    show(page, [error_ratio(), second])
    box = plot(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 876 / 1440, box["y"] + 90)
    readout = page.locator(".readout")
    expect(readout).to_have_count(1)
    expect(readout).to_contain_text("14:36")
    expect(readout).to_contain_text("4.8\u202f%")
    expect(readout).to_contain_text("4.8\u202f×\u202flimit")
    expect(page.locator(".u-cursor-x")).to_have_count(2)
    lines = page.locator(".u-cursor-x").evaluate_all("all => all.map(line => line.style.transform)")
    assert lines[0] == lines[1] != ""
    told = readout.bounding_box()
    assert told
    point = box["x"] + box["width"] * 876 / 1440
    assert point < told["x"] or point > told["x"] + told["width"]


def test_the_chart_says_its_sentence_and_its_table_holds_every_point(visit: Visits) -> None:
    page = visit()
    show(page, [error_ratio()])
    chart = page.get_by_role("group", name=re.compile("^Error ratio"))
    expect(chart).to_have_attribute(
        "aria-label",
        "Error ratio, Thu 19 Nov, 00:00–24:00\u00a0UTC. Most 4.8\u202f% at 14:36. Above the 1\u202f% limit of"
        " error rate from 14:30 to 14:45. Marked: deploy 2026.11.19-1 at 14:28. No data since 19:59.",
    )
    page.get_by_role("button", name="More for Error ratio").click()
    page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Error ratio")
    expect(table).to_have_attribute("data-count", "1200")
    table.get_by_role("button", name="checkout").click()
    table.get_by_role("button", name="checkout").click()
    expect(table.locator("tr[data-row]").first).to_have_text(re.compile("14:36:00.*4.8"))


def test_a_hundred_thousand_points_are_thinned_and_the_one_peak_stays(visit: Visits, shoot: Shoot) -> None:
    page = visit()
    points = page.evaluate(MANY)
    show(page, [part("series", "Requests", {"unit": "short", "points": points})])
    expect(page.locator("header .sub")).to_have_attribute("title", re.compile("100,000 points thinned, least and most"))
    assert is_inked(page, 77777 / 100_000, 1 - 200 / 300)
    assert not is_inked(page, 70_000 / 100_000, 1 - 220 / 300)
    shoot(page, "data-many-points")
    chart = page.get_by_role("group", name=re.compile("^Requests"))
    chart.focus()
    for _ in range(6):
        page.keyboard.press("+")
    expect(page.locator("header .sub")).not_to_have_attribute("title", re.compile("thinned"))


def test_what_was_not_measured_is_hatched_and_no_line_crosses_it(visit: Visits) -> None:
    page = visit()
    values: list[float | None] = [0.17] * 400 + [None] * 400 + [0.17] * 641
    points = [[BEGIN + 60 * at, value] for at, value in enumerate(values)]
    show(page, [part("series", "Latency", {"unit": "s", "points": points})])
    expect(page.get_by_role("group", name=re.compile("1 gap without data"))).to_be_visible()
    at_the_value = 1 - 0.17 / 0.2
    with_line, in_gap = (
        sum(opacity > 250 for *_, opacity in pixels(page, x, at_the_value, (30, 6))) for x in (0.1, 0.4)
    )
    assert with_line > 0
    assert in_gap == 0
    assert is_inked(page, 0.4, at_the_value)


def test_logs_are_folded_marked_and_newest_last(visit: Visits) -> None:
    page = visit()
    lines = [
        {"at": f"2026-11-19T14:30:{59 - at:02d}Z", "level": "error", "text": f"slots are reserved, {at} wait [masked]"}
        for at in range(40)
    ]
    lines.append({"at": "2026-11-19T14:29:00Z", "level": "warning", "text": "pool is nearly full"})
    source = SOURCE | {"query": '{app="checkout"} |= "slots are reserved"', "source": "Loki"}
    show(page, [part("logs", "Log lines, newest first", {"rows": lines, "total": 41})], sources=[source])
    expect(page.locator(".card.listed header")).to_contain_text("Log lines41 lines folded into 2 patterns")
    logs = page.locator(".logs li")
    expect(logs).to_have_count(2)
    expect(logs.last).to_contain_text("×\u202f40")
    expect(logs.last.locator("mark")).to_have_text("slots are reserved")
    expect(logs.last.locator(".masked")).to_have_text("[masked]")
    page.get_by_role("button", name="All lines").click()
    expect(logs).to_have_count(41)
    expect(logs.last).to_contain_text("slots are reserved, 0 wait")


def test_what_came_from_outside_stays_text_everywhere(visit: Visits) -> None:
    """Labels, lines, cells, titles and names of series: none of it becomes an element."""
    page = visit()
    column = [{"key": "at", "title": EVIL}, {"key": "text", "title": "Text"}]
    line = {"at": "2026-11-19T14:30:00Z", "level": EVIL, "text": EVIL, "labels": {EVIL: EVIL}}
    parts = [
        part("stat", EVIL, {"name": EVIL, "value": EVIL, "unit": EVIL}),
        part(
            "table",
            EVIL,
            {"columns": column, "rows": [{"at": EVIL, "text": EVIL, "url": "javascript:window.hacked=1"}]},
        ),
        part("logs", EVIL, {"rows": [line], "total": 1}),
        part("events", EVIL, {"rows": [{"at": "2026-11-19T14:30:00Z", "kind": EVIL, "text": EVIL, "severity": EVIL}]}),
        part("series", EVIL, {"unit": EVIL, "series": [{"name": EVIL, "points": [[BEGIN, 1], [BEGIN + 60, 2]]}] * 2}),
    ]
    source = SOURCE | {"query": EVIL, "source": EVIL, "cut": EVIL, "error": EVIL, "status": "error"}
    show(page, parts, sources=[source], timeline=[], subtitle=EVIL)
    page.locator(".logs li").click()
    page.locator("details.evidence summary").click()
    assert page.locator(".data img, .data script, .data a[href^=javascript]").count() == 0
    assert page.evaluate("window.hacked") is None
    expect(page.get_by_role("region", name="The chosen line")).to_contain_text(EVIL)


def test_files_hold_every_row_the_query_and_the_window(visit: Visits, tmp_path: Path) -> None:
    """UI-03: CSV and JSON of what is shown, all of it."""
    page = visit()
    table = rows(2500)
    table["data"]["rows"][7]["name"] = '=HYPERLINK("http://evil")'
    show(page, [part("stat", "Alerts", {"name": "Alerts", "value": 2500, "unit": ""}), table, error_ratio()])
    told = saved(page, "CSV", tmp_path).splitlines()
    window = "2026-11-19T00:00:00Z to 2026-11-20T00:00:00Z"
    assert told[:3] == [
        "# Alerts",
        f"# query_metrics, {window}, execution {SOURCE['execution']}: {SOURCE['query']}",
        "Started (UTC),Severity,Alert,Count",
    ]
    assert told[10] == f'2026-11-19T00:00:07Z,warning,"\'=HYPERLINK(""http://evil"")",{7 * 7919 % 10007}'
    assert told[2502].startswith("2026-11-19T00:41:39Z,critical,Alert2499,")
    series = list(csv.reader(StringIO("\n".join(told[2505:]))))
    assert [series[0], series[877], len(series)] == [
        ["time", "checkout (percentunit)"],
        ["2026-11-19T14:36:00Z", "0.048"],
        1201,
    ]
    whole = json.loads(saved(page, "JSON", tmp_path))
    assert [whole["title"], whole["parts"][1:], whole["sources"]] == ["checkout", [table, error_ratio()], [SOURCE]]


def saved(page: Page, name: str, folder: Path) -> str:
    with page.expect_download() as download:
        page.locator(".data-head").get_by_role("button", name=name).click()
    assert download.value.suggested_filename == f"checkout.{name.lower()}"
    download.value.save_as(folder / name)
    return (folder / name).read_bytes().decode()


def test_on_paper_the_colours_are_light_and_all_rows_are_there(visit: Visits) -> None:
    """UI-03: the answer as PDF is its print."""
    page = visit(scheme="dark")
    show(page, [rows(400), error_ratio()])
    dark = reddest(page)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("tr[data-row]")).to_have_count(400)
    assert reddest(page) != dark
    expect(page.locator("details.evidence")).to_have_attribute("open", "")
    expect(page.get_by_role("button", name="CSV")).not_to_be_visible()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme ?? null") is None
    assert page.locator("tr[data-row]").count() < 60
    assert page.pdf()[:5] == b"%PDF-"


@pytest.mark.parametrize(("scheme", "size"), [("light", (760, 900)), ("dark", (760, 900)), ("dark", PHONE)])
def test_every_kind_of_part_passes_axe(visit: Visits, shoot: Shoot, scheme: str, size: tuple[int, int]) -> None:
    page = visit(size=size, scheme=scheme)
    line = {"at": "2026-11-19T14:30:00.118Z", "level": "error", "text": "remaining connection slots are reserved"}
    stats: list[dict[str, Any]] = [
        {"name": "Availability", "value": 0.9993, "unit": "percentunit", "limit": 0.999, "side": "below"},
        {"name": "Error ratio, peak", "value": 0.048, "unit": "percentunit", "limit": 0.01},
        {"name": "Latency p95", "value": None, "unit": "s"},
        {"name": "Alerts", "value": 3, "unit": "", "counts": {"critical": 1, "warning": 2}},
    ]
    show(
        page,
        [
            *(part("stat", each["name"], each) for each in stats),
            error_ratio(),
            rows(200),
            part("logs", "Log lines", {"rows": [line], "total": 1}),
            part("events", "Events", {"rows": []}),
        ],
    )
    page.locator("details.evidence summary").click()
    expect(page.locator(".tile").nth(1)).to_contain_text("Breached")
    shoot(page, f"data-{scheme}-{size[0]}")
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_chart_takes_the_colours_of_the_theme_that_is_chosen(visit: Visits) -> None:
    page = visit()
    show(page, [error_ratio()])
    light = reddest(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.evaluate(PAINTED)
    dark = reddest(page)
    page.evaluate("delete document.documentElement.dataset.theme")
    page.emulate_media(color_scheme="dark")
    page.evaluate(PAINTED)
    assert [light, dark, reddest(page)] == [[176, 21, 31, 255], [255, 143, 140, 255], [255, 143, 140, 255]]


def test_arrows_walk_the_rows(visit: Visits) -> None:
    page = visit()
    show(page, [rows(400)])
    page.locator("tr[data-row]").first.focus()
    for _ in range(40):
        page.keyboard.press("ArrowDown")
    expect(page.locator("tr:focus")).to_contain_text("Alert40")
    assert page.locator("tr[data-row]").count() < 80


def test_a_narrow_panel_keeps_what_matters_and_redraws_its_charts(visit: Visits) -> None:
    page = visit(size=(900, 900))
    show(page, [error_ratio(), rows(20) | {"title": "Rows"}])
    before = page.locator(".plot canvas").evaluate("canvas => canvas.clientWidth")
    page.locator("main").evaluate("main => { main.style.maxWidth = '420px'; }")
    expect(page.get_by_role("button", name="3\u00a0h")).not_to_be_visible()
    page.wait_for_function("before => document.querySelector('.plot canvas').clientWidth < before - 300", arg=before)
    canvas, box = (page.locator(each).evaluate("each => each.clientWidth") for each in (".plot canvas", ".plot"))
    assert abs(canvas - box) <= 1
