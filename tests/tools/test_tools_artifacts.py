import asyncio
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain import artifacts
from domain.database import Pool
from domain.errors import NotFound, Refused
from tests.house import Echo, actor, door, spec, tool_context
from tools.artifacts import TOOLS
from tools.large import scanning
from tools.large.keeping import keeping
from tools.preview import LARGEST_INLINE
from tools.spec import Args, ToolContext, ToolResult

TOOL = {tool.name: tool for tool in TOOLS}
LEVELS = ("info", "warn", "error")
PADDING = "x" * 90
LINES = [
    {
        "at": n, "level": LEVELS[n % 3], "labels": {"service": f"s{n % 7}"}, "took": str(n / 10),
        "text": f'request {n} says "{PADDING}"',
    }
    for n in range(6000)
]  # fmt: skip
LOG = "\n".join(f"line {n}" for n in range(3000))
RESULT: dict[str, Any] = {"total": 6000, "by": {"service": {"s0": 858}}, "lines": LINES, "log": LOG}


@dataclass(frozen=True, slots=True)
class House:
    """Somebody with one large result, and the tools that read it."""

    context: ToolContext
    artifact_id: UUID

    async def ask(self, tool: str, **arguments: Any) -> ToolResult:
        args = TOOL[tool].args.model_validate({"artifact_id": str(self.artifact_id)} | arguments)
        result = await TOOL[tool].handler(self.context, args)
        assert len(orjson.dumps(result.data)) < LARGEST_INLINE, "else the door would cut it again"
        return result


async def kept(pool: Pool, data: dict[str, Any]) -> House:
    async def handler(_context: ToolContext, _args: Args) -> ToolResult:
        return ToolResult(status="ok", source="echo", data=data)

    context = await tool_context(pool, await actor(pool, "engineer"))
    result = await door(pool, spec(handler=handler)).call(context, "query_echo", {})
    assert result.artifact_id
    return House(context, result.artifact_id)


@pytest.fixture
async def house(pool: Pool) -> House:
    return await kept(pool, RESULT)


async def test_without_a_path_it_says_what_there_is(house: House) -> None:
    """CX-07."""
    result = await house.ask("read_artifact")
    assert result.data["value"] == {
        "total": 6000,
        "by": {"service": {"s0": 858}},
        "lines": ["6,000 entries: read /lines"],
        "log": "3,000 lines: read /log",
    }
    assert result.data["lists"] == {"/lines": 6000, "/log": 3000}
    assert (result.data["of_tool"], result.status) == ("query_echo", "ok")


@pytest.mark.parametrize("offset", [0, 1003, 5990])
async def test_a_page_has_the_rows_asked_for_and_says_where_to_go_on(house: House, offset: int) -> None:
    """QT-20."""
    result = await house.ask("read_artifact", path="/lines", offset=offset, limit=20)
    wanted = LINES[offset : offset + 20]
    assert [row["value"] for row in result.data["rows"]] == wanted
    assert [row["row"] for row in result.data["rows"]] == list(range(offset, offset + len(wanted)))
    assert result.data["next_offset"] == (offset + 20 if offset + 20 < 6000 else None)
    assert result.cut == f"{len(wanted)} of 6,000 rows are listed"


async def test_every_row_can_be_read_page_after_page(house: House) -> None:
    rows: list[Any] = []
    offset: int | None = 0
    while offset is not None:
        result = await house.ask("read_artifact", path="lines", offset=offset, limit=500)
        rows += [row["value"] for row in result.data["rows"]]
        offset = result.data["next_offset"]
    assert rows == LINES


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/lines/4711/labels/service", "s0"),
        ("lines.4711.labels", {"service": "s0"}),
        ("/by/service/s0", 858),
        ("/log/2999", "line 2999"),
        ("/lines/17", LINES[17]),
    ],
)
async def test_any_place_can_be_read(house: House, path: str, value: Any) -> None:
    assert (await house.ask("read_artifact", path=path)).data["value"] == value


@pytest.mark.parametrize("path", ["/lines/6000", "/lines/x", "/nothing", "/lines/0/labels/zone", "/log/0/1"])
async def test_a_place_that_is_not_there_is_said_with_the_lists_there_are(house: House, path: str) -> None:
    with pytest.raises(NotFound, match="Its lists: /lines, /log"):
        await house.ask("read_artifact", path=path)


