"""LangGraph Studio: the graphs as `langgraph dev` serves them, with the same records and the same door.

The dev server walks the graph and keeps its threads; the run, its context and its records are ours. What a client
sends as context, config or roles reaches nothing: the actor is the one this process acts for.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from types import TracebackType
from typing import (
    Any,
    NotRequired,  # Studio's schemas are pydantic's, which refuses typing's own before 3.12
    Self,
    TypeAlias,
    TypeVar,
    cast,
)
from uuid import UUID

from langgraph.errors import GraphBubbleUp
from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph_sdk.runtime import ServerRuntime

from domain.actors import Entrance
from domain.errors import Refused
from graphs import inquiry as inquiry_graph
from graphs import revive as revive_graph
from graphs import troubleshooting as troubleshooting_graph
from graphs.asking import Ask, GraphName
from graphs.context import Context
from graphs.live import Live, Outcome, Parts, arrived, open_context
from graphs.nodes import Node
from graphs.runner import stop
from trivium.holding import Held
from trivium.service import Service, open_service

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")
Compiled: TypeAlias = CompiledStateGraph[Any, Any, Any, Any]
SERVICE = Held(open_service)  # a module's own: the dev server calls factories by name and keeps nothing for them


class State(inquiry_graph.State):
    """`session_id` is our conversation behind the Studio thread, `run_id` its latest run; absent at first."""

    session_id: str
    run_id: str


class ReviveState(revive_graph.State):
    """As `State`; a run that waits for a person is found again by its `run_id`."""

    session_id: str
    run_id: str


class TroubleshootingState(troubleshooting_graph.State):
    """As `ReviveState`; `alert` is the id of the alert that it is about, where the words do not name it."""

    alert: str
    session_id: str
    run_id: str


class TroubleshootingInput(troubleshooting_graph.Input):
    alert: NotRequired[str]


@asynccontextmanager
async def inquiry(runtime: ServerRuntime[Any]) -> AsyncGenerator[Compiled]:
    """The graph for one run of the dev server, or for a look at its drawing and schemas, which opens nothing."""
    drawing = StateGraph(State, input_schema=inquiry_graph.Input)
    if runtime.execution_runtime is None:
        yield inquiry_graph.draw(drawing).compile()
        return
    async with Visit(SERVICE) as visit:
        yield inquiry_graph.draw(drawing, visit.adapt).compile()


@asynccontextmanager
async def revive(runtime: ServerRuntime[Any]) -> AsyncGenerator[Compiled]:
    """As `inquiry`. Its pause is drawn by Studio; the ledger decides what an answer there is worth."""
    drawing = StateGraph(ReviveState, input_schema=revive_graph.Input)
    if runtime.execution_runtime is None:
        yield revive_graph.draw(drawing).compile()
        return
    async with Visit(SERVICE, "revive") as visit:
        yield revive_graph.draw(drawing, visit.adapt).compile()


@asynccontextmanager
async def troubleshooting(runtime: ServerRuntime[Any]) -> AsyncGenerator[Compiled]:
    """As `revive`, about one alert."""
    drawing = StateGraph(TroubleshootingState, input_schema=TroubleshootingInput)
    if runtime.execution_runtime is None:
        yield troubleshooting_graph.draw(drawing).compile()
        return
    async with Visit(SERVICE, "troubleshooting") as visit:
        yield troubleshooting_graph.draw(drawing, visit.adapt).compile()


class Visit:
    """One run that the dev server walks, node by node, while our runner carries it.

    The run's own task waits for the end of the walk, so its lease, its cancellation and its record are as any other's.
    """

    def __init__(self, held: Held[Service], graph: GraphName = "inquiry") -> None:
        self._held = held
        self._graph: GraphName = graph
        self._waits = False
        self._beginning = asyncio.Lock()
        self._live: Live | None = None
        self._context: asyncio.Future[Context] = asyncio.get_running_loop().create_future()
        self._walked: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._written: Json = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The run's end is on record; one that was left before its answer is cancelled."""
        if self._live is None or self._live.task is None:
            return
        if not self._walked.done():
            if not self._waits and (error or "answer" not in self._written):
                stop(self._live)
            else:
                self._walked.set_result(self._written)
        await asyncio.wait([self._live.task])

    def adapt(self, node: Node) -> Node:
        """The node, given the run's context in place of whatever the client sent."""

        async def step(state: Any, runtime: Runtime[Any]) -> Json:
            async with self._beginning:  # a command can set two nodes off at once
                live = self._live or await self._begin(node, state)
            context = await before_the_end(live, self._context)
            update = await self._work(live, node(state, runtime.override(context=context)))
            self._written |= update
            return {**update, "session_id": str(live.session_id), "run_id": str(live.run_id)}

        return cast("Node", step)  # it reads and writes two keys more

    async def _begin(self, node: Node, state: Json) -> Live:
        """A question begins a run; any other node belongs to a run of this person that waits, or to none."""
        service = await self._held.get()
        if node.__name__ != "understand":
            if not state.get("run_id"):
                raise Refused("A run begins with its question: ask it again.", code="invalid_question")
            actor = await service.actor(Entrance.STUDIO)
            self._written = {key: value for key, value in state.items() if key != "answer"}
            self._live = await service.runner.adopt(actor, UUID(state["run_id"]), self._walk)
            return self._live
        session, messages = state.get("session_id"), state["messages"]
        ask = Ask(
            text=str(messages[-1].text) if messages else "",
            graph=self._graph,
            session_id=UUID(session) if session else None,
            zone=service.settings.zone,
            alert=alert_of(state) if self._graph == "troubleshooting" else None,
        )
        self._live = await service.runner.start(await service.actor(Entrance.STUDIO), ask, self._walk)
        return self._live

    async def _walk(self, parts: Parts, live: Live) -> tuple[Outcome, Json]:
        context = await open_context(parts, live)
        self._context.set_result(context)
        return await arrived(live, context, await self._walked)

    async def _work(self, live: Live, work: Coroutine[Any, Any, Json]) -> Json:
        """What the node wrote; its failure is the run's, and a run that is stopped stops its node."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._note)
        try:
            return await before_the_end(live, task)
        finally:
            task.cancel()

    def _note(self, task: asyncio.Task[Json]) -> None:
        failure = None if task.cancelled() else task.exception()
        if isinstance(failure, GraphBubbleUp):
            self._waits = True
        elif failure and not self._walked.done():
            self._walked.set_exception(failure)


def alert_of(state: Json) -> UUID | None:
    """The alert that the person at Studio gave. Raises Refused for what is no id."""
    try:
        return UUID(state["alert"]) if state.get("alert") else None
    except ValueError as error:
        raise Refused(
            f"{state['alert']} is no alert id: `trivium alerts` shows them.", code="invalid_question"
        ) from error


async def before_the_end(live: Live, wanted: asyncio.Future[T]) -> T:
    """What `wanted` gives. Raises Refused when the run ends first, for example because someone cancelled it."""
    assert live.task is not None  # noqa: S101 - the runner's `start` set it
    await asyncio.wait([wanted, live.task], return_when=asyncio.FIRST_COMPLETED)
    if wanted.done():
        return wanted.result()
    error = (live.outcome.error if live.outcome else None) or {"error": "stopped", "message": "The run was stopped."}
    raise Refused(error["message"], code=error["error"])
