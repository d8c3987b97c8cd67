"""HTTP requests of runbooks: to an address that was looked at, no further than the host that was named."""

import contextlib
from dataclasses import dataclass, replace
from urllib.parse import urljoin

import httpx

from domain.errors import SourceError
from tools.runbooks.plan import Request
from tools.sources.addresses import resolve
from tools.sources.transcript import Transcript

CONNECT_SECONDS = 10.0
MOST_BYTES = 1_000_000
MOST_HOPS = 3
READS = frozenset({"GET", "HEAD"})
PLAIN = {"Accept-Encoding": "identity", "User-Agent": "Trivium"}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


class Pinned(httpx.AsyncBaseTransport):
    """Connects to the addresses that were looked up and judged; the name stays in Host and in TLS."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises Refused for a closed address, httpx.ConnectError when none of the others answers."""
        host, port = request.url.host, request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            addresses = await resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"the name {host} is not known", request=request) from error
        request.extensions = {**request.extensions, "sni_hostname": host}
        url, failed = request.url, httpx.ConnectError(f"{host} has no address", request=request)
        for address in addresses:
            request.url = url.copy_with(host=address)
            try:
                return await self._inner.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = httpx.ConnectError(str(error) or f"{address} does not answer", request=request)
            finally:
                request.url = url
        raise failed

    async def aclose(self) -> None:
        await self._inner.aclose()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    location: str


async def send(request: Request, *, seconds: float, transcript: Transcript) -> int:
    """The status that came back; of the body the first megabyte is in the transcript.

    Raises SourceError: nothing was sent, or no whole answer came, which is uncertain for what is no read. Raises
    Refused for a closed address.
    """
    timeout = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
    transport = Pinned(httpx.AsyncHTTPTransport())
    async with httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False) as client:
        answer = await exchanged(client, request, transcript)
        for _ in range(MOST_HOPS):
            further = followed(request, answer)
            if further is None:
                break
            request = further
            answer = await exchanged(client, request, transcript)
    transcript.close()
    return answer.status


async def exchanged(client: httpx.AsyncClient, request: Request, transcript: Transcript) -> Answer:
    try:
        async with client.stream(
            request.method, request.url, headers=PLAIN | dict(request.headers), content=request.body
        ) as response:
            read = 0
            with contextlib.suppress(httpx.DecodingError):
                async for part in response.aiter_bytes():
                    transcript.feed(part)
                    read += len(part)
                    if read > MOST_BYTES:
                        break
            return Answer(response.status_code, response.headers.get("location", ""))
    except UNSENT as error:
        message = f"{host(request)} cannot be reached: {first_line(error)}; nothing was sent"
        raise SourceError(message, source=host(request)) from error
    except httpx.TimeoutException as error:
        raise no_answer(request, "did not answer in time") from error
    except httpx.HTTPError as error:
        raise no_answer(request, f"cut the connection: {first_line(error)}") from error


def followed(request: Request, answer: Answer) -> Request | None:
    """The request to go on with: only reads are sent again, only to the same host, never from TLS to plain text."""
    if answer.status not in REDIRECTS or answer.status in request.expected or request.method not in READS:
        return None
    here, there = httpx.URL(request.url), httpx.URL(urljoin(request.url, answer.location))
    same = (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)
    return replace(request, url=str(there)) if same else None


def no_answer(request: Request, why: str) -> SourceError:
    """A read has changed nothing, whatever became of it."""
    is_uncertain = request.method not in READS
    end = "; what was asked for may have been done" if is_uncertain else ""
    return SourceError(f"{host(request)} {why}{end}", source=host(request), is_uncertain=is_uncertain)


def host(request: Request) -> str:
    try:
        return httpx.URL(request.url).host
    except httpx.InvalidURL:
        return "the host"


def first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
