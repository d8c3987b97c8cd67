"""One MCP server that keeps a session: streamable HTTP, SSE or a program, of either protocol era, through the SDK.

The SDK's client belongs to the task that opened it, and whatever breaks the connection cancels that task. So each
server has a task of its own that does nothing else, every call is a task too, and a broken connection is opened again
by the next call: one that fails takes nobody else with it.
"""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import anyio
import mcp_types as types
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import SubscriptionLost
from mcp.shared.exceptions import MCPError

from config import VERSION
from tools.sources import failures, mcp_faults, mcp_http, mcp_stdio
from tools.sources.mcp import RemoteTool, text_of, value_of, written
from tools.sources.mcp_faults import SessionGoneError
from tools.sources.mcp_http import Site
from tools.sources.mcp_limits import Limits
from tools.sources.mcp_stdio import LastWords, Program
from tools.sources.mcp_streams import Heard

Json: TypeAlias = dict[str, Any]
Target: TypeAlias = Site | Program
T = TypeVar("T")

LIST_LIVES_SECONDS = 300.0
MOST_PAGES = 50
MOST_TOOLS = 500
ENDING_SECONDS = 10.0
MODERN = "2026-07-28"


def nobody() -> None:
    """Whom a changed list of tools does not concern."""


@dataclass(slots=True, eq=False)
class Live:
    """One connection. `lost` is set when nothing more can come over it, `over` when it is to be closed."""

    ready: "asyncio.Future[Client]"
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    words: LastWords = field(default_factory=LastWords)
    holder: "asyncio.Task[None]" = field(init=False)


