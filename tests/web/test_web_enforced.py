"""QT-13, PM-25: what a datasource holds people to, set by an admin and kept to on every way in."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from domain.database import Pool
from domain.windows import stamp
from tests.house import worker
from tests.source_server import SourceServer, source_server
from tests.tools.sources_world import KEYRING, opened
from tests.tools.test_enforced_labels import generated
from tests.tools.two_namespaces import AT, BLUE, RED, Twins, twins
from tests.web.entrance import admin, client, parts_of, person
from tools.grafana import queries
from tools.metrics.sources import Sources
from tools.resources import Resources
from web.app import build

SOURCES = "/api/grafana/datasources"
PROMETHEUS, LOKI = "/api/grafana/query/prometheus", "/api/grafana/query/loki"
EVE = person("eve", "engineer")
MAIN: dict[str, Any] = {"name": "main", "type": "prometheus", "through": "direct", "is_default": True}
RULE: dict[str, Any] = {"label": "namespace", "values": [RED]}


@asynccontextmanager
async def desk(pool: Pool, sources: Sources) -> AsyncGenerator[httpx.AsyncClient]:
    async with worker(pool, *queries.TOOLS) as house:
        given = parts_of(pool, house.runner, house=house)
        resources = Resources(keyring=KEYRING, sources=sources)
        async with client(build(replace(given, resources=resources, sources=sources))) as web:
            web.headers.update(admin())
            yield web


@pytest.fixture
def source() -> Generator[SourceServer]:
    with source_server() as served:
        yield served


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Generator[Twins]:
    with twins(tmp_path_factory.mktemp("twins"), {"x", "up"}) as opened_twins:
        yield opened_twins


@pytest.mark.slow
async def test_no_series_of_the_other_namespace_comes_back_over_http(pool: Pool, two: Twins) -> None:
    """EP-15."""
    shown = 0
    async with opened(pool) as sources, desk(pool, sources) as web:
        row = await web.post(SOURCES, json=MAIN | {"url": two.both, "config_json": {"enforced": [RULE]}})
        assert row.status_code == 201, row.text
        everything = {"query": '{job=~".+"}', "end": stamp(AT), "instant": True}
        assert BLUE in (await web.post(PROMETHEUS, json=everything)).text
        for number, query in enumerate(["x", '{job=~".+"}', *generated(60, 3)]):
            asked = {"query": query, "end": stamp(AT), "instant": bool(number % 2)}
            found = await web.post(PROMETHEUS, json=asked, headers=EVE)
            assert found.status_code in (200, 400), found.text
            assert BLUE not in found.text, query
            shown += found.status_code == 200 and bool(found.json()["data"]["series"])
    assert shown > 15


async def test_lines_are_held_too_and_nothing_visible_is_a_refusal(pool: Pool, source: SourceServer) -> None:
    logs = MAIN | {"type": "loki", "url": source.url, "config_json": {"enforced": [RULE]}}
    async with opened(pool) as sources, desk(pool, sources) as web:
        row = (await web.post(SOURCES, json=logs)).json()
        await web.post(LOKI, json={"query": 'rate({app="a"}[5m])'}, headers=EVE)
        damaged = await web.post(LOKI, json={"query": '{app="a"} | '}, headers=EVE)
        teams = {"config_json": {"enforced": [{"label": "team", "values": "teams"}]}}
        await web.put(f"{SOURCES}/{row['id']}", json=teams)
        closed = await web.post(LOKI, json={"query": 'rate({app="a"}[5m])'}, headers=EVE)
    assert source.asked == ['rate({app="a", namespace="rose"} [5m])']
    assert (damaged.status_code, damaged.json()["error"]) == (400, "bad_expression")
    assert (closed.status_code, closed.json()["error"]) == (403, "nothing_visible")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"enforced": {}}, "config_json.enforced must be a list"),
    ({"enforced": ["namespace"]}, "config_json.enforced[0] must be an object"),
    ({"enforced": [RULE | {"role": "viewer"}]}, "config_json.enforced[0] must be an object"),
    ({"enforced": [RULE, {"values": ["a"]}]}, "config_json.enforced[1].label must be the name of a label"),
    ({"enforced": [RULE | {"label": "a b"}]}, "config_json.enforced[0].label"),
    ({"enforced": [RULE | {"label": "__name__"}]}, "config_json.enforced[0].label"),
    ({"enforced": [RULE | {"values": []}]}, "config_json.enforced[0].values"),
    ({"enforced": [RULE | {"values": "shop"}]}, "config_json.enforced[0].values"),
    ({"enforced": [RULE | {"values": ["a", ""]}]}, "config_json.enforced[0].values"),
    ({"enforced": [RULE | {"values": ["a\nb"]}]}, "config_json.enforced[0].values"),
    ({"enforced": [RULE | {"roles": []}]}, "config_json.enforced[0].roles"),
    ({"enforced": [RULE | {"roles": None}]}, "config_json.enforced[0].roles"),
    ({"enforced": [RULE | {"roles": ["king"]}]}, "there is no role king"),
    ({"enforced": [RULE] * 21}, "at most 20 rules"),
    ({"enforced": [RULE], "tempo": "closed"}, "config_json.tempo must be 'open'"),
]


@pytest.mark.parametrize(("config", "said"), WRONG, ids=[f"{number}" for number, _ in enumerate(WRONG)])
async def test_rules_that_make_no_sense_are_refused_with_the_place(
    pool: Pool, config: dict[str, Any], said: str
) -> None:
    """EP-13."""
    draft = MAIN | {"url": "http://127.0.0.1:9090"}
    async with opened(pool) as sources, desk(pool, sources) as web:
        added = await web.post(SOURCES, json=draft | {"config_json": config})
        row = (await web.post(SOURCES, json=draft)).json()
        changed = await web.put(f"{SOURCES}/{row['id']}", json={"config_json": config})
        stands = (await web.get(f"{SOURCES}/{row['id']}")).json()
    for answer in (added, changed):
        assert answer.status_code == 422, answer.text
        (detail,) = answer.json()["details"]
        assert detail["field"] == "config_json"
        assert said in detail["message"]
    assert stands["config_json"] == {}
