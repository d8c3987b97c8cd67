"""Every entrance for what changes something: a request in, then a person's word on what waits for it."""

import io
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import replace
from typing import Any, Literal, TypeAlias, cast
from uuid import UUID, uuid4

import mcp_types as types
from langchain_core.messages import HumanMessage
from langgraph.graph import StateGraph
from langgraph.types import Command

from domain.actors import Actor, Entrance
from domain.errors import Refused
from graphs import revive
from graphs.asking import Ask
from graphs.live import Outcome
from tests.scenarios.entrances import NEWEST, Json, Opened, Told, in_words, mcp_host
from tests.web.changes import CONFIRM, MESSAGE, STREAM
from tests.web.entrance import frames
from tools.decisions import Verdict
from trivium import changing
from trivium.holding import Held
from trivium.service import Service
from trivium.studio import ReviveState, Visit

Word: TypeAlias = Literal["approve", "reject"]
Want: TypeAlias = Callable[[Opened, str, str], Awaitable[Told]]
Decide: TypeAlias = Callable[[Opened, str, Told, Word], Awaitable[Told]]


def of_answer(answer: Json, refusal: Json | None = None) -> Told:
    """The tool's own data, without how its confirmation stands."""
    if refusal:
        return Told(refusal=refusal)
    data = {key: value for key, value in answer["data"].items() if key != "confirmation"}
    return Told(data=data, unknown=tuple(item["why"] for item in answer["unknown"]))


def signed(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **more}


async def want_by_json(house: Opened, token: str, request: str) -> Told:
    body = (await house.web.post(MESSAGE, json={"message": request}, headers=signed(token))).json()
    if "error" in body:
        return Told(refusal=body.get("error") if "response" in body else body)
    card = body["response"].get("action_required")
    return Told(waiting=card["confirmation_id"]) if card else of_answer(body["response"]["answer"])


async def decide_by_json(house: Opened, token: str, told: Told, word: Word) -> Told:
    response = await house.web.post(f"{CONFIRM}/{told.waiting}", json={"action": word}, headers=signed(token))
    body = response.json()
    if response.status_code != 200:
        return Told(refusal=body)
    result = body.get("result")
    assert not result or result["success"]
    return Told(data={"resource": result["resource"]} if result else {})


def of_stream(text: str) -> Told:
    _, kind, event = frames(text)[-1]
    if kind == "confirmation_required":
        return Told(waiting=event["confirmation_id"])
    if kind == "complete":
        return of_answer(event["answer"])
    assert (kind, event.pop("status")) == ("error", "failed")
    del event["run_id"]
    return Told(refusal=event)


async def want_by_sse(house: Opened, token: str, request: str) -> Told:
    response = await house.web.post(MESSAGE, json={"message": request}, headers=signed(token, **STREAM))
    return of_stream(response.text) if response.status_code == 200 else Told(refusal=response.json())


async def decide_by_sse(house: Opened, token: str, told: Told, word: Word) -> Told:
    headers = signed(token, **STREAM)
    response = await house.web.post(f"{CONFIRM}/{told.waiting}", json={"action": word}, headers=headers)
    return of_stream(response.text) if response.status_code == 200 else Told(refusal=response.json())


def of_result(result: Any) -> Told:
    """What an MCP tool's result says; a refusal is text."""
    block = result.content[0]
    assert isinstance(block, types.TextContent)
    if result.is_error:
        return Told(refusal={"message": block.text})
    body = cast("Json", result.structured_content)
    waiting = body.get("confirmation")
    return Told(waiting=waiting["confirmation_id"]) if waiting else of_answer(body["answer"])


async def want_by_mcp(house: Opened, token: str, request: str) -> Told:
    async with mcp_host(house, token) as host:
        return of_result(await host.call_tool("revive", {"request": request}))


async def decide_by_mcp(house: Opened, token: str, told: Told, word: Word) -> Told:
    async with mcp_host(house, token) as host:
        said = {"confirmation_id": told.waiting, "decision": word, "wait_seconds": 2}
        result = await host.call_tool("confirm", said)
        while (result.structured_content or {}).get("status") == "running":
            run = {"run_id": cast("Json", result.structured_content)["run_id"], "wait_seconds": 2}
            result = await host.call_tool("get_run", run)
        return of_result(result)


