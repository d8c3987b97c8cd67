"""QT-13, PM-25, HD-16: what is asked of metrics and logs is held to what its asker may see, whatever is written."""

import asyncio
import random
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import promql_parser
import pytest
from promql_parser import VectorSelector

from domain.actors import Actor
from domain.database import Pool
from domain.errors import Refused, SourceError
from domain.windows import stamp
from tests import house
from tests.mcp_grafana import Estate, estate
from tests.source_server import SourceServer, source_server
from tests.tools.sources_world import add, change, opened
from tests.tools.translate.promqltest import queries
from tests.tools.translate.test_promql_enforcement import made
from tests.tools.translate.test_promql_syntax import reads
from tests.tools.two_namespaces import AT, BLUE, RED, Twins, twins
from tools.grafana.metrics import metrics_of
from tools.grafana.promql import name_of, nodes
from tools.grafana.queries import QUERY_TEMPO
from tools.metrics import questions
from tools.metrics.narrowing import escaped, held, narrowed
from tools.metrics.sources import Bound, Sources
from tools.plain_words import QUERY_METRICS
from tools.resources import Resources
from tools.sources.grafana import Datasource
from tools.spec import Pillar

pytest_plugins = ("tests.grafana_fixtures",)

HOUR = timedelta(hours=1)
LABELS = {"namespace": (RED,)}
HELD: dict[str, Any] = {"enforced": [{"label": "namespace", "values": [RED]}]}
AT_ONCE = 8


@pytest.fixture
def source() -> Generator[SourceServer]:
    with source_server() as served:
        yield served


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await house.actor(pool, "engineer", teams=("shop", "pay"))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Generator[Twins]:
    named = (name_of(node) for query in known() for node in selectors(query))
    with twins(tmp_path_factory.mktemp("twins"), {"x", "up", *filter(None, named)}) as opened_twins:
        yield opened_twins


def known() -> list[str]:
    """What our parser reads of Prometheus's own tests, but for the function that reads more than it names."""
    return [query for query in queries() if reads(query) and "info(" not in query]


def selectors(query: str) -> list[VectorSelector]:
    return [node for node in nodes(promql_parser.parse(query)) if isinstance(node, VectorSelector)]


def generated(count: int, seed: int) -> list[str]:
    dice = random.Random(seed)  # noqa: S311 - the same queries every time
    return [made(dice, dice.randint(0, 4)) for _ in range(count)]


def test_every_query_is_asked_with_the_label_in_each_of_its_selectors() -> None:
    for query in [*known(), *generated(1000, 5)]:
        asked = narrowed(questions.instant("promql", query, AT), LABELS).query
        for selector in selectors(asked):
            groups = selector.matchers.or_matchers or [selector.matchers.matchers]
            everywhere = [str(item) for item in selector.matchers.matchers]
            for group in groups:
                assert 'namespace="rose"' in [*everywhere, *map(str, group)], (query, asked)


OTHER_FORMS = [
    (questions.window("promql", "rate(up[5m])", AT - HOUR, AT, 60), 'rate(up{namespace="rose"}[5m])'),
    (questions.lines('{app="a"} |= "x"', AT - HOUR, AT, 10), '{app="a", namespace="rose"} |= "x"'),
    (questions.instant("logql", 'rate({app="a"}[5m])', AT), 'rate({app="a", namespace="rose"} [5m])'),
    (questions.names(), '{namespace="rose"}'),
]


@pytest.mark.parametrize(("question", "query"), OTHER_FORMS, ids=[item[1] for item in OTHER_FORMS])
def test_every_form_of_question_is_held(question: questions.Question, query: str) -> None:
    assert narrowed(question, LABELS) == replace(question, query=query)
    assert narrowed(question, {}) == question


@pytest.mark.parametrize(
    "question",
    [
        questions.instant("promql", "info(up)", AT),
        questions.instant("promql", "up anchored {", AT),
        questions.instant("logql", "{app=", AT),
    ],
    ids=lambda question: question.query,
)
def test_what_cannot_be_held_is_not_asked(question: questions.Question) -> None:
    with pytest.raises(Refused) as caught:
        narrowed(question, LABELS)
    assert caught.value.code in ("bad_expression", "not_enforceable")


async def test_whoever_is_held_is_asked_for_with_the_label_and_others_without(
    pool: Pool, ann: Actor, source: SourceServer
) -> None:
    row = await add(pool, ann, name="main", url=source.url, is_default=True, config_json=HELD)
    boss = await house.actor(pool, "admin")
    async with opened(pool) as sources:
        assert await sources.metrics(ann).enforced() == LABELS
        assert await sources.metrics(boss).enforced() == {}
        for who in (ann, boss):
            await sources.metrics(who).instant("up", AT)
            await sources.metrics(who).names()
        await change(pool, boss, row, config_json={"enforced": [{"label": "team", "values": "teams"}]})
        await sources.metrics(ann).instant("up", AT)
    assert source.asked == ['up{namespace="rose"}', "up", 'up{team=~"pay|shop"}']
    assert [seen.values for seen in source.requests if "query" not in seen.values] == [
        {"match[]": '{namespace="rose"}'}, {},
    ]  # fmt: skip


