"""HTTP under the MCP SDK's client: where requests may go, how much is read, and faults that end one call alone.

In the SDK a request that cannot be sent raises in the task group that all requests share, which ends the session for
every caller. Here such a request is answered, as if by the server, with an error that says what happened.
"""

import ipaddress
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit

import httpx2
import orjson

from domain.errors import Refused
from tools.sources import addresses

Json: TypeAlias = dict[str, Any]

LARGEST_REFUSAL = 64 * 1024
FAULT = "trivium"
INTERNAL_ERROR = -32603
UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


class UnreadableError(httpx2.StreamError):
    """The body was cut or is too large. The SDK tells this kind to the one call that the body belongs to."""


def wire() -> httpx2.AsyncBaseTransport:
    """What requests go out over: no proxy of the environment, which would look names up by itself."""
    limits = httpx2.Limits(max_connections=40, max_keepalive_connections=8)
    return httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One server's address. `is_external`: in the open internet, so never an address of our own network."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    is_external: bool = False
    connect_seconds: float = 5
    largest: int = 10_000_000
    wire: Callable[[], httpx2.AsyncBaseTransport] = wire


async def client(site: Site, cut: Callable[[], None] | None = None) -> httpx2.AsyncClient:
    """A client for this site alone, not yet entered. With `cut`, called when a request fails, faults are raised.

    Raises Refused for an address to which nothing is sent, OSError when the name is not known.
    """
    found = await looked_up(site)
    return httpx2.AsyncClient(
        transport=Guarded(site.wire(), found, site.largest, cut),
        headers={"Accept-Encoding": "identity", **site.headers},
        timeout=httpx2.Timeout(None, connect=site.connect_seconds, pool=site.connect_seconds),
        trust_env=False,
    )


@dataclass(frozen=True, slots=True)
class Handing:
    """What the SDK's SSE transport makes its client with: this one."""

    made: httpx2.AsyncClient

    def __call__(
        self,
        headers: dict[str, str] | None = None,  # noqa: ARG002 - the SDK's signature
        timeout: httpx2.Timeout | None = None,  # noqa: ARG002
        auth: httpx2.Auth | None = None,  # noqa: ARG002
    ) -> httpx2.AsyncClient:
        return self.made


async def looked_up(site: Site) -> list[str]:
    """The addresses of the site's host, looked up once. Raises Refused, OSError."""
    parts = urlsplit(site.url)
    host = parts.hostname or ""
    found = await addresses.resolve(host, parts.port or (443 if parts.scheme == "https" else 80))
    if site.is_external and any(not ipaddress.ip_address(each.partition("%")[0]).is_global for each in found):
        raise Refused(
            f"{host} is an address of the own network, and the server is registered as external.",
            code="address_refused",
            alternative="Register it as internal if it is meant.",
        )
    return found


class Guarded(httpx2.AsyncBaseTransport):
    """Sends to the addresses that were looked up; reads at most `largest` bytes of an answer that is no stream."""

    def __init__(
        self, inner: httpx2.AsyncBaseTransport, found: list[str], largest: int, cut: Callable[[], None] | None
    ) -> None:
        self._inner = inner
        self._addresses = found
        self._largest = largest
        self._cut = cut

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = await self._sent(request)
        except httpx2.TransportError as error:
            if self._cut:
                self._cut()
            if self._cut or request.method != "POST":
                raise
            said = f"{type(error).__name__}: {error}"
            return fault(503, said, unsent=isinstance(error, UNSENT), late=isinstance(error, httpx2.TimeoutException))
        return response if self._cut else await self._judged(request, response)

    async def _sent(self, request: httpx2.Request) -> httpx2.Response:
        """By the first address that takes a connection, which is then the first to be tried."""
        for address in [*self._addresses]:
            try:
                return await self._inner.handle_async_request(directed(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if address == self._addresses[-1]:
                    raise
                self._addresses = [*(each for each in self._addresses if each != address), address]
        raise httpx2.ConnectError("the host has no address")

    async def _judged(self, request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        """An answer that the SDK can read; another one as an error that says what it was."""
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        encoded = response.headers.get("content-encoding", "identity").lower() != "identity"
        stream = cast("AsyncIterator[bytes]", response.stream)
        if request.method != "POST" or response.status_code == 202 or response.is_redirect:
            return response
        if response.status_code == 200 and kind == "text/event-stream" and not encoded:
            return response
        if response.status_code == 200 and kind == "application/json" and not encoded:
            response.stream = Capped(stream, self._largest)
            return response
        try:
            body = b"" if encoded else await beginning(stream)
        finally:
            await response.aclose()
        return refused(response.status_code, body, "an encoded body" if encoded else kind)

    async def aclose(self) -> None:
        await self._inner.aclose()


def directed(request: httpx2.Request, address: str) -> httpx2.Request:
    """The same request to this address; name and certificate stay those of the host."""
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )


class Capped(httpx2.AsyncByteStream):
    """A body of which no more than `largest` bytes are read."""

    def __init__(self, inner: AsyncIterator[bytes], largest: int) -> None:
        self._inner = inner
        self._largest = largest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        try:
            async for part in self._inner:
                received += len(part)
                if received > self._largest:
                    raise UnreadableError(f"it has more than {self._largest / 1e6:g} MB, which is not read")
                yield part
        except httpx2.TransportError as error:
            raise UnreadableError(f"the connection was cut: {error}") from error

    async def aclose(self) -> None:
        await cast("httpx2.AsyncByteStream", self._inner).aclose()


async def beginning(stream: AsyncIterator[bytes]) -> bytes:
    """As much of a body as is read of a refusal; what came before a cut."""
    received = bytearray()
    try:
        async for part in stream:
            received += part
            if len(received) > LARGEST_REFUSAL:
                break
    except httpx2.TransportError:
        pass
    return bytes(received[:LARGEST_REFUSAL])


def refused(status: int, body: bytes, kind: str) -> httpx2.Response:
    """What the server said instead of an answer: its own JSON-RPC error, or its page as one."""
    try:
        given = orjson.loads(body)
        error = cast("Json", given)["error"] if isinstance(given, dict) and "error" in given else None
    except orjson.JSONDecodeError:
        error = None
    at_least = max(status, 400)
    if isinstance(error, dict) and isinstance(error.get("code"), int):
        told = cast("Json", error)
        data = {"data": told["data"]} if told.get("data") is not None else {"data": {FAULT: {"status": status}}}
        return answered(at_least, {"code": told["code"], "message": str(told.get("message", "")), **data})
    return fault(at_least, body[:4000].decode(errors="replace") or kind, status=status)


def fault(http_status: int, said: str, **about: Any) -> httpx2.Response:
    return answered(http_status, {"code": INTERNAL_ERROR, "message": said, "data": {FAULT: about}})


def answered(status: int, error: Json) -> httpx2.Response:
    return httpx2.Response(status, json={"jsonrpc": "2.0", "id": None, "error": error})
