"""Registered MCP servers as the front hall wires them: opened with the service, looked at beside it, missed aloud."""

import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from agents.answer import Answer
from agents.brain import Call, Emit, Gathered, Question, Understanding
from config.settings import Settings
from domain import mcp_servers
from domain.actors import Actor
from domain.database import Pool
from domain.errors import SourceError
from graphs.asking import Ask
from tests.house import ScriptedBrain, actor, tool_context
from tests.mcp_world import PROGRAM
from tests.model_server import Text, Use, scripted
from tests.tools.remote_world import (
    MUTE,
    NOWHERE,
    decide,
    failing,
    ready,
    registered,
    remote_house,
    remote_tools,
)
from tests.web.entrance import QUERY, client, parts_of, person
from tools.remote import RemoteTools
from trivium import probes
from trivium.service import Service, open_service
from trivium.shortfall import ALONE, Candid
from web.app import build

PODS = "k8s__pods_list"


def settings(pool: Pool, **given: Any) -> Settings:
    return Settings(database_url=SecretStr(str(pool.conninfo)), mcp_stdio_commands=(PROGRAM[0],), **given)


@asynccontextmanager
async def opened(pool: Pool, **given: Any) -> AsyncGenerator[tuple[Service, Actor]]:
    """The service as `trivium serve` opens it, and its admin Ann; a server k8s whose pods may be listed is there."""
    ann = await actor(pool, "admin", name="ann")
    async with remote_tools(pool) as remote:
        server = await ready(remote, ann)
        await decide(pool, ann, server, "pods_list", "read", ("inquiry", "troubleshooting", "revive"))
    async with open_service(settings(pool, **given)) as service:
        yield service, ann


async def test_a_registered_servers_tool_answers_through_the_services_door(pool: Pool) -> None:
    """TS-22, MC-06: one catalogue of our own tools, in their order, and behind them those of servers."""
    async with opened(pool) as (service, ann):
        context = await tool_context(pool, ann)
        result = await service.door.call(context, PODS, {"namespace": "shop", "limit": 1})
        names = list(service.door.catalogue)
        offered = [spec.name for spec in await service.door.offer(context, -2)]
    assert (result.status, result.source, result.data["result"]["namespace"]) == ("ok", "mcp:k8s", "shop")
    assert names[-1] == offered[-1] == PODS
    assert names.count(PODS) == 1


async def test_servers_that_hang_or_are_not_there_neither_slow_the_start_nor_hide_anything(pool: Pool) -> None:
    """MC-07, MC-12: nobody is spoken to before a tool of theirs is called."""
    ann = await actor(pool, "admin", name="ann")
    for name, place in (("mute", MUTE), ("nowhere", NOWHERE)):
        server = await registered(pool, ann, name, place)
        async with pool.connection() as db:
            await db.execute("update trivium.mcp_servers set status = 'healthy' where id = %(id)s", {"id": server.id})
    async with opened(pool) as (service, _):
        context = await tool_context(pool, ann)
        assert (await service.door.call(context, PODS, {})).status == "ok"
        assert (await service.door.call(context, "get_event_count", {})).status in ("ok", "empty")
        await failing(pool, (await everyone(pool))["k8s"], 3)
        with pytest.raises(SourceError, match="k8s is unhealthy"):
            await probes.ask_servers(pool)


async def everyone(pool: Pool) -> dict[str, mcp_servers.McpServer]:
    async with pool.connection() as db:
        return {server.name: server for server in await mcp_servers.everyone(db)}


def test_a_question_on_the_command_line_does_not_pay_for_the_mcp_sdk() -> None:
    code = "import sys, trivium.service, trivium.asking; sys.exit('mcp.client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
async def test_a_model_is_shown_the_tools_of_a_server_that_the_question_speaks_of(pool: Pool) -> None:
    """TS-22: with a model, a question about pods is answered by the cluster's own server."""
    use = Use(PODS, {"namespace": "default"})
    with scripted(use, Text("2 pods run [e1].")) as model:
        given = {"llm_base_url": model.base_url, "llm_model": "scripted"}
        async with opened(pool, **given) as (service, _):
            parts = parts_of(service.pool, service.runner, directory=service.directory)
            async with client(build(replace(parts, door=service.door))) as web:
                asked = {"query": "Which pods of the k8s cluster are not ready?"}
                body = (await web.post(QUERY, json=asked, headers=person("eng", "engineer"))).json()
        offered = [tool["function"]["name"] for tool in model.requests[0]["tools"]]
    assert PODS in offered[:4]
    assert PODS in body["tools_used"]


class Unsure(ScriptedBrain):
    """Writes as a model does."""

    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer:
        return replace(await super().write(question, understood, gathered, emit), brain="model")


async def notes(remote: RemoteTools, ann: Actor, brain: ScriptedBrain, *, is_alone: bool = True) -> tuple[str, ...]:
    async with remote_house(remote, Candid(brain, remote, is_alone)) as house:
        outcome = await house.runner.ask(ann, Ask(text="How are the pods?"))
    assert outcome.answer
    return outcome.answer.notes


async def test_an_answer_says_what_it_had_to_do_without(pool: Pool) -> None:
    """MC-12: none at all where something failed for it, and a server that was away where it could have been used."""
    ann, looking = await actor(pool, "admin", name="ann"), ScriptedBrain(rounds=[[Call(tool=PODS, arguments={})]])
    async with remote_tools(pool) as remote:
        await remote.reload()
        assert await notes(remote, ann, ScriptedBrain()) == ()
        assert await notes(remote, ann, looking) == (ALONE,)
        assert await notes(remote, ann, looking, is_alone=False) == ()
        server = await ready(remote, ann)
        await decide(pool, ann, server, "pods_list")
        await remote.reload()
        assert await notes(remote, ann, looking) == ()
        await failing(pool, server, 3)
        await remote.reload()
        away = ("Tools of the MCP server k8s were away.",)
        assert await notes(remote, ann, ScriptedBrain()) == (), "what was asked for was there"
        assert await notes(remote, ann, looking) == away
        assert await notes(remote, ann, Unsure()) == away, "a model chose among fewer tools"


@pytest.mark.parametrize("value", ["npx -y k8s-mcp", "/usr/bin/k8s-mcp, sh", "/usr/bin/'k8s"])
def test_programs_are_named_by_their_whole_path(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MCP_STDIO_COMMANDS", value)
    with pytest.raises(ValidationError):
        Settings.read()
