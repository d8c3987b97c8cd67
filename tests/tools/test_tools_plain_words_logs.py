"""Logs asked about in plain words: the newest lines with their levels, and all of them counted by Loki."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.database import Pool
from domain.errors import Refused
from domain.windows import Window, stamp
from tests.house import actor, door
from tests.mcp_grafana import Estate, estate
from tests.tools import application_history
from tests.tools.loki_world import Line, LokiServer, loki_server
from tests.tools.plain_world import HOUR, NOW, ask, asking
from tests.tools.sources_world import add
from tools import plain_words
from tools.metrics.plain.lines import level
from tools.metrics.tally import Tally
from tools.resources import Resources
from tools.spec import Scope, ToolContext, ToolResult

pytestmark = pytest.mark.slow

END = NOW.timestamp()
REFUSED_CARDS, PAID = 240, 1500
DAY = timedelta(hours=24)
FAILING = {"app": "payment", "level": "error"}


def lines() -> list[Line]:
    """Payment's streams have a level; checkout's lines say theirs in JSON or in words, and one line only to Loki."""
    return [
        *(Line(FAILING, END - 10 * n - 1, f"card refused {n}") for n in range(REFUSED_CARDS)),
        *(Line({"app": "payment", "level": "info"}, END - 2 * n - 1.5, f"paid {n}") for n in range(PAID)),
        *(Line({"app": "checkout"}, END - n - 1, f'{{"level":"warning","msg":"slow {n}"}}') for n in range(10)),
        Line({"app": "checkout"}, END - 20, 'level=error msg="timeout of payment"'),
        Line({"app": "checkout"}, END - 21, "2026-11-20 [ERROR] boom"),
        Line({"app": "checkout"}, END - 22, "it works", {"detected_level": "info"}),
        Line({"app": "parcels"}, (NOW - 5 * DAY).timestamp(), "sent"),
    ]  # fmt: skip


@pytest.fixture
def loki() -> Generator[LokiServer]:
    with loki_server(lines()) as served:
        yield served


@pytest.fixture(scope="module")
def log_estate(tmp_path_factory: pytest.TempPathFactory) -> Generator[Estate]:
    with estate(tmp_path_factory.mktemp("plain-logs")) as started:
        yield started


@asynccontextmanager
async def through(way: str, pool: Pool, loki: LokiServer, logs: Estate) -> AsyncGenerator[ToolContext]:
    if way == "direct":
        async with asking(pool, loki=loki.url) as context:
            yield context
        return
    logs.grafana.forget()
    logs.grafana.state.loki = loki.url
    async with logs.reach() as grafana, asking(pool, grafana=grafana) as context:
        yield context


def range_of(start: Any, end: Any) -> dict[str, str]:
    return Window(start, end).as_json()


def texts(result: ToolResult) -> list[str]:
    return [row["text"] for row in result.data["rows"]]


both_ways = pytest.mark.parametrize("way", ["direct", "grafana"])


@both_ways
async def test_the_newest_lines_come_with_the_number_of_all(
    pool: Pool, loki: LokiServer, log_estate: Estate, way: str
) -> None:
    """QT-02, QT-10: the page is no count, Loki counts."""
    async with through(way, pool, loki, log_estate) as context:
        result = await ask(context, "query_logs", question="errors in the logs of payment")
    assert (result.status, result.error) == ("ok", None)
    assert (result.data["total"], result.data["by_level"]) == (REFUSED_CARDS, {"error": REFUSED_CARDS})
    assert texts(result) == [f"card refused {number}" for number in range(100)]
    first = {"at": stamp(NOW - timedelta(seconds=1)), "level": "error", "text": "card refused 0"}
    assert {name: result.data["rows"][0][name] for name in first} == first
    assert result.data["rows"][0]["labels"] == {"app": "payment", "level": "error"}
    assert result.cut == "the newest 100 of 240 lines are shown"
    assert [query["kind"] for query in result.data["queries"]] == ["logs"]
    assert result.data["window"] == range_of(NOW - HOUR, NOW)
    assert result.source.startswith({"direct": "Loki (", "grafana": "Loki through Grafana"}[way])


@both_ways
async def test_a_thousand_lines_are_paged_together(pool: Pool, loki: LokiServer, log_estate: Estate, way: str) -> None:
    """LIM-05: mcp-grafana gives a hundred at a time."""
    async with through(way, pool, loki, log_estate) as context:
        result = await ask(context, "query_logs", question="logs of payment", limit=1000)
    assert (len(texts(result)), result.data["total"]) == (1000, REFUSED_CARDS + PAID)
    assert result.data["by_level"] == {"info": PAID, "error": REFUSED_CARDS}
    assert [row["at"] for row in result.data["rows"]] == sorted(
        (row["at"] for row in result.data["rows"]), reverse=True
    )
    assert result.cut == "the newest 1,000 of 1,740 lines are shown"


async def test_more_than_a_thousand_are_not_asked_for(pool: Pool, loki: LokiServer) -> None:
    """LIM-05."""
    async with asking(pool, loki=loki.url) as context:
        with pytest.raises(Refused) as caught:
            await ask(context, "query_logs", question="logs of payment", limit=1001)
        said = await ask(context, "query_logs", question="last 5 log lines of payment")
        over = await ask(context, "query_logs", question="last 5 log lines of payment", limit=7)
    assert caught.value.code == "invalid_arguments"
    assert (len(texts(said)), len(texts(over))) == (5, 7)


async def test_levels_are_read_from_labels_fields_and_words(pool: Pool, loki: LokiServer) -> None:
    async with asking(pool, loki=loki.url) as context:
        result = await ask(context, "query_logs", question="logs of checkout")
    assert [row["level"] for row in result.data["rows"]] == ["warn"] * 10 + ["error", "error", "info"]
    assert (result.data["total"], result.data["by_level"]) == (13, {"unknown": 12, "info": 1})
    assert result.cut is None


LEVELS: list[tuple[dict[str, str], str, str]] = [
    ({"level": "ERR"}, "INFO said", "error"),
    ({"detected_level": "unknown"}, "WARN: disk", "warn"),
    ({"severity": "CRITICAL"}, "", "critical"),
    ({}, '{"severity": "debug"}', "debug"),
    ({}, '{"log.level": "Warning"}', "warn"),
    ({}, '{"level": 3} ERROR', "error"),
    ({}, "ts=1 lvl=trace msg=x", "trace"),
    ({}, "[panic] gone", "fatal"),
    ({}, "no error was found", ""),
    ({}, "", ""),
]


@pytest.mark.parametrize("row", LEVELS, ids=[f"{place}" for place in range(len(LEVELS))])
def test_a_level_is_one_of_seven_or_none(row: tuple[dict[str, str], str, str]) -> None:
    assert level(row[0], row[1]) == row[2]


@both_ways
async def test_a_count_is_one_number_and_the_total(pool: Pool, loki: LokiServer, log_estate: Estate, way: str) -> None:
    """QT-10."""
    async with through(way, pool, loki, log_estate) as context:
        many = await ask(context, "query_logs", question="how many errors in the logs of payment")
        split = await ask(context, "query_logs", queries=['count_over_time({app="payment"}[1h])'])
    [series] = many.data["queries"][0]["series"]
    assert (series["last"], many.data["total"], many.data["rows"]) == (REFUSED_CARDS, REFUSED_CARDS, [])
    assert split.data["by_level"] == {"info": PAID, "error": REFUSED_CARDS}
    assert split.data["total"] == REFUSED_CARDS + PAID
    assert split.data["repairs"] == ["One number per level is given, not one per stream."]
    assert [series["name"] for series in split.data["queries"][0]["series"]] == ["level=info", "level=error"]


@both_ways
async def test_a_rate_is_a_course_with_a_chart(pool: Pool, loki: LokiServer, log_estate: Estate, way: str) -> None:
    async with through(way, pool, loki, log_estate) as context:
        result = await ask(context, "query_logs", question="rate of errors in the logs of payment")
    [query] = result.data["queries"]
    assert (query["kind"], query["step_seconds"], query["series"][0]["last"]) == ("range", 60, 0.1)
    assert len(result.data["charts"]) == 1
    assert (result.data["total"], result.data["rows"]) == (None, [])


async def test_a_line_that_is_no_json_is_counted_all_the_same(pool: Pool, loki: LokiServer) -> None:
    """Loki fails a count over a stage that fails; which lines there are does not depend on it."""
    async with asking(pool, loki=loki.url) as context:
        shaped = await ask(context, "query_logs", queries=['{app="checkout"} |~ "slow|boom" | json'])
        chosen = await ask(context, "query_logs", queries=['{app="checkout"} | json | level="warning"'])
    assert (shaped.data["total"], len(shaped.data["rows"])) == (11, 11)
    assert (chosen.data["total"], len(chosen.data["rows"])) == (10, 10)


async def test_lines_that_cannot_be_counted_have_no_total(pool: Pool, loki: LokiServer) -> None:
    loki.broken = "count_over_time"
    async with asking(pool, loki=loki.url) as context:
        result = await ask(context, "query_logs", question="logs of payment")
    assert (result.status, len(result.data["rows"]), result.data["total"]) == ("ok", 100, None)
    assert result.data["by_level"] == {}
    assert result.cut
    assert "could not be counted" in result.cut
    assert result.cut.endswith("the newest 100 lines are shown, and there may be more")


async def test_lines_of_two_are_put_together_and_counted_once(pool: Pool, loki: LokiServer) -> None:
    """What two queries may both find is not added up."""
    async with asking(pool, loki=loki.url) as context:
        two = await ask(context, "query_logs", question="compare the logs of payment and checkout", limit=50)
        same = await ask(context, "query_logs", queries=['{app="checkout"}', '{app="checkout"} |= "slow"'])
    assert (two.data["total"], len(two.data["rows"])) == (REFUSED_CARDS + PAID + 13, 50)
    assert {row["labels"]["app"] for row in two.data["rows"]} == {"payment", "checkout"}
    assert (same.data["total"], len(same.data["rows"])) == (None, 13)


async def test_one_failing_query_hides_no_other(pool: Pool, loki: LokiServer) -> None:
    loki.broken = "refused"
    queries = ['{app="payment"} |= "refused"', '{app="checkout"}']
    async with asking(pool, loki=loki.url) as context:
        result = await ask(context, "query_logs", queries=queries)
        failed = await ask(context, "query_logs", queries=queries[:1])
    assert (result.status, len(result.data["rows"]), result.data["total"]) == ("ok", 13, None)
    assert [query["error"] is None for query in result.data["queries"]] == [False, True]
    assert result.cut
    assert result.cut.startswith("1 of 2 queries failed; ")
    assert failed.status == "error"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("a week and a bit", {"time_range": range_of(NOW - 168.01 * HOUR, NOW)}, "range_too_long"),
    ("in words", {"question": "logs of payment of the last 9 days"}, "range_too_long"),
    ("nobody of that name", {"question": "logs of foobar"}, "unknown_name"),
    ("syntax", {"queries": ['{app="payment"']}, "bad_expression"),
    ("no stream at all", {"queries": ["{}"]}, "bad_expression"),
    ("a long range", {"queries": ['rate({app="payment"}[8d])']}, "range_too_long"),
    ("no label", {"queries": ['{nothing="payment"}']}, "unknown_label"),
]


@pytest.mark.parametrize("row", REFUSED, ids=[row[0] for row in REFUSED])
async def test_what_may_not_be_asked_is_refused_before_it_is_sent(
    pool: Pool, loki: LokiServer, row: tuple[str, dict[str, Any], str]
) -> None:
    """QT-12, LIM-03."""
    async with asking(pool, loki=loki.url) as context:
        with pytest.raises(Refused) as caught:
            await ask(context, "query_logs", **{"question": "logs", **row[1]})
    assert caught.value.code == row[2]
    assert not [path for path, _ in loki.asked if path.endswith(("query", "query_range"))]


async def test_a_week_of_lines_knows_the_streams_of_that_week(pool: Pool, loki: LokiServer) -> None:
    """LIM-03: parcels were last sent five days ago."""
    async with asking(pool, loki=loki.url) as context:
        week = await ask(context, "query_logs", question="logs of parcels", time_range=range_of(NOW - 7 * DAY, NOW))
        with pytest.raises(Refused, match="No stream is named"):
            await ask(context, "query_logs", question="logs of parcels")
    assert texts(week) == ["sent"]


HELD = {"enforced": [{"label": "app", "values": ["checkout"]}]}


@both_ways
async def test_streams_that_may_not_be_seen_are_in_no_answer(
    pool: Pool, loki: LokiServer, log_estate: Estate, way: str
) -> None:
    """QT-13."""
    boss, ann = await actor(pool, "admin"), await actor(pool, "engineer")
    place = {"url": loki.url} if way == "direct" else {"through": "grafana", "grafana_uid": "loki"}
    await add(pool, boss, name="main", type="loki", is_default=True, config_json=HELD, **place)
    async with through(way, pool, loki, log_estate) as context:
        held = replace(context, actor=ann)
        result = await ask(held, "query_logs", question="all logs", limit=1000)
        with pytest.raises(Refused) as caught:
            await ask(held, "query_logs", question="logs of payment")
    assert {row["labels"]["app"] for row in result.data["rows"]} == {"checkout"}
    assert result.data["total"] == 13
    assert "payment" not in (caught.value.alternative or "")


async def test_whoever_sees_aggregates_only_gets_the_counts_without_the_lines(pool: Pool, loki: LokiServer) -> None:
    async with asking(pool, loki=loki.url) as context:
        assert context.resources.sources
        bound = context.resources.sources.bound(Resources(), context.actor)
        seen = replace(context, resources=bound, scopes=frozenset({Scope.AGGREGATED_ONLY}))
        args = plain_words.QueryLogs.model_validate({"question": "logs of checkout"})
        result = await plain_words.query_logs(seen, args)
    assert (result.status, result.data["rows"], result.data["total"]) == ("ok", [], 13)
    assert result.cut == "the lines are hidden: your role sees aggregates only"


async def test_the_parts_of_an_application_are_its_log_labels(pool: Pool) -> None:
    await application_history.save_profile(pool)
    streams = [
        Line({"app": name}, END - place, f"of {name}") for place, name in enumerate(("abc-web", "abc-api", "x"), 1)
    ]
    with loki_server(streams) as served:
        async with asking(pool, loki=served.url) as context:
            every = await ask(context, "query_logs", question="logs of abc-app")
            web = await ask(context, "query_logs", question="logs of web")
    assert texts(every) == ["of abc-web", "of abc-api"]
    assert texts(web) == ["of abc-web"]
    assert web.data["assumed"][0] == "web is abc-web, by the profile of abc-app."


async def test_nothing_found_is_empty_and_a_source_that_is_not_there_an_error(pool: Pool, loki: LokiServer) -> None:
    async with asking(pool, loki=loki.url) as context:
        nothing = await ask(context, "query_logs", queries=['{app="payment"} |= "nothing like it"'])
        unset = await ask(replace(context, resources=Resources()), "query_logs", question="logs of payment")
    assert (nothing.status, nothing.data["total"], nothing.data["rows"]) == ("empty", 0, [])
    assert (unset.status, "LOKI_URL" in (unset.error or "")) == ("error", True)


async def test_translations_into_logql_are_counted_as_such(pool: Pool, loki: LokiServer) -> None:
    """QT-16, OB-03."""
    tally = Tally()
    async with asking(pool, loki=loki.url, tally=tally) as context:
        for _ in range(2):
            await ask(context, "query_logs", question="logs of payment")
    assert tally.translations == {("logql", "success"): 1, ("logql", "cached"): 1}


async def test_the_tools_are_offered_in_every_pillar(pool: Pool) -> None:
    entry = door(pool, *plain_words.TOOLS)
    assert {spec.permission for spec in plain_words.TOOLS} == {
        f"ai:revive:grafana:{name}:read" for name in ("metrics", "logs", "translate")
    }
    assert all(len(spec.pillars) == 3 for spec in entry.catalogue.values())
