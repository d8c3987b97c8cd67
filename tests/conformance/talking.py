"""The two SDKs' clients behind one face, so that one test speaks to the server as both do."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import mcp_types as types
from mcp import Client
from mcp.shared.exceptions import MCPError

from tests.conformance.node import modules, node
from tests.mcp_server.endpoint import client, signed

Json: TypeAlias = dict[str, Any]
Sdk: TypeAlias = Literal["python", "typescript"]
DRIVER = Path(__file__).parent / "client.mjs"


class NoAnswerError(Exception):
    """The client gave up, or the server said no."""


class Talker(Protocol):
    """What a client can do; answers as the JSON of the protocol."""

    async def call(self, tool: str, arguments: Json, *, seconds: float | None = None) -> Json: ...
    async def tools(self) -> list[str]: ...
    async def read(self, uri: str) -> Json: ...
    async def prompt(self, name: str, arguments: Json) -> Json: ...
    async def complete(self, ref: Json, argument: Json) -> list[str]: ...
    async def told(self) -> int: ...


@asynccontextmanager
async def talker(sdk: Sdk, url: str, era: str, decision: str = "") -> AsyncGenerator[Talker]:
    """A client of that SDK signed as the admin Ann, whose person says `decision` to each form; without: no forms."""
    async with AsyncExitStack() as stack:
        match sdk:
            case "python":
                yield await stack.enter_async_context(python(url, era, decision))
            case "typescript":
                yield await stack.enter_async_context(typescript(url, era, decision))


@dataclass(slots=True)
class Python:
    client: Client
    progress: list[float] = field(default_factory=list[float])

    async def call(self, tool: str, arguments: Json, *, seconds: float | None = None) -> Json:
        async def told(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001 - by name
            self.progress.append(progress)

        try:
            found = await self.client.call_tool(
                tool, arguments, read_timeout_seconds=seconds, progress_callback=told
            )  # fmt: skip
        except MCPError as error:
            raise NoAnswerError(str(error)) from error
        return dumped(found)

    async def tools(self) -> list[str]:
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def read(self, uri: str) -> Json:
        return dumped(await self.client.read_resource(uri))

    async def prompt(self, name: str, arguments: Json) -> Json:
        return dumped(await self.client.get_prompt(name, arguments))

    async def complete(self, ref: Json, argument: Json) -> list[str]:
        prompt = types.PromptReference.model_validate(ref)
        return (await self.client.complete(prompt, argument)).completion.values

    async def told(self) -> int:
        return len(self.progress)


def dumped(result: Any) -> Json:
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


@asynccontextmanager
async def python(url: str, era: str, decision: str) -> AsyncGenerator[Python]:
    async def answer(_context: Any, _params: types.ElicitRequestParams) -> types.ElicitResult:
        return types.ElicitResult(action="accept", content={"decision": decision})

    options: dict[str, Any] = {"elicitation_callback": answer} if decision else {}
    async with client(url, mode=era, **options) as opened:
        yield Python(opened)


@dataclass(slots=True)
class TypeScript:
    process: asyncio.subprocess.Process

    async def call(self, tool: str, arguments: Json, *, seconds: float | None = None) -> Json:
        return await self._do("callTool", {"name": tool, "arguments": arguments}, seconds)

    async def tools(self) -> list[str]:
        return [tool["name"] for tool in (await self._do("listTools"))["tools"]]

    async def read(self, uri: str) -> Json:
        return await self._do("readResource", {"uri": uri})

    async def prompt(self, name: str, arguments: Json) -> Json:
        return await self._do("getPrompt", {"name": name, "arguments": arguments})

    async def complete(self, ref: Json, argument: Json) -> list[str]:
        return (await self._do("complete", {"ref": ref, "argument": argument}))["completion"]["values"]

    async def told(self) -> int:
        return (await self._do("progress"))["told"]

    async def _do(self, deed: str, given: Json | None = None, seconds: float | None = None) -> Json:
        assert self.process.stdin
        line = {"do": deed, "with": given, "timeout": seconds and seconds * 1000}
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        await self.process.stdin.drain()
        return await self.heard()

    async def heard(self) -> Json:
        assert self.process.stdout
        line = await self.process.stdout.readline()
        said: Json = json.loads(line or '{"error": "the client ended"}')
        if "error" in said:
            raise NoAnswerError(said["error"])
        return said["result"]


@asynccontextmanager
async def typescript(url: str, era: str, decision: str) -> AsyncGenerator[TypeScript]:
    environment = {
        "PATH": os.environ["PATH"],
        "TRIVIUM_NODE_TOOLS": str(modules().parent),
        "MCP_URL": url,
        "MCP_TOKEN": signed()["Authorization"].removeprefix("Bearer "),
        "MCP_ERA": era,
        "MCP_DECISION": decision,
    }
    process = await asyncio.create_subprocess_exec(
        node(), DRIVER, env=environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 22
    )  # fmt: skip
    try:
        opened = TypeScript(process)
        await opened.heard()
        yield opened
    finally:
        if process.stdin:
            process.stdin.close()
        await asyncio.wait_for(process.wait(), 20)
