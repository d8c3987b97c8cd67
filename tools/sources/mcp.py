"""One MCP server over streamable HTTP: a POST per call on a shared client, and every failure by its kind.

mcp-grafana 2 keeps no session: no handshake is asked for, and headers of one call are that call's alone. A held client
session costs more per call and breaks for everybody when one call fails.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, TypeAlias, cast

import httpx
import orjson

from domain.errors import SourceError
from tools.masking import mask_text, masked_json
from tools.sources import failures

Json: TypeAlias = dict[str, Any]
Request: TypeAlias = Callable[[], str]

LARGEST = 10_000_000
LONGEST_REQUEST = 2000
LIST_SECONDS = 15.0
LIST_LIVES_SECONDS = 300.0
NOTHING: Mapping[str, str] = {}
HEADERS = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
    "MCP-Protocol-Version": "2025-11-25",
}
REFUSED_AS_WRITTEN = (-32700, -32600, -32601, -32602)


@dataclass(frozen=True, slots=True)
class RemoteTool:
    """What a server says of one of its tools. Never policy: its hints are its own opinion."""

    name: str
    description: str
    schema: Json
    hints: Json


@dataclass(slots=True, kw_only=True)
class McpServer:
    """One server, for any number of calls at once. `request_seconds` bounds each call, whatever deadline it brings."""

    name: str
    url: str
    token: str | None = field(repr=False)
    connect_seconds: float
    request_seconds: float
    http: httpx.AsyncClient
    _listed: tuple[RemoteTool, ...] = field(init=False, default=())
    _stale_after: float = field(init=False, default=0.0)
    _listing: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _numbers: "count[int]" = field(init=False, default_factory=lambda: count(1))

    async def call(
        self, tool: str, arguments: Json, *, deadline_seconds: float, headers: Mapping[str, str] = NOTHING
    ) -> Any:
        """The JSON value of the result's text, or the text itself when it is none.

        Raises SourceError for everything else, `is_uncertain` when the tool may have done its work all the same.
        """
        request = partial(written, tool, arguments)
        seconds = min(deadline_seconds, self.request_seconds)
        result = await self.ask("tools/call", {"name": tool, "arguments": arguments}, request, seconds, headers)
        text = text_of(result)
        if result.get("isError"):
            raise failures.told(self.name, request(), text)
        return value_of(text) if text else result.get("structuredContent")

    async def tools(self) -> tuple[RemoteTool, ...]:
        """All tools the server offers, asked for again after five minutes."""
        async with self._listing:
            if asyncio.get_running_loop().time() >= self._stale_after:
                await self._list()
            return self._listed

    async def refresh(self) -> tuple[RemoteTool, ...]:
        """All tools the server offers, asked for now."""
        async with self._listing:
            await self._list()
            return self._listed

    async def healthy(self) -> None:
        """The server answers this caller. Raises SourceError when not; what stands behind it is not asked."""
        await self.ask("ping", {}, lambda: "ping", self.connect_seconds)

    async def _list(self) -> None:
        found: list[RemoteTool] = []
        page: Json = {}
        while True:
            result = await self.ask("tools/list", page, lambda: "tools/list", min(LIST_SECONDS, self.request_seconds))
            found += [remote_tool(item) for item in result.get("tools") or ()]
            if not result.get("nextCursor"):
                break
            page = {"cursor": result["nextCursor"]}
        self._listed = tuple(found)
        self._stale_after = asyncio.get_running_loop().time() + LIST_LIVES_SECONDS

    async def ask(
        self, method: str, parameters: Json, request: Request, seconds: float, headers: Mapping[str, str] = NOTHING
    ) -> Json:
        """The result of one JSON-RPC request within `seconds`; `request` writes it out for who has to mend it.

        Raises SourceError.
        """
        number = next(self._numbers)
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
        try:
            async with asyncio.timeout(seconds):
                status, kind, body = await self.post(orjson.dumps(message), seconds, headers)
        except (httpx.RequestError, httpx.InvalidURL, TimeoutError) as error:
            raise failures.cut_off(self.name, request(), error, seconds) from error
        except TooLargeError as error:
            raise failures.too_large(self.name, request(), LARGEST) from error
        answer = None if status != 200 else answer_of(kind, body, number)
        if answer is None:
            raise failures.no_answer(self.name, request(), status, body)
        if "error" in answer:
            raise self.rejected(request(), answer["error"])
        return cast("Json", answer.get("result") or {})

    async def post(self, body: bytes, seconds: float, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        limits = httpx.Timeout(seconds, connect=self.connect_seconds, pool=self.connect_seconds)
        caller = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent = {**HEADERS, **caller, **headers}
        async with self.http.stream("POST", self.url, content=body, headers=sent, timeout=limits) as response:
            received = bytearray()
            async for part in response.aiter_bytes():
                received += part
                if len(received) > LARGEST:
                    raise TooLargeError
            return response.status_code, response.headers.get("content-type", ""), bytes(received)

    def rejected(self, request: str, error: Any) -> SourceError:
        """A JSON-RPC error: what could not be read or named was not done, the rest may have been."""
        told = cast("Json", error) if isinstance(error, dict) else {}
        return SourceError(
            f"{self.name} refused the call: {failures.readable(str(told.get('message', error)))}",
            source=self.name,
            request=request,
            is_uncertain=told.get("code") not in REFUSED_AS_WRITTEN,
        )


class TooLargeError(Exception):
    """The answer passed LARGEST bytes; the rest was not read."""


def written(tool: str, arguments: Json) -> str:
    """The call as it is kept: one line, without secrets."""
    return f"{tool} {mask_text(masked_json(arguments)[1].decode())}"[:LONGEST_REQUEST]


def answer_of(kind: str, body: bytes, number: int) -> Json | None:
    """The JSON-RPC answer to request `number`, None when the body holds none."""
    texts = data_lines(body) if kind.startswith("text/event-stream") else [body]
    for text in texts:
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        if isinstance(value, dict) and ("result" in value or "error" in value):
            message = cast("Json", value)
            if message.get("id") in (number, None):
                return message
    return None


def data_lines(body: bytes) -> list[bytes]:
    return [line[5:].strip() for line in body.splitlines() if line.startswith(b"data:")]


def text_of(result: Json) -> str:
    blocks = cast("list[Json]", result.get("content") or [])
    return "\n".join(str(block.get("text", "")) for block in blocks if block.get("type") == "text")


def value_of(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def remote_tool(item: Json) -> RemoteTool:
    return RemoteTool(
        name=str(item.get("name", "")),
        description=str(item.get("description", "")),
        schema=cast("Json", item.get("inputSchema") or {}),
        hints=cast("Json", item.get("annotations") or {}),
    )
