from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from psycopg import sql
from pydantic import ValidationError

from config import policy as defaults
from domain import credentials, permissions
from domain.database import Pool
from domain.errors import Refused
from domain.secrets import Keyring, new_key
from tests.house import NOW, actor, tool_context
from tools.credentials import CREATE_CREDENTIAL, LIST_CREDENTIALS, TOOLS
from tools.masking import mask
from tools.policy import Policy
from tools.resources import Resources
from tools.servers import TOOLS as SERVER_TOOLS
from tools.spec import AnySpec, Pillar, Preview, ToolContext, ToolResult

RING = Keyring([new_key()])
PASSWORD = "correct horse battery"
PRIVATE = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
LOCKED = asyncssh.generate_private_key("ssh-rsa").export_private_key("pkcs8-pem", "passphrase").decode()
DB: dict[str, Any] = {"name": "shop-db", "kind": "password", "username": "app", "secret": PASSWORD}
AUDITED = """
select user_id, target, details, ai_session_id, ai_tool_name from trivium.audit_logs
where action = 'credential_created'"""
ALL_TABLES = "select tablename as name from pg_tables where schemaname = 'trivium'"


@pytest.fixture
async def context(pool: Pool) -> ToolContext:
    made = await tool_context(pool, await actor(pool, "admin"), Pillar.REVIVE)
    return replace(made, resources=Resources(keyring=RING))


def sealed(arguments: dict[str, Any], ring: Keyring = RING) -> dict[str, Any]:
    """As the door hands them on."""
    secret = arguments.get("secret")
    return arguments | ({"secret": "sealed:" + ring.seal(secret)} if isinstance(secret, str) else {})


async def call(context: ToolContext, spec: AnySpec, **arguments: Any) -> ToolResult:
    """The handler's result, which masking leaves as it is: what it says would be lost otherwise."""
    result = await spec.handler(context, spec.args.model_validate(sealed(arguments)))
    assert mask(result.data) == result.data
    return result


async def create(context: ToolContext, **arguments: Any) -> ToolResult:
    return await call(context, CREATE_CREDENTIAL, **arguments)


async def preview(context: ToolContext, **arguments: Any) -> Preview:
    assert CREATE_CREDENTIAL.preview
    shown = await CREATE_CREDENTIAL.preview(context, CREATE_CREDENTIAL.args.model_validate(sealed(arguments)))
    for text in (shown.title, *shown.lines, *shown.warnings):
        assert mask(text) == text
    return shown


async def taken(context: ToolContext, result: ToolResult) -> str:
    async with context.database.connection() as db:
        found = await credentials.by_name(db, result.data["resource"]["name"])
    assert found
    assert str(found.id) == result.data["resource"]["id"]
    return await credentials.take(context.database, context.actor, found.id, purpose="a look", keyring=RING)


async def test_a_sealed_credential_is_stored_on_record_and_usable(context: ToolContext) -> None:
    """RV-10."""
    made = await create(context, **DB, description="the shop's")
    assert made.data == {
        "resource": {"type": "credential", "id": made.data["resource"]["id"], "name": "shop-db"},
        "kept": "sealed",
    }
    assert await taken(context, made) == PASSWORD
    async with context.database.connection() as db:
        entries = await (await db.execute(AUDITED)).fetchall()
    assert entries == [
        {
            "user_id": context.actor.user_id,
            "target": "shop-db",
            "details": {"kind": "password", "username": "app", "holder": "sealed", "confirmation": None},
            "ai_session_id": context.session_id,
            "ai_tool_name": "create_credential",
        }
    ]


