"""Revive reads too: numbers, lines, health and the rest in plain words, by inquiry's own table and writers.

Promises: IN-12 (the mode a request is read in), RV-03, RV-22 (what was asked stays in view).
"""

from typing import Any

import pytest

from tests.agents.metrics_world import HOUR, chart, measured, query, series
from tests.agents.revive_world import ask
from tests.agents.rules_world import result
from tools.spec import ToolResult

METRICS = (
    "show me the error rate of checkout",
    "query cpu of checkout in the last hour",
    "what is the p95 latency of checkout today?",
    "cpu of checkout",
    "graph the cpu of checkout",
    "cpu graph of checkout",
    "show the memory chart of checkout since yesterday",
    "which pods of checkout use most memory?",
    "how many requests does checkout get",
    "compare cpu of checkout with yesterday",
    "plot the request rate of checkout over the last 6 hours",
)
LOGS = (
    "logs of checkout with database timeout",
    "show the logs of checkout",
    "show errors in the logs of checkout",
    "what do the logs of checkout say",
    "checkout logs from the last 2 hours",
    "show me the last 50 log lines of checkout",
    "find 'connection refused' in the logs of checkout",
    "are there errors in checkout's logs?",
    "search the logs of checkout for timeout",
)
HEALTH = (
    "is checkout healthy?",
    "how healthy is checkout",
    "check the health of checkout",
    "show me the health of checkout",
    "how is checkout doing?",
    "was checkout healthy yesterday?",
    "is checkout ok?",
    "SLO compliance of checkout last week",
    "what is the health of checkout right now",
)
UNUSUAL = (
    "anything unusual on checkout?",
    "any anomalies on checkout?",
    "show anomalies of checkout",
    "is there anything unusual in the latency of checkout today",
    "anomalies in the error rate of checkout",
    "detect anomalies on checkout",
    "what is unusual about checkout",
    "find anomalies on checkout since yesterday",
)
SAVINGS = (
    "what can we save?",
    "how much could we save?",
    "optimize costs",
    "optimise our costs",
    "reduce our spending",
    "save money",
    "show me idle servers",
    "which services are over-provisioned?",
    "where can we save money",
)
KNOWN = (
    "what do we know about ConnectionPoolExhausted",
    "search the knowledge base for certificate expiry",
    "what is known about DiskFull",
    "what do we know about disk full",
    "is there any documentation about connection pools",
    "knowledge base: certificate expiry",
    "find documentation about failover",
    "what does the wiki say about certificates",
)
TRANSLATED = (
    "what is the promql for p95 latency of checkout?",
    "what's the promql query for p95 latency of checkout",
    "how do I write p95 latency of checkout in promql?",
    "translate p95 latency of checkout to promql",
    "turn p95 latency of checkout into a promql",
    "give me the promql for p95 latency of checkout",
    "write a promql query for p95 latency of checkout",
    "promql for p95 latency of checkout",
    "which promql shows p95 latency of checkout",
)
SIFT = (
    "list sift investigations",
    "show the sift investigations",
    "list investigations",
    "show me past investigations",
    "what investigations are there",
    "which sift investigations do we have",
    "show my investigations",
    "get the sift reports",
)
INTENTS = {
    "query_metrics": METRICS,
    "query_logs": LOGS,
    "get_application_health": HEALTH,
    "detect_anomalies": UNUSUAL,
    "recommend_optimizations": SAVINGS,
    "search_knowledge": KNOWN,
    "translate_query": TRANSLATED,
    "list_sift_investigations": SIFT,
}
PHRASES = [(text, intent) for intent, texts in INTENTS.items() for text in texts]


@pytest.mark.parametrize("mode", ["auto", "grafana", "aiops"])
@pytest.mark.parametrize(("text", "intent"), PHRASES)
async def test_a_question_is_read_in_any_mode_and_asks_its_own_tool(text: str, intent: str, mode: Any) -> None:
    told = await ask(text, mode=mode)
    assert (told.understood.kind, told.understood.intent) == ("query", intent)
    assert {call.tool for call in told.calls} == {intent}


TRACES = (
    ("show the slow traces of checkout", '{ resource.service.name = "checkout" && duration > 1s }'),
    ("slow traces of checkout", '{ resource.service.name = "checkout" && duration > 1s }'),
    ("find slow traces", "{ duration > 1s }"),
    ("show traces of checkout slower than 500ms", '{ resource.service.name = "checkout" && duration > 500ms }'),
    ("traces of checkout longer than 2 seconds", '{ resource.service.name = "checkout" && duration > 2s }'),
    ("failed traces of checkout", '{ resource.service.name = "checkout" && status = error }'),
    ("show traces of checkout", '{ resource.service.name = "checkout" }'),
    ("show traces with errors of checkout", '{ resource.service.name = "checkout" && status = error }'),
    ("run traceql `{ status = error }`", "{ status = error }"),
)


