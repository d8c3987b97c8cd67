import asyncio
import base64
import json
from collections.abc import Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain import tokens
from domain.jwks import usable
from domain.providers import Both, either, open_provider
from domain.tokens import Unauthenticated
from tests.domain.jwks_world import (
    ANN,
    FAULTS,
    HOUR,
    OURS,
    TRUST,
    Clock,
    Json,
    JwksServer,
    Signer,
    curve_signer,
    jwks_server,
    payload,
    reach,
    rsa_signer,
)

pytestmark = pytest.mark.slow

ONE, TWO, STRANGER = curve_signer("one"), curve_signer("two"), curve_signer("one")
RSA = rsa_signer("rsa")


@pytest.mark.parametrize("signer", [ONE, RSA], ids=["ES256", "RS256"])
async def test_a_token_of_the_provider_says_who_comes(signer: Signer) -> None:
    with jwks_server(ONE.published(), RSA.published()) as server:
        async with open_provider(replace(TRUST, url=server.url)) as provider:
            assert await provider.check(signer.token(org_id="acme")) == replace(ANN, org="acme")


def b64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def hmac_with(secret: bytes, kid: str = "one") -> str:
    """Signed by hand: the library itself refuses to sign with what looks like a public key."""
    parts = f"{b64({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{b64(stamped(payload()))}"
    signature = jwt.get_algorithm_by_name("HS256").sign(parts.encode(), secret)
    return f"{parts}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def stamped(claims: Json) -> Json:
    return {key: int(value.timestamp()) if isinstance(value, datetime) else value for key, value in claims.items()}


PEM = ONE.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
OCT = {"kty": "oct", "kid": "shared", "alg": "HS256", "use": "sig", "k": base64.urlsafe_b64encode(b"k" * 32).decode()}
NOW = datetime.now(UTC)
NESTED = base64.urlsafe_b64encode(b"[" * 20_000).decode()
ATTACKS = {
    "no algorithm": jwt.encode(payload(), "", algorithm="none", headers={"kid": "one"}),
    "no algorithm in other letters": f"{b64({'alg': 'nOnE', 'kid': 'one'})}.{b64(stamped(payload()))}.",
    "the public key as a secret": hmac_with(PEM),
    "the published key's JSON as a secret": hmac_with(json.dumps(ONE.published()).encode()),
    "a shared key that is published": hmac_with(b"k" * 32, "shared"),
    "another's key under a known name": STRANGER.token(),
    "a known key under another known name": ONE.token({"kid": "rsa"}),
    "a key it brings itself": STRANGER.token({"jwk": STRANGER.published()}),
    "a key address it brings itself": STRANGER.token({"kid": "x", "jku": "http://127.0.0.1:1/keys"}),
    "an unknown name": TWO.token(),
    "a path as a name": ONE.token({"kid": "../../one"}),
    "no name": jwt.encode(payload(), ONE.private, algorithm="ES256"),
    "an algorithm of the same key that is not taken": jwt.encode(
        payload(), RSA.private, algorithm="PS256", headers={"kid": "rsa"}
    ),
    "an algorithm the key is not published for": jwt.encode(
        payload(), RSA.private, algorithm="RS512", headers={"kid": "rsa"}
    ),
    "a past end": ONE.token(iat=NOW - 2 * HOUR, exp=NOW - HOUR),
    "a later beginning": ONE.token(nbf=NOW + HOUR),
    "issued in the future": ONE.token(iat=NOW + HOUR, exp=NOW + 2 * HOUR),
    "another audience": ONE.token(aud="grafana"),
    "other audiences": ONE.token(aud=["grafana", "account"]),
    "another issuer": ONE.token(iss="https://id.example.com/realms/guests"),
    "no end": ONE.token(exp=None),
    "no audience": ONE.token(aud=None),
    "no issuer": ONE.token(iss=None),
    "no subject": ONE.token(sub=None),
    "an empty subject": ONE.token(sub=" "),
    "an org that is no name": ONE.token(org_id=["acme"]),
    "roles that are no words": ONE.token(roles={"admin": True}),
    "an extension we do not know": ONE.token({"crit": ["b65"], "b65": True}),
    "a signature cut off": ONE.token().rpartition(".")[0] + ".",
    "brackets without end": f"{NESTED}.{NESTED}.{NESTED}",
    "no form": "abc",
}


