"""Metrics asked about in plain words: the numbers are Prometheus's own, whichever way it is reached."""

from collections.abc import AsyncGenerator, Generator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.database import Pool
from domain.errors import Refused
from domain.windows import Window, stamp
from tests.house import actor
from tests.mcp_grafana import Estate, estate
from tests.source_server import source_server
from tests.tools import application_history, metrics_world
from tests.tools.loki_world import serving
from tests.tools.plain_world import HOUR, NOW, Together, ask, asking, course_by_hand, history, written_by_hand
from tests.tools.sources_world import add, opened
from tools.metrics.plain import catalogues
from tools.metrics.plain.running import numbers
from tools.metrics.plain.wishes import language_of
from tools.metrics.tally import Tally
from tools.resources import Resources
from tools.spec import ToolContext, ToolResult
from tools.translate import loading
from tools.translate.answers import Query
from web.meters import Meters

pytestmark = pytest.mark.slow

CPU = 'sum by (pod) (rate(container_cpu_usage_seconds_total{container="payment",container!=""}[5m]))'
DAY = timedelta(hours=24)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    told = [*history(), *application_history.history()]
    with metrics_world.prometheus(told, tmp_path_factory.mktemp("plain")) as started:
        yield started


@pytest.fixture(scope="module")
def shop_estate(url: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Estate]:
    with estate(tmp_path_factory.mktemp("plain-grafana"), url) as started:
        yield started


@asynccontextmanager
async def through(way: str, pool: Pool, url: str, shop: Estate) -> AsyncGenerator[ToolContext]:
    if way == "direct":
        async with asking(pool, url) as context:
            yield context
        return
    async with shop.reach() as grafana, asking(pool, grafana=grafana) as context:
        yield context


def range_of(start: datetime, end: datetime) -> dict[str, str]:
    return Window(start, end).as_json()


def only(result: ToolResult) -> dict[str, Any]:
    """The one query of the answer."""
    assert result.error is None
    [query] = result.data["queries"]
    return query


@pytest.mark.parametrize("way", ["direct", "grafana"])
async def test_the_numbers_are_those_of_the_query_written_by_hand(
    pool: Pool, url: str, shop_estate: Estate, way: str
) -> None:
    """HD-01, QT-01: the course and each number of it."""
    async with through(way, pool, url, shop_estate) as context:
        result = await ask(context, "query_metrics", question="CPU of payment in the last 2 hours")
    course = course_by_hand(url, CPU, NOW - 2 * HOUR, NOW)
    query = only(result)
    assert (result.status, query["query"], query["kind"], query["step_seconds"]) == ("ok", CPU, "range", 60)
    [series] = query["series"]
    expected = [course[-1], sum(course) / len(course), min(course), max(course)]
    assert [series[name] for name in ("last", "mean", "min", "max")] == pytest.approx(expected, rel=1e-5)
    peak = NOW - 2 * HOUR + timedelta(minutes=course.index(max(course)))
    assert series["peak_at"] == stamp(peak)
    drawn = [value for _, value in result.data["charts"][0]["series"][0]["points"]]
    assert drawn == pytest.approx(course, rel=1e-5)
    assert result.data["window"] == range_of(NOW - 2 * HOUR, NOW)
    assert result.source.startswith({"direct": "Prometheus (", "grafana": "Prometheus through Grafana"}[way])


@pytest.mark.parametrize("way", ["direct", "grafana"])
async def test_one_question_has_several_queries_each_with_its_numbers(
    pool: Pool, url: str, shop_estate: Estate, way: str
) -> None:
    """QT-03, QT-23: health is errors, availability and latency, with how sure that is and where it comes from."""
    async with through(way, pool, url, shop_estate) as context:
        result = await ask(context, "query_metrics", question="health of payment")
    data = result.data
    assert (data["language"], data["confidence"], data["why"][0][:10]) == ("promql", 1.0, "every word")
    assert data["assumed"] == ["No percentile was named: 95 is taken."]
    by_unit = {query["unit"]: query for query in data["queries"]}
    assert set(by_unit) == {"percentunit", "short", "s"}
    for query in by_unit.values():
        found = written_by_hand(url, query["query"], NOW)
        assert [series["last"] for series in query["series"]] == pytest.approx(list(found.values()), rel=1e-5)
    assert by_unit["percentunit"]["series"][0]["last"] == pytest.approx(0.1)
    assert by_unit["s"]["series"][0]["last"] == pytest.approx(0.75)
    assert len(data["charts"]) == 3


