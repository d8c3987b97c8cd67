"""A query as somebody wrote it, at a datasource they may ask, answered for people."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.actors import Actor
from domain.database import Pool
from domain.errors import Refused, SourceError
from domain.windows import Window
from tests.grafana_server import Status
from tests.house import actor
from tests.mcp_grafana import Estate
from tests.source_server import Line, SourceServer, source_server
from tests.tools.sources_world import add, change, now, opened
from tools.metrics.queries import Wanted, lines, numbers

pytest_plugins = ("tests.grafana_fixtures",)

HOUR = timedelta(hours=1)
CHECKOUT = '{app="checkout"}'


@pytest.fixture
def source() -> Generator[SourceServer]:
    with source_server() as served:
        yield served


@pytest.fixture
def other() -> Generator[SourceServer]:
    with source_server() as served:
        served.value = 2
        yield served


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await actor(pool, "engineer")


def last(hours: int = 1) -> Window:
    end = now()
    return Window(end - hours * HOUR, end)


async def test_numbers_come_with_where_from_and_of_when(pool: Pool, ann: Actor, source: SourceServer) -> None:
    window = last()
    async with opened(pool, source.url) as sources:
        found = await numbers(sources.metrics(ann), "promql", Wanted(query="up", window=window, step_seconds=600))
        value = await numbers(sources.metrics(ann), "promql", Wanted(query="up", window=window, instant=True))
    assert (found.status, found.window, found.stale, found.cut) == ("ok", window, False, None)
    assert [value for _, value in found.data["series"][0]["values"]] == ["1.0"] * 7
    assert found.source == f"Prometheus ({source.url.removeprefix('http://')})"
    assert found.query.startswith("up from 20")
    assert found.query.endswith(" step 600s")
    assert (value.status, value.data["series"][0]["value"][1], value.window) == ("ok", "1.0", None)


async def test_nothing_found_is_empty_and_no_error(pool: Pool, ann: Actor, source: SourceServer) -> None:
    source.series = 0
    async with opened(pool, source.url, source.url) as sources:
        found = await numbers(sources.metrics(ann), "promql", Wanted(query="up", window=last()))
        nothing = await lines(sources.logs(ann), CHECKOUT, last(), 10)
    assert (found.status, nothing.status) == ("empty", "empty")


async def test_too_many_samples_come_in_wider_steps_and_then_in_part(
    pool: Pool, ann: Actor, source: SourceServer
) -> None:
    """LIM-04."""
    source.series = 100
    async with opened(pool, source.url) as sources:
        wide = await numbers(sources.metrics(ann), "promql", Wanted(query="up", window=last(), step_seconds=15))
        assert (wide.status, wide.data["step_seconds"], len(wide.data["series"])) == ("ok", 60, 100)
        assert wide.cut == "step raised from 15 to 60 s to stay within 10,000 samples"
        source.series = 10_001
        window = last(2)
        part = await numbers(sources.metrics(ann), "promql", Wanted(query="up", window=window, instant=True))
    assert (part.status, len(part.data["series"])) == ("truncated", 10_000)
    assert part.cut == "10,000 of 10,001 series are shown: aggregate or select fewer"


async def test_lines_come_newest_first_and_say_when_there_are_more(
    pool: Pool, ann: Actor, source: SourceServer
) -> None:
    """LIM-05."""
    window = last()
    end = int(window.end.timestamp()) * 10**9
    source.lines = [Line("checkout", end - n, f"line {n}") for n in range(1, 1502)]
    async with opened(pool, loki=source.url) as sources:
        some = await lines(sources.logs(ann), CHECKOUT, window, 1000)
        rate = await numbers(sources.logs(ann), "logql", Wanted(query=f"rate({CHECKOUT}[5m])", window=window))
    assert (some.status, len(some.data["lines"]), some.cut) == ("ok", 1000, "only the newest 1,000 lines are shown")
    assert some.data["lines"][0] == {"timestamp": str(end - 1), "line": "line 1", "labels": {"app": "checkout"}}
    assert rate.status == "ok"


async def test_datasources_are_chosen_by_name_by_uid_or_as_the_default_of_their_type(
    pool: Pool, ann: Actor, source: SourceServer, other: SourceServer
) -> None:
    """HD-01: several of a type."""

    async def value(name: str | None = None) -> str:
        bound = sources.metrics(ann, datasource=name)
        return (await bound.instant("up", now()))[0].values[0].__format__("g")

    async with opened(pool, source.url) as sources:
        assert await value() == "1"
        row = await add(pool, ann, name="shop", url=other.url)
        assert (await value(), await value("shop")) == ("1", "2")
        await change(pool, ann, row, is_default=True)
        assert await value() == "2"
        with pytest.raises(Refused, match="no Prometheus datasource 'nobody'") as caught:
            await value("nobody")
        assert (caught.value.code, caught.value.alternative) == ("not_found", "There: shop.")
    async with opened(pool) as sources:
        await change(pool, ann, row, is_default=False)
        assert await value() == "2"


async def test_grafanas_own_datasources_are_found_by_name_and_by_uid(
    pool: Pool, ann: Actor, grafana_estate: Estate
) -> None:
    async with grafana_estate.reach() as grafana, opened(pool, grafana=grafana) as sources:
        for name in (None, "Prometheus", "prom"):
            bound = sources.metrics(ann, datasource=name)
            await bound.instant("vector(1)", now())
            assert bound.name == "Prometheus through Grafana (Prometheus)"
        with pytest.raises(Refused, match="There is no Loki datasource 'prom'"):
            await sources.logs(ann, datasource="prom").instant("x", now())


async def test_a_closed_datasource_is_refused_however_it_is_named(
    pool: Pool, ann: Actor, grafana_estate: Estate, source: SourceServer
) -> None:
    """PM-25."""
    row = await add(
        pool, ann, name="main", through="grafana", grafana_uid="prom", allowed_roles=["operator"], is_default=True
    )
    bob = await actor(pool, "operator")
    async with grafana_estate.reach() as grafana, opened(pool, source.url, grafana=grafana) as sources:
        assert await sources.metrics(bob).instant("vector(1)", now())
        for is_default in (True, False):
            await change(pool, ann, row, is_default=is_default)
            for name in (None, "main", "prom", "Prometheus"):
                with pytest.raises(Refused, match="not for the role engineer") as caught:
                    await sources.metrics(ann, datasource=name).instant("vector(1)", now())
                assert caught.value.code == "datasource_not_allowed"
        await change(pool, ann, row, is_enabled=False)
        with pytest.raises(Refused, match="switched off") as caught:
            await sources.metrics(bob).instant("vector(1)", now())
        assert caught.value.code == "datasource_disabled"
    assert source.requests == []


async def test_a_token_of_less_than_its_users_roles_opens_less(pool: Pool, source: SourceServer) -> None:
    """PM-25."""
    bob = await actor(pool, "operator", "viewer")
    await add(pool, bob, name="main", url=source.url, allowed_roles=["operator"], is_default=True)
    async with opened(pool) as sources:
        assert await sources.metrics(bob).instant("up", now())
        lesser = replace(bob, ceiling=frozenset({"viewer"}))
        with pytest.raises(Refused, match="not for the role viewer"):
            await sources.metrics(lesser).instant("up", now())


async def test_the_stored_key_is_what_the_source_is_asked_with(pool: Pool, ann: Actor, source: SourceServer) -> None:
    """SE-07."""
    source.token = "Bearer s3cret-key"
    await add(pool, ann, key="s3cret-key", name="shop", url=source.url)
    await add(pool, ann, key="pass", name="basic", url=source.url, config_json={"username": "ann", "tenant": "shop"})
    async with opened(pool) as sources:
        bound = sources.metrics(ann, datasource="shop")
        assert await bound.instant("up", now())
        with pytest.raises(SourceError, match="not accepted"):
            await sources.metrics(ann, datasource="basic").instant("up", now())
        assert "s3cret" not in repr(bound) + repr(await bound.target())
    assert source.requests[1].headers["authorization"] == "Basic YW5uOnBhc3M="
    assert source.requests[1].headers["x-scope-orgid"] == "shop"


async def test_a_fallback_of_its_own_is_asked_when_a_datasource_is_away(
    pool: Pool, ann: Actor, source: SourceServer, other: SourceServer
) -> None:
    await add(pool, ann, name="shop", url=source.url, config_json={"fallback_url": other.url})
    async with opened(pool) as sources:
        bound = sources.metrics(ann, datasource="shop")
        assert (await bound.instant("up", now()))[0].values == (1.0,)
        source.fault = Status(503)
        assert (await bound.instant("up + 0", now()))[0].values == (2.0,)


async def test_a_type_that_is_only_listed_is_not_asked(pool: Pool, ann: Actor, source: SourceServer) -> None:
    """HD-02."""
    await add(pool, ann, name="influx", type="influxdb", url=source.url, is_default=True)
    async with opened(pool) as sources:
        with pytest.raises(Refused, match="type influxdb are listed here, but not queried") as caught:
            await sources.chooser.choose("influxdb", ann.roles)
    assert caught.value.code == "unsupported_type"


@pytest.mark.parametrize("kind", ["metrics", "logs"])
async def test_where_nothing_is_connected_it_says_what_to_set(pool: Pool, ann: Actor, kind: str) -> None:
    async with opened(pool) as sources:
        bound: Any = getattr(sources, kind)(ann)
        with pytest.raises(Refused, match=r"No (Prometheus|Loki) is connected") as caught:
            await bound.instant("up", now())
    assert "MCP_GRAFANA_URL" in (caught.value.alternative or "")


async def test_another_grafana_is_asked_through_its_own_mcp_grafana(
    pool: Pool, ann: Actor, grafana_estate: Estate
) -> None:
    """HD-01: several Grafana instances."""
    row = {"through": "grafana", "grafana_uid": "prom", "url": grafana_estate.read_url}
    await add(pool, ann, name="eu", key="caller-token-0123456789", **row)
    async with opened(pool) as sources:
        bound = sources.metrics(ann, datasource="eu")
        assert [series.values for series in await bound.instant("vector(4)", now())] == [(4.0,)]
        assert bound.name == "Prometheus through Grafana (eu)"
