"""HD-16: nobody is given what a cache keeps of somebody who sees something else: one test for each cache there is."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain import datasources, names, permissions, query_cache
from domain.actors import Actor
from domain.database import Pool
from domain.datasources import Datasource
from domain.errors import NotFound, Refused, SourceError
from domain.names import Directory, Names
from domain.windows import stamp
from tests import house
from tests.grafana_server import Status
from tests.mcp_grafana import Estate
from tests.source_server import Line, SourceServer, source_server
from tests.tools.sources_world import add, change, now, opened
from tests.tools.test_query_cache import Redis
from tests.tools.two_namespaces import AT, BLUE, RED, Twins, twins
from tools import artifacts, catalogue
from tools.metrics.sources import Sources
from tools.plain_words import TRANSLATE_QUERY
from tools.resources import NOTHING
from tools.spec import Pillar, ToolResult

pytest_plugins = ("tests.grafana_fixtures",)

# Each sees their own teams; viewers see less of it, whatever else they are.
RULES: dict[str, Any] = {
    "enforced": [
        {"label": "team", "values": "teams"},
        {"label": "stage", "values": ["test"], "roles": ["viewer"]},
    ]
}
REVOKE = "delete from trivium.ai_permissions where role_id = (select id from trivium.roles where name = 'engineer')"


@dataclass(frozen=True, slots=True)
class People:
    """Ann; somebody of another role; of another team; and one whose token makes an Ann of a viewer."""

    ann: Actor
    others: dict[str, Actor]


@pytest.fixture
async def people(pool: Pool) -> People:
    both = await house.actor(pool, "engineer", "viewer", teams=("shop",))
    return People(
        ann=await house.actor(pool, "engineer", teams=("shop",)),
        others={
            "role": await house.actor(pool, "operator", teams=("shop",)),
            "team": await house.actor(pool, "engineer", teams=("pay",)),
            "rule": replace(both, ceiling=frozenset({"engineer"})),
        },
    )


@pytest.fixture
def source() -> Generator[SourceServer]:
    with source_server() as served:
        yield served


@pytest.fixture
def redis(tmp_path: Path) -> Generator[Redis]:
    server = Redis(tmp_path / "redis.log")
    server.begin()
    yield server
    server.end()


@pytest.fixture
async def main(pool: Pool, people: People, source: SourceServer) -> Datasource:
    return await add(pool, people.ann, name="main", url=source.url, is_default=True, config_json=RULES)


async def value(sources: Sources, who: Actor) -> float:
    return (await sources.metrics(who).instant("up", AT))[0].values[0]


async def each_gets_their_own(sources: Sources, source: SourceServer, people: People) -> None:
    assert await value(sources, people.ann) == 1
    for number, (_, other) in enumerate(sorted(people.others.items()), start=2):
        source.value = number
        assert await value(sources, other) == number
    source.value = 9
    assert await value(sources, people.ann) == 1
    for number, (_, other) in enumerate(sorted(people.others.items()), start=2):
        assert await value(sources, other) == number
    assert len(source.requests) == 1 + len(people.others)


@pytest.mark.usefixtures("main")
async def test_answers_kept_in_the_process(pool: Pool, people: People, source: SourceServer) -> None:
    async with opened(pool) as sources:
        await each_gets_their_own(sources, source, people)


@pytest.mark.usefixtures("main")
async def test_answers_kept_in_redis(pool: Pool, people: People, source: SourceServer, redis: Redis) -> None:
    async with opened(pool, redis=redis.url) as sources:
        await each_gets_their_own(sources, source, people)
    source.fault = Status(403)
    async with opened(pool, redis=redis.url) as sources:
        assert await value(sources, people.ann) == 1
        assert await value(sources, people.others["team"]) == 4
        with pytest.raises(SourceError):
            await value(sources, await house.actor(pool, "engineer", teams=("third",)))


async def test_answers_kept_in_postgres_for_when_the_source_is_away(
    pool: Pool, people: People, source: SourceServer, main: Datasource
) -> None:
    source.lines = [Line("checkout", int(AT.timestamp() * 10**9) - 1, "Ann's line")]
    async with opened(pool) as sources:
        assert await value(sources, people.ann) == 1
        assert await sources.metrics(people.ann).names() == {"up"}
    source.fault = Status(503)
    async with opened(pool) as sources:
        assert await value(sources, people.ann) == 1
        for name, other in people.others.items():
            for asked in (sources.metrics(other).instant("up", AT), sources.metrics(other).names()):
                with pytest.raises(SourceError):
                    pytest.fail(f"{name} was given {await asked}")
        moved = replace(people.ann, teams=frozenset({"pay"}))
        with pytest.raises(SourceError):
            await value(sources, moved)
        await change(pool, people.ann, main, config_json={"enforced": [*RULES["enforced"], RULES["enforced"][0]]})
        with pytest.raises(SourceError):
            await value(sources, people.ann)


@pytest.mark.usefixtures("main")
async def test_the_kept_row_says_what_its_reader_was_held_to(pool: Pool, people: People) -> None:
    async with opened(pool) as sources:
        await value(sources, people.ann)
        await value(sources, people.others["rule"])
    async with pool.connection() as db:
        rows = await (await db.execute("select scope, query_text from trivium.query_cache order by as_of")).fetchall()
    assert ['"team":["shop"]' in row["scope"] for row in rows] == [True, True]
    assert ['"stage":["test"]' in row["scope"] for row in rows] == [False, True]
    assert ['stage="test"' in row["query_text"] for row in rows] == [False, True]


async def test_old_answers_in_postgres_go_after_a_week(pool: Pool, people: People, main: Datasource) -> None:
    async with opened(pool) as sources:
        await value(sources, people.ann)
    assert main.id
    async with pool.connection() as db:
        assert await query_cache.sweep(db, now() - query_cache.KEPT) == 0
        await db.execute("update trivium.query_cache set as_of = as_of - interval '8 days'")
        assert await query_cache.sweep(db, now() - query_cache.KEPT) == 1


@pytest.mark.slow
async def test_the_datasources_that_grafana_was_remembered_to_have(
    pool: Pool, people: People, grafana_estate: Estate
) -> None:
    closed: dict[str, Any] = {"grafana_uid": "prom", "allowed_roles": ["engineer"]}
    await add(pool, people.ann, name="main", through="grafana", **closed)
    async with grafana_estate.reach() as grafana, opened(pool, grafana=grafana) as sources:
        await sources.metrics(people.ann).instant("vector(1)", now())
        assert grafana.remembered.known
        for name in (None, "prom", "Prometheus", "main"):
            with pytest.raises(Refused, match="not for the role operator"):
                await sources.metrics(people.others["role"], datasource=name).instant("vector(1)", now())
        with pytest.raises(Refused) as caught:
            await sources.metrics(people.others["role"], datasource="elsewhere").instant("vector(1)", now())
        assert caught.value.alternative == "There: none."


async def test_the_lists_of_tools_and_the_policy_behind_them(pool: Pool, people: People) -> None:
    """The book is one for all: what is kept is the rows, and each is decided on anew."""
    door = replace(house.door(pool), catalogue=catalogue())

    async def offered(who: Actor) -> set[str]:
        async with pool.connection() as db:
            version = await permissions.version(db)
        return {spec.name for spec in await door.offer(await house.tool_context(pool, who, Pillar.REVIVE), version)}

    boss = await house.actor(pool, "admin")
    mine, theirs = await offered(people.ann), await offered(boss)
    assert theirs - mine
    assert await offered(people.ann) == mine
    async with pool.connection() as db:
        await db.execute(REVOKE)
    assert await offered(people.ann) == set()
    assert await offered(boss) == theirs


async def test_the_directory_of_names_holds_names_alone(pool: Pool) -> None:
    """It is one for all, so nothing that is not for all may stand in it."""
    async with pool.connection() as db:
        found = await names.load(db)
    assert await Directory(pool).current() == found
    assert {item.name for item in fields(Names)} == {
        "version", "services", "alerts", "teams", "environments", "applications", "members", "has_sample",
    }  # fmt: skip


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Generator[Twins]:
    with twins(tmp_path_factory.mktemp("twins"), {"process_cpu_seconds_total", "up"}) as opened_twins:
        yield opened_twins


@asynccontextmanager
async def over_both(pool: Pool, who: Actor, two: Twins) -> AsyncGenerator[Sources]:
    own: dict[str, Any] = {
        "enforced": [
            {"label": "namespace", "values": [RED], "roles": ["viewer"]},
            {"label": "namespace", "values": [BLUE], "roles": ["operator"]},
        ]
    }
    await add(pool, who, name="both", url=two.both, is_default=True, config_json=own)
    async with opened(pool) as sources:
        yield sources


async def translated(pool: Pool, sources: Sources, who: Actor) -> ToolResult:
    context = await house.tool_context(pool, who, Pillar.REVIVE, now=AT)
    given = replace(context, resources=sources.bound(replace(NOTHING, sources=sources), who))
    time = {"start": stamp(AT - timedelta(minutes=15)), "end": stamp(AT)}
    args = {"question": "CPU of api", "language": "promql", "time_range": time}
    return await TRANSLATE_QUERY.handler(given, TRANSLATE_QUERY.args.model_validate(args))


@pytest.mark.slow
async def test_what_a_source_was_known_to_have_and_translations(pool: Pool, two: Twins) -> None:
    """The two are alike but for the rule that holds: their tokens make engineers of both."""
    rose, navy = [
        replace(await house.actor(pool, "engineer", role), ceiling=frozenset({"engineer"}))
        for role in ("viewer", "operator")
    ]
    async with over_both(pool, rose, two) as sources:
        first, second = await translated(pool, sources, rose), await translated(pool, sources, navy)
        again = await translated(pool, sources, rose)
        assert len(sources.memory.translations) == 2
        assert len(sources.memory.catalogues) == 2
    assert (first.status, second.status) == ("ok", "ok")
    assert again.data == first.data
    assert RED in str(first.data)
    assert BLUE not in str(first.data)
    assert RED not in str(second.data)


async def test_results_that_were_kept_whole(pool: Pool, people: People) -> None:
    async def large(_context: Any, _args: Any) -> ToolResult:
        return ToolResult(status="ok", source="echo", data={"lines": [{"text": f"line {n}"} for n in range(5000)]})

    context = await house.tool_context(pool, people.ann)
    result = await house.door(pool, house.spec(handler=large)).call(context, "query_echo", {})
    assert result.artifact_id
    for tool in artifacts.TOOLS:
        for other in people.others.values():
            foreign = await house.tool_context(pool, other)
            with pytest.raises(NotFound):
                await tool.handler(foreign, arguments_of(tool, str(result.artifact_id)))


def arguments_of(tool: Any, artifact: str) -> Any:
    more = {"grep_artifact": {"pattern": "x"}, "aggregate_artifact": {"op": "count", "group_by": "text"}}.get(
        tool.name, {}
    )
    return tool.args.model_validate({"artifact_id": artifact} | more)


async def test_many_at_once_each_get_their_own(pool: Pool, people: People, main: Datasource) -> None:
    """No order of questions gives one the answer of another."""
    assert main.is_default
    everybody = [people.ann, *people.others.values()]
    async with opened(pool) as sources:
        asked = [sources.metrics(who) for who in everybody * 10]
        answers = await asyncio.gather(*(bound.instant("up", AT) for bound in asked))
        held = [await bound.enforced() for bound in asked]
    assert len(answers) == len(held) == 40
    for who, labels in zip(everybody * 10, held, strict=True):
        assert labels["team"] == tuple(sorted(who.teams))
    async with pool.connection() as db:
        assert len(await datasources.listed(db)) == 1