@pytest.fixture(scope="module")
def published() -> Generator[JwksServer]:
    with jwks_server(ONE.published(), RSA.published(), OCT) as server:
        yield server


@pytest.mark.parametrize("attack", ATTACKS)
async def test_no_other_token_is_let_in_with_a_provider(attack: str, published: JwksServer) -> None:
    """SE-01."""
    token = ATTACKS[attack]
    async with reach(published, Clock()) as provider:
        for checks in (provider, Both(OURS, provider)):
            with pytest.raises(Unauthenticated) as refused:
                await checks.check(token)
            assert token not in str(refused.value)
        assert await provider.check(ONE.token()) == ANN


async def test_each_kind_of_token_is_checked_with_its_own_keys_alone(published: JwksServer) -> None:
    """SE-01."""
    own = tokens.mint(OURS, ANN, ttl=HOUR)
    async with reach(published, Clock()) as provider:
        both = either(OURS, provider)
        assert both
        assert (await both.check(own), await both.check(ONE.token())) == (ANN, ANN)
        with pytest.raises(Unauthenticated, match="InvalidAlgorithmError"):
            await provider.check(own)
        with pytest.raises(Unauthenticated, match="InvalidAlgorithmError"):
            await OURS.check(ONE.token())
        assert (either(OURS, None), either(None, provider), either(None, None)) == (OURS, provider, None)


async def test_a_secret_that_is_the_published_key_opens_nothing_more(published: JwksServer) -> None:
    """Whoever sets the two up wrongly still has two kinds of token."""
    mixed = replace(OURS, secret=PEM.decode())
    async with reach(published, Clock()) as provider:
        assert await Both(mixed, provider).check(ONE.token()) == ANN
        with pytest.raises(Unauthenticated):
            await provider.check(hmac_with(PEM))


async def test_keys_are_fetched_once_and_again_after_ten_minutes() -> None:
    clock = Clock()
    with jwks_server(ONE.published()) as server:
        async with reach(server, clock) as provider:
            await asyncio.gather(*(provider.check(ONE.token()) for _ in range(50)))
            clock.now += 599
            await provider.check(ONE.token())
            assert server.requests == 1
            server.keys = [TWO.published()]
            clock.now += 1
            with pytest.raises(Unauthenticated, match="no such key"):
                await provider.check(ONE.token())
            assert server.requests == 2


async def test_a_new_key_is_taken_at_once_and_the_withdrawn_one_no_more() -> None:
    clock = Clock()
    with jwks_server(ONE.published()) as server:
        async with reach(server, clock) as provider:
            await provider.check(ONE.token())
            server.keys = [TWO.published()]
            clock.now += 11
            assert await provider.check(TWO.token()) == ANN
            with pytest.raises(Unauthenticated, match="no such key"):
                await provider.check(ONE.token())


async def test_whatever_tokens_come_the_provider_is_asked_once_in_ten_seconds() -> None:
    """SE-01."""
    clock = Clock()
    unknown = [replace(STRANGER, kid=f"key {number}").token() for number in range(100)]
    with jwks_server(ONE.published()) as server:
        async with reach(server, clock) as provider:
            for moment, requests in ((1000.0, 1), (1009.9, 1), (1010.0, 2), (1019.9, 2), (1020.0, 3)):
                clock.now = moment
                found = await asyncio.gather(*(provider.check(token) for token in unknown), return_exceptions=True)
                assert {type(one) for one in found} == {Unauthenticated}
                assert (server.requests, await provider.check(ONE.token())) == (requests, ANN)


