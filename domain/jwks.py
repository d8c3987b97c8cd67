"""The keys that an identity provider publishes at its JWKS address: fetched seldom, kept long."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing, suppress
from math import inf
from typing import Any, TypeAlias, cast

import httpx
import jwt
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from domain.tokens import Payload, Unauthenticated

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
Keys: TypeAlias = Mapping[tuple[str, str], PublicKey]

FRESH_SECONDS = 600.0
STALE_SECONDS = 24 * 3600.0
AGAIN_SECONDS = 60.0
BETWEEN_SECONDS = 10.0
FETCH_SECONDS = 5.0
LARGEST = 256_000
RSA_BITS = range(2048, 16_384 + 1)
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
KINDS: Mapping[str, tuple[str, str | None]] = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "PS256": ("RSA", None),
    "PS384": ("RSA", None),
    "PS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
log = structlog.get_logger("ai_ops")


class NoKeysError(Exception):
    """What came back from the JWKS address is no set of keys; the message says what it is."""


class KeySet:
    """The keys as the provider last published them.

    They are asked for again after ten minutes, and at once for a key that is not among them, but never twice within ten
    seconds, whatever tokens come. While the provider is away they stay good for a day.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        algorithms: Iterable[str],
        clock: Callable[[], float] = time.monotonic,
        fetch_seconds: float = FETCH_SECONDS,
    ) -> None:
        self._http = http
        self._url = url
        self._algorithms = tuple(algorithms)
        self._clock = clock
        self._fetch_seconds = fetch_seconds
        self._fetching: asyncio.Task[None] | None = None
        self._may_fetch_at = -inf
        self._due_at = -inf
        self._had_at = -inf
        self.known: Keys = {}
        self.fault = ""

    async def find(self, kid: str, algorithm: str) -> PublicKey:
        """The key of this name for this algorithm. Raises Unauthenticated when the provider is not known to have it."""
        if self.is_stale or self._clock() >= self._due_at or (kid, algorithm) not in self.known:
            await self.refresh()
        if self.is_stale:
            raise Unauthenticated("The keys of the identity provider could not be fetched; try again in a minute.")
        if (kid, algorithm) not in self.known:
            raise Unauthenticated(f"The identity provider has no such key for {algorithm} as the token names.")
        return self.known[kid, algorithm]

    @property
    def is_stale(self) -> bool:
        """Whether the keys known are too old to be good, or there never were any."""
        return self._clock() >= self._had_at + STALE_SECONDS

    async def refresh(self) -> None:
        """The provider was asked just now or is not to be asked yet; `fault` says what went wrong when it was last.

        The fetch is a task of its own: a caller who goes away does not spoil it for the others who wait.
        """
        if self._fetching is None or self._fetching.done():
            if self._clock() < self._may_fetch_at:
                return
            self._may_fetch_at = self._clock() + BETWEEN_SECONDS
            self._fetching = asyncio.create_task(self._fetch(), name="jwks")
        await asyncio.shield(self._fetching)

    async def close(self) -> None:
        if self._fetching:
            self._fetching.cancel()
            with suppress(asyncio.CancelledError):
                await self._fetching

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(self._fetch_seconds):
                self.known = usable(await self._download(), self._algorithms)
        except (httpx.HTTPError, NoKeysError, TimeoutError) as error:
            self.fault = str(error) or type(error).__name__
            self._due_at = self._clock() + AGAIN_SECONDS
            log.warning("the identity provider's keys could not be fetched", url=self._url, fault=self.fault)
            return
        self.fault = ""
        self._had_at = self._clock()
        self._due_at = self._had_at + FRESH_SECONDS

    async def _download(self) -> bytes:
        asked = self._http.build_request("GET", self._url, headers=HEADERS, timeout=self._fetch_seconds)
        response = await self._http.send(asked, stream=True, follow_redirects=False)
        async with aclosing(response):
            if response.status_code != 200:
                raise NoKeysError(f"HTTP {response.status_code}")
            received = bytearray()
            async for part in response.aiter_raw():  # never unpacked: a small body may unpack to a large one
                received += part
                if len(received) > LARGEST:
                    raise NoKeysError(f"more than {LARGEST // 1000} KB")
            return bytes(received)


def usable(body: bytes, algorithms: Iterable[str]) -> Keys:
    """The keys that may check a token, by their name and algorithm; what is none of those is left out.

    Raises NoKeysError for what is no set of keys. A set without a key we can use is one: whoever withdraws all keys
    means it.
    """
    found: dict[tuple[str, str], PublicKey] = {}
    for jwk in published(body):
        for algorithm in algorithms:
            key = opened(jwk, algorithm) if fits(jwk, algorithm) else None
            if key:
                found.setdefault((jwk["kid"], algorithm), key)
    return found


def published(body: bytes) -> list[Payload]:
    try:
        document: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NoKeysError("the answer is no JSON") from error
    listed: object = cast("Payload", document).get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise NoKeysError("the answer holds no list of keys")
    return [cast("Payload", jwk) for jwk in cast("list[object]", listed) if isinstance(jwk, dict)]


def fits(jwk: Payload, algorithm: str) -> bool:
    """Whether the key is published, by its own words, to check signatures of this algorithm, and is no private one."""
    kind, curve = KINDS[algorithm]
    operations = jwk.get("key_ops", ["verify"])
    return (
        isinstance(jwk.get("kid"), str)
        and jwk.get("kty") == kind
        and (curve is None or jwk.get("crv") == curve)
        and jwk.get("alg", algorithm) == algorithm
        and jwk.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and "d" not in jwk
    )


def opened(jwk: Payload, algorithm: str) -> PublicKey | None:
    try:
        key = cast("PublicKey", jwt.PyJWK(jwk, algorithm).key)
    except jwt.PyJWTError:
        return None
    return None if isinstance(key, RSAPublicKey) and key.key_size not in RSA_BITS else key
