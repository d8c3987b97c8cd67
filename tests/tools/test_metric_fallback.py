"""A question goes through Grafana first, then directly, then to what was last known; and it says which."""

import asyncio
import os
import threading
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.actors import Actor
from domain.database import Pool
from domain.errors import Refused, SourceError
from tests.grafana_server import Cut, Fault, Hang, Huge, Page, Status
from tests.house import actor
from tests.mcp_grafana import Estate
from tests.source_server import Line, SourceServer, listening, source_server
from tests.tools.sources_world import add, now, opened
from tools.gates import Gate
from tools.metrics.making import Patience
from tools.metrics.questions import Limits, instant, lines
from tools.metrics.staleness import marked
from tools.metrics.tally import Tally
from tools.metrics.through_grafana import GrafanaLoki, Remote
from tools.resources import NOTHING
from tools.sources.grafana import Addresses, open_grafana
from tools.spec import ToolResult

pytestmark = pytest.mark.slow

pytest_plugins = ("tests.grafana_fixtures",)

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PROM = ("/api/datasources/uid/prom/resources", "/api/datasources/proxy/uid/prom")
CHECKOUT = '{app="checkout"}'


@pytest.fixture
def direct() -> Generator[SourceServer]:
    with source_server() as served:
        yield served


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await actor(pool, "engineer")


async def test_grafana_is_asked_first_and_gives_what_prometheus_itself_gives(
    pool: Pool, ann: Actor, grafana_estate: Estate, prometheus_url: str
) -> None:
    """HD-01, HD-03."""
    end = now() + timedelta(seconds=1)
    query = "sum by (job) (up) + scalar(count(up))"
    async with grafana_estate.reach() as grafana, opened(pool, prometheus_url, grafana=grafana) as sources:
        through = sources.metrics(ann)
        window = await through.window(query, end - 5 * MINUTE, end, 60)
        value, names = await through.instant(query, end), await through.names()
        assert through.name == "Prometheus through Grafana (Prometheus)"
        assert through.stale_as_of is None
    async with opened(pool, prometheus_url) as sources:
        alone = sources.metrics(ann)
        assert await alone.window(query, end - 5 * MINUTE, end, 60) == window
        assert (await alone.instant(query, end), await alone.names()) == (value, names)
        assert alone.name == f"Prometheus ({prometheus_url.removeprefix('http://')})"
    assert len(window[0].times) == 6


AWAY: list[Fault] = [Status(500), Status(503), Page(), Cut(), Hang()]


@pytest.mark.parametrize("fault", AWAY, ids=repr)
async def test_when_it_is_away_prometheus_is_asked_directly(
    pool: Pool, ann: Actor, grafana_estate: Estate, direct: SourceServer, fault: Fault
) -> None:
    """HD-01."""
    patience = Patience(direct_seconds=2, grafana_seconds=0.5, pauses=()) if isinstance(fault, Hang) else None
    more: dict[str, Any] = {"patience": patience} if patience else {}
    async with grafana_estate.reach() as grafana, opened(pool, direct.url, grafana=grafana, **more) as sources:
        await grafana.datasources()
        with grafana_estate.grafana.failing(PROM, fault):
            bound = sources.metrics(ann)
            assert [series.values for series in await bound.instant("up", now())] == [(1.0,)]
        assert bound.name.startswith("Prometheus (127.0.0.1:")
        back = sources.metrics(ann)
        await back.instant("up", now() - MINUTE)
        assert back.name == "Prometheus through Grafana (Prometheus)"


async def test_without_an_mcp_grafana_at_its_address_prometheus_is_asked_directly(
    pool: Pool, ann: Actor, direct: SourceServer
) -> None:
    async with (
        open_grafana(Addresses(mcp_url="http://127.0.0.1:9/mcp", connect_seconds=1)) as grafana,
        opened(pool, direct.url, grafana=grafana) as sources,
    ):
        assert await sources.metrics(ann).instant("up", now())
        with pytest.raises(SourceError, match="cannot be reached"):
            await sources.logs(ann).instant("rate(x)", now())


