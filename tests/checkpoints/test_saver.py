import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, TypedDict
from uuid import uuid4

from langchain_core.messages import AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages

from checkpoints import retention
from checkpoints.saver import PoolSaver
from domain.database import Pool
from graphs.asking import Ask
from tests.house import actor, runner

COUNTS = """
select
    (select count(*) from trivium.runs) as runs,
    (select count(*) from trivium.ai_messages) as messages,
    (select count(*) from trivium.ai_sessions) as sessions,
    (select count(*) from trivium.ai_tool_executions) as executions,
    (select count(distinct thread_id) from checkpoints) as threads,
    (select count(*) from checkpoint_writes) + (select count(*) from checkpoint_blobs) > 0 as has_rest
"""


class State(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]
    when: dict[str, Any]


async def count(pool: Pool) -> dict[str, Any] | None:
    async with pool.connection() as db:
        return await (await db.execute(COUNTS)).fetchone()


async def test_operations_of_one_saver_do_not_wait_for_each_other(pool: Pool) -> None:
    """The stock saver holds one lock around each; if its name changes upstream, this fails."""
    saver, both = PoolSaver(pool), asyncio.Barrier(2)

    async def hold() -> None:
        async with saver.lock, asyncio.timeout(5):
            await both.wait()

    await asyncio.gather(hold(), hold())
    assert "lock" in vars(saver)


async def test_messages_and_plain_values_come_back_from_a_checkpoint(pool: Pool) -> None:
    def stamp(state: State) -> dict[str, Any]:
        return {"when": {"at": datetime(2026, 11, 20, tzinfo=UTC), "nul": "a\x00b", "of": len(state["messages"])}}

    graph = StateGraph(State)
    graph.add_node("stamp", stamp)
    graph.add_edge(START, "stamp")
    graph.add_edge("stamp", END)
    config: RunnableConfig = {"configurable": {"thread_id": uuid4().hex}}
    compiled = graph.compile(checkpointer=PoolSaver(pool))
    await compiled.ainvoke({"messages": [HumanMessage("hello")], "when": {}}, config, durability="exit")
    state = (await compiled.aget_state(config)).values
    assert [message.content for message in state["messages"]] == ["hello"]
    assert state["when"] == {"at": datetime(2026, 11, 20, tzinfo=UTC), "nul": "a\x00b", "of": 1}


async def test_what_is_past_its_retention_goes_with_all_that_hangs_on_it_and_the_rest_stays(pool: Pool) -> None:
    """AU-09."""
    who = await actor(pool, "engineer")
    async with runner(pool) as running:
        old = await running.ask(who, Ask(text="old"))
        await running.ask(who, Ask(text="young"))
    age = "update trivium.runs set created_at = now() - interval '91 days' where id = %(id)s"
    age_session = "update trivium.ai_sessions set started_at = now() - interval '91 days' where id = %(id)s"
    async with pool.connection() as db:
        await db.execute(age, {"id": old.run_id})
        await db.execute(age_session, {"id": old.session_id})
        assert await retention.sweep(db, days=90) == 1
        assert await retention.sweep(db, days=90) == 0
    assert await count(pool) == {
        "runs": 1, "messages": 2, "sessions": 1, "executions": 1, "threads": 1, "has_rest": True,
    }  # fmt: skip


async def test_a_long_conversation_keeps_its_session_while_old_turns_go(pool: Pool) -> None:
    who = await actor(pool, "engineer")
    async with runner(pool) as running:
        old = await running.ask(who, Ask(text="old"))
        await running.ask(who, Ask(text="young", session_id=old.session_id))
    async with pool.connection() as db:
        await db.execute("update trivium.runs set created_at = now() - interval '91 days' where question = 'old'")
        assert await retention.sweep(db, days=90) == 1
    found = await count(pool)
    assert found
    assert (found["runs"], found["messages"], found["sessions"]) == (1, 2, 1)
