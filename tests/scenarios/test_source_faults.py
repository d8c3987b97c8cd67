"""HD-01, HD-18, must-show 7: whatever a source does, its caller is told so, nobody else notices, and nothing leaks."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from domain.actors import Actor
from domain.database import Pool
from domain.windows import stamp
from tests import house
from tests.grafana_server import Cut, Fault, Hang, Huge, Page, Status
from tests.mcp_grafana import Estate
from tests.source_server import Line, SourceServer, listening, source_server
from tests.tools.sources_world import add, now, opened
from tools.call import Door
from tools.gates import REST_SECONDS
from tools.grafana import alert_rules, queries
from tools.metrics.making import Patience
from tools.metrics.sources import Sources
from tools.resources import Resources
from tools.spec import Json, Pillar, ToolContext, ToolResult

pytestmark = [pytest.mark.slow, pytest.mark.long]

pytest_plugins = ("tests.grafana_fixtures",)

SPECS = (*queries.TOOLS, alert_rules.LIST_ALERT_RULES)
CHECKOUT = '{app="checkout"}'
HASTE = 0.6
WRONG_SCHEMA = Status(200, body={"status": "success", "data": "no list"})
FAULTS: dict[str, Fault] = {
    "slow": Hang(), "401": Status(401), "403": Status(403), "500": Status(500), "page": Page(200), "502 page": Page(),
    "cut": Cut(), "10 MB": Huge(), "wrong schema": WRONG_SCHEMA,
}  # fmt: skip
# Where the request that matters goes; mcp-grafana takes the second way when the first one fails.
PLACES: dict[str, tuple[str, ...]] = {
    "query_prometheus": ("/api/datasources/uid/prom/resources", "/api/datasources/proxy/uid/prom"),
    "query_loki": ("/api/datasources/uid/loki/resources", "/api/datasources/proxy/uid/loki"),
    "query_tempo": ("/api/datasources/uid/tempo/resources", "/api/datasources/proxy/uid/tempo"),
    "list_alert_rules": ("/api/v1/provisioning/alert-rules", "/api/prometheus/grafana/api/v1/rules"),
}
SAID: dict[str, str] = {
    "slow": "did not answer", "401": "401", "403": "403", "500": "500", "502 page": "502", "cut": "", "10 MB": "",
    "page": "", "wrong schema": "",
}  # fmt: skip
CASES = list(product(PLACES, FAULTS))
DIRECT = ("query_prometheus", "query_loki")
ERRORS = "select tool_name, result_status from trivium.ai_tool_executions where result_status = 'error'"


@dataclass(frozen=True, slots=True)
class World:
    """Somebody at the door of a house that reaches a Grafana, and sources of its own; one that fails is at `url`."""

    door: Door
    context: ToolContext
    sources: Sources
    url: str

    async def ask(self, tool: str, query: str = "", **more: Any) -> ToolResult:
        return await self.door.call(self.context, tool, arguments(tool, query) | more)

    def forgive(self) -> None:
        """Every source is asked again, however often it failed."""
        grafana = self.sources.chooser.grafana
        ways = [f"{kind} {self.url}" for kind in ("prometheus", "loki")]
        if grafana:
            ways += [f"{way} of {grafana.read.url}" for way in ("prometheus prom", "loki loki")]
        gates = [self.door.gates.to(name) for name in ("metrics", "logs", "traces", "grafana")]
        for gate in (*gates, *map(self.sources.chooser.maker.gates.to, ways)):
            gate.failures, gate.closed_until = 0, 0.0


def arguments(tool: str, query: str) -> Json:
    """A question that nobody has asked before, so that no cache answers it, when `query` is new."""
    times = {"end": stamp(now())}
    match tool:
        case "query_prometheus":
            return {"query": query or "up", "instant": True, **times}
        case "query_loki":
            return {"query": f'{CHECKOUT} |= "{query}"' if query else CHECKOUT}
        case "query_tempo":
            return {"query": "{}"}
        case _:
            return {}


@pytest.fixture
def direct() -> Generator[SourceServer]:
    with source_server() as served:
        yield served


@pytest.fixture
def healthy() -> Generator[SourceServer]:
    with source_server() as served:
        served.value = 7
        yield served


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await house.actor(pool, "engineer")


@asynccontextmanager
async def world(pool: Pool, who: Actor, estate: Estate | None = None, url: str = "") -> AsyncGenerator[World]:
    patience = Patience(direct_seconds=HASTE, grafana_seconds=HASTE, pauses=())
    async with reached(estate) as grafana, opened(pool, grafana=grafana, patience=patience) as sources:
        context = replace(
            await house.tool_context(pool, who, Pillar.REVIVE, now=now()),
            resources=Resources(grafana=grafana, sources=sources),
        )
        yield World(house.door(pool, *SPECS), context, sources, url)


@asynccontextmanager
async def reached(estate: Estate | None) -> AsyncGenerator[Any]:
    if estate is None:
        yield None
        return
    async with estate.reach(request_seconds=HASTE) as grafana:
        await grafana.datasources()
        yield grafana


def fill(estate: Estate) -> None:
    at = int(now().timestamp() * 10**9) - 10**9
    estate.grafana.state.streams = [{"stream": {"app": "checkout"}, "values": [[str(at), "a line"]]}]
    estate.grafana.state.traces = [{"traceID": "4bf92f", "rootServiceName": "checkout"}]


def told(name: str, result: ToolResult) -> None:
    """An error that says what came back, with no data and no bug of ours."""
    assert (result.status, result.data, result.is_uncertain) == ("error", {}, False), (name, result)
    assert result.execution_id
    assert result.error
    assert "inside Trivium" not in result.error, result.error
    assert SAID[name] in result.error or "is left alone for" in result.error, result.error
    assert len(result.error) < 1000
    assert "<html" not in result.error


@pytest.mark.parametrize("case", CASES, ids=" ".join)
async def test_a_fault_behind_grafana_is_told_and_hides_nothing_else(
    pool: Pool, ann: Actor, grafana_estate: Estate, healthy: SourceServer, case: tuple[str, str]
) -> None:
    tool, name = case
    fill(grafana_estate)
    await add(pool, ann, name="local", url=healthy.url)
    async with world(pool, ann, grafana_estate) as asked:
        with grafana_estate.grafana.failing(PLACES[tool], FAULTS[name]):
            for number in range(4):
                began = time.monotonic()
                told(name, await asked.ask(tool, f"vector({number})" if tool == "query_prometheus" else f"{number}"))
                assert time.monotonic() - began < 3 * HASTE + 1
            for other in PLACES:
                if other != tool:
                    answer = await asked.ask(other, "vector(1)" if other == "query_prometheus" else "")
                    assert answer.status in ("ok", "empty"), (other, answer.error)
            local = await asked.ask("query_prometheus", "up", datasource="local")
            assert float(local.data["series"][0]["value"][1]) == 7
        asked.forgive()
        assert (await asked.ask(tool)).status in ("ok", "empty")
    async with pool.connection() as db:
        rows = await (await db.execute(ERRORS)).fetchall()
    assert [row["tool_name"] for row in rows] == [tool] * 4


@pytest.mark.parametrize("case", [case for case in CASES if case[0] in DIRECT], ids=" ".join)
async def test_a_fault_of_a_source_itself_is_told_and_hides_nothing_else(
    pool: Pool, ann: Actor, direct: SourceServer, healthy: SourceServer, case: tuple[str, str]
) -> None:
    tool, name = case
    kind = "prometheus" if tool == "query_prometheus" else "loki"
    at = int(now().timestamp() * 10**9) - 10**9
    direct.lines = healthy.lines = [Line("checkout", at, "a line of 1")]
    await add(pool, ann, name="bad", type=kind, url=direct.url)
    await add(pool, ann, name="good", type=kind, url=healthy.url)
    async with world(pool, ann, url=direct.url) as asked:
        direct.fault = FAULTS[name]
        for number in range(7):  # more than shut a gate: its neighbour is asked all the same
            told(name, await asked.ask(tool, f"{number}", datasource="bad"))
        for number in range(2):
            good = await asked.ask(tool, "1" if tool == "query_loki" else f"{number}", datasource="good")
            assert good.status == "ok", good.error
        direct.fault = None
        asked.forgive()
        assert (await asked.ask(tool, "1", datasource="bad")).status == "ok"


async def test_what_is_gone_and_comes_back_is_asked_again_within_its_rest(pool: Pool, ann: Actor) -> None:
    with source_server() as served:
        url, port = served.url, int(served.url.rpartition(":")[2])
    await add(pool, ann, name="gone", url=url, is_default=True)
    async with world(pool, ann) as asked:
        answers = [await asked.ask("query_prometheus", f"up + {number}") for number in range(7)]
        assert {answer.status for answer in answers} == {"error"}
        assert "cannot be reached" in (answers[0].error or "")
        assert "left alone" in (answers[-1].error or "")
        shut = time.monotonic()
        with listening(SourceServer(url=url, value=7), port):
            while (await asked.ask("query_prometheus", "up + 8")).status != "ok":
                assert time.monotonic() - shut < REST_SECONDS + 2, "it is never asked again"
                await asyncio.sleep(0.2)
            assert (await asked.ask("query_prometheus", "up + 9")).status == "ok"


async def test_an_answer_from_before_is_marked_while_its_source_is_away_and_no_other_is_given(
    pool: Pool, ann: Actor, direct: SourceServer
) -> None:
    await add(pool, ann, name="main", url=direct.url, is_default=True)
    times = {"end": stamp(now())}
    async with world(pool, ann) as asked:
        fresh = await asked.ask("query_prometheus", "up", **times)
    direct.fault = Status(503)
    async with world(pool, ann) as asked:
        old = await asked.ask("query_prometheus", "up", **times)
        other = await asked.ask("query_prometheus", "down", **times)
    assert (fresh.stale, old.stale, old.as_of, old.data["series"]) == (False, True, fresh.as_of, fresh.data["series"])
    assert (other.status, other.stale) == ("error", False)


MANY = {name: 20 if name == "10 MB" else 60 for name in FAULTS}
AT_ONCE = 16


async def test_a_thousand_faulty_calls_leave_no_thread_socket_or_task_behind(
    pool: Pool, ann: Actor, grafana_estate: Estate, direct: SourceServer
) -> None:
    fill(grafana_estate)
    await add(pool, ann, name="bad", url=direct.url)
    await add(pool, ann, name="bad logs", type="loki", url=direct.url)
    places = asyncio.Semaphore(AT_ONCE)
    statuses = Counter[str]()

    async def one(asked: World, number: int) -> None:
        asks = (
            ("query_prometheus", "bad"), ("query_loki", "bad logs"), ("query_prometheus", None), ("query_loki", None),
            ("query_tempo", None), ("list_alert_rules", None),
        )  # fmt: skip
        tool, name = asks[number % len(asks)]
        async with places:
            asked.forgive()
            more = {"datasource": name} if name else {}
            statuses[(await asked.ask(tool, f"{number}", **more)).status] += 1

    async def walk(calls: dict[str, int]) -> None:
        async with world(pool, ann, grafana_estate, direct.url) as asked:
            for name, count in calls.items():
                direct.fault = FAULTS.get(name)
                with ExitStack() as failing:
                    if name in FAULTS:
                        all_places = tuple(place for found in PLACES.values() for place in found)
                        failing.enter_context(grafana_estate.grafana.failing(all_places, FAULTS[name]))
                    async with asyncio.TaskGroup() as calling:
                        for number in range(count):
                            calling.create_task(one(asked, number if name in FAULTS else 10_000 + number))
            direct.fault = None

    await walk({"healthy": 60})
    before, statuses = await rested(None), Counter[str]()
    began = time.monotonic()
    for _ in range(2):
        await walk(MANY)
    assert time.monotonic() - began < 240
    after = await rested(before)
    assert statuses == {"error": 1000}
    assert {name: max(count, before[name]) for name, count in after.items()} == before, "something is left"


def standing() -> dict[str, int]:
    """What this process holds: its threads but for those in which names are looked up, its sockets, its tasks."""
    links = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return {
        "threads": sum(not item.name.startswith("asyncio") for item in threading.enumerate()),
        "sockets": sum(link.startswith("socket:") for link in links),
        "tasks": len(asyncio.all_tasks()),
    }


async def rested(wanted: dict[str, int] | None) -> dict[str, int]:
    """As it is when the servers of this test have seen that nobody is there any more; at most ten seconds."""
    last: dict[str, int] = {}
    for _ in range(50):
        found = standing()
        if found == last if wanted is None else all(found[name] <= wanted[name] for name in wanted):
            return found
        last = found
        await asyncio.sleep(0.2 if wanted else 1)
    return last
