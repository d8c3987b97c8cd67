import asyncio
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import Settings
from domain import tokens
from domain.actors import Entrance
from domain.database import Pool
from domain.errors import Refused
from domain.identity import Identity
from domain.providers import Both
from domain.tokens import PILLARS, Claims, Unauthenticated
from tests.domain.jwks_world import (
    ANN,
    HOUR,
    ISSUER,
    OURS,
    TRUST,
    Clock,
    Json,
    JwksServer,
    curve_signer,
    jwks_server,
    reach,
    rsa_signer,
)
from trivium import upkeep
from trivium.service import open_service

ONE = curve_signer("one")
SHARED: Json = {"kty": "oct", "kid": "shared", "k": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s"}


@pytest.fixture(scope="module")
def published() -> Generator[JwksServer]:
    with jwks_server(ONE.published()) as server:
        yield server


ROLES: Mapping[str, tuple[str, Json, set[str]]] = {
    "a list": ("roles", {"roles": ["engineer", "member"]}, {"engineer"}),
    "other words are nothing": ("roles", {"roles": ["admin", "sre-admins "]}, set()),
    "one text": ("roles", {"roles": "sre-admins member"}, {"admin", "engineer"}),
    "a path": ("realm_access.roles", {"realm_access": {"roles": ["sre-admins"]}}, {"admin"}),
    "a name with dots": ("https://acme.com/roles", {"https://acme.com/roles": ["member"]}, {"engineer"}),
    "a path to nowhere": ("realm_access.roles", {"realm_access": "roles"}, set()),
    "none": ("groups", {}, set()),
    "what is no word": ("roles", {"roles": ["member", 1, None, ["sre-admins"]]}, {"engineer"}),
}


@pytest.mark.parametrize("case", ROLES)
async def test_the_providers_words_become_our_roles(case: str, published: JwksServer) -> None:
    path, claims, expected = ROLES[case]
    async with reach(published, Clock(), roles_claim=path) as provider:
        assert (await provider.check(ONE.token(**({"roles": None} | claims)))).roles == expected


SCOPES: Mapping[str, tuple[Json, set[str]]] = {
    "none": ({}, set(PILLARS)),
    "the provider's own": ({"scope": "openid profile email"}, set(PILLARS)),
    "one of ours": ({"scope": "openid inquiry"}, {"inquiry"}),
    "ingest": ({"scope": "ingest"}, {"ingest"}),
    "a list in the other claim": ({"scp": ["revive", "ingest"]}, {"revive", "ingest"}),
}


@pytest.mark.parametrize("case", SCOPES)
async def test_a_token_opens_ingest_only_by_its_name(case: str, published: JwksServer) -> None:
    claims, expected = SCOPES[case]
    async with reach(published, Clock()) as provider:
        assert (await provider.check(ONE.token(**claims))).scopes == expected


async def test_with_one_organisation_set_no_other_is_let_in(published: JwksServer) -> None:
    """PM-24."""
    async with reach(published, Clock(), org="acme") as provider:
        assert (await provider.check(ONE.token(org_id="acme"))).org == "acme"
        for other in (ONE.token(org_id="evil"), ONE.token()):
            with pytest.raises(Unauthenticated, match="another organisation"):
                await provider.check(other)


async def test_a_user_stays_in_the_organisation_that_was_named_first(pool: Pool, published: JwksServer) -> None:
    """PM-24."""
    async with reach(published, Clock()) as provider:
        identity = Identity(pool, Both(OURS, provider))

        async def come(token: str) -> frozenset[str]:
            return (await identity.of_token(token, Entrance.HTTP, "r")).roles

        assert await come(ONE.token(roles=["member"])) == {"engineer"}
        both = await asyncio.gather(*(come(ONE.token(org_id=7)) for _ in range(5)))
        assert set(both) == {frozenset({"engineer"})}
        async with pool.connection() as db:
            rows = await (await db.execute("select name, org_id from trivium.users")).fetchall()
        assert rows == [{"name": "ann", "org_id": "7"}]
        for other in (ONE.token(org_id="evil"), ONE.token(org_id="default"), tokens.mint(OURS, in_org("8"), ttl=HOUR)):
            with pytest.raises(Refused, match="another organisation"):
                await come(other)
        assert await come(ONE.token()) == await come(tokens.mint(OURS, in_org("7"), ttl=HOUR)) == {"engineer"}


def in_org(org: str) -> Claims:
    return replace(ANN, org=org)


async def test_two_organisations_at_once_are_not_both_the_users_own(pool: Pool, published: JwksServer) -> None:
    """PM-24."""
    async with reach(published, Clock()) as provider, pool.connection() as db:
        identity = Identity(pool, provider)
        await identity.of_token(ONE.token(), Entrance.HTTP, "r")
        async with db.transaction():
            await db.execute("update trivium.users set org_id = 'acme'")
            second = asyncio.create_task(identity.of_token(ONE.token(org_id="evil"), Entrance.HTTP, "r"))
            await waits_for_a_lock(pool)
        with pytest.raises(Refused, match="another organisation"):
            await second


async def waits_for_a_lock(pool: Pool) -> None:
    waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with pool.connection() as db:
        while not await (await db.execute(waiting)).fetchone():
            pass


async def test_a_provider_grants_no_role_that_an_admin_has_not_given(pool: Pool, published: JwksServer) -> None:
    async with reach(published, Clock()) as provider:
        identity = Identity(pool, provider)
        await identity.of_token(ONE.token(), Entrance.HTTP, "r")
        grown = await identity.of_token(ONE.token(roles=["sre-admins", "member"]), Entrance.HTTP, "r")
    assert (grown.roles, grown.ceiling) == ({"engineer"}, {"engineer", "admin"})


async def test_the_service_lets_in_people_of_both_kinds(
    database_url: str, published: JwksServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SE-01."""
    environment = {
        "DATABASE_URL": database_url, "TRIVIUM_HOME": str(tmp_path), "TRIVIUM_JWT_SECRET": OURS.secret,
        "TRIVIUM_JWKS_URL": published.url, "TRIVIUM_JWT_ISSUER": ISSUER, "TRIVIUM_JWT_ROLE_MAP": "sre=operator",
        "TRIVIUM_TOKEN": ONE.token(roles=["sre"]),
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    async with open_service(Settings.read()) as service:
        theirs = await service.actor(Entrance.CLI)
        assert service.key
        bob = replace(ANN, name="bob")
        ours = await service.identity.of_token(tokens.mint(service.key, bob, ttl=HOUR), Entrance.HTTP, "r")
    assert (theirs.name, theirs.roles, ours.name, ours.roles) == ("ann", {"operator"}, "bob", {"engineer"})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TRIVIUM_JWKS_URL", "http://id.example.com/keys", "https"),
        ("TRIVIUM_JWKS_URL", "http://localhost.example.com/keys", "https"),
        ("TRIVIUM_JWKS_URL", "https://ann:pw@id.example.com/keys", "without user"),
        ("TRIVIUM_JWKS_URL", "file:///etc/keys.json", "https"),
        ("TRIVIUM_JWKS_ALGORITHMS", "RS256,HS256", "RS256"),
        ("TRIVIUM_JWKS_ALGORITHMS", "none", "RS256"),
        ("TRIVIUM_JWKS_ALGORITHMS", "", "at least 1"),
        ("TRIVIUM_JWT_ROLE_MAP", "sre", "sre-admins=admin"),
        ("TRIVIUM_JWT_ROLE_MAP", "=admin", "sre-admins=admin"),
    ],
)
def test_a_setting_that_would_weaken_the_check_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=message):
        Settings.read()


def test_the_role_map_is_read_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.read().role_map["member"] == "engineer"
    monkeypatch.setenv("TRIVIUM_JWT_ROLE_MAP", "sre-admins=admin, cn=sre=operator")
    monkeypatch.setenv("TRIVIUM_JWKS_URL", "http://[::1]:8000/keys")
    read = Settings.read()
    assert read.role_map == {"sre-admins": "admin", "cn=sre": "operator"}


async def test_the_doctor_says_how_many_keys_there_are_or_what_is_wrong() -> None:
    with jwks_server(ONE.published(), rsa_signer("rsa").published(alg=None), SHARED) as server:
        asked = replace(TRUST, url=server.url)
        well = await upkeep.provider(asked)
        server.fault = "answers 500"
        sick = await upkeep.provider(asked)
        server.fault, server.keys = "", [SHARED]
        useless = await upkeep.provider(asked)
    assert (well.well, well.found) == (True, f"{server.url}: keys for RS256 and ES256: 2")
    assert (sick.well, sick.found, sick.mend) == (False, f"{server.url}: HTTP 500", "check TRIVIUM_JWKS_URL")
    assert (useless.well, useless.found) == (False, f"{server.url}: keys for RS256 and ES256: 0")
