import asyncio
import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from domain.errors import Refused, SourceError
from tests.grafana_server import EDITOR, grafana_server
from tests.mcp_grafana import CALLER, mcp_grafana
from tests.mcp_world import HANGS, PROGRAM, listening
from tests.programs import ROOT, free_port, present
from tools.sources import mcp_http
from tools.sources.mcp_http import Guarded, Site
from tools.sources.mcp_session import Limits, McpSession, Target
from tools.sources.mcp_stdio import Program

PODS = {"namespace": "default", "pods": [{"name": "checkout-1", "ready": True}]}
SLOW = pytest.mark.slow
KINDS = ("stdio", pytest.param("http", marks=SLOW), pytest.param("legacy", marks=SLOW), pytest.param("sse", marks=SLOW))
STDIO = Program(name="k8s", command=PROGRAM)


@asynccontextmanager
async def session(target: Target, *, sse: bool = False, **given: Any) -> AsyncGenerator[McpSession]:
    limits = given.pop("limits", Limits(open_seconds=20, request_seconds=10))
    made = McpSession(name="k8s", target=target, sse=sse, limits=limits, **given)
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def target(kind: str, tmp_path: Path) -> Generator[Target]:
    if kind == "stdio":
        yield STDIO
        return
    with listening(kind, tmp_path / "server.log") as url:
        yield Site(url=url)


async def failure(asked: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await asked
    return caught.value


async def test_every_transport_of_both_eras_lists_and_calls_tools(kind: str, target: Target) -> None:
    """MC-01, MC-02, MC-03."""
    async with session(target, sse=kind == "sse") as mine:
        tools = {tool.name: tool for tool in await mine.tools()}
        assert tools["pods_list"].description == "Lists the pods of a namespace."
        assert tools["pods_list"].schema["properties"]["limit"]["type"] == "integer"
        assert await mine.call("pods_list", {"limit": 1}, deadline_seconds=10) == PODS
        refused = await failure(mine.call("refuse", {}, deadline_seconds=10))
    assert (refused.source, refused.status, refused.is_uncertain) == ("k8s", 403, False)


async def test_a_call_that_hangs_ends_at_its_deadline_and_leaves_the_others_alone(kind: str, target: Target) -> None:
    async with session(target, sse=kind == "sse") as mine:
        await mine.tools()
        late, *others = await asyncio.gather(
            failure(mine.call("hang", {}, deadline_seconds=0.5)),
            *(mine.call("pods_list", {"limit": 1}, deadline_seconds=10) for _ in range(5)),
        )
        assert others == [PODS] * 5
        assert (late.retryable, late.is_uncertain) == (True, True)
        assert await mine.call("waiters", {}, deadline_seconds=10) == 0, "the server was told to stop"


async def test_a_server_that_dies_in_the_middle_leaves_its_calls_uncertain(kind: str, target: Target) -> None:
    async with session(target, sse=kind == "sse") as mine:
        await mine.tools()
        hanging = asyncio.ensure_future(failure(mine.call("hang", {}, deadline_seconds=10)))
        while await mine.call("waiters", {}, deadline_seconds=10) != 1:
            pass
        died = await failure(mine.call("die", {}, deadline_seconds=10))
        assert (died.is_uncertain, died.retryable) == (True, True)
        assert (await hanging).is_uncertain
        if kind == "stdio":
            assert await mine.call("pods_list", {"limit": 1}, deadline_seconds=10) == PODS, "it is started again"
        else:
            gone = await failure(mine.call("pods_list", {}, deadline_seconds=10))
            assert gone.retryable, "sent over what is left of a connection or not at all: nobody waits for an answer"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["http", "legacy", "sse"])
async def test_a_server_that_was_restarted_is_found_again_by_the_next_call(kind: str, tmp_path: Path) -> None:
    port = free_port()
    with listening(kind, tmp_path / "first.log", port=port) as url:
        mine = McpSession(name="k8s", target=Site(url=url), sse=kind == "sse")
        assert await mine.call("pods_list", {"limit": 1}, deadline_seconds=10) == PODS
    gone = await failure(mine.call("pods_list", {}, deadline_seconds=10))
    assert gone.is_uncertain == (kind == "sse"), "SSE does not tell which request it was that failed"
    with listening(kind, tmp_path / "second.log", port=port):
        assert await mine.call("pods_list", {"limit": 1}, deadline_seconds=10) == PODS
        await mine.close()