VERDICTS: list[tuple[Fault, type[Exception], str]] = [
    (Status(401), SourceError, "401"),
    (Status(403), SourceError, "403"),
    (Page(200), SourceError, "invalid character"),
    (Huge(), SourceError, "exceeds maximum size"),
]


@pytest.mark.parametrize("case", VERDICTS, ids=repr)
async def test_what_a_source_says_itself_stands_and_nobody_else_is_asked(
    pool: Pool, ann: Actor, grafana_estate: Estate, direct: SourceServer, case: tuple[Fault, type[Exception], str]
) -> None:
    fault, kind, said = case
    async with grafana_estate.reach() as grafana, opened(pool, direct.url, grafana=grafana) as sources:
        await grafana.datasources()
        with grafana_estate.grafana.failing(PROM, fault), pytest.raises(kind, match=said):
            await sources.metrics(ann).instant("up", now())
    assert direct.requests == []


async def test_a_query_at_fault_is_refused_through_grafana_too(
    pool: Pool, ann: Actor, grafana_estate: Estate, direct: SourceServer
) -> None:
    async with grafana_estate.reach() as grafana, opened(pool, direct.url, grafana=grafana) as sources:
        for query in ("sum(", "up * on() prometheus_http_requests_total", '"text"', "up[5m]"):
            with pytest.raises(Refused) as caught:
                await sources.metrics(ann).instant(query, now() + MINUTE)
            assert caught.value.code == "bad_expression"
    assert direct.requests == []


async def test_an_old_answer_is_given_when_nobody_answers_and_is_marked(
    pool: Pool, ann: Actor, direct: SourceServer
) -> None:
    """HD-18."""
    end = now()
    tally = Tally()
    async with opened(pool, direct.url) as sources:
        fresh = await sources.metrics(ann).window("up", end - HOUR, end, 60)
    direct.fault = Status(503)
    async with opened(pool, direct.url, tally=tally) as sources:
        bound = sources.metrics(ann)
        assert await bound.window("up", end - HOUR, end, 60) == fresh
        later = await bound.window("up", end - HOUR + 10 * MINUTE, end + 10 * MINUTE, 60)
        resources = sources.bound(NOTHING, ann)
        assert resources.metrics
        await resources.metrics.window("up", end - HOUR, end, 60)
        result = marked(ToolResult(status="ok", source="x", as_of=end + HOUR), resources)
    assert later == fresh
    assert "as last known at" in bound.name
    assert bound.stale_as_of
    assert abs(bound.stale_as_of - end) < MINUTE
    assert (result.stale, result.as_of) == (True, bound.stale_as_of)
    assert tally.queries["prometheus", "stale"] == 3


@pytest.mark.parametrize("fault", [Status(401), Status(403), Page(200)], ids=repr)
async def test_no_old_answer_is_given_where_the_source_itself_says_no(
    pool: Pool, ann: Actor, direct: SourceServer, fault: Fault
) -> None:
    end = now()
    async with opened(pool, direct.url) as sources:
        await sources.metrics(ann).instant("up", end)
    direct.fault = fault
    async with opened(pool, direct.url) as sources:
        with pytest.raises(SourceError):
            await sources.metrics(ann).instant("up", end)


async def test_an_old_answer_is_never_one_to_another_question(pool: Pool, ann: Actor, direct: SourceServer) -> None:
    end = now()
    async with opened(pool, direct.url) as sources:
        await sources.metrics(ann).window("up", end - HOUR, end, 60)
    direct.fault = Status(503)
    async with opened(pool, direct.url) as sources:
        others = [
            ("up", end - HOUR, end, 120),
            ("down", end - HOUR, end, 60),
            ("up", end - 2 * HOUR, end, 60),
            ("up", end - HOUR + 16 * MINUTE, end + 16 * MINUTE, 60),
            ("up", end - HOUR - 2 * MINUTE, end - 2 * MINUTE, 60),
        ]
        for query, start, stop, step in others:
            with pytest.raises(SourceError):
                await sources.metrics(ann).window(query, start, stop, step)
        with pytest.raises(SourceError):
            await sources.metrics(ann).instant("up", end)