async def test_whoever_may_see_nothing_is_refused_with_the_reason(pool: Pool, ann: Actor, source: SourceServer) -> None:
    rules = [{"label": "team", "values": "teams"}]
    await add(pool, ann, name="main", url=source.url, is_default=True, config_json={"enforced": rules})
    loner = await house.actor(pool, "engineer")
    async with opened(pool) as sources:
        for asked in (sources.metrics(loner).names(), sources.metrics(loner).instant("up", AT)):
            with pytest.raises(Refused, match="no value of the label team") as caught:
                await asked
            assert caught.value.code == "nothing_visible"
    assert source.requests == []


async def test_rules_that_cannot_be_read_close_the_datasource_to_everybody(
    pool: Pool, ann: Actor, source: SourceServer
) -> None:
    await add(pool, ann, name="main", url=source.url, is_default=True)
    async with pool.connection() as db:
        await db.execute("update trivium.grafana_datasources set config_json = '{\"enforced\": 7}'")
    async with opened(pool) as sources:
        with pytest.raises(Refused, match="must be a list"):
            await sources.metrics(await house.actor(pool, "admin")).instant("up", AT)
    assert source.requests == []


async def test_the_address_of_the_settings_is_no_way_around_its_row(
    pool: Pool, ann: Actor, source: SourceServer
) -> None:
    await add(pool, ann, name="main", url=f"{source.url}/", config_json=HELD)
    await add(pool, ann, name="another", url="http://127.0.0.1:9")
    async with opened(pool, source.url) as sources:
        await sources.metrics(ann).instant("up", AT)
    assert source.asked == ['up{namespace="rose"}']


async def test_while_grafana_is_away_nothing_stands_in_for_what_it_closes(
    pool: Pool, ann: Actor, grafana_estate: Estate, source: SourceServer
) -> None:
    row = await add(pool, ann, name="main", through="grafana", grafana_uid="prom", config_json=HELD)
    async with grafana_estate.reach() as grafana:
        gone = replace(grafana, read=replace(grafana.read, url="http://127.0.0.1:9/mcp"))
        async with opened(pool, source.url, grafana=gone) as sources:
            with pytest.raises(SourceError, match="cannot be reached"):
                await sources.metrics(ann).instant("up", AT)
            assert source.requests == []
            await change(pool, ann, row, config_json={})
            await sources.metrics(ann).instant("up", AT)
    assert source.asked == ["up"]


def refused_of_traces(tempo: str | None) -> dict[str, Any]:
    return HELD | ({"tempo": tempo} if tempo else {})


@pytest.mark.slow
@pytest.mark.parametrize(("tempo", "found"), [(None, "not_enforceable"), ("open", "ok")])
async def test_traces_are_closed_to_whoever_is_held_unless_the_row_opens_them(
    pool: Pool, ann: Actor, grafana_estate: Estate, tempo: str | None, found: str
) -> None:
    grafana_estate.grafana.state.traces = [{"traceID": "4bf92f"}]
    boss = await house.actor(pool, "admin")
    await add(pool, boss, name="main", through="grafana", grafana_uid="prom", config_json=refused_of_traces(tempo))
    async with grafana_estate.reach() as grafana, opened(pool, grafana=grafana) as sources:
        assert await traces(pool, ann, sources) == found
        assert await traces(pool, boss, sources) == "ok"
        closed: dict[str, Any] = {"type": "tempo", "grafana_uid": "tempo", "allowed_roles": ["operator"]}
        await add(pool, boss, name="traces", through="grafana", **closed)
        assert await traces(pool, boss, sources) == "datasource_not_allowed"


async def traces(pool: Pool, who: Actor, sources: Sources) -> str:
    """The status of a search for traces, or the code of its refusal."""
    given = Resources(grafana=sources.chooser.grafana, sources=sources)
    context = replace(await house.tool_context(pool, who, Pillar.REVIVE), resources=sources.bound(given, who))
    try:
        return (await QUERY_TEMPO.handler(context, QUERY_TEMPO.args.model_validate({"query": "{}"}))).status
    except Refused as error:
        return error.code


async def answer(bound: Bound, query: str) -> Any:
    """The series in no order, without the label that says which namespace; None when the query is at fault."""
    try:
        found = (await bound.ask(questions.instant("promql", query, AT))).reply.found
    except Refused as error:
        if error.code != "bad_expression":
            raise
        return None
    shown = [({**item["metric"]}, item["value"][1]) for item in found]
    assert BLUE not in str(shown), query
    assert "secret" not in str(shown), query
    for labels, _ in shown:
        assert labels.pop("namespace", RED) == RED, query
    return sorted((sorted(labels.items()), value) for labels, value in shown)


