from dataclasses import replace
from typing import Any

import asyncssh
import pytest
from pydantic import ValidationError

from domain import credentials
from domain.credentials import NewCredential
from domain.database import Pool
from domain.errors import Refused
from domain.servers import fingerprint
from domain.windows import stamp
from tests.house import NOW, actor, tool_context
from tools.masking import mask
from tools.servers import ADD_SERVER, GET_SERVER_DETAILS, LIST_SERVERS, TOOLS
from tools.spec import AnySpec, Pillar, Preview, ToolContext, ToolResult

KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
OTHER_KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
WEB: dict[str, Any] = {
    "name": "web-1",
    "hostname": "Web-1.Example",
    "username": "deploy",
    "host_key": f"{KEY} root@web",
}
AUDITED = (
    "select user_id, target, details, ai_session_id, ai_tool_name from trivium.audit_logs where action = 'server_added'"
)


@pytest.fixture
async def context(pool: Pool) -> ToolContext:
    return await tool_context(pool, await actor(pool, "admin"), Pillar.REVIVE)


async def call(context: ToolContext, spec: AnySpec, **arguments: Any) -> ToolResult:
    """The handler's result, which masking leaves as it is: what it says would be lost otherwise."""
    result = await spec.handler(context, spec.args.model_validate(arguments))
    assert mask(result.data) == result.data
    return result


async def add(context: ToolContext, **arguments: Any) -> ToolResult:
    return await call(context, ADD_SERVER, **(WEB | arguments))


async def preview(context: ToolContext, **arguments: Any) -> Preview:
    assert ADD_SERVER.preview
    shown = await ADD_SERVER.preview(context, ADD_SERVER.args.model_validate(WEB | arguments))
    for text in (shown.title, *shown.lines, *shown.warnings):
        assert mask(text) == text
    return shown


async def deploy_key(context: ToolContext, name: str = "deploy-key", username: str = "") -> None:
    new = NewCredential(name=name, kind="ssh_key", username=username, reference="env:DEPLOY_KEY", created_by=None)
    async with context.database.connection() as db:
        await credentials.add(db, new)


async def test_a_server_is_added_with_its_host_key_pinned_and_on_record(context: ToolContext) -> None:
    """RV-09."""
    await deploy_key(context)
    about = {"port": 2222, "environment": "prod", "service": "shop", "team": "web", "description": "The first."}
    made = await add(context, credential="deploy-key", **about)
    resource = made.data["resource"]
    assert resource == {"type": "server", "id": resource["id"], "name": "web-1"}
    found = await call(context, GET_SERVER_DETAILS, server="web-1")
    details = found.data["server"]
    assert (found.status, made.status, made.data["server"]) == ("ok", "ok", details)
    assert details == about | {
        "id": resource["id"],
        "name": "web-1",
        "hostname": "web-1.example",
        "username": "deploy",
        "signs_in_with": "deploy-key",
        "host_key_type": "ssh-ed25519",
        "host_key_fingerprint": fingerprint(KEY),
        "created_at": details["created_at"],
        "updated_at": details["created_at"],
    }
    async with context.database.connection() as db:
        entries = await (await db.execute(AUDITED)).fetchall()
    assert entries == [
        {
            "user_id": context.actor.user_id,
            "target": "web-1",
            "details": {
                "address": "web-1.example:2222",
                "username": "deploy",
                "host_key_fingerprint": fingerprint(KEY),
                "signs_in_with": "deploy-key",
                "confirmation": None,
            },
            "ai_session_id": context.session_id,
            "ai_tool_name": "add_server",
        }
    ]


async def test_the_preview_says_what_will_be_trusted_and_adds_nothing(context: ToolContext) -> None:
    """RV-09."""
    await deploy_key(context)
    shown = await preview(context, credential="deploy-key", service="shop", description="The first.")
    assert shown == Preview(
        title="Add the server web-1",
        lines=(
            "Address: web-1.example:22, user deploy",
            f"Host key: ssh-ed25519 {fingerprint(KEY)}; any other key will be refused",
            "Signs in with the credential deploy-key",
            "Service: shop",
            "Description: The first.",
        ),
        details={
            "name": "web-1",
            "hostname": "web-1.example",
            "port": 22,
            "host_key_fingerprint": fingerprint(KEY),
        },
    )
    assert (await call(context, LIST_SERVERS)).status == "empty"


async def test_the_preview_warns_of_what_looks_wrong(context: ToolContext) -> None:
    await deploy_key(context, username="root")
    alone = await preview(context)
    assert alone.warnings == ("Without a credential no runbook can sign in to it.",)
    assert "Signs in with no credential" in alone.lines
    await add(context)
    again = await preview(context, name="web-2", hostname="2001:db8::1", credential="deploy-key")
    assert again.lines[0] == "Address: [2001:db8::1]:22, user deploy"
    assert again.warnings == (
        "web-1 has the same address or host key already.",
        "The credential deploy-key belongs to root, not to deploy.",
    )


