"""Questions about health, logs, impact, anomalies, savings and knowledge: how they are read, asked and answered.

Promises: IN-07, IN-14 (costs, questions in general), CX-14, HD-08, WF-02.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from agents.brain import Gathered
from tests.agents.observed import GROUPS, ROWS, Group
from tests.agents.rules_world import BRAIN, NAMES, OFFER, ask, conversation, incident, plainly, question, read, result
from tests.agents.rules_world import severities as by_severity
from tools.metrics import unset

SPECS = {tool.name: tool for tool in OFFER.tools}
APPLICATIONS = replace(NAMES, applications=("checkout", "shop"))
NO_METRICS = replace(unset.METRICS, execution_id=UUID(int=9))
NO_LOGS = replace(unset.LOGS, execution_id=UUID(int=9))
MEASURING = {"objectives", "savings", "anomalies"}


@pytest.mark.parametrize(("text", "expected"), ROWS, ids=[text for text, _ in ROWS])
async def test_a_question_is_read_as_meant(text: str, expected: dict[str, Any]) -> None:
    assert read(await BRAIN.understand(question(text))) == expected


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.asked[0])
def test_every_question_is_asked_in_eight_ways(group: Group) -> None:
    assert len({text.lower() for text in group.asked}) >= 8


@pytest.mark.parametrize("text", [group.asked[0] for group in GROUPS])
async def test_the_calls_are_valid_and_a_failed_source_is_no_finding(text: str) -> None:
    asked = question(text, names=APPLICATIONS)
    understanding = await BRAIN.understand(asked)
    calls = await BRAIN.plan(asked, understanding, (), OFFER)
    for call in calls:
        SPECS[call.tool].args.model_validate(dict(call.arguments))
    gathered = [Gathered(call, result(7, {}, "error", error="it did not answer")) for call in calls]
    assert calls
    assert await BRAIN.plan(asked, understanding, gathered, OFFER) == ()
    answer = await BRAIN.write(asked, understanding, gathered, nothing)
    assert answer.summary.startswith("Not known: ")
    assert (answer.findings, answer.parts) == ((), ())
    assert [unknown for unknown in answer.unknown if unknown.why == "it did not answer"]


async def nothing(words: str) -> None:
    assert words


@pytest.mark.parametrize("group", [group for group in GROUPS if group.expected["intent"] in MEASURING], ids=str)
async def test_without_metrics_the_answer_says_what_to_set(group: Group) -> None:
    answer = (await ask(group.asked[0], [NO_METRICS])).answer
    assert answer.summary.startswith("Not known: ")
    assert "set MCP_GRAFANA_URL to an mcp-grafana, or PROMETHEUS_URL to a Prometheus." in answer.summary
    assert (answer.data, answer.findings, answer.parts) == ({}, (), ())
    assert [unknown.why for unknown in answer.unknown] == [unset.METRICS.error]


async def test_without_logs_the_answer_says_what_to_set() -> None:
    for text in ("Find all errors containing 'database timeout'", "what errors are new in checkout's logs?"):
        answer = (await ask(text, [NO_LOGS])).answer
        assert "set MCP_GRAFANA_URL to an mcp-grafana, or LOKI_URL to a Loki." in answer.summary
        assert (answer.data, answer.findings, answer.parts) == ({}, (), ())


def measure(name: str, value: float | None, objective: float | None = None, **changes: Any) -> dict[str, Any]:
    unit = {"p95_latency": "s", "requests": "short"}.get(name, "percentunit")
    given: dict[str, Any] = {
        "part": "checkout", "measure": name, "title": name, "value": value, "unit": unit, "objective": objective,
        "is_met": None, "query": "", "step_seconds": 60, "missing_samples": 0, "samples": 10,
    }  # fmt: skip
    return given | changes


def health(start: str, end: str, *measures: dict[str, Any], **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "application": "checkout", "verdict": "healthy", "measures": list(measures), "degradations": [],
        "degradation_count": 0, "not_measured": [], "assumed": [], "charts": [], "window": {"start": start, "end": end},
    }  # fmt: skip
    return given | changes


async def test_a_month_is_measured_in_stretches_of_seven_days_and_told_as_one() -> None:
    """Uptime weighs by time, errors by requests; of a latency only the worst stretch is known."""
    days = ("2026-11-01", "2026-11-08", "2026-11-15")
    ends = ("2026-11-08T00:00:00Z", "2026-11-15T00:00:00Z", "2026-11-20T12:00:00Z")
    numbers = ((1.0, 0.0, 100, 0.2), (0.99, 0.01, 300, 0.6), (1.0, 0.02, 100, 0.3))
    stretches = [
        health(
            f"{day}T00:00:00Z",
            end,
            measure("uptime", up, 0.999),
            measure("error_rate", errors, 0.02),
            measure("p95_latency", latency, 0.5),
            measure("requests", requests),
        )
        for day, end, (up, errors, requests, latency) in zip(days, ends, numbers, strict=True)
    ]
    told = await ask("uptime of checkout this month", [result(at, each) for at, each in enumerate(stretches, 1)])
    assert [call.arguments["time_range"] for call in told.calls] == [each["window"] for each in stretches]
    uptime = (7 * 1.0 + 7 * 0.99 + 5.5 * 1.0) / 19.5
    data = told.answer.data
    assert data["uptime"] == pytest.approx(uptime)
    assert data["error_rate"] == pytest.approx((300 * 0.01 + 100 * 0.02) / 500)
    assert (data["p95_latency_ms"], data["total_requests"], data["verdict"]) == (600, 500, "unhealthy")
    assert plainly(told.answer.summary) == "Uptime of checkout 99.641 % since Sun 1 Nov 2026 UTC."
    texts = [plainly(finding.text) for finding in told.answer.findings]
    assert "p95 latency of checkout: 600 ms in its worst seven days, the objective is 500 ms." in texts
    assert "Error budget of checkout by its error rate: 1 % of 2 % used, 50 % left." in texts
    assert all(len(finding.executions) == 3 for finding in told.answer.findings)


async def test_a_stretch_that_was_not_measured_makes_nothing_healthy() -> None:
    whole = health("2026-11-06T12:00:00Z", "2026-11-13T12:00:00Z", measure("uptime", 1.0, 0.9))
    part = health("2026-11-13T12:00:00Z", "2026-11-20T12:00:00Z", measure("uptime", None, 0.9), verdict="incomplete")
    told = await ask("SLO compliance of checkout in the last 14 days", [result(1, whole), result(2, part)])
    assert told.answer.summary.startswith(
        "0 of 1 measured application kept to all objectives; checkout could not be measured"
    )


async def test_slo_compliance_is_of_every_application_with_a_profile() -> None:
    kept = health("2026-11-13T12:00:00Z", "2026-11-20T12:00:00Z", measure("uptime", 1.0, 0.9, is_met=True))
    late = measure("p95_latency", 0.6, 0.5, part="web")
    missed = health("2026-11-13T12:00:00Z", "2026-11-20T12:00:00Z", late, application="shop", verdict="unhealthy")
    told = await ask("Show me SLO compliance", [result(1, kept), result(2, missed)], names=APPLICATIONS)
    assert [(call.id, call.arguments["application"]) for call in told.calls] == [("1.1", "checkout"), ("2.1", "shop")]
    assert plainly(told.answer.summary) == (
        "1 of 2 measured applications kept to all objectives; shop missed p95 latency in the last 7 days."
    )


@pytest.mark.parametrize("text", ["Is shop healthy right now?", "Was shop healthy yesterday?"])
async def test_the_alerts_of_an_application_are_those_of_the_services_it_is_made_of(text: str) -> None:
    """HD-13: on record stand its services; its profile is measured under its own name."""
    names = replace(APPLICATIONS, version=31, members=(("other", "auth"), ("shop", "orders"), ("shop", "users-api")))
    asked = question(text, names=names)
    calls = await BRAIN.plan(asked, await BRAIN.understand(asked), [], OFFER)
    assert [(call.tool, call.arguments.get("service"), call.arguments.get("application")) for call in calls] == [
        ("query_alerts_history", ["shop", "orders", "users-api"], None),
        ("query_incidents", ["shop", "orders", "users-api"], None),
        ("get_application_health", None, "shop"),
    ]


async def test_the_worse_of_record_and_measurement_is_the_verdict_and_missing_numbers_are_never_healthy() -> None:
    history: dict[str, Any] = {
        "total": 0,
        "by_severity": by_severity(),
        "by_status": {},
        "alerts": [],
        "limit": 1,
        "offset": 0,
    }
    none: dict[str, Any] = {
        "total": 0, "by_severity": by_severity(), "by_status": {}, "by_service": [], "by_title": [], "incidents": [],
    }  # fmt: skip
    verdicts = {
        "healthy": "Healthy, by its alerts and its metrics:",
        "degraded": "Not quite healthy, by its alerts and its metrics:",
        "unhealthy": "Unhealthy, by its alerts and its metrics:",
        "incomplete": "Healthy, by its alerts:",
        "no objectives": "Healthy, by its alerts:",
    }
    for verdict, said in verdicts.items():
        window = ("2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z")
        measured = health(*window, measure("uptime", 0.99), verdict=verdict)
        results = [result(1, history, "empty"), result(2, none, "empty"), result(3, measured)]
        told = await ask("was checkout healthy yesterday?", results)
        assert told.answer.summary.startswith(said), verdict
        assert plainly(told.answer.summary).endswith("; uptime 99 %.")


def lines(total: int | None, *rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "question": "", "language": "logql", "confidence": 1.0, "why": [], "assumed": [], "repairs": [], "notes": [],
        "queries": [], "rows": list(rows), "total": total, "by_level": {}, "charts": [],
        "window": {"start": "2026-11-19T12:00:00Z", "end": "2026-11-20T12:00:00Z"},
    }  # fmt: skip
    return given | changes


LINE: dict[str, Any] = {"at": "2026-11-20T11:00:00Z", "level": "error", "text": "database timeout", "labels": {}}


async def test_lines_are_counted_by_level_and_what_is_not_listed_is_said() -> None:
    """QT-05, QT-10: the question goes to the translator in the words of the golden pair."""
    told = await ask(
        "errors in logs for service checkout", [result(1, lines(142, LINE, by_level={"error": 95, "warn": 47}))]
    )
    assert told.calls[0].arguments["question"] == "Errors in logs for service checkout"
    assert plainly(told.answer.summary) == (
        "142 error log lines of checkout in the last 24 h: 95 error, 47 warn; the newest 1 is listed, "
        "there are more lines."
    )
    assert told.answer.data == {"total_lines": 142, "by_level": {"error": 95, "warn": 47}, "listed": 1}
    logs = next(part for part in told.answer.parts if part.kind == "logs")
    assert (logs.data["total"], logs.data["cut"]) == (142, "1 of 142 lines")


async def test_no_line_is_a_real_zero_and_an_unknown_total_is_said() -> None:
    none = (await ask("errors in logs for service checkout", [result(1, lines(0), "empty")])).answer
    assert plainly(none.summary) == (
        "No error log lines of checkout in the last 24 h (the log source answered, so this is a real zero)."
    )
    some = (await ask("errors in logs for service checkout", [result(1, lines(None, LINE))])).answer
    assert some.summary.startswith("At least 1 error log line of checkout")
    assert [unknown.what for unknown in some.unknown] == ["How many lines there are in all"]


async def test_the_logs_of_an_incident_are_asked_for_its_service_and_time() -> None:
    row = incident(12)
    found = {
        "total": 1, "by_status": {"open": 0, "resolved": 1}, "by_severity": by_severity(critical=1), "by_service": [],
        "by_title": [], "incidents": [row], "limit": 5, "offset": 0,
    }  # fmt: skip
    told = await ask("what errors were logged during the incident?", [result(1, found), result(2, lines(3, LINE))])
    assert [(call.id, call.tool) for call in told.calls] == [("1.1", "query_incidents"), ("2.1", "query_logs")]
    assert told.calls[1].arguments == {
        "question": "Errors in logs for service checkout",
        "time_range": {"start": "2026-11-19T13:55:00Z", "end": "2026-11-19T14:48:00Z"},
    }
    assert told.answer.summary.startswith("3 error log lines of checkout during INC-12")


async def test_a_follow_up_changes_one_thing_of_a_question_about_logs() -> None:
    chain = await conversation("errors containing 'database timeout' on checkout", "and yesterday?")
    assert read(chain[-1]) == {
        "intent": "logs",
        "services": ["checkout"],
        "topic": "database timeout",
        "level": "error",
        "windows": ["2026-11-19T00:00:00Z/2026-11-20T00:00:00Z"],
    }


async def test_new_errors_need_one_service() -> None:
    found = await BRAIN.understand(question("what errors are new in the logs?"))
    assert (found.kind, found.reply) == ("ask_back", "Of which service? Errors are compared in the logs of one.")


def anomaly(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "kind": "anomaly", "name": "", "start": "2026-11-20T09:00:00Z", "end": "2026-11-20T09:15:00Z", "peak": 0.85,
        "peak_at": "2026-11-20T09:05:00Z", "baseline": 0.12, "score": 12.34, "direction": "above", "samples": 4,
    }  # fmt: skip
    return given | changes


def judged(*anomalies: dict[str, Any], value: float | None = 0.2, **changes: Any) -> dict[str, Any]:
    series: dict[str, Any] = {
        "name": "", "anomalies": list(anomalies), "changes": [], "method": "median of the time of day",
        "season": "daily", "seasons": 7.0, "threshold": 6.0, "scale": 0.01, "samples": 2016, "missing": 3,
        "recurring": 0, "too_little": None,
    }  # fmt: skip
    drawn = {"name": "", "points": [[1, value]]}
    chart: dict[str, Any] = {
        "title": "Latency",
        "unit": "s",
        "series": [drawn],
        "thresholds": [],
        "bands": [],
        "marks": [],
    }
    window = {"start": "2026-11-20T00:00:00Z", "end": "2026-11-20T12:00:00Z"}
    return {
        "title": "Latency", "window": window, "history": window, "anomaly_count": len(anomalies),
        "series": [series | changes], "charts": [chart],
    }  # fmt: skip


async def test_an_anomaly_is_told_with_its_baseline_score_and_method() -> None:
    told = await ask("any anomalies in checkout's latency today?", [result(1, judged(anomaly()))])
    assert told.calls[0].arguments == {
        "application": "checkout",
        "measure": "latency",
        "time_range": {"start": "2026-11-20T00:00:00Z", "end": "2026-11-20T12:00:00Z"},
    }
    assert plainly(told.answer.summary) == (
        "1 anomaly in latency of checkout since Fri 20 Nov 2026 UTC; the clearest: latency of checkout 850 ms, "
        "120 ms expected, 20 Nov, 09:00–09:15 UTC (score 12.3)."
    )
    assert plainly(told.answer.findings[-1].text) == (
        "Latency of checkout: median of the time of day, threshold 6, 2,016 samples, 3 missing."
    )


async def test_nothing_unusual_is_said_only_of_what_was_judged() -> None:
    calm = (await ask("any anomalies in checkout's latency today?", [result(1, judged())])).answer
    assert calm.summary.startswith("Nothing unusual in latency of checkout")
    few = (await ask("any anomalies in checkout's latency today?", [result(1, judged(too_little="3 samples"))])).answer
    assert few.summary.startswith("Not known: whether anything was unusual on checkout")
    assert [(unknown.what, unknown.why) for unknown in few.unknown] == [
        ("Whether latency of checkout was unusual", "3 samples.")
    ]


async def test_a_time_without_samples_is_not_called_ordinary_because_its_history_was() -> None:
    told = (await ask("any anomalies in checkout's latency today?", [result(1, judged(value=None))])).answer
    assert told.summary.startswith("Not known: whether anything was unusual on checkout")
    assert [unknown.why for unknown in told.unknown] == ["Nothing was measured in the time asked about."]


async def test_the_usual_measures_are_judged_where_none_is_named() -> None:
    told = await ask("any anomalies on checkout today?", [result(at, judged()) for at in range(1, 5)])
    assert [call.arguments["measure"] for call in told.calls] == ["error rate", "latency p95", "request rate", "cpu"]


def saving(action: str, savings: float | None, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "action": action, "resource": "web-1", "kind": "server", "service": "checkout", "environment": "production",
        "reason": "no activity for 9.0 days", "proposal": "remove it", "priority": "high", "monthly_cost": 50.0,
        "monthly_savings": savings, "cpu_p95": 0.01, "memory_p95": None, "last_active": None, "known_since": "",
    }  # fmt: skip
    return given | changes


async def test_savings_are_told_with_their_sum_and_narrowed_to_what_is_asked_for() -> None:
    """WF-04: the sum is that of the rows."""
    rows = [saving("remove", 50.0), saving("rightsize", 20.5, resource="web-2", priority="low")]
    data: dict[str, Any] = {
        "recommendations": rows, "recommendation_count": 2, "total_monthly_savings": 70.5, "currency": "USD",
        "cost_analysis": {"monthly_cost": 200.0, "resources": {"server": 4}, "unpriced": 1}, "not_judged": [],
    }  # fmt: skip
    whole = (await ask("what can we save?", [result(1, data)])).answer
    assert plainly(whole.summary) == "2 ways to save of 4 measured: 70.50 USD a month."
    assert whole.data["total_monthly_savings"] == whole.data["shown_monthly_savings"] == 70.5
    idle = (await ask("idle servers", [result(1, data)])).answer
    assert plainly(idle.summary) == "1 idle resource of 4 measured: 50.00 USD a month."
    large = (await ask("over-provisioned services", [result(1, data)])).answer
    assert [row["resource"] for row in large.data["recommendations"]] == ["web-2"]


async def test_how_long_something_must_have_been_idle_can_be_said() -> None:
    found = await BRAIN.understand(question("servers that were idle for more than 14 days"))
    calls = await BRAIN.plan(question(""), found, (), OFFER)
    assert [call.arguments for call in calls] == [{"idle_days": 14}]


async def test_what_is_written_down_is_told_with_score_and_link() -> None:
    document = {
        "kind": "document", "reference": "full.md", "title": "Disk full", "section": "Cleaning", "category": "runbook",
        "url": "http://wiki/full", "score": 0.834, "highlight": "the **disk** is full", "text": "The disk is full.",
    }  # fmt: skip
    told = await ask(
        "how do I fix DiskFull on checkout?",
        [result(1, {"total": 4, "ranked_by": "words", "documents": [document]})],
    )
    assert told.calls[0].arguments == {"query": "DiskFull disk full checkout", "limit": 3}
    assert plainly(told.answer.summary) == (
        "Document “Disk full” fits DiskFull and checkout best (score 0.83), of 4 documents that match."
    )
    assert [finding.text for finding in told.answer.findings] == [
        "Disk full, section Cleaning (document, score 0.83): the disk is full http://wiki/full"
    ]


@pytest.mark.parametrize(
    ("label", "text", "intent"),
    [
        ("get_service_info", "how is checkout doing?", "health_now"),
        ("troubleshoot", "why is checkout down?", "cause"),
        ("optimize_costs", "optimize costs", "savings"),
        ("general_question", "what can you do?", "help"),
    ],
)
async def test_the_labels_of_the_cloud_seed_that_are_of_this_pillar_find_their_place(
    label: str, text: str, intent: str
) -> None:
    """IN-14: `provision_service` and `get_connection_info` are of revive."""
    assert (await BRAIN.understand(question(text))).intent == intent, label
