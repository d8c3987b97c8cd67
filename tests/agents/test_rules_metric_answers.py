"""Answers about metrics: the number, its peak, what it was before, how sure it is, and honestly when there is none.

Promises: IN-05, IN-06, IN-07, QT-03 (several queries of one question), LIM-03.
"""

from typing import Any

import orjson
import pytest

from agents.answer import Unknown
from tests.agents.metrics_world import ELEVEN, chart, measured, query, series, unconnected
from tests.agents.rules_world import alert, ask, incident, plainly, result, severities
from tools.metrics import unset
from tools.spec import ToolResult

ONE, TWO = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
CPU = measured(1, query(series("checkout", 0.42, last=0.5), title="CPU cores used of checkout"))
ALERTS: dict[str, Any] = {
    "total": 1, "by_severity": severities(critical=1), "by_status": {"firing": 0, "resolved": 1},
    "alerts": [alert("HighErrorRate", "critical", "2026-11-20T11:05:00Z")], "limit": 1, "offset": 0,
}  # fmt: skip
RISING = [[ELEVEN + 60 * minute, 0.01 * minute] for minute in range(20)]


async def summary(text: str, *results: ToolResult) -> str:
    return plainly((await ask(text, results)).answer.summary)


async def test_a_number_is_told_with_its_mean_its_peak_and_its_last_value() -> None:
    told = await ask("CPU of checkout in the last hour", [CPU])
    answer = told.answer
    assert plainly(answer.summary) == (
        "CPU cores used on checkout in the last hour: 0.42 on average, at most 0.63 (20 Nov 11:32 UTC), 0.5 at the end."
    )
    [finding] = answer.findings
    assert (finding.executions, finding.confidence) == ((ONE,), "certain")
    assert answer.data["series"][0]["mean"] == 0.42
    assert (
        answer.understood == "CPU on checkout, last hour (20\u00a0Nov 2026, 11:00–12:00\u00a0UTC)"
        or plainly(answer.understood) == "CPU on checkout, last hour (20 Nov 2026, 11:00–12:00 UTC)"
    )


async def test_the_value_of_now_comes_first_when_it_is_asked_for() -> None:
    assert (await summary("CPU of checkout now", CPU)).startswith(
        "CPU cores used on checkout in the last hour: 0.5 now, 0.42 on average"
    )


async def test_every_query_is_in_view_in_plain_words_with_how_sure_it_is() -> None:
    told = await ask("CPU of checkout in the last hour", [CPU])
    table = next(part for part in told.answer.parts if part.title == "Queries")
    assert table.executions == (ONE,)
    assert table.data["rows"] == [
        {
            "title": "CPU cores used of checkout",
            "plain": "the rate of x over 5 min, summed",
            "query": "sum(rate(x[5m]))",
            "confidence": 100,
        }
    ]


@pytest.mark.parametrize(
    ("confidence", "said"), [(1.0, "certain"), (0.85, "certain"), (0.8, "likely"), (0.6, "likely"), (0.59, "possible")]
)
async def test_what_was_found_by_an_unsure_translation_is_no_certain_finding(confidence: float, said: str) -> None:
    found = measured(1, query(series("x", 1.0)), confidence=confidence, why=["not accounted for: burn"])
    answer = (await ask("CPU of checkout in the last hour", [found])).answer
    assert {finding.confidence for finding in answer.findings} == {said}
    assert ("This may not be what was asked" in answer.summary) == (said == "possible")
    assert ("Less sure: not accounted for: burn." in answer.notes) == (said != "certain")


async def test_what_was_assumed_and_repaired_is_said_in_notes() -> None:
    found = measured(
        1, query(series("x", 1.0)), assumed=["No percentile was named: 95 is taken."], repairs=["le added"]
    )
    answer = (await ask("latency of checkout", [found])).answer
    assert answer.notes == ("No percentile was named: 95 is taken.", "le added")


async def test_several_series_are_told_by_what_they_differ_in_the_highest_first() -> None:
    rows = [series("pod=c-1, service=checkout", 0.9), series("pod=c-2, service=checkout", 0.2)]
    answer = (await ask("CPU of checkout by pod", [measured(1, query(*rows))])).answer
    assert answer.summary == "CPU on checkout in the last hour, highest first: c-1 0.9 and c-2 0.2."
    assert [finding.text[:4] for finding in answer.findings] == ["c-1:", "c-2:"]


INSTANT = {"kind": "instant", "unit": "percentunit", "title": "Error rate", "plain": "ratio, 5-minute windows"}


