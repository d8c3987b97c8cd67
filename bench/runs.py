"""The door and whole runs, against a bare graph on the same saver."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any, TypedDict
from uuid import uuid4

from langgraph.graph import END, START, StateGraph
from psycopg.types.json import Jsonb

from bench.measure import Row, at_once, in_turns, scratch
from checkpoints.saver import PoolSaver, open_saver
from domain.database import Pool
from domain.windows import Window
from graphs.asking import Ask
from tests.house import NOW, ScriptedBrain, actor, door, runner, tool_context
from tools.trends import GET_ALERT_TRENDS

CALLS = 300
WEEK = Window(NOW - timedelta(days=7), NOW)
RUNS = 160
WIDTH = 16
TABLE = "create table bench_calls (id bigint generated always as identity, at timestamptz, body jsonb)"
INSERT = "insert into bench_calls (at, body) values (now(), %(body)s)"
BYTES = """
select
    (select coalesce(sum(pg_column_size(c.*)), 0) from checkpoints as c)
    + (select coalesce(sum(pg_column_size(b.*)), 0) from checkpoint_blobs as b)
    + (select coalesce(sum(pg_column_size(w.*)), 0) from checkpoint_writes as w)
    + (select coalesce(sum(pg_column_size(r.*)), 0) from trivium.runs as r)
    + (select coalesce(sum(pg_column_size(e.*)), 0) from trivium.run_events as e)
    + (select coalesce(sum(pg_column_size(m.*)), 0) from trivium.ai_messages as m)
    + (select coalesce(sum(pg_column_size(x.*)), 0) from trivium.ai_tool_executions as x) as bytes
"""


class Bare(TypedDict, total=False):
    messages: list[str]
    found: dict[str, Any]
    answer: dict[str, Any]


async def rows() -> AsyncGenerator[Row]:
    async with scratch() as (pool, _):
        await open_saver(pool)
        yield await door_row(pool)
        yield await run_row(pool)
        yield await growth_row(pool)


async def door_row(pool: Pool) -> Row:
    entry, trends = door(pool, GET_ALERT_TRENDS), GET_ALERT_TRENDS
    context = await tool_context(pool, await actor(pool, "engineer"))
    arguments = {"service": "checkout", "group_by": "day", "time_range": WEEK.as_json()}
    async with pool.connection() as db:
        await db.execute(TABLE)

    async def ours() -> None:
        for _ in range(CALLS):
            await entry.call(context, trends.name, arguments)

    async def floor() -> None:
        for _ in range(CALLS):
            result = await trends.handler(context, trends.args.model_validate(arguments))
            async with pool.connection() as db:
                await db.execute(INSERT, {"body": Jsonb(result.data)})

    best, least = await in_turns(ours, floor)
    each, bare = best / CALLS * 1000, least / CALLS * 1000
    return Row(
        what="door around a native tool; floor: handler and one INSERT",
        ours=each, floor=bare, unit="ms", goal="≤ 2× and ≤ 3 ms", met=each <= 2 * bare and each <= 3,
    )  # fmt: skip


def bare_graph(pool: Pool) -> Any:
    """Three nodes and the same saver; the state is about what ours keeps."""

    async def first(state: Bare) -> Bare:
        return {"found": {"question": state.get("messages", [""])[0]}}

    async def second(state: Bare) -> Bare:
        return {"found": {**state.get("found", {}), "rows": [1, 2, 3]}}

    async def third(state: Bare) -> Bare:
        return {"answer": {"summary": str(state.get("found"))}}

    graph = StateGraph(Bare)
    for name, node in (("first", first), ("second", second), ("third", third)):
        graph.add_node(name, node)
    graph.add_edge(START, "first")
    graph.add_edge("first", "second")
    graph.add_edge("second", "third")
    graph.add_edge("third", END)
    return graph.compile(checkpointer=PoolSaver(pool))


async def run_row(pool: Pool) -> Row:
    who, bare = await actor(pool, "engineer"), bare_graph(pool)
    async with runner(pool, brain=ScriptedBrain(), per_minute=1_000_000) as running:

        async def ours() -> None:
            await at_once(lambda: running.ask(who, Ask(text="echo")), count=RUNS, width=WIDTH)

        async def one() -> None:
            config = {"configurable": {"thread_id": str(uuid4())}}
            await bare.ainvoke({"messages": ["echo"]}, config, durability="exit")

        async def floor() -> None:
            await at_once(one, count=RUNS, width=WIDTH)

        best, least = await in_turns(ours, floor, turns=4)
    rate = RUNS / best
    return Row(
        what=f"inquiry run with all records, {WIDTH} at once ({rate:.0f}/s); floor: bare 3-node graph, same saver",
        ours=best / RUNS * 1000, floor=least / RUNS * 1000, unit="ms", goal="≤ 3× and ≥ 100 runs/s",
        met=best <= 3 * least and rate >= 100,
    )  # fmt: skip


async def growth_row(pool: Pool) -> Row:
    """One conversation of 500 turns: what the last ten add against the first ten after the tenth message."""
    who = await actor(pool, "engineer")
    async with runner(pool, brain=ScriptedBrain(), per_minute=1_000_000) as running:
        session = (await running.ask(who, Ask(text="turn"))).session_id

        async def turns(count: int) -> int:
            before = await size(pool)
            for _ in range(count):
                await running.ask(who, Ask(text="turn", session_id=session))
            return await size(pool) - before

        await turns(9)
        first = await turns(10)
        await turns(470)
        last = await turns(10)
    return Row(
        what="bytes a turn adds, the 500th against the 10th", ours=last / 10, floor=first / 10, unit="bytes",
        goal="≤ 1.1×", met=last <= 1.1 * first,
    )  # fmt: skip


async def size(pool: Pool) -> int:
    async with pool.connection() as db:
        row = await (await db.execute(BYTES)).fetchone()
    assert row
    return int(row["bytes"])