async def test_it_is_asked_again_when_it_is_back(pool: Pool, ann: Actor) -> None:
    end = now()
    with source_server() as served:
        url, port = served.url, int(served.url.rpartition(":")[2])
    async with opened(pool, url) as sources:
        with pytest.raises(SourceError, match="cannot be reached"):
            await sources.metrics(ann).instant("up", end)
        with listening(SourceServer(url=url, value=7), port):
            assert (await sources.metrics(ann).instant("up", end))[0].values == (7.0,)


async def test_a_dead_datasource_hides_no_other(pool: Pool, ann: Actor, direct: SourceServer) -> None:
    await add(pool, ann, name="dead", url="http://127.0.0.1:9")
    async with opened(pool, direct.url) as sources:
        for _ in range(7):
            with pytest.raises(SourceError):
                await sources.metrics(ann, datasource="dead").instant("up", now())
        assert await sources.metrics(ann).instant("up", now())


async def test_more_than_was_allowed_is_refused_before_or_after_asking(
    pool: Pool, ann: Actor, direct: SourceServer
) -> None:
    """LIM-03, LIM-04."""
    end = now()
    async with opened(pool, direct.url, limits=Limits(hours=168, results=10_000)) as sources:
        bound = sources.metrics(ann)
        assert len((await bound.window("up", end - 168 * HOUR, end, 3600))[0].times) == 169
        with pytest.raises(Refused, match=r"looks at 168\.01 hours") as caught:
            await bound.window("up", end - 168 * HOUR - timedelta(seconds=36), end, 3600)
        assert caught.value.code == "range_too_long"
        assert len((await bound.window("up", end - timedelta(seconds=9999), end, 1))[0].times) == 10_000
        asked = len(direct.requests)
        with pytest.raises(Refused, match="would have 10,001 samples"):
            await bound.window("up", end - timedelta(seconds=10_000), end, 1)
        assert len(direct.requests) == asked
        direct.series = 10_000
        assert len(await bound.instant("up", end)) == 10_000
        direct.series = 10_001
        with pytest.raises(Refused, match="10,001 samples in 10,001 series"):
            await bound.instant("up", end - HOUR)


async def test_lines_come_directly_and_through_grafana_alike(
    pool: Pool, ann: Actor, grafana_estate: Estate, direct: SourceServer
) -> None:
    """HD-04."""
    end = now()
    nanoseconds = int(end.timestamp()) * 10**9
    direct.lines = [Line("checkout", nanoseconds - n * 1000, f"line {n}") for n in range(1, 6)]
    values = [[str(line.nanoseconds), line.text] for line in direct.lines]
    grafana_estate.grafana.state.streams = [{"stream": {"app": "checkout"}, "values": values}]
    async with opened(pool, loki=direct.url) as sources:
        alone = await sources.logs(ann).lines(CHECKOUT, end - HOUR, end, 1000)
    async with grafana_estate.reach() as grafana, opened(pool, grafana=grafana) as sources:
        bound = sources.logs(ann)
        assert list(await bound.lines(CHECKOUT, end - HOUR, end, 1000)) == alone
        assert bound.name == "Loki through Grafana (Loki)"
    assert [line.text for line in alone] == [f"line {n}" for n in range(1, 6)]
    assert alone[0].at == end - timedelta(microseconds=1)


async def test_numbers_that_mcp_grafana_cannot_pass_on_are_asked_for_directly(
    pool: Pool, ann: Actor, grafana_estate: Estate, direct: SourceServer
) -> None:
    """It writes JSON, which has no NaN, and fails at it."""
    end = now()
    samples: list[dict[str, Any]] = [{"metric": {}, "values": [[end.timestamp(), "NaN"]]}]
    grafana_estate.grafana.state.samples = samples
    rate = f"sum(rate({CHECKOUT}[5m]))"
    async with grafana_estate.reach() as grafana:
        async with opened(pool, grafana=grafana) as sources:
            with pytest.raises(SourceError, match="cannot pass on"):
                await sources.logs(ann).window(rate, end - HOUR, end, 600)
        async with opened(pool, loki=direct.url, grafana=grafana) as sources:
            assert len((await sources.logs(ann).window(rate, end - HOUR, end, 600))[0].known) == 7