async def test_a_count_over_the_window_is_one_value_of_it(pool: Pool, url: str) -> None:
    async with asking(pool, url) as context:
        result = await ask(context, "query_metrics", question="requests of payment in the last 3 hours")
    query = only(result)
    assert (query["kind"], query["step_seconds"], query["unit"]) == ("instant", None, "short")
    by_hand = written_by_hand(url, 'sum(increase(http_requests_total{service="payment"}[3h]))', NOW)
    assert query["series"][0]["last"] == pytest.approx(by_hand[""], rel=1e-5)
    assert query["title"] == "Requests of payment"


async def test_the_same_is_asked_of_the_time_before_and_laid_over_it(pool: Pool, url: str) -> None:
    """Twice the CPU of yesterday, in numbers and on the chart."""
    now, before = range_of(NOW - HOUR / 2, NOW), range_of(NOW - DAY - HOUR / 2, NOW - DAY)
    async with asking(pool, url) as context:
        result = await ask(context, "query_metrics", time_range=now, against=before)
    [series] = only(result)["series"]
    course = course_by_hand(url, CPU, NOW - DAY - HOUR / 2, NOW - DAY)
    assert series["against"] == pytest.approx({"last": 0.25, "mean": 0.25, "min": 0.25, "max": 0.25}, rel=1e-4)
    assert series["change"] == pytest.approx(1.0, rel=1e-4)
    [line, earlier] = result.data["charts"][0]["series"]
    assert earlier["name"] == f"{line['name']} before"
    assert [time for time, _ in earlier["points"]] == [time for time, _ in line["points"]]
    assert [value for _, value in earlier["points"]] == pytest.approx(course, rel=1e-5)
    assert (result.data["window"], result.data["against_window"]) == (now, before)


async def test_words_that_compare_say_the_time_before(pool: Pool, url: str) -> None:
    async with asking(pool, url) as context:
        result = await ask(context, "query_metrics", question="CPU of payment compared to yesterday")
    assert result.data["against_window"] == range_of(NOW - DAY - HOUR, NOW - DAY)
    assert "offset" not in only(result)["query"]
    assert only(result)["series"][0]["change"] > 0.9


async def test_a_time_before_of_another_length_is_counted_over_that_length(pool: Pool, url: str) -> None:
    """3,600 seconds of now beside 7,200 of then, each by a range as long as itself."""
    words = {"question": "requests of checkout in the last hour"}
    then = range_of(NOW - DAY - 2 * HOUR, NOW - DAY)
    async with asking(pool, url) as context:
        result = await ask(context, "query_metrics", **words, against=then)
    [series] = only(result)["series"]
    by_hand = 'sum(increase(http_requests_total{service="checkout"}[2h]))'
    assert series["last"] == pytest.approx(20 * 3600, rel=1e-3)
    assert series["against"]["last"] == pytest.approx(written_by_hand(url, by_hand, NOW - DAY)[""], rel=1e-5)


ROWS = [
    ("CPU of payment", timedelta(), HOUR),
    ("CPU of payment over the last 6 hours", timedelta(), 6 * HOUR),
    ("CPU of payment yesterday", DAY, DAY),
    ("CPU of payment 3 hours ago", 3 * HOUR, HOUR),
]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
async def test_the_time_is_what_the_words_say_or_the_last_hour(
    pool: Pool, url: str, row: tuple[str, timedelta, timedelta]
) -> None:
    words, ago, length = row
    async with asking(pool, url) as context:
        result = await ask(context, "query_metrics", question=words)
    assert result.data["window"] == range_of(NOW - ago - length, NOW - ago)
    assert result.window == Window(NOW - ago - length, NOW - ago)