async def test_the_first_of_a_ranking_is_named_with_its_number() -> None:
    found = measured(1, query(series("service=payment", 0.1), **INSTANT))
    assert await summary("which service has the highest error rate now?", found) == (
        "Error rate now is highest for payment: 10 %."
    )


async def test_a_ranking_of_a_time_gone_by_says_that_it_is_of_its_end() -> None:
    rows = [series("service=a", 0.1), series("service=b", 0.05), series("service=c", 0.01)]
    found = measured(1, query(*rows, **INSTANT))
    assert await summary("top 2 services by error rate yesterday", found) == (
        "Error rate, Thu 19 Nov 2026 UTC (at its end), highest first: a 10 % and b 5 %."
    )
    assert await summary("the 2 services with the lowest error rate", found) == (
        "Error rate now, lowest first: c 1 % and b 5 %."
    )


async def test_two_times_are_compared_in_one_sentence() -> None:
    before = {"last": 0.2, "mean": 0.2, "min": 0.1, "max": 0.3}
    row = series("x", 0.245, against=before, change=0.225)
    found = measured(1, query(row, unit="s", title="p95 latency of checkout"))
    text = "p95 latency of checkout yesterday vs the day before"
    assert await summary(text, found) == (
        "p95 latency on checkout is higher for yesterday than for the day before: 245 ms against 200 ms (22 % more)."
    )
    lower = measured(1, query(row | {"mean": 0.1}, unit="s", title="p95 latency of checkout"))
    assert "lower for yesterday than for the day before: 100 ms against 200 ms (50 % less)" in await summary(
        text, lower
    )
    same = measured(1, query(row | {"mean": 0.201}, unit="s", title="p95 latency of checkout"))
    assert "about the same" in await summary(text, same)


async def test_an_hour_that_is_counted_back_has_its_article() -> None:
    before = {"last": 0.2, "mean": 0.2, "min": 0.1, "max": 0.3}
    found = measured(1, query(series("x", 0.4, against=before, change=1.0)))
    assert "is higher for the last hour than for the hour before:" in await summary(
        "cpu of checkout in the last hour vs the hour before", found
    )


async def test_nothing_is_compared_with_a_time_that_has_no_series() -> None:
    found = measured(1, query(series("x", 0.245), unit="s", title="p95 latency"))
    said = await summary("p95 latency of checkout yesterday vs the day before", found)
    assert said.startswith("p95 latency on checkout: 245 ms on average")
    assert said.endswith("for yesterday; nothing was measured for the day before, so nothing is compared.")


async def test_two_environments_are_put_side_by_side_in_one_chart() -> None:
    production = measured(1, query(series("x", 0.9)), charts=[chart([[ELEVEN, 0.9]], "x")])
    staging = measured(2, query(series("y", 0.3)), charts=[chart([[ELEVEN, 0.3]], "y")])
    answer = (await ask("Compare CPU between prod and staging", [production, staging])).answer
    assert answer.summary == (
        "CPU in the last hour is higher for production than for staging: 0.9 against 0.3 (3 times as much)."
    )
    [drawn] = [part for part in answer.parts if part.kind == "series"]
    assert [line["name"] for line in drawn.data["series"]] == ["production", "staging"]
    assert drawn.executions == (ONE, TWO)
    assert [finding.executions for finding in answer.findings] == [(ONE,), (TWO,)]


async def test_one_side_that_failed_leaves_the_other_and_no_comparison() -> None:
    failed = result(2, {"code": "unknown_name"}, "error", source="policy", error="There is no staging.")
    answer = (await ask("Compare CPU between prod and staging", [measured(1, query(series("x", 0.9))), failed])).answer
    assert answer.summary == (
        "CPU in the last hour: production 0.9. The rest could not be measured, so nothing is compared."
    )
    assert [(unknown.what, unknown.why) for unknown in answer.unknown] == [
        ("The measured values (staging)", "There is no staging.")
    ]


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (RISING, "Rising"),
        ([[at, -value + 1] for at, value in RISING], "Falling"),
        ([[at, 1.0] for at, _ in RISING], "Level"),
    ],
)
async def test_a_trend_is_the_second_half_against_the_first(points: list[list[float | None]], said: str) -> None:
    found = measured(1, query(series("x", 0.1), title="Latency"), charts=[chart(points)])
    answer = (await ask("is latency of checkout going up this week?", [found])).answer
    assert answer.summary.startswith(f"{said}: Latency on checkout")
    assert answer.data["direction"] == said.lower()


