"""Prometheus asked directly: the real one for what it gives, a double for how it fails."""

from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.errors import Refused, SourceError
from tests.grafana_server import Cut, Fault, Hang, Huge, Page, Status
from tests.source_server import SourceServer, source_server
from tools.gates import Gate
from tools.runbooks.http import Pinned
from tools.sources.endpoint import Caller, Endpoint
from tools.sources.prometheus import Prometheus

pytest_plugins = ("tests.grafana_fixtures",)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def source() -> Generator[SourceServer]:
    with source_server() as opened:
        yield opened


@pytest.fixture
async def http() -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=Pinned(httpx.AsyncHTTPTransport()), trust_env=False) as opened:
        yield opened


def prometheus(http: httpx.AsyncClient, url: str, **changes: Any) -> Prometheus:
    given: dict[str, Any] = {"name": "prom:9090", "url": url, "http": http, "gate": Gate("prom"), "pauses": ()}
    return Prometheus(Endpoint(**(given | changes)))


async def test_the_real_one_gives_instants_windows_and_names(prometheus_url: str, http: httpx.AsyncClient) -> None:
    """HD-03."""
    real = prometheus(http, prometheus_url)
    now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    found, warnings = await real.instant('up{service="checkout"}', now)
    assert ([item["value"][1] for item in found], warnings) == (["1"], ())
    assert (await real.instant("1 + 1", now))[0] == [{"metric": {}, "value": [now.timestamp(), "2"]}]
    series, _ = await real.window("vector(3)", now - timedelta(minutes=5), now, 60)
    assert [value for _, value in series[0]["values"]] == ["3"] * 6
    assert "prometheus_http_requests_total" in await real.names()
    await real.healthy()


@pytest.mark.parametrize("query", ["sum(", "up + on() group_left up{", '"text"', "up[5m]"])
async def test_a_query_at_fault_is_refused_in_prometheus_own_words(
    prometheus_url: str, http: httpx.AsyncClient, query: str
) -> None:
    with pytest.raises(Refused, match=r"does not take this query: .+") as caught:
        await prometheus(http, prometheus_url).instant(query, datetime.now(UTC))
    assert caught.value.code == "bad_expression"


FAULTS: list[tuple[Fault, int | None, bool, str]] = [
    (Status(401), 401, False, "not accepted"),
    (Status(403), 403, False, "HTTP 403"),
    (Status(404), 404, False, "HTTP 404"),
    (Status(429), 429, True, "HTTP 429"),
    (Status(500), 500, True, "HTTP 500"),
    (Page(), 502, True, "an HTML page"),
    (Page(200), None, False, "no answer to the call"),
    (Cut(), None, True, "was cut"),
    (Huge(), None, False, "more than 10 MB"),
    (Hang(), None, True, "did not answer in 0.5 s"),
]


@pytest.mark.parametrize("case", FAULTS, ids=repr)
async def test_each_fault_is_an_error_of_its_kind(
    source: SourceServer, http: httpx.AsyncClient, case: tuple[Fault, int | None, bool, str]
) -> None:
    """HD-01."""
    fault, status, may_pass, said = case
    source.fault = fault
    seconds = 0.5 if isinstance(fault, Hang) else 5
    with pytest.raises(SourceError, match=said) as caught:
        await prometheus(http, source.url, seconds=seconds).instant("up", NOW)
    found = caught.value
    assert (found.status, found.retryable, found.is_uncertain, found.source) == (status, may_pass, False, "prom:9090")
    source.fault = None
    assert (await prometheus(http, source.url).instant("up", NOW))[0]


async def test_nobody_there_is_said_so(http: httpx.AsyncClient) -> None:
    with source_server() as gone:
        url = gone.url
    with pytest.raises(SourceError, match="cannot be reached") as caught:
        await prometheus(http, url).instant("up", NOW)
    assert (caught.value.retryable, caught.value.status) == (True, None)


STRANGE: list[Any] = [
    {},
    {"status": "success"},
    {"status": "success", "data": []},
    {"status": "success", "data": {"resultType": "vector", "result": {}}},
    {"status": "success", "data": {"resultType": "vector", "result": [1]}},
    {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}}]}},
    {"status": "success", "data": {"resultType": "vector", "result": [{"metric": [], "value": [0, "1"]}]}},
    {"status": "success", "data": {"resultType": "trees", "result": []}},
]


@pytest.mark.parametrize("body", STRANGE, ids=repr)
async def test_another_schema_is_no_answer(source: SourceServer, http: httpx.AsyncClient, body: Any) -> None:
    source.body = body
    with pytest.raises(SourceError, match="no answer to the call"):
        await prometheus(http, source.url).instant("up", NOW)


async def test_a_failure_that_may_pass_is_tried_again_and_no_other(
    source: SourceServer, http: httpx.AsyncClient
) -> None:
    """HD-01."""
    for status, tries in ((503, 3), (403, 1), (429, 1), (400, 1)):
        source.requests.clear()
        source.fault = Status(status)
        with pytest.raises((SourceError, Refused)):
            await prometheus(http, source.url, pauses=(0.0, 0.0)).instant("up", NOW)
        assert (status, len(source.requests)) == (status, tries)


async def test_after_five_failures_in_a_row_it_is_left_alone(source: SourceServer, http: httpx.AsyncClient) -> None:
    source.fault = Status(500)
    client = prometheus(http, source.url)
    for _ in range(6):
        with pytest.raises(SourceError):
            await client.instant("up", NOW)
    assert len(source.requests) == 5
    with pytest.raises(SourceError, match="left alone") as caught:
        await client.instant("up", NOW)
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("caller", "header"),
    [
        (Caller(key="s3cret-token"), "Bearer s3cret-token"),
        (Caller(key="pass", username="ann"), "Basic YW5uOnBhc3M="),
    ],
)
async def test_who_calls_is_said_in_the_header_and_nowhere_else(
    source: SourceServer, http: httpx.AsyncClient, caller: Caller, header: str
) -> None:
    source.token = header
    client = prometheus(http, source.url, caller=caller)
    await client.instant("up", NOW)
    assert source.requests[0].headers.get("authorization") == header
    assert str(caller.key) not in repr(client)


async def test_a_tenant_is_named(source: SourceServer, http: httpx.AsyncClient) -> None:
    await prometheus(http, f"{source.url}/prometheus/", caller=Caller(tenant="shop")).instant("up", NOW)
    seen = source.requests[0]
    assert (seen.headers["x-scope-orgid"], seen.path) == ("shop", "/prometheus/api/v1/query")


@pytest.mark.parametrize("url", ["http://169.254.169.254", "http://metadata.google.internal:80", "http://[fe80::1]:90"])
async def test_metadata_addresses_are_never_asked(http: httpx.AsyncClient, url: str) -> None:
    """SE-09."""
    with pytest.raises(Refused, match="metadata or link-local") as caught:
        await prometheus(http, url).instant("up", NOW)
    assert caught.value.code == "address_refused"


async def test_warnings_come_with_the_answer(source: SourceServer, http: httpx.AsyncClient) -> None:
    source.warnings = ["one store did not answer"]
    assert (await prometheus(http, source.url).window("up", NOW - HOUR, NOW, 60))[1] == ("one store did not answer",)