async def test_a_reference_is_stored_and_not_what_it_leads_to(
    context: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SE-08, RV-10."""
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    made = await create(context, name="shop-db", kind="password", reference="env:SHOP_PASSWORD")
    assert made.data["kept"] == "env:SHOP_PASSWORD"
    assert await dumped(context.database, [PASSWORD]) == {}
    monkeypatch.setenv("SHOP_PASSWORD", "another")
    assert await taken(context, made) == "another"


async def test_the_preview_says_where_it_will_be_kept_and_stores_nothing(
    context: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RV-10."""
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    inside = await preview(context, **DB, description="the shop's")
    assert inside == Preview(
        title="Store the credential shop-db",
        lines=(
            "A password of app",
            "Kept in the database, sealed; nobody can read it back, only runbooks can use it",
            "Description: the shop's",
        ),
        details={"name": "shop-db", "kind": "password", "username": "app", "kept": "sealed"},
    )
    outside = await preview(context, name="shop-db", kind="token", reference="env:SHOP_PASSWORD")
    assert outside == Preview(
        title="Store the credential shop-db",
        lines=("A token", "Kept outside, in env:SHOP_PASSWORD, and read from there at each use"),
        details={"name": "shop-db", "kind": "token", "username": "", "kept": "env:SHOP_PASSWORD"},
    )
    assert (await call(context, LIST_CREDENTIALS)).status == "empty"


@pytest.mark.parametrize("kind", ["ssh_key", "password", "token"])
async def test_a_reference_that_cannot_be_read_now_is_a_warning(context: ToolContext, kind: str) -> None:
    shown = await preview(context, name="k", kind=kind, reference="file:/nowhere/key")
    why = "file:/nowhere/key could not be read: No such file or directory."
    assert shown.warnings == (f"{why} No runbook can use it before that is put right.",)
    assert (await create(context, name="k", kind=kind, reference="file:/nowhere/key")).status == "ok"


async def test_an_ssh_key_has_to_be_one_that_opens_without_a_passphrase(context: ToolContext, tmp_path: Path) -> None:
    place = tmp_path / "id_ed25519"
    for text in (LOCKED, PASSWORD, PRIVATE[:-60], KEY_OF_A_SERVER):
        place.write_text(text)
        shown = await preview(context, name="k", kind="ssh_key", reference=f"file:{place}")
        assert shown.warnings == (f"What file:{place} holds is no private SSH key that opens without a passphrase.",), (
            text
        )
        with pytest.raises(Refused, match="no private SSH key"):
            await preview(context, name="k", kind="ssh_key", secret=text)
    place.write_text(PRIVATE)
    assert (await preview(context, name="k", kind="ssh_key", reference=f"file:{place}")).warnings == ()
    shown = await preview(context, name="k", kind="ssh_key", secret=PRIVATE)
    assert (shown.lines[0], shown.warnings) == ("An SSH key", ())
    assert await taken(context, await create(context, name="k", kind="ssh_key", secret=PRIVATE)) == PRIVATE


KEY_OF_A_SERVER = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()


@pytest.mark.parametrize("deed", [preview, create])
async def test_what_could_not_work_is_refused_before_and_while_it_is_done(context: ToolContext, deed: Any) -> None:
    await create(context, **DB)
    refusals: dict[str, tuple[dict[str, Any], str]] = {
        "already_exists": (DB | {"secret": "another"}, "named shop-db already"),
        "invalid_arguments": ({"name": "k", "kind": "token", "secret": " \n"}, "The secret is empty"),
    }
    for code, (arguments, message) in refusals.items():
        with pytest.raises(Refused, match=message) as refused:
            await deed(context, **arguments)
        assert refused.value.code == code
        assert refused.value.alternative
    with pytest.raises(Refused, match="is not for credentials"):
        await deed(context, name="k", kind="token", reference="env:TRIVIUM_SECRET_KEYS")


async def through(context: ToolContext, secret: str) -> list[Refused]:
    """The refusals of preview and handler for a secret that came as it is here."""
    args = CREATE_CREDENTIAL.args.model_validate({"name": "k", "kind": "token", "secret": secret})
    assert CREATE_CREDENTIAL.preview
    refusals: list[Refused] = []
    for deed in (CREATE_CREDENTIAL.preview, CREATE_CREDENTIAL.handler):
        with pytest.raises(Refused) as refused:
            await deed(context, args)
        refusals.append(refused.value)
    assert (await call(context, LIST_CREDENTIALS)).status == "empty"
    assert await dumped(context.database, [secret]) == {}
    assert not any(secret in f"{refusal} {refusal.alternative}" for refusal in refusals)
    return refusals


async def test_a_secret_that_did_not_come_sealed_is_refused_and_not_repeated(context: ToolContext) -> None:
    """SE-07: fail closed."""
    assert [refusal.code for refusal in await through(context, PASSWORD)] == ["secret_unsealed"] * 2


@pytest.mark.parametrize("secret", ["sealed:" + PASSWORD, "sealed:" + Keyring([new_key()]).seal(PASSWORD)])
async def test_what_this_house_did_not_seal_is_refused(context: ToolContext, secret: str) -> None:
    """SE-07: fail closed."""
    assert [refusal.code for refusal in await through(context, secret)] == ["secret_unreadable"] * 2


async def test_without_a_key_no_secret_is_taken(context: ToolContext) -> None:
    """SE-07: fail closed."""
    refusals = await through(replace(context, resources=Resources()), "sealed:" + RING.seal(PASSWORD))
    assert [refusal.code for refusal in refusals] == ["no_secret_key"] * 2


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"reference": "env:A", "secret": "x"},
        {"reference": None, "secret": None},
        {"reference": PASSWORD},
        {"reference": "file:relative/path"},
        {"secret": "x", "name": "a b"},
        {"secret": "x", "name": ""},
        {"secret": "x", "kind": "certificate"},
        {"secret": "x", "username": "app; id"},
        {"secret": "x", "value": "y"},
    ],
)
def test_arguments_with_no_or_two_sources_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as error:
        CREATE_CREDENTIAL.args.model_validate({"name": "k", "kind": "token"} | arguments)
    assert PASSWORD not in str([problem["msg"] for problem in error.value.errors()])