@dataclass(slots=True, kw_only=True, eq=False)
class McpSession:
    """One server for any number of calls at once, opened by the first. `changed` is called when its tools may have
    changed; `sse` is for the old transport. Whoever makes one closes it."""

    name: str
    target: Target
    sse: bool = False
    limits: Limits = field(default_factory=Limits)
    changed: Callable[[], None] = nobody
    _live: Live | None = field(init=False, default=None)
    _holders: "set[asyncio.Task[None]]" = field(init=False, default_factory=set["asyncio.Task[None]"])
    _listed: tuple[RemoteTool, ...] = field(init=False, default=())
    _stale_after: float = field(init=False, default=0.0)
    _changes: int = field(init=False, default=0)
    _listing: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    async def call(self, tool: str, arguments: Json, *, deadline_seconds: float) -> Any:
        """The JSON value of the result's text, or the text itself, or its structured content.

        Raises SourceError for everything else, `is_uncertain` when the tool may have done its work all the same.
        """
        request = written(tool, arguments)
        seconds = min(deadline_seconds, self.limits.request_seconds)
        result = await self._ask(request, seconds, lambda client: client.call_tool(tool, arguments))
        told = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        text = text_of(told)
        if result.is_error:
            raise failures.told(self.name, request, text)
        return value_of(text) if text else told.get("structuredContent")

    async def tools(self) -> tuple[RemoteTool, ...]:
        """All tools the server offers, asked for again after five minutes and when it says that they have changed."""
        if not self._is_fresh():
            async with self._listing:
                if not self._is_fresh():
                    await self._list()
        return self._listed

    def _is_fresh(self) -> bool:
        return asyncio.get_running_loop().time() < self._stale_after

    async def refresh(self) -> tuple[RemoteTool, ...]:
        """All tools the server offers, asked for now, which shows that it works. Raises SourceError."""
        async with self._listing:
            await self._list()
            return self._listed

    async def close(self) -> None:
        """Every connection is closed and every program has ended; the next call would open another."""
        self._let_go(self._live)
        if self._holders:
            await asyncio.wait(self._holders, timeout=ENDING_SECONDS)
        for holder in [*self._holders]:
            holder.cancel()
        if self._holders:
            await asyncio.wait(self._holders, timeout=ENDING_SECONDS)

    async def _list(self) -> None:
        heard = self._changes
        self._listed = await self._ask("tools/list", self.limits.request_seconds, listed)
        if heard == self._changes:
            self._stale_after = asyncio.get_running_loop().time() + LIST_LIVES_SECONDS

    def _hear_change(self) -> None:
        self._changes += 1
        self._stale_after = 0.0
        self.changed()

    async def _ask(self, request: str, seconds: float, ask: Callable[[Client], Awaitable[T]]) -> T:
        """What the server answers within `seconds`, with a new session when it has forgotten this one."""
        until = asyncio.get_running_loop().time() + seconds
        try:
            return await self._asked(request, until, ask)
        except SessionGoneError:
            self._let_go(self._live)
        try:
            return await self._asked(request, until, ask)
        except SessionGoneError as error:
            raise failures.cut_off(self.name, request, error, seconds) from error

    async def _asked(self, request: str, until: float, ask: Callable[[Client], Awaitable[T]]) -> T:
        live = await self._opened(request, until)
        asked = asyncio.ensure_future(ask(live.ready.result()))
        lost = asyncio.ensure_future(live.lost.wait())
        began = asyncio.get_running_loop().time()
        try:
            await asyncio.wait({asked, lost}, timeout=max(0.0, until - began), return_when=asyncio.FIRST_COMPLETED)
            if asked.done() and not asked.cancelled():
                return self._answer(request, live, asked)
            if live.lost.is_set():
                raise mcp_faults.lost(self.name, request, str(live.words))
            raise failures.cut_off(self.name, request, TimeoutError(), round(until - began, 3))
        finally:
            lost.cancel()
            asked.cancel()
            asked.add_done_callback(seen)

    def _answer(self, request: str, live: Live, asked: "asyncio.Future[T]") -> T:
        error = asked.exception()
        if error is None:
            return asked.result()
        if live.lost.is_set() and mcp_faults.is_closed(error):
            raise mcp_faults.lost(self.name, request, str(live.words)) from error
        raise mcp_faults.of_call(self.name, request, error) from error

    async def _opened(self, request: str, until: float) -> Live:
        """The connection, opened when there is none. Raises SourceError; then nothing was asked."""
        live = self._live
        if live is None or live.lost.is_set() or live.holder.done():
            self._let_go(live)
            live = self._live = self._begun()
        loop = asyncio.get_running_loop()
        seconds = max(0.0, min(self.limits.open_seconds, until - loop.time()))
        await asyncio.wait({live.ready, live.holder}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if live.ready.done():
            return live
        if not live.holder.done():
            self._let_go(live)
            raise mcp_faults.unopened(self.name, request, TimeoutError(f"no handshake in {seconds:.0f} s"), live.words)
        error = None if live.holder.cancelled() else live.holder.exception()
        raise mcp_faults.unopened(self.name, request, error, live.words)

    def _begun(self) -> Live:
        """A holder of its own begins to open, with nothing of the caller's context."""
        live = Live(asyncio.get_running_loop().create_future())
        live.holder = asyncio.get_running_loop().create_task(
            self._hold(live), name=f"MCP {self.name}", context=contextvars.Context()
        )
        self._holders.add(live.holder)
        live.holder.add_done_callback(self._holders.discard)
        live.holder.add_done_callback(seen)
        live.holder.add_done_callback(lambda _: live.lost.set())
        return live

    def _let_go(self, live: Live | None) -> None:
        if live:
            live.over.set()
            if not live.ready.done():
                live.holder.cancel()
        if self._live is live:
            self._live = None

    async def _hold(self, live: Live) -> None:
        """The client is open until it is over or lost."""
        async with Client(
            Heard(self._streams(live), live.lost.set),
            message_handler=self._notice,
            client_info=types.Implementation(name="trivium", version=VERSION),
            cache=None,
        ) as client:
            live.ready.set_result(client)
            ends = [asyncio.create_task(event.wait()) for event in (live.over, live.lost)]
            follower = asyncio.create_task(self._follow(client))
            follower.add_done_callback(seen)
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (*ends, follower):
                    task.cancel()
                await asyncio.wait([*ends, follower])

    @asynccontextmanager
    async def _streams(self, live: Live) -> AsyncGenerator[Any]:
        match self.target:
            case Program():
                async with mcp_stdio.spawned(self.target, live.words) as streams:
                    yield streams
            case Site() if self.sse:
                http = await mcp_http.client(self.target, live.lost.set)
                async with sse_client(self.target.url, httpx_client_factory=mcp_http.Handing(http)) as streams:
                    yield streams
            case Site():
                largest = self.target.largest
                async with (
                    await mcp_http.client(self.target) as http,
                    streamable_http_client(self.target.url, http_client=http, max_sse_event_size=largest) as streams,
                ):
                    yield streams

    async def _notice(self, message: Any) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._hear_change()

    async def _follow(self, client: Client) -> None:
        """Changes are heard of for as long as the server tells them, in the era in which one has to ask."""
        capability = client.server_capabilities.tools
        if client.protocol_version < MODERN or not (capability and capability.list_changed):
            return
        try:
            async with client.listen(tools_list_changed=True) as events:
                async for _ in events:
                    self._hear_change()
        except (MCPError, SubscriptionLost, anyio.ClosedResourceError, TimeoutError):
            return  # the list is asked for every few minutes all the same


async def listed(client: Client) -> tuple[RemoteTool, ...]:
    """Every page of the list; of a server that never ends, the first few hundred."""
    found: list[RemoteTool] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        found += [remote_tool(tool) for tool in page.tools]
        cursor = page.next_cursor
        if cursor is None or len(found) >= MOST_TOOLS:
            break
    return tuple(found[:MOST_TOOLS])


def remote_tool(tool: types.Tool) -> RemoteTool:
    hints = tool.annotations.model_dump(mode="json", by_alias=True, exclude_none=True) if tool.annotations else {}
    return RemoteTool(name=tool.name, description=tool.description or "", schema=tool.input_schema, hints=hints)


def seen(task: "asyncio.Future[Any]") -> None:
    """Its error, if any, has been dealt with, or concerns nobody any more."""
    if not task.cancelled():
        task.exception()
