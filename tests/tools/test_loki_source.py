"""Loki asked directly, over real HTTP."""

from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.errors import Refused, SourceError
from tests.grafana_server import Cut, Fault, Hang, Huge, Page, Status
from tests.source_server import Line, SourceServer, source_server
from tools.gates import Gate
from tools.runbooks.http import Pinned
from tools.sources.endpoint import Endpoint
from tools.sources.loki import Loki

NOW = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
NANOSECONDS = 1_795_176_000_123_456_000
HOUR = timedelta(hours=1)
CHECKOUT = '{app="checkout"}'


@pytest.fixture
def source() -> Generator[SourceServer]:
    with source_server() as opened:
        yield opened


@pytest.fixture
async def http() -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=Pinned(httpx.AsyncHTTPTransport()), trust_env=False) as opened:
        yield opened


def loki(http: httpx.AsyncClient, source: SourceServer, seconds: float = 5) -> Loki:
    endpoint = Endpoint(name="loki:3100", url=source.url, http=http, gate=Gate("loki"), seconds=seconds, pauses=())
    return Loki(endpoint)


async def test_lines_come_newest_first_from_the_start_to_before_the_end(
    source: SourceServer, http: httpx.AsyncClient
) -> None:
    """HD-04."""
    hour = 3600 * 10**9
    times = {"at the end": 0, "just before": 1, "inside": hour // 2, "at the start": hour, "before": hour + 1}
    source.lines = [Line("checkout", NANOSECONDS - ago, text) for text, ago in times.items()]
    source.lines.append(Line("payment", NANOSECONDS - 5, "another's"))
    found = await loki(http, source).lines(CHECKOUT, NOW - HOUR, NOW, 100)
    assert [item["text"] for item in found] == ["just before", "inside", "at the start"]
    assert found[0] == {"at": str(NANOSECONDS - 1), "text": "just before", "labels": {"app": "checkout"}}
    newest = await loki(http, source).lines(CHECKOUT, NOW - HOUR, NOW, 1)
    assert [item["text"] for item in newest] == ["just before"]


async def test_numbers_made_of_lines_come_as_series(source: SourceServer, http: httpx.AsyncClient) -> None:
    whole = NOW.replace(microsecond=0)
    rate = f"sum(rate({CHECKOUT}[5m]))"
    window = await loki(http, source).window(rate, whole - HOUR, whole, 600)
    assert [value for _, value in window[0]["values"]] == ["1.0"] * 7
    assert (await loki(http, source).instant(rate, whole))[0]["value"][1] == "1.0"


async def test_a_query_at_fault_is_refused_in_lokis_own_words(source: SourceServer, http: httpx.AsyncClient) -> None:
    with pytest.raises(Refused, match="parse error at line 1, col 4") as caught:
        await loki(http, source).instant("bad()", NOW)
    assert caught.value.code == "bad_expression"


async def test_lines_are_no_numbers_and_numbers_no_lines(source: SourceServer, http: httpx.AsyncClient) -> None:
    source.body = {"status": "success", "data": {"resultType": "streams", "result": []}}
    with pytest.raises(Refused, match="lines, not numbers"):
        await loki(http, source).window(CHECKOUT, NOW - HOUR, NOW, 60)
    source.body = {"status": "success", "data": {"resultType": "matrix", "result": []}}
    with pytest.raises(Refused, match="numbers, not lines"):
        await loki(http, source).lines("rate(x)", NOW - HOUR, NOW, 10)


FAULTS: list[tuple[Fault, int | None, bool]] = [
    (Status(401), 401, False),
    (Status(403), 403, False),
    (Status(429), 429, True),
    (Status(500), 500, True),
    (Page(), 502, True),
    (Page(200), None, False),
    (Cut(), None, True),
    (Huge(), None, False),
    (Hang(), None, True),
]


@pytest.mark.parametrize(("fault", "status", "may_pass"), FAULTS, ids=repr)
async def test_each_fault_is_an_error_of_its_kind(
    source: SourceServer, http: httpx.AsyncClient, fault: Fault, status: int | None, may_pass: bool
) -> None:
    """HD-01."""
    source.fault = fault
    client = loki(http, source, 0.5 if isinstance(fault, Hang) else 5)
    for asking in (client.lines(CHECKOUT, NOW - HOUR, NOW, 10), client.instant("rate(x)", NOW), client.healthy()):
        with pytest.raises(SourceError) as caught:
            await asking
        found = caught.value
        assert (found.status, found.retryable, found.is_uncertain) == (status, may_pass, False)
    source.fault = None
    await client.healthy()


STREAMS: dict[str, Any] = {"resultType": "streams"}
STRANGE: list[Any] = [
    {},
    {"status": "success", "data": None},
    {"status": "success", "data": {"resultType": "streams"}},
    {"status": "success", "data": STREAMS | {"result": ["x"]}},
    {"status": "success", "data": STREAMS | {"result": [{"values": []}]}},
    {"status": "success", "data": STREAMS | {"result": [{"stream": {}, "values": [["soon", "x"]]}]}},
    {"status": "success", "data": STREAMS | {"result": [{"stream": {}, "values": [["1"]]}]}},
    {"status": "success", "data": {"resultType": "vector", "result": []}},
]


@pytest.mark.parametrize("body", STRANGE, ids=repr)
async def test_another_schema_is_no_answer(source: SourceServer, http: httpx.AsyncClient, body: Any) -> None:
    source.body = body
    with pytest.raises(SourceError, match="no answer to the call"):
        await loki(http, source).lines(CHECKOUT, NOW - HOUR, NOW, 10)