async def test_a_time_that_is_not_over_is_asked_about_up_to_now(pool: Pool, url: str) -> None:
    async with asking(pool, url) as context:
        result = await ask(context, "query_metrics", time_range=range_of(NOW - HOUR, NOW + HOUR))
    assert (result.data["window"], only(result)["series"][0]["last"]) == (range_of(NOW - HOUR, NOW), 0.5)


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("a week and a bit", {"time_range": range_of(NOW - 168.01 * HOUR, NOW)}, "range_too_long"),
    ("in words", {"question": "CPU of payment in the last 169 hours"}, "range_too_long"),
    ("the other time", {"against": range_of(NOW - 400 * HOUR, NOW - 200 * HOUR)}, "range_too_long"),
    ("a long range", {"queries": ["max_over_time(up[8d])"]}, "range_too_long"),
    ("far back", {"queries": ["up offset 30d"]}, "range_too_long"),
    ("syntax", {"queries": ["sum(rate(up[5m])"]}, "bad_expression"),
    ("no metric", {"queries": ["no_such_metric_total"]}, "unknown_metric"),
    ("no label", {"queries": ['up{nothing="1"}']}, "unknown_label"),
    ("too often", {"queries": ["max_over_time(up[7d:1s])"]}, "too_many_results"),
    ("nobody of that name", {"question": "CPU of nonesuch"}, "unknown_name"),
    ("tomorrow", {"time_range": range_of(NOW + HOUR, NOW + 2 * HOUR)}, "invalid_arguments"),
    ("no source", {"datasource": "nobody"}, "not_found"),
    ("no words", {"question": "hello there"}, "nothing_read"),
]


@pytest.mark.parametrize("row", REFUSED, ids=[row[0] for row in REFUSED])
async def test_what_may_not_be_asked_is_refused_before_it_is_sent(
    pool: Pool, url: str, row: tuple[str, dict[str, Any], str]
) -> None:
    """QT-12, LIM-03: syntax, time, size, names."""
    async with asking(pool, url) as context:
        with pytest.raises(Refused) as caught:
            await ask(context, "query_metrics", **row[1])
    assert caught.value.code == row[2]


