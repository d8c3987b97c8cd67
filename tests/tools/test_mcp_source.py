import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import orjson
import pytest

from domain.errors import SourceError
from tools.sources import failures, mcp
from tools.sources.mcp import McpServer

pytestmark = pytest.mark.slow

SECRET = "glsa_" + "a1B2" * 8
Handler = Callable[[httpx.Request], Any]


def server(handler: Handler, *, request_seconds: float = 5) -> McpServer:
    http = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    return McpServer(
        name="grafana",
        url="http://mcp.test/mcp",
        token="caller",
        connect_seconds=1,
        request_seconds=request_seconds,
        http=http,
    )


def answering(result: Any) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": orjson.loads(request.content)["id"], "result": result})

    return handle


def text(value: str, **more: Any) -> Handler:
    return answering({"content": [{"type": "text", "text": value}], **more})


async def call(handler: Handler, *, request_seconds: float = 5) -> Any:
    return await server(handler, request_seconds=request_seconds).call("do", {"a": 1}, deadline_seconds=5)


@pytest.mark.parametrize(
    ("said", "value"),
    [('{"a": [1]}', {"a": [1]}), ("null", None), ("[]", []), ("plain words", "plain words"), ("", None)],
)
async def test_a_result_is_the_json_value_of_its_text_or_the_text(said: str, value: Any) -> None:
    assert await call(text(said)) == value


async def test_a_result_without_text_is_its_structured_content() -> None:
    assert await call(answering({"content": [], "structuredContent": {"deeplink": "x"}})) == {"deeplink": "x"}


async def test_an_answer_may_come_as_an_event_stream_with_messages_before_it() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        number = orjson.loads(request.content)["id"]
        progress = orjson.dumps({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}}).decode()
        answer = {"jsonrpc": "2.0", "id": number, "result": {"content": [{"type": "text", "text": "7"}]}}
        body = f"event: message\ndata: {progress}\n\nevent: message\ndata: {orjson.dumps(answer).decode()}\n\n"
        return httpx.Response(200, text=body, headers={"content-type": "text/event-stream"})

    assert await call(handle) == 7


async def test_a_call_is_one_post_with_the_callers_token_and_its_own_headers() -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return text("1")(request)

    mine = server(handle)
    await mine.call("do", {"a": 1}, deadline_seconds=5, headers={"X-Grafana-Org-Id": "9"})
    await mine.call("do", {"a": 2}, deadline_seconds=5)
    assert [request.headers["authorization"] for request in seen] == ["Bearer caller"] * 2
    assert [request.headers.get("x-grafana-org-id") for request in seen] == ["9", None]
    bodies = [orjson.loads(request.content) for request in seen]
    assert [(body["method"], body["params"]) for body in bodies] == [
        ("tools/call", {"name": "do", "arguments": {"a": 1}}),
        ("tools/call", {"name": "do", "arguments": {"a": 2}}),
    ]
    assert bodies[0]["id"] != bodies[1]["id"]


async def test_many_calls_at_once_each_get_their_own_answer() -> None:
    async def handle(request: httpx.Request) -> httpx.Response:
        asked = orjson.loads(request.content)["params"]["arguments"]["a"]
        await asyncio.sleep(0)
        return text(str(asked))(request)

    mine = server(handle)
    answers = await asyncio.gather(*(mine.call("do", {"a": n}, deadline_seconds=5) for n in range(200)))
    assert answers == list(range(200))


def replying(status: int, body: bytes | str, kind: str = "text/plain") -> Handler:
    return lambda _: httpx.Response(status, content=body, headers={"content-type": kind})


def failing(error: Exception) -> Handler:
    def handle(_: httpx.Request) -> httpx.Response:
        raise error

    return handle


def rejecting(code: int, message: str) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        number = orjson.loads(request.content)["id"]
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}})

    return handle


