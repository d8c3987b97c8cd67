import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from config.settings import Settings
from domain import credentials
from domain.actors import Actor
from domain.credentials import Credential, NewCredential
from domain.database import Pool
from domain.errors import NotFound, Refused
from domain.secrets import Keyring, new_key
from domain.tokens import PILLARS, Claims, Key, mint
from tests.house import actor
from trivium.credentials import rotate
from trivium.service import ConfigurationError

OLD, NEW = new_key(), new_key()
USED = "select user_id, action, target, details from trivium.audit_logs where action = 'credential_used' order by id"

RESEALED = """
select name, details from trivium.audit_logs join trivium.users on users.id = user_id
where action = 'credentials_resealed'"""


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await actor(pool, "operator")


async def made(pool: Pool, secret: str | None = None, *, key: str = OLD, **given: Any) -> Credential:
    """A credential of this name or any, holding the secret sealed unless it has a reference."""
    sealed = Keyring([key]).seal(secret) if secret is not None else None
    values: dict[str, Any] = {"name": f"c-{uuid4().hex[:6]}", "kind": "password", "sealed": sealed, "created_by": None}
    async with pool.connection() as db:
        return await credentials.add(db, NewCredential(**(values | given)))


async def found(pool: Pool, name: str) -> Credential:
    async with pool.connection() as db:
        credential = await credentials.by_name(db, name)
    assert credential
    return credential


async def used(pool: Pool) -> list[dict[str, Any]]:
    async with pool.connection() as db:
        return await (await db.execute(USED)).fetchall()


async def test_a_credential_is_told_by_all_but_its_value(pool: Pool, ann: Actor) -> None:
    """RV-10."""
    one = await made(pool, "hunter2", name="db", username="app", description="the shop's", created_by=ann.user_id)
    assert one == Credential(
        id=one.id,
        name="db",
        kind="password",
        username="app",
        description="the shop's",
        holder="sealed",
        created_at=one.created_at,
        last_used_at=None,
        uses=0,
    )
    assert await found(pool, "db") == one
    other = await made(pool, name="api", kind="token", reference="env:API_TOKEN")
    assert other.holder == "env:API_TOKEN"
    async with pool.connection() as db:
        assert await credentials.newest(db, limit=9) == [other, one]
        assert await credentials.newest(db, limit=1) == [other]
        assert await credentials.names(db) == ["api", "db"]
        assert await credentials.by_name(db, "DB") is None


async def test_a_name_that_is_taken_is_refused_and_the_first_stays(pool: Pool, ann: Actor) -> None:
    one = await made(pool, "first", name="db")
    with pytest.raises(Refused, match="named db already") as refused:
        await made(pool, "second", name="db")
    assert refused.value.code == "already_exists"
    assert await credentials.take(pool, ann, one.id, purpose="a look", keyring=Keyring([OLD])) == "first"


async def test_each_use_is_counted_and_on_the_audit_log(pool: Pool, ann: Actor) -> None:
    """AU-13."""
    one = await made(pool, "hunter2", name="db")
    for purpose in ("restart on web-1", "restart on web-2"):
        assert await credentials.take(pool, ann, one.id, purpose=purpose, keyring=Keyring([OLD])) == "hunter2"
    after = await found(pool, "db")
    assert (after.uses, after.last_used_at is not None) == (2, True)
    entry = {"user_id": ann.user_id, "action": "credential_used", "target": "db"}
    about = {"kind": "password", "holder": "sealed"}
    assert await used(pool) == [
        entry | {"details": about | {"purpose": "restart on web-1"}},
        entry | {"details": about | {"purpose": "restart on web-2"}},
    ]


async def test_uses_at_the_same_time_all_count(pool: Pool, ann: Actor) -> None:
    """AU-13."""
    one = await made(pool, "hunter2", name="db")
    ring = Keyring([OLD])
    takes = (credentials.take(pool, ann, one.id, purpose=str(n), keyring=ring) for n in range(20))
    assert await asyncio.gather(*takes) == ["hunter2"] * 20
    assert (await found(pool, "db")).uses == 20
    assert sorted(int(entry["details"]["purpose"]) for entry in await used(pool)) == list(range(20))


async def test_nobody_has_the_secret_when_its_use_cannot_be_recorded(fresh_pool: Pool) -> None:
    """AU-13."""
    ann = await actor(fresh_pool, "operator")
    one = await made(fresh_pool, "hunter2", name="db")
    async with fresh_pool.connection() as db:
        await db.execute("alter table trivium.audit_logs add check (action <> 'credential_used')")
    with pytest.raises(Exception, match="check constraint"):
        await credentials.take(fresh_pool, ann, one.id, purpose="a look", keyring=Keyring([OLD]))
    assert (await found(fresh_pool, "db")).uses == 0