class Flaky(httpx2.AsyncHTTPTransport):
    """A wire over which nothing new goes while `fault` is set."""

    fault: Exception | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.fault:
            raise self.fault
        return await super().handle_async_request(request)


FAULTS: list[Any] = [
    (httpx2.ConnectError("refused"), False),
    pytest.param(httpx2.ConnectTimeout("too late"), False, marks=SLOW),
    (httpx2.ReadError("reset"), True),
    pytest.param(httpx2.RemoteProtocolError("server disconnected"), True, marks=SLOW),
]


@pytest.mark.parametrize("kind", ["http", pytest.param("legacy", marks=SLOW)])
@pytest.mark.parametrize(("fault", "is_uncertain"), FAULTS)
async def test_one_request_that_cannot_be_sent_fails_alone(
    kind: str, fault: Exception, is_uncertain: bool, tmp_path: Path
) -> None:
    """In the SDK itself one such error ends the session, and with it every call under way."""
    wire = Flaky()
    with listening(kind, tmp_path / "server.log") as url:
        async with session(Site(url=url, wire=lambda: wire)) as mine:
            await mine.tools()
            hanging = asyncio.ensure_future(failure(mine.call("hang", {}, deadline_seconds=2)))
            while await mine.call("waiters", {}, deadline_seconds=10) != 1:
                pass
            wire.fault = fault
            gone = await failure(mine.call("pods_list", {}, deadline_seconds=10))
            assert (gone.is_uncertain, gone.retryable) == (is_uncertain, True)
            wire.fault = None
            assert await mine.call("listings", {}, deadline_seconds=10) == 1, "the session is the same"
            assert "did not answer in 2 s" in str(await hanging)


async def test_an_answer_that_is_too_large_is_not_read_and_fails_alone(kind: str, target: Target) -> None:
    async with session(target, sse=kind == "sse") as mine:
        await mine.tools()
        large = await failure(mine.call("large", {"megabytes": 11}, deadline_seconds=10))
        assert large.is_uncertain
        assert await mine.call("pods_list", {"limit": 1}, deadline_seconds=10) == PODS


@pytest.mark.slow
async def test_failed_calls_leave_no_task_and_no_file_behind(kind: str, target: Target) -> None:
    """A thousand that fail in their own way: refused, unknown, too late, too large, given up by their caller."""
    async with session(target, sse=kind == "sse") as mine:
        await mine.tools()
        await mine.call("waiters", {}, deadline_seconds=10)
        await settled()
        before = len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        for _ in range(10):
            ways = [("refuse", 10.0), ("nobody", 10.0), ("hang", 0.05), ("hang", 0.01)] * 25
            many = [mine.call(name, {}, deadline_seconds=seconds) for name, seconds in ways]
            await asyncio.gather(*many, return_exceptions=True)
        assert await mine.call("waiters", {}, deadline_seconds=10) == 0
        await settled()
        after = len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    assert after[0] <= before[0]
    assert after[1] <= before[1] + 8, "a few connections are kept for the next calls"


async def settled() -> None:
    """What was given up has had its turn to end."""
    for _ in range(200):
        await asyncio.sleep(0)


async def test_a_caller_who_leaves_takes_nobody_along(kind: str, target: Target) -> None:
    async with session(target, sse=kind == "sse") as mine:
        first = asyncio.ensure_future(mine.call("hang", {}, deadline_seconds=10))
        second = asyncio.ensure_future(mine.call("pods_list", {"limit": 1}, deadline_seconds=10))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == PODS
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_many_callers_at_first_open_one_connection_and_list_once(kind: str, target: Target) -> None:
    """MC-11: the race for a list that nobody has yet."""
    async with session(target, sse=kind == "sse") as mine:
        lists = await asyncio.gather(*(mine.tools() for _ in range(50)))
        assert await mine.call("listings", {}, deadline_seconds=10) == 1
        await mine.refresh()
        assert await mine.call("listings", {}, deadline_seconds=10) == 2
    assert all(each is lists[0] for each in lists)


