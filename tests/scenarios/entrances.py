"""Every entrance in one process, on one runner with the real tools: a person's question in, what they are told out.

`changing_entrances` is the same for what changes something.
"""

import io
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import mcp_types as types
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph
from mcp import Client
from pydantic import SecretStr

import tools
from agents.answer import Answer
from agents.brain import Brain, Call, Emit, Gathered, Offer, Question, Understanding
from agents.llm.registry import Models
from agents.rules import write as rules
from checkpoints.saver import PoolSaver
from config.settings import Settings
from domain.actors import Actor, Entrance
from domain.database import Pool
from domain.errors import Refused
from domain.identity import Identity
from domain.names import Directory
from graphs import inquiry, revive, troubleshooting
from graphs.approvals import Approvals
from graphs.limiter import Limiter
from graphs.live import Parts
from graphs.runner import Limits, Runner
from mcp_server.server import House, build
from tests.house import NOW, ScriptedBrain, Worker
from tests.web.entrance import KEY, QUERY, app, client, frames
from tools.call import Door
from tools.gates import Gates
from tools.metrics.tally import Tally
from tools.policy import PolicyBook
from tools.resources import NOTHING, Resources
from tools.spec import Catalogue
from trivium.asking import Manner, ask_once
from trivium.holding import Held
from trivium.portions import label_rules, models
from trivium.service import Service
from trivium.studio import State, Visit