@pytest.mark.slow
async def test_a_real_prometheus_tells_whoever_is_held_what_one_without_the_rest_would_tell(
    pool: Pool, ann: Actor, two: Twins
) -> None:
    """Must-show 3: every query of Prometheus's own tests, and as many made ones, compared with an oracle."""
    await add(pool, ann, name="both", url=two.both, config_json=HELD)
    await add(pool, ann, name="red", url=two.red)
    places = asyncio.Semaphore(AT_ONCE)
    told: list[Any] = []

    async def compare(query: str) -> None:
        async with places:
            mine = await answer(sources.metrics(ann, datasource="both"), query)
            oracle = await answer(sources.metrics(ann, datasource="red"), query)
            assert mine == oracle or oracle is None, query  # what we write again, an old Prometheus may read
            told.append(mine)

    async with opened(pool) as sources:
        async with asyncio.TaskGroup() as group:
            for query in [*known(), *generated(500, 9)]:
                group.create_task(compare(query))
        everything = await answer(sources.metrics(await house.actor(pool, "admin"), datasource="red"), '{job=~".+"}')
        assert everything
        names = await sources.metrics(ann, datasource="both").names()
        assert names == await sources.metrics(ann, datasource="red").names()
    assert sum(1 for item in told if item) > 400


@pytest.mark.slow
async def test_a_persons_own_queries_beside_plain_words_are_held_too(pool: Pool, ann: Actor, two: Twins) -> None:
    await add(pool, ann, name="both", url=two.both, is_default=True, config_json=HELD)
    time = {"start": stamp(AT - HOUR / 4), "end": stamp(AT)}
    async with opened(pool) as sources:
        made_context = await house.tool_context(pool, ann, Pillar.REVIVE, now=AT)
        context = replace(made_context, resources=sources.bound(Resources(sources=sources), ann))
        args = {"question": "everything", "queries": ['{job=~".+",__name__="up"}', "x", "sum by (secret) (x)"]}
        result = await QUERY_METRICS.handler(context, QUERY_METRICS.args.model_validate(args | {"time_range": time}))
    assert result.status == "ok"
    assert f"'{RED}'" in str(result.data)
    assert BLUE not in str(result.data)
    assert "of navy" not in str(result.data)


@pytest.fixture(scope="module")
def through(tmp_path_factory: pytest.TempPathFactory, two: Twins) -> Generator[Estate]:
    with estate(tmp_path_factory.mktemp("estate"), two.both) as opened_estate:
        yield opened_estate


ODD = ["a.b", "it's", 'quo"te', "back\\slash", "red|blue", ".*", "re'} or {x=~'.*"]


@pytest.mark.slow
async def test_through_grafana_names_and_values_are_held_too(pool: Pool, ann: Actor, through: Estate) -> None:
    """mcp-grafana writes a matcher's value between quotes as it comes: none of ours ends the text."""
    row = await add(pool, ann, name="main", through="grafana", grafana_uid="prom", is_default=True, config_json=HELD)
    async with through.reach() as grafana, opened(pool, grafana=grafana) as sources:
        names = await sources.metrics(ann).names()
        assert "up" in names
        assert await answer(sources.metrics(ann), "sum by (namespace, secret) (up)")
        for value in ODD:
            rules = [{"label": "namespace", "values": [value, "nobody"]}]
            await change(pool, ann, row, config_json={"enforced": rules})
            assert await sources.metrics(ann).names() == frozenset(), value
            assert await answer(sources.metrics(ann), "up") == []
        await change(pool, ann, row, config_json={"enforced": [{"label": "namespace", "values": [RED, "a.b"]}]})
        assert await sources.metrics(ann).names() == names


@pytest.mark.slow
async def test_what_a_new_panel_or_rule_gives_now_is_what_its_maker_may_see(
    pool: Pool, ann: Actor, through: Estate
) -> None:
    await add(pool, ann, name="main", through="grafana", grafana_uid="prom", config_json=HELD)
    source = Datasource(uid="prom", name="Prometheus", kind="prometheus", is_default=True)
    async with through.reach() as grafana, opened(pool, grafana=grafana) as sources:
        given = Resources(grafana=grafana, sources=sources)
        context = replace(await house.tool_context(pool, ann, Pillar.REVIVE), resources=sources.bound(given, ann))
        metrics = await metrics_of(context, source)
        found = await metrics.instant(f"up @ {AT.timestamp():.0f}")
        assert {item["metric"]["namespace"] for item in found} == {RED}
        assert await metrics.existing(["up", "nothing_like_it"]) == {"up"}
        with pytest.raises(Refused, match="no metric nothing_like_it"):
            await metrics.examined("The panel", "nothing_like_it")
        with pytest.raises(Refused, match="not valid PromQL"):
            await metrics.examined("The panel", "up anchored {")


def test_an_escaped_value_stays_between_its_quotes() -> None:
    assert escaped("a'b\\c\n") == "a\\'b\\\\c\\n"
    assert held("promql", "up", {"namespace": ("a'} or {b",)}) == 'up{namespace="a\'} or {b"}'
