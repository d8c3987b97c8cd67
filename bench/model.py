"""A run with an instant language model: two model calls and one tool, against the same in a bare graph."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, TypedDict
from uuid import uuid4

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages

from agents.brain import Offer
from agents.model import ModelBrain, open_model
from agents.model.proposals import Toolbox
from agents.rules.brain import RulesBrain
from bench.measure import Row, at_once, in_turns, scratch
from checkpoints.saver import PoolSaver, open_saver
from domain.database import Pool
from graphs.asking import Ask
from tests.house import actor, runner, tool_context
from tests.programs import free_port, running
from tools import ALL
from tools.alerts import GET_EVENT_COUNT

RUNS, WIDTH, SECONDS = 80, 16, 30.0
QUESTION = "How many events were there in the last 24 hours?"


class Bare(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


@asynccontextmanager
async def instant_model() -> AsyncGenerator[BaseChatModel]:
    """The real client on a server of its own process that answers at once."""
    base = f"http://127.0.0.1:{(port := free_port())}/v1"
    command = [sys.executable, "-m", "bench.instant", str(port)]
    with TemporaryDirectory() as folder, running(command, ready=f"{base}/models", log=Path(folder) / "log"):
        opening = open_model(
            base_url=base, api_key="none", model="instant", timeout_seconds=SECONDS, chunk_timeout_seconds=SECONDS
        )
        async with opening as model:
            yield model


async def bare_graph(pool: Pool, model: BaseChatModel) -> Any:
    """Model, tool, model, the same tools offered; no door, no records but the checkpoints."""
    context = await tool_context(pool, await actor(pool, "engineer"))
    bound = model.bind_tools(Toolbox.of(Offer(tools=ALL)).schemas())

    async def think(state: Bare) -> dict[str, list[AnyMessage]]:
        return {"messages": [await bound.ainvoke(state["messages"])]}

    async def look(state: Bare) -> dict[str, list[AnyMessage]]:
        asked = state["messages"][-1]
        assert isinstance(asked, AIMessage)
        call = asked.tool_calls[0]
        result = await GET_EVENT_COUNT.handler(context, GET_EVENT_COUNT.args.model_validate(call["args"]))
        return {"messages": [ToolMessage(str(result.data), tool_call_id=call["id"])]}

    graph = StateGraph(Bare)
    graph.add_node("ask", think)
    graph.add_node("look", look)
    graph.add_node("answer", think)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", "look")
    graph.add_edge("look", "answer")
    graph.add_edge("answer", END)
    return graph.compile(checkpointer=PoolSaver(pool))


async def rows() -> AsyncGenerator[Row]:
    async with scratch() as (pool, _), instant_model() as model:
        await open_saver(pool)
        bare, who, rules = await bare_graph(pool, model), await actor(pool, "engineer"), RulesBrain()

        async def one() -> None:
            config: Any = {"configurable": {"thread_id": str(uuid4())}}
            await bare.ainvoke({"messages": [HumanMessage(QUESTION)]}, config, durability="exit")

        async def floor() -> None:
            await at_once(one, count=RUNS, width=WIDTH)

        async with runner(pool, *ALL, brain=lambda: ModelBrain(model, rules), per_minute=1_000_000) as opened:
            outcome = await opened.ask(who, Ask(text=QUESTION))
            assert outcome.answer
            assert (outcome.answer.brain, outcome.answer.tools_used) == ("model", (GET_EVENT_COUNT.name,))

            async def ours() -> None:
                await at_once(lambda: opened.ask(who, Ask(text=QUESTION)), count=RUNS, width=WIDTH)

            best, least = await in_turns(ours, floor, turns=4)
    yield Row(
        what="runs a second with an instant model (2 calls, 1 tool); floor: the same in a bare graph",
        ours=RUNS / best, floor=RUNS / least, unit="runs/s", goal="≥ 0.5×", met=least >= 0.5 * best,
    )  # fmt: skip