async def cut_short(request: httpx.Request) -> httpx.Response:
    class Breaking(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncGenerator[bytes]:
            yield b'{"jsonrpc"'
            raise httpx.ReadError("connection reset", request=request)

    return httpx.Response(200, stream=Breaking(), headers={"content-type": "application/json"})


async def never(_: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


# what goes wrong, then: status, worth another try, may have been done all the same, a word of the message
FAULTS: list[tuple[Handler, int | None, bool, bool, str]] = [
    (failing(httpx.ConnectError("connection refused")), None, True, False, "cannot be reached"),
    (failing(httpx.ConnectTimeout("")), None, True, False, "cannot be reached"),
    (failing(httpx.PoolTimeout("")), None, True, False, "cannot be reached"),
    (failing(httpx.ReadTimeout("")), None, True, True, "did not answer"),
    (failing(httpx.RemoteProtocolError("server disconnected")), None, True, True, "was cut"),
    (failing(httpx.WriteError("broken pipe")), None, True, True, "was cut"),
    (cut_short, None, True, True, "was cut"),
    (replying(401, "unauthorized: missing bearer token"), 401, False, False, "missing bearer token"),
    (replying(403, "forbidden: host not allowed"), 403, False, False, "host not allowed"),
    (replying(404, "404 page not found"), 404, False, False, "404"),
    (replying(429, "slow down"), 429, True, False, "429"),
    (replying(502, "<html>bad gateway</html>", "text/html"), 502, True, True, "HTML page"),
    (replying(500, ""), 500, True, True, "500"),
    (replying(302, ""), 302, False, False, "302"),
    (replying(200, "<!DOCTYPE html>sign in", "text/html"), None, False, True, "no answer to the call"),
    (replying(200, ""), None, False, True, "no answer to the call"),
    (replying(200, '{"jsonrpc": "2.0", "id": 999999, "result": {}}'), None, False, True, "no answer to the call"),
    (replying(200, b"x" * (mcp.LARGEST + 1)), None, False, True, "10 MB"),
    (rejecting(-32602, 'unknown tool "do"'), None, False, False, "unknown tool"),
    (rejecting(-32603, "internal"), None, False, True, "internal"),
    (text("save: [POST /dashboards/db][412] x", isError=True), 412, False, False, "412"),
    (text("getDataSources (status 429): {}", isError=True), 429, True, False, "429"),
    (text("returned status code 500: x", isError=True), 500, True, True, "500"),
    (text("Get x: dial tcp 127.0.0.1:1: connect: connection refused", isError=True), None, True, False, "refused"),
    (text("create annotation: unexpected EOF", isError=True), None, True, True, "EOF"),
    (text("context deadline exceeded", isError=True), None, True, True, "deadline"),
    (text("endTime is required", isError=True), None, False, False, "required"),
    (text("something new", isError=True), None, False, True, "something new"),
]


@pytest.mark.parametrize(("handler", "status", "retryable", "uncertain", "word"), FAULTS)
async def test_a_failure_says_what_it_was_and_whether_the_work_may_have_been_done(
    handler: Handler, status: int | None, retryable: bool, uncertain: bool, word: str
) -> None:
    with pytest.raises(SourceError) as caught:
        await call(handler)
    error = caught.value
    assert (error.source, error.status, error.retryable, error.is_uncertain) == (
        "grafana",
        status,
        retryable,
        uncertain,
    )
    assert word in str(error)
    assert error.request == 'do {"a":1}'


async def test_a_call_ends_at_its_deadline_or_at_the_servers_limit_whichever_comes_first() -> None:
    with pytest.raises(SourceError, match=r"did not answer in 0\.05 s") as caught:
        await call(never, request_seconds=0.05)
    assert caught.value.is_uncertain
    with pytest.raises(SourceError, match=r"did not answer in 0\.04 s"):
        await server(never).call("do", {}, deadline_seconds=0.04)


async def test_neither_a_message_nor_a_request_on_record_holds_a_secret() -> None:
    with pytest.raises(SourceError) as caught:
        await server(text(f"failed with {SECRET}", isError=True)).call(
            "do", {"password": "hunter22", "text": SECRET}, deadline_seconds=5
        )
    assert "hunter22" not in caught.value.request
    assert SECRET not in caught.value.request
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("search for &{API:0xc000123456 Version:12}: [GET /search] (status 403)", "search: [GET /search] (status 403)"),
        ("at 0xc0001a2b3c\n\n  and\ttabs\x00", "at and tabs"),
        ("returned 502: <html><script>x</script>", "returned 502: an HTML page"),
        ("x" * 900, "x" * 500),
    ],
)  # fmt: skip
def test_texts_lose_addresses_of_memory_pages_and_length(said: str, shown: str) -> None:
    assert failures.readable(said) == shown


async def test_tools_are_listed_over_all_pages_and_asked_for_again_only_on_demand() -> None:
    asked: list[Any] = []

    def handle(request: httpx.Request) -> httpx.Response:
        parameters = orjson.loads(request.content)["params"]
        asked.append(parameters)
        hints = {"annotations": {"readOnlyHint": True}, "inputSchema": {"type": "object"}}
        if "cursor" in parameters:
            return answering({"tools": [{"name": "two"}]})(request)
        return answering({"tools": [{"name": "one", "description": "First.", **hints}], "nextCursor": "p2"})(request)

    mine = server(handle)
    first, second = await asyncio.gather(mine.tools(), mine.tools())
    assert first == second
    assert [tool.name for tool in first] == ["one", "two"]
    assert (first[0].description, first[0].schema, first[0].hints) == (
        "First.",
        {"type": "object"},
        {"readOnlyHint": True},
    )
    assert asked == [{}, {"cursor": "p2"}]
    await mine.refresh()
    assert len(asked) == 4


async def test_a_server_is_healthy_when_it_answers_this_caller() -> None:
    await server(answering({})).healthy()
    with pytest.raises(SourceError):
        await server(replying(401, "unauthorized")).healthy()