async def test_the_value_when_an_alert_fired_is_read_from_the_course_around_it() -> None:
    """IN-06."""
    found = measured(2, query(series("x", 0.02), unit="percentunit", title="Error rate"), charts=[chart(RISING)])
    told = await ask("error rate of checkout when HighErrorRate fired", [result(1, ALERTS), found])
    assert told.calls[0].arguments["alert_name"] == "HighErrorRate"
    assert told.calls[1].arguments["time_range"] == {"start": "2026-11-20T10:35:00Z", "end": "2026-11-20T11:35:00Z"}
    assert plainly(told.answer.summary).startswith(
        "Error rate on checkout was 5 % when HighErrorRate fired (20 Nov 11:05 UTC); around it 2 % on average"
    )
    assert told.answer.data["at_alert"] == pytest.approx(0.05)
    assert told.answer.findings[0].executions == (ONE,)
    [drawn] = [part for part in told.answer.parts if part.kind == "series"]
    assert drawn.data["marks"] == [{"kind": "alert", "name": "HighErrorRate", "at": "2026-11-20T11:05:00Z"}]


async def test_without_such_an_alert_nothing_is_measured() -> None:
    """IN-06."""
    told = await ask("error rate of checkout when the alert fired", [result(1, ALERTS | {"total": 0, "alerts": []})])
    assert told.answer.summary.startswith("No alert fired on checkout, so there is no time to measure error rate at")


async def test_an_incident_is_measured_from_before_it_to_its_end() -> None:
    found = [result(1, {"incident": incident(7), "events": []}), measured(2, query(series("x", 0.9)))]
    told = await ask("cpu of checkout during INC-7", found)
    assert told.calls[1].arguments == {
        "question": "cpu of checkout",
        "time_range": {"start": "2026-11-19T13:45:00Z", "end": "2026-11-19T14:43:00Z"},
    }
    assert told.answer.summary.startswith("CPU on checkout during INC-7: 0.9 on average")


async def test_a_month_is_put_together_from_its_weeks() -> None:
    """LIM-03: the mean weighs how long each piece is, the peak is the highest of all."""
    week = {"start": "2026-10-01T00:00:00Z", "end": "2026-10-08T00:00:00Z"}
    rest = {"start": "2026-10-29T00:00:00Z", "end": "2026-11-01T00:00:00Z"}
    pieces = [
        measured(number, query(series("x", 1.0)), window=week, charts=[chart([[number, 1.0]], "x")])
        for number in range(1, 5)
    ]
    high = series("x", 4.0, peak_at="2026-10-30T00:00:00Z")
    last = measured(5, query(high), window=rest, charts=[chart([[5, 4.0]], "x")])
    answer = (await ask("memory of checkout last month", [*pieces, last])).answer
    numbers = answer.data["series"][0]
    assert numbers["mean"] == pytest.approx((4 * 7 * 1.0 + 3 * 4.0) / 31)
    assert (numbers["max"], numbers["min"], numbers["last"]) == (6.0, 0.5, 4.0)
    assert numbers["peak_at"] == "2026-10-30T00:00:00Z"
    [drawn] = [part for part in answer.parts if part.kind == "series"]
    assert [point[0] for point in drawn.data["series"][0]["points"]] == [1, 2, 3, 4, 5]
    assert len(answer.findings[0].executions) == 5


async def test_a_month_of_which_a_week_failed_is_not_told() -> None:
    """LIM-03."""
    pieces = [measured(number, query(series("x", 1.0))) for number in range(1, 5)]
    failed = result(9, {}, "error", error="Prometheus did not answer in 40 s")
    answer = (await ask("memory of checkout last month", [*pieces, failed])).answer
    assert plainly(answer.summary) == "Not known: memory on checkout, Oct 2026 UTC."
    assert answer.unknown[0].what == "The measured values (part 5 of 5)"
    assert (answer.findings, answer.parts) == ((), ())


async def test_too_long_a_time_is_refused_with_the_reason() -> None:
    """LIM-03."""
    answer = (await ask("cpu of checkout last 90 days", [])).answer
    assert "too long a time to ask a metrics source about" in answer.summary
    assert [unknown.settle for unknown in answer.unknown] == ["Ask about a shorter time."]