def printed(outcome: Outcome) -> Told:
    """What `trivium revive --json` prints of it, and its exit code."""
    with redirect_stdout(io.StringIO()) as output:
        code = changing.told(outcome, changing.Manner(as_json=True))
    body = json.loads(output.getvalue())
    if code == changing.WAITS:
        return Told(waiting=body["action_required"]["confirmation_id"])
    assert (code, body["status"]) in ((0, "completed"), (1, "rejected"), (3, "failed"))
    return of_answer(body, body["error"])


async def want_by_command_line(house: Opened, token: str, request: str) -> Told:
    acting = house.acting_for(token)
    try:
        return printed(await asked(acting, await acting.actor(Entrance.CLI), request))
    except Refused as refusal:
        return Told(refusal=in_words(refusal))


async def decide_by_command_line(house: Opened, token: str, told: Told, word: Word) -> Told:
    acting = house.acting_for(token)
    actor = await acting.actor(Entrance.CLI)
    waiting = await acting.approvals.fetch(actor, UUID(told.waiting))
    assert waiting.run_id
    run = Outcome(run_id=waiting.run_id, session_id=waiting.session_id, status="awaiting_confirmation", waiting=waiting)
    return printed(await changing.decided(acting, actor, run, Verdict(action=word)))


async def want_by_script(house: Opened, token: str, request: str) -> Told:
    acting = house.acting_for(token)
    try:
        outcome = await asked(acting, await acting.actor(Entrance.SCRIPT), request)
    except Refused as refusal:
        return Told(refusal=in_words(refusal))
    return of_outcome(outcome)


async def decide_by_script(house: Opened, token: str, told: Told, word: Word) -> Told:
    acting = house.acting_for(token)
    actor = await acting.actor(Entrance.SCRIPT)
    said = await acting.approvals.decide(actor, UUID(told.waiting), Verdict(action=word))
    outcome = await acting.runner.finished(said.live) if said.live else None
    assert outcome
    return of_outcome(outcome)


def of_outcome(outcome: Outcome) -> Told:
    if outcome.waiting:
        return Told(waiting=str(outcome.waiting.id))
    return of_answer(outcome.answer.as_json() if outcome.answer else {}, outcome.error)


async def asked(service: Service, actor: Actor, request: str) -> Outcome:
    return await service.runner.ask(actor, Ask(text=request, graph="revive"))


async def want_by_studio(house: Opened, token: str, request: str) -> Told:
    thread = uuid4().hex
    try:
        told = await walked(house, token, thread, {"messages": [HumanMessage(request)]})
    except Refused as refusal:
        return Told(refusal=in_words(refusal))
    return replace(told, thread=thread)


async def decide_by_studio(house: Opened, token: str, told: Told, word: Word) -> Told:
    answer = {"confirmation_id": told.waiting, "decisions": [{"type": word}]}
    return await walked(house, token, told.thread, Command(resume=answer))


async def walked(house: Opened, token: str, thread: str, given: Any) -> Told:
    """As the dev server walks it; how the run stands afterwards is our own record."""
    acting = house.acting_for(token)

    @asynccontextmanager
    async def opening() -> AsyncGenerator[Service]:
        yield acting

    async with Held(opening) as held, Visit(held, "revive") as visit:
        drawing = StateGraph(ReviveState, input_schema=revive.Input)
        graph: Any = revive.draw(drawing, visit.adapt).compile(checkpointer=house.threads)
        state = await graph.ainvoke(given, {"configurable": {"thread_id": thread}})
    if pause := state.get("__interrupt__"):
        return Told(waiting=pause[0].value["confirmation_id"])
    async with acting.pool.connection() as db:
        run = await (await db.execute(NEWEST)).fetchone()
    return of_answer(state["answer"], run and run["error"])


CHANGING: dict[str, tuple[Want, Decide]] = {
    "HTTP": (want_by_json, decide_by_json),
    "SSE": (want_by_sse, decide_by_sse),
    "MCP": (want_by_mcp, decide_by_mcp),
    "command line": (want_by_command_line, decide_by_command_line),
    "Studio": (want_by_studio, decide_by_studio),
    "script": (want_by_script, decide_by_script),
}