@pytest.mark.parametrize("deed", [preview, add])
async def test_what_could_not_work_is_refused_before_and_while_it_is_done(context: ToolContext, deed: Any) -> None:
    await deploy_key(context)
    await add(context)
    refusals: dict[str, tuple[dict[str, Any], str]] = {
        "already_exists": ({"host_key": OTHER_KEY, "hostname": "other"}, "named web-1 already"),
        "not_found": ({"name": "new", "credential": "deploy-kye"}, "no credential named deploy-kye"),
        "invalid_arguments": ({"name": "new", "host_key": f"other.example {KEY}"}, "The host key cannot be used"),
    }
    for code, (arguments, message) in refusals.items():
        with pytest.raises(Refused, match=message) as refused:
            await deed(context, **arguments)
        assert refused.value.code == code
        assert refused.value.alternative
    assert len((await call(context, LIST_SERVERS)).data["servers"]) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"hostname": "169.254.169.254"},
        {"hostname": "web 1"},
        {"hostname": "web;id"},
        {"username": "deploy; id"},
        {"username": "-oProxyCommand=id"},
        {"username": ""},
        {"name": "web 1"},
        {"name": ""},
        {"port": 0},
        {"port": 65536},
        {"host_key": None},
        {"password": "hunter2"},
    ],
)
def test_arguments_that_could_be_read_otherwise_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ADD_SERVER.args.model_validate(WEB | arguments)


def test_a_server_without_a_host_key_cannot_be_added() -> None:
    """RV-09."""
    with pytest.raises(ValidationError, match="host_key"):
        ADD_SERVER.args.model_validate({key: value for key, value in WEB.items() if key != "host_key"})


async def test_servers_are_listed_by_name_and_narrowed(context: ToolContext) -> None:
    """RV-09."""
    for name, service, environment in (("b", "shop", "prod"), ("a", "shop", "test"), ("c", "db", "prod")):
        await add(context, name=name, service=service, environment=environment, description=f"server {name}")
    found = await call(context, LIST_SERVERS, service="shop", environment="prod")
    (server,) = found.data["servers"]
    assert server == {
        "id": server["id"],
        "name": "b",
        "hostname": "web-1.example",
        "port": 22,
        "environment": "prod",
        "service": "shop",
        "team": "",
        "description": "server b",
    }
    assert (found.status, found.cut, stamp(found.as_of or NOW)) == ("ok", None, stamp(NOW))
    assert '"service": "shop"' in found.query

    async def names(**arguments: Any) -> list[str]:
        return [server["name"] for server in (await call(context, LIST_SERVERS, **arguments)).data["servers"]]

    assert await names() == ["a", "b", "c"]
    assert await names(search="SERVER C") == ["c"]
    assert await names(service="nowhere") == []
    assert await names(limit=3) == ["a", "b", "c"]
    assert (await call(context, LIST_SERVERS, limit=3)).cut is None
    cut = await call(context, LIST_SERVERS, limit=2)
    assert [server["name"] for server in cut.data["servers"]] == ["a", "b"]
    assert cut.cut == "the first 2 servers are listed, there are more"


async def test_an_unknown_server_is_refused_with_the_nearest_names(context: ToolContext) -> None:
    """RV-09."""
    with pytest.raises(Refused, match="no server named web1") as none:
        await call(context, GET_SERVER_DETAILS, server="web1")
    assert none.value.alternative == "There is none yet: a server is added first."
    for name in ("db-1", "web-2", "web-1", "Web-3", "web-4"):
        await add(context, name=name)
    with pytest.raises(Refused, match="no server named web1") as near:
        await call(context, GET_SERVER_DETAILS, server="web1")
    best, *others = (near.value.alternative or "").removesuffix(".").removeprefix("Nearest: ").split(", ")
    assert (near.value.code, best, len(others)) == ("not_found", "web-1", 2)
    assert set(others) < {"web-2", "Web-3", "web-4"}
    with pytest.raises(Refused) as louder:
        await call(context, GET_SERVER_DETAILS, server="WEB-1")
    assert "Nearest: web-1, " in (louder.value.alternative or "")
    with pytest.raises(Refused) as far:
        await call(context, GET_SERVER_DETAILS, server="kafka")
    assert far.value.alternative == "list_servers shows all."


async def test_the_approval_stands_on_the_audit_log(context: ToolContext) -> None:
    await add(replace(context, confirmation_id=context.session_id))
    async with context.database.connection() as db:
        entry = await (await db.execute(AUDITED)).fetchone()
    assert entry
    assert entry["details"]["confirmation"] == str(context.session_id)


def test_only_adding_changes_something() -> None:
    assert {spec.name: (spec.is_read, spec.permission) for spec in TOOLS} == {
        "list_servers": (True, "ai:revive:aiops:server:read"),
        "get_server_details": (True, "ai:revive:aiops:server:read"),
        "add_server": (False, "ai:revive:aiops:server:create"),
    }
