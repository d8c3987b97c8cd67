"""A scripted OpenAI-compatible endpoint over real HTTP: each request to it takes the next step of a scenario.

with scripted(Use("query_alerts", {"service": "checkout"}), Text("47 alerts [e1].")) as server:
    ...  # a client at server.base_url; what it sent is in server.requests
"""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Json: TypeAlias = dict[str, Any]

FRAME: Json = {"id": "chatcmpl-1", "created": 1, "model": "scripted"}
STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Text:
    """A reply in words; streamed word by word, with `pause_seconds` before each, and broken off after `cut` words."""

    text: str
    pause_seconds: float = 0
    cut: int | None = None
    tokens: int = 18


@dataclass(frozen=True, slots=True)
class Use:
    """One tool call; a `str` is sent as the arguments as it stands, also when it is not JSON."""

    tool: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict[str, Any])
    id: str = ""


@dataclass(frozen=True, slots=True)
class Uses:
    """Several tool calls in one reply."""

    calls: tuple[Use, ...]
    tokens: int = 18


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of the endpoint. `retry_after_seconds` also keeps the client's own retry short."""

    status: int
    message: str = "scripted failure"
    code: str = ""
    retry_after_seconds: float | None = 0.001


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer at all, until the client goes away or `seconds` have passed."""

    seconds: float = 10


@dataclass(frozen=True, slots=True)
class Page:
    """Something that is no completion, with status 200: by default the sign-in page of a proxy."""

    body: str = "<html><body>Sign in to continue</body></html>"
    media_type: str = "text/html"


Step: TypeAlias = Text | Use | Uses | Failure | Hang | Page


@dataclass(slots=True)
class ModelServer:
    """`requests` are the bodies as received, in order. A request past the last step is answered with 400."""

    base_url: str
    steps: list[Step]
    requests: list[Json] = field(default_factory=list[Json])
    headers: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])

    async def chat(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        step = self.steps.pop(0) if self.steps else Failure(400, "the scenario is over")
        match step:
            case Failure():
                return refusal(step)
            case Hang():
                await gone(request, step.seconds)
                return Response(status_code=504)
            case Page():
                return HTMLResponse(step.body, media_type=step.media_type)
            case Use():
                return reply(Uses((step,)), body)
            case Text() | Uses():
                return reply(step, body)


def refusal(step: Failure) -> Response:
    seconds = step.retry_after_seconds
    headers = {} if seconds is None else {"retry-after": str(round(seconds)), "retry-after-ms": str(seconds * 1000)}
    error = {"message": step.message, "type": "scripted", "param": None, "code": step.code or str(step.status)}
    return JSONResponse({"error": error}, step.status, headers=headers)


async def gone(request: Request, seconds: float) -> None:
    """Returns when the client has closed the connection, or after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


def reply(step: Text | Uses, body: Json) -> Response:
    """A stream tells its usage only when asked to, as the real ones do."""
    if body.get("stream"):
        counted = "include_usage" in body.get("stream_options", {})
        return StreamingResponse(events(step, counted=counted), media_type="text/event-stream")
    choice = {"index": 0, "message": message(step), "finish_reason": finish(step), "logprobs": None}
    return JSONResponse({**FRAME, "object": "chat.completion", "choices": [choice], "usage": usage(step)})


def message(step: Text | Uses) -> Json:
    if isinstance(step, Text):
        return {"role": "assistant", "content": step.text}
    return {"role": "assistant", "content": None, "tool_calls": tool_calls(step.calls)}


def tool_calls(calls: Sequence[Use]) -> list[Json]:
    return [
        {
            "index": index,
            "id": call.id or f"call_{index}",
            "type": "function",
            "function": {"name": call.tool, "arguments": written(call.arguments)},
        }
        for index, call in enumerate(calls)
    ]


def written(arguments: Mapping[str, Any] | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(dict(arguments))


def finish(step: Text | Uses) -> str:
    return "stop" if isinstance(step, Text) else "tool_calls"


def usage(step: Text | Uses) -> Json:
    return {"prompt_tokens": step.tokens - 1, "completion_tokens": 1, "total_tokens": step.tokens}


async def events(step: Text | Uses, *, counted: bool) -> AsyncGenerator[bytes]:
    """The reply as server-sent events. Breaking off raises, so that the connection ends before the body does."""
    yield event({"role": "assistant", "content": ""})
    if isinstance(step, Uses):
        yield event({"tool_calls": tool_calls(step.calls)})
    else:
        for number, word in enumerate(step.text.split(" ")):
            if number == step.cut:
                raise ConnectionAbortedError("the scenario breaks off here")
            await asyncio.sleep(step.pause_seconds)
            yield event({"content": word if number == 0 else f" {word}"})
    yield event({}, finish(step))
    if counted:
        yield sse({**FRAME, "object": "chat.completion.chunk", "choices": [], "usage": usage(step)})
    yield b"data: [DONE]\n\n"


def event(delta: Json, finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
    return sse({**FRAME, "object": "chat.completion.chunk", "choices": [choice]})


def sse(data: Json) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


@contextmanager
def scripted(*steps: Step) -> Generator[ModelServer]:
    """A server on a free loopback port, in a thread of its own; it is gone when the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = ModelServer(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1", steps=list(steps))
        app = Starlette(routes=[Route("/v1/chat/completions", served.chat, methods=["POST"])])
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="model-server")
        thread.start()
        try:
            yield served  # the listener queues connections made before the thread accepts them
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)
            assert not thread.is_alive(), "the model server did not stop"
