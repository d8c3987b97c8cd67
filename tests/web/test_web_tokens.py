import re
from datetime import UTC, datetime

import jwt
import pytest

from domain import tokens
from domain.database import Pool
from domain.tokens import Claims, Key
from tests.web.entrance import HOUR, KEY, QUERY, bare, entrance, signed, token
from web.desk import Guarded
from web.operations import OPERATIONS

CLAIMS = Claims(name="ann", roles=frozenset({"engineer"}), scopes=frozenset({"inquiry"}))
SESSIONS = "/api/v1/inquiry/sessions"
SOME_ID = "6e0fb0b4-5d0c-4b50-9d53-0f1c6a6a4a5e"


def forged(**changes: str) -> str:
    key = Key(**({"secret": KEY.secret, "issuer": KEY.issuer, "audience": KEY.audience} | changes))
    return tokens.mint(key, CLAIMS, ttl=HOUR)


def unsigned() -> str:
    payload = jwt.decode(token(), KEY.secret, algorithms=["HS256"], audience=KEY.audience)
    return jwt.encode(payload, "", algorithm="none")


def other_algorithm() -> str:
    payload = jwt.decode(token(), KEY.secret, algorithms=["HS256"], audience=KEY.audience)
    return jwt.encode(payload, KEY.secret * 2, algorithm="HS512")


def expired() -> str:
    return tokens.mint(KEY, CLAIMS, ttl=HOUR, now=datetime.now(UTC) - 2 * HOUR)


ATTACKS = {
    "a wrong key": (forged(secret="another secret, also longer than 32 bytes"), "InvalidSignatureError"),
    "no algorithm": (unsigned(), "InvalidAlgorithmError"),
    "another algorithm": (other_algorithm(), "InvalidAlgorithmError"),
    "a past end": (expired(), "expired"),
    "another audience": (forged(audience="somebody"), "InvalidAudienceError"),
    "another issuer": (forged(issuer="somebody"), "InvalidIssuerError"),
    "no form": ("not.a.token", "DecodeError"),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_a_token_that_is_not_ours_opens_nothing(attack: str) -> None:
    """SE-01."""
    sent, reason = ATTACKS[attack]
    async with bare() as web:
        response = await web.get(SESSIONS, headers={"Authorization": f"Bearer {sent}"})
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert response.json().keys() == {"error", "message"}
    assert response.json()["error"] == "unauthorized"
    assert reason in response.json()["message"]
    assert sent not in response.text


def test_the_forger_fails_by_what_was_changed_alone() -> None:
    assert tokens.check(KEY, forged()) == CLAIMS


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer  ", "Basic YW5uOnB3", token()])
async def test_without_a_bearer_token_nothing_opens(header: str) -> None:
    async with bare() as web:
        response = await web.get(SESSIONS, headers={"Authorization": header})
    message = "Send a token: `Authorization: Bearer TOKEN`; `trivium token` makes one."
    assert (response.status_code, response.json()) == (401, {"error": "unauthorized", "message": message})


async def test_every_guarded_path_refuses_strangers_and_tokens_of_other_doors(pool: Pool) -> None:
    """SE-01."""
    guarded = [(item.method, item.path, item.entry.scopes) for item in OPERATIONS if isinstance(item.entry, Guarded)]
    async with entrance(pool) as web:
        for method, template, scopes in guarded:
            path = re.sub(r"{\w+}", SOME_ID, template)
            stranger = await web.request(method, path, headers={"Authorization": ""})
            other = ("inquiry",) if "ingest" in scopes else ("ingest",)
            elsewhere = await web.request(method, path, headers=signed(scopes=other))
            assert (path, stranger.status_code, elsewhere.status_code) == (path, 401, 403)
    assert len(guarded) >= 47


async def test_a_token_of_another_door_is_told_the_scope_it_needs(pool: Pool) -> None:
    async with entrance(pool) as web:
        webhook = await web.post("/api/v1/alerts/webhook", json={})
        question = await web.post(QUERY, json={"query": "one"}, headers=signed(scopes=("ingest",)))
    assert (webhook.status_code, webhook.json()) == (
        403,
        {
            "error": "insufficient_permissions",
            "message": "This token does not open this door; it needs the scope ingest.",
            "required_permission": "scope ingest",
        },
    )
    assert (question.status_code, question.json()["required_permission"]) == (403, "scope inquiry")


async def test_a_disabled_user_is_refused_at_the_next_request(pool: Pool) -> None:
    async with entrance(pool) as web:
        before = await web.get(SESSIONS)
        async with pool.connection() as db:
            await db.execute("update trivium.users set disabled_at = now() where name = 'ann'")
        after = await web.get(SESSIONS)
    assert before.status_code == 200
    assert (after.status_code, after.json()) == (
        403,
        {"error": "permission_denied", "message": "The user ann is disabled."},
    )


async def test_the_scheme_of_the_header_may_be_written_in_any_case(pool: Pool) -> None:
    async with entrance(pool) as web:
        response = await web.get(SESSIONS, headers={"Authorization": f"bearer {token()}"})
    assert response.status_code == 200
