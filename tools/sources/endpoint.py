"""One HTTP API that answers reads with JSON: who calls, how long, how much is read, and each failure by its kind."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import httpx
import orjson

from domain.errors import SourceError
from tools.gates import Gate
from tools.masking import mask_text
from tools.sources import failures

Json: TypeAlias = dict[str, Any]

LARGEST = 10_000_000
LONGEST_REQUEST = 2000
SECONDS = 10.0
CONNECT_SECONDS = 3.0
PAUSES = (0.2,)
WITH_REASON = frozenset({400, 422})
# A compressed body grows without bound in one piece, so none is asked for and none is read.
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Trivium"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a bearer token, or with `username` a password; `tenant` is the organisation of a shared source."""

    key: str | None = field(default=None, repr=False)
    username: str = ""
    tenant: str = ""

    def headers(self) -> Json:
        found = {"X-Scope-OrgID": self.tenant} if self.tenant else {}
        if self.key is None:
            return found
        if self.username:
            pair = base64.b64encode(f"{self.username}:{self.key}".encode()).decode()
            return found | {"Authorization": f"Basic {pair}"}
        return found | {"Authorization": f"Bearer {self.key}"}


NOBODY = Caller()


@dataclass(frozen=True, slots=True)
class Body:
    """A response that was read whole."""

    status: int
    content: bytes

    def json(self) -> Json | None:
        """The object it holds, None when it holds none."""
        try:
            value = orjson.loads(self.content)
        except orjson.JSONDecodeError:
            return None
        return cast("Json", value) if isinstance(value, dict) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One source, for any number of calls at once: `gate` says how many go at a time and when it is left alone.

    A call has `seconds` in all; of a failure that may pass it is made again after each of `pauses`.
    """

    name: str
    url: str
    http: httpx.AsyncClient
    gate: Gate
    caller: Caller = NOBODY
    seconds: float = SECONDS
    pauses: tuple[float, ...] = PAUSES

    async def post(self, path: str, form: Mapping[str, str]) -> Body:
        """What came back with status 200, or with one that tells why. Raises SourceError for anything else."""
        return await self.asked("POST", path, form)

    async def get(self, path: str, parameters: Mapping[str, str]) -> Body:
        """As `post`."""
        return await self.asked("GET", path, parameters)

    async def asked(self, method: str, path: str, values: Mapping[str, str]) -> Body:
        request = written(method, path, values)
        try:
            async with asyncio.timeout(self.seconds), place(self.gate):
                return await self.tried(method, path, values)
        except TimeoutError as error:
            self.gate.failed()
            late = failures.cut_off(self.name, request, error, self.seconds)
            late.is_uncertain, late.is_counted = False, True
            raise late from error
        except SourceError as error:
            error.is_uncertain = False
            raise

    async def tried(self, method: str, path: str, values: Mapping[str, str]) -> Body:
        for pause in self.pauses:
            try:
                return await self.once(method, path, values)
            except SourceError as error:
                if not error.retryable or error.status == 429:
                    raise
            await asyncio.sleep(pause)
        return await self.once(method, path, values)

    async def once(self, method: str, path: str, values: Mapping[str, str]) -> Body:
        request = written(method, path, values)
        try:
            status, content = await self.received(method, path, values)
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise failures.cut_off(self.name, request, error, self.seconds) from error
        except TooMuchError as error:
            raise failures.too_large(self.name, request, LARGEST) from error
        body = Body(status, content)
        if status == 200 or status in WITH_REASON:
            return body
        raise failures.no_answer(self.name, request, status, content)

    async def received(self, method: str, path: str, values: Mapping[str, str]) -> tuple[int, bytes]:
        limits = httpx.Timeout(self.seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
        sent: dict[str, Any] = {"data": dict(values)} if method == "POST" else {"params": dict(values)}
        headers = {**HEADERS, **self.caller.headers()}
        url = f"{self.url.rstrip('/')}{path}"
        async with self.http.stream(method, url, headers=headers, timeout=limits, **sent) as response:
            received = bytearray()
            async for part in response.aiter_raw():
                received += part
                if len(received) > LARGEST:
                    raise TooMuchError
            return response.status_code, bytes(received)

    def strange(self, request: str, body: Body) -> SourceError:
        """An answer that is not one: a page, another schema."""
        error = failures.no_answer(self.name, request, body.status, body.content)
        error.is_uncertain = False
        return error


@asynccontextmanager
async def place(gate: Gate) -> AsyncGenerator[None]:
    """A place at the gate. That the source is left alone is a failure that may pass."""
    is_resting = asyncio.get_running_loop().time() < gate.closed_until
    try:
        async with gate.enter():
            yield
    except SourceError as error:
        error.retryable = error.retryable or is_resting
        raise


class TooMuchError(Exception):
    """The answer passed LARGEST bytes; the rest was not read."""


def written(method: str, path: str, values: Mapping[str, str]) -> str:
    """The request as it is kept: one line, without secrets."""
    return f"{method} {path} {mask_text(orjson.dumps(dict(values)).decode())}"[:LONGEST_REQUEST]
