"""A language model that takes its time, over real HTTP: `python -m bench.talker PORT WORDS MILLISECONDS`.

It proposes the runbook that a request names ("word=WORD"), else asks for one tool and then tells an answer of so many
words, one every so many milliseconds.
"""

import asyncio
import re
import sys
from collections.abc import AsyncGenerator
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bench.instant import ARGUMENTS, TOOL, USAGE, frame, models

BEGINS = "No events in the last 24 hours [e1]. "
WORD = re.compile(r"run the runbook ([a-z-]+) with word=(\w+)")


def call(name: str, arguments: str) -> dict[str, Any]:
    return {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}


def wanted(messages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The tool that is asked for now; None when it is time to answer."""
    if any(message["role"] == "tool" for message in messages):
        return None
    said = " ".join(str(message.get("content")) for message in messages if message["role"] == "user")
    if found := WORD.findall(said):
        runbook, word = found[-1]
        given = {"runbook": runbook, "parameters": {"word": word}, "reason": "chaos asks for it"}
        return call("execute_runbook", orjson.dumps(given).decode())
    return call(TOOL, ARGUMENTS)


def build(words: int, seconds: float) -> Starlette:
    pieces = [BEGINS, *(f"word{'abcdefghij'[number % 10]} " for number in range(words))]

    async def complete(request: Request) -> Response:
        body: dict[str, Any] = orjson.loads(await request.body())
        tool = wanted(body["messages"])
        if body.get("stream"):
            return StreamingResponse(told(tool), media_type="text/event-stream")
        message = {"role": "assistant", "tool_calls": [tool]} if tool else {"role": "assistant", "content": BEGINS}
        choices = [{"index": 0, "message": message, "finish_reason": "tool_calls" if tool else "stop"}]
        whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "talker", "choices": choices}
        return JSONResponse({**whole, "usage": USAGE})

    async def told(tool: dict[str, Any] | None) -> AsyncGenerator[bytes]:
        if tool:
            yield frame([{"index": 0, "delta": {"role": "assistant", "tool_calls": [tool]}, "finish_reason": None}])
        for piece in () if tool else pieces:
            yield frame([{"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}])
            await asyncio.sleep(seconds)
        yield frame([{"index": 0, "delta": {}, "finish_reason": "tool_calls" if tool else "stop"}])
        yield frame([], usage=USAGE)
        yield b"data: [DONE]\n\n"

    return Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"]), Route("/v1/models", models)])


if __name__ == "__main__":
    app = build(int(sys.argv[2]), int(sys.argv[3]) / 1000)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