async def test_a_list_that_the_server_changes_is_asked_for_again(kind: str, target: Target) -> None:
    """MC-11: a change is heard of in both eras."""
    heard = asyncio.Event()
    async with session(target, sse=kind == "sse", changed=heard.set) as mine:
        before = {tool.name for tool in await mine.tools()}
        await mine.call("grow", {}, deadline_seconds=10)
        await asyncio.wait_for(heard.wait(), 10)
        after = {tool.name for tool in await mine.tools()}
    assert after - before == {"jobs_list"}


async def test_a_program_gets_nothing_of_our_environment_and_ends_with_its_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its own variables reach it; our settings, which hold secrets, do not."""
    monkeypatch.setenv("TRIVIUM_JWT_SECRET", "never told")
    own = Program(name="k8s", command=PROGRAM, environment={"CLUSTER": "lab"})
    async with session(own) as mine:
        seen = await mine.call("surroundings", {}, deadline_seconds=10)
        process = await mine.call("number", {}, deadline_seconds=10)
    assert seen["CLUSTER"] == "lab"
    assert not {"TRIVIUM_JWT_SECRET", "TEST_DATABASE_URL", "AUDIT_ANCHOR_FILE"} & set(seen)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


LEAVING = """
import asyncio, os, signal, sys
from tools.sources.mcp_session import McpSession
from tools.sources.mcp_stdio import Program

async def main():
    mine = McpSession(name="k8s", target=Program(name="k8s", command=tuple(sys.argv[1:])))
    print(await mine.call("number", {}, deadline_seconds=20), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_program_ends_when_we_are_killed() -> None:
    pipe = asyncio.subprocess.PIPE
    killed = await asyncio.create_subprocess_exec(PROGRAM[0], "-c", LEAVING, *PROGRAM, stdout=pipe, cwd=ROOT)
    told, _ = await killed.communicate()
    await ended(int(told))


@pytest.mark.slow
async def test_a_program_that_ignores_the_end_of_its_input_is_ended(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    deaf = "import os, signal; signal.signal(15, signal.SIG_IGN)"
    stubborn = f"{deaf}; open({str(noted)!r}, 'w').write(str(os.getpid())); {HANGS}"
    target = Program(name="k8s", command=(PROGRAM[0], "-c", stubborn))
    async with session(target, limits=Limits(open_seconds=1.5, request_seconds=5)) as mine:
        late = await failure(mine.tools())
    assert "cannot be reached" in str(late)
    assert not late.is_uncertain
    await ended(int(noted.read_text()))


async def ended(process: int) -> None:
    """Returns when there is no such process any more."""
    async with asyncio.timeout(10):
        while True:
            try:
                os.kill(process, 0)
            except ProcessLookupError:
                return
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("/no/such/program",), "could not be started"),
        ((PROGRAM[0], "-c", "import sys; sys.exit('no cluster here')"), "no cluster here"),
        ((PROGRAM[0], "-c", f"print('hello', flush=True); {HANGS}"), "no handshake in 1 s"),
        ((PROGRAM[0], "-c", "import sys; sys.stdout.write('x' * 3_000_000)"), "too long to be read"),
    ],
)
async def test_a_program_that_is_no_server_is_told_as_what_it_is(command: tuple[str, ...], said: str) -> None:
    target = Program(name="k8s", command=command, largest=1_000_000)
    async with session(target, limits=Limits(open_seconds=1, request_seconds=5)) as mine:
        failed = await failure(mine.call("pods_list", {}, deadline_seconds=5))
    assert said in str(failed)
    assert not failed.is_uncertain


PAGES: list[tuple[int, str, str, str]] = [
    (401, "text/plain", "missing token", "401"),
    (403, "application/json", '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"not you"}}', "not you"),
    (500, "text/html", "<html>broken</html>", "HTML page"),
    (502, "application/json", "{}", "502"),
    (200, "text/html", "<html>sign in</html>", "HTML page"),
    (200, "application/json", "{", "cannot be reached"),
    (302, "text/plain", "", "edirect"),
]


