from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from domain import tokens
from domain.actors import Entrance
from domain.database import Pool
from domain.errors import Refused
from domain.identity import Identity
from domain.tokens import Claims, Key, Unauthenticated, check, mint

KEY = Key(secret="k" * 32, issuer="trivium", audience="trivium")
ANN = Claims(name="ann", roles=frozenset({"engineer"}), scopes=frozenset({"inquiry"}), teams=frozenset({"payments"}))
HOUR = timedelta(hours=1)


def test_a_token_says_what_it_was_made_with() -> None:
    assert check(KEY, mint(KEY, ANN, ttl=HOUR)) == ANN


def forged(**changes: object) -> str:
    now = datetime.now(UTC)
    payload = {"sub": "ann", "iss": "trivium", "aud": "trivium", "iat": now, "exp": now + HOUR, "roles": ["admin"]}
    return jwt.encode({key: value for key, value in (payload | changes).items() if value is not None}, KEY.secret)


BAD = {
    "expired": mint(KEY, ANN, ttl=-HOUR),
    "another key": mint(replace(KEY, secret="x" * 32), ANN, ttl=HOUR),
    "another audience": mint(replace(KEY, audience="grafana"), ANN, ttl=HOUR),
    "another issuer": mint(replace(KEY, issuer="evil"), ANN, ttl=HOUR),
    "no algorithm": jwt.encode({"sub": "ann", "aud": "trivium", "iss": "trivium"}, "", algorithm="none"),
    "another algorithm": jwt.encode({"sub": "ann"}, "k" * 64, algorithm="HS512"),
    "no expiry": forged(exp=None),
    "no subject": forged(sub=None),
    "empty subject": forged(sub="  "),
    "subject with control characters": forged(sub="ann\x00"),
    "roles that are no list": forged(roles="admin"),
    "not a token": "abc",
    "empty": "",
}


@pytest.mark.parametrize("token", BAD.values(), ids=BAD)
def test_only_a_genuine_token_is_let_in(token: str) -> None:
    """SE-01."""
    with pytest.raises(Unauthenticated) as refused:
        check(KEY, token)
    assert not token or token not in str(refused.value)


async def test_a_new_name_becomes_a_user_and_a_known_one_keeps_its_roles(pool: Pool) -> None:
    identity = Identity(pool, KEY)
    first = await identity.of_token(mint(KEY, ANN, ttl=HOUR), Entrance.HTTP, "r1")
    assert (first.name, first.roles, first.teams, first.scopes) == ("ann", {"engineer"}, {"payments"}, {"inquiry"})
    promoted = replace(ANN, roles=frozenset({"admin", "engineer"}))
    again = await Identity(pool, KEY).of_token(mint(KEY, promoted, ttl=HOUR), Entrance.HTTP, "r2")
    assert (again.user_id, again.roles, again.ceiling) == (first.user_id, {"engineer"}, {"admin", "engineer"})


async def test_a_token_never_grants_more_than_its_user_has_nor_the_user_more_than_the_token(pool: Pool) -> None:
    identity = Identity(pool, KEY)
    admin = replace(ANN, name="root", roles=frozenset({"admin"}))
    await identity.of_token(mint(KEY, admin, ttl=HOUR), Entrance.HTTP, "r")
    lesser = await identity.of_token(
        mint(KEY, replace(admin, roles=frozenset({"viewer"})), ttl=HOUR), Entrance.HTTP, "r"
    )
    assert lesser.roles == frozenset()


async def test_a_disabled_user_is_refused(pool: Pool) -> None:
    identity, token = Identity(pool, KEY), mint(KEY, ANN, ttl=HOUR)
    await identity.of_token(token, Entrance.HTTP, "r")
    async with pool.connection() as db:
        await db.execute("update trivium.users set disabled_at = now()")
    with pytest.raises(Refused, match="ann is disabled"):
        await identity.of_token(token, Entrance.HTTP, "r")


async def test_without_a_key_nobody_is_let_in(pool: Pool) -> None:
    with pytest.raises(Unauthenticated, match="TRIVIUM_JWT_SECRET"):
        await Identity(pool, None).of_token(mint(KEY, ANN, ttl=HOUR), Entrance.HTTP, "r")


async def test_the_owner_of_the_embedded_database_is_an_admin_of_every_pillar(pool: Pool) -> None:
    owner = await Identity(pool, None).owner(Entrance.CLI, "r")
    assert (owner.roles, owner.scopes) == ({"admin"}, frozenset(tokens.SCOPES))
