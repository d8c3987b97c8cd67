"""Servers that runbooks sign in to: which there are, what is known of one, and adding one with its host key pinned."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field
from rapidfuzz import fuzz, process

from domain import audit, credentials, servers
from domain.audit import Entry
from domain.credentials import Credential
from domain.database import Connection
from domain.errors import Refused
from domain.found import readable
from domain.servers import NewServer, Server, ServerFilter, safe_hostname
from domain.windows import stamp
from tools.spec import Args, Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec

SOURCE = "trivium servers"
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
USERNAME = r"^[A-Za-z0-9_][A-Za-z0-9_.@-]*$"
NEAREST = 3
NEAR_ENOUGH = 55


class ListServers(Args):
    service: str = Field("", description="Exact service name")
    environment: str = Field("", description="Exact environment")
    search: str = Field("", max_length=200, description="Part of name, hostname or description")
    limit: int = Field(50, ge=1, le=500, description="Most servers listed")


async def list_servers(context: ToolContext, args: ListServers) -> ToolResult:
    wanted = ServerFilter(service=args.service, environment=args.environment, search=args.search)
    async with context.database.connection() as db:
        found = await servers.matching(db, wanted, limit=args.limit + 1)
    shown = found[: args.limit]
    return ToolResult(
        status="ok" if shown else "empty",
        source=SOURCE,
        data={"servers": [in_short(server) for server in shown]},
        query=readable(servers.MATCHING, wanted.parameters() | {"limit": args.limit + 1}),
        as_of=context.clock(),
        cut=f"the first {args.limit} servers are listed, there are more" if len(found) > args.limit else None,
    )


def in_short(server: Server) -> Json:
    return {
        "id": str(server.id),
        "name": server.name,
        "hostname": server.hostname,
        "port": server.port,
        "environment": server.environment,
        "service": server.service,
        "team": server.team,
        "description": server.description,
    }


class GetServerDetails(Args):
    server: str = Field(max_length=100, description="Name of the server")


async def get_server_details(context: ToolContext, args: GetServerDetails) -> ToolResult:
    async with context.database.connection() as db:
        server = await servers.by_name(db, args.server)
        if server is None:
            raise unknown("server", args.server, await servers.names(db))
    return ToolResult(
        status="ok",
        source=SOURCE,
        data={"server": in_full(server)},
        query=readable(servers.BY_NAMES, {"names": [args.server]}),
        as_of=context.clock(),
    )


def in_full(server: Server) -> Json:
    """`signs_in_with`, because what stands under a key named credential is taken for a secret and masked."""
    return in_short(server) | {
        "username": server.username,
        "signs_in_with": server.credential,
        "host_key_type": server.host_key.split()[0],
        "host_key_fingerprint": server.fingerprint,
        "created_at": stamp(server.created_at),
        "updated_at": stamp(server.updated_at),
    }


def unknown(what: str, name: str, known: Sequence[str]) -> Refused:
    """That nobody has this name, and which names are most like it."""
    near = process.extract(name, known, scorer=fuzz.ratio, processor=str.lower, score_cutoff=NEAR_ENOUGH, limit=NEAREST)
    names = ", ".join(match for match, _, _ in near)
    otherwise = f"list_{what}s shows all." if known else f"There is none yet: a {what} is added first."
    return Refused(
        f"There is no {what} named {name}.",
        code="not_found",
        alternative=f"Nearest: {names}." if names else otherwise,
    )


class AddServer(Args):
    name: str = Field(max_length=63, pattern=NAME)
    hostname: Annotated[str, AfterValidator(safe_hostname)] = Field(max_length=254, description="DNS name or IP")
    port: int = Field(22, ge=1, le=65535)
    username: str = Field(max_length=64, pattern=USERNAME, description="Who signs in")
    host_key: str = Field(max_length=8192, description="Its public host key, or its line of known_hosts")
    credential: str | None = Field(None, max_length=100, description="Name of a stored credential")
    environment: str = Field("", max_length=63)
    service: str = Field("", max_length=100)
    team: str = Field("", max_length=100)
    description: str = Field("", max_length=500)


async def preview_add_server(context: ToolContext, args: AddServer) -> Preview:
    new = await pinned(context, args)
    async with context.database.connection() as db:
        if await servers.by_name(db, args.name):
            raise servers.taken(args.name)
        credential = await named(db, args.credential)
        same = await servers.same_machine(db, new)
    key = servers.fingerprint(new.host_key)
    return Preview(
        title=f"Add the server {args.name}",
        lines=(
            f"Address: {address(new)}, user {new.username}",
            f"Host key: {new.host_key.split()[0]} {key}; any other key will be refused",
            f"Signs in with the credential {credential.name}" if credential else "Signs in with no credential",
            *(f"{what.capitalize()}: {value}" for what, value in described(new).items() if value),
        ),
        details={"name": new.name, "hostname": new.hostname, "port": new.port, "host_key_fingerprint": key},
        warnings=tuple(doubts(new, credential, same)),
    )


def doubts(new: NewServer, credential: Credential | None, same: Sequence[Server]) -> list[str]:
    """What speaks against the server without forbidding it."""
    found = [f"{server.name} has the same address or host key already." for server in same]
    if credential is None:
        found.append("Without a credential no runbook can sign in to it.")
    elif credential.username not in ("", new.username):
        found.append(f"The credential {credential.name} belongs to {credential.username}, not to {new.username}.")
    return found


def described(new: NewServer) -> dict[str, str]:
    return {
        "environment": new.environment,
        "service": new.service,
        "team": new.team,
        "description": new.description,
    }


def address(new: NewServer | Server) -> str:
    return f"[{new.hostname}]:{new.port}" if ":" in new.hostname else f"{new.hostname}:{new.port}"


async def pinned(context: ToolContext, args: AddServer) -> NewServer:
    """The server as it will be stored, but for its credential. Raises Refused for a host key that is none."""
    host_key = await asyncio.to_thread(servers.pinned_key, args.host_key, args.hostname, args.port)
    return NewServer(
        name=args.name,
        hostname=args.hostname,
        port=args.port,
        username=args.username,
        host_key=host_key,
        environment=args.environment,
        service=args.service,
        team=args.team,
        description=args.description,
        created_by=context.actor.user_id,
    )


async def named(db: Connection, name: str | None) -> Credential | None:
    """None when none is asked for. Raises Refused with the nearest names when there is none of this name."""
    found = await credentials.by_name(db, name) if name else None
    if name and found is None:
        raise unknown("credential", name, await credentials.names(db))
    return found


async def add_server(context: ToolContext, args: AddServer) -> ToolResult:
    new = await pinned(context, args)
    async with context.database.connection() as db, db.transaction():
        credential = await named(db, args.credential)
        server = await servers.add(db, replace(new, credential_id=credential.id if credential else None))
        await audit.append(db, context.actor, added(context, server))
    resource: Json = {"type": "server", "id": str(server.id), "name": server.name}
    return ToolResult(
        status="ok",
        source=SOURCE,
        data={"resource": resource, "server": in_full(server)},
        as_of=context.clock(),
    )


def added(context: ToolContext, server: Server) -> Entry:
    details = {
        "address": address(server),
        "username": server.username,
        "host_key_fingerprint": server.fingerprint,
        "signs_in_with": server.credential,
        "confirmation": str(context.confirmation_id) if context.confirmation_id else None,
    }
    return Entry(
        action="server_added", target=server.name, details=details, session_id=context.session_id, tool="add_server"
    )


LIST_SERVERS = ToolSpec(
    name="list_servers",
    title="Servers",
    description="Servers that runbooks can run on.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:server:read",
    args=ListServers,
    handler=list_servers,
)
GET_SERVER_DETAILS = ToolSpec(
    name="get_server_details",
    title="Server details",
    description="One server: address, user, host key fingerprint, what signs in.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:server:read",
    args=GetServerDetails,
    handler=get_server_details,
)
ADD_SERVER = ToolSpec(
    name="add_server",
    title="Add a server",
    description="Add a server that runbooks can run on.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.CREATE,
    permission="ai:revive:aiops:server:create",
    args=AddServer,
    handler=add_server,
    preview=preview_add_server,
    idempotent=False,
)
TOOLS = (LIST_SERVERS, GET_SERVER_DETAILS, ADD_SERVER)
