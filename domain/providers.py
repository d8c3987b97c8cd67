"""Identity providers: whose tokens are taken here beside our own, and what is believed of them."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import httpx
import jwt

from domain import tokens
from domain.jwks import KeySet
from domain.tokens import PILLARS, SCOPES, Checks, Claims, Key, Payload, Unauthenticated


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is believed of a provider's tokens.

    `roles_claim` is a claim's name, or a path to it with dots; `role_map` gives its words our roles, and a word that
    is not there grants nothing. With `org`, tokens of any other organisation, or of none, are refused.
    """

    url: str
    algorithms: tuple[str, ...]
    issuer: str
    audience: str
    roles_claim: str
    role_map: Mapping[str, str]
    org: str | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider whose tokens are taken here."""

    trust: Trust
    keys: KeySet

    async def check(self, token: str) -> Claims:
        """The claims of a genuine token. Raises Unauthenticated for any other, with the reason."""
        said = tokens.header(token)
        kid, algorithm = said.get("kid"), said.get("alg")
        if algorithm not in self.trust.algorithms:
            raise tokens.not_valid(jwt.InvalidAlgorithmError())
        if not isinstance(kid, str):
            raise Unauthenticated("The token does not name its key (kid).")
        key = await self.keys.find(kid, algorithm)
        payload = tokens.decoded(token, key, algorithm, issuer=self.trust.issuer, audience=self.trust.audience)
        return self.claims(payload)

    def claims(self, payload: Payload) -> Claims:
        org = tokens.read_org(payload)
        if self.trust.org is not None and org != self.trust.org:
            raise Unauthenticated("The token is of another organisation.")
        return Claims(
            name=tokens.read_name(payload["sub"]),
            roles=roles(payload, self.trust),
            teams=tokens.words(payload, "teams"),
            scopes=scopes(payload),
            org=org,
        )


@dataclass(frozen=True, slots=True)
class Both:
    """Our own tokens and a provider's. A token's algorithm says of which kind it is, and each kind has its own keys."""

    key: Key
    provider: Provider

    async def check(self, token: str) -> Claims:
        is_theirs = tokens.header(token).get("alg") in self.provider.trust.algorithms
        return await (self.provider if is_theirs else self.key).check(token)


def either(key: Key | None, provider: Provider | None) -> Checks | None:
    """What checks the tokens of the kinds that are set up; None when none is."""
    return Both(key, provider) if key and provider else key or provider


@asynccontextmanager
async def open_provider(trust: Trust) -> AsyncGenerator[Provider]:
    """The provider within reach until the block ends. Nothing is fetched yet."""
    async with httpx.AsyncClient() as http:
        keys = KeySet(http, trust.url, trust.algorithms)
        try:
            yield Provider(trust, keys)
        finally:
            await keys.close()


def roles(payload: Payload, trust: Trust) -> frozenset[str]:
    words = listed(claim(payload, trust.roles_claim))
    return frozenset(trust.role_map[word] for word in words if word in trust.role_map)


def scopes(payload: Payload) -> frozenset[str]:
    """The doors of ours that the token names; the three pillars when it names none, as most providers' tokens do."""
    named = frozenset(listed(payload.get("scope", payload.get("scp"))))
    return named & frozenset(SCOPES) or frozenset(PILLARS)


def claim(payload: Payload, path: str) -> object:
    """The claim of this very name, which may be a web address with dots in it, or else the one the path leads to."""
    if path in payload:
        return payload[path]
    found: Any = payload
    for name in path.split("."):
        found = cast("Payload", found).get(name) if isinstance(found, dict) else None
    return found


def listed(value: object) -> tuple[str, ...]:
    """Words as a list, or as one text with spaces; none when there is nothing. Raises Unauthenticated for the rest."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(value.split())
    if not isinstance(value, list):
        raise Unauthenticated("The token's roles or scopes are not words.")
    return tuple(word for word in cast("list[object]", value) if isinstance(word, str))
