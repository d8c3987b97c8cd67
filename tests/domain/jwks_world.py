"""An identity provider for tests: a JWKS address over real HTTP, with its faults, and what signs its tokens."""

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeAlias

import httpx
import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from domain.jwks import KeySet
from domain.providers import Provider, Trust
from domain.tokens import PILLARS, Claims, Key

Json: TypeAlias = dict[str, Any]
HOUR = timedelta(hours=1)
ISSUER, AUDIENCE = "https://id.example.com/realms/ops", "trivium"
STOP_SECONDS = 10
TEN_MEGABYTES = 10_000_000
TRUST = Trust(
    url="",
    algorithms=("RS256", "ES256"),
    issuer=ISSUER,
    audience=AUDIENCE,
    roles_claim="roles",
    role_map={"engineer": "engineer", "member": "engineer", "sre-admins": "admin"},
)
ANN = Claims(name="ann", roles=frozenset({"engineer"}), scopes=frozenset(PILLARS))
OURS = Key(secret="s" * 32, issuer=ISSUER, audience=AUDIENCE)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key of the provider's, with the name and the algorithm that it is used under."""

    kid: str
    private: Any
    algorithm: str

    def published(self, **changes: Any) -> Json:
        """The public key as the provider publishes it; a change to None leaves that member out."""
        written: Json = jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.private.public_key(), as_dict=True)
        written = {key: value for key, value in written.items() if key != "key_ops"}
        whole = {**written, "kid": self.kid, "alg": self.algorithm, "use": "sig"} | changes
        return {key: value for key, value in whole.items() if value is not None}

    def token(self, header: Json | None = None, **changes: Any) -> str:
        """Ann's token; a claim changed to None is not there."""
        headers = {"kid": self.kid} | (header or {})
        return jwt.encode(payload(**changes), self.private, algorithm=self.algorithm, headers=headers)


def payload(**changes: Any) -> Json:
    now = datetime.now(UTC)
    claims: Json = {"sub": "ann", "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + HOUR, "roles": ["engineer"]}
    return {claim: value for claim, value in (claims | changes).items() if value is not None}


def curve_signer(kid: str) -> Signer:
    return Signer(kid, ec.generate_private_key(ec.SECP256R1()), "ES256")


@cache
def rsa_signer(kid: str, bits: int = 2048) -> Signer:
    return Signer(kid, rsa.generate_private_key(public_exponent=65537, key_size=bits), "RS256")


@dataclass(slots=True)
class JwksServer:
    """`keys` is what is published now; `fault` names how the address misbehaves; `requests` counts what came in."""

    url: str
    keys: list[Json]
    fault: str = ""
    requests: int = 0

    async def answer(self, request: Request) -> Response:
        self.requests += 1
        if self.fault == "hangs":
            await gone(request)
        make = FAULTS.get(self.fault, lambda keys: JSONResponse({"keys": keys}))
        return make(self.keys)


def zipped(keys: list[Json]) -> Response:
    body = gzip.compress(json.dumps({"keys": keys, "more": " " * TEN_MEGABYTES}).encode())
    return Response(body, media_type="application/json", headers={"Content-Encoding": "gzip"})


def large(keys: list[Json]) -> Response:
    return JSONResponse({"keys": keys, "more": " " * TEN_MEGABYTES})


async def trickle(keys: list[Json]) -> AsyncGenerator[bytes]:
    """Never silent for long, and whole after two seconds."""
    for _ in range(20):
        yield b" "
        await asyncio.sleep(0.1)
    yield json.dumps({"keys": keys}).encode()


FAULTS: Mapping[str, Callable[[list[Json]], Response]] = {
    "answers 500": lambda keys: JSONResponse({"keys": keys}, 500),
    "shows a page": lambda _: HTMLResponse("<html><body>Sign in to continue</body></html>"),
    "sends 10 MB": large,
    "sends 10 MB packed": zipped,
    "leads elsewhere": lambda _: RedirectResponse("/elsewhere"),
    "sends a list": JSONResponse,
    "sends no list": lambda _: JSONResponse({"keys": {"kid": "one"}}),
    "sends nothing": lambda _: Response(b""),
    "trickles": lambda keys: StreamingResponse(trickle(keys), media_type="application/json"),
    "hangs": lambda _: Response(status_code=504),
}


async def gone(request: Request) -> None:
    """Returns when the client has closed the connection, or after some seconds."""
    try:
        async with asyncio.timeout(STOP_SECONDS):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


@contextmanager
def jwks_server(*keys: Json) -> Generator[JwksServer]:
    """A server on a free loopback port, in a thread of its own; it is gone when the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        served = JwksServer(url=f"{origin}/keys", keys=list(keys))
        elsewhere = JwksServer(url=f"{origin}/elsewhere", keys=list(keys))
        app = Starlette(routes=[Route("/keys", served.answer), Route("/elsewhere", elsewhere.answer)])
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="jwks-server")
        thread.start()
        try:
            yield served  # the listener queues connections made before the thread accepts them
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)
            assert not thread.is_alive(), "the JWKS server did not stop"


@dataclass(slots=True)
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def reach(server: JwksServer, clock: Clock, **trust: Any) -> AsyncGenerator[Provider]:
    """The provider at this server, by this clock; a hanging fetch is given up soon."""
    async with httpx.AsyncClient(follow_redirects=True) as http:  # the key set must not depend on the client's defaults
        keys = KeySet(http, server.url, ("RS256", "ES256"), clock, fetch_seconds=0.5)
        yield Provider(replace(TRUST, url=server.url, **trust), keys)
        await keys.close()