async def test_a_long_text_is_read_from_any_character(pool: Pool) -> None:
    text = "".join(f"{n:06}" for n in range(20_000))
    house = await kept(pool, {"rows": [{"body": text}]})
    first = await house.ask("read_artifact", path="/rows/0/body", offset=6000)
    assert (first.data["text"][:6], len(first.data["text"]), first.data["total_characters"]) == (
        "001000",
        8000,
        120_000,
    )


@pytest.mark.parametrize("tool", TOOL)
async def test_anothers_artifact_is_not_there(pool: Pool, house: House, tool: str) -> None:
    other = replace(house, context=await tool_context(pool, await actor(pool, "admin")))
    arguments = {"pattern": "x"} if tool == "grep_artifact" else {}
    with pytest.raises(NotFound, match="There is no artifact"):
        await other.ask(tool, **arguments)


@pytest.mark.parametrize(
    ("pattern", "total"),
    [
        ("request 4711 ", 1),
        ("REQUEST 4711 ", 1),
        ('"level":"error"', 2000),
        ('says "xxx', 6000),
        ("warn*s3", 286),
        ("request 17 |request 18 ", 2),
        ("line.*2999", 1),
        ("s3*warn", 0),
        ("line 12", 111),
    ],
)
async def test_rows_are_found_by_words_and_all_are_counted(house: House, pattern: str, total: int) -> None:
    result = await house.ask("grep_artifact", pattern=pattern, limit=3)
    assert (result.data["total_matches"], result.status) == (total, "ok" if total else "empty")
    assert result.data["rows_searched"] == 9000
    assert len(result.data["matches"]) == min(3, total)


async def test_a_match_comes_with_the_rows_around_it(house: House) -> None:
    result = await house.ask("grep_artifact", pattern="line 1000|line 1002", context_rows=2)
    assert [(match["row"], match["before"], match["after"]) for match in result.data["matches"]] == [
        (1000, ["line 998", "line 999"], ["line 1001", "line 1002"]),
        (1002, ["line 1000", "line 1001"], ["line 1003", "line 1004"]),
    ]


async def test_rows_around_a_match_are_found_across_pieces(house: House) -> None:
    pieces = [
        piece async for piece in scanning.each(house.context.database, house.artifact_id, "/lines", lambda it: it)
    ]
    border = pieces[1].first_row
    result = await house.ask("grep_artifact", pattern=f"request {border} ", context_rows=1)
    (match,) = result.data["matches"]
    assert (match["before"], match["after"]) == ([LINES[border - 1]], [LINES[border + 1]])


async def test_a_regular_expression_is_read_as_words_and_that_is_said(house: House) -> None:
    result = await house.ask("grep_artifact", pattern=r"request \d+")
    assert (result.status, result.data["total_matches"]) == ("empty", 0)
    assert "not as a regular expression" in (result.cut or "")


async def test_an_evil_pattern_takes_one_look_at_each_row(pool: Pool) -> None:
    house = await kept(pool, {"rows": ["a" * 90_000] * 20})
    result = await house.ask("grep_artifact", pattern="*".join("a" * 60) + "*b")
    assert result.data["total_matches"] == 0


TOOK = [n / 10 for n in range(6000)]


@pytest.mark.parametrize(
    ("arguments", "groups"),
    [
        ({"group_by": "level"}, [("error", 2000), ("info", 2000), ("warn", 2000)]),
        ({"group_by": "labels.service", "top": 2}, [("s0", 858), ("s1", 857)]),
        ({"op": "sum", "field": "took"}, [("(none)", sum(TOOK))]),
        ({"op": "avg", "field": "took"}, [("(none)", fmean(TOOK))]),
        ({"op": "p95", "field": "/took"}, [("(none)", sorted(TOOK)[5699])]),
        ({"op": "max", "field": "took", "group_by": "level"}, [("error", 599.9), ("warn", 599.8), ("info", 599.7)]),
        ({"op": "min", "field": "took", "pattern": "request 59"}, [("(none)", 5.9)]),
        ({"pattern": "line 2", "path": "/log"}, [("(none)", 1111)]),
        ({"group_by": "nothing"}, [("(none)", 6000)]),
    ],
)
async def test_numbers_over_all_rows_are_those_of_the_rows(
    house: House, arguments: dict[str, Any], groups: list[tuple[str, float]]
) -> None:
    result = await house.ask("aggregate_artifact", **arguments)
    assert [(group["group"], pytest.approx(group["value"])) for group in result.data["groups"]] == groups


async def test_rows_without_the_number_are_counted_and_no_group_is_made_of_them(house: House) -> None:
    result = await house.ask("aggregate_artifact", op="sum", field="text")
    assert (result.data["groups"], result.data["rows_without_number"]) == ([], 6000)
    with pytest.raises(Refused, match="needs a field"):
        await house.ask("aggregate_artifact", op="sum")


