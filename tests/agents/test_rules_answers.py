"""The rules brain writes answers whose every sentence cites the execution that shows it.

Promises: IQ-10 (the seeds' answer keys), IN-05, IN-08.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from agents.answer import Finding, Unknown, from_json
from tests.agents.rules_world import alert, ask, incident, plainly, result, severities, window
from tools.metrics import unset

ABSENT = replace(unset.METRICS, execution_id=UUID(int=9))
ONE, TWO, THREE = (str(UUID(int=number)) for number in (1, 2, 3))
WEEK = window("2026-11-09T00:00:00+00:00", "2026-11-16T00:00:00+00:00")
DAYS = ("09", "10", "11", "12", "13", "14", "15")


def days(*counts: int) -> dict[str, Any]:
    """A week of `get_alert_trends` by day."""
    groups: list[dict[str, Any]] = [
        {
            "key": f"2026-11-{day}",
            "start": f"2026-11-{day}T00:00:00Z",
            "end": f"2026-11-{day}T23:59:59Z",
            "count": number,
            "by_severity": severities(warning=number),
        }
        for day, number in zip(DAYS, counts, strict=True)
    ]
    best = max(groups, key=lambda group: group["count"])
    total = sum(counts)
    return {
        "total": total,
        "by_severity": severities(5, total - 15, 10) if total else severities(),
        "group_by": "day",
        "groups": groups,
        "peak": {"key": best["key"], "count": best["count"]} if total else None,
        "group_count": 7,
    }


def history(total: int, *alerts: dict[str, Any], firing: int = 0) -> dict[str, Any]:
    return {
        "total": total,
        "by_severity": severities(warning=total),
        "by_status": {"firing": firing, "resolved": total - firing},
        "alerts": list(alerts),
        "limit": 20,
        "offset": 0,
    }


def incidents(*rows: dict[str, Any], total: int | None = None, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "total": len(rows) if total is None else total,
        "by_status": {"open": sum(row["status"] == "open" for row in rows), "resolved": len(rows)},
        "by_severity": severities(critical=len(rows) if total is None else total),
        "by_service": [],
        "by_title": [],
        "incidents": list(rows),
        "limit": 50,
        "offset": 0,
    }
    return given | changes


def mttr(count: int, mean: float | None, opened: int = 0, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "count": count,
        "open": opened,
        "mean_seconds": mean,
        "p50_seconds": mean,
        "p90_seconds": None if mean is None else mean * 2,
        "min_seconds": None if mean is None else 60,
        "max_seconds": None if mean is None else mean * 3,
        "periods": [],
        "groups": [],
    }
    return given | changes


def said(findings: tuple[Finding, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(plainly(finding.text), finding.executions) for finding in findings]


async def test_the_contract_question_is_answered_with_the_seeds_numbers() -> None:
    told = await ask(
        "How many alerts fired on payment-service last week?",
        [result(1, days(12, 20, 5, 5, 3, 1, 1), window=WEEK), result(2, history(47, firing=2))],
    )
    answer = told.answer
    assert plainly(answer.summary) == (
        "47 alerts fired on payment-service, 9–15 Nov 2026 UTC: 5 critical, 32 warning, 10 info."
    )
    assert said(answer.findings) == [
        ("Most on Tue 10 Nov: 20 alerts, 43 % of them.", (ONE,)),
        ("2 are still firing.", (TWO,)),
    ]
    assert answer.data == {
        "total_alerts": 47,
        "by_severity": {"critical": 5, "warning": 32, "info": 10},
        "by_day": [
            {"date": f"2026-11-{day}", "count": number}
            for day, number in zip(DAYS, (12, 20, 5, 5, 3, 1, 1), strict=True)
        ],
    }
    assert [(part.kind, part.executions) for part in answer.parts] == [
        ("stat", (ONE,)),
        ("table", (ONE,)),
        ("series", (ONE,)),
    ]
    assert answer.tools_used == ("get_alert_trends", "query_alerts_history")
    assert [source.window for source in answer.sources] == [WEEK.as_json(), None]
    assert answer.suggestions == (
        "Show them",
        "Only the critical ones",
        "And the week before?",
        "Which alerts fired most on payment-service?",
    )
    assert (answer.brain, answer.tokens_used, answer.unknown, answer.notes) == ("rules", 0, (), ())
    assert plainly(answer.understood) == "Alerts on payment-service, 9–15 Nov 2026 UTC, by day"


async def test_the_summary_goes_out_first_and_then_each_finding() -> None:
    results = [result(1, days(12, 20, 5, 5, 3, 1, 1)), result(2, history(47))]
    told = await ask("How many alerts fired on payment-service last week?", results)
    assert "".join(told.emitted) == "\n".join(
        [told.answer.summary, *(finding.text for finding in told.answer.findings)]
    )


async def test_the_same_question_data_and_clock_give_the_same_answer() -> None:
    results = [
        result(1, days(12, 20, 5, 5, 3, 1, 1)),
        result(2, history(47, alert("DiskFull", "info", "2026-11-10T10:00:00Z"))),
    ]
    first, second = [await ask("how many alerts on checkout last week", results) for _ in range(2)]
    assert repr(first.answer) == repr(second.answer)
    assert from_json(first.answer.as_json()) == first.answer


async def test_a_real_zero_says_that_the_database_answered() -> None:
    told = await ask(
        "alerts on checkout last week", [result(1, days(*[0] * 7), "empty"), result(2, history(0), "empty")]
    )
    assert plainly(told.answer.summary) == (
        "No alerts fired on checkout, 9–15 Nov 2026 UTC (the database answered, so this is a real zero)."
    )
    assert told.answer.data["total_alerts"] == 0
    assert told.answer.suggestions[:2] == ("And the week before?", "Is checkout healthy right now?")


async def test_alerts_are_listed_newest_first_and_told_in_time_order() -> None:
    rows = (
        alert("HighErrorRate", "critical", "2026-11-20T09:30:00Z", status="firing", duration_seconds=None),
        alert("DiskFull", "warning", "2026-11-20T08:00:00Z"),
    )
    told = await ask("Show me all alerts for checkout", [result(1, history(2, *rows, firing=1))])
    assert plainly(told.answer.summary) == "2 alerts fired on checkout in the last 24 h: 2 warning."
    assert said(told.answer.findings) == [
        ("Newest: HighErrorRate (critical) on checkout, 20 Nov 09:30 UTC, still firing.", (ONE,)),
        ("1 is still firing.", (ONE,)),
    ]
    assert [row["at"] for row in told.answer.timeline] == ["2026-11-20T08:00:00Z", "2026-11-20T09:30:00Z"]
    table = told.answer.parts[0]
    assert table.data["columns"][0] == {"key": "starts_at", "title": "Started (UTC)"}
    assert [row["name"] for row in table.data["rows"]] == ["HighErrorRate", "DiskFull"]


async def test_what_is_firing_is_told_worst_first() -> None:
    rows = (
        alert("DiskFull", "info", "2026-11-20T11:00:00Z", status="firing", duration_seconds=None),
        alert("HighErrorRate", "critical", "2026-11-20T09:30:00Z", status="firing", duration_seconds=None),
    )
    data = history(2, *rows, firing=2) | {"by_severity": severities(1, 0, 1)}
    told = await ask("what is firing right now?", [result(1, data)])
    assert told.calls[0].arguments == {"status": "firing", "limit": 100}
    assert plainly(told.answer.summary) == "2 alerts are firing now: 1 critical, 1 info."
    assert [finding.text.split(" (")[0] for finding in told.answer.findings] == ["HighErrorRate", "DiskFull"]


async def test_health_now_is_by_alerts_and_says_what_was_not_looked_at() -> None:
    told = await ask(
        "is checkout healthy right now?", [result(1, history(0), "empty"), result(2, incidents(), "empty"), ABSENT]
    )
    assert told.answer.summary == "Healthy, by its alerts: no alerts are firing on checkout and no incidents are open."
    assert told.answer.unknown == (
        Unknown(what="Uptime, error rate, p95 latency and requests", why=unset.METRICS.error or ""),
    )
    assert "PROMETHEUS_URL" in told.answer.unknown[0].why


async def test_health_yesterday_is_denied_by_a_critical_incident() -> None:
    told = await ask(
        "Was checkout healthy yesterday?", [result(1, history(0), "empty"), result(2, incidents(incident(12))), ABSENT]
    )
    assert plainly(told.answer.summary) == (
        "Unhealthy, by its alerts: no alerts fired on checkout and 1 incident was opened, Thu 19 Nov 2026 UTC."
    )
    assert said(told.answer.findings) == [
        ("INC-12 “Checkout down” on checkout (critical), 19 Nov 14:00 UTC, resolved after 43 min.", (TWO,))
    ]


async def test_events_are_counted_by_level_with_their_busiest_two_hours() -> None:
    busiest = {"start": "2026-11-19T14:00:00Z", "end": "2026-11-19T16:00:00Z", "count": 70}
    data = {"total": 142, "by_level": severities(12, 35, 95), "busiest": busiest}
    told = await ask("How many events were created for abc app in last 24 hours?", [result(1, data)])
    assert plainly(told.answer.summary) == "142 events on abc in the last 24 hours: 12 critical, 35 warning, 95 info."
    assert said(told.answer.findings)[0] == (
        "Busiest: 19 Nov 2026, 14:00–16:00 UTC with 70 events, 49 % of them.",
        (ONE,),
    )


async def test_a_ranking_names_the_first_with_its_share_and_then_the_next() -> None:
    groups = [
        {"key": "checkout", "count": 23, "by_severity": severities(3, 20)},
        {"key": "auth", "count": 9, "by_severity": severities(0, 9)},
    ]
    data = {"total": 40, "by_severity": severities(3, 37), "group_by": "service", "groups": groups, "peak": None}
    told = await ask("Which service has the highest alert frequency?", [result(1, data | {"group_count": 2})])
    assert plainly(told.answer.summary) == ("checkout had the most alerts in the last 7 days: 23 of 40 alerts (58 %).")
    assert said(told.answer.findings) == [
        ("Of checkout: 3 critical, 20 warning.", (ONE,)),
        ("Then auth 9 (22 %).", (ONE,)),
    ]


async def test_a_trend_says_its_direction_with_the_two_numbers_that_show_it() -> None:
    told = await ask("alert trend on checkout last week", [result(1, days(1, 1, 1, 20, 8, 8, 8))])
    assert plainly(told.answer.summary).startswith("Rising: 47 alerts fired on checkout, 9–15 Nov 2026 UTC: ")
    assert said(told.answer.findings)[0] == ("3 in the first half of that time, 24 in the second.", (ONE,))
    assert told.answer.data["direction"] == "rising"


async def test_periods_of_unequal_length_are_compared_by_the_day() -> None:
    results = [result(1, days(12, 20, 5, 5, 3, 1, 1)), result(2, days(40, 0, 0, 0, 0, 0, 0))]
    told = await ask("compare alerts this week and last week", results)
    assert plainly(told.answer.summary) == (
        "This week had more alerts a day than last week: 8.89 against 6.71 (32 % more); in all 40 against 47."
    )
    assert said(told.answer.findings)[-1] == (
        "The times differ in length: last week 7 d and this week 4 d 12 h.",
        (ONE,),
    )
    assert told.answer.data["difference"] == -7
    assert told.answer.parts[0].executions == (ONE, TWO)


async def test_months_keep_their_capitals_however_they_were_written() -> None:
    results = [result(1, days(12, 20, 5, 5, 3, 1, 1)), result(2, days(94, 0, 0, 0, 0, 0, 0))]
    told = await ask("more alerts in july than in august?", results)
    assert plainly(told.answer.summary) == ("August had more alerts than July: 94 against 47 (2 times as many).")


async def test_two_services_are_compared_by_their_number() -> None:
    results = [result(1, days(12, 20, 5, 5, 3, 1, 1)), result(2, days(94, 0, 0, 0, 0, 0, 0))]
    told = await ask("did payment or checkout have more alerts last week?", results)
    assert plainly(told.answer.summary) == (
        "checkout had more alerts than payment-service: 94 against 47 (2 times as many), 9–15 Nov 2026 UTC."
    )


async def test_mttr_is_the_mean_with_how_it_spreads() -> None:
    told = await ask("MTTR last month", [result(1, mttr(12, 2580, opened=1))])
    assert plainly(told.answer.summary) == "MTTR was 43 min over 12 resolved incidents, Oct 2026 UTC."
    assert [text for text, _ in said(told.answer.findings)] == [
        "Half were resolved within 43 min, 90 % within 1 h 26 min.",
        "Fastest 1 min, slowest 2 h 9 min.",
        "1 incident is still open and not in the mean.",
    ]
    assert told.answer.data["mttr_seconds"] == 2580


async def test_the_median_or_the_tenth_slowest_comes_first_when_it_is_asked_for() -> None:
    data = mttr(12, 1680, p50_seconds=1320)
    median = await ask("median time to resolve last month", [result(1, data)])
    assert plainly(median.answer.summary) == (
        "Median time to resolve was 22 min over 12 resolved incidents, Oct 2026 UTC; mean 28 min."
    )
    assert median.answer.parts[0].data["value"] == 1320
    slow = await ask("p90 resolution time last month", [result(1, data)])
    assert plainly(slow.answer.summary) == (
        "90th percentile of the time to resolve was 56 min over 12 resolved incidents, Oct 2026 UTC; mean 28 min."
    )


async def test_mttr_of_two_quarters_is_compared() -> None:
    told = await ask("Compare MTTR between Q3 and Q4", [result(1, mttr(12, 2580)), result(2, mttr(3, 1290))])
    assert plainly(told.answer.summary) == "MTTR is shorter for Q4: 22 min against 43 min for Q3."
    assert told.answer.data["mttr_difference_seconds"] == -1290


async def test_mttr_without_a_resolved_incident_on_one_side_is_not_compared() -> None:
    told = await ask("Compare MTTR between Q3 and Q4", [result(1, mttr(12, 2580)), result(2, mttr(0, None), "empty")])
    assert plainly(told.answer.summary) == "Not comparable: no resolved incident for Q4; Q3 had 43 min."


async def test_mttr_over_periods_says_which_way_it_went_and_where_there_is_none() -> None:
    periods = [
        {"key": key, "start": f"2026-{key[5:]}-01T00:00:00Z", "end": "", "count": 1, "open": 0, "mean_seconds": mean,
         "p50_seconds": mean, "p90_seconds": mean}
        for key, mean in (("2026-08", 3600), ("2026-09", None), ("2026-10", 1800))
    ]  # fmt: skip
    told = await ask("What's the MTTR trend for checkout by month?", [result(1, mttr(2, 2700, periods=periods))])
    assert plainly(told.answer.summary) == (
        "MTTR got shorter: 1 h in 2026-08, 30 min in 2026-10; 45 min over all on checkout in the last 90 days."
    )
    assert [text for text, _ in said(told.answer.findings)] == ["No incident to measure in 2026-09."]
    assert told.answer.parts[0].data["points"][1] == ["2026-09-01T00:00:00Z", None]


async def test_the_longest_incident_may_still_be_open() -> None:
    still = incident(3, status="open", resolved_at=None, duration_seconds=None, opened_at="2026-11-20T10:00:00Z")
    told = await ask("longest incident this week", [result(1, incidents(still, incident(12)))])
    assert plainly(told.answer.summary) == (
        "INC-3 “Checkout down” on checkout (critical), 20 Nov 10:00 UTC, lasted 2 h so far, still open: "
        "the longest of 2 incidents since Mon 16 Nov 2026 UTC."
    )


async def test_incidents_longer_than_a_length_are_counted_by_the_tool() -> None:
    told = await ask("how many incidents took more than an hour last week", [result(1, incidents(incident(12)))])
    assert told.calls[0].arguments["longer_than_seconds"] == 3600
    assert plainly(told.answer.summary) == "1 incident longer than 1 h was opened, 9–15 Nov 2026 UTC: 1 critical."
    none = await ask("incidents longer than 2 hours last week", [result(1, incidents(), "empty")])
    assert plainly(none.answer.summary).startswith("No incident longer than 2 h is recorded, 9–15 Nov 2026 UTC")


async def test_a_length_that_a_tool_cannot_narrow_by_is_said_not_to_hold() -> None:
    told = await ask("MTTR of incidents longer than 2 hours last week", [result(1, mttr(12, 2580))])
    assert "longer" not in told.answer.summary
    assert [unknown.what for unknown in told.answer.unknown] == ["The time to resolve narrowed by length"]


async def test_how_long_it_lasted_is_told_of_the_main_incident() -> None:
    short, long = incident(12), incident(13, severity="warning", duration_seconds=9000)
    results = [result(1, incidents(long, short)), result(2, postmortems(), "empty"), result(3, story(short))]
    told = await ask("how long did the Nov 19 outage last", results)
    assert told.calls[0].arguments["order"] == "most_alerts"
    assert plainly(told.answer.summary) == (
        "INC-12 “Checkout down” on checkout (critical), 19 Nov 14:00 UTC, lasted 43 min."
    )
    assert told.answer.data["duration_seconds"] == 2580


async def test_what_caused_most_incidents_tells_recorded_causes_apart_from_counts() -> None:
    rows = (incident(1), incident(2), incident(3))
    by = [{"key": "checkout", "count": 2}, {"key": "auth", "count": 1}]
    titles = [{"key": "Checkout down", "count": 3}]
    results = [
        result(1, incidents(*rows, by_service=by, by_title=titles)),
        result(2, postmortems(postmortem(1), postmortem(2, root_cause=""))),
    ]
    told = await ask("What caused the most incidents this month?", results)
    assert [call.arguments["limit"] for call in told.calls] == [5, 20], "counts need few rows"
    assert plainly(told.answer.summary) == ("checkout had the most incidents since Sun 1 Nov 2026 UTC: 2 of 3 (67 %).")
    assert [text for text, _ in said(told.answer.findings)] == [
        "Then auth 1.",
        "Most often: “Checkout down”, 3 times.",
        "Root causes recorded in postmortems: 1. checkout: The pool was cut to 10.",
    ]


async def test_deployments_that_alerts_followed_are_told_as_that_and_no_more() -> None:
    rows = [
        change("1", "2026-11-19T13:50:00Z", minutes_to_first_alert=12, alerts_after=9),
        change("2", "2026-11-19T09:00:00Z", service="auth"),
        change("3", "2026-11-18T23:30:00Z"),
    ]
    data = {"alerts_total": 9, "changes_total": 3, "correlated_alerts": 9, "changes": rows}
    told = await ask("what was deployed to checkout yesterday?", [result(1, data)])
    assert plainly(told.answer.summary) == (
        "1 deployment was made to checkout, Thu 19 Nov 2026 UTC; alerts followed it within an hour."
    )
    assert said(told.answer.findings) == [
        ("19 Nov 13:50 UTC: Deployment of checkout 2.4 by maya, “Release 2.4”; first alert 12 min later.", (ONE,))
    ]


async def test_only_a_change_that_says_so_is_told_as_rolled_back() -> None:
    deployed, back = change("1", "2026-11-19T13:50:00Z"), change("2", "2026-11-19T14:50:00Z", summary="Roll back 2.4")
    told = await ask("was anything rolled back yesterday?", [result(1, correlation(deployed, back))])
    assert plainly(told.answer.summary) == "1 of 2 changes says that it rolls something back, Thu 19 Nov 2026 UTC."
    assert [row["id"] for row in told.answer.data["changes"]] == ["2"]
    none = await ask("was anything rolled back yesterday?", [result(1, correlation(deployed))])
    assert plainly(none.answer.summary) == ("None of 1 change says that it rolls something back, Thu 19 Nov 2026 UTC.")
    assert none.answer.data["changes"] == []


async def test_the_last_change_is_looked_for_further_back_until_one_is_found() -> None:
    elsewhere = change("1", "2026-11-19T13:50:00Z", service="auth")
    older, old = change("2", "2026-09-01T10:00:00Z"), change("3", "2026-10-01T10:00:00Z")
    results = [result(1, correlation(elsewhere)), result(2, correlation(elsewhere, older, old))]
    told = await ask("what was the last change to checkout?", results)
    starts = [call.arguments["time_range"]["start"] for call in told.calls]
    assert starts == ["2026-11-13T12:00:00Z", "2026-08-22T12:00:00Z"]
    assert plainly(told.answer.summary) == (
        "The last change to checkout: 1 Oct 10:00 UTC: Deployment of checkout 2.4 by maya, “Release 2.4”."
    )
    assert [row["id"] for row in told.answer.data["changes"]] == ["3"]
    assert said(told.answer.findings) == []


async def test_a_last_change_is_denied_only_when_every_change_was_listed() -> None:
    elsewhere = correlation(change("1", "2026-11-19T13:50:00Z", service="auth"))
    whole = await ask("what was the last change to checkout?", [result(number, elsewhere) for number in (1, 2, 3)])
    assert whole.answer.summary.startswith("No change is recorded on checkout")
    cut = [result(number, elsewhere | {"changes_total": 300}) for number in (1, 2, 3)]
    told = await ask("what was the last change to checkout?", cut)
    assert told.answer.summary == ("Not known: which change was the last to checkout; none is among those listed.")
    mine = correlation(change("1", "2026-11-19T13:50:00Z")) | {"changes_total": 300}
    told = await ask("what was the last change to checkout?", [result(1, mine)])
    assert said(told.answer.findings) == [
        ("Only 1 of 300 changes were listed, so one may be missing.", (ONE,)),
    ]


async def test_hours_of_all_days_are_added_up_on_the_clock_of_the_asker() -> None:
    groups = [
        {"key": start[:13], "start": start, "end": start, "count": number, "by_severity": severities(warning=number)}
        for start, number in (
            ("2026-11-18T13:00:00Z", 4), ("2026-11-19T13:00:00Z", 3), ("2026-11-19T14:00:00Z", 5),
            ("2026-11-19T23:00:00Z", 0),
        )
    ]  # fmt: skip
    data = {"total": 12, "by_severity": severities(warning=12), "group_by": "hour", "groups": groups, "peak": None}
    told = await ask("what time of day do most alerts fire?", [result(1, data)], zone=ZoneInfo("Europe/Berlin"))
    assert told.calls[0].arguments["group_by"] == "hour"
    assert plainly(told.answer.summary) == (
        "Most alerts fired in the hour from 14:00 (Europe/Berlin) in the last 7 days: 7 of 12 (58 %)."
    )
    assert said(told.answer.findings) == [("Then from 15:00 with 5.", (ONE,))]
    rows = told.answer.data["by_hour_of_day"]
    assert (len(rows), rows[14], rows[0]) == (24, {"hour": "14:00", "count": 7}, {"hour": "00:00", "count": 0})


def change(key: str, occurred_at: str, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": key, "occurred_at": occurred_at, "kind": "deployment", "service": "checkout", "environment": "production",
        "summary": "Release 2.4", "author": "maya", "version": "2.4", "url": "", "alerts_after": 0, "alerts_before": 0,
        "first_alert_at": None, "minutes_to_first_alert": None, "same_service": True, "score": 0.5,
    }  # fmt: skip
    return given | changes


def correlation(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"alerts_total": 9, "changes_total": len(changes), "correlated_alerts": 9, "changes": list(changes)}


def postmortems(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"total": len(rows), "postmortems": list(rows)}


def postmortem(number: int, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": str(number), "title": "Pool exhausted", "service": "checkout", "occurred_at": "2026-11-19T14:00:00Z",
        "summary": "", "root_cause": "The pool was cut to 10. It ran dry.", "resolution": "Set back to 50.",
        "lessons": "", "url": "", "incident_id": str(number), "incident_number": f"INC-{number}", "score": 1.0,
        "highlight": "",
    }  # fmt: skip
    return given | changes


def story(row: dict[str, Any]) -> dict[str, Any]:
    events = [
        event("2026-11-19T13:50:00Z", "change", "deployment: Release 2.4"),
        event("2026-11-19T14:02:00Z", "alert_fired", "HighErrorRate fired", severity="critical"),
        event("2026-11-19T14:43:00Z", "incident_resolved", "resolved"),
    ]
    return {"incident": row, "events": events, "events_total": 3}


def event(at: str, kind: str, text: str, **changes: Any) -> dict[str, Any]:
    return {"at": at, "kind": kind, "text": text, "service": "checkout", "severity": None, "id": at} | changes


async def test_a_cause_is_told_only_as_somebody_recorded_it() -> None:
    told = await ask(
        "What caused the outage on Nov 19?",
        [
            result(1, incidents(incident(12))),
            result(2, postmortems(postmortem(12))),
            result(3, correlation()),
            result(4, story(incident(12))),
            result(5, correlation()),
            result(6, postmortems(postmortem(12))),
        ],
    )
    assert plainly(told.answer.summary) == (
        "INC-12 “Checkout down”: The pool was cut to 10, as the postmortem “Pool exhausted” records."
    )
    assert told.answer.data["root_cause"] == "The pool was cut to 10. It ran dry."
    assert told.answer.unknown == ()
    assert [row["kind"] for row in told.answer.timeline] == ["change", "alert_fired", "incident_resolved"]
    assert [call.id for call in told.calls] == ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]


async def test_without_a_record_a_change_before_it_is_possible_and_the_cause_unknown() -> None:
    suspect = change("1", "2026-11-19T13:50:00Z", minutes_to_first_alert=12, alerts_after=9)
    told = await ask(
        "Why did INC-12 happen?",
        [result(1, story(incident(12))), result(2, correlation(suspect)), result(3, postmortems(), "empty")],
    )
    assert plainly(told.answer.summary) == (
        "The cause of INC-12 “Checkout down” is not recorded; "
        "alerts began 12 min after deployment “Release 2.4” of checkout."
    )
    possible = [finding for finding in told.answer.findings if finding.confidence == "possible"]
    assert said(tuple(possible)) == [
        (
            (
                "Possible: deployment “Release 2.4” of checkout at 19 Nov 13:50 UTC; the first alert came 12 min later "
                "(9 alerts after it, 0 before)."
            ),
            (TWO,),
        )
    ]
    assert [unknown.what for unknown in told.answer.unknown] == ["The cause of INC-12"]


async def test_a_change_of_another_service_is_possible_when_no_own_one_is() -> None:
    foreign = change(
        "2", "2026-11-19T13:50:00Z", service="auth", minutes_to_first_alert=12, alerts_after=9, same_service=False
    )
    told = await ask(
        "Why did INC-12 happen?",
        [result(1, story(incident(12))), result(2, correlation(foreign)), result(3, postmortems(), "empty")],
    )
    assert plainly(told.answer.summary) == (
        "The cause of INC-12 “Checkout down” is not recorded; "
        "possible: deployment “Release 2.4” of auth, 12 min before its alerts."
    )
    assert {finding.confidence for finding in told.answer.findings if "Release" in finding.text} == {"possible"}


async def test_a_change_after_the_incident_opened_or_elsewhere_long_before_is_no_suspect() -> None:
    late = change("1", "2026-11-19T14:05:00Z", minutes_to_first_alert=1, alerts_after=9)
    foreign = change("2", "2026-11-19T13:20:00Z", minutes_to_first_alert=31, alerts_after=9, same_service=False)
    told = await ask(
        "Why did INC-12 happen?",
        [result(1, story(incident(12))), result(2, correlation(late, foreign)), result(3, postmortems(), "empty")],
    )
    assert told.answer.summary.endswith("is not recorded, and no change shortly before it was found.")
    assert told.answer.data["suspected_change"] is None


async def test_impact_counts_services_and_says_that_nobody_counts_users() -> None:
    row = incident(12, services=["checkout", "auth"])
    beside = incidents(row, incident(13, service="search", services=["search"]))
    results = [result(1, incidents(row)), result(2, story(row)), result(3, beside), ABSENT, ABSENT]
    told = await ask("How many users were impacted?", results)
    assert plainly(told.answer.summary) == (
        "Users are not counted by any source. INC-12 affected 2 services (auth and checkout) for 43 min; "
        "meanwhile 1 incident opened on search."
    )
    assert [finding.confidence for finding in told.answer.findings] == ["certain", "certain", "possible"]
    assert [unknown.what for unknown in told.answer.unknown] == [
        "What it did to CPU, memory, errors, latency and traffic",
        "Uptime, error rate, p95 latency and requests",
        "How many users were affected",
    ]


async def test_a_timeline_tells_the_turning_points_in_order() -> None:
    told = await ask("timeline of INC-12", [result(1, story(incident(12)))])
    assert plainly(told.answer.summary) == (
        "INC-12 “Checkout down” on checkout (critical), 19 Nov 14:00 UTC, resolved after 43 min: 1 alert on 1 service."
    )
    assert [text for text, _ in said(told.answer.findings)] == [
        "Before it: 19 Nov 13:50 UTC, deployment: Release 2.4.",
        "First alert: 19 Nov 14:02 UTC, HighErrorRate fired.",
        "End: 19 Nov 14:43 UTC, resolved.",
    ]


async def test_postmortems_are_told_with_cause_and_resolution() -> None:
    told = await ask("have we seen 'connection pool' before?", [result(1, postmortems(postmortem(12)))])
    assert told.calls[0].arguments["query"] == "connection pool"
    assert plainly(told.answer.summary) == (
        "1 postmortem mentions “connection pool”: “Pool exhausted” (checkout, 19 Nov 14:00 UTC)."
    )
    assert said(told.answer.findings) == [
        ("“Pool exhausted”: root cause: The pool was cut to 10. It ran dry; resolved by: Set back to 50.", (ONE,))
    ]
    assert told.answer.suggestions[0] == "Timeline of INC-12"


async def test_one_postmortem_is_told_without_being_the_newest_of_any() -> None:
    told = await ask("postmortems for checkout", [result(1, postmortems(postmortem(12)))])
    assert plainly(told.answer.summary) == (
        "1 postmortem is on record for checkout: “Pool exhausted” (checkout, 19 Nov 14:00 UTC)."
    )


async def test_the_form_asked_for_trims_the_answer_and_never_its_gaps_or_sources() -> None:
    results = [result(1, days(12, 20, 5, 5, 3, 1, 1)), result(2, {}, "error", error="timed out after 10 s")]
    kinds = {}
    for form in ("detailed", "summary", "table", "timeline"):
        answer = (await ask("how many alerts on checkout last week", results, response_format=form)).answer
        kinds[form] = ([part.kind for part in answer.parts], len(answer.findings))
        assert (len(answer.sources), len(answer.unknown)) == (2, 1)
    assert kinds == {
        "detailed": (["stat", "table", "series"], 1),
        "summary": ([], 0),
        "table": (["stat", "table"], 0),
        "timeline": (["series"], 0),
    }