async def test_credentials_are_listed_without_their_values(context: ToolContext) -> None:
    """RV-10."""
    made = await create(context, **DB)
    await create(context, name="api-token", kind="token", reference="env:API_TOKEN", description="of the shop")
    assert await taken(context, made) == PASSWORD
    found = await call(context, LIST_CREDENTIALS)
    api, db = found.data["credentials"]
    assert api == {
        "id": api["id"],
        "name": "api-token",
        "kind": "token",
        "username": "",
        "description": "of the shop",
        "kept": "env:API_TOKEN",
        "created_at": api["created_at"],
        "last_used_at": None,
        "uses": 0,
    }
    assert (db["name"], db["kept"], db["uses"], db["last_used_at"] is not None) == ("shop-db", "sealed", 1, True)
    assert (found.status, found.cut, found.as_of) == ("ok", None, NOW)
    cut = await call(context, LIST_CREDENTIALS, limit=1)
    assert cut.data["credentials"] == [api]
    assert cut.cut == "the newest 1 credentials are listed, there are more"


async def dumped(pool: Pool, planted: Sequence[str]) -> dict[str, list[str]]:
    """The tables in which any of these stand."""
    found: dict[str, list[str]] = {}
    async with pool.connection() as db:
        tables = [row["name"] for row in await (await db.execute(ALL_TABLES)).fetchall()]
        for table in tables:
            rows = await db.execute(
                sql.SQL("select entry::text as text from {} as entry").format(sql.Identifier("trivium", table))
            )
            text = "\n".join(row["text"] for row in await rows.fetchall())
            found[table] = [secret for secret in planted if secret in text]
    assert "credentials" in tables
    return {table: secrets for table, secrets in found.items() if secrets}


async def test_no_table_and_no_result_ever_holds_a_secret(
    context: ToolContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """RV-10, SE-07, SE-08: stored, shown, used, refused, resealed, listed."""
    monkeypatch.setenv("SHOP_PASSWORD", "out of the environment")
    (tmp_path / "key").write_text(PRIVATE)
    stored: list[dict[str, Any]] = [
        DB,
        {"name": "key", "kind": "ssh_key", "secret": PRIVATE},
        {"name": "env", "kind": "token", "reference": "env:SHOP_PASSWORD"},
        {"name": "file", "kind": "ssh_key", "reference": f"file:{tmp_path}/key"},
    ]
    values = (PASSWORD, "out of the environment", PRIVATE, PRIVATE.rstrip())
    planted = [*values, *PRIVATE.splitlines()[1:-1]]
    told: list[Any] = []
    for arguments in stored:
        told.append(await preview(context, **arguments))
        made = await create(context, **arguments)
        told.append(made)
        assert await taken(context, made) in values
        with pytest.raises(Refused) as refused:
            await create(context, **arguments)
        told += [refused.value, refused.value.alternative]
    await credentials.reseal(context.database, RING)
    told.append(await call(context, LIST_CREDENTIALS))
    assert [secret for secret in planted if secret in repr(told)] == []
    assert await dumped(context.database, planted) == {}


async def test_the_dump_would_find_a_secret(context: ToolContext) -> None:
    await create(context, **DB, description=f"it is {PASSWORD}")
    assert await dumped(context.database, [PASSWORD]) == {"credentials": [PASSWORD]}


async def test_who_may_store_and_who_may_see_credentials_and_servers(pool: Pool) -> None:
    """PM-11, PM-12, PM-13."""
    async with pool.connection() as db:
        await permissions.seed(db, defaults.read())
        policy = Policy(1, await permissions.rules(db))
    effects = {
        spec.name: [
            policy.decide([role], spec, Pillar.REVIVE).effect for role in ("admin", "operator", "engineer", "viewer")
        ]
        for spec in (*TOOLS, *SERVER_TOOLS)
    }
    assert effects == {
        "list_credentials": ["allow", "allow", "deny", "deny"],
        "create_credential": ["confirm", "deny", "deny", "deny"],
        "list_servers": ["allow", "allow", "allow", "allow"],
        "get_server_details": ["allow", "allow", "allow", "deny"],
        "add_server": ["confirm", "deny", "deny", "deny"],
    }


def test_the_secret_is_named_as_one() -> None:
    """RV-10: so the door seals it before anything keeps it."""
    assert CREATE_CREDENTIAL.secrets == ("secret",)
    assert [(spec.name, spec.is_read, spec.permission) for spec in TOOLS] == [
        ("list_credentials", True, "ai:revive:aiops:credential:read"),
        ("create_credential", False, "ai:revive:aiops:credential:create"),
    ]
