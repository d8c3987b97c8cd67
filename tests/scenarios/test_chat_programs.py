"""Chat programs against a real server: OpenAI's own client, and the requests of two programs that people run."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, cast

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from domain.database import Pool
from tests.house import ScriptedBrain, worker
from tests.model_server import Text, Use
from tests.scenarios.model_house import QUESTION, RANGE, fill, house
from tests.web.changes import World, making
from tests.web.entrance import app, listening, person, token
from tests.web.test_web_completions import joined, pieces

pytestmark = pytest.mark.slow
Json: TypeAlias = dict[str, Any]
SCOPES = ("inquiry", "troubleshooting", "revive")
LIBRECHAT = {
    "model": "trivium",
    "temperature": 1,
    "top_p": 1,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "user": "65f0c0ffee",
    "stream": True,
    "messages": [
        {"role": "system", "content": "You are a helpful assistant.", "name": "Preset"},
        {"role": "user", "content": [{"type": "text", "text": "one"}]},
    ],
}
OPEN_WEBUI = {
    "stream": True,
    "model": "trivium",
    "messages": [{"role": "system", "content": "Current date: 2026-11-20"}, {"role": "user", "content": "one"}],
    "stream_options": {"include_usage": True},
    "tool_choice": "auto",
    "max_completion_tokens": 1000,
    "seed": 42,
    "stop": ["<|end|>"],
}


def messages(*texts: str) -> list[ChatCompletionMessageParam]:
    told = [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]
    return cast("list[ChatCompletionMessageParam]", told)


@asynccontextmanager
async def opened(pool: Pool, world: World, brain: ScriptedBrain, key: str | None = None) -> AsyncGenerator[AsyncOpenAI]:
    """The client of openai-python at a real server, signed with our token as its key."""
    async with worker(pool, world.spec(), brain=brain) as running, listening(
        app(pool, running.runner, house=running)
    ) as web:  # fmt: skip
        key = key or token("ann", roles=("admin",), scopes=SCOPES)
        async with AsyncOpenAI(base_url=f"{web.base_url}/v1", api_key=key, max_retries=0) as client:
            yield client


async def test_openais_client_talks_to_trivium_and_approves_a_change(pool: Pool) -> None:
    """EP-16, CF-03: list, whole, streamed, and a word on a change."""
    world = World()
    async with opened(pool, world, making("checkout")) as client:
        names = [model.id async for model in client.models.list()]
        one = await client.models.retrieve("trivium")
        asked = await client.chat.completions.create(model="trivium-revive", messages=messages("make it"))
        card = asked.choices[0].message.content or ""
        short = re.findall(r"`(approve \w+)`", card)[0]
        stream = await client.chat.completions.create(
            model="trivium-revive",
            messages=messages("make it", card, short),
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    assert names == ["trivium", "trivium-inquiry", "trivium-troubleshooting", "trivium-revive"]
    assert (one.id, one.owned_by) == ("trivium", "trivium")
    assert (asked.object, asked.choices[0].finish_reason) == ("chat.completion", "stop")
    assert world.made == ["checkout"]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "make it: 1 results." in text
    assert chunks[-1].usage
    assert chunks[-2].choices[0].finish_reason == "stop"


async def test_openais_client_raises_the_error_that_it_knows(pool: Pool) -> None:
    async with opened(pool, World(), ScriptedBrain(), key="nonsense") as client:
        with pytest.raises(openai.AuthenticationError, match="token"):
            await client.models.list()
    async with opened(pool, World(), ScriptedBrain(), token(scopes=("inquiry",))) as client:
        ask = client.chat.completions.create
        with pytest.raises(openai.NotFoundError, match="There is no model 'gpt-4o'"):
            await ask(model="gpt-4o", messages=messages("one"))
        with pytest.raises(openai.PermissionDeniedError, match="does not reach revive"):
            await ask(model="trivium-revive", messages=messages("one"))
        with pytest.raises(openai.BadRequestError, match="one answer") as refused:
            await ask(model="trivium", messages=messages("one"), n=2)
    assert (refused.value.code, refused.value.param) == ("validation_error", "n")


@pytest.mark.parametrize("body", [LIBRECHAT, OPEN_WEBUI], ids=["LibreChat", "Open WebUI"])
async def test_what_two_chat_programs_send_is_answered_as_a_stream(pool: Pool, body: Json) -> None:
    async with worker(pool) as running, listening(app(pool, running.runner, house=running)) as web:
        web.headers.update(person("ann", "admin"))
        response = await web.post("/v1/chat/completions", json=body)
    assert response.status_code == 200
    assert response.text.startswith('data: {"id":"chatcmpl-')
    assert response.text.endswith("data: [DONE]\n\n")
    assert "could not be" not in response.text


async def test_the_text_of_a_model_is_streamed_once_with_its_evidence(pool: Pool) -> None:
    """The words come as the model says them; what was checked afterwards follows without saying them again."""
    truth = await fill(pool)
    said = truth.sentence.replace("[e2]", "[e1]")
    steps = (Use("query_alerts_history", {"service": "checkout", "time_range": RANGE}), Text(said), Text(said))
    async with house(pool, *steps) as opened_house:
        body = {"model": "trivium-inquiry", "stream": True, "messages": messages(QUESTION)}
        response = await opened_house.web.post("/v1/chat/completions", json=body)
    text = joined(pieces(response.text))
    assert text.count(f"checkout fired {truth.total} alerts") == 1
    assert "**Evidence**" in text
    assert "answered by a model, " in text