async def test_a_query_of_too_many_series_is_refused_by_what_the_source_counts(pool: Pool) -> None:
    """QT-12: the estimate is the source's own count of the metric's series, taken before the query."""
    counting = "count by (__name__) ({__name__=~"
    asked: list[str] = []

    async def answer(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse({"status": "success", "data": ["up"] if "values" in request.url.path else {}})
        asked.append(str((await request.form())["query"]))
        counted = [{"metric": {"__name__": "up"}, "value": [0, "10001"]}] if asked[-1].startswith(counting) else []
        return JSONResponse({"status": "success", "data": {"resultType": "vector", "result": counted}})

    with serving(answer) as many:
        async with asking(pool, many) as context:
            with pytest.raises(Refused, match="about 10,001 series") as caught:
                await ask(context, "query_metrics", queries=["up"])
            summed = await ask(context, "query_metrics", queries=["topk(3, up)"])
    assert caught.value.code == "too_many_results"
    assert caught.value.alternative == "Name a service, a namespace or a pod, or ask for a sum or the top 10."
    assert ("up" in asked, asked[-1], summed.status) == (False, "topk(3, up)", "empty")


async def test_a_datasource_of_other_roles_is_refused(pool: Pool, url: str) -> None:
    """QT-12: permission on the datasource."""
    boss, ann = await actor(pool, "admin"), await actor(pool, "engineer")
    await add(pool, boss, name="closed", url=url, allowed_roles=["admin"])
    async with asking(pool, url, who=ann) as context:
        with pytest.raises(Refused) as caught:
            await ask(context, "query_metrics", datasource="closed")
    assert caught.value.code == "datasource_not_allowed"


HELD = {"enforced": [{"label": "service", "values": ["checkout"]}]}


async def test_what_the_actor_may_not_see_is_in_no_catalogue_and_in_no_answer(pool: Pool, url: str) -> None:
    """QT-12, QT-13: the security filter; the same question of somebody else is another one in every memory."""
    boss, ann = await actor(pool, "admin"), await actor(pool, "engineer")
    await add(pool, boss, name="main", url=url, is_default=True, config_json=HELD)
    async with asking(pool, url, who=boss) as context:
        free = await ask(context, "query_metrics", question="error rate by service")
        asking_ann = replace(context, actor=ann)
        held = await ask(asking_ann, "query_metrics", question="error rate by service")
        with pytest.raises(Refused) as caught:
            await ask(asking_ann, "query_metrics", question="error rate of payment")
        own = await ask(asking_ann, "query_metrics", queries=["sum by (service) (rate(http_requests_total[5m]))"])
    assert only(free)["series_count"] == 2
    assert [series["labels"] for series in only(held)["series"]] == [{"service": "checkout"}]
    assert (caught.value.code, "payment" in (caught.value.alternative or "")) == ("unknown_name", False)
    assert only(own)["query"] == 'sum by (service) (rate(http_requests_total{service="checkout"}[5m]))'
    assert [series["name"] for series in only(own)["series"]] == ["service=checkout"]


@pytest.mark.parametrize("way", ["direct", "grafana"])
async def test_a_week_is_asked_in_steps_that_keep_it_small(pool: Pool, url: str, shop_estate: Estate, way: str) -> None:
    """LIM-03, LIM-06, QT-19: 168 hours at one a minute would be 10,081 samples."""
    week = range_of(NOW - 168 * HOUR, NOW)
    async with through(way, pool, url, shop_estate) as context:
        one = await ask(context, "query_metrics", time_range=week)
        many = await ask(context, "query_metrics", question="queue depth by queue of payment", time_range=week)
    assert (only(one)["step_seconds"], only(many)["step_seconds"]) == (120, 1800)
    assert len(one.data["charts"][0]["series"][0]["points"]) <= 600
    assert only(many)["series_count"] == 25
    assert [len(only(many)["series"]), only(many)["series"][0]["name"]] == [20, "queue=q24"]
    assert many.cut == "Queue depth of payment: 20 of 25 series are listed"


async def test_more_samples_than_were_estimated_are_asked_for_in_wider_steps(pool: Pool) -> None:
    """LIM-04."""
    end = datetime.now(UTC).replace(microsecond=0)
    query = Query(title="Up", query="up", language="promql", kind="range", plain="up", step_seconds=60)
    with source_server() as source:
        source.series = 100
        day = Window(end - 24 * HOUR, end)
        async with opened(pool, source.url) as sources:
            bound = sources.metrics(await actor(pool, "engineer"))
            found = await numbers(bound, query, day)
            source.series = 10_001
            part = await numbers(bound, replace(query, kind="instant"), Window(end - HOUR, end))
    assert (found.step_seconds, len(found.series)) == (900, 100)
    assert sum(len(item.values) for item in found.series) <= 10_000
    assert found.cut == ("the step is 900 s, not 60 s, for there are so many series",)
    assert len(part.series) == 10_000
    assert part.cut == ("10,000 of 10,001 series were read: aggregate or select fewer",)


async def test_a_query_that_fails_hides_no_other(pool: Pool, url: str) -> None:
    good, bad = ['up{job="payment"}', 'up{job="checkout"}'], "up * on () group_left () up"
    async with asking(pool, url) as context:
        result = await ask(context, "query_metrics", queries=[good[0], bad, good[1]])
        with pytest.raises(Refused, match="does not take this query"):
            await ask(context, "query_metrics", queries=[bad])
    first, broken, last = result.data["queries"]
    assert (result.status, first["series_count"], last["series_count"]) == ("ok", 1, 1)
    assert (broken["series_count"], broken["series"]) == (0, [])
    assert "does not take this query" in broken["error"]
    assert result.cut
    assert result.cut.startswith("1 of 3 queries failed; ")
    assert len(result.data["charts"]) == 2


async def test_a_person_s_query_is_repaired_and_told(pool: Pool, url: str) -> None:
    """QT-14: an edited query is looked at like a translated one."""
    quantile = 'histogram_quantile(0.95, http_request_duration_seconds{service="payment"})'
    async with asking(pool, url) as context:
        result = await ask(context, "query_metrics", queries=[quantile])
    assert only(result)["query"].startswith("histogram_quantile(0.95, sum by (le) (rate(")
    assert only(result)["series"][0]["last"] == pytest.approx(0.75)
    assert result.data["repairs"]
    assert result.data["why"] == ["the queries were written by a person"]


async def test_what_died_in_the_window_is_asked_about_all_the_same(pool: Pool, url: str) -> None:
    async with asking(pool, url) as context:
        result = await ask(context, "query_metrics", question="is parcels up")
    assert (result.status, only(result)["series"][0]["last"]) == ("ok", 1.0)


async def test_nothing_found_is_empty(pool: Pool, url: str) -> None:
    async with asking(pool, url) as context:
        result = await ask(context, "query_metrics", queries=['up{job="payment"} > 5'])
    assert (result.status, result.data["queries"][0]["series"], result.data["charts"]) == ("empty", [], [])


async def test_a_source_that_fails_is_an_error_and_never_empty(pool: Pool) -> None:
    with source_server() as source:
        async with asking(pool, source.url) as context:
            source.body = {"status": "error", "errorType": "internal", "error": "no disk"}
            failed = await ask(context, "query_metrics")
    async with asking(pool) as context:
        unset = await ask(replace(context, resources=Resources()), "query_metrics")
    assert (failed.status, unset.status) == ("error", "error")
    assert "no disk" in (failed.error or "")
    assert "PROMETHEUS_URL" in (unset.error or "")


async def test_a_translation_is_made_once_as_long_as_its_ground_is_the_same(pool: Pool, url: str) -> None:
    """QT-16, OB-03: by words, catalogue, profile and window, and each ending is counted."""
    tally = Tally()
    await application_history.save_profile(pool)
    async with asking(pool, url, tally=tally) as context:
        for words in ("CPU of payment", "  CPU of   payment? "):
            await ask(context, "query_metrics", question=words)
        await ask(context, "query_metrics", time_range=range_of(NOW - 2 * HOUR, NOW))
        with pytest.raises(Refused):
            await ask(context, "query_metrics", question="CPU of nonesuch")
        assert tally.translations == {("promql", "success"): 2, ("promql", "cached"): 1, ("promql", "refused"): 2}
        await ask(context, "query_metrics", question="requests of abc-app")
        before = tally.translations.copy()
        async with pool.connection() as db:
            await db.execute("update trivium.application_profiles set updated_at = now() + interval '1 s'")
        await ask(context, "query_metrics", question="requests of abc-app")
    made = tally.translations - before
    assert made["promql", "cached"] == 0
    assert made["promql", "success"] > 0
    shown = Meters(tally).exposition().decode()
    assert 'aiops_query_translations_total{status="cached",target_language="promql"} 1.0' in shown


async def test_what_exists_is_read_once_in_five_minutes(pool: Pool) -> None:
    tally, times, counts = Tally(), [NOW], list[int]()
    with source_server() as source:
        async with asking(pool, source.url, tally=tally) as context:
            sources = context.resources.sources
            assert sources
            answering = replace(sources.answering, clock=lambda: times[0])
            own = replace(context, resources=Resources(sources=replace(sources, answering=answering)))
            for minutes in (0, 4, 6):
                times[0] = NOW + timedelta(minutes=minutes)
                await ask(replace(own, clock=lambda: times[0]), "query_metrics", queries=[f"up + {minutes}"])
                counts.append(sum(tally.queries.values()))
    assert counts == [4, 5, 9]  # names, types, how many series there are (none of them named), and the query itself


@dataclass
class Counted:
    """The catalogue's Prometheus, with the queries that it was sent."""

    metrics: catalogues.Metrics
    asked: list[str] = field(default_factory=list[str])

    async def metric_names(self) -> Iterable[str]:
        return await self.metrics.metric_names()

    async def metadata(self) -> Mapping[str, tuple[str, str]]:
        return await self.metrics.metadata()

    async def instant(self, query: str) -> Iterable[Mapping[str, Any]]:
        self.asked.append(query)
        return await self.metrics.instant(query)


@pytest.mark.parametrize("way", ["direct", "grafana"])
async def test_labels_that_are_read_together_are_those_that_are_read_one_by_one(
    pool: Pool, url: str, shop_estate: Estate, way: str
) -> None:
    async with through(way, pool, url, shop_estate) as context:
        assert context.resources.sources
        metrics = catalogues.Metrics(context.resources.sources.metrics(context.actor), NOW - HOUR)
        together, one_by_one = Counted(metrics), Counted(metrics)
        known = await loading.metrics(together)
        counted = await catalogues.series_of(metrics, known.types)
        quick = await loading.with_labels(together, known, known.types, counted)
        slow = await loading.with_labels(one_by_one, known, known.types)
        large = {**(counted or {}), "http_requests_total": loading.MOST_TOGETHER + 1}
        mixed = await loading.with_labels(Counted(metrics), known, known.types, large)
    assert slow.labels == quick.labels == mixed.labels
    assert quick.labels["http_requests_total"]["status"] == {"200", "500"}
    assert (len(together.asked), len(one_by_one.asked)) == (1, len(loading.LABELS))


async def test_a_question_about_a_past_window_asks_a_handful_of_queries(pool: Pool, url: str) -> None:
    tally = Tally()
    async with asking(pool, url, tally=tally) as context:
        await ask(context, "query_metrics", question="CPU of payment", time_range=range_of(NOW - 3 * HOUR, NOW - HOUR))
    assert sum(tally.queries.values()) <= 8


async def test_queries_are_asked_at_once_and_eight_of_them_at_most(pool: Pool, url: str) -> None:
    """QT-17: ten courses, of which eight have to be waiting before any is answered."""
    together = Together(url, at_least=8)
    five = [f'up{{job="payment"}} + {number}' for number in range(5)]
    with serving(together.answer) as slow:
        async with asking(pool, slow) as context:
            before = range_of(NOW - DAY - HOUR, NOW - DAY)
            result = await ask(context, "query_metrics", queries=five, against=before)
    assert (result.status, [query["error"] for query in result.data["queries"]]) == ("ok", [None] * 5)
    assert together.most == 8


async def test_the_application_s_parts_are_asked_for_as_its_profile_names_them(pool: Pool, url: str) -> None:
    """Its web part is under a label, its api part under a prefix of its metrics."""
    await application_history.save_profile(pool)
    day = range_of(metrics_world.DAY, metrics_world.DAY + DAY - HOUR)
    async with asking(pool, url) as context:
        result = await ask(context, "query_metrics", question="error rate of abc-app", time_range=day)
        web = await ask(context, "query_metrics", question="error rate of web", time_range=day)
    queries = [query["query"] for query in result.data["queries"]]
    assert ['abc_api_http_requests_total{status=~"5.."}' in queries[0], 'app="abc-web"' in queries[1]] == [True, True]
    assert [query["series"][0]["mean"] for query in result.data["queries"]] == pytest.approx([0.00457, 0.004], rel=0.05)
    assert result.data["assumed"][0] == "abc-app is api, abc-web, by the profile of abc-app."
    assert [query["query"] for query in web.data["queries"]] == queries[1:]


LANGUAGES: list[tuple[str, str]] = [
    ("CPU of payment", "promql"),
    ("error rate of checkout", "promql"),
    ("messages per second of the orders topic", "promql"),
    ("errors in the logs of checkout", "logql"),
    ("last 20 lines of payment", "logql"),
    ("stack traces of payment", "logql"),
]


@pytest.mark.parametrize("row", LANGUAGES, ids=[row[0] for row in LANGUAGES])
def test_the_language_is_decided_from_the_words(row: tuple[str, str]) -> None:
    assert language_of(row[0]) == row[1]


async def test_a_translation_alone_runs_nothing(pool: Pool, url: str) -> None:
    with source_server() as loki:
        async with asking(pool, url, loki.url) as context:
            result = await ask(context, "translate_query")
            logs = await ask(context, "translate_query", question="errors in the logs of app", language="logql")
    [query] = result.data["queries"]
    assert set(query) == {"title", "query", "plain", "unit", "kind", "step_seconds", "points"}
    assert (query["query"], query["kind"], query["step_seconds"], query["points"]) == (CPU, "range", 60, 61)
    assert (result.status, result.data["language"], logs.data["language"]) == ("ok", "promql", "logql")
    assert {seen.path for seen in loki.requests} == {"/loki/api/v1/labels", "/loki/api/v1/label/app/values"}