@pytest.mark.parametrize(("text", "expr"), TRACES)
async def test_traces_in_plain_words_become_traceql_that_is_read_back(text: str, expr: str) -> None:
    told = await ask(text)
    assert told.wanted == [("query_tempo", {"query": expr})]
    assert expr in told.understood.plain


async def test_a_query_as_given_is_run_as_given() -> None:
    told = await ask("run this promql: rate(http_requests_total[5m])")
    assert told.wanted == [("query_prometheus", {"query": "rate(http_requests_total[5m])"})]


RATE = measured(
    7,
    query(series("checkout", 0.031), title="Error rate", unit="percentunit", query="errors / requests"),
    charts=[chart([[1_795_172_400, 0.03], [1_795_172_460, 0.032]], unit="percentunit")],
)


async def test_the_answer_has_the_number_the_chart_and_the_query_in_view() -> None:
    told = await ask("show me the error rate of checkout", {"query_metrics": RATE})
    answer = told.answer
    assert "3.1" in answer.summary
    assert [part.kind for part in answer.parts if part.kind == "series"] == ["series"]
    assert "errors / requests" in str([part.data for part in answer.parts if part.title == "Queries"])
    assert answer.data["mode_detected"] == "grafana"
    assert {finding.executions for finding in answer.findings} == {("00000000-0000-0000-0000-000000000001",)}
    assert not any("alerts" in said for said in answer.suggestions)


async def test_a_source_that_is_away_is_no_finding() -> None:
    told = await ask("show me the error rate of checkout")
    assert told.answer.summary.startswith("Not known: error rate on checkout")
    assert told.answer.findings == ()
    assert [gap.why for gap in told.answer.unknown] == ["Nothing is connected."]


GOING_ON = (
    ("and yesterday?", "Error rate on checkout, Thu 19 Nov 2026 UTC"),
    ("by pod", "Error rate by pod on checkout, last hour, since no time was named"),
    ("and on auth?", "Error rate on auth, last hour, since no time was named"),
)


@pytest.mark.parametrize(("text", "plain"), GOING_ON)
async def test_a_question_goes_on_from_the_one_before(text: str, plain: str) -> None:
    first = await ask("show me the error rate of checkout", {"query_metrics": RATE})
    assert (await ask(text, history=(first.message(),))).understood.plain == plain


async def test_a_read_behind_a_change_waits_for_it_and_one_before_it_goes_first() -> None:
    behind = await ask("run restart-api on web-1 and then show me the error rate of checkout", {"query_metrics": RATE})
    assert [call.tool for call in behind.calls][-2:] == ["execute_runbook", "query_metrics"]
    before = await ask("show me the error rate of checkout, then run restart-api on web-1", {"query_metrics": RATE})
    tools = [call.tool for call in before.calls]
    assert tools == ["query_metrics", "list_runbooks", "get_runbook_details", "execute_runbook"]
    assert any("3.1" in finding.text for finding in before.answer.findings)


async def test_a_change_that_was_not_made_leaves_the_read_behind_it_unmade() -> None:
    refused = ToolResult(status="forbidden", source="approval", error="Rejected.", data={})
    told = await ask(
        "run restart-api on web-1 and then show me the error rate of checkout", {"execute_runbook": refused}
    )
    assert "query_metrics" not in [call.tool for call in told.calls]


STILL_OTHERS = (
    ("how many alerts fired on checkout", "ask_inquiry"),
    ("list alerts", "ask_inquiry"),
    ("set latency of checkout to 5", "ask_back"),
    ("should I restart checkout?", "ask_back"),
    ("show metrics of checkout", "query_prometheus"),
    ("create a dashboard for checkout and show cpu and memory", "create_dashboard"),
    ("show me the cpu panel of the checkout dashboard", "get_dashboard"),
)


@pytest.mark.parametrize(("text", "intent"), STILL_OTHERS)
async def test_what_is_no_question_of_revive_stays_what_it_was(text: str, intent: str) -> None:
    assert (await ask(text)).understood.intent == intent