@pytest.mark.parametrize(("status", "kind", "body", "said"), PAGES)
async def test_what_is_no_mcp_server_is_told_as_what_it_answered(status: int, kind: str, body: str, said: str) -> None:
    def answer(_: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": kind, "location": "http://elsewhere.test/"}
        return httpx2.Response(status, content=body, headers=headers)

    async with session(Site(url="http://127.0.0.1:1/mcp", wire=lambda: httpx2.MockTransport(answer))) as mine:
        failed = await failure(mine.tools())
    assert said in str(failed)
    assert (failed.source, failed.is_uncertain) == ("k8s", False)


async def test_the_secret_goes_to_the_server_and_into_no_message() -> None:
    seen: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers.get("authorization"))
        return httpx2.Response(401, text="go away")

    headers = {"Authorization": "Bearer s3cr3t-of-the-test"}
    site = Site(url="http://127.0.0.1:1/mcp", headers=headers, wire=lambda: httpx2.MockTransport(answer))
    async with session(site) as mine:
        failed = await failure(mine.tools())
        assert "s3cr3t" not in f"{failed} {mine!r} {site!r}"
    assert set(seen) == {"Bearer s3cr3t-of-the-test"}


@pytest.mark.parametrize(
    ("url", "is_external"),
    [
        ("http://169.254.169.254/mcp", False),
        ("http://metadata.google.internal/mcp", False),
        ("http://[::ffff:169.254.169.254]/mcp", False),
        ("https://127.0.0.1/mcp", True),
        ("https://10.1.2.3/mcp", True),
        ("https://localhost/mcp", True),
    ],
)
async def test_no_request_goes_to_a_closed_address(url: str, is_external: bool) -> None:
    def answer(_: httpx2.Request) -> httpx2.Response:
        raise AssertionError("it was sent")

    site = Site(url=url, is_external=is_external, wire=lambda: httpx2.MockTransport(answer))
    async with session(site) as mine:
        with pytest.raises(Refused) as refused:
            await mine.tools()
    assert refused.value.code == "address_refused"


async def test_a_request_goes_to_the_address_that_was_looked_up_under_the_hosts_name() -> None:
    seen: list[tuple[str, str, Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.url.host, request.headers["host"], request.extensions["sni_hostname"]))
        if request.url.host == "127.0.0.1":
            raise httpx2.ConnectError("refused")
        return httpx2.Response(200)

    guarded = Guarded(httpx2.MockTransport(answer), ["127.0.0.1", "::1"], 1000, None)
    async with httpx2.AsyncClient(transport=guarded) as client:
        await client.get("https://mcp.test:8443/x")
        await client.get("https://mcp.test:8443/x")
    name = ("mcp.test:8443", "mcp.test")
    assert seen == [("127.0.0.1", *name), ("::1", *name), ("::1", *name)]
    assert await mcp_http.looked_up(Site(url="http://127.0.0.1:1/")) == ["127.0.0.1"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stdio", "http"])
async def test_the_real_mcp_grafana_is_spoken_to(kind: str, tmp_path: Path) -> None:
    """MC-01, MC-05."""
    binary = str(present(Path(PROGRAM[0]).with_name("mcp-grafana"), "mcp-grafana"))
    with grafana_server() as grafana, mcp_grafana(grafana.url, tmp_path / "mcp.log") as url:
        variables = {"GRAFANA_URL": grafana.url, "GRAFANA_SERVICE_ACCOUNT_TOKEN": EDITOR}
        targets: dict[str, Target] = {
            "stdio": Program(name="k8s", command=(binary, "--usage-stats=disabled"), environment=variables),
            "http": Site(url=url, headers={"Authorization": f"Bearer {CALLER}"}),
        }
        async with session(targets[kind]) as mine:
            names = {tool.name for tool in await mine.tools()}
            found = await mine.call("list_datasources", {}, deadline_seconds=10)
            wrong = await failure(mine.call("query_prometheus", {"bogus": 1}, deadline_seconds=10))
    assert {"list_datasources", "query_prometheus", "update_dashboard"} <= names
    assert found["datasources"]
    assert not wrong.is_uncertain
