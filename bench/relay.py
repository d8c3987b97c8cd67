"""Telling a stream: what one run's chunks cost on their way through the relay and SSE, against the bare chunks."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph

from bench.measure import Row, in_turns
from graphs.events import Chunk, Failed, Relay
from web.events import frame

CHUNKS = 20_000
TEXT = "word "


class Nothing(TypedDict, total=False):
    done: bool


async def bare_stream() -> None:
    """A graph whose only node writes every chunk to LangGraph's own stream."""

    async def write(state: Nothing) -> Nothing:  # noqa: ARG001 - LangGraph gives it by name
        tell = get_stream_writer()
        for _ in range(CHUNKS):
            tell(TEXT)
        return {"done": True}

    graph = StateGraph(Nothing)
    graph.add_node("write", write)
    graph.add_edge(START, "write")
    graph.add_edge("write", END)
    async for _ in graph.compile().astream({}, stream_mode="custom"):
        pass


async def relayed() -> None:
    """The same chunks through our relay to one reader, as SSE frames."""
    relay = Relay()

    async def write() -> None:
        for number in range(CHUNKS):
            await relay.put(Chunk(content=TEXT))
            if number % 100 == 0:
                await asyncio.sleep(0)  # as a model's stream would
        await relay.put(Failed(run_id="r", error="end", message="the end"))

    task = asyncio.create_task(write())
    async for event in relay.read():
        frame(event)
    await task


async def rows() -> AsyncGenerator[Row]:
    ours, floor = await in_turns(relayed, bare_stream, turns=5)
    yield Row(
        what="chunks a second to one SSE reader; floor: a bare graph's own stream",
        ours=CHUNKS / ours, floor=CHUNKS / floor, unit="chunks/s", goal="≥ 0.8×", met=floor / ours >= 0.8,
    )  # fmt: skip