def paging(total: int, *, together: int = 1) -> tuple[GrafanaLoki, list[dict[str, Any]]]:
    """A Loki behind an mcp-grafana that gives at most 100 lines; `together` of them stand at one time."""
    asked: list[dict[str, Any]] = []
    every: list[dict[str, Any]] = [
        {"timestamp": str(10**18 - n // together), "line": f"line {n}", "labels": {}} for n in range(total)
    ]

    async def call(tool: str, arguments: dict[str, Any]) -> Any:
        asked.append({"tool": tool} | arguments)
        end = nanoseconds(arguments["endRfc3339"])
        fitting = [item for item in every if int(item["timestamp"]) < end]
        shown = fitting[: min(arguments["limit"], 100)]
        return {"data": shown, "metadata": {"resultsTruncated": len(fitting) > len(shown)}}

    return GrafanaLoki(Remote(uid="loki", title="Loki", gate=Gate("loki"), call=call)), asked


def nanoseconds(text: str) -> int:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * 10**9 + int(fraction.ljust(9, "0") or 0)


PAGES = [(80, 1, 1000, 1), (350, 1, 1000, 4), (350, 7, 300, 4), (2000, 1, 1000, 11)]


@pytest.mark.parametrize(("total", "together", "limit", "pages"), PAGES)
async def test_more_lines_than_mcp_grafana_gives_come_page_after_page(
    total: int, together: int, limit: int, pages: int
) -> None:
    """LIM-05."""
    way, asked = paging(total, together=together)
    end = datetime(2026, 1, 1, tzinfo=UTC)
    reply = await way.ask(lines(CHECKOUT, end - 200_000 * HOUR, end, limit))
    shown = min(total, limit)
    assert [item["text"] for item in reply.found] == [f"line {n}" for n in range(shown)]
    assert reply.cut == (f"only the newest {shown:,} lines" if total > limit else None)
    assert len(asked) == pages


async def test_more_lines_at_one_time_than_a_page_has_are_said_to_be_cut() -> None:
    way, asked = paging(250, together=250)
    end = datetime(2026, 1, 1, tzinfo=UTC)
    reply = await way.ask(lines(CHECKOUT, end - 200_000 * HOUR, end, 1000))
    assert (len(reply.found), reply.cut, len(asked)) == (100, "only the newest 100 lines", 2)


LOOKUPS = min(32, (os.cpu_count() or 1) + 4)  # the threads in which the loop looks names up, at most
SWIFT: tuple[Fault | None, ...] = (Status(401), Status(403), Status(500), Page(), Page(200), Cut(), Hang(), None)


async def test_a_thousand_failed_calls_leave_no_thread_task_or_connection_behind(
    pool: Pool, ann: Actor, direct: SourceServer
) -> None:
    """HD-01."""
    patience = Patience(direct_seconds=0.3, grafana_seconds=1, pauses=())
    async with opened(pool, direct.url, patience=patience) as sources:
        gate = sources.chooser.maker.gates.to(f"prometheus {direct.url}")

        async def ask(number: int) -> None:
            gate.failures, gate.closed_until = 0, 0
            target = await sources.metrics(ann).target()
            try:
                await target.ways[0].ask(instant("promql", f"up + {number}", now()))
            except (SourceError, Refused):
                return

        async def hundred(fault: Fault | None) -> None:
            direct.fault = fault
            for start in range(0, 125, 25):
                await asyncio.gather(*(ask(start + n) for n in range(25)))

        await hundred(None)
        before = standing()
        for fault in SWIFT:
            await hundred(fault)
        after = standing()
    assert len(direct.requests) > 500
    assert after["tasks"] == before["tasks"]
    assert after["threads"] <= before["threads"] + LOOKUPS
    assert after["files"] <= before["files"] + 20


def standing() -> dict[str, int]:
    return {
        "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks()),
        "files": len(list(Path("/proc/self/fd").iterdir())),
    }
