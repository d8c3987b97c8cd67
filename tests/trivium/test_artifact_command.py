"""`trivium artifact`: what an answer was made from, read by parts or whole, by whoever asked."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from typer.testing import CliRunner, Result

from domain.database import open_pool
from tests.house import actor, door, spec, tool_context
from tools.spec import Args, ToolContext, ToolResult
from trivium.artifacts import lines
from trivium.cli import app

SECRET = "a secret of the artifact command tests, long enough"
LINES = [{"n": n, "text": "database timeout" if n % 1000 == 7 else "é" * 100} for n in range(3000)]
DATA = {"total": 3000, "lines": LINES}


class Invoke:
    def __call__(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def invoke(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """As the engineer Ann."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TRIVIUM_JWT_SECRET", SECRET)
    monkeypatch.delenv("TRIVIUM_TOKEN", raising=False)
    monkeypatch.setenv("TRIVIUM_TOKEN", Invoke()("token", "--user", "ann", "--role", "engineer").stdout.strip())
    return Invoke()


def kept(url: str, owner: str = "ann") -> UUID:
    """A large result of the owner's."""

    async def handler(_context: ToolContext, _args: Args) -> ToolResult:
        return ToolResult(status="ok", source="echo", data=DATA)

    async def keep() -> UUID:
        async with open_pool(url, size=2) as pool:
            context = await tool_context(pool, await actor(pool, "engineer", name=owner))
            result = await door(pool, spec(handler=handler)).call(context, "query_echo", {})
        assert result.artifact_id
        return result.artifact_id

    return asyncio.run(keep())


def test_it_says_what_is_in_it_and_shows_rows_by_number(invoke: Invoke, database_url: str) -> None:
    """QT-20."""
    made = kept(database_url)
    outline = invoke("artifact", made)
    assert (outline.exit_code, outline.stdout.splitlines()[1:]) == (
        0,
        ["--path /lines: 3,000 rows", '{"total":3000,"lines":["3,000 entries: read /lines"]}'],
    )
    assert outline.stdout.startswith(f"query_echo, {len(orjson.dumps(DATA)):,} bytes, execution ")
    page = invoke("artifact", made, "--path", "/lines", "--offset", 1006, "--limit", 2)
    assert page.stdout.splitlines() == [
        "1006 " + orjson.dumps(LINES[1006]).decode(),
        '1007 {"n":1007,"text":"database timeout"}',
        "There is more: --offset 1008.",
    ]
    last = invoke("artifact", made, "--path", "/lines", "--offset", 2999)
    assert last.stdout.splitlines() == ["2999 " + orjson.dumps(LINES[2999]).decode()]


def test_rows_with_words_are_found_and_each_look_is_on_record(invoke: Invoke, database_url: str) -> None:
    made = kept(database_url)
    found = invoke("artifact", made, "--grep", "database*timeout", "--limit", 2)
    assert found.stdout.splitlines() == [
        '/lines/7 {"n":7,"text":"database timeout"}',
        '/lines/1007 {"n":1007,"text":"database timeout"}',
        "3 matches in 3,000 rows.",
    ]
    assert "2 of 3" in found.stderr
    with psycopg.connect(database_url) as db:
        rows = db.execute("select tool_name, result_status from trivium.ai_tool_executions order by created_at")
        assert rows.fetchall() == [("query_echo", "success"), ("grep_artifact", "success")]


def test_the_whole_of_it_comes_as_it_was(invoke: Invoke, database_url: str) -> None:
    whole = invoke("artifact", kept(database_url), "--whole")
    assert (whole.exit_code, whole.stdout_bytes) == (0, orjson.dumps(DATA) + b"\n")


def test_anothers_is_not_there_however_it_is_asked_for(invoke: Invoke, database_url: str) -> None:
    foreign = kept(database_url, owner="bob")
    for options in ((), ("--grep", "timeout"), ("--whole",), ("--path", "/lines")):
        for wanted in (foreign, uuid4()):
            refused = invoke("artifact", wanted, *options)
            assert (refused.exit_code, refused.stdout) == (1, "")
            assert f"There is no artifact {wanted} of yours." in refused.stderr


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("x",), 1, "x is no id of a large result"),
        ((str(UUID(int=1)), "--limit", "501"), 2, "to 500"),
        ((str(UUID(int=1)), "--offset", "-1"), 2, "to 0"),
    ],
)
def test_what_cannot_be_asked_is_said(invoke: Invoke, options: tuple[str, ...], code: int, said: str) -> None:
    refused = invoke("artifact", *options)
    assert (refused.exit_code, refused.stdout) == (code, "")
    assert said in refused.stderr


@pytest.mark.parametrize(
    ("data", "printed"),
    [
        ({"text": "a\x1b[2Jb\x9bc\nd", "total_characters": 9}, ["a[2Jbc\nd"]),
        ({"rows": [{"row": 3, "value": "x\x1by"}], "next_offset": None}, ["3 xy"]),
        (
            {"rows": [{"row": 3, "value": {"a": "\x9b"}}], "next_offset": 4},
            ['3 {"a":""}', "There is more: --offset 4."],
        ),
    ],
)
def test_nothing_in_a_result_steers_the_terminal(data: dict[str, Any], printed: list[str]) -> None:
    assert list(lines(data)) == printed