async def test_a_caller_who_goes_away_does_not_spoil_the_fetch_for_the_others() -> None:
    with jwks_server(ONE.published()) as server:
        async with reach(server, Clock()) as provider:
            leaving = asyncio.create_task(provider.check(ONE.token()))
            staying = asyncio.create_task(provider.check(ONE.token()))
            await asyncio.sleep(0)
            leaving.cancel()
            assert await staying == ANN
            assert leaving.cancelled()
            assert server.requests == 1


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_keys_known_stay_good_for_a_day_while_the_provider_is_away(fault: str) -> None:
    clock = Clock()
    with jwks_server(ONE.published()) as server:
        async with reach(server, clock) as provider:
            await provider.check(ONE.token())
            server.fault = fault
            clock.now += 600
            assert await provider.check(ONE.token()) == ANN
            assert (server.requests, bool(provider.keys.fault)) == (2, True)
            clock.now += 59
            assert await provider.check(ONE.token()) == ANN
            assert server.requests == 2, "a provider that failed is left alone for a minute"
            clock.now = 1000 + 24 * 3600
            with pytest.raises(Unauthenticated, match="could not be fetched"):
                await provider.check(ONE.token())
            server.fault = ""
            clock.now += 10
            assert (await provider.check(ONE.token()), provider.keys.fault) == (ANN, "")


async def test_nobody_is_let_in_before_there_were_keys() -> None:
    clock = Clock()
    with jwks_server(ONE.published()) as server:
        server.fault = "answers 500"
        async with reach(server, clock) as provider:
            for _ in range(2):
                with pytest.raises(Unauthenticated, match="could not be fetched"):
                    await provider.check(ONE.token())
            assert server.requests == 1
    async with reach(server, clock) as provider:  # nothing listens there any more
        with pytest.raises(Unauthenticated, match="could not be fetched"):
            await provider.check(ONE.token())


def test_whoever_withdraws_all_keys_means_it() -> None:
    assert usable(b'{"keys": []}', ("ES256",)) == {}


GOOD = ONE.published()
UNUSABLE: Mapping[str, Any] = {
    "a shared key": OCT,
    "a shared key that says ES256": {**OCT, "kid": "one", "alg": "ES256"},
    "a private key": jwt.get_algorithm_by_name("ES256").to_jwk(ONE.private, as_dict=True) | {"kid": "one"},
    "no name": ONE.published(kid=None),
    "a number as name": ONE.published(kid=1),
    "for encryption": ONE.published(use="enc"),
    "for signing": ONE.published(key_ops=["sign"]),
    "uses that are no list": ONE.published(key_ops="verify"),
    "for another algorithm": ONE.published(alg="ES512"),
    "for HS256": ONE.published(alg="HS256"),
    "another curve": {**GOOD, "crv": "P-384"},
    "another kind": {**GOOD, "kty": "RSA"},
    "a point off the curve": {**GOOD, "y": GOOD["x"]},
    "numbers for text": {**GOOD, "x": 5},
    "half a key": {key: value for key, value in GOOD.items() if key != "y"},
    "too short": rsa_signer("short", 1024).published(),
    "no modulus": RSA.published(n=None),
    "a modulus of nothing": RSA.published(n=""),
    "a list": [GOOD],
    "a text": "one",
    "nothing": None,
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_key_that_cannot_be_used_is_left_out_and_spoils_no_other(kind: str) -> None:
    """SE-01."""
    document = json.dumps({"keys": [UNUSABLE[kind], TWO.published()]}).encode()
    assert list(usable(document, ("RS256", "ES256"))) == [("two", "ES256")]


def test_a_key_without_an_algorithm_of_its_own_serves_those_of_its_kind() -> None:
    wide = Signer("wide", ec.generate_private_key(ec.SECP384R1()), "ES384")
    document = json.dumps({"keys": [signer.published(alg=None) for signer in (RSA, ONE, wide)]}).encode()
    found = usable(document, ("RS256", "PS512", "ES256", "ES384"))
    assert list(found) == [("rsa", "RS256"), ("rsa", "PS512"), ("one", "ES256"), ("wide", "ES384")]