async def test_what_has_too_many_groups_keeps_the_first_and_adds_up_the_rest(pool: Pool) -> None:
    house = await kept(pool, {"rows": [{"id": f"{n:06}"} for n in range(10_050)]})
    result = await house.ask("aggregate_artifact", group_by="id")
    assert (result.data["total_groups"], result.data["groups"][0]) == (
        10_001,
        {"group": "(other groups)", "value": 50, "rows": 50},
    )


def streaming(batches: int, keep: Callable[[dict[str, Any]], Any], fails_at: int = -1) -> Any:
    """A handler that takes its rows in as a source sends them."""

    async def handler(context: ToolContext, _args: Echo) -> ToolResult:
        async with keeping(context) as keeper:
            for batch in range(batches):
                if batch == fails_at:
                    raise TimeoutError
                await keeper.add([keep({"n": batch * 1000 + n, "text": "y" * 200}) for n in range(1000)])
        return ToolResult(
            status="ok", source="echo", data={"rows": keeper.row_count}, artifact_id=keeper.artifact_id, cut="kept"
        )

    return handler


async def test_a_large_answer_is_kept_as_it_comes_in_with_its_secrets_masked(pool: Pool) -> None:
    context = await tool_context(pool, await actor(pool, "engineer"))
    secret = "password=hunter2hunter2"
    handler = streaming(3, lambda row: row | {"said": secret})
    result = await door(pool, spec(handler=handler)).call(context, "query_echo", {})
    assert result.artifact_id
    house = House(context, result.artifact_id)
    read = await house.ask("read_artifact", path="/rows", offset=2999, limit=1)
    assert read.data["rows"][0]["value"] == {"n": 2999, "text": "y" * 200, "said": "password=[masked]"}
    whole = b"".join([part async for part in scanning.each(pool, house.artifact_id, None, lambda piece: piece.body)])
    assert [row["n"] for row in orjson.loads(whole)["rows"]] == list(range(3000))
    async with pool.connection() as db:
        found = await artifacts.fetch(db, house.artifact_id, user_id=context.actor.user_id)
    assert found
    assert (found.size_bytes, b"hunter2" in whole) == (len(whole), False)


async def test_of_an_answer_that_broke_off_nothing_is_kept(pool: Pool) -> None:
    context = await tool_context(pool, await actor(pool, "engineer"))
    handler = streaming(3, lambda row: row, fails_at=2)
    result = await door(pool, spec(handler=handler)).call(context, "query_echo", {})
    async with pool.connection() as db:
        rows = await (await db.execute("select from trivium.artifacts")).fetchall()
        pieces = await (await db.execute("select from trivium.artifact_pieces")).fetchall()
    assert (result.status, len(rows), len(pieces)) == ("error", 0, 0)


async def test_nobody_is_shown_an_artifact_that_is_still_being_written(pool: Pool) -> None:
    context = await tool_context(pool, await actor(pool, "engineer"))
    seen: list[Any] = []

    async def handler(context: ToolContext, _args: Echo) -> ToolResult:
        async with keeping(context) as keeper:
            await keeper.add([1, 2, 3])
            async with pool.connection() as db:
                seen.append(await artifacts.fetch(db, keeper.artifact_id, user_id=context.actor.user_id))
        return ToolResult(status="ok", source="echo", artifact_id=keeper.artifact_id)

    await door(pool, spec(handler=handler)).call(context, "query_echo", {})
    assert seen == [None]


async def test_memory_does_not_grow_with_the_answer(pool: Pool) -> None:
    """CX-07: written, searched, added up and read, 9 MB need hardly more than 1 MB does."""
    context = await tool_context(pool, await actor(pool, "engineer"))
    peaks = [await peak(context, pool, batches) for batches in (4, 4, 40)]
    assert peaks[2] < 1.25 * peaks[1] + 500_000, peaks


async def peak(context: ToolContext, pool: Pool, batches: int) -> int:
    tracemalloc.start()
    try:
        patient = spec(handler=streaming(batches, lambda row: row), deadline_seconds=120)
        result = await door(pool, patient).call(context, "query_echo", {})
        assert result.artifact_id
        house = House(context, result.artifact_id)
        await house.ask("grep_artifact", pattern='"n":999,')
        await house.ask("aggregate_artifact", op="sum", field="n")
        await house.ask("read_artifact", path="/rows", offset=batches * 1000 - 10)
        await asyncio.sleep(0)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
