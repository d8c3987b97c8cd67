"""Other MCP servers, as an admin registers, checks, changes and removes them, and decides on their tools."""

from dataclasses import replace
from uuid import UUID

from starlette.responses import Response

from domain import mcp_server_tools, mcp_servers
from domain.errors import NotFound, Refused, SourceError
from domain.mcp_server_tools import Decision, ServerTool
from domain.mcp_servers import NO_CREDENTIAL, Change, Credential, McpServer, NewMcpServer, Place, holder
from tools.remote import RemoteTools
from tools.remote_places import refuse_credential_name
from tools.remote_specs import name_of
from web.desk import Visit
from web.models.mcp_servers import (
    CredentialSent,
    CredentialTold,
    McpServerChange,
    McpServerSent,
    McpServersReply,
    McpServerTold,
    McpToolDecision,
    McpToolsReply,
    McpToolTold,
)
from web.models.problems import FieldProblem
from web.reading import Invalid, body_of
from web.replies import reply

PLACE = ("transport", "kind", "url", "command", "environment")


async def list_mcp_servers(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db:
        found = await mcp_servers.everyone(db)
    return reply(McpServersReply(servers=tuple(map(told, found))))


async def get_mcp_server(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db:
        found = await mcp_servers.fetch(db, server_id(visit))
    return reply(told(found))


async def add_mcp_server(visit: Visit) -> Response:
    """It is looked at soon, and none of its tools can be used before an admin has decided on each."""
    asked, remote = await body_of(visit.request, McpServerSent), registry(visit)
    place = Place(
        transport=asked.transport,
        kind=asked.kind,
        url=asked.url,
        command=tuple(asked.command),
        environment=asked.environment,
    )
    credential = made(visit, asked.credential) if asked.credential else NO_CREDENTIAL
    refuse_unsuitable(visit, place, credential)
    new = NewMcpServer(
        name=asked.name,
        family=asked.family or "",
        description=asked.description,
        place=place,
        credential=credential,
    )
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        added = await mcp_servers.add(db, visit.actor, new)
    await remote.reload()
    remote.wake(added.id)
    return reply(told(added), 201)


async def put_mcp_server(visit: Visit) -> Response:
    """What is sent replaces what stands, and holds here from the next call on."""
    asked, remote = await body_of(visit.request, McpServerChange), registry(visit)
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        before = await mcp_servers.held(db, server_id(visit))
        wanted = change(visit, before, asked)
        changed = await mcp_servers.change(db, visit.actor, before.id, wanted)
    await remote.reload()
    if changed.is_enabled and changed.status != "maintenance":
        remote.wake(changed.id)
    return reply(told(changed))


async def delete_mcp_server(visit: Visit) -> Response:
    remote = registry(visit)
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        await mcp_servers.remove(db, visit.actor, server_id(visit))
    await remote.reload()
    return Response(status_code=204)


async def check_mcp_server(visit: Visit) -> Response:
    """The server as it is found now; when it answers, its maintenance is over."""
    remote = registry(visit)
    checked = await remote.check(server_id(visit), by=visit.actor)
    await remote.reload()
    return reply(told(checked))


async def refresh_mcp_server(visit: Visit) -> Response:
    """The tools it lists now. Raises SourceError when it does not answer; what is kept then stays."""
    remote = registry(visit)
    checked = await remote.check(server_id(visit), by=visit.actor, ends_rest=False)
    await remote.reload()
    if checked.last_error:
        raise SourceError(f"{checked.name} did not list its tools: {checked.last_error}", source=f"mcp:{checked.name}")
    return await list_mcp_server_tools(visit)


async def list_mcp_server_tools(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db:
        server = await mcp_servers.fetch(db, server_id(visit))
        found = await mcp_server_tools.of_server(db, server.id)
    return reply(McpToolsReply(server=told(server), tools=tuple(tool_told(server, tool) for tool in found)))


async def decide_mcp_tool(visit: Visit) -> Response:
    """The decision holds here from the next call on; it is about the tool as the admin saw it, and no other."""
    asked, remote = await body_of(visit.request, McpToolDecision), registry(visit)
    decision = Decision(
        tool=visit.request.path_params["tool_name"],
        fingerprint=asked.fingerprint,
        risk=asked.risk,
        pillars=tuple(dict.fromkeys(asked.pillars)),
    )
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        server = await mcp_servers.held(db, server_id(visit))
        decided = await mcp_server_tools.decide(db, visit.actor, server, decision)
    await remote.reload()
    return reply(tool_told(server, decided))


def server_id(visit: Visit) -> UUID:
    return visit.request.path_params["server_id"]


def registry(visit: Visit) -> RemoteTools:
    """Raises NotFound where the entrance was built without one."""
    if visit.desk.parts.remote is None:
        raise NotFound("No MCP servers are kept here.")
    return visit.desk.parts.remote


def change(visit: Visit, before: McpServer, asked: McpServerChange) -> Change:
    """What becomes of the server, checked as a new one is. Raises Invalid.

    A sealed secret was given for one place: whoever cannot read it must not have it sent to another.
    """
    given = {name: value for name in PLACE if (value := getattr(asked, name)) is not None}
    if "command" in given:
        given["command"] = tuple(given["command"])
    place = replace(before.place, **given)
    is_anew = "credential" in asked.model_fields_set
    anew = made(visit, asked.credential) if asked.credential else NO_CREDENTIAL
    if before.sealed and place != before.place and not is_anew:
        raise wrong("credential", "the server is elsewhere now: send its secret again, or null to take it away")
    credential = anew if is_anew else before.credential
    if given or is_anew:
        refuse_unsuitable(visit, place, credential)
    return Change(
        family=asked.family,
        description=asked.description,
        place=place if given else None,
        credential=credential if is_anew else None,
        is_enabled=asked.is_enabled,
        in_maintenance=asked.in_maintenance,
    )


def made(visit: Visit, asked: CredentialSent) -> Credential:
    """The credential with its secret sealed. Raises Invalid when it has no secret, two, or there is no key."""
    if asked.kind == "none":
        if asked.secret or asked.reference or asked.name:
            raise wrong("credential", "of kind none it has neither name nor secret")
        return NO_CREDENTIAL
    if (asked.secret is None) == (asked.reference is None):
        raise wrong("credential", "send either its secret or a reference to it")
    if (asked.kind == "bearer") != (asked.name == ""):
        raise wrong("credential.name", "a header and a variable have a name, a bearer token has none")
    sealed = None
    if asked.secret:
        keyring = visit.desk.parts.resources.keyring
        if keyring is None:
            raise wrong("credential.secret", "it cannot be kept: set TRIVIUM_SECRET_KEYS where Trivium runs")
        sealed = keyring.seal(asked.secret.get_secret_value())
    return Credential(kind=asked.kind, name=asked.name, reference=asked.reference, sealed=sealed)


def refuse_unsuitable(visit: Visit, place: Place, credential: Credential) -> None:
    """Raises Invalid for a place that is none or is closed, and for a credential that cannot be given there."""
    is_program = place.transport == "stdio"
    if is_program and (place.url or place.kind == "external"):
        raise wrong("transport", "a stdio server is a program here: it has a command, no url, and is internal")
    if not is_program and (place.command or place.environment):
        raise wrong("transport", f"a server over {place.transport} has a url, no command and no environment")
    if credential.kind != "none" and (credential.kind == "variable") != is_program:
        raise wrong("credential.kind", "a program is given a variable, a server at a url a bearer token or a header")
    try:
        refuse_credential_name(credential.kind, credential.name)
    except Refused as error:
        raise wrong("credential.name", str(error)) from error
    try:
        registry(visit).reach.allowed.refuse(place)
    except Refused as error:
        said = " ".join(filter(None, (str(error), error.alternative)))
        raise wrong("command" if is_program else "url", said) from error


def wrong(field: str, message: str) -> Invalid:
    return Invalid((FieldProblem(field=field, message=message),))


def told(server: McpServer) -> McpServerTold:
    return McpServerTold(
        id=server.id,
        name=server.name,
        family=server.family,
        description=server.description,
        transport=server.transport,
        kind=server.kind,
        url=server.url,
        command=tuple(server.command),
        environment=server.environment,
        credential=CredentialTold(kind=server.credential_kind, name=server.credential_name, kept=holder(server)),
        status=server.status,
        is_enabled=server.is_enabled,
        is_usable=server.is_usable,
        consecutive_failures=server.consecutive_failures,
        last_checked_at=server.last_checked_at,
        last_healthy_at=server.last_healthy_at,
        last_error=server.last_error,
        created_at=server.created_at,
        updated_at=server.updated_at,
    )


def tool_told(server: McpServer, tool: ServerTool) -> McpToolTold:
    return McpToolTold(
        name=tool.name,
        called=name_of(server.family, tool.name),
        description=tool.description,
        input_schema=tool.schema,
        hints=tool.hints,
        problem=tool.problem,
        standing=tool.standing,
        fingerprint=tool.fingerprint,
        risk=tool.risk,
        pillars=tuple(tool.pillars),
        permission=tool.permission,
        decided_by=tool.decided_by,
        decided_at=tool.decided_at,
        first_seen_at=tool.first_seen_at,
        changed_at=tool.changed_at,
    )