async def test_a_reference_is_resolved_at_each_use(
    pool: Pool, ann: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SE-08."""
    place = tmp_path / "password"
    in_file = await made(pool, name="file", reference=f"file:{place}")
    in_environment = await made(pool, name="env", reference="env:SHOP_PASSWORD")
    for value in ("first", "second"):
        place.write_text(f"{value}\n")
        monkeypatch.setenv("SHOP_PASSWORD", value)
        for one in (in_file, in_environment):
            assert await credentials.take(pool, ann, one.id, purpose="a look", keyring=None) == value
    assert [entry["details"]["holder"] for entry in await used(pool)] == [f"file:{place}", "env:SHOP_PASSWORD"] * 2


async def test_a_secret_that_cannot_be_had_is_refused_and_no_use(pool: Pool, ann: Actor, tmp_path: Path) -> None:
    """SE-07: a wrong key, or none, fails closed."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    refusals = {
        "not in TRIVIUM_SECRET_KEYS": ((await made(pool, "hunter2")).id, Keyring([NEW])),
        "no key is set": ((await made(pool, "hunter2")).id, None),
        "env:NOBODY_SET_THIS is empty or not set": ((await made(pool, reference="env:NOBODY_SET_THIS")).id, None),
        "could not be read": ((await made(pool, reference=f"file:{tmp_path}/gone")).id, None),
        "holds no text": ((await made(pool, reference=f"file:{tmp_path}/binary")).id, None),
    }
    for message, (credential_id, ring) in refusals.items():
        with pytest.raises(Refused, match=message):
            await credentials.take(pool, ann, credential_id, purpose="a look", keyring=ring)
    with pytest.raises(NotFound):
        await credentials.take(pool, ann, uuid4(), purpose="a look", keyring=None)
    assert await used(pool) == []


OURS = (
    "env:TRIVIUM_SECRET_KEYS", "env:trivium_jwt_secret", "env:DATABASE_URL", "env:LLM_API_KEY", "env:GRAFANA_API_KEY",
    "file:/proc/self/environ", "file:/dev/zero", "file:/tmp/../proc/1/environ", "file:/srv/trivium/secrets.key",
    "file:/srv/trivium/jwt.secret", "file:/tmp",
)  # fmt: skip


@pytest.mark.parametrize("reference", OURS)
async def test_our_own_secrets_are_lent_to_nobody(pool: Pool, reference: str) -> None:
    with pytest.raises(Refused, match="is not for credentials"):
        await made(pool, reference=reference)


async def test_a_link_to_our_own_secret_is_seen_through_when_it_is_used(pool: Pool, ann: Actor, tmp_path: Path) -> None:
    place = tmp_path / "innocent"
    one = await made(pool, reference=f"file:{place}")
    (tmp_path / "jwt.secret").write_text("do not show")
    place.symlink_to(tmp_path / "jwt.secret")
    with pytest.raises(Refused, match="is not for credentials"):
        await credentials.take(pool, ann, one.id, purpose="a look", keyring=None)


async def test_the_keys_can_be_changed_without_losing_a_secret(pool: Pool, ann: Actor) -> None:
    """SE-07: the new key in front, everything resealed, the old key gone."""
    sealed = [await made(pool, secret) for secret in ("one", "two")]
    await made(pool, reference="env:SHOP_PASSWORD")
    late = await made(pool, "three", key=NEW)
    assert await credentials.reseal(pool, Keyring([NEW, OLD])) == 3
    taken = [
        await credentials.take(pool, ann, one.id, purpose="a look", keyring=Keyring([NEW])) for one in (*sealed, late)
    ]
    assert taken == ["one", "two", "three"]
    with pytest.raises(Refused):
        await credentials.take(pool, ann, sealed[0].id, purpose="a look", keyring=Keyring([OLD]))


async def test_when_one_cannot_be_resealed_none_is(pool: Pool, ann: Actor) -> None:
    kept = await made(pool, "one", name="a")
    await made(pool, "two", name="b", key=new_key())
    await made(pool, "three", name="c")
    with pytest.raises(Refused, match="opens the credential b; nothing was moved"):
        await credentials.reseal(pool, Keyring([NEW, OLD]))
    assert await credentials.take(pool, ann, kept.id, purpose="a look", keyring=Keyring([OLD])) == "one"


async def test_the_command_moves_all_and_is_on_record(
    pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """SE-07."""
    one = await made(pool, "hunter2")
    owner = Claims(name="ann", roles=frozenset({"admin"}), scopes=frozenset(PILLARS), teams=frozenset())
    signing = Key(secret="k" * 32, issuer="trivium", audience="trivium")
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TRIVIUM_JWT_SECRET", signing.secret)
    monkeypatch.setenv("TRIVIUM_TOKEN", mint(signing, owner, ttl=timedelta(hours=1)))
    with pytest.raises(ConfigurationError, match="TRIVIUM_SECRET_KEYS"):
        await rotate(Settings.read())
    monkeypatch.setenv("TRIVIUM_SECRET_KEYS", f"{NEW},{OLD}")
    assert await rotate(Settings.read()) == 0
    assert "1 sealed credentials are under the first key" in capsys.readouterr().out
    ann = await actor(pool, "admin")
    assert await credentials.take(pool, ann, one.id, purpose="a look", keyring=Keyring([NEW])) == "hunter2"
    async with pool.connection() as db:
        entry = await (await db.execute(RESEALED)).fetchone()
    assert entry == {"name": "ann", "details": {"count": 1}}


async def test_resealing_nothing_moves_nothing(pool: Pool) -> None:
    assert await credentials.reseal(pool, Keyring([NEW])) == 0