async def test_several_queries_of_one_question_are_each_told() -> None:
    """QT-03."""
    rows = [
        query(series("x", 20.0), title="Requests per second of checkout", unit="reqps"),
        query(series("x", 0.01), title="Error rate of checkout", unit="percentunit", query="b"),
        query(series("x", 0.2), title="Latency of checkout", unit="s", query="c"),
        query(title="CPU of checkout", query="d", error="Prometheus did not answer"),
    ]
    answer = (await ask("golden signals of checkout", [measured(1, *rows)])).answer
    assert plainly(answer.summary).startswith("Requests per second on checkout in the last hour: 20 req/s on average")
    assert [plainly(finding.text).split(":")[0] for finding in answer.findings] == [
        "Requests per second of checkout", "Error rate of checkout", "Latency of checkout",
    ]  # fmt: skip
    assert [(unknown.what, unknown.why) for unknown in answer.unknown] == [
        ("CPU of checkout", "Prometheus did not answer")
    ]
    assert len(next(part for part in answer.parts if part.title == "Queries").data["rows"]) == 4


async def test_a_measure_without_a_query_or_a_series_is_named_beside_those_that_have_one() -> None:
    """QT-03."""
    rows = [query(series("x", 20.0), title="Requests per second", unit="reqps"), query(title="CPU", query="b")]
    missing = [{"what": "Latency", "why": "http_request_duration_seconds_bucket has no series of 'checkout'."}]
    answer = (await ask("golden signals of checkout", [measured(1, *rows, missing=missing)])).answer
    assert [plainly(finding.text).split(":")[0] for finding in answer.findings] == ["Requests per second"]
    assert [(unknown.what, unknown.why) for unknown in answer.unknown] == [
        ("Latency", "http_request_duration_seconds_bucket has no series of 'checkout'."),
        ("CPU", "The source has no series for it."),
    ]


@pytest.mark.parametrize("refusal", [unconnected(), unset.METRICS], ids=["no datasource", "no address"])
async def test_without_a_source_it_is_said_what_to_set_and_what_can_be_asked_all_the_same(refusal: ToolResult) -> None:
    answer = (await ask("CPU of checkout in the last hour", [refusal])).answer
    assert answer.summary == (
        "No metrics source is connected, so this cannot be measured: set MCP_GRAFANA_URL to an mcp-grafana or "
        "PROMETHEUS_URL to a Prometheus. Alerts and incidents can be asked about."
    )
    assert answer.suggestions[:2] == ("Is checkout healthy right now?", "How many alerts fired on checkout last week?")
    assert (answer.findings, answer.data, answer.parts) == ((), {}, ())


async def test_a_failed_query_is_unknown_and_never_a_number() -> None:
    failed = result(9, {}, "error", error="Prometheus did not answer query_metrics in 40 s")
    answer = (await ask("CPU of checkout in the last hour", [failed])).answer
    assert answer.summary == "Not known: CPU on checkout in the last hour."
    assert answer.unknown == (
        Unknown(
            what="The measured values",
            why="Prometheus did not answer query_metrics in 40 s",
            settle="Ask again when the source answers.",
        ),
    )


async def test_no_series_is_no_zero() -> None:
    answer = (await ask("CPU of checkout in the last hour", [measured(1, query())])).answer
    assert answer.summary == (
        "Nothing was measured: there are no series for CPU on checkout in the last hour. "
        "The source answered, so this is no zero."
    )
    assert answer.findings == ()


UNKNOWN = result(1, {"code": "unknown_name"}, "error", source="policy", error="No series of 'payment-service'.")


@pytest.mark.parametrize("text", ["CPU of payment in the last hour", "CPU of payment-service in the last hour"])
async def test_a_name_that_the_source_does_not_know_is_asked_about_once_more_without_its_service(text: str) -> None:
    told = await ask(text, [UNKNOWN, measured(2, query(series("x", 0.9), title="CPU of payment"))])
    assert [call.arguments["question"] for call in told.calls] == ["cpu of payment-service", "cpu of payment"]
    assert told.answer.summary.startswith("CPU on payment-service in the last hour: 0.9 on average")
    assert (told.answer.unknown, told.answer.notes) == ((), ("The metrics call it payment.",))


async def test_a_name_that_the_source_does_not_know_either_way_is_unknown() -> None:
    told = await ask("CPU of payment-service in the last hour", [UNKNOWN, UNKNOWN])
    assert told.answer.summary == "Not known: CPU on payment-service in the last hour."
    assert [unknown.what for unknown in told.answer.unknown] == [
        "The measured values",
        "The measured values (called payment)",
    ]


async def test_the_same_results_give_the_same_bytes() -> None:
    runs = [
        await ask("CPU of checkout by pod", [measured(1, query(series("a", 1.0), series("b", 1.0)))]) for _ in "123"
    ]
    assert len({orjson.dumps(told.answer.as_json()) for told in runs}) == 1
