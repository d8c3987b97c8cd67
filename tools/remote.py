"""Tools of registered MCP servers: a live catalogue, in which only what an admin has decided on can be used."""

import asyncio
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from domain import audit, mcp_checks, mcp_server_tools, mcp_servers
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Pool
from domain.errors import Refused, SourceError
from domain.mcp_checks import Outcome
from domain.mcp_servers import McpServer
from domain.secrets import Keyring
from tools.masking import mask_text
from tools.remote_lists import listed_now, row, rows
from tools.remote_outcomes import answered, is_same, may_go_on, note, undecided
from tools.remote_places import Allowed
from tools.remote_specs import Offered, offered, spec_of
from tools.remote_writes import refuse_unasked, shown
from tools.sources.mcp import RemoteTool, written
from tools.sources.mcp_limits import Limits
from tools.spec import AnySpec, Args, Catalogue, Pillar, Preview, Risk, ToolContext, ToolResult

if TYPE_CHECKING:
    from tools.sources.mcp_session import McpSession

SESSION_MODULE = "tools.sources.mcp_session"
log = structlog.get_logger("ai_ops")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What is needed to reach a server: the key to sealed credentials, what may be reached at all, and how long."""

    keyring: Keyring | None = None
    allowed: Allowed = field(default_factory=Allowed)
    connect_seconds: float = 5
    limits: Limits = field(default_factory=Limits)


@dataclass(slots=True, kw_only=True)
class Held:
    """A session and the row it was made from: one that was changed since is another server."""

    updated_at: datetime
    session: "McpSession"


class RemoteTools(Mapping[str, AnySpec]):
    """The catalogue of remote tools, of the last `reload`. Iteration and length are of what may be chosen now.

    By its name a tool is found that may not be chosen too, so that a call of it is refused, and recorded, for what it
    is: no pillar has a tool that nobody has decided on, and one whose servers are all away says so.
    """

    def __init__(self, pool: Pool, reach: Reach) -> None:
        self.pool = pool
        self.reach = reach
        self.woken = asyncio.Event()
        self.restless: set[UUID] = set()
        self.has_servers = False
        self._known: dict[str, tuple[Offered, AnySpec]] = {}
        self._held: dict[UUID, Held] = {}
        self._reloading = asyncio.Lock()

    def specs(self) -> tuple[AnySpec, ...]:
        """What may be chosen: decided on, unchanged since, and of a healthy server; by name."""
        return tuple(spec for tool, spec in self._known.values() if tool.is_usable)

    def __getitem__(self, name: str) -> AnySpec:
        return self._known[name][1]

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, (tool, _) in self._known.items() if tool.is_usable])

    def __len__(self) -> int:
        return len(self.specs())

    def away(self, pillar: Pillar) -> tuple[str, ...]:
        """The families of which a tool was decided on for this pillar and no server has it now, by name."""
        missing = {tool.family for tool, _ in self._known.values() if pillar in tool.pillars and not tool.is_usable}
        return tuple(sorted(missing))

    async def reload(self) -> None:
        """The catalogue is what the tables say now; sessions of servers that were changed or removed are closed."""
        async with self._reloading:
            async with self.pool.connection() as db:
                servers = await mcp_servers.everyone(db)
                tools = await mcp_server_tools.every(db)
            known: dict[str, tuple[Offered, AnySpec]] = {}
            for tool in offered(servers, tools):
                kept = self._known.get(tool.name)
                same = kept is not None and replace(kept[0], is_usable=tool.is_usable) == tool
                known[tool.name] = (tool, kept[1] if kept and same else self._spec(tool))
            self._known = known
            self.has_servers = any(server.is_enabled for server in servers)
            outdated = self._let_go({server.id: server for server in servers if server.is_enabled})
        await asyncio.gather(*(held.session.close() for held in outdated))

    def _spec(self, tool: Offered) -> AnySpec:
        return spec_of(tool, self.run, self.show, self.reach.limits.request_seconds)

    def _let_go(self, servers: Mapping[UUID, McpServer]) -> list[Held]:
        """The sessions that nobody is to use any more, to be closed."""
        stale = [
            server_id
            for server_id, held in self._held.items()
            if server_id not in servers
            or servers[server_id].updated_at != held.updated_at
            or servers[server_id].status == "maintenance"
        ]
        return [self._held.pop(server_id) for server_id in stale]

    async def close(self) -> None:
        """Every session is closed, every program that was started for one has ended."""
        held, self._held = self._held, {}
        await asyncio.gather(*(each.session.close() for each in held.values()))

    async def session(self, server: McpServer) -> "McpSession":
        """The one session with this server as it is registered now. Raises Refused when it may not be reached."""
        held = self._held.get(server.id)
        if held is None or held.updated_at != server.updated_at:
            made = await self._made(server)
            held = self._held.get(server.id)  # another caller may have been faster
            if held is None or held.updated_at < server.updated_at:
                outdated, held = held, made
                self._held[server.id] = made
                if outdated:
                    await outdated.session.close()
        return held.session

    async def _made(self, server: McpServer) -> Held:
        await asyncio.to_thread(
            importlib.import_module, SESSION_MODULE
        )  # the SDK: no start without servers pays for it
        from tools.sources.mcp_session import McpSession  # noqa: PLC0415

        target = await self.reach.allowed.target(server, self.reach.keyring, self.reach.connect_seconds)
        session = McpSession(
            name=server.name,
            target=target,
            sse=server.transport == "sse",
            limits=self.reach.limits,
            changed=partial(self.wake, server.id),
        )
        return Held(updated_at=server.updated_at, session=session)

    def wake(self, server_id: UUID) -> None:
        """This server is looked at soon: its tools are not what they were."""
        self.restless.add(server_id)
        self.woken.set()

    async def check(self, server_id: UUID, *, by: Actor | None = None, ends_rest: bool = True) -> McpServer:
        """The server after one look: its answer to `tools/list`, kept, decides how it stands. Raises NotFound.

        Somebody's look (`by`) is on the audit log, and a success then ends maintenance where that is asked for too.
        """
        async with self.pool.connection() as db:
            server = await mcp_servers.fetch(db, server_id)
        error = ""
        try:
            session = await self.session(server)
            listed = await session.refresh()
        except (SourceError, Refused) as failure:
            error, listed = mask_text(str(failure)) or "it failed and did not say why", ()
        async with self.pool.connection() as db, db.transaction():
            verdict = await mcp_checks.record(db, Outcome.of(server, error, by_hand=by is not None and ends_rest))
            if verdict and not error:
                await self._keep(server, listed, db)
            after = await mcp_servers.fetch(db, server_id)
            if by:
                found = {"before": server.status, "after": after.status, "error": error}
                await audit.append(db, by, Entry(action="mcp_server_checked", target=server.name, details=found))
        if verdict:
            note(after, verdict)
        if error and after.status != "healthy":
            await self._drop(server_id)
        return after

    async def _drop(self, server_id: UUID) -> None:
        """The next look begins with a new session, and a program that hangs is started anew."""
        if held := self._held.pop(server_id, None):
            await held.session.close()

    async def _keep(self, server: McpServer, listed: tuple[RemoteTool, ...], db: mcp_servers.Connection) -> None:
        denied = await mcp_server_tools.keep(db, server.id, rows(listed))
        if denied:
            log.warning("MCP tools changed and are denied until an admin decides", server=server.name, tools=denied)

    async def run(self, tool: Offered, context: ToolContext, args: Args) -> ToolResult:
        """What the best server of the family answered; a read goes on to the next when one fails.

        The tables are asked again, so what an admin has taken away is taken away. Raises Refused, SourceError.
        """
        servers = await self.standing(tool, context.database)
        if tool.risk is not Risk.READ:
            await refuse_unasked(tool.name, context)
        arguments = args.model_dump(mode="json")
        for position, server in enumerate(servers, 1):
            try:
                value = await self._asked(server, tool, arguments)
            except (SourceError, Refused) as error:
                if position == len(servers) or not may_go_on(tool, error):
                    raise
            else:
                return answered(tool, server, value, written(tool.tool, arguments), context.clock())
        raise AssertionError("unreachable")

    async def show(self, tool: Offered, context: ToolContext, args: Args) -> Preview:
        """The change as far as we know it: which tool of which server, with which arguments. Raises Refused."""
        return shown(tool, await self.standing(tool, context.database), args.model_dump(mode="json"))

    async def standing(self, tool: Offered, pool: Pool) -> list[McpServer]:
        """The healthy servers on which this tool is still what was decided on, the most reliable first.

        Raises Refused when it is so on none, SourceError when all of them are away.
        """
        async with pool.connection() as db:
            servers = await mcp_servers.of_family(db, tool.family)
            found = await mcp_server_tools.of_family(db, tool.family, tool.tool)
        agreed = [server for server in servers if server.id in found and is_same(tool, found[server.id])]
        enabled = [server for server in agreed if server.is_enabled]
        if not enabled:
            raise undecided(tool)
        usable = [server for server in enabled if server.is_usable]
        if not usable:
            away = "; ".join(f"{server.name} is {server.status}: {server.last_error}" for server in enabled)
            raise SourceError(f"No server has {tool.tool} now ({away})", source=f"mcp:{tool.family}")
        return usable

    async def _asked(self, server: McpServer, tool: Offered, arguments: dict[str, object]) -> object:
        session = await self.session(server)
        told = next((each for each in await listed_now(session) if each.name == tool.tool), None)
        if told is None or row(told).fingerprint != tool.fingerprint:
            self.wake(server.id)
            raise undecided(tool)
        return await session.call(tool.tool, arguments, deadline_seconds=self.reach.limits.request_seconds)


class Joined(Mapping[str, AnySpec]):
    """Our own tools and, behind them, the remote ones of this moment; none of these can take the name of ours."""

    def __init__(self, own: Catalogue, remote: RemoteTools) -> None:
        self._own = own
        self._remote = remote

    def __getitem__(self, name: str) -> AnySpec:
        return self._own[name] if name in self._own else self._remote[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from (name for name in self._remote if name not in self._own)

    def __len__(self) -> int:
        return sum(1 for _ in self)