Json: TypeAlias = dict[str, Any]
NEWEST = "select error from trivium.runs order by created_at desc limit 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an entrance said. `data` and `cut` are the tool's own, `unknown` why something could not be established;
    a `refusal` is {error, message, required_permission?, alternative?}, as far as the entrance has words for it.
    `waiting` is the confirmation that has to be decided first, `thread` where Studio would say so."""

    data: Json | None = None
    cut: str | None = None
    unknown: tuple[str, ...] = ()
    refusal: Json | None = None
    waiting: str = ""
    thread: str = field(default="", compare=False)


@dataclass(slots=True)
class AskedFor(ScriptedBrain):
    """Calls the tool that the question names, with the arguments known for it; then `after` each round, what is left.

    It writes as both real brains do: data and sources of what was gathered, and why the rest could not be established.
    """

    arguments: dict[str, Json] = field(default_factory=dict[str, Json])
    between: Callable[[], Awaitable[None]] | None = None

    async def plan(
        self,
        question: Question,
        understood: Understanding,  # noqa: ARG002
        gathered: Sequence[Gathered],
        offer: Offer,  # noqa: ARG002
    ) -> Sequence[Call]:
        names = question.text.split()
        if gathered and len(gathered) < len(names) and self.between:
            await self.between()
        return [Call(tool=name, arguments=self.arguments.get(name, {})) for name in names[len(gathered) :][:1]]

    async def write(
        self,
        question: Question,
        understood: Understanding,  # noqa: ARG002
        gathered: Sequence[Gathered],
        emit: Emit,
    ) -> Answer:
        await emit(question.text)
        return Answer(
            summary=question.text,
            data=gathered[0].result.data if gathered[0].result.supports_claims else {},
            sources=tuple(rules.source(each) for each in gathered),
            unknown=tuple(rules.failures(gathered)),
            tools_used=tuple(each.call.tool for each in gathered),
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """One runner behind every entrance. `threads` are those of Studio, which keeps them itself."""

    service: Service
    web: httpx.AsyncClient
    worker: Worker
    threads: InMemorySaver = field(default_factory=InMemorySaver)

    def acting_for(self, token: str) -> Service:
        """The service of a process that was started with this token."""
        return replace(
            self.service, settings=self.service.settings.model_copy(update={"trivium_token": SecretStr(token)})
        )


@asynccontextmanager
async def opened(
    pool: Pool,
    brain: Brain,
    catalogue: Catalogue | None = None,
    resources: Resources = NOTHING,
    clock: Callable[[], datetime] = lambda: NOW,
) -> AsyncGenerator[Opened]:
    """The house with all its tools, or those of `catalogue`; everything is closed on leaving."""
    saver = PoolSaver(pool)
    parts = Parts(
        pool=pool,
        door=Door(catalogue or tools.catalogue(), PolicyBook(pool), Gates(), worker=uuid4().hex),
        brain=lambda: brain,
        graphs={
            "inquiry": inquiry.build().compile(checkpointer=saver),
            "revive": revive.build().compile(checkpointer=saver),
            "troubleshooting": troubleshooting.build().compile(checkpointer=saver),
        },
        directory=Directory(pool),
        clock=clock,
        resources=resources,
    )
    limits = Limits(history_messages=10, limiter=Limiter(10_000))
    async with Runner(parts, limits) as running:
        worker = Worker(parts, running, Approvals(parts, running))
        async with client(app(pool, running, house=worker)) as web:
            yield Opened(service(worker), web, worker)


def service(worker: Worker) -> Service:
    settings, parts = Settings(database_url=SecretStr("postgresql://is-open-already")), worker.parts
    return Service(
        settings=settings,
        pool=parts.pool,
        saver=PoolSaver(parts.pool),
        identity=Identity(parts.pool, KEY),
        directory=parts.directory,
        door=parts.door,
        runner=worker.runner,
        approvals=worker.approvals,
        resources=parts.resources,
        sources=cast("Any", None),
        remote=cast("Any", None),
        queried=Tally(),
        models=Models(parts.pool, models(settings), AsyncExitStack()),
        labels=label_rules(settings),
        streams=None,
        key=KEY,
    )


def of_answer(answer: Json, sources: str = "sources", refusal: Json | None = None) -> Told:
    return Told(
        data=answer["data"],
        cut=answer[sources][0]["cut"],
        unknown=tuple(item["why"] for item in answer["unknown"]),
        refusal=refusal,
    )


async def by_json(house: Opened, token: str, question: str) -> Told:
    response = await house.web.post(QUERY, json={"query": question}, headers={"Authorization": f"Bearer {token}"})
    body = response.json()
    assert response.status_code == (403 if "error" in body else 200)
    return Told(refusal=body) if "error" in body else of_answer(body["answer"], "evidence")


async def by_sse(house: Opened, token: str, question: str) -> Told:
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    response = await house.web.post(QUERY, json={"query": question}, headers=headers)
    if response.status_code != 200:
        return Told(refusal=response.json())
    _, kind, event = frames(response.text)[-1]
    if kind == "error":
        assert event.pop("status") == "failed"
        del event["run_id"]
        return Told(refusal=event)
    assert kind == "complete"
    return of_answer(event["answer"], "evidence")


async def by_mcp(house: Opened, token: str, question: str) -> Told:
    async with mcp_host(house, token) as host:
        result = await host.call_tool("ask", {"question": question})
    block = result.content[0]
    assert isinstance(block, types.TextContent)
    if result.is_error:
        return Told(refusal={"message": block.text})
    return of_answer(cast("Json", result.structured_content)["answer"])


def mcp_host(house: Opened, token: str) -> Client:
    """An MCP client in whose process the server acts for the holder of the token; nobody sits at it."""
    service = house.acting_for(token)

    async def identify() -> Actor:
        return await service.actor(Entrance.MCP)

    async def open_house() -> House:
        return House(runner=service.runner, approvals=service.approvals, identify=identify, zone=ZoneInfo("UTC"))

    return Client(build(open_house))


async def by_command_line(house: Opened, token: str, question: str) -> Told:
    with redirect_stdout(io.StringIO()) as printed:
        try:
            code = await ask_once(house.acting_for(token), question, Manner("json"))
        except Refused as refusal:
            return Told(refusal=in_words(refusal))
    answer = json.loads(printed.getvalue())
    assert (code, answer["status"]) in ((0, "completed"), (3, "failed"))
    return of_answer(answer, refusal=answer["error"])


async def by_script(house: Opened, token: str, question: str) -> Told:
    try:
        answer = await house.acting_for(token).ask(question)
    except Refused as refusal:
        return Told(refusal=in_words(refusal))
    return of_answer(answer.as_json())


async def by_studio(house: Opened, token: str, question: str) -> Told:
    """As the dev server walks it; how the run stands afterwards is our own record."""
    acting = house.acting_for(token)
    try:
        answer = await walked(acting, question)
    except Refused as refusal:
        return Told(refusal=in_words(refusal))
    async with acting.pool.connection() as db:
        run = await (await db.execute(NEWEST)).fetchone()
    return of_answer(answer, refusal=run and run["error"])


async def walked(acting: Service, question: str) -> Json:
    @asynccontextmanager
    async def opening() -> AsyncGenerator[Service]:
        yield acting

    async with Held(opening) as held, Visit(held) as visit:
        drawing = StateGraph(State, input_schema=inquiry.Input)
        graph: Any = inquiry.draw(drawing, visit.adapt).compile()
        state = await graph.ainvoke({"messages": [HumanMessage(question)]})
    return state["answer"]


def in_words(refusal: Refused) -> Json:
    return {
        "error": refusal.code,
        "message": str(refusal),
        "required_permission": refusal.permission,
        "alternative": refusal.alternative,
    }


ENTRANCES: dict[str, tuple[str, Callable[[Opened, str, str], Awaitable[Told]]]] = {
    "HTTP": ("http", by_json),
    "SSE": ("http", by_sse),
    "MCP": ("mcp", by_mcp),
    "command line": ("cli", by_command_line),
    "Studio": ("studio", by_studio),
    "script": ("script", by_script),
}
