"""A language model that answers at once, over real HTTP: `python -m bench.instant PORT`.

It asks for one tool, and answers from it when the conversation has the tool's result; streamed when asked to.
"""

import sys
from collections.abc import Iterator
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

TOOL = "get_event_count"
ARGUMENTS = '{"time_range": {"start": "2026-11-19T12:00:00Z", "end": "2026-11-20T12:00:00Z"}}'
ANSWER = "No events in the last 24 hours [e1]."
CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": TOOL, "arguments": ARGUMENTS}}
USAGE = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}


async def complete(request: Request) -> Response:
    body: dict[str, Any] = orjson.loads(await request.body())
    told = any(message["role"] == "tool" for message in body["messages"])
    if body.get("stream"):
        return StreamingResponse(frames(told=told), media_type="text/event-stream")
    choices = [{"index": 0, "message": reply(told=told), "finish_reason": reason(told=told)}]
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "instant", "choices": choices}
    return JSONResponse({**whole, "usage": USAGE})


def reply(*, told: bool) -> dict[str, Any]:
    return {"role": "assistant", "content": ANSWER} if told else {"role": "assistant", "tool_calls": [CALL]}


def reason(*, told: bool) -> str:
    return "stop" if told else "tool_calls"


def frames(*, told: bool) -> Iterator[bytes]:
    yield frame([{"index": 0, "delta": reply(told=told), "finish_reason": None}])
    yield frame([{"index": 0, "delta": {}, "finish_reason": reason(told=told)}])
    yield frame([], usage=USAGE)
    yield b"data: [DONE]\n\n"


def frame(choices: list[dict[str, Any]], **more: Any) -> bytes:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "instant", "choices": choices, **more}
    return b"data: " + orjson.dumps(chunk) + b"\n\n"


async def models(_: Request) -> Response:
    return JSONResponse({"object": "list", "data": [{"id": "instant", "object": "model"}]})


app = Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"]), Route("/v1/models", models)])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
