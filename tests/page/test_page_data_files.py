"""Files that the page makes: the same rules as `agents.export`, and every row of a large result."""

import csv
import io
import json
import re
import subprocess
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import expect

from agents import export
from agents.answer import Answer, Part, Source
from domain import database
from tests import house
from tests.conformance import node
from tests.page.browser import NAMES, Served, Visits
from tests.page.changing import awaited
from tests.page.data_world import SOURCE, part, show
from tests.programs import ROOT
from tools.spec import Args, ToolContext, ToolResult

pytestmark = pytest.mark.slow

COLUMNS = [
    {"key": "name", "title": 'Name, "quoted"'},
    {"key": "n", "title": "Number"},
    {"key": "note", "title": "Note"},
]
ROWS = [
    {"name": "=SUM(A1:A9)", "n": -4.5, "note": None},
    {"name": 'a, "b"\nc', "n": 12, "note": "@cmd"},
    {"name": "\tTab", "n": None, "note": "-1+1"},
    {"name": "naïve — ünïcode", "n": 0, "note": "+49 30"},
]
LINES = [
    {"at": "2026-11-19T14:30:00Z", "level": "error", "text": "=cmd|' /C calc'!A0", "labels": {"b": "2", "a": "1"}},
    {"at": "2026-11-19T14:31:00Z", "level": "info", "text": "plain", "labels": None},
]
TO_CSV = """
import { csvOf } from "./web/page/data/export.js";
let text = "";
for await (const piece of process.stdin) text += piece;
const { parts, sources } = JSON.parse(text);
process.stdout.write(csvOf(parts, sources));
"""


def answer() -> Answer:
    told = {key: value for key, value in SOURCE.items() if key != "query"}
    executions = (str(SOURCE["execution"]),)
    points = [["2026-11-19T00:00:00Z", 4], ["2026-11-19T01:00:00Z", None]]
    lines = [
        {"name": "a", "points": [[1795046400, 1.5], [1795046460.5, None]]},
        {"name": "", "points": [["2026-11-19T00:00:00Z", 2]]},
    ]
    event = {"at": "2026-11-19T14:30:00Z", "kind": "alert_fired", "text": "Disk, full", "severity": "critical"}
    made: Sequence[tuple[Any, str, dict[str, Any]]] = (
        ("stat", "Alerts", {"name": "Alerts", "value": 3, "unit": ""}),
        ("table", "A table", {"columns": COLUMNS, "rows": ROWS}),
        ("series", "By hour", {"unit": "alerts", "points": points}),
        ("series", "Two lines", {"unit": "s", "series": lines}),
        ("logs", "Log lines", {"rows": LINES, "total": 2}),
        ("events", "Course", {"rows": [event]}),
    )
    parts = tuple(Part(kind=kind, title=title, data=data, executions=executions) for kind, title, data in made)
    return Answer(summary="Three.", parts=parts, sources=(Source(**told, query="select 1,\n  2"),))


def test_the_page_writes_the_csv_that_the_house_writes() -> None:
    """UI-03: one set of rules for quotes, formulas, queries and windows, whoever writes the file."""
    given = json.dumps({"parts": answer().as_json()["parts"], "sources": answer().as_json()["sources"]})
    command = [node.node(), "--input-type=module", "--eval", TO_CSV]
    done = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, timeout=60, check=True)
    assert read(done.stdout) == read(export.as_csv(answer()))
    assert "'=SUM(A1:A9)" in done.stdout


def read(text: str) -> list[list[str]]:
    """Rows of cells; 1.0 is 1, for JSON knows one kind of number."""
    return [[re.sub(r"^(-?\d+)\.0$", r"\1", cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]


def test_all_rows_of_a_large_result_are_fetched_shown_and_written(visit: Visits) -> None:
    """UI-03 QT-20: a table that was cut offers the rest of what its execution kept."""
    everything = [{"name": f"alert-{at:05d}", "n": at, "note": "x" * 100} for at in range(3200)]
    kept = awaited(keep(visit.served, {"total": 3200, "groups": [{"other": 1}] * 3, "lines": everything}))
    page = visit()
    cut = part("table", "Lines", {"columns": COLUMNS, "rows": everything[:50], "cut": "50 of 3,200 rows"})
    show(page, [cut], sources=[SOURCE | {"artifact_id": str(kept)}])
    expect(page.locator(".card.listed header .sub")).to_have_text("50 of 3,200")
    expect(page.get_by_role("link", name="Whole result")).to_have_attribute("href", f"/api/v1/artifacts/{kept}")
    page.get_by_role("button", name="All rows").click()
    expect(page.locator(".card.listed header .sub")).to_have_text("3,200 of 3,200")
    expect(page.get_by_role("button", name="All rows")).to_have_count(0)
    page.locator(".table-wrap").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    expect(page.get_by_role("cell", name="alert-03199")).to_be_visible()
    with page.expect_download() as download:
        page.locator(".data-head").get_by_role("button", name="CSV").click()
    assert len(read(download.value.path().read_text())) == 3 + 3200


async def keep(served: Served, data: dict[str, Any]) -> UUID:
    """A large result of the engineer's."""

    async def handler(_context: ToolContext, _args: Args) -> ToolResult:
        return ToolResult(status="ok", source="echo", data=data)

    async with database.open_pool(served.database_url, size=2) as pool:
        context = await house.tool_context(pool, await house.actor(pool, "engineer", name=NAMES["engineer"]))
        result = await house.door(pool, house.spec(handler=handler)).call(context, "query_echo", {})
    assert result.artifact_id
    return result.artifact_id