async def test_a_name_that_fits_several_services_is_asked_back() -> None:
    told = await ask("show the cpu of api")
    assert (told.understood.kind, told.calls) == ("ask_back", [])
    assert "show the cpu of api-gateway" in told.answer.suggestions


async def test_health_of_nothing_named_is_asked_back_and_the_name_completes_it() -> None:
    first = await ask("is it healthy")
    assert (first.understood.kind, first.answer.summary) == ("ask_back", "Of which service?")
    assert (await ask("checkout", history=(first.message(),))).understood.plain == "Health now by metrics on checkout"


async def test_a_translation_is_shown_with_its_words_and_nothing_is_run() -> None:
    told = await ask("what is the promql for p95 latency of checkout?")
    assert told.wanted == [("translate_query", {"question": "p95 latency of checkout", "language": "promql"})]
    assert (
        told.answer.summary == "PromQL for “p95 latency of checkout”: `histogram_quantile(0.95, x)`. Nothing was run."
    )
    assert told.answer.findings[0].text == "In words: The p95 of x."


SAVED = "3f2b8c1a-1111-4222-8333-444455556666"


async def test_an_investigation_is_shown_with_its_patterns() -> None:
    row = {
        "pattern": "timeout", "count": 3, "count_before": 0, "state": "new", "example": "timeout after 5 ms",
        "first_at": "2026-11-20T11:00:00Z", "last_at": "2026-11-20T11:30:00Z",
    }  # fmt: skip
    data = {"id": SAVED, "application": "checkout", "type": "errors", "at": "2026-11-20T11:45:00Z"}
    analysis = {"errors": 3, "errors_before": 0, "new_patterns": 1, "patterns": [row], "window": HOUR}
    told = await ask(f"show sift analysis {SAVED}", {"get_sift_analysis": result(3, data | {"analysis": analysis})})
    assert told.wanted == [("get_sift_analysis", {"investigation_id": SAVED})]
    assert "1 new pattern of errors; 3 errors in all." in [finding.text for finding in told.answer.findings]


SPOKEN = (
    ("add a panel with 95th percentile of search duration by region to the dashboard 'Server Overview'",
     ["95th percentile of search duration by region"]),
    ("add a panel showing p95 search duration by region to the Server Overview dashboard",
     ["p95 search duration by region"]),
    ("add a queue depth by queue panel to the server overview dashboard", ["queue depth by queue"]),
    ("add a cpu by pod graph to the server overview dashboard", ["cpu by pod"]),
    ("put a panel with memory by node on the Server Overview dashboard", ["memory by node"]),
    ("add panels for cpu by pod and memory by node to the Server Overview dashboard", ["cpu by pod", "memory by node"]),
    ("add a chart of error rate by endpoint to the Server Overview dashboard", ["error rate by endpoint"]),
    ("add a cpu panel to the server overview dashboard", ["cpu"]),
)  # fmt: skip


@pytest.mark.parametrize(("text", "wishes"), SPOKEN)
async def test_a_panel_in_plain_words_is_wished_for_as_it_was_said(text: str, wishes: list[str]) -> None:
    [(tool, arguments)] = (await ask(text)).wanted
    assert (tool, [panel["wish"] for panel in arguments["add_panels"]]) == ("update_dashboard", wishes)


async def test_a_new_dashboard_mixes_what_the_library_has_and_what_it_has_not() -> None:
    told = await ask("create a dashboard for checkout with memory and p95 latency of checkout by region")
    [(_, arguments)] = told.wanted
    assert arguments["panels"] == [
        {"wish": "memory", "service": "checkout"},
        {"wish": "p95 latency by region", "service": "checkout"},
    ]


async def test_an_alert_rule_on_what_the_library_has_not_is_translated_first() -> None:
    told = await ask("alert me when the p95 of search duration by region is above 300 ms for 10 minutes")
    assert [call.tool for call in told.calls] == ["translate_query", "create_alert_rule"]
    [(_, arguments)] = told.wanted
    assert (arguments["expr"], arguments["condition"]) == ("histogram_quantile(0.95, x)", {"op": "above", "value": 0.3})


async def test_an_alert_rule_whose_words_mean_nothing_here_is_not_proposed() -> None:
    refused = ToolResult(status="error", source="policy", error="Nothing measures that. There is: up.")
    told = await ask("alert me when the p95 of search duration by region is above 2 s", {"translate_query": refused})
    assert [call.tool for call in told.calls] == ["translate_query"]
    assert "There is: up." in told.answer.summary
    assert told.answer.summary.endswith("Nothing was changed.")
